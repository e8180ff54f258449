//! Composite types: functions, structures, arrays, continuations.

use super::{FieldType, TypeIndex, ValType};

/// The four kinds of composite type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A function type.
    Func,
    /// A structure type.
    Struct,
    /// An array type.
    Array,
    /// A continuation type (feature `stack_switching`).
    Cont,
}

impl Kind {
    /// The keyword in the text format.
    pub fn name(self) -> &'static str {
        self.abstract_head().name()
    }
}

/// A function type: parameters to results.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FuncType<R = TypeIndex> {
    /// Parameter types, in order.
    pub params: Box<[ValType<R>]>,
    /// Result types, in order.
    pub results: Box<[ValType<R>]>,
}

impl<R> FuncType<R> {
    /// A function type from its parameters and results.
    pub fn new(
        params: impl IntoIterator<Item = ValType<R>>,
        results: impl IntoIterator<Item = ValType<R>>,
    ) -> Self {
        FuncType {
            params: params.into_iter().collect(),
            results: results.into_iter().collect(),
        }
    }
}

/// A structure type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StructType<R = TypeIndex> {
    /// The fields, in order.
    pub fields: Box<[FieldType<R>]>,
}

impl<R> StructType<R> {
    /// A structure type from its fields.
    pub fn new(fields: impl IntoIterator<Item = FieldType<R>>) -> Self {
        StructType {
            fields: fields.into_iter().collect(),
        }
    }
}

/// An array type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ArrayType<R = TypeIndex> {
    /// The type of every element.
    pub field: FieldType<R>,
}

/// A continuation type: it names the function type that it continues.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContType<R = TypeIndex> {
    /// A defined function type.
    pub func: R,
}

/// A composite type of any kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CompositeType<R = TypeIndex> {
    /// A function.
    Func(FuncType<R>),
    /// A structure.
    Struct(StructType<R>),
    /// An array.
    Array(ArrayType<R>),
    /// A continuation.
    Cont(ContType<R>),
}

impl<R> CompositeType<R> {
    /// Which kind of composite type this is.
    pub fn kind(&self) -> Kind {
        match self {
            CompositeType::Func(_) => Kind::Func,
            CompositeType::Struct(_) => Kind::Struct,
            CompositeType::Array(_) => Kind::Array,
            CompositeType::Cont(_) => Kind::Cont,
        }
    }
}

impl<R> From<FuncType<R>> for CompositeType<R> {
    fn from(ty: FuncType<R>) -> Self {
        CompositeType::Func(ty)
    }
}

impl<R> From<StructType<R>> for CompositeType<R> {
    fn from(ty: StructType<R>) -> Self {
        CompositeType::Struct(ty)
    }
}

impl<R> From<ArrayType<R>> for CompositeType<R> {
    fn from(ty: ArrayType<R>) -> Self {
        CompositeType::Array(ty)
    }
}

impl<R> From<ContType<R>> for CompositeType<R> {
    fn from(ty: ContType<R>) -> Self {
        CompositeType::Cont(ty)
    }
}
