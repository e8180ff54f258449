//! A reader-writer lock that knows no poison.
//!
//! Whoever changes the registry under the lock restores it on every way out, unwinding included
//! (architecture rule 2), so a panic leaves nothing that later users would have to be kept from.

use std::sync::PoisonError;

#[cfg(loom)]
use loom::sync as locks;
#[cfg(not(loom))]
use std::sync as locks;

pub(crate) use locks::{RwLockReadGuard as ReadGuard, RwLockWriteGuard as WriteGuard};

#[derive(Debug, Default)]
pub(crate) struct RwLock<T>(locks::RwLock<T>);

impl<T> RwLock<T> {
    pub(crate) fn new(value: T) -> Self {
        RwLock(locks::RwLock::new(value))
    }

    pub(crate) fn read(&self) -> ReadGuard<'_, T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> WriteGuard<'_, T> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
