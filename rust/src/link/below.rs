//! Why a type is not a subtype of another (clause L).
//!
//! Only a declaration makes a subtype. But a declaration is valid only where structure matches, so
//! the first attribute in which structure does not match is what has to be mended first.

use std::collections::HashSet;

use super::difference::At;
use super::parts::{FieldCounts, Part, Spot, parts};
use super::path::Step;
use super::reason::Reason;
use super::side::{Side, Sides};
use super::value::{Outcome, Relation, compare_pair};
use super::walk::{Found, enter_type};
use crate::canon::{Known, TypeId};
use crate::error::Result;
use crate::memory::reserve_set;

/// Pairs of types that a walk has come through, as they must be to each other.
#[derive(Default)]
pub(super) struct Seen {
    pairs: HashSet<(TypeId, TypeId, Relation)>,
    /// Whether one of them was met again, and passed over.
    pub(super) passed_over: bool,
}

impl Seen {
    /// Whether a pair is new.
    pub(super) fn enter(
        &mut self,
        sides: Sides<'_>,
        (expected, found, relation): (u32, u32, Relation),
    ) -> Result<bool> {
        let ids = (sides.expected.id(expected), sides.found.id(found), relation);
        reserve_set(&mut self.pairs, 1)?;
        let is_new = self.pairs.insert(ids);
        self.passed_over |= !is_new;
        Ok(is_new)
    }
}

/// Finds the first difference of two types that are not in `relation`, which is one of the two
/// directions of subtyping, or the pair of types that it is to be looked for in.
pub(super) fn first_difference(
    sides: Sides<'_>,
    (expected, found): (u32, u32),
    relation: Relation,
    path: &mut Vec<Step>,
    seen: &mut Seen,
) -> Result<Found> {
    let (mut e, mut f) = (expected, found);
    let (mut lower, mut upper) = match relation {
        Relation::Equal | Relation::FoundBelow => ((&mut f, sides.found), (&mut e, sides.expected)),
        Relation::ExpectedBelow => ((&mut e, sides.expected), (&mut f, sides.found)),
    };
    if sides.common.meta(node_id(&upper)).is_final {
        // Nothing but the type itself is below it.
        return Ok(Found::Leads {
            expected,
            found,
            relation: Relation::Equal,
        });
    }
    raise(sides, &mut lower, &mut upper)?;

    let at = |reason, spot, expected, found| {
        Ok(Found::Difference(At {
            reason,
            spot,
            expected,
            found,
            in_groups: false,
        }))
    };
    let e_type = sides.expected.sub_type(e)?.composite;
    let f_type = sides.found.sub_type(f)?.composite;
    let fields: FieldCounts = match relation {
        Relation::Equal => |expected, found| expected == found,
        Relation::FoundBelow => |expected, found| expected <= found,
        Relation::ExpectedBelow => |expected, found| expected >= found,
    };
    for part in parts(&e_type, &f_type, fields)? {
        let pair = match part {
            Part::Both(pair) => pair,
            Part::Count(reason) => return at(reason, Spot::Whole, e, f),
        };
        match compare_pair(sides, &pair, relation) {
            Outcome::Alike => {}
            Outcome::Differs(reason) => return at(reason, pair.spot, e, f),
            Outcome::Leads {
                expected,
                found,
                relation,
            } => {
                let types = (expected, found, relation);
                if relation == Relation::Equal || seen.enter(sides, types)? {
                    enter_type(sides, pair.spot, expected, found, path)?;
                    return Ok(Found::Leads {
                        expected,
                        found,
                        relation,
                    });
                }
            }
        }
    }
    at(Reason::NotDeclaredSubtype, Spot::Whole, expected, found)
}

/// A type of a side.
type OnSide<'n, 'a> = (&'n mut u32, Side<'a>);

fn node_id((node, side): &OnSide<'_, '_>) -> TypeId {
    side.id(**node)
}

/// Puts in the place of the lower type its ancestor at the upper one's depth, if it is deeper.
fn raise(sides: Sides<'_>, lower: &mut OnSide<'_, '_>, upper: &mut OnSide<'_, '_>) -> Result<()> {
    let depth = |ty: &OnSide<'_, '_>| sides.common.meta(node_id(ty)).depth;
    for _ in depth(upper)..depth(lower) {
        let (node, side) = lower;
        if let Some(supertype) = side.sub_type(**node)?.supertype {
            **node = supertype;
        }
    }
    Ok(())
}
