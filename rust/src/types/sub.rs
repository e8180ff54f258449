//! Sub types and recursion groups (specification, "Recursive Types").

use super::{ArrayType, CompositeType, ContType, FuncType, StructType, TypeIndex};

/// A composite type with its place in the hierarchy of declared subtypes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SubType<R = TypeIndex> {
    /// The structure.
    pub composite: CompositeType<R>,
    /// The declared supertype; WebAssembly 3.0 allows at most one.
    pub supertype: Option<R>,
    /// Whether no type may declare this one as its supertype.
    pub is_final: bool,
}

impl<R> SubType<R> {
    /// A final type without a supertype: what a bare composite type abbreviates.
    pub fn plain(composite: impl Into<CompositeType<R>>) -> Self {
        SubType {
            composite: composite.into(),
            supertype: None,
            is_final: true,
        }
    }
}

impl<R> From<CompositeType<R>> for SubType<R> {
    fn from(ty: CompositeType<R>) -> Self {
        SubType::plain(ty)
    }
}

impl<R> From<FuncType<R>> for SubType<R> {
    fn from(ty: FuncType<R>) -> Self {
        SubType::plain(ty)
    }
}

impl<R> From<StructType<R>> for SubType<R> {
    fn from(ty: StructType<R>) -> Self {
        SubType::plain(ty)
    }
}

impl<R> From<ArrayType<R>> for SubType<R> {
    fn from(ty: ArrayType<R>) -> Self {
        SubType::plain(ty)
    }
}

impl<R> From<ContType<R>> for SubType<R> {
    fn from(ty: ContType<R>) -> Self {
        SubType::plain(ty)
    }
}

/// A recursion group: the unit of canonicalization and of lifetime (clause G1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecGroup<R = TypeIndex> {
    /// The members, in order. A group may be empty.
    pub members: Box<[SubType<R>]>,
}

impl<R> RecGroup<R> {
    /// A group from its members.
    pub fn new(members: impl IntoIterator<Item = SubType<R>>) -> Self {
        RecGroup {
            members: members.into_iter().collect(),
        }
    }
}
