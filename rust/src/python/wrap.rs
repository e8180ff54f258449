//! From the crate's values to Python objects: each part with those engines of the whole that it
//! refers to.

use pyo3::PyClass;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use super::composite::{PyArrayType, PyContType, PyFieldType, PyFuncType, PyStructType};
use super::constant::{PyAbsHeapType, PyNumType, PyPackedType, PyVecType};
use super::def_type::PyDefType;
use super::externs::{PyGlobalType, PyMemoryType, PyTableType, PyTagType};
use super::index::{PyModuleTypeIndex, PyRecIndex, PySharedTypeIndex};
use super::owners::{Owned, Owners};
use super::reference::PyRefType;
use super::sub_type::PySubType;
use crate::types::{
    CompositeType, Digest, ExternType, FieldType, FuncType, HeapType, RefType, StorageType,
    SubType, TypeIndex, ValType,
};

/// A tuple of what `wrap` makes of each item.
pub(crate) fn tuple<'py, T>(
    py: Python<'py>,
    items: impl IntoIterator<Item = T>,
    wrap: impl FnMut(T) -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(
        py,
        items.into_iter().map(wrap).collect::<PyResult<Vec<_>>>()?,
    )
}

/// An instance of a class, as any object.
fn object<'py, C>(py: Python<'py>, value: C) -> PyResult<Bound<'py, PyAny>>
where
    C: PyClass + Into<PyClassInitializer<C>>,
{
    Ok(Bound::new(py, value)?.into_any())
}

/// An index or a closed type, of its class.
pub(crate) fn type_index<'py>(
    py: Python<'py>,
    index: TypeIndex,
    owners: &Owners,
) -> PyResult<Bound<'py, PyAny>> {
    match index {
        TypeIndex::Module(index) => object(py, PyModuleTypeIndex(index)),
        TypeIndex::Rec(index) => object(py, PyRecIndex(index)),
        TypeIndex::Shared(index) => {
            object(py, PySharedTypeIndex::new(index, owners.engine_of(index)))
        }
        TypeIndex::Def(ty) => object(py, PyDefType(ty)),
    }
}

/// A heap type.
pub(crate) fn heap_type<'py>(
    py: Python<'py>,
    ty: HeapType,
    owners: &Owners,
) -> PyResult<Bound<'py, PyAny>> {
    match ty {
        HeapType::Abstract(heap) => PyAbsHeapType::constant(py, heap),
        HeapType::Concrete(index) => type_index(py, index, owners),
    }
}

/// A reference type.
pub(crate) fn ref_type<'py>(
    py: Python<'py>,
    ty: RefType,
    owners: &Owners,
) -> PyResult<Bound<'py, PyAny>> {
    object(py, PyRefType(Owned::part(ty, owners)))
}

/// A value type.
pub(crate) fn val_type<'py>(
    py: Python<'py>,
    ty: ValType,
    owners: &Owners,
) -> PyResult<Bound<'py, PyAny>> {
    match ty {
        ValType::Num(ty) => PyNumType::constant(py, ty),
        ValType::Vec(ty) => PyVecType::constant(py, ty),
        ValType::Ref(ty) => ref_type(py, ty, owners),
    }
}

/// A storage type.
pub(crate) fn storage_type<'py>(
    py: Python<'py>,
    ty: StorageType,
    owners: &Owners,
) -> PyResult<Bound<'py, PyAny>> {
    match ty {
        StorageType::Val(ty) => val_type(py, ty, owners),
        StorageType::Packed(ty) => PyPackedType::constant(py, ty),
    }
}

/// A field type.
pub(crate) fn field_type<'py>(
    py: Python<'py>,
    ty: FieldType,
    owners: &Owners,
) -> PyResult<Bound<'py, PyAny>> {
    object(py, PyFieldType(Owned::part(ty, owners)))
}

/// A function type.
pub(crate) fn func_type<'py>(
    py: Python<'py>,
    ty: FuncType,
    owners: &Owners,
) -> PyResult<Bound<'py, PyAny>> {
    object(py, PyFuncType(Owned::part(ty, owners)))
}

/// A composite type.
pub(crate) fn composite_type<'py>(
    py: Python<'py>,
    ty: CompositeType,
    owners: &Owners,
) -> PyResult<Bound<'py, PyAny>> {
    match ty {
        CompositeType::Func(ty) => func_type(py, ty, owners),
        CompositeType::Struct(ty) => object(py, PyStructType(Owned::part(ty, owners))),
        CompositeType::Array(ty) => object(py, PyArrayType(Owned::part(ty, owners))),
        CompositeType::Cont(ty) => object(py, PyContType(Owned::part(ty, owners))),
    }
}

/// A sub type.
pub(crate) fn sub_type<'py>(
    py: Python<'py>,
    ty: SubType,
    owners: &Owners,
) -> PyResult<Bound<'py, PyAny>> {
    object(py, PySubType(Owned::part(ty, owners)))
}

/// An external type.
pub(crate) fn extern_type<'py>(
    py: Python<'py>,
    ty: ExternType,
    owners: &Owners,
) -> PyResult<Bound<'py, PyAny>> {
    match ty {
        ExternType::Func(ty) => func_type(py, ty, owners),
        ExternType::Table(ty) => object(py, PyTableType(Owned::part(ty, owners))),
        ExternType::Memory(ty) => object(py, PyMemoryType(Owned::part(ty, owners))),
        ExternType::Global(ty) => object(py, PyGlobalType(Owned::part(ty, owners))),
        ExternType::Tag(ty) => object(py, PyTagType(Owned::part(ty, owners))),
    }
}

/// A tuple of bytes.
pub(crate) fn digests<'py>(py: Python<'py>, digests: &[Digest]) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(
        py,
        digests
            .iter()
            .map(|digest| PyBytes::new(py, digest.as_bytes())),
    )
}
