//! A reader-writer lock that knows no poison, and that a forked child never waits for in vain.
//!
//! Whoever changes the registry under the lock restores it on every way out, unwinding included
//! (architecture rule 2), so a panic leaves nothing that later users would have to be kept from.

use std::sync::PoisonError;
use std::sync::TryLockError;

#[cfg(loom)]
use loom::sync as locks;
#[cfg(not(loom))]
use std::sync as locks;

use super::fork::{Inheritance, Lost};

pub(crate) use locks::{RwLockReadGuard as ReadGuard, RwLockWriteGuard as WriteGuard};

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
        Ok(self.lock.read().unwrap_or_else(PoisonError::into_inner))
    }

    #[inline]
    pub(crate) fn write(&self) -> Result<WriteGuard<'_, T>, Lost> {
        self.check()?;
        Ok(self.lock.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the lock can be had in this process at all.
    #[inline]
    pub(crate) fn check(&self) -> Result<(), Lost> {
        self.inheritance.check(|| match self.lock.try_write() {
            Ok(_) | Err(TryLockError::Poisoned(_)) => true,
            Err(TryLockError::WouldBlock) => false,
        })
    }

    /// The value without the lock, at the end of its life; `None` where the lock comes from
    /// another process, whose threads may have left the value half-changed.
    #[cfg(debug_assertions)]
    pub(crate) fn last_look(&mut self) -> Option<&mut T> {
        let own = !self.inheritance.is_inherited();
        own.then(|| self.lock.get_mut().unwrap_or_else(PoisonError::into_inner))
    }
}
