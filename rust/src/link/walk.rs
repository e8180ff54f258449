//! From two types that are not what they must be to each other to the first reason why.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::difference::{At, Difference};
use super::near_type::NearTypes;
use super::parts::Spot;
use super::path::{Path, Step, StepKind};
use super::reason::Reason;
use super::side::{Side, Sides};
use super::value::Relation;
use super::{below, equal, hint, order, wat};
use crate::error::Result;
use crate::memory::{push, reserve, reserve_map};
use crate::sync::Arc;

/// What one stage of the walk comes to.
#[derive(Clone, Copy)]
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
) -> Result<()> {
    reserve(path, 2)?;
    path.extend(spot.step());
    path.push(type_step(sides, expected, found));
    Ok(())
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

/// When walks by subtyping have come through more pairs than this, the next are given up: two
/// cycles of types can have as many as the product of their lengths. A chain of as many types as a
/// module may have has fewer.
const MOST_PAIRS: usize = 1 << 20;

/// A pair of types on the way to a difference, and what they should be to each other.
pub(super) struct Entered {
    pub(super) pair: (u32, u32, Relation),
    /// How long the path is that leads to them.
    pub(super) start: usize,
    /// Whether up to here the walk passed over a pair that it had come through.
    pub(super) passed_over: bool,
    /// The groups within which a walk by structure that comes to these types finds the same.
    pub(super) within: Option<Within>,
}

/// Two groups, by their first members.
pub(super) type Within = (u32, u32);

/// Why two types are not what they should be to each other.
#[derive(Clone)]
struct Known {
    /// Without a path.
    difference: Arc<Difference>,
    /// From those types on.
    path: Path,
    marks: Marks,
    within: Option<Within>,
}

/// What a path leads through.
#[derive(Clone, Copy, Default)]
struct Marks {
    /// The last pair of types.
    deepest: Option<(u32, u32)>,
    /// A type of the provider that is equal to what is expected at the last pair for which there
    /// is one.
    equal: Option<u32>,
}

/// Explains differences between two sides. What was found of a pair of types is kept: when many
/// imports fail because of the same two types, those are compared once.
pub(super) struct Explainer<'a> {
    pub(super) sides: Sides<'a>,
    /// Of pairs that should have been in a relation.
    known: HashMap<(u32, u32, Relation), Known>,
    kept: equal::Kept,
    /// How many more pairs may be walked through in search of why one is no subtype of the other.
    pairs_left: usize,
    /// How many more members may be looked at in search of another order.
    members_left: usize,
    /// Made at the first difference between the types of two modules.
    near_types: Option<NearTypes<'a>>,
    /// Whether what is found is one of many types that could be: a provider's.
    has_provider: bool,
}

impl<'a> Explainer<'a> {
    /// With `has_provider`, hints look at what else the side that was found has.
    pub(super) fn new(sides: Sides<'a>, has_provider: bool) -> Explainer<'a> {
        Explainer {
            sides,
            known: HashMap::new(),
            kept: equal::Kept::new(),
            pairs_left: MOST_PAIRS,
            members_left: order::MOST_LOOKED_AT,
            near_types: None,
            has_provider,
        }
    }

    /// Why two types are not in `relation`, which they must not be. `path` leads to them.
    pub(super) fn explain(
        &mut self,
        expected: u32,
        found: u32,
        relation: Relation,
        path: Vec<Step>,
    ) -> Result<Difference> {
        let (mut difference, marks) = self.first_difference(expected, found, relation, path)?;
        if let Some(hint) = self.near_type(expected, found, marks)? {
            difference.add_hint(hint);
        }
        Ok(difference)
    }

    /// What else the provider has, if what is found is a provider's.
    fn near_types(&mut self) -> Result<Option<&mut NearTypes<'a>>> {
        let (Side::Module(consumer), Side::Module(provider)) =
            (self.sides.expected, self.sides.found)
        else {
            return Ok(None);
        };
        let is_itself = std::ptr::eq(consumer.module.wasm(), provider.module.wasm());
        if !self.has_provider || is_itself {
            // Whatever is wanted of oneself is there, but it is not what the question is about.
            return Ok(None);
        }
        if self.near_types.is_none() {
            let common = self.sides.common;
            self.near_types = Some(NearTypes::new(common, consumer, provider)?);
        }
        Ok(self.near_types.as_mut())
    }

    /// A type of the provider that was perhaps meant: one that is equal to what is expected, at
    /// the end of the path or on the way there, or else nearly so at the end.
    fn near_type(&mut self, expected: u32, found: u32, marks: Marks) -> Result<Option<String>> {
        let found_side = self.sides.found;
        let name = |node| wat::reference(found_side, node);
        let Some(near) = self.near_types()? else {
            return Ok(None);
        };
        if let Some(equal) = marks.equal.or_else(|| near.equal(expected)) {
            let hint = format!("equal to the provider's type {}", name(equal));
            return Ok(Some(hint));
        }
        let (deepest, deepest_found) = marks.deepest.unwrap_or((expected, found));
        let Some(nearly) = near.nearly_equal(deepest, deepest_found)? else {
            return Ok(None);
        };
        let (how, _) = Explainer::new(self.sides, false).first_difference(
            deepest,
            nearly,
            Relation::Equal,
            Vec::new(),
        )?;
        let mut place = String::new();
        if !how.path.is_empty() {
            place = format!(" at {}", how.path);
        }
        Ok(Some(format!(
            "the provider's type {} is equal but for {}{place}",
            name(nearly),
            how.reason
        )))
    }

    /// The same without a look at what else the provider has, and what the path leads through.
    fn first_difference(
        &mut self,
        mut expected: u32,
        mut found: u32,
        mut relation: Relation,
        mut path: Vec<Step>,
    ) -> Result<(Difference, Marks)> {
        let sides = self.sides;
        let asked = (expected, found, path.len());
        let mut seen = below::Seen::default();
        seen.enter(sides, (expected, found, relation))?;
        let mut entered: Vec<Entered> = Vec::new();
        let end = loop {
            let pair = (expected, found, relation);
            if !seen.passed_over
                && let Some(known) = self.known.get(&pair)
            {
                break known.clone();
            }
            let start = path.len();
            let next = if relation == Relation::Equal {
                // What was passed over before is not looked for here.
                seen = below::Seen::default();
                let known = &self.known;
                equal::first_difference(
                    sides,
                    (expected, found),
                    &mut path,
                    &mut entered,
                    &mut self.kept,
                    &|(expected, found), groups| {
                        let known = known.get(&(expected, found, Relation::Equal));
                        known.is_some_and(|known| known.within == Some(groups))
                    },
                )?
            } else {
                self.pairs_left = self.pairs_left.saturating_sub(1);
                let pair = (expected, found);
                let next = below::first_difference(sides, pair, relation, &mut path, &mut seen)?;
                let one = Entered {
                    pair: (expected, found, relation),
                    start,
                    passed_over: seen.passed_over,
                    within: None,
                };
                push(&mut entered, one)?;
                next
            };
            match next {
                Found::Leads { relation, .. }
                    if relation != Relation::Equal && self.pairs_left == 0 =>
                {
                    // What was asked for is not declared either.
                    let (expected, found, start) = asked;
                    path.truncate(start);
                    let at = At {
                        reason: Reason::NotDeclaredSubtype,
                        spot: Spot::Whole,
                        expected,
                        found,
                        in_groups: false,
                    };
                    // Of those on the way nothing is known.
                    entered.clear();
                    break self.end(at, (expected, found), &mut path)?;
                }
                Found::Leads {
                    expected: next_expected,
                    found: next_found,
                    relation: next_relation,
                } => {
                    (expected, found, relation) = (next_expected, next_found, next_relation);
                }
                Found::Difference(at) => {
                    let equal = entered.iter().rfind(|one| one.pair.2 == Relation::Equal);
                    let entry = equal.map_or((expected, found), |one| (one.pair.0, one.pair.1));
                    break self.end(at, entry, &mut path)?;
                }
            }
        };
        let known = self.remember(end, path, entered)?;
        let difference = Difference {
            path: known.path,
            ..Difference::clone(&known.difference)
        };
        Ok((difference, known.marks))
    }

    /// What is known of where a walk began, given the steps of it and what is known of where it
    /// came to. The same is kept for the pairs on the way: for the first, and for those after which
    /// no pair was passed over. Of what was passed over because the walk had come through it
    /// before, another walk, from somewhere on the way, would have to be asked.
    fn remember(
        &mut self,
        end: Known,
        mut steps: Vec<Step>,
        mut entered: Vec<Entered>,
    ) -> Result<Known> {
        if let Some(last) = entered.iter().rposition(|one| one.passed_over) {
            entered.drain(1..=last);
        }
        reserve_map(&mut self.known, entered.len())?;
        let mut known = end;
        loop {
            while let Some(one) = entered.pop_if(|one| one.start == steps.len()) {
                match self.known.entry(one.pair) {
                    // Another walk came through it, and to the same end by the same way.
                    Entry::Occupied(mut entry) => {
                        debug_assert_eq!(entry.get().path, known.path);
                        let entry = entry.get_mut();
                        entry.within = entry.within.or(one.within);
                        known = entry.clone();
                    }
                    Entry::Vacant(entry) => {
                        known.within = one.within;
                        entry.insert(known.clone());
                    }
                }
            }
            let Some(step) = steps.pop() else {
                return Ok(known);
            };
            if step.kind == StepKind::Type
                && let Some(near) = self.near_types()?
            {
                let marks = &mut known.marks;
                let pair = (step.index, step.found_index.unwrap_or(0));
                marks.deepest.get_or_insert(pair);
                marks.equal = marks.equal.or_else(|| near.equal(step.index));
            }
            known.path = known.path.behind(step);
        }
    }

    /// The difference at a place, in words. `entry` is the last pair of types that had to be equal
    /// or declared. The step into a part of them is added to `path`.
    fn end(&mut self, at: At, entry: (u32, u32), path: &mut Vec<Step>) -> Result<Known> {
        let (expected, found) = (self.sides.expected, self.sides.found);
        if let Some(mut step) = at.spot.step() {
            if step.kind == StepKind::Field {
                let name = expected.field_name(at.expected, step.index);
                step.name = name.map(|name| format!("${name}"));
            }
            push(path, step)?;
        }
        let whole_group = at.spot == Spot::Whole && at.reason.is_of_groups();
        let (expected_wat, found_wat) = if whole_group {
            (
                wat::group(expected, at.expected)?,
                wat::group(found, at.found)?,
            )
        } else {
            (
                wat::part(expected, at.expected, at.spot)?,
                wat::part(found, at.found, at.spot)?,
            )
        };
        let mut hint = self.hint(&at, entry)?;
        if whole_group && (wat::is_cut(&expected_wat) || wat::is_cut(&found_wat)) {
            let numbers = hint::group_numbers(self.sides, &at);
            hint = Some(hint.map_or(numbers.clone(), |hint| format!("{hint}; {numbers}")));
        }
        Ok(Known {
            difference: Arc::new(Difference {
                reason: at.reason,
                path: Path::default(),
                expected: expected_wat,
                found: Some(found_wat),
                expected_type: expected.index(at.expected),
                found_type: found.index(at.found),
                hint,
                cause: None,
            }),
            path: Path::default(),
            marks: Marks::default(),
            within: None,
        })
    }

    /// What may help with the difference at a place.
    fn hint(&mut self, at: &At, entry: (u32, u32)) -> Result<Option<String>> {
        if at.reason != Reason::NotDeclaredSubtype {
            return hint::hint(self.sides, at, entry, &mut self.members_left);
        }
        // Without a declaration it would do if the types were the same: what keeps them apart, if
        // not a type that they refer to.
        let (apart, _) =
            self.first_difference(at.expected, at.found, Relation::Equal, Vec::new())?;
        let is_own = apart.path.iter().all(|step| step.kind != StepKind::Type);
        Ok(Some(hint::not_declared(
            apart.hint.filter(|_| is_own),
            apart.reason,
        )))
    }
}
