//! `InterfaceDiff` and `InterfaceChange`: what changed between two versions of a module.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::answer::answer_methods;
use super::guard::guarded;
use super::path_step::{json_path, path};
use super::wrap;
use crate::link::{Change, InterfaceChange, InterfaceDiff, Path};

/// One import or export that is not what it was (clause L).
#[pyclass(frozen, module = "typereg", name = "InterfaceChange")]
pub(crate) struct PyInterfaceChange(InterfaceChange);

impl PyInterfaceChange {
    fn side_name(&self) -> &'static str {
        match self.0.module {
            Some(_) => "import",
            None => "export",
        }
    }

    fn steps(&self) -> Path {
        let difference = self.0.difference.as_ref();
        difference.map_or_else(Path::default, |difference| difference.path.clone())
    }

    fn json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let json = PyDict::new(py);
        json.set_item("side", self.side_name())?;
        json.set_item("module", self.0.module.as_deref())?;
        json.set_item("name", &self.0.name)?;
        json.set_item("change", self.0.change.name())?;
        json.set_item("reason", self.0.reason().map(|reason| reason.name()))?;
        json.set_item("path", json_path(py, &self.steps())?)?;
        json.set_item("old", self.0.old.as_deref())?;
        json.set_item("new", self.0.new.as_deref())?;
        Ok(json)
    }
}

answer_methods!(PyInterfaceChange, "an InterfaceChange", "to_json() of its InterfaceDiff" {
    /// ``"export"`` or ``"import"``.
    #[getter]
    fn side(&self, py: Python<'_>) -> PyResult<&'static str> {
        guarded(py, || Ok(self.side_name()))
    }

    /// Of an import, the name of the module it is imported from; None for an export.
    #[getter]
    fn module(&self, py: Python<'_>) -> PyResult<Option<&str>> {
        guarded(py, || Ok(self.0.module.as_deref()))
    }

    /// Its name.
    #[getter]
    fn name(&self, py: Python<'_>) -> PyResult<&str> {
        guarded(py, || Ok(self.0.name.as_str()))
    }

    /// ``"func"``, ``"table"``, ``"memory"``, ``"global"`` or ``"tag"``.
    #[getter]
    fn kind(&self, py: Python<'_>) -> PyResult<&'static str> {
        guarded(py, || Ok(self.0.kind.name()))
    }

    /// ``"breaking"``, ``"compatible"`` or ``"additive"``.
    #[getter]
    fn change(&self, py: Python<'_>) -> PyResult<&'static str> {
        guarded(py, || Ok(self.0.change.name()))
    }

    /// How the types differ: one of the stable reasons; ``"missing-export"`` for an export that is
    /// gone and an import that is new; None for what is new or gone and breaks nothing.
    #[getter]
    fn reason(&self, py: Python<'_>) -> PyResult<Option<&'static str>> {
        guarded(py, || Ok(self.0.reason().map(|reason| reason.name())))
    }

    /// The way to the first attribute that differs: a tuple of `PathStep`. The side that expects is
    /// the old module for an export, the new one for an import.
    #[getter]
    fn path<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guarded(py, || path(py, &self.steps()))
    }

    /// What was there, as WAT; None for what is new.
    #[getter(old)]
    fn old_wat(&self, py: Python<'_>) -> PyResult<Option<&str>> {
        guarded(py, || Ok(self.0.old.as_deref()))
    }

    /// What is there now, as WAT; None for what is gone.
    #[getter(new)]
    fn new_wat(&self, py: Python<'_>) -> PyResult<Option<&str>> {
        guarded(py, || Ok(self.0.new.as_deref()))
    }

    /// What may help, where something is known.
    #[getter]
    fn hint(&self, py: Python<'_>) -> PyResult<Option<&str>> {
        guarded(py, || {
            let difference = self.0.difference.as_ref();
            Ok(difference.and_then(|difference| difference.hint.as_deref()))
        })
    }

    fn __str__(&self, py: Python<'_>) -> PyResult<String> {
        guarded(py, || Ok(self.0.to_string()))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        guarded(py, || {
            let (side, name) = (self.side_name(), &self.0.name);
            Ok(format!(
                "<InterfaceChange {side} {name:?}: {}>",
                self.0.change.name()
            ))
        })
    }
});

/// What changed in the imports and exports of a module (clause L).
///
/// ``str`` is what the command line prints.
#[pyclass(frozen, module = "typereg", name = "InterfaceDiff")]
pub(crate) struct PyInterfaceDiff(pub(crate) InterfaceDiff);

impl PyInterfaceDiff {
    fn of<'py>(&self, py: Python<'py>, change: Change) -> PyResult<Bound<'py, PyTuple>> {
        changes(py, self.0.of(change))
    }
}

fn changes<'py, 'a>(
    py: Python<'py>,
    changes: impl Iterator<Item = &'a InterfaceChange>,
) -> PyResult<Bound<'py, PyTuple>> {
    wrap::tuple(py, changes, |change| {
        Ok(Bound::new(py, PyInterfaceChange(change.clone()))?.into_any())
    })
}

fn verdict(diff: &InterfaceDiff) -> &'static str {
    diff.verdict().map_or("same", Change::name)
}

answer_methods!(PyInterfaceDiff, "an InterfaceDiff", "to_json()" {
    /// ``"breaking"``, ``"compatible"``, ``"additive"`` or ``"same"``: the worst there is.
    #[getter]
    fn verdict(&self, py: Python<'_>) -> PyResult<&'static str> {
        guarded(py, || Ok(verdict(&self.0)))
    }

    /// A tuple of every `InterfaceChange`: exports, then imports.
    #[getter]
    fn changes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guarded(py, || changes(py, self.0.changes.iter()))
    }

    /// Those after which what worked with the old version may not work with the new one.
    #[getter]
    fn breaking<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guarded(py, || self.of(py, Change::Breaking))
    }

    /// Those to another type that does wherever the old one did, and imports that are gone.
    #[getter]
    fn compatible<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guarded(py, || self.of(py, Change::Compatible))
    }

    /// Exports that are new.
    #[getter]
    fn additive<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guarded(py, || self.of(py, Change::Additive))
    }

    /// The changes as the command line's ``--json`` prints them, as a `dict`.
    fn to_json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        guarded(py, || {
            let changes = PyList::empty(py);
            for change in &self.0.changes {
                changes.append(PyInterfaceChange(change.clone()).json(py)?)?;
            }
            let json = PyDict::new(py);
            json.set_item("schema", "typereg.diff/1")?;
            json.set_item("verdict", verdict(&self.0))?;
            json.set_item("changes", changes)?;
            Ok(json)
        })
    }

    fn __str__(&self, py: Python<'_>) -> PyResult<String> {
        guarded(py, || Ok(self.0.to_string()))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        guarded(py, || {
            let changes = self.0.changes.len();
            Ok(format!(
                "<InterfaceDiff {}: {changes} changes>",
                verdict(&self.0)
            ))
        })
    }
});
