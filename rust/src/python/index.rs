//! The three index classes: by module, by position in one's own group, by engine.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::argument::{self, Place};
use super::engine::PyEngine;
use super::guard::guarded;
use super::source_text::Source;
use super::value::{Value, hash_code, not_portable, reduce, value_methods};
use crate::registry::Engine;
use crate::types::{ModuleTypeIndex, RecIndex, SharedTypeIndex, TypeIndex};

/// An index into the type index space of one module.
///
/// Meaningful next to that module only: two equal indices of different modules need not be the
/// same type. Not an `int`, and equal only to others of this class.
#[pyclass(frozen, module = "typereg", name = "ModuleTypeIndex")]
pub(crate) struct PyModuleTypeIndex(pub(crate) ModuleTypeIndex);

value_methods!(PyModuleTypeIndex("n";) {
    #[new]
    fn new(n: &Bound<'_, PyAny>) -> PyResult<Self> {
        guarded(n.py(), || {
            Ok(Self(ModuleTypeIndex(argument::u32(n, Place::Argument("n"))?)))
        })
    }

    /// The number.
    #[getter]
    fn n(&self, py: Python<'_>) -> PyResult<u32> {
        guarded(py, || Ok(self.0.0))
    }

    fn __index__(&self, py: Python<'_>) -> PyResult<u32> {
        guarded(py, || Ok(self.0.0))
    }

    fn __int__(&self, py: Python<'_>) -> PyResult<u32> {
        guarded(py, || Ok(self.0.0))
    }
});

/// A reference to a member of the own recursion group, by position.
///
/// In a `RecGroup`, ``RecIndex(i)`` is the group's own i-th member. Not an `int`, and equal only
/// to others of this class.
#[pyclass(frozen, module = "typereg", name = "RecIndex")]
pub(crate) struct PyRecIndex(pub(crate) RecIndex);

value_methods!(PyRecIndex("n";) {
    #[new]
    fn new(n: &Bound<'_, PyAny>) -> PyResult<Self> {
        guarded(n.py(), || Ok(Self(RecIndex(argument::u32(n, Place::Argument("n"))?))))
    }

    /// The position.
    #[getter]
    fn n(&self, py: Python<'_>) -> PyResult<u32> {
        guarded(py, || Ok(self.0.0))
    }

    fn __index__(&self, py: Python<'_>) -> PyResult<u32> {
        guarded(py, || Ok(self.0.0))
    }

    fn __int__(&self, py: Python<'_>) -> PyResult<u32> {
        guarded(py, || Ok(self.0.0))
    }
});

/// The engine-wide index of a registered type: engine, slot and generation (clause S3).
///
/// Made by an engine only. It roots nothing: when its type is freed, the index is stale and never
/// means another type, even where the slot is reused. Between two live indices of one engine,
/// equality is equality of types.
#[pyclass(frozen, module = "typereg", name = "SharedTypeIndex")]
pub(crate) struct PySharedTypeIndex {
    pub(crate) index: SharedTypeIndex,
    pub(crate) engine: Engine,
}

impl PySharedTypeIndex {
    /// The index of a type of `engine`.
    pub(crate) fn new(index: SharedTypeIndex, engine: &Engine) -> Self {
        let engine = engine.clone();
        PySharedTypeIndex { index, engine }
    }
}

#[pymethods]
impl PySharedTypeIndex {
    /// The slot in the engine's slab: dense from 0, reused after the type is freed.
    #[getter]
    fn bits(&self, py: Python<'_>) -> PyResult<u32> {
        guarded(py, || Ok(self.index.bits()))
    }

    /// The engine that made this index.
    #[getter]
    fn engine(&self, py: Python<'_>) -> PyResult<PyEngine> {
        guarded(py, || Ok(PyEngine(self.engine.clone())))
    }

    fn __index__(&self, py: Python<'_>) -> PyResult<u32> {
        guarded(py, || Ok(self.index.bits()))
    }

    fn __int__(&self, py: Python<'_>) -> PyResult<u32> {
        guarded(py, || Ok(self.index.bits()))
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, Self>) -> PyResult<bool> {
        guarded(py, || Ok(self.index == other.get().index))
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<u64> {
        guarded(py, || Ok(hash_code(&self.index)))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        guarded(py, || Ok(Source(&self.index).to_string()))
    }

    fn __str__(&self, py: Python<'_>) -> PyResult<String> {
        guarded(py, || Ok(TypeIndex::Shared(self.index).to_string()))
    }

    /// The index itself: it cannot change.
    fn __copy__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        guarded(slf.py(), || Ok(slf.clone()))
    }

    /// The index itself: it cannot change.
    fn __deepcopy__<'py>(
        slf: &Bound<'py, Self>,
        _memo: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Self>> {
        guarded(slf.py(), || Ok(slf.clone()))
    }

    /// Refuses: the index means something to its engine only.
    fn __reduce__(&self, py: Python<'_>) -> PyResult<()> {
        guarded(py, || Err(not_portable()))
    }
}
