//! Locks, atomics and thread-locals: taken from here and from nowhere else in the crate, so that
//! a model checker's can stand in for std's.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
pub(crate) use std::sync::{Arc, OnceLock};
pub(crate) use std::thread_local;

mod lock;

pub(crate) use lock::{ReadGuard, RwLock, WriteGuard};
