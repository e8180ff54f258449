//! What there is to compare in two types of one kind: their parts, side by side.

use super::path::{Step, StepKind};
use super::reason::Reason;
use crate::error::Result;
use crate::memory::list_of;
use crate::types::{CompositeType, FieldType, HeapType, RefType, StorageType, ValType};

/// Where in a type something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    /// The type as such.
    Whole,
    Param(u32),
    Result(u32),
    Field(u32),
    /// The elements of an array.
    Element,
    Supertype,
    /// The function type of a continuation.
    Target,
}

impl Spot {
    /// The step that leads there; the type as such and the one thing that a continuation names
    /// need none.
    pub(super) fn step(self) -> Option<Step> {
        let (kind, index) = match self {
            Spot::Whole | Spot::Target => return None,
            Spot::Param(index) => (StepKind::Param, index),
            Spot::Result(index) => (StepKind::Result, index),
            Spot::Field(index) => (StepKind::Field, index),
            Spot::Element => (StepKind::Element, 0),
            Spot::Supertype => (StepKind::Supertype, 0),
        };
        Some(Step::new(kind, index))
    }

    /// What it is called when number, vector and reference are mistaken for each other.
    pub(super) fn type_reason(self) -> Reason {
        match self {
            Spot::Param(_) => Reason::ParamType,
            Spot::Result(_) => Reason::ResultType,
            Spot::Field(_) => Reason::FieldType,
            Spot::Element => Reason::ElementType,
            // Of a global; supertypes and targets are references on both sides.
            Spot::Whole | Spot::Supertype | Spot::Target => Reason::GlobalType,
        }
    }

    pub(super) fn storage_reason(self) -> Reason {
        if self == Spot::Element {
            Reason::ElementStorage
        } else {
            Reason::FieldStorage
        }
    }

    pub(super) fn mutability_reason(self) -> Reason {
        if self == Spot::Element {
            Reason::ElementMutability
        } else {
            Reason::FieldMutability
        }
    }
}

/// The same part of both types. Whatever is not a field reads as one that cannot be written.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub(super) spot: Spot,
    pub(super) expected: FieldType<u32>,
    pub(super) found: FieldType<u32>,
}

fn value(ty: ValType<u32>) -> FieldType<u32> {
    FieldType {
        storage: StorageType::Val(ty),
        mutable: false,
    }
}

/// A reference that is nothing but one: to a supertype, or of a continuation.
fn bare(node: u32) -> FieldType<u32> {
    value(ValType::Ref(RefType {
        heap: HeapType::Concrete(node),
        nullable: false,
    }))
}

/// The declared supertypes of both.
pub(super) fn supertypes(expected: u32, found: u32) -> Pair {
    Pair {
        spot: Spot::Supertype,
        expected: bare(expected),
        found: bare(found),
    }
}

/// A part, or a number of parts that differs.
pub(super) enum Part {
    Both(Pair),
    Count(Reason),
}

/// Which numbers of fields are the same to whoever compares.
pub(super) type FieldCounts = fn(expected: usize, found: usize) -> bool;

/// The parts of two composite types of one kind, in order. Nothing after a count that differs.
pub(super) fn parts(
    expected: &CompositeType<u32>,
    found: &CompositeType<u32>,
    fields: FieldCounts,
) -> Result<Vec<Part>> {
    let most = match expected {
        CompositeType::Func(ty) => ty.params.len() + ty.results.len(),
        CompositeType::Struct(ty) => ty.fields.len(),
        CompositeType::Array(_) | CompositeType::Cont(_) => 1,
    };
    // Or one count that differs.
    let mut list = list_of(most.max(1))?;
    let mut both = |spot, expected, found| {
        list.push(Part::Both(Pair {
            spot,
            expected,
            found,
        }));
    };
    let differs = match (expected, found) {
        (CompositeType::Func(expected), CompositeType::Func(found)) => {
            if expected.params.len() != found.params.len() {
                Some(Reason::ParamCount)
            } else if expected.results.len() != found.results.len() {
                Some(Reason::ResultCount)
            } else {
                let params = expected.params.iter().zip(&found.params);
                for (index, (expected, found)) in (0..).zip(params) {
                    both(Spot::Param(index), value(*expected), value(*found));
                }
                let results = expected.results.iter().zip(&found.results);
                for (index, (expected, found)) in (0..).zip(results) {
                    both(Spot::Result(index), value(*expected), value(*found));
                }
                None
            }
        }
        (CompositeType::Struct(expected), CompositeType::Struct(found)) => {
            if fields(expected.fields.len(), found.fields.len()) {
                let pairs = expected.fields.iter().zip(&found.fields);
                for (index, (expected, found)) in (0..).zip(pairs) {
                    both(Spot::Field(index), *expected, *found);
                }
                None
            } else {
                Some(Reason::FieldCount)
            }
        }
        (CompositeType::Array(expected), CompositeType::Array(found)) => {
            both(Spot::Element, expected.field, found.field);
            None
        }
        (CompositeType::Cont(expected), CompositeType::Cont(found)) => {
            both(Spot::Target, bare(expected.func), bare(found.func));
            None
        }
        (
            CompositeType::Func(_)
            | CompositeType::Struct(_)
            | CompositeType::Array(_)
            | CompositeType::Cont(_),
            _,
        ) => Some(Reason::TypeKind),
    };
    list.extend(differs.map(Part::Count));
    Ok(list)
}
