//! `PathStep`: one step of the way to where two types differ.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::argument::{self, Place};
use super::errors;
use super::guard::guarded;
use super::source_text;
use super::value::{Value, hash_code, not_portable, reduce, value_methods};
use super::wrap;
use crate::link::{Path, Step, StepKind};

/// One step of the way to a difference (clause L).
///
/// Equal to a step with the same attributes; ``str`` is ``"field 0"`` or ``"type $node"``.
#[pyclass(frozen, module = "typereg", name = "PathStep")]
pub(crate) struct PyPathStep(Step);

impl Value for Step {
    fn hash_code(&self) -> u64 {
        hash_code(self)
    }

    fn source(&self) -> String {
        let mut text = format!("PathStep('{}', {}", self.kind.name(), self.index);
        if let Some(name) = &self.name {
            text.push_str(", name=");
            source_text::string(&mut text, name);
        }
        if let Some(index) = self.found_index {
            text.push_str(&format!(", found_index={index}"));
        }
        if let Some(name) = &self.found_name {
            text.push_str(", found_name=");
            source_text::string(&mut text, name);
        }
        text.push(')');
        text
    }

    /// The step as reports write it.
    fn wat(&self) -> String {
        self.to_string()
    }

    fn is_portable(&self) -> bool {
        true
    }
}

/// The kind of a step, by its stable name.
fn step_kind(object: &Bound<'_, PyAny>) -> PyResult<StepKind> {
    let name = argument::text(object, Place::Argument("kind"))?;
    let mut kinds = StepKind::ALL.iter();
    kinds
        .find(|kind| kind.name() == name)
        .copied()
        .ok_or_else(|| {
            let names: Vec<_> = StepKind::ALL.iter().map(|kind| kind.name()).collect();
            let message = format!("kind: expected one of {}, got {name:?}", names.join(", "));
            errors::invalid(object.py(), message)
        })
}

value_methods!(PyPathStep("kind", "index"; "name", "found_index", "found_name") {
    #[new]
    #[pyo3(signature = (kind, index, *, name = None, found_index = None, found_name = None))]
    fn new(
        kind: &Bound<'_, PyAny>,
        index: &Bound<'_, PyAny>,
        name: Option<&Bound<'_, PyAny>>,
        found_index: Option<&Bound<'_, PyAny>>,
        found_name: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let text = |name: Option<&Bound<'_, PyAny>>, argument| {
            argument::optional(name, |name| argument::text(name, Place::Argument(argument)))
        };
        guarded(kind.py(), || {
            Ok(PyPathStep(Step {
                kind: step_kind(kind)?,
                index: argument::u32(index, Place::Argument("index"))?,
                name: text(name, "name")?,
                found_index: argument::optional(found_index, |index| {
                    argument::u32(index, Place::Argument("found_index"))
                })?,
                found_name: text(found_name, "found_name")?,
            }))
        })
    }

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
});

/// A tuple of steps.
pub(crate) fn path<'py>(py: Python<'py>, path: &Path) -> PyResult<Bound<'py, PyTuple>> {
    wrap::tuple(py, path.iter(), |step| {
        Ok(Bound::new(py, PyPathStep(step.clone()))?.into_any())
    })
}

/// A path as it stands in JSON.
pub(crate) fn json_path<'py>(py: Python<'py>, path: &Path) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for step in path.iter() {
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
