//! From two types that are not what they must be to each other to the first reason why.

use std::collections::HashMap;

use super::difference::{At, Difference};
use super::parts::Spot;
use super::path::{Step, StepKind};
use super::side::Sides;
use super::value::Relation;
use super::{below, equal, hint, wat};
use crate::sync::Arc;

/// What one stage of the walk comes to.
pub(super) enum Found {
    Difference(At),
    /// The difference is that of two other types; the path leads to them.
    Leads {
        expected: u32,
        found: u32,
        relation: Relation,
    },
}

/// Adds the steps into a part of a type, and into the types that it refers to.
pub(super) fn enter_type(
    sides: Sides<'_>,
    spot: Spot,
    expected: u32,
    found: u32,
    path: &mut Vec<Step>,
) {
    path.extend(spot.step());
    path.push(type_step(sides, expected, found));
}

/// The step from a reference to its types.
pub(super) fn type_step(sides: Sides<'_>, expected: u32, found: u32) -> Step {
    let name = |name: &str| format!("${name}");
    Step {
        kind: StepKind::Type,
        index: expected,
        name: sides.expected.name(expected).map(name),
        found_index: sides.found.index(found),
        found_name: sides.found.name(found).map(name),
    }
}

/// Explains differences between two sides. What was found of a pair of types is kept: when many
/// imports fail because of the same two types, those are compared once.
pub(super) struct Explainer<'a> {
    pub(super) sides: Sides<'a>,
    /// For pairs that should have been equal: their difference, and where in its path they stand.
    known: HashMap<(u32, u32), (Arc<Difference>, usize)>,
}

impl<'a> Explainer<'a> {
    pub(super) fn new(sides: Sides<'a>) -> Explainer<'a> {
        Explainer {
            sides,
            known: HashMap::new(),
        }
    }

    /// Why two types are not in `relation`, which they must not be. `path` leads to them.
    pub(super) fn explain(
        &mut self,
        mut expected: u32,
        mut found: u32,
        mut relation: Relation,
        mut path: Vec<Step>,
    ) -> Difference {
        let sides = self.sides;
        let mut seen = below::Seen::new();
        seen.insert((sides.expected.id(expected), sides.found.id(found), relation));
        // The pairs of types whose groups were compared, and how long the path to each is.
        let mut entered = Vec::new();
        let difference = loop {
            let next = if relation == Relation::Equal {
                if let Some((known, start)) = self.known.get(&(expected, found)) {
                    path.extend_from_slice(&known.path[*start..]);
                    break Difference {
                        path,
                        ..Difference::clone(known)
                    };
                }
                entered.push(((expected, found), path.len()));
                equal::first_difference(sides, expected, found, &mut path)
            } else {
                below::first_difference(sides, (expected, found), relation, &mut path, &mut seen)
            };
            match next {
                Found::Leads {
                    expected: next_expected,
                    found: next_found,
                    relation: next_relation,
                } => {
                    (expected, found, relation) = (next_expected, next_found, next_relation);
                }
                Found::Difference(at) => {
                    let entry = entered.last().map_or((expected, found), |&(pair, _)| pair);
                    break self.difference(at, entry, path);
                }
            }
        };
        if !entered.is_empty() {
            let difference = Arc::new(difference.clone());
            for (pair, start) in entered {
                self.known.insert(pair, (difference.clone(), start));
            }
        }
        difference
    }

    /// The difference at a place, in words. `entry` is the last pair of types that had to be equal
    /// or declared.
    fn difference(&self, at: At, entry: (u32, u32), mut path: Vec<Step>) -> Difference {
        let (expected, found) = (self.sides.expected, self.sides.found);
        path.extend(at.spot.step().map(|step| {
            Step {
                name: match step.kind {
                    StepKind::Field => expected
                        .field_name(at.expected, step.index)
                        .map(|name| format!("${name}")),
                    _ => None,
                },
                ..step
            }
        }));
        let whole_group = at.spot == Spot::Whole && at.reason.is_of_groups();
        let (expected_wat, found_wat) = if whole_group {
            (
                wat::group(expected, at.expected),
                wat::group(found, at.found),
            )
        } else {
            (
                wat::part(expected, at.expected, at.spot),
                wat::part(found, at.found, at.spot),
            )
        };
        Difference {
            reason: at.reason,
            path,
            expected: expected_wat,
            found: Some(found_wat),
            expected_type: expected.index(at.expected),
            found_type: found.index(at.found),
            hint: hint::hint(self.sides, &at, entry),
            cause: None,
        }
    }
}
