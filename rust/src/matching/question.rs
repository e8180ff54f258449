//! A side of a matching question, whatever it is made of.

use super::{Identity, extern_matches, field_matches, heap_matches, storage_matches};
use crate::types::{ExternType, FieldType, HeapType, StorageType, TypeIndex};

/// What can stand on either side of "does this match that".
///
/// Both sides must be of one sort: heap types, value (or packed) types, fields, or external
/// types. A defined type is the heap type that names it (clause G5).
///
/// ```
/// use typereg::{Engine, matching::Matchable, types::AbsHeapType};
///
/// let engine = Engine::default();
/// let heap = |heap: AbsHeapType| Matchable::Heap(heap.into());
/// assert!(engine.matches(&heap(AbsHeapType::I31), &heap(AbsHeapType::Eq))?);
/// assert!(!engine.matches(&heap(AbsHeapType::Func), &heap(AbsHeapType::Any))?);
/// # Ok::<(), typereg::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Matchable<R = TypeIndex> {
    /// A heap type, or a defined type by its index.
    Heap(HeapType<R>),
    /// A value or packed type.
    Storage(StorageType<R>),
    /// A field.
    Field(FieldType<R>),
    /// A function by signature, a table, a memory, a global or a tag.
    Extern(ExternType<R>),
}

impl<R> Matchable<R> {
    /// What the sort of this side is called.
    pub fn sort(&self) -> &'static str {
        match self {
            Matchable::Heap(_) => "heap type",
            Matchable::Storage(_) => "value type",
            Matchable::Field(_) => "field type",
            Matchable::Extern(_) => "external type",
        }
    }

    /// The same side over other references; stops at the first error of `f`. Linear in its size.
    pub fn try_map<S, E>(&self, f: &mut impl FnMut(&R) -> Result<S, E>) -> Result<Matchable<S>, E> {
        Ok(match self {
            Matchable::Heap(ty) => Matchable::Heap(ty.try_map(f)?),
            Matchable::Storage(ty) => Matchable::Storage(ty.try_map(f)?),
            Matchable::Field(ty) => Matchable::Field(ty.try_map(f)?),
            Matchable::Extern(ty) => Matchable::Extern(ty.try_map(f)?),
        })
    }
}

impl<Id: Copy + Eq> Matchable<Id> {
    /// Whether this side matches `other`; sides of different sorts never match.
    pub(crate) fn matches(&self, types: &impl Identity<Id = Id>, other: &Self) -> bool {
        match (self, other) {
            (Matchable::Heap(a), Matchable::Heap(b)) => heap_matches(types, *a, *b),
            (Matchable::Storage(a), Matchable::Storage(b)) => storage_matches(types, *a, *b),
            (Matchable::Field(a), Matchable::Field(b)) => field_matches(types, *a, *b),
            (Matchable::Extern(a), Matchable::Extern(b)) => extern_matches(types, a, b),
            (
                Matchable::Heap(_)
                | Matchable::Storage(_)
                | Matchable::Field(_)
                | Matchable::Extern(_),
                _,
            ) => false,
        }
    }
}
