//! What the members of a group descend from: validation finds it out, and an interner keeps it.

use super::KeyRef;
use crate::error::BoxResult;
use crate::memory::push;

/// Where one member stands.
#[derive(Clone, Copy, Debug)]
struct Place {
    supertype: Option<KeyRef>,
    /// How many declared ancestors there are.
    depth: u8,
}

/// The supertype and depth of each member of a group, in a buffer that is reused.
#[derive(Debug, Default)]
pub(crate) struct Descent {
    /// By position.
    places: Vec<Place>,
    /// The sum of all depths.
    ancestors: usize,
}

impl Descent {
    /// Forgets the last group and keeps the memory.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.places.clear();
        self.ancestors = 0;
    }

    /// Adds the next member, which has so many ancestors, 63 at most.
    #[inline]
    pub(crate) fn push(&mut self, supertype: Option<KeyRef>, depth: u8) -> BoxResult<()> {
        self.ancestors += usize::from(depth);
        push(&mut self.places, Place { supertype, depth })
    }

    /// How many ancestors a member has.
    #[inline]
    pub(crate) fn depth(&self, position: u32) -> u8 {
        self.places[position as usize].depth
    }

    #[inline]
    pub(crate) fn supertype(&self, position: u32) -> Option<KeyRef> {
        self.places[position as usize].supertype
    }

    /// How many ancestors the members have together.
    #[inline]
    pub(super) fn ancestors(&self) -> usize {
        self.ancestors
    }
}
