//! `Module`.

use pyo3::exceptions::{PyIndexError, PyKeyError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};

use super::argument::{self, Place};
use super::convert;
use super::def_type::PyDefType;
use super::errors::OrRaise;
use super::features::PyFeatures;
use super::guard::guarded;
use super::import_export::{PyExportType, PyImportType};
use super::source::Source;
use super::views::{PyModuleGroups, PyModuleTypes};
use super::wrap;
use crate::Limits;
use crate::module::Module;
use crate::types::ModuleTypeIndex;

/// What the types of a WebAssembly module are: its type section, imports, exports and names.
///
/// ``source`` is bytes that begin with ``\\0asm``, WAT as ``str``, a path-like object, or a binary
/// file object. Code is skipped, never compiled. Immutable; nothing is registered yet (clause G11).
///
/// Raises `DecodeError` for malformed input, `ValidationError` for invalid, `LimitError` for more
/// than ``limits`` allow and `UnsupportedFeatureError` for what ``features`` leave off; whatever
/// goes wrong with a file is the usual `OSError`.
#[pyclass(frozen, weakref, module = "typereg", name = "Module")]
pub(crate) struct PyWasmModule(pub(crate) Module);

impl PyWasmModule {
    fn decode(
        py: Python<'_>,
        source: Source,
        features: Option<&Bound<'_, PyAny>>,
        limits: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let features = convert::features(features)?;
        let limits = convert::limits(limits)?;
        let decoded = py.detach(|| source.decode(&limits, &features));
        Ok(PyWasmModule(decoded.or_raise(py)?))
    }

    /// A type index that exists.
    fn existing(&self, index: &Bound<'_, PyAny>) -> PyResult<ModuleTypeIndex> {
        let found = convert::module_index(index, Place::Argument("type_index"))?;
        let count = self.0.type_count();
        found.filter(|found| found.0 < count).ok_or_else(|| {
            let given = argument::written(index, "of such a number");
            PyIndexError::new_err(format!(
                "there is no type {given}; the module has {count} types"
            ))
        })
    }
}

/// A name as WAT writes it.
fn identifier(name: &str) -> String {
    format!("${name}")
}

#[pymethods]
impl PyWasmModule {
    #[new]
    #[pyo3(signature = (source, *, features = None, limits = None))]
    fn new(
        source: &Bound<'_, PyAny>,
        features: Option<&Bound<'_, PyAny>>,
        limits: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let py = source.py();
        guarded(py, || {
            let source = Source::read(source, Place::Argument("source"))?;
            Self::decode(py, source, features, limits)
        })
    }

    /// Reads a module from a path or a binary file object, which may hold the binary format or
    /// WAT. Raises what ``Module()`` raises.
    #[staticmethod]
    #[pyo3(signature = (path_or_file, *, features = None, limits = None))]
    fn from_file(
        path_or_file: &Bound<'_, PyAny>,
        features: Option<&Bound<'_, PyAny>>,
        limits: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let py = path_or_file.py();
        guarded(py, || {
            let source = Source::read_file(path_or_file, Place::Argument("path_or_file"))?;
            Self::decode(py, source, features, limits)
        })
    }

    /// The module's bytes; where it was WAT, those that the text became. Copied at each look.
    #[getter]
    fn wasm<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        guarded(py, || Ok(PyBytes::new(py, self.0.wasm())))
    }

    /// A sequence of `SubType`, by type index. References are `ModuleTypeIndex`. Each item is made
    /// when it is looked at.
    #[getter]
    fn types(&self, py: Python<'_>) -> PyResult<PyModuleTypes> {
        guarded(py, || Ok(PyModuleTypes(self.0.clone())))
    }

    /// A sequence of `RecGroup`. References within the group are `RecIndex`, others
    /// `ModuleTypeIndex`. Each item is made when it is looked at.
    #[getter]
    fn rec_groups(&self, py: Python<'_>) -> PyResult<PyModuleGroups> {
        guarded(py, || Ok(PyModuleGroups(self.0.clone())))
    }

    /// A tuple of `ImportType`, in order.
    #[getter]
    fn imports<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guarded(py, || {
            wrap::tuple(py, self.0.imports(), |import| {
                let import = PyImportType::of(import.or_raise(py)?);
                Ok(Bound::new(py, import)?.into_any())
            })
        })
    }

    /// The type that each exception tag names, by tag index: imported tags first.
    #[getter]
    fn tags<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guarded(py, || PyTuple::new(py, self.0.tags().map(|index| index.0)))
    }

    /// A tuple of `ExportType`, in order.
    #[getter]
    fn exports<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guarded(py, || {
            wrap::tuple(py, self.0.exports(), |export| {
                let export = PyExportType::of(export.or_raise(py)?);
                Ok(Bound::new(py, export)?.into_any())
            })
        })
    }

    /// The name of a type from the name section, such as ``"$node"``, or None.
    ///
    /// Raises `IndexError` if there is no such type.
    fn type_name(&self, type_index: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
        guarded(type_index.py(), || {
            let index = self.existing(type_index)?;
            Ok(self.0.type_name(index).map(identifier))
        })
    }

    /// The index of the first type of a name, which is given with or without ``$``.
    ///
    /// Raises `KeyError` if no type has the name.
    fn type_index(&self, name: &Bound<'_, PyAny>) -> PyResult<u32> {
        guarded(name.py(), || {
            let text = name.cast::<PyString>();
            let text =
                text.map_err(|_| argument::unexpected(Place::Argument("name"), "a str", name))?;
            // A name that is no Unicode is nobody's.
            let found = text.to_str().ok().and_then(|text| self.0.type_index(text));
            found
                .map(|index| index.0)
                .ok_or_else(|| PyKeyError::new_err(name.clone().unbind()))
        })
    }

    /// The name of a field of a structure type from the name section, such as ``"$next"``, or
    /// None.
    ///
    /// Raises `IndexError` if there is no such type.
    fn field_name(
        &self,
        type_index: &Bound<'_, PyAny>,
        field: &Bound<'_, PyAny>,
    ) -> PyResult<Option<String>> {
        guarded(type_index.py(), || {
            let index = self.existing(type_index)?;
            let field = argument::u32(field, Place::Argument("field"))?;
            Ok(self.0.field_name(index, field).map(identifier))
        })
    }

    /// A type of the module on its own, as a `DefType` (clause G10). Types of one module share what
    /// they have in common; the first look is linear in what the type leads to.
    ///
    /// Raises `IndexError` if there is no such type.
    fn def_type(&self, type_index: &Bound<'_, PyAny>) -> PyResult<PyDefType> {
        let py = type_index.py();
        guarded(py, || {
            let index = self.existing(type_index)?;
            let made = py.detach(|| self.0.def_type(index));
            Ok(PyDefType(made.or_raise(py)?))
        })
    }

    /// The digest of each type, 32 bytes, by type index (clause G7). Linear in the type section at
    /// each look.
    #[getter]
    fn type_digests<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guarded(py, || {
            let digests = py.detach(|| self.0.type_digests()).or_raise(py)?;
            wrap::digests(py, &digests)
        })
    }

    /// The digest of each group, 32 bytes, in order, empty ones included (clause G7). Linear in the
    /// type section at each look.
    #[getter]
    fn group_digests<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guarded(py, || {
            let digests = py.detach(|| self.0.group_digests()).or_raise(py)?;
            wrap::digests(py, &digests)
        })
    }

    /// The module itself: it cannot change.
    fn __copy__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        guarded(slf.py(), || Ok(slf.clone()))
    }

    /// The module itself: it cannot change.
    fn __deepcopy__<'py>(
        slf: &Bound<'py, Self>,
        _memo: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Self>> {
        guarded(slf.py(), || Ok(slf.clone()))
    }

    /// For `pickle`: the module's bytes, and the features that it needs.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let py = slf.py();
        guarded(py, || {
            let module = &slf.get().0;
            let wasm = PyBytes::new(py, module.wasm());
            let features = PyFeatures(module.usage().features);
            let make = slf.get_type().getattr("_from_wasm")?;
            (make, (wasm, features)).into_pyobject(py)
        })
    }

    /// A module that was accepted before, whatever the limits were: for `pickle`.
    #[staticmethod]
    fn _from_wasm(wasm: &Bound<'_, PyBytes>, features: &Bound<'_, PyFeatures>) -> PyResult<Self> {
        let py = wasm.py();
        guarded(py, || {
            let (wasm, features) = (wasm.as_bytes().to_vec(), features.get().0);
            let made = py.detach(|| Module::new(wasm, &Limits::spec(), &features));
            Ok(Self(made.or_raise(py)?))
        })
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        guarded(py, || {
            let (types, groups) = (self.0.type_count(), self.0.group_count());
            Ok(format!("<Module of {types} types in {groups} groups>"))
        })
    }
}
