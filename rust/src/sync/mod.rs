//! Locks, atomics and thread-locals: taken from here and from nowhere else in the crate, so that
//! the model checker's stand in for std's where the crate is built with `--cfg loom`.
//!
//! Three things are std's there, too, because no model explores them. [`Arc`] keeps memory, as
//! triomphe's in an entry does: which registrations there are does not depend on its count, and
//! exploring that would only multiply what there is to explore. A [`OnceLock`] is not looked at
//! by two threads of a model (one that waits would wait for ever: all of them share one thread of
//! the system). And what is thread-local belongs to events, to which no model listens.

pub(crate) use std::sync::{Arc, OnceLock};
pub(crate) use std::thread_local;

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

mod lock;

pub(crate) use lock::{ReadGuard, RwLock, WriteGuard};

/// What can be a `static`, which the model checker's cannot: for what orders nothing.
pub(crate) mod statics {
    pub(crate) use std::sync::atomic::AtomicU64;
}
