//! `DefType`.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use super::argument::{self, Place};
use super::errors::OrRaise;
use super::guard::guarded;
use super::owners::{Owned, Owners};
use super::source_text::Source;
use super::sub_type::PyRecGroup;
use super::value::hash_code;
use crate::types::DefType;

/// A closed type: a recursion group and a position in it, without a module or an engine.
///
/// ``group`` is a `RecGroup` whose references are `RecIndex`, for its own members, or `DefType`.
/// Equal exactly when the types are equal, wherever they came from; hashable. Usable wherever a
/// concrete heap type is: ``RefType(def_type)``, ``SubType(…, supertype=def_type)``. Registering
/// a type that refers to it registers its groups (clauses G10, K12).
///
/// Raises `IndexError` for a position beyond the group, `NotCanonicalError` for the index of a
/// module or an engine in the group, `ValidationError` for an invalid group and `LimitError` for
/// a depth above 63.
#[pyclass(frozen, module = "typereg", name = "DefType")]
pub(crate) struct PyDefType(pub(crate) DefType);

#[pymethods]
impl PyDefType {
    #[new]
    fn new(group: &Bound<'_, PyAny>, position: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = group.py();
        guarded(py, || {
            let place = Place::Argument("group");
            let group = group
                .cast::<PyRecGroup>()
                .map_err(|_| argument::unexpected(place, "a RecGroup", group))?;
            let position = argument::u32(position, Place::Argument("position"))?;
            let group = &group.get().0.value;
            let made = py.detach(|| DefType::new(group, position));
            Ok(Self(made.or_raise(py)?))
        })
    }

    #[classattr]
    fn __match_args__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        PyTuple::new(py, ["group", "position"])
    }

    /// The recursion group, a `RecGroup` whose references are `RecIndex` and `DefType`.
    #[getter]
    fn group(&self, py: Python<'_>) -> PyResult<PyRecGroup> {
        guarded(py, || {
            Ok(PyRecGroup(Owned::new(self.0.group(), Owners::default())))
        })
    }

    /// The type's position in its group.
    #[getter]
    fn position(&self, py: Python<'_>) -> PyResult<u32> {
        guarded(py, || Ok(self.0.position()))
    }

    /// The type's digest, 32 bytes: the same on every machine, and in every process and version
    /// (clause G7). Constant time.
    #[getter]
    fn digest<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        guarded(py, || Ok(PyBytes::new(py, self.0.digest().as_bytes())))
    }

    /// The digest of the type's group, 32 bytes (clause G7). Constant time.
    #[getter]
    fn group_digest<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        guarded(py, || {
            Ok(PyBytes::new(py, self.0.group_digest().as_bytes()))
        })
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, Self>) -> PyResult<bool> {
        guarded(py, || Ok(self.0 == other.get().0))
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<u64> {
        guarded(py, || Ok(hash_code(&self.0)))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        guarded(py, || Ok(Source(&self.0).to_string()))
    }

    fn __str__(&self, py: Python<'_>) -> PyResult<String> {
        guarded(py, || Ok(self.0.to_string()))
    }

    /// The value itself: it cannot change.
    fn __copy__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        guarded(slf.py(), || Ok(slf.clone()))
    }

    /// The value itself: it cannot change.
    fn __deepcopy__<'py>(
        slf: &Bound<'py, Self>,
        _memo: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Self>> {
        guarded(slf.py(), || Ok(slf.clone()))
    }

    /// For `pickle`: a WebAssembly module whose last group is the type's, and the position.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let py = slf.py();
        guarded(py, || {
            let ty = &slf.get().0;
            let wasm = py.detach(|| ty.to_wasm()).or_raise(py)?;
            let make = slf.get_type().getattr("_from_wasm")?;
            (make, (PyBytes::new(py, &wasm), ty.position())).into_pyobject(py)
        })
    }

    /// The type at a position of the last group of a WebAssembly module: for `pickle`.
    #[staticmethod]
    fn _from_wasm(wasm: &Bound<'_, PyBytes>, position: u32) -> PyResult<Self> {
        let py = wasm.py();
        guarded(py, || {
            let wasm = wasm.as_bytes().to_vec();
            let made = py.detach(|| DefType::from_wasm(wasm, position));
            Ok(Self(made.or_raise(py)?))
        })
    }
}
