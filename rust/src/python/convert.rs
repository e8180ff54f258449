//! From any Python object to the crate's values. What does not fit is a `TypeError` that says
//! which argument, what was expected and what was given.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyInt;

use super::argument::{Place, bounded, is_number, optional, refused, unexpected};
use super::composite::{PyArrayType, PyContType, PyFieldType, PyFuncType, PyStructType};
use super::constant::{PyAbsHeapType, PyNumType, PyPackedType, PyVecType};
use super::def_type::PyDefType;
use super::engine::PyEngine;
use super::externs::{PyGlobalType, PyMemoryType, PyTableType, PyTagType};
use super::features::PyFeatures;
use super::handle::PyRegisteredType;
use super::index::{PyModuleTypeIndex, PyRecIndex, PySharedTypeIndex};
use super::limits::PyLimits;
use super::module::PyWasmModule;
use super::owners::{Owned, Owners};
use super::reference::PyRefType;
use super::sub_type::PySubType;
use crate::matching::Matchable;
use crate::module::Module;
use crate::registry::Engine;
use crate::types::{
    CompositeType, ExternType, FieldType, FuncType, HeapType, ModuleTypeIndex, RefType,
    SharedTypeIndex, StorageType, SubType, TypeIndex, ValType,
};
use crate::{Features, Limits};

/// An engine.
pub(crate) fn engine<'a>(object: &'a Bound<'_, PyAny>, place: Place<'_>) -> PyResult<&'a Engine> {
    let engine = object.cast::<PyEngine>();
    Ok(&engine
        .map_err(|_| unexpected(place, "an Engine", object))?
        .get()
        .0)
}

/// A module that has been read.
pub(crate) fn module<'a>(object: &'a Bound<'_, PyAny>, place: Place<'_>) -> PyResult<&'a Module> {
    let module = object.cast::<PyWasmModule>();
    Ok(&module
        .map_err(|_| unexpected(place, "a Module", object))?
        .get()
        .0)
}

/// Limits, or the default for `None`.
pub(crate) fn limits(object: Option<&Bound<'_, PyAny>>) -> PyResult<Limits> {
    let place = Place::Argument("limits");
    let limits = optional(object, |object| {
        let limits = object.cast::<PyLimits>();
        Ok(limits
            .map_err(|_| unexpected(place, "Limits or None", object))?
            .get()
            .0
            .clone())
    })?;
    Ok(limits.unwrap_or_default())
}

/// Features, or the default for `None`.
pub(crate) fn features(object: Option<&Bound<'_, PyAny>>) -> PyResult<Features> {
    let place = Place::Argument("features");
    let features = optional(object, |object| {
        let features = object.cast::<PyFeatures>();
        Ok(features
            .map_err(|_| unexpected(place, "Features or None", object))?
            .get()
            .0)
    })?;
    Ok(features.unwrap_or_default())
}

/// An index that an engine made.
pub(crate) fn shared_index(
    object: &Bound<'_, PyAny>,
    place: Place<'_>,
) -> PyResult<SharedTypeIndex> {
    let index = object.cast::<PySharedTypeIndex>();
    Ok(index
        .map_err(|_| unexpected(place, "a SharedTypeIndex", object))?
        .get()
        .index)
}

/// A type index of a known module: a number will do. `None` where no type can have it.
pub(crate) fn module_index(
    object: &Bound<'_, PyAny>,
    place: Place<'_>,
) -> PyResult<Option<ModuleTypeIndex>> {
    if let Ok(index) = object.cast::<PyModuleTypeIndex>() {
        return Ok(Some(index.get().0));
    }
    if !is_number(object) {
        return Err(unexpected(
            place,
            "a type index (int or ModuleTypeIndex)",
            object,
        ));
    }
    let number = bounded(object, place, u32::MAX.into())?;
    Ok(number
        .and_then(|number| u32::try_from(number).ok())
        .map(ModuleTypeIndex))
}

/// What can stand for a concrete heap type.
const INDEX: &str = "ModuleTypeIndex, RecIndex, SharedTypeIndex or DefType";

/// An index of one of the three classes, or a closed type; `None` if the object is neither.
fn find_index(object: &Bound<'_, PyAny>, owners: &mut Owners) -> Option<TypeIndex> {
    if let Ok(index) = object.cast::<PySharedTypeIndex>() {
        let index = index.get();
        owners.add(&index.engine);
        Some(TypeIndex::Shared(index.index))
    } else if let Ok(index) = object.cast::<PyModuleTypeIndex>() {
        Some(TypeIndex::Module(index.get().0))
    } else if let Ok(index) = object.cast::<PyRecIndex>() {
        Some(TypeIndex::Rec(index.get().0))
    } else if let Ok(ty) = object.cast::<PyDefType>() {
        Some(TypeIndex::Def(ty.get().0.clone()))
    } else {
        None
    }
}

/// The `TypeError` for what is no index, with a word for what people take for one.
fn no_index(place: Place<'_>, expected: &str, given: &Bound<'_, PyAny>) -> PyErr {
    let hint = if given.is_instance_of::<PyInt>() {
        " (a plain int does not say what it counts)"
    } else if given.is_instance_of::<PyRegisteredType>() {
        " (take its index)"
    } else {
        ""
    };
    refused(place, expected, given, hint)
}

/// An index of one of the three classes, or a closed type.
pub(crate) fn type_index(
    object: &Bound<'_, PyAny>,
    place: Place<'_>,
    owners: &mut Owners,
) -> PyResult<TypeIndex> {
    find_index(object, owners).ok_or_else(|| no_index(place, INDEX, object))
}

/// An abstract heap type, an index or a closed type; `None` if the object is none of them.
fn find_heap_type(object: &Bound<'_, PyAny>, owners: &mut Owners) -> Option<HeapType> {
    match object.cast::<PyAbsHeapType>() {
        Ok(heap) => Some(HeapType::Abstract(heap.get().0)),
        Err(_) => find_index(object, owners).map(HeapType::Concrete),
    }
}

/// A heap type.
pub(crate) fn heap_type(
    object: &Bound<'_, PyAny>,
    place: Place<'_>,
    owners: &mut Owners,
) -> PyResult<HeapType> {
    find_heap_type(object, owners)
        .ok_or_else(|| no_index(place, &format!("AbsHeapType, {INDEX}"), object))
}

/// A copy of the value in a class, whose engines go to `owners`.
fn take<T: Clone>(owned: &Owned<T>, owners: &mut Owners) -> T {
    owners.join(&owned.owners);
    owned.value.clone()
}

/// A reference type.
pub(crate) fn ref_type(
    object: &Bound<'_, PyAny>,
    place: Place<'_>,
    owners: &mut Owners,
) -> PyResult<RefType> {
    let ty = object.cast::<PyRefType>();
    Ok(take(
        &ty.map_err(|_| unexpected(place, "a RefType", object))?
            .get()
            .0,
        owners,
    ))
}

/// A value type; `None` if the object is none.
fn find_val_type(object: &Bound<'_, PyAny>, owners: &mut Owners) -> Option<ValType> {
    if let Ok(ty) = object.cast::<PyNumType>() {
        Some(ValType::Num(ty.get().0))
    } else if let Ok(ty) = object.cast::<PyRefType>() {
        Some(ValType::Ref(take(&ty.get().0, owners)))
    } else if let Ok(ty) = object.cast::<PyVecType>() {
        Some(ValType::Vec(ty.get().0))
    } else {
        None
    }
}

/// A value type.
pub(crate) fn val_type(
    object: &Bound<'_, PyAny>,
    place: Place<'_>,
    owners: &mut Owners,
) -> PyResult<ValType> {
    find_val_type(object, owners)
        .ok_or_else(|| unexpected(place, "a value type (NumType, VecType or RefType)", object))
}

/// A storage type; `None` if the object is none.
fn find_storage_type(object: &Bound<'_, PyAny>, owners: &mut Owners) -> Option<StorageType> {
    match object.cast::<PyPackedType>() {
        Ok(ty) => Some(StorageType::Packed(ty.get().0)),
        Err(_) => find_val_type(object, owners).map(StorageType::Val),
    }
}

/// A storage type.
pub(crate) fn storage_type(
    object: &Bound<'_, PyAny>,
    place: Place<'_>,
    owners: &mut Owners,
) -> PyResult<StorageType> {
    let expected = "a storage type (NumType, VecType, RefType or PackedType)";
    find_storage_type(object, owners).ok_or_else(|| unexpected(place, expected, object))
}

/// A field type.
pub(crate) fn field_type(
    object: &Bound<'_, PyAny>,
    place: Place<'_>,
    owners: &mut Owners,
) -> PyResult<FieldType> {
    let ty = object.cast::<PyFieldType>();
    Ok(take(
        &ty.map_err(|_| unexpected(place, "a FieldType", object))?
            .get()
            .0,
        owners,
    ))
}

/// A function type.
pub(crate) fn func_type(
    object: &Bound<'_, PyAny>,
    place: Place<'_>,
    owners: &mut Owners,
) -> PyResult<FuncType> {
    let ty = object.cast::<PyFuncType>();
    Ok(take(
        &ty.map_err(|_| unexpected(place, "a FuncType", object))?
            .get()
            .0,
        owners,
    ))
}

/// What can stand for a composite type.
const COMPOSITE: &str = "FuncType, StructType, ArrayType or ContType";

/// A composite type; `None` if the object is none.
fn find_composite_type(object: &Bound<'_, PyAny>, owners: &mut Owners) -> Option<CompositeType> {
    if let Ok(ty) = object.cast::<PyFuncType>() {
        Some(CompositeType::Func(take(&ty.get().0, owners)))
    } else if let Ok(ty) = object.cast::<PyStructType>() {
        Some(CompositeType::Struct(take(&ty.get().0, owners)))
    } else if let Ok(ty) = object.cast::<PyArrayType>() {
        Some(CompositeType::Array(take(&ty.get().0, owners)))
    } else if let Ok(ty) = object.cast::<PyContType>() {
        Some(CompositeType::Cont(take(&ty.get().0, owners)))
    } else {
        None
    }
}

/// A composite type.
pub(crate) fn composite_type(
    object: &Bound<'_, PyAny>,
    place: Place<'_>,
    owners: &mut Owners,
) -> PyResult<CompositeType> {
    find_composite_type(object, owners)
        .ok_or_else(|| unexpected(place, &format!("a composite type ({COMPOSITE})"), object))
}

/// A sub type; a composite type stands for a final one without supertype (clause S5).
pub(crate) fn sub_type(
    object: &Bound<'_, PyAny>,
    place: Place<'_>,
    owners: &mut Owners,
) -> PyResult<SubType> {
    if let Ok(ty) = object.cast::<PySubType>() {
        return Ok(take(&ty.get().0, owners));
    }
    find_composite_type(object, owners)
        .map(SubType::plain)
        .ok_or_else(|| unexpected(place, &format!("a SubType, {COMPOSITE}"), object))
}

/// An external type; `None` if the object is none.
fn find_extern_type(object: &Bound<'_, PyAny>, owners: &mut Owners) -> Option<ExternType> {
    if let Ok(ty) = object.cast::<PyFuncType>() {
        Some(ExternType::Func(take(&ty.get().0, owners)))
    } else if let Ok(ty) = object.cast::<PyTableType>() {
        Some(ExternType::Table(take(&ty.get().0, owners)))
    } else if let Ok(ty) = object.cast::<PyMemoryType>() {
        Some(ExternType::Memory(take(&ty.get().0, owners)))
    } else if let Ok(ty) = object.cast::<PyGlobalType>() {
        Some(ExternType::Global(take(&ty.get().0, owners)))
    } else if let Ok(ty) = object.cast::<PyTagType>() {
        Some(ExternType::Tag(take(&ty.get().0, owners)))
    } else {
        None
    }
}

/// An external type.
pub(crate) fn extern_type(
    object: &Bound<'_, PyAny>,
    place: Place<'_>,
    owners: &mut Owners,
) -> PyResult<ExternType> {
    let expected = "an external type (FuncType, TableType, MemoryType, GlobalType or TagType)";
    find_extern_type(object, owners).ok_or_else(|| unexpected(place, expected, object))
}

/// A side of a matching question.
pub(crate) fn matchable(object: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Matchable> {
    // The question is answered before the arguments are let go of: nobody needs their engines.
    let owners = &mut Owners::default();
    if let Some(ty) = find_storage_type(object, owners) {
        Ok(Matchable::Storage(ty))
    } else if let Some(ty) = find_heap_type(object, owners) {
        Ok(Matchable::Heap(ty))
    } else if let Some(ty) = find_extern_type(object, owners) {
        Ok(Matchable::Extern(ty))
    } else if let Ok(ty) = object.cast::<PyFieldType>() {
        Ok(Matchable::Field(take(&ty.get().0, owners)))
    } else {
        Err(unexpected(
            place,
            "a value, heap, field or external type",
            object,
        ))
    }
}

/// Both sides of a matching question, which must be of one sort.
pub(crate) fn same_sort(a: &Matchable, b: &Matchable) -> PyResult<()> {
    if a.sort() == b.sort() {
        return Ok(());
    }
    Err(PyTypeError::new_err(format!(
        "a and b: expected two types of one sort, got a {} and a {}",
        a.sort(),
        b.sort()
    )))
}
