//! `LinkReport`, `Mismatch` and `LinkedImport`: what linking says.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::answer::answer_methods;
use super::difference::{PyDifference, cause, json_cause};
use super::guard::guarded;
use super::path_step::{json_path, path};
use super::wrap;
use crate::link::{Import, LinkReport, Mismatch};

/// How a verdict by declared types only is marked.
fn assumed(import: &Import) -> Option<&'static str> {
    import.assumed.then_some("declared")
}

/// The keys that every import has in JSON.
fn json_import<'py>(py: Python<'py>, import: &Import) -> PyResult<Bound<'py, PyDict>> {
    let json = PyDict::new(py);
    json.set_item("consumer", &*import.consumer)?;
    json.set_item("provider", import.provider.as_deref())?;
    json.set_item("module", &import.module)?;
    json.set_item("name", &import.name)?;
    json.set_item("kind", import.kind.name())?;
    Ok(json)
}

/// An import that a `LinkReport` has something to say of besides a mismatch: it is judged by
/// declared types only, or it waits on itself.
#[pyclass(frozen, module = "typereg", name = "LinkedImport")]
pub(crate) struct PyLinkedImport(Import);

answer_methods!(PyLinkedImport, "a LinkedImport", "to_json() of its LinkReport" {
    /// Who imports: what the report calls the module.
    #[getter]
    fn consumer(&self, py: Python<'_>) -> PyResult<&str> {
        guarded(py, || Ok(&*self.0.consumer))
    }

    /// Whose type was looked at, or None.
    #[getter]
    fn provider(&self, py: Python<'_>) -> PyResult<Option<&str>> {
        guarded(py, || Ok(self.0.provider.as_deref()))
    }

    /// The name of the module to import from.
    #[getter]
    fn module(&self, py: Python<'_>) -> PyResult<&str> {
        guarded(py, || Ok(self.0.module.as_str()))
    }

    /// The name of the item there.
    #[getter]
    fn name(&self, py: Python<'_>) -> PyResult<&str> {
        guarded(py, || Ok(self.0.name.as_str()))
    }

    /// ``"func"``, ``"table"``, ``"memory"``, ``"global"`` or ``"tag"``.
    #[getter]
    fn kind(&self, py: Python<'_>) -> PyResult<&'static str> {
        guarded(py, || Ok(self.0.kind.name()))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        guarded(py, || {
            let Import { module, name, .. } = &self.0;
            Ok(format!("<LinkedImport {module:?} {name:?}>"))
        })
    }
});

/// An import that cannot be given what it is offered, and why (clause L).
///
/// ``str`` is what the command line prints of it.
#[pyclass(frozen, module = "typereg", name = "Mismatch")]
pub(crate) struct PyMismatch(Mismatch);

impl PyMismatch {
    fn json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let Mismatch { import, difference } = &self.0;
        let json = json_import(py, import)?;
        json.set_item("reason", difference.reason.name())?;
        json.set_item("cause", json_cause(py, difference)?)?;
        json.set_item("path", json_path(py, &difference.path)?)?;
        json.set_item("expected", &difference.expected)?;
        json.set_item("found", difference.found.as_deref())?;
        json.set_item("hint", difference.hint.as_deref())?;
        json.set_item("assumed", assumed(import))?;
        Ok(json)
    }
}

answer_methods!(PyMismatch, "a Mismatch", "to_json()" {
    /// Who imports: what the report calls the module.
    #[getter]
    fn consumer(&self, py: Python<'_>) -> PyResult<&str> {
        guarded(py, || Ok(&*self.0.import.consumer))
    }

    /// Whose type was found: of something that is passed on, its origin. None where there is none.
    #[getter]
    fn provider(&self, py: Python<'_>) -> PyResult<Option<&str>> {
        guarded(py, || Ok(self.0.import.provider.as_deref()))
    }

    /// The name of the module to import from.
    #[getter]
    fn module(&self, py: Python<'_>) -> PyResult<&str> {
        guarded(py, || Ok(self.0.import.module.as_str()))
    }

    /// The name of the item there.
    #[getter]
    fn name(&self, py: Python<'_>) -> PyResult<&str> {
        guarded(py, || Ok(self.0.import.name.as_str()))
    }

    /// ``"func"``, ``"table"``, ``"memory"``, ``"global"`` or ``"tag"``.
    #[getter]
    fn kind(&self, py: Python<'_>) -> PyResult<&'static str> {
        guarded(py, || Ok(self.0.import.kind.name()))
    }

    /// Why: one of the stable reasons, such as ``"field-mutability"``.
    #[getter]
    fn reason(&self, py: Python<'_>) -> PyResult<&'static str> {
        guarded(py, || Ok(self.0.difference.reason.name()))
    }

    /// The way to the first attribute that differs: a tuple of `PathStep`, empty where the import
    /// itself differs.
    #[getter]
    fn path<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guarded(py, || path(py, &self.0.difference.path))
    }

    /// Where a subtype was found and equality is needed, how the two differ: a `Difference`.
    #[getter]
    fn cause(&self, py: Python<'_>) -> PyResult<Option<PyDifference>> {
        guarded(py, || Ok(cause(&self.0.difference)))
    }

    /// What is expected at the end of the path, as WAT in the importing module's names.
    #[getter]
    fn expected(&self, py: Python<'_>) -> PyResult<&str> {
        guarded(py, || Ok(self.0.difference.expected.as_str()))
    }

    /// What is found there, as WAT in the provider's names; None where nothing is.
    #[getter]
    fn found(&self, py: Python<'_>) -> PyResult<Option<&str>> {
        guarded(py, || Ok(self.0.difference.found.as_deref()))
    }

    /// What may help, where something is known.
    #[getter]
    fn hint(&self, py: Python<'_>) -> PyResult<Option<&str>> {
        guarded(py, || Ok(self.0.difference.hint.as_deref()))
    }

    /// ``"declared"`` where the verdict goes by a declared type only, because the export passes on
    /// an import whose provider was not given; else None.
    #[getter]
    fn assumed(&self, py: Python<'_>) -> PyResult<Option<&'static str>> {
        guarded(py, || Ok(assumed(&self.0.import)))
    }

    /// The mismatch's entry in the JSON of a report.
    fn to_json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        guarded(py, || self.json(py))
    }

    fn __str__(&self, py: Python<'_>) -> PyResult<String> {
        guarded(py, || Ok(self.0.to_string()))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        guarded(py, || {
            let Mismatch { import, difference } = &self.0;
            let Import { module, name, .. } = import;
            Ok(format!(
                "<Mismatch {module:?} {name:?}: {}>",
                difference.reason
            ))
        })
    }
});

/// What linking says of every import (clause L).
///
/// ``str`` is what the command line prints.
#[pyclass(frozen, module = "typereg", name = "LinkReport")]
pub(crate) struct PyLinkReport(pub(crate) LinkReport);

fn linked<'py>(py: Python<'py>, imports: &[Import]) -> PyResult<Bound<'py, PyTuple>> {
    wrap::tuple(py, imports, |import| {
        Ok(Bound::new(py, PyLinkedImport(import.clone()))?.into_any())
    })
}

answer_methods!(PyLinkReport, "a LinkReport", "to_json()" {
    /// Whether every import can be given what it is offered. An import that waits on itself cannot.
    #[getter]
    fn ok(&self, py: Python<'_>) -> PyResult<bool> {
        guarded(py, || Ok(self.0.is_ok()))
    }

    /// How many imports there are.
    #[getter]
    fn imports(&self, py: Python<'_>) -> PyResult<usize> {
        guarded(py, || Ok(self.0.imports))
    }

    /// How many of them were passed over, because nobody goes by their module's name.
    #[getter]
    fn ignored(&self, py: Python<'_>) -> PyResult<usize> {
        guarded(py, || Ok(self.0.ignored))
    }

    /// A tuple of `Mismatch`, in the order of the imports.
    #[getter]
    fn mismatches<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guarded(py, || {
            wrap::tuple(py, &self.0.mismatches, |mismatch| {
                Ok(Bound::new(py, PyMismatch(mismatch.clone()))?.into_any())
            })
        })
    }

    /// A tuple of `LinkedImport`: those whose verdict goes by a declared type only.
    #[getter]
    fn assumed<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guarded(py, || linked(py, &self.0.assumed))
    }

    /// A tuple of cycles, each a tuple of `LinkedImport`: imports that wait on each other. They are
    /// not judged.
    #[getter]
    fn cycles<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guarded(py, || {
            wrap::tuple(
                py,
                &self.0.cycles,
                |cycle| Ok(linked(py, cycle)?.into_any()),
            )
        })
    }

    /// The report as the command line's ``--json`` prints it, as a `dict`.
    fn to_json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        guarded(py, || {
            let list = |imports: &[Import]| {
                let list = PyList::empty(py);
                for import in imports {
                    list.append(json_import(py, import)?)?;
                }
                PyResult::Ok(list)
            };
            let mismatches = PyList::empty(py);
            for mismatch in &self.0.mismatches {
                mismatches.append(PyMismatch(mismatch.clone()).json(py)?)?;
            }
            let cycles = PyList::empty(py);
            for cycle in &self.0.cycles {
                cycles.append(list(cycle)?)?;
            }
            let json = PyDict::new(py);
            json.set_item("schema", "typereg.link/1")?;
            json.set_item("ok", self.0.is_ok())?;
            json.set_item("imports", self.0.imports)?;
            json.set_item("mismatches", mismatches)?;
            json.set_item("assumed", list(&self.0.assumed)?)?;
            json.set_item("cycles", cycles)?;
            if self.0.ignored > 0 {
                json.set_item("ignored", self.0.ignored)?;
            }
            Ok(json)
        })
    }

    fn __str__(&self, py: Python<'_>) -> PyResult<String> {
        guarded(py, || Ok(self.0.to_string()))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        guarded(py, || {
            let (imports, mismatches) = (self.0.imports, self.0.mismatches.len());
            Ok(format!(
                "<LinkReport: {imports} imports, {mismatches} mismatches>"
            ))
        })
    }
});
