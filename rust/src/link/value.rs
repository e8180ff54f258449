//! Two values, fields or references, side by side: alike, different, or a question of the types
//! that they refer to.

use super::parts::{Pair, Spot};
use super::reason::Reason;
use super::side::Sides;
use crate::matching::{Identity, heap_matches};
use crate::types::{HeapType, RefType, StorageType, ValType};

/// What two types must be to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Relation {
    /// The same type.
    Equal,
    /// Found a declared subtype of expected.
    FoundBelow,
    /// Expected a declared subtype of found: so it is where a found function takes what the
    /// importer gives.
    ExpectedBelow,
}

impl Relation {
    fn reversed(self) -> Relation {
        match self {
            Relation::Equal => Relation::Equal,
            Relation::FoundBelow => Relation::ExpectedBelow,
            Relation::ExpectedBelow => Relation::FoundBelow,
        }
    }

    /// The lower and the upper one of what is expected and what is found.
    pub(super) fn order<T>(self, expected: T, found: T) -> (T, T) {
        match self {
            Relation::Equal | Relation::FoundBelow => (found, expected),
            Relation::ExpectedBelow => (expected, found),
        }
    }
}

/// What comparing two references or values comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// As they must be.
    Alike,
    Differs(Reason),
    /// They refer to defined types that are not what they must be to each other.
    Leads {
        expected: u32,
        found: u32,
        relation: Relation,
    },
}

/// Compares a part of two types that must be in `relation` to each other.
pub(super) fn compare_pair(sides: Sides<'_>, pair: &Pair, relation: Relation) -> Outcome {
    let (expected, found) = (pair.expected, pair.found);
    if expected.mutable != found.mutable {
        return Outcome::Differs(pair.spot.mutability_reason());
    }
    let relation = match pair.spot {
        _ if expected.mutable => Relation::Equal,
        Spot::Param(_) => relation.reversed(),
        Spot::Whole
        | Spot::Result(_)
        | Spot::Field(_)
        | Spot::Element
        | Spot::Supertype
        | Spot::Target => relation,
    };
    match (expected.storage, found.storage) {
        (StorageType::Val(expected), StorageType::Val(found)) => {
            compare_values(sides, expected, found, pair.spot, relation)
        }
        (StorageType::Packed(expected), StorageType::Packed(found)) if expected == found => {
            Outcome::Alike
        }
        (StorageType::Packed(_) | StorageType::Val(_), _) => {
            Outcome::Differs(pair.spot.storage_reason())
        }
    }
}

/// Compares two value types.
pub(super) fn compare_values(
    sides: Sides<'_>,
    expected: ValType<u32>,
    found: ValType<u32>,
    spot: Spot,
    relation: Relation,
) -> Outcome {
    match (expected, found) {
        (ValType::Num(expected), ValType::Num(found)) if expected == found => Outcome::Alike,
        (ValType::Vec(expected), ValType::Vec(found)) if expected == found => Outcome::Alike,
        (ValType::Ref(expected), ValType::Ref(found)) => {
            compare_refs(sides, expected, found, relation)
        }
        (ValType::Num(_) | ValType::Vec(_) | ValType::Ref(_), _) => {
            Outcome::Differs(spot.type_reason())
        }
    }
}

/// Compares two reference types.
pub(super) fn compare_refs(
    sides: Sides<'_>,
    expected: RefType<u32>,
    found: RefType<u32>,
    relation: Relation,
) -> Outcome {
    let (lower, upper) = relation.order(expected.nullable, found.nullable);
    let fits = match relation {
        Relation::Equal => lower == upper,
        Relation::FoundBelow | Relation::ExpectedBelow => upper || !lower,
    };
    if !fits {
        return Outcome::Differs(Reason::Nullability);
    }
    let id = |heap: HeapType<u32>, side: super::side::Side<'_>| match heap {
        HeapType::Abstract(heap) => HeapType::Abstract(heap),
        HeapType::Concrete(node) => HeapType::Concrete(side.id(node)),
    };
    let expected_id = id(expected.heap, sides.expected);
    let found_id = id(found.heap, sides.found);
    let (lower, upper) = relation.order(expected_id, found_id);
    let fits = match relation {
        Relation::Equal => lower == upper,
        Relation::FoundBelow | Relation::ExpectedBelow => {
            heap_matches(&sides.rules(), lower, upper)
        }
    };
    match (expected.heap, found.heap) {
        _ if fits => Outcome::Alike,
        (HeapType::Concrete(expected), HeapType::Concrete(found)) => Outcome::Leads {
            expected,
            found,
            relation,
        },
        (HeapType::Abstract(_) | HeapType::Concrete(_), _) => Outcome::Differs(Reason::HeapType),
    }
}

/// Whether two types are what they must be to each other: the verdict, by the matching rules.
pub(super) fn holds(sides: Sides<'_>, expected: u32, found: u32, relation: Relation) -> bool {
    let (expected, found) = (sides.expected.id(expected), sides.found.id(found));
    let (lower, upper) = relation.order(expected, found);
    match relation {
        Relation::Equal => lower == upper,
        Relation::FoundBelow | Relation::ExpectedBelow => sides.rules().is_subtype(lower, upper),
    }
}
