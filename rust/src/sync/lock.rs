//! A reader-writer lock that knows no poison, and that a forked child never waits for in vain.
//!
//! Whoever changes the registry under the lock restores it on every way out, unwinding included
//! (architecture rule 2), so a panic leaves nothing that later users would have to be kept from.

use super::fork::{Inheritance, Lost};

pub(crate) use locks::{RwLockReadGuard as ReadGuard, RwLockWriteGuard as WriteGuard};

/// The lock of std, or of the model checker, which has the same face.
#[cfg(not(typereg_tsan))]
mod locks {
    use std::sync::{PoisonError, TryLockError};

    #[cfg(loom)]
    use loom::sync as imp;
    #[cfg(not(loom))]
    use std::sync as imp;

    pub(crate) use imp::{RwLock, RwLockReadGuard, RwLockWriteGuard};

    #[inline]
    pub(super) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
        lock.read().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    pub(super) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
        lock.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_free<T>(lock: &RwLock<T>) -> bool {
        match lock.try_write() {
            Ok(_) | Err(TryLockError::Poisoned(_)) => true,
            Err(TryLockError::WouldBlock) => false,
        }
    }
}

/// The lock of parking_lot, for ThreadSanitizer: it sees all of what is compiled with it, and std
/// is not.
#[cfg(typereg_tsan)]
mod locks {
    pub(crate) use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};

    pub(super) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
        lock.read()
    }

    pub(super) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
        lock.write()
    }

    pub(super) fn is_free<T>(lock: &RwLock<T>) -> bool {
        lock.try_write().is_some()
    }
}

#[derive(Debug)]
pub(crate) struct RwLock<T> {
    inheritance: Inheritance,
    lock: locks::RwLock<T>,
}

impl<T> RwLock<T> {
    pub(crate) fn new(value: T) -> Self {
        RwLock {
            inheritance: Inheritance::new(),
            lock: locks::RwLock::new(value),
        }
    }

    #[inline]
    pub(crate) fn read(&self) -> Result<ReadGuard<'_, T>, Lost> {
        self.check()?;
        Ok(locks::read(&self.lock))
    }

    #[inline]
    pub(crate) fn write(&self) -> Result<WriteGuard<'_, T>, Lost> {
        self.check()?;
        Ok(locks::write(&self.lock))
    }

    /// Whether the lock can be had in this process at all.
    #[inline]
    pub(crate) fn check(&self) -> Result<(), Lost> {
        self.inheritance.check(|| locks::is_free(&self.lock))
    }

    /// Whether the lock comes from another process, whose threads may have left the value
    /// half-changed.
    #[cfg(debug_assertions)]
    pub(crate) fn is_inherited(&self) -> bool {
        self.inheritance.is_inherited()
    }
}
