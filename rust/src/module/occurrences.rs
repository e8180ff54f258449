//! Declared groups one by one, as their registration counts them.

use crate::canon::TypeId;

/// Every declared group, in order: one may be empty, and one may be declared again.
#[derive(Clone, Copy)]
pub(crate) struct Occurrences<'a> {
    /// The identity of each declared type.
    ids: &'a [TypeId],
    /// How many types are declared before each group, and behind them how many in all.
    bounds: &'a [u32],
}

impl<'a> Occurrences<'a> {
    /// With the identity of each declared type, and of each group how many types are declared
    /// before it, behind them how many in all.
    pub(crate) fn new(ids: &'a [TypeId], bounds: &'a [u32]) -> Occurrences<'a> {
        debug_assert_eq!(bounds.last(), Some(&(ids.len() as u32)));
        Occurrences { ids, bounds }
    }

    /// How many there are, empty ones included.
    pub(crate) fn len(self) -> usize {
        self.bounds.len() - 1
    }

    /// The identity of a group's first member; `None` for an empty group.
    #[inline]
    pub(crate) fn first_id(self, group: usize) -> Option<TypeId> {
        let [start, end] = self.bounds[group..group + 2] else {
            unreachable!("a range of two");
        };
        (start < end).then(|| self.ids[start as usize])
    }

    /// The same of all groups in order, empty ones left out.
    pub(crate) fn first_ids(self) -> impl Iterator<Item = TypeId> + 'a {
        (0..self.len()).filter_map(move |group| self.first_id(group))
    }
}
