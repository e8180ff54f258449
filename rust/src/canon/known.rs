//! What a holder of keys tells of the types it knows, by its own identities for them.

use super::{Cursor, Meta};

/// Types that are known by a dense number: an interner's, or an engine's slots.
///
/// Equal numbers are equal types. A number that the holder does not know is a bug of the caller's.
pub(crate) trait Known {
    /// Kind, finality and depth.
    fn meta(&self, id: u32) -> Meta;

    /// The ancestor at `depth`, which must be less than the type's own.
    fn ancestor(&self, id: u32, depth: u8) -> u32;

    /// The type in its group's key.
    fn member(&self, id: u32) -> Cursor<'_>;

    /// The member of the type's own group at `position`.
    fn sibling(&self, id: u32, position: u32) -> u32;

    /// Declared subtyping, reflexive, in constant time (clause G5).
    #[inline]
    fn is_subtype(&self, a: u32, b: u32) -> bool {
        let (a_depth, b_depth) = (self.meta(a).depth, self.meta(b).depth);
        a == b || a_depth > b_depth && self.ancestor(a, b_depth) == b
    }
}
