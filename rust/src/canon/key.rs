//! A group's key: how it is spelled, and which types it refers to.

/// A reference to a type of another group: its identity, little-endian, so that it lies in any
/// list of bytes.
pub(crate) type Target = [u8; 4];

/// The key of a group, or of what follows a place in it; `S` is how its spelling is read.
///
/// Two groups are the same exactly when both parts of their keys are, provided that equal
/// identities mean equal types.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Key<'k, S = &'k [u8]> {
    /// Everything but what the references to other groups refer to.
    pub(crate) spelling: S,
    /// That, in the order of clause K5.
    pub(crate) targets: &'k [Target],
}

impl<S: PartialEq> PartialEq for Key<'_, S> {
    /// Targets one by one, for what libc's comparison of bytes costs: it waits for stores that were
    /// made just before, and has the processor look at the place of an empty list, which is none.
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        self.spelling == other.spelling && self.targets.iter().eq(other.targets)
    }
}

impl<'k> Key<'k> {
    /// The identities that the key refers to.
    #[inline]
    pub(crate) fn outer(self) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator + 'k {
        self.targets.iter().copied().map(u32::from_le_bytes)
    }

    /// What follows a place in the key.
    #[inline]
    pub(crate) fn behind(self, spelling: u32, targets: u32) -> Key<'k> {
        Key {
            spelling: &self.spelling[spelling as usize..],
            targets: &self.targets[targets as usize..],
        }
    }
}
