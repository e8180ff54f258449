//! Matching of external types (specification, "External Types").

use super::{Identity, value_matches};
use crate::types::{ExternType, FuncType, GlobalType, MemoryType, TableType};

/// What identifies the type of a function or tag: equal exactly when the types are equal.
pub(crate) trait FuncIdentity<I: Identity>: PartialEq {
    /// Declared subtyping, reflexive.
    fn is_subtype(&self, other: &Self, types: &I) -> bool;
}

/// A defined type identifies itself.
impl<I: Identity<Id = u32>> FuncIdentity<I> for u32 {
    fn is_subtype(&self, other: &u32, types: &I) -> bool {
        types.is_subtype(*self, *other)
    }
}

/// A signature stands for a final type without supertype in a group of its own, which it
/// identifies: such types match exactly when they are equal (clause G5).
impl<I: Identity> FuncIdentity<I> for FuncType<I::Id> {
    fn is_subtype(&self, other: &Self, _types: &I) -> bool {
        self == other
    }
}

/// Whether the limits of `a` lie within those of `b`: minimum at least as great, maximum at most.
fn limits_match(a: (u64, Option<u64>), b: (u64, Option<u64>)) -> bool {
    let ((a_min, a_max), (b_min, b_max)) = (a, b);
    let within = b_max.is_none_or(|b_max| a_max.is_some_and(|a_max| a_max <= b_max));
    a_min >= b_min && within
}

fn table_matches<Id: PartialEq>(a: &TableType<Id>, b: &TableType<Id>) -> bool {
    // A table is read and written, so its elements must match both ways: they must be equal.
    a.address64 == b.address64
        && a.element == b.element
        && limits_match((a.minimum, a.maximum), (b.minimum, b.maximum))
}

fn memory_matches(a: &MemoryType, b: &MemoryType) -> bool {
    a.address64 == b.address64
        && a.shared == b.shared
        && a.page_size == b.page_size
        && limits_match((a.minimum, a.maximum), (b.minimum, b.maximum))
}

fn global_matches<I: Identity>(types: &I, a: &GlobalType<I::Id>, b: &GlobalType<I::Id>) -> bool {
    match (a.mutable, b.mutable) {
        (false, false) => value_matches(types, a.content, b.content),
        (true, true) => a.content == b.content,
        (true, false) | (false, true) => false,
    }
}

/// Whether something of type `a` can be given where `b` is imported.
pub(crate) fn extern_matches<I: Identity, F: FuncIdentity<I>>(
    types: &I,
    a: &ExternType<I::Id, F>,
    b: &ExternType<I::Id, F>,
) -> bool {
    match (a, b) {
        (ExternType::Func(a), ExternType::Func(b)) => a.is_subtype(b, types),
        (ExternType::Table(a), ExternType::Table(b)) => table_matches(a, b),
        (ExternType::Memory(a), ExternType::Memory(b)) => memory_matches(a, b),
        (ExternType::Global(a), ExternType::Global(b)) => global_matches(types, a, b),
        (ExternType::Tag(a), ExternType::Tag(b)) => a == b,
        (
            ExternType::Func(_)
            | ExternType::Table(_)
            | ExternType::Memory(_)
            | ExternType::Global(_)
            | ExternType::Tag(_),
            _,
        ) => false,
    }
}
