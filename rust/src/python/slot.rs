//! Where a handle keeps what it owns, until one of its ends takes it (clause P1).

use crate::error::Result;
use crate::sync::{Arc, RwLock};

/// Holds a value that is released exactly once.
///
/// `close`, `__exit__`, `__del__` and deallocation all come down to taking the value out. Whoever
/// uses it holds a share of it meanwhile and not the lock: what is used may send events, and their
/// receiver may close this very handle. The value then goes when its last user is done, without
/// one at once.
pub(crate) struct Slot<T>(RwLock<Option<Arc<T>>>);

impl<T> Slot<T> {
    pub(crate) fn new(value: T) -> Slot<T> {
        Slot(RwLock::new(Some(Arc::new(value))))
    }

    /// A share of the value, or `None` once it has been taken. `Forked` where a thread was just
    /// taking it when this process was forked.
    pub(crate) fn get(&self) -> Result<Option<Arc<T>>> {
        Ok(self.0.read()?.clone())
    }

    /// Takes the value out; it is released where the result is dropped, outside the lock. Leaves
    /// it where `get` fails.
    pub(crate) fn take(&self) -> Option<Arc<T>> {
        self.0.write().ok()?.take()
    }

    /// Whether the value has been taken. Where `get` fails, somebody was about to.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.read().map_or(true, |value| value.is_none())
    }
}
