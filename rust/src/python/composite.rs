//! Composite types and the fields they are made of: `FieldType`, `FuncType`, `StructType`,
//! `ArrayType`, `ContType`.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::argument::{self, Flag, Place};
use super::convert;
use super::guard::guarded;
use super::owners::{Owned, Owners};
use super::value::{Value, not_portable, reduce, value_methods};
use super::wrap;
use crate::types::{ArrayType, ContType, FieldType, FuncType, StructType};

/// The type of a struct's field or of an array's elements: what is stored, and whether it can be
/// written.
///
/// ``storage`` is a value type or a packed one, `I8` or `I16`.
#[pyclass(frozen, module = "typereg", name = "FieldType")]
pub(crate) struct PyFieldType(pub(crate) Owned<FieldType>);

value_methods!(PyFieldType("storage", "mutable";) {
    #[new]
    #[pyo3(
        signature = (storage, mutable = Flag::Is(false)),
        text_signature = "(storage, mutable=False)"
    )]
    fn new(storage: &Bound<'_, PyAny>, mutable: Flag<'_>) -> PyResult<Self> {
        guarded(storage.py(), || {
            let mut owners = Owners::default();
            let storage = convert::storage_type(storage, Place::Argument("storage"), &mut owners)?;
            let mutable = mutable.read("mutable")?;
            Ok(Self(Owned::new(FieldType { storage, mutable }, owners)))
        })
    }

    /// What is stored: a `NumType`, `VecType`, `RefType` or `PackedType`.
    #[getter]
    fn storage<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        guarded(py, || wrap::storage_type(py, self.0.value.storage.clone(), &self.0.owners))
    }

    /// Whether it can be written.
    #[getter]
    fn mutable(&self, py: Python<'_>) -> PyResult<bool> {
        guarded(py, || Ok(self.0.value.mutable))
    }
});

/// A function type: from parameters to results, each an iterable of value types.
#[pyclass(frozen, module = "typereg", name = "FuncType")]
pub(crate) struct PyFuncType(pub(crate) Owned<FuncType>);

value_methods!(PyFuncType("params", "results";) {
    #[new]
    fn new(params: &Bound<'_, PyAny>, results: &Bound<'_, PyAny>) -> PyResult<Self> {
        guarded(params.py(), || {
            let mut owners = Owners::default();
            let mut types = |object, name| {
                argument::items(object, name, "value types", |item, place| {
                    convert::val_type(item, place, &mut owners)
                })
            };
            let params = types(params, "params")?;
            let results = types(results, "results")?;
            Ok(Self(Owned::new(FuncType { params, results }, owners)))
        })
    }

    /// The parameter types, a tuple.
    #[getter]
    fn params<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guarded(py, || {
            let Owned { value, owners } = &self.0;
            wrap::tuple(py, &value.params, |ty| wrap::val_type(py, ty.clone(), owners))
        })
    }

    /// The result types, a tuple.
    #[getter]
    fn results<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guarded(py, || {
            let Owned { value, owners } = &self.0;
            wrap::tuple(py, &value.results, |ty| wrap::val_type(py, ty.clone(), owners))
        })
    }
});

/// A structure type: an iterable of `FieldType`.
#[pyclass(frozen, module = "typereg", name = "StructType")]
pub(crate) struct PyStructType(pub(crate) Owned<StructType>);

value_methods!(PyStructType("fields";) {
    #[new]
    fn new(fields: &Bound<'_, PyAny>) -> PyResult<Self> {
        guarded(fields.py(), || {
            let mut owners = Owners::default();
            let fields = argument::items(fields, "fields", "FieldType", |item, place| {
                convert::field_type(item, place, &mut owners)
            })?;
            Ok(Self(Owned::new(StructType { fields }, owners)))
        })
    }

    /// The fields, a tuple.
    #[getter]
    fn fields<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guarded(py, || {
            let Owned { value, owners } = &self.0;
            wrap::tuple(py, &value.fields, |ty| wrap::field_type(py, ty.clone(), owners))
        })
    }
});

/// An array type: the `FieldType` of every element.
#[pyclass(frozen, module = "typereg", name = "ArrayType")]
pub(crate) struct PyArrayType(pub(crate) Owned<ArrayType>);

value_methods!(PyArrayType("field";) {
    #[new]
    fn new(field: &Bound<'_, PyAny>) -> PyResult<Self> {
        guarded(field.py(), || {
            let mut owners = Owners::default();
            let field = convert::field_type(field, Place::Argument("field"), &mut owners)?;
            Ok(Self(Owned::new(ArrayType { field }, owners)))
        })
    }

    /// The type of every element.
    #[getter]
    fn field<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        guarded(py, || wrap::field_type(py, self.0.value.field.clone(), &self.0.owners))
    }
});

/// A continuation type (feature ``stack_switching``): the function type it continues, by index or
/// as a `DefType`.
#[pyclass(frozen, module = "typereg", name = "ContType")]
pub(crate) struct PyContType(pub(crate) Owned<ContType>);

value_methods!(PyContType("func";) {
    #[new]
    fn new(func: &Bound<'_, PyAny>) -> PyResult<Self> {
        guarded(func.py(), || {
            let mut owners = Owners::default();
            let func = convert::type_index(func, Place::Argument("func"), &mut owners)?;
            Ok(Self(Owned::new(ContType { func }, owners)))
        })
    }

    /// The function type: an index or a `DefType`.
    #[getter]
    fn func<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        guarded(py, || wrap::type_index(py, self.0.value.func.clone(), &self.0.owners))
    }
});
