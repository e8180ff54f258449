//! `Explanation`: what two types are to each other.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::answer::answer_methods;
use super::guard::guarded;
use super::path_step::{json_path, path};
use crate::link::{Difference, Explanation, Path};

/// What two types are to each other, and the first reason why they are not the same (clause L).
#[pyclass(frozen, module = "typereg", name = "Explanation")]
pub(crate) struct PyExplanation(pub(crate) Explanation);

impl PyExplanation {
    fn difference(&self) -> Option<&Difference> {
        self.0.difference.as_ref()
    }

    fn steps(&self) -> Path {
        let difference = self.difference();
        difference.map_or_else(Path::default, |difference| difference.path.clone())
    }
}

answer_methods!(PyExplanation, "an Explanation", "to_json()" {
    /// Whether they are the same type.
    #[getter]
    fn equal(&self, py: Python<'_>) -> PyResult<bool> {
        guarded(py, || Ok(self.0.equal))
    }

    /// Whether the first is a declared subtype of the second, or the same.
    #[getter]
    fn subtype(&self, py: Python<'_>) -> PyResult<bool> {
        guarded(py, || Ok(self.0.subtype))
    }

    /// Whether the second is a declared subtype of the first, or the same.
    #[getter]
    fn supertype(&self, py: Python<'_>) -> PyResult<bool> {
        guarded(py, || Ok(self.0.supertype))
    }

    /// Why not: one of the stable reasons, or None.
    #[getter]
    fn reason(&self, py: Python<'_>) -> PyResult<Option<&'static str>> {
        guarded(py, || Ok(self.difference().map(|one| one.reason.name())))
    }

    /// The way to the first attribute that differs: a tuple of `PathStep`.
    #[getter]
    fn path<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guarded(py, || {
            path(py, &self.steps())
        })
    }

    /// What is expected there, as WAT, or None.
    #[getter]
    fn expected(&self, py: Python<'_>) -> PyResult<Option<&str>> {
        guarded(py, || {
            Ok(self.difference().map(|one| one.expected.as_str()))
        })
    }

    /// What is found there, as WAT, or None.
    #[getter]
    fn found(&self, py: Python<'_>) -> PyResult<Option<&str>> {
        guarded(py, || {
            Ok(self.difference().and_then(|one| one.found.as_deref()))
        })
    }

    /// What may help, where something is known.
    #[getter]
    fn hint(&self, py: Python<'_>) -> PyResult<Option<&str>> {
        guarded(py, || {
            Ok(self.difference().and_then(|one| one.hint.as_deref()))
        })
    }

    /// The answer as the command line's ``--json`` prints it, as a `dict`.
    fn to_json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        guarded(py, || {
            let difference = self.difference();
            let json = PyDict::new(py);
            json.set_item("schema", "typereg.explain/1")?;
            json.set_item("equal", self.0.equal)?;
            json.set_item("subtype", self.0.subtype)?;
            json.set_item("supertype", self.0.supertype)?;
            json.set_item("reason", difference.map(|one| one.reason.name()))?;
            json.set_item("path", json_path(py, &self.steps())?)?;
            json.set_item("expected", difference.map(|one| one.expected.as_str()))?;
            json.set_item("found", difference.and_then(|one| one.found.as_deref()))?;
            json.set_item("hint", difference.and_then(|one| one.hint.as_deref()))?;
            Ok(json)
        })
    }

    /// The answer as text, where the two sides go by these names.
    #[pyo3(signature = (expected = "expected", found = "found"))]
    fn text(&self, py: Python<'_>, expected: &str, found: &str) -> PyResult<String> {
        guarded(py, || Ok(self.0.text(expected, found)))
    }

    fn __str__(&self, py: Python<'_>) -> PyResult<String> {
        guarded(py, || Ok(self.0.text("", "")))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        guarded(py, || {
            let answer = self.difference().map_or("equal", |one| one.reason.name());
            Ok(format!("<Explanation {answer}>"))
        })
    }
});
