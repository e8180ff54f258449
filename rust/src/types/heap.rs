//! Heap types and reference types (specification, "Heap Types", "Reference Types").

use super::{Kind, TypeIndex};

/// The abstract heap types of the four hierarchies, and of `cont` (feature `stack_switching`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AbsHeapType {
    /// `any`, the top of internal references.
    Any,
    /// `eq`, references that can be compared.
    Eq,
    /// `i31`, unboxed scalars.
    I31,
    /// `struct`, all structures.
    Struct,
    /// `array`, all arrays.
    Array,
    /// `none`, the bottom of internal references.
    None,
    /// `func`, all functions.
    Func,
    /// `nofunc`, the bottom of functions.
    NoFunc,
    /// `extern`, all external references.
    Extern,
    /// `noextern`, the bottom of external references.
    NoExtern,
    /// `exn`, all exceptions.
    Exn,
    /// `noexn`, the bottom of exceptions.
    NoExn,
    /// `cont`, all continuations.
    Cont,
    /// `nocont`, the bottom of continuations.
    NoCont,
}

/// A hierarchy of heap types: two types of different hierarchies never match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hierarchy {
    /// Below `any`.
    Any,
    /// Below `func`.
    Func,
    /// Below `extern`.
    Extern,
    /// Below `exn`.
    Exn,
    /// Below `cont`.
    Cont,
}

impl AbsHeapType {
    /// Every abstract heap type.
    pub const ALL: [AbsHeapType; 14] = [
        AbsHeapType::Any,
        AbsHeapType::Eq,
        AbsHeapType::I31,
        AbsHeapType::Struct,
        AbsHeapType::Array,
        AbsHeapType::None,
        AbsHeapType::Func,
        AbsHeapType::NoFunc,
        AbsHeapType::Extern,
        AbsHeapType::NoExtern,
        AbsHeapType::Exn,
        AbsHeapType::NoExn,
        AbsHeapType::Cont,
        AbsHeapType::NoCont,
    ];

    /// The hierarchy this type belongs to.
    pub fn hierarchy(self) -> Hierarchy {
        match self {
            AbsHeapType::Any
            | AbsHeapType::Eq
            | AbsHeapType::I31
            | AbsHeapType::Struct
            | AbsHeapType::Array
            | AbsHeapType::None => Hierarchy::Any,
            AbsHeapType::Func | AbsHeapType::NoFunc => Hierarchy::Func,
            AbsHeapType::Extern | AbsHeapType::NoExtern => Hierarchy::Extern,
            AbsHeapType::Exn | AbsHeapType::NoExn => Hierarchy::Exn,
            AbsHeapType::Cont | AbsHeapType::NoCont => Hierarchy::Cont,
        }
    }

    /// Whether this is the bottom of its hierarchy.
    pub fn is_bottom(self) -> bool {
        match self {
            AbsHeapType::None
            | AbsHeapType::NoFunc
            | AbsHeapType::NoExtern
            | AbsHeapType::NoExn
            | AbsHeapType::NoCont => true,
            AbsHeapType::Any
            | AbsHeapType::Eq
            | AbsHeapType::I31
            | AbsHeapType::Struct
            | AbsHeapType::Array
            | AbsHeapType::Func
            | AbsHeapType::Extern
            | AbsHeapType::Exn
            | AbsHeapType::Cont => false,
        }
    }

    /// The name in the text format.
    pub fn name(self) -> &'static str {
        match self {
            AbsHeapType::Any => "any",
            AbsHeapType::Eq => "eq",
            AbsHeapType::I31 => "i31",
            AbsHeapType::Struct => "struct",
            AbsHeapType::Array => "array",
            AbsHeapType::None => "none",
            AbsHeapType::Func => "func",
            AbsHeapType::NoFunc => "nofunc",
            AbsHeapType::Extern => "extern",
            AbsHeapType::NoExtern => "noextern",
            AbsHeapType::Exn => "exn",
            AbsHeapType::NoExn => "noexn",
            AbsHeapType::Cont => "cont",
            AbsHeapType::NoCont => "nocont",
        }
    }
}

impl Kind {
    /// The abstract heap type directly above every defined type of this kind.
    pub fn abstract_head(self) -> AbsHeapType {
        match self {
            Kind::Func => AbsHeapType::Func,
            Kind::Struct => AbsHeapType::Struct,
            Kind::Array => AbsHeapType::Array,
            Kind::Cont => AbsHeapType::Cont,
        }
    }
}

/// What a reference points to: an abstract heap type or a defined type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeapType<R = TypeIndex> {
    /// One of the fixed heap types.
    Abstract(AbsHeapType),
    /// A defined type.
    Concrete(R),
}

impl<R> From<AbsHeapType> for HeapType<R> {
    fn from(heap: AbsHeapType) -> Self {
        HeapType::Abstract(heap)
    }
}

/// A reference type: heap type and nullability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RefType<R = TypeIndex> {
    /// What the reference points to.
    pub heap: HeapType<R>,
    /// Whether null belongs to the type.
    pub nullable: bool,
}
