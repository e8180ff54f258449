//! `Difference`: how two types differ.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::answer::answer_methods;
use super::guard::guarded;
use super::path_step::{json_path, path};
use crate::link::Difference;

/// How two types differ that should not (clause L): of a `Mismatch` with the reason
/// ``"invariance"``, its ``cause``.
#[pyclass(frozen, module = "typereg", name = "Difference")]
pub(crate) struct PyDifference(pub(crate) Difference);

answer_methods!(PyDifference, "a Difference", "to_json() of its Mismatch" {
    /// Why: one of the stable reasons, such as ``"field-mutability"``.
    #[getter]
    fn reason(&self, py: Python<'_>) -> PyResult<&'static str> {
        guarded(py, || Ok(self.0.reason.name()))
    }

    /// The way to the first attribute that differs: a tuple of `PathStep`.
    #[getter]
    fn path<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guarded(py, || path(py, &self.0.path))
    }

    /// What is expected there, as WAT.
    #[getter]
    fn expected(&self, py: Python<'_>) -> PyResult<&str> {
        guarded(py, || Ok(self.0.expected.as_str()))
    }

    /// What is found there, as WAT.
    #[getter]
    fn found(&self, py: Python<'_>) -> PyResult<Option<&str>> {
        guarded(py, || Ok(self.0.found.as_deref()))
    }

    /// What may help, where something is known.
    #[getter]
    fn hint(&self, py: Python<'_>) -> PyResult<Option<&str>> {
        guarded(py, || Ok(self.0.hint.as_deref()))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        guarded(py, || Ok(format!("<Difference {}>", self.0.reason)))
    }
});

/// The cause behind a difference, if it has one.
pub(crate) fn cause(difference: &Difference) -> Option<PyDifference> {
    let cause = difference.cause.as_deref();
    cause.map(|cause| PyDifference(cause.clone()))
}

/// A cause as it stands in JSON.
pub(crate) fn json_cause<'py>(
    py: Python<'py>,
    difference: &Difference,
) -> PyResult<Option<Bound<'py, PyDict>>> {
    let Some(cause) = &difference.cause else {
        return Ok(None);
    };
    let json = PyDict::new(py);
    json.set_item("reason", cause.reason.name())?;
    json.set_item("path", json_path(py, &cause.path)?)?;
    json.set_item("expected", &cause.expected)?;
    json.set_item("found", cause.found.as_deref())?;
    json.set_item("hint", cause.hint.as_deref())?;
    Ok(Some(json))
}
