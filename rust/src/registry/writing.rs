//! A hold of a registry's write lock.

use std::ops::{Deref, DerefMut};

use super::inner::Inner;
use crate::sync::WriteGuard;

/// A hold of the write lock. Before it ends, however it ends, the set is brought up to date:
///
/// ```text
/// this thread                           others
/// write lock, create group 7            cannot look it up: that takes the lock
/// a panic: group 7 into the set
/// unlock
///                                       look for group 7: a hit
/// ```
pub(super) struct Writing<'a>(pub(super) WriteGuard<'a, Inner>);

impl Deref for Writing<'_> {
    type Target = Inner;

    #[inline]
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl DerefMut for Writing<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Inner {
        &mut self.0
    }
}

impl Drop for Writing<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.set.catch_up();
    }
}
