//! The specification's matching rules ("Matching"), over any notion of identity.
//!
//! One set of rules serves validity, the registry and questions across modules (clause G5). What
//! differs between them is how a defined type is identified and how its declared subtyping is
//! looked up; that is an `Identity`.

mod composite;
mod externs;
mod question;
mod validity;

pub(crate) use externs::extern_matches;
pub use question::Matchable;
pub(crate) use validity::{Origin, check_shape, validate};

use crate::canon::Known;
use crate::types::{AbsHeapType, FieldType, HeapType, Kind, RefType, StorageType, ValType};

/// How defined types are told apart and ordered.
pub(crate) trait Identity {
    /// The identity of a defined type: equal exactly when the types are equal.
    type Id: Copy + Eq;

    fn kind(&self, id: Self::Id) -> Kind;

    /// Declared subtyping, reflexive.
    fn is_subtype(&self, a: Self::Id, b: Self::Id) -> bool;
}

/// The identity of whoever knows types by number.
pub(crate) struct ByNumber<'a, K>(pub(crate) &'a K);

impl<K: Known> Identity for ByNumber<'_, K> {
    type Id = u32;

    fn kind(&self, id: u32) -> Kind {
        self.0.meta(id).kind
    }

    fn is_subtype(&self, a: u32, b: u32) -> bool {
        self.0.is_subtype(a, b)
    }
}

/// Specification, "Heap Types": the order of the abstract heap types.
fn abstract_matches(a: AbsHeapType, b: AbsHeapType) -> bool {
    if a == b || (a.is_bottom() && a.hierarchy() == b.hierarchy()) {
        return true;
    }
    match a {
        AbsHeapType::I31 | AbsHeapType::Struct | AbsHeapType::Array => {
            matches!(b, AbsHeapType::Eq | AbsHeapType::Any)
        }
        AbsHeapType::Eq => b == AbsHeapType::Any,
        AbsHeapType::Any
        | AbsHeapType::None
        | AbsHeapType::Func
        | AbsHeapType::NoFunc
        | AbsHeapType::Extern
        | AbsHeapType::NoExtern
        | AbsHeapType::Exn
        | AbsHeapType::NoExn
        | AbsHeapType::Cont
        | AbsHeapType::NoCont => false,
    }
}

/// Specification, "Heap Types".
pub(crate) fn heap_matches<I: Identity>(types: &I, a: HeapType<I::Id>, b: HeapType<I::Id>) -> bool {
    match (a, b) {
        (HeapType::Abstract(a), HeapType::Abstract(b)) => abstract_matches(a, b),
        (HeapType::Concrete(a), HeapType::Abstract(b)) => {
            abstract_matches(types.kind(a).abstract_head(), b)
        }
        (HeapType::Abstract(a), HeapType::Concrete(b)) => {
            a.is_bottom() && a.hierarchy() == types.kind(b).abstract_head().hierarchy()
        }
        (HeapType::Concrete(a), HeapType::Concrete(b)) => types.is_subtype(a, b),
    }
}

/// Specification, "Reference Types".
pub(crate) fn ref_matches<I: Identity>(types: &I, a: RefType<I::Id>, b: RefType<I::Id>) -> bool {
    (b.nullable || !a.nullable) && heap_matches(types, a.heap, b.heap)
}

/// Specification, "Value Types".
pub(crate) fn value_matches<I: Identity>(types: &I, a: ValType<I::Id>, b: ValType<I::Id>) -> bool {
    match (a, b) {
        (ValType::Num(a), ValType::Num(b)) => a == b,
        (ValType::Vec(a), ValType::Vec(b)) => a == b,
        (ValType::Ref(a), ValType::Ref(b)) => ref_matches(types, a, b),
        (ValType::Num(_) | ValType::Vec(_) | ValType::Ref(_), _) => false,
    }
}

/// Specification, "Field Types": storage.
pub(crate) fn storage_matches<I: Identity>(
    types: &I,
    a: StorageType<I::Id>,
    b: StorageType<I::Id>,
) -> bool {
    match (a, b) {
        (StorageType::Val(a), StorageType::Val(b)) => value_matches(types, a, b),
        (StorageType::Packed(a), StorageType::Packed(b)) => a == b,
        (StorageType::Val(_) | StorageType::Packed(_), _) => false,
    }
}

/// Specification, "Field Types": a mutable field can be read and written, so it must match in
/// both directions, which between identities is equality.
pub(crate) fn field_matches<I: Identity>(
    types: &I,
    a: FieldType<I::Id>,
    b: FieldType<I::Id>,
) -> bool {
    match (a.mutable, b.mutable) {
        (false, false) => storage_matches(types, a.storage, b.storage),
        (true, true) => a.storage == b.storage,
        (true, false) | (false, true) => false,
    }
}
