//! `TypeRegistry`.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyTuple};

use super::argument::Place;
use super::convert;
use super::errors::OrRaise;
use super::guard::guarded;
use super::index::PySharedTypeIndex;
use super::owners::Owners;
use super::stats::PyStats;
use super::value::hash_code;
use super::wrap;
use crate::registry::{Engine, TypeRegistry};
use crate::types::SharedTypeIndex;

/// An engine's registry, to look at: the collection of its live indices.
///
/// Nothing here keeps a type registered. Each question is answered under the registry's read lock.
#[pyclass(frozen, weakref, module = "typereg", name = "TypeRegistry")]
pub(crate) struct PyTypeRegistry(pub(crate) Engine);

impl PyTypeRegistry {
    /// The registry, unless it is lost in a fork.
    fn inner(&self, py: Python<'_>) -> PyResult<&TypeRegistry> {
        self.0.check_fork().or_raise(py)?;
        Ok(self.0.registry())
    }

    /// A tuple of indices of this engine.
    fn tuple<'py>(
        &self,
        py: Python<'py>,
        indices: &[SharedTypeIndex],
    ) -> PyResult<Bound<'py, PyTuple>> {
        wrap::tuple(py, indices, |index| {
            Ok(Bound::new(py, PySharedTypeIndex::new(*index, &self.0))?.into_any())
        })
    }
}

#[pymethods]
impl PyTypeRegistry {
    /// The type of an index as a `SubType`, or None where the index is stale (clause S12).
    ///
    /// It is not kept registered: what is returned stays readable, the index may die. Raises
    /// `ForeignEngineError` for an index of another engine.
    fn borrow<'py>(&self, index: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = index.py();
        guarded(py, || {
            let index = convert::shared_index(index, Place::Argument("index"))?;
            let found = self.inner(py)?.borrow(index).or_raise(py)?;
            found
                .map(|ty| wrap::sub_type(py, ty, &Owners::of(&self.0)))
                .transpose()
        })
    }

    /// The registry's numbers at this moment. Looks at every live group.
    fn stats(&self, py: Python<'_>) -> PyResult<PyStats> {
        guarded(py, || {
            let registry = self.inner(py)?;
            Ok(PyStats(py.detach(|| registry.stats())))
        })
    }

    /// A tuple of the live indices whose types refer to this one, as supertype and within the own
    /// group included.
    ///
    /// Looks at every live type. Raises `ForeignEngineError` for an index of another engine and
    /// `StaleIndexError` for a stale one.
    fn referrers<'py>(&self, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
        let py = index.py();
        guarded(py, || {
            let index = convert::shared_index(index, Place::Argument("index"))?;
            let registry = self.inner(py)?;
            let found = py.detach(|| registry.referrers(index)).or_raise(py)?;
            self.tuple(py, &found)
        })
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        guarded(py, || Ok(self.inner(py)?.len()))
    }

    /// Whether an index is live here; False for an index of another engine, and for what is none.
    fn __contains__(&self, index: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = index.py();
        guarded(py, || {
            let Ok(index) = index.cast::<PySharedTypeIndex>() else {
                return Ok(false);
            };
            Ok(self.inner(py)?.contains(index.get().index))
        })
    }

    /// Iterates over a snapshot of the live indices.
    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        guarded(py, || {
            let registry = self.inner(py)?;
            let indices = py.detach(|| registry.indices());
            self.tuple(py, &indices)?.try_iter()
        })
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, Self>) -> PyResult<bool> {
        guarded(py, || Ok(self.0 == other.get().0))
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<u64> {
        guarded(py, || Ok(hash_code(&self.0)))
    }

    /// Refuses: a registry lives in its engine.
    fn __reduce__(&self, py: Python<'_>) -> PyResult<()> {
        guarded(py, || {
            Err(PyTypeError::new_err(
                "cannot pickle or copy a TypeRegistry: it lives in its engine",
            ))
        })
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        guarded(py, || {
            Ok(match self.0.check_fork() {
                Ok(()) => format!("<TypeRegistry with {} live types>", self.0.registry().len()),
                Err(_) => "<TypeRegistry lost in a fork>".to_owned(),
            })
        })
    }
}
