//! `ImportType` and `ExportType`.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::argument::{self, Place};
use super::convert;
use super::guard::guarded;
use super::owners::{Owned, Owners};
use super::source_text::{self, Source};
use super::value::{Value, hash_code, not_portable, reduce, value_methods};
use super::wrap;
use crate::module;
use crate::types::{ExternType, ModuleTypeIndex};

/// What an import and an export have in common: an external type and, of functions and tags, the
/// index of the defined type that it names.
#[derive(PartialEq)]
pub(crate) struct Named {
    /// Module and name, or the name alone.
    names: Vec<String>,
    ty: Owned<ExternType>,
    type_index: Option<u32>,
}

impl Named {
    fn read(
        names: &[(&str, &Bound<'_, PyAny>)],
        ty: &Bound<'_, PyAny>,
        type_index: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Named> {
        let names = names
            .iter()
            .map(|(name, object)| argument::text(object, Place::Argument(name)))
            .collect::<PyResult<Vec<_>>>()?;
        let mut owners = Owners::default();
        let ty = convert::extern_type(ty, Place::Argument("type"), &mut owners)?;
        let place = Place::Argument("type_index");
        let type_index = argument::optional(type_index, |index| argument::u32(index, place))?;
        Ok(Named {
            names,
            ty: Owned::new(ty, owners),
            type_index,
        })
    }

    fn new(names: Vec<String>, ty: ExternType, index: Option<ModuleTypeIndex>) -> Named {
        // A module refers to no engine.
        let ty = Owned::new(ty, Owners::default());
        let type_index = index.map(|index| index.0);
        Named {
            names,
            ty,
            type_index,
        }
    }

    fn ty<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        wrap::extern_type(py, self.ty.value.clone(), &self.ty.owners)
    }
}

impl Value for Named {
    fn hash_code(&self) -> u64 {
        hash_code(&(&self.names, &self.ty.value, self.type_index))
    }

    fn source(&self) -> String {
        let class = if self.names.len() == 2 {
            "ImportType"
        } else {
            "ExportType"
        };
        let mut text = format!("{class}(");
        for name in &self.names {
            source_text::string(&mut text, name);
            text.push_str(", ");
        }
        text.push_str(&Source(&self.ty.value).to_string());
        if let Some(index) = self.type_index {
            text.push_str(&format!(", type_index={index}"));
        }
        text.push(')');
        text
    }

    fn wat(&self) -> String {
        let keyword = if self.names.len() == 2 {
            "import"
        } else {
            "export"
        };
        let mut text = format!("({keyword} ");
        for name in &self.names {
            wat_string(&mut text, name);
            text.push(' ');
        }
        text.push_str(&self.ty.value.to_string());
        text.push(')');
        text
    }

    fn is_portable(&self) -> bool {
        self.ty.is_portable()
    }
}

/// Appends a WAT string literal.
fn wat_string(text: &mut String, name: &str) {
    text.push('"');
    for char in name.chars() {
        match char {
            '"' | '\\' => text.extend(['\\', char]),
            char if char.is_control() => {
                text.push_str(&format!("\\u{{{:x}}}", u32::from(char)));
            }
            char => text.push(char),
        }
    }
    text.push('"');
}

/// An import of a module: from which module, by which name, of which external type.
///
/// ``type`` is a `FuncType` (the signature), `TableType`, `MemoryType`, `GlobalType` or `TagType`.
/// Of functions and tags, ``type_index`` is the index of the type in the importing module, else
/// None.
#[pyclass(frozen, module = "typereg", name = "ImportType")]
pub(crate) struct PyImportType(Named);

impl PyImportType {
    /// An import of a module that was read.
    pub(crate) fn of(import: module::ImportType) -> PyImportType {
        let names = vec![import.module, import.name];
        PyImportType(Named::new(names, import.ty, import.type_index))
    }
}

value_methods!(PyImportType("module", "name", "type"; "type_index") {
    #[new]
    #[pyo3(signature = (module, name, r#type, *, type_index = None))]
    fn new(
        module: &Bound<'_, PyAny>,
        name: &Bound<'_, PyAny>,
        r#type: &Bound<'_, PyAny>,
        type_index: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        guarded(r#type.py(), || {
            let names = [("module", module), ("name", name)];
            Ok(Self(Named::read(&names, r#type, type_index)?))
        })
    }

    /// The name of the module to import from.
    #[getter]
    fn module(&self, py: Python<'_>) -> PyResult<&str> {
        guarded(py, || Ok(self.0.names[0].as_str()))
    }

    /// The name of the item there.
    #[getter]
    fn name(&self, py: Python<'_>) -> PyResult<&str> {
        guarded(py, || Ok(self.0.names[1].as_str()))
    }

    /// The external type.
    #[getter]
    fn r#type<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        guarded(py, || self.0.ty(py))
    }

    /// ``"func"``, ``"table"``, ``"memory"``, ``"global"`` or ``"tag"``.
    #[getter]
    fn kind(&self, py: Python<'_>) -> PyResult<&'static str> {
        guarded(py, || Ok(self.0.ty.value.kind().name()))
    }

    /// Of functions and tags, the index of the type in the importing module, else None.
    #[getter]
    fn type_index(&self, py: Python<'_>) -> PyResult<Option<u32>> {
        guarded(py, || Ok(self.0.type_index))
    }
});

/// An export of a module: by which name, of which external type.
///
/// ``type`` is a `FuncType` (the signature), `TableType`, `MemoryType`, `GlobalType` or `TagType`.
/// Of functions and tags, ``type_index`` is the index of the type in the exporting module, else
/// None.
#[pyclass(frozen, module = "typereg", name = "ExportType")]
pub(crate) struct PyExportType(Named);

impl PyExportType {
    /// An export of a module that was read.
    pub(crate) fn of(export: module::ExportType) -> PyExportType {
        PyExportType(Named::new(vec![export.name], export.ty, export.type_index))
    }
}

value_methods!(PyExportType("name", "type"; "type_index") {
    #[new]
    #[pyo3(signature = (name, r#type, *, type_index = None))]
    fn new(
        name: &Bound<'_, PyAny>,
        r#type: &Bound<'_, PyAny>,
        type_index: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        guarded(r#type.py(), || Ok(Self(Named::read(&[("name", name)], r#type, type_index)?)))
    }

    /// The name.
    #[getter]
    fn name(&self, py: Python<'_>) -> PyResult<&str> {
        guarded(py, || Ok(self.0.names[0].as_str()))
    }

    /// The external type.
    #[getter]
    fn r#type<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        guarded(py, || self.0.ty(py))
    }

    /// ``"func"``, ``"table"``, ``"memory"``, ``"global"`` or ``"tag"``.
    #[getter]
    fn kind(&self, py: Python<'_>) -> PyResult<&'static str> {
        guarded(py, || Ok(self.0.ty.value.kind().name()))
    }

    /// Of functions and tags, the index of the type in the exporting module, else None.
    #[getter]
    fn type_index(&self, py: Python<'_>) -> PyResult<Option<u32>> {
        guarded(py, || Ok(self.0.type_index))
    }
});
