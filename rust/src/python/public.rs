//! How Rust makes instances of the public handle classes (clause P2).
//!
//! Python calls `__del__` on instances of Python classes only, so the public `RegisteredType` and
//! `TypeCollection` are Python subclasses of the native ones. An instance of a subclass can only
//! be made from within `__new__`: so what it is to own is laid ready in a thread-local, the class
//! is called without arguments, and the native `__new__` picks it up. Nobody but this file lays
//! anything ready, so the same call means nothing to anyone else.

use std::cell::Cell;
use std::thread::LocalKey;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyTuple, PyType};

use super::guard::guarded;
use crate::registry::{RegisteredType, TypeCollection};
use crate::sync::thread_local;

thread_local! {
    static READY_TYPE: Cell<Option<RegisteredType>> = const { Cell::new(None) };
    static READY_COLLECTION: Cell<Option<TypeCollection>> = const { Cell::new(None) };
}

/// The public `RegisteredType`.
pub(crate) static REGISTERED_TYPE: Public<RegisteredType> = Public::new(&READY_TYPE);

/// The public `TypeCollection`.
pub(crate) static TYPE_COLLECTION: Public<TypeCollection> = Public::new(&READY_COLLECTION);

/// A class that the package derives from a native one.
pub(crate) struct Public<T: 'static> {
    class: PyOnceLock<Py<PyType>>,
    ready: &'static LocalKey<Cell<Option<T>>>,
}

impl<T> Public<T> {
    const fn new(ready: &'static LocalKey<Cell<Option<T>>>) -> Public<T> {
        let class = PyOnceLock::new();
        Public { class, ready }
    }

    /// A new instance that owns `value`.
    pub(crate) fn instance<'py>(&self, py: Python<'py>, value: T) -> PyResult<Bound<'py, PyAny>> {
        let class = self.class.get(py);
        let class = class.expect("the package names its classes when it is imported");
        self.ready.set(Some(value));
        let made = class.bind(py).call0();
        // Still there if the call failed on its way to `__new__`.
        drop(self.ready.take());
        made
    }

    /// A tuple of new instances.
    pub(crate) fn instances<'py>(
        &self,
        py: Python<'py>,
        values: Vec<T>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let made = values.into_iter().map(|value| self.instance(py, value));
        PyTuple::new(py, made.collect::<PyResult<Vec<_>>>()?)
    }

    /// What was laid ready, once: for `__new__` alone.
    pub(crate) fn take(&self) -> Option<T> {
        self.ready.take()
    }
}

/// Tells which classes to make handles of; the package does so when it is imported. The first
/// call counts.
#[pyfunction]
pub(crate) fn adopt(
    py: Python<'_>,
    registered_type: Py<PyType>,
    type_collection: Py<PyType>,
) -> PyResult<()> {
    guarded(py, || {
        REGISTERED_TYPE.class.get_or_init(py, || registered_type);
        TYPE_COLLECTION.class.get_or_init(py, || type_collection);
        Ok(())
    })
}
