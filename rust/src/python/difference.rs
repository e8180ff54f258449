//! `PathStep` and `Difference`: where two types differ, and how.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::guard::guarded;
use super::value::hash_code;
use super::wrap;
use crate::link::{Difference, Step, StepKind};

/// One step of the way to a difference (clause L).
///
/// Equal to a step with the same attributes; ``str`` is ``"field 0"`` or ``"type $node"``.
#[pyclass(frozen, module = "typereg", name = "PathStep")]
pub(crate) struct PyPathStep(Step);

#[pymethods]
impl PyPathStep {
    /// ``"param"``, ``"result"``, ``"field"``, ``"element"``, ``"supertype"``, ``"type"`` (from a
    /// reference to the type that it refers to) or ``"member"`` (another one of the group).
    #[getter]
    fn kind(&self, py: Python<'_>) -> PyResult<&'static str> {
        guarded(py, || Ok(self.0.kind.name()))
    }

    /// Which one, from 0; of a type, its index on the side that expects.
    #[getter]
    fn index(&self, py: Python<'_>) -> PyResult<u32> {
        guarded(py, || Ok(self.0.index))
    }

    /// Of a type or field, its name on that side, with ``$``, or None.
    #[getter]
    fn name(&self, py: Python<'_>) -> PyResult<Option<&str>> {
        guarded(py, || Ok(self.0.name.as_deref()))
    }

    /// Of a type, its index on the side that was found; None for a host's.
    #[getter]
    fn found_index(&self, py: Python<'_>) -> PyResult<Option<u32>> {
        guarded(py, || Ok(self.0.found_index))
    }

    /// Of a type, its name on the side that was found, with ``$``, or None.
    #[getter]
    fn found_name(&self, py: Python<'_>) -> PyResult<Option<&str>> {
        guarded(py, || Ok(self.0.found_name.as_deref()))
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, Self>) -> PyResult<bool> {
        guarded(py, || Ok(self.0 == other.get().0))
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<u64> {
        guarded(py, || Ok(hash_code(&self.0)))
    }

    fn __str__(&self, py: Python<'_>) -> PyResult<String> {
        guarded(py, || Ok(self.0.to_string()))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        guarded(py, || Ok(format!("<PathStep {}>", self.0)))
    }
}

/// A tuple of steps.
pub(crate) fn path<'py>(py: Python<'py>, path: &[Step]) -> PyResult<Bound<'py, PyTuple>> {
    wrap::tuple(py, path, |step| {
        Ok(Bound::new(py, PyPathStep(step.clone()))?.into_any())
    })
}

/// A path as it stands in JSON.
pub(crate) fn json_path<'py>(py: Python<'py>, path: &[Step]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for step in path {
        let json = PyDict::new(py);
        json.set_item("kind", step.kind.name())?;
        json.set_item("index", step.index)?;
        let is_type = step.kind == StepKind::Type;
        if is_type || step.name.is_some() {
            json.set_item("name", step.name.as_deref())?;
        }
        if is_type {
            json.set_item("found_index", step.found_index)?;
            json.set_item("found_name", step.found_name.as_deref())?;
        }
        list.append(json)?;
    }
    Ok(list)
}

/// How two types differ that should not (clause L): of a `Mismatch` with the reason
/// ``"invariance"``, its ``cause``.
#[pyclass(frozen, module = "typereg", name = "Difference")]
pub(crate) struct PyDifference(pub(crate) Difference);

#[pymethods]
impl PyDifference {
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
}

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
