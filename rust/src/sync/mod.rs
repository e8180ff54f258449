//! Locks, atomics and thread-locals: taken from here and from nowhere else in the crate, so that
//! the model checker's stand in for std's where the crate is built with `--cfg loom`.
//!
//! Three things are std's there, too, because no model explores them. [`Arc`] keeps memory, as
//! triomphe's in an entry does: which registrations there are does not depend on its count, and
//! exploring that would only multiply what there is to explore. A [`OnceBox`] holds what any
//! thread would have made alike, so it does not matter whose is kept. And what is thread-local
//! belongs to events, to which one model alone listens, for their numbers.
//!
//! ThreadSanitizer (`--cfg typereg_tsan`) knows of order only what it was compiled into, and std
//! was not: it misreads std's locks, so there they are parking_lot's.
//!
//! A [`OnceBox`] takes the place of std's `OnceLock`, because nobody ever waits at it: a thread
//! that a fork leaves behind while it fills one is waited for by nobody in the child (clause P9).

pub(crate) use once_cell::race::OnceBox;
pub(crate) use std::sync::Arc;
#[cfg(debug_assertions)]
pub(crate) use std::sync::Weak;
pub(crate) use std::thread_local;

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

mod fork;
mod lock;

pub(crate) use fork::Lost;
pub use fork::after_fork_in_child;
pub(crate) use lock::{ReadGuard, RwLock, WriteGuard};

/// What can be a `static`, which the model checker's cannot: for what orders nothing.
pub(crate) mod statics {
    pub(crate) use std::sync::atomic::{AtomicU64, Ordering};
}
