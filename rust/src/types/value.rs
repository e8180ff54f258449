//! Value, storage and field types (specification, "Value Types", "Aggregate Types").

use super::{RefType, TypeIndex};

/// A number type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumType {
    /// 32-bit integers.
    I32,
    /// 64-bit integers.
    I64,
    /// Single-precision floats.
    F32,
    /// Double-precision floats.
    F64,
}

/// A vector type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VecType {
    /// 128-bit vectors.
    V128,
}

/// A packed type: exists in fields only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PackedType {
    /// Bytes.
    I8,
    /// 16-bit integers.
    I16,
}

impl NumType {
    /// The name in the text format.
    pub fn name(self) -> &'static str {
        match self {
            NumType::I32 => "i32",
            NumType::I64 => "i64",
            NumType::F32 => "f32",
            NumType::F64 => "f64",
        }
    }
}

impl VecType {
    /// The name in the text format.
    pub fn name(self) -> &'static str {
        match self {
            VecType::V128 => "v128",
        }
    }
}

impl PackedType {
    /// The name in the text format.
    pub fn name(self) -> &'static str {
        match self {
            PackedType::I8 => "i8",
            PackedType::I16 => "i16",
        }
    }
}

/// A value type: number, vector or reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValType<R = TypeIndex> {
    /// A number.
    Num(NumType),
    /// A vector.
    Vec(VecType),
    /// A reference.
    Ref(RefType<R>),
}

/// What a field stores: a value or a packed integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StorageType<R = TypeIndex> {
    /// A whole value.
    Val(ValType<R>),
    /// A packed integer.
    Packed(PackedType),
}

/// A field of a structure, or the element of an array: storage and mutability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FieldType<R = TypeIndex> {
    /// What is stored.
    pub storage: StorageType<R>,
    /// Whether it can be written.
    pub mutable: bool,
}

impl<R> From<NumType> for ValType<R> {
    fn from(ty: NumType) -> Self {
        ValType::Num(ty)
    }
}

impl<R> From<VecType> for ValType<R> {
    fn from(ty: VecType) -> Self {
        ValType::Vec(ty)
    }
}

impl<R> From<RefType<R>> for ValType<R> {
    fn from(ty: RefType<R>) -> Self {
        ValType::Ref(ty)
    }
}

impl<R> From<ValType<R>> for StorageType<R> {
    fn from(ty: ValType<R>) -> Self {
        StorageType::Val(ty)
    }
}

impl<R> From<PackedType> for StorageType<R> {
    fn from(ty: PackedType) -> Self {
        StorageType::Packed(ty)
    }
}
