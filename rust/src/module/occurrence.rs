//! A declared group, as its registration counts it.

use std::num::NonZeroU32;

use crate::canon::TypeId;

/// One declaration of a group. Beside where it is, it keeps what is asked for each time that a
/// module is registered or unregistered: to look that up by way of the types would be one list
/// more to go through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occurrence {
    /// The type index of its first member.
    pub(super) first_type: u32,
    /// One more than the identity of its first member, so that the common case takes no more room.
    first_id: Option<NonZeroU32>,
}

impl Occurrence {
    /// A group whose first member has this type index and this identity; `None` for an empty one.
    #[inline]
    pub(crate) fn new(first_type: u32, first_id: Option<TypeId>) -> Occurrence {
        Occurrence {
            first_type,
            first_id: first_id.and_then(|id| NonZeroU32::new(id + 1)),
        }
    }

    /// The identity of its first member; `None` for an empty group.
    #[inline]
    pub(crate) fn first_id(self) -> Option<TypeId> {
        self.first_id.map(|id| id.get() - 1)
    }
}
