//! Why two types are not the same (clause L, "the order of comparison").
//!
//! Two types are equal when their groups are equal and they stand at the same position. So two
//! types of different identity differ in an attribute of their own, in one of a type that they
//! refer to, or in the shape of their groups. [`first_difference`] looks for the first of these.
//! It walks references within the two groups itself and leaves at the first pair of outer types
//! that are not the same: those must differ in turn, whatever else does, so nothing is ever
//! come back to.
//!
//! Cost: linear in the two groups. Types that were compared are put into one class, also through
//! others, and a pair of one class is not compared again: at most one pair for each type. Where
//! another walk between the same groups has come through a pair, this one leaves to what is known
//! of that: walks from all members of a chain take as long as one.

use std::collections::HashMap;
use std::ops::Range;

use super::difference::At;
use super::parts::{Pair, Part, Spot, parts, supertypes};
use super::path::{Step, StepKind};
use super::reason::Reason;
use super::side::Sides;
use super::value::{Outcome, Relation, compare_pair};
use super::walk::{Entered, Found, Within, enter_type};
use crate::canon::TypeId;
use crate::error::Result;
use crate::memory::{list_of, push, reserve, reserve_map};
use crate::types::HeapType;
use crate::types::{StorageType, ValType};

/// A comparison still to be made in a frame.
enum Check {
    Differs(Reason, Spot),
    /// Compares a part, and the composites of the types that it leads to.
    Pair(Pair),
    /// Whether a part refers to the own group on both sides or on neither.
    Scope(Pair),
    /// Whether a part that refers to the own group refers to the same position in it.
    OwnPosition(Pair),
    Position,
    Size,
}

/// By the first members of two groups.
pub(super) type Kept = HashMap<(u32, u32), KeptOfGroups>;

/// What is kept of a pair of groups from one walk to the next.
#[derive(Default)]
pub(super) struct KeptOfGroups {
    /// Where their members differ of which the walks entered at one and found nothing. Entered at
    /// another one of which the same holds, the first difference is the same: nothing else that
    /// differs can be reached from there.
    siblings: Option<(Vec<Step>, Found)>,
    partners: Partners,
}

/// With which other each type was compared.
#[derive(Default)]
struct Partners {
    by_id: HashMap<TypeId, TypeId>,
    /// Whether one was compared with two.
    are_mixed: bool,
}

impl Partners {
    fn add(&mut self, ids: [TypeId; 2]) -> Result<()> {
        if self.are_mixed {
            return Ok(());
        }
        reserve_map(&mut self.by_id, 2)?;
        let [one, other] = ids;
        for (id, partner) in [(one, other), (other, one)] {
            self.are_mixed |= *self.by_id.entry(id).or_insert(partner) != partner;
        }
        Ok(())
    }
}

/// Two types under comparison.
struct Frame {
    expected: u32,
    found: u32,
    checks: std::vec::IntoIter<Check>,
    /// The members of both groups to be compared after that, by position.
    members: Range<u32>,
    /// How long the path was before the steps that led here, and is with them.
    path: usize,
    start: usize,
    /// How many pairs the walk had come to, this one included.
    time: usize,
    /// Of the pairs that were passed over here and in frames that are through, but for settled
    /// ones: the time of the one that the walk had come to first.
    oldest: usize,
}

/// How much of two types is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// Their structure, as far as their own groups go.
    Structure,
    /// Their structure and their groups.
    Group,
    /// As members of two groups that are compared: their structure, and the positions referred to.
    Member,
    /// Only those positions: the structure has been compared.
    Positions,
}

/// Finds the first difference of two types that are not the same, or a pair of types that it is to
/// be looked for in: of outer ones, or of those that `is_known` says another walk within these two
/// groups came through. Steps are added to `path`, and to `entered` the two types and those of the
/// groups on the way that a walk from there would leave likewise.
pub(super) fn first_difference(
    sides: Sides<'_>,
    (expected, found): (u32, u32),
    path: &mut Vec<Step>,
    entered: &mut Vec<Entered>,
    kept: &mut Kept,
    is_known: &dyn Fn((u32, u32), Within) -> bool,
) -> Result<Found> {
    let start = path.len();
    let groups = (
        sides.expected.group(expected).start,
        sides.found.group(found).start,
    );
    reserve_map(kept, 1)?;
    let mut walk = GroupWalk {
        sides,
        path,
        stack: Vec::new(),
        merged: HashMap::new(),
        unsettled: Vec::new(),
        classes: HashMap::new(),
        in_groups: false,
        among_members: false,
        groups,
        kept: kept.entry(groups).or_default(),
        is_known,
    };
    walk.merge(expected, found)?;
    walk.push(expected, found, Depth::Group, start)?;
    let difference = walk.run()?;
    if walk.among_members {
        let mut steps = list_of(walk.path.len() - start)?;
        steps.extend_from_slice(&walk.path[start..]);
        walk.kept.siblings = Some((steps, difference));
    }
    let first = entered.len();
    let frames = if walk.in_groups {
        &walk.stack[..1]
    } else {
        &walk.stack[..]
    };
    let mut oldest = usize::MAX;
    for frame in frames.iter().rev() {
        oldest = oldest.min(frame.oldest);
        // Structure is compared first wherever a walk begins. One that begins on the way passes
        // over what this one did since it came there, but not what this one was through before.
        if oldest < frame.time && frame.time > 1 {
            continue;
        }
        let passed_over_nothing = !walk.in_groups && oldest == usize::MAX;
        let one = Entered {
            pair: (frame.expected, frame.found, Relation::Equal),
            start: frame.start,
            passed_over: false,
            within: passed_over_nothing.then_some(groups),
        };
        push(entered, one)?;
    }
    entered[first..].reverse();
    Ok(difference)
}

/// The walk through a pair of groups.
struct GroupWalk<'a, 'p> {
    sides: Sides<'a>,
    path: &'p mut Vec<Step>,
    stack: Vec<Frame>,
    /// The pairs that the walk has come to, and when.
    merged: HashMap<(u32, u32), usize>,
    /// The times of those that are not settled. A pair is once the walk is through with it, or with
    /// one that led to it, and passed over nothing on the way but what is settled or came later:
    /// then it is of the same structure all the way down, whatever else is under comparison.
    unsettled: Vec<usize>,
    /// Types of one class are under comparison or have been compared; each type has its class's
    /// representative, perhaps by way of others.
    classes: HashMap<TypeId, TypeId>,
    /// Whether the structure of the types that the walk began with is through.
    in_groups: bool,
    /// Whether it has come to the other members of the groups.
    among_members: bool,
    /// The first members of the two groups.
    groups: (u32, u32),
    kept: &'p mut KeptOfGroups,
    is_known: &'p dyn Fn((u32, u32), Within) -> bool,
}

impl GroupWalk<'_, '_> {
    fn run(&mut self) -> Result<Found> {
        loop {
            let frame = self.stack.last_mut().expect(
                "types of two identities differ in what their groups spell, and all of that is \
                 compared",
            );
            if let Some(check) = frame.checks.next() {
                if let Some(found) = self.check(check)? {
                    return Ok(found);
                }
            } else if let Some(position) = frame.members.next() {
                let entry = frame.expected;
                self.enter_member(entry, position)?;
            } else {
                self.leave();
            }
        }
    }

    /// Goes back from two types that the walk is through with.
    fn leave(&mut self) {
        let Some(Frame {
            path, time, oldest, ..
        }) = self.stack.pop()
        else {
            return;
        };
        self.path.truncate(path);
        if oldest >= time {
            let settled = self.unsettled.partition_point(|&other| other < time);
            self.unsettled.truncate(settled);
        } else if let Some(frame) = self.stack.last_mut() {
            frame.oldest = frame.oldest.min(oldest);
        }
    }

    /// Makes a comparison of the types on top: what the walk ends with, if it ends here.
    fn check(&mut self, check: Check) -> Result<Option<Found>> {
        let &Frame {
            expected, found, ..
        } = self.top();
        let in_groups = self.in_groups;
        let differs = |reason, spot| {
            Some(Found::Difference(At {
                reason,
                spot,
                expected,
                found,
                in_groups,
            }))
        };
        Ok(match check {
            Check::Differs(reason, spot) => differs(reason, spot),
            Check::Pair(pair) => match compare_pair(self.sides, &pair, Relation::Equal) {
                Outcome::Alike => None,
                Outcome::Differs(reason) => differs(reason, pair.spot),
                Outcome::Leads {
                    expected,
                    found,
                    relation: _,
                } => self.follow(pair.spot, expected, found)?,
            },
            Check::Scope(pair) => match self.own_positions(&pair) {
                [Some(_), None] | [None, Some(_)] => differs(Reason::ReferenceScope, pair.spot),
                [Some(_), Some(_)] | [None, None] => None,
            },
            Check::OwnPosition(pair) => {
                let [one, other] = self.own_positions(&pair);
                if one == other {
                    None
                } else {
                    differs(Reason::GroupPosition, pair.spot)
                }
            }
            Check::Position => {
                self.in_groups = true;
                let position = expected - self.sides.expected.group(expected).start;
                let is_same = position == found - self.sides.found.group(found).start;
                (!is_same).then(|| in_shape(Reason::GroupPosition, expected, found))
            }
            Check::Size => {
                let size = self.sides.expected.group(expected).len();
                if size != self.sides.found.group(found).len() {
                    return Ok(Some(in_shape(Reason::GroupSize, expected, found)));
                }
                if let Some((steps, difference)) = &self.kept.siblings {
                    reserve(self.path, steps.len())?;
                    self.path.extend_from_slice(steps);
                    return Ok(Some(*difference));
                }
                None
            }
        })
    }

    /// Goes on to two types that the types on top refer to at a spot. Where the walk is not to go
    /// through them itself it ends, and says which they are.
    fn follow(&mut self, spot: Spot, expected: u32, found: u32) -> Result<Option<Found>> {
        let leads = Some(Found::Leads {
            expected,
            found,
            relation: Relation::Equal,
        });
        let &Frame {
            expected: from_expected,
            found: from_found,
            ..
        } = self.top();
        let own = [
            self.sides.expected.group(from_expected).contains(&expected),
            self.sides.found.group(from_found).contains(&found),
        ];
        let before = self.path.len();
        if own == [false, false] {
            enter_type(self.sides, spot, expected, found, self.path)?;
            return Ok(leads);
        }
        if self.merge(expected, found)? {
            enter_type(self.sides, spot, expected, found, self.path)?;
            if self.ends_as_known(expected, found) {
                return Ok(leads);
            }
            self.push(expected, found, Depth::Structure, before)?;
        } else {
            // Joined by others only: that may have been at any time.
            let time = self.merged.get(&(expected, found)).copied().unwrap_or(0);
            if time == 0 || self.unsettled.binary_search(&time).is_ok() {
                let frame = self.stack.last_mut().expect("it is being compared");
                frame.oldest = frame.oldest.min(time);
            }
        }
        Ok(None)
    }

    /// The types under comparison.
    fn top(&self) -> &Frame {
        self.stack.last().expect("a frame makes the comparison")
    }

    /// Whether what is known of two types, that this walk has just come to for the first time, is
    /// what it would find if it went on through them.
    ///
    /// Another walk came from them to a difference, and passed over nothing that was not settled
    /// on the way. What that walk came to and this one has under comparison would be passed over
    /// here and was not there: on that way there is no such pair, for all of it is known in the
    /// same manner, and this walk would have left at the first of them. Nor is one among what
    /// that walk was through with, for that differs nowhere, and these do. It remains that two
    /// types are passed over because others join them: not as long as each was compared with one
    /// other only, by this walk and that one and all between these groups.
    fn ends_as_known(&self, expected: u32, found: u32) -> bool {
        !self.in_groups
            && !self.kept.partners.are_mixed
            && (self.is_known)((expected, found), self.groups)
    }

    /// Begins to compare the members at a position of the groups of two types, unless it is theirs.
    fn enter_member(&mut self, entry: u32, position: u32) -> Result<()> {
        self.among_members = true;
        let (e_start, f_start) = self.groups;
        if entry - e_start == position {
            return Ok(());
        }
        let (expected, found) = (e_start + position, f_start + position);
        let before = self.path.len();
        push(self.path, Step::new(StepKind::Member, position))?;
        let depth = if self.merge(expected, found)? {
            Depth::Member
        } else {
            Depth::Positions
        };
        self.push(expected, found, depth, before)
    }

    /// The positions in their own groups that both sides of a part refer to.
    fn own_positions(&self, pair: &Pair) -> [Option<u32>; 2] {
        let frame = self.top();
        let position = |group: std::ops::Range<u32>, storage| match storage {
            StorageType::Val(ValType::Ref(ty)) => match ty.heap {
                HeapType::Concrete(node) => group.contains(&node).then(|| node - group.start),
                HeapType::Abstract(_) => None,
            },
            StorageType::Val(ValType::Num(_) | ValType::Vec(_)) | StorageType::Packed(_) => None,
        };
        [
            position(
                self.sides.expected.group(frame.expected),
                pair.expected.storage,
            ),
            position(self.sides.found.group(frame.found), pair.found.storage),
        ]
    }

    fn representative(&self, id: TypeId) -> TypeId {
        let mut at = id;
        while let Some(&next) = self.classes.get(&at) {
            at = next;
        }
        at
    }

    /// Puts two types into one class; `false` if they were in one already.
    fn merge(&mut self, expected: u32, found: u32) -> Result<bool> {
        let ids = [self.sides.expected.id(expected), self.sides.found.id(found)];
        let [one, other] = ids.map(|id| self.representative(id));
        if one == other {
            return Ok(false);
        }
        reserve_map(&mut self.classes, 2)?;
        reserve_map(&mut self.merged, 1)?;
        self.kept.partners.add(ids)?;
        let time = self.merged.len() + 1;
        push(&mut self.unsettled, time)?;
        self.merged.insert((expected, found), time);
        self.classes.insert(one, other);
        // What was gone through now leads to the end at once.
        for mut at in ids {
            while at != other {
                let next = self.classes.insert(at, other);
                at = next.unwrap_or(other);
            }
        }
        Ok(true)
    }

    /// Begins to compare two types; `before` is the path's length without the steps to them.
    fn push(&mut self, expected: u32, found: u32, depth: Depth, before: usize) -> Result<()> {
        let checks = self.checks(expected, found, depth)?;
        let members = match depth {
            Depth::Group => 0..self.sides.expected.group(expected).len() as u32,
            Depth::Structure | Depth::Member | Depth::Positions => 0..0,
        };
        let frame = Frame {
            expected,
            found,
            checks: checks.into_iter(),
            members,
            path: before,
            start: self.path.len(),
            time: self.merged.len(),
            oldest: usize::MAX,
        };
        Ok(push(&mut self.stack, frame)?)
    }

    /// Everything to compare in two types, in order, up to what differs at a first look.
    fn checks(&self, expected: u32, found: u32, depth: Depth) -> Result<Vec<Check>> {
        let e = self.sides.expected.sub_type(expected)?;
        let f = self.sides.found.sub_type(found)?;
        if e.composite.kind() != f.composite.kind() {
            return Ok(vec![Check::Differs(Reason::TypeKind, Spot::Whole)]);
        }
        if e.is_final != f.is_final {
            return Ok(vec![Check::Differs(Reason::Finality, Spot::Whole)]);
        }
        let listed = parts(&e.composite, &f.composite, |e, f| e == f)?;
        // Before them the supertypes.
        let mut pairs = list_of(1 + listed.len())?;
        let mut differs = match (e.supertype, f.supertype) {
            (None, None) => None,
            (Some(_), None) => Some(Reason::SupertypeMissing),
            (None, Some(_)) => Some(Reason::SupertypeExtra),
            (Some(e), Some(f)) => {
                pairs.push(supertypes(e, f));
                None
            }
        };
        if differs.is_none() {
            for part in listed {
                match part {
                    Part::Both(pair) => pairs.push(pair),
                    Part::Count(reason) => differs = Some(reason),
                }
            }
        }
        let mut checks = list_of(pairs.len() + 1)?;
        if depth != Depth::Positions {
            checks.extend(pairs.iter().copied().map(Check::Pair));
        }
        if let Some(reason) = differs {
            checks.push(Check::Differs(reason, Spot::Whole));
            return Ok(checks);
        }
        pairs.retain(leads);
        // Whether they refer alike, and where to; and the groups' shape.
        reserve(&mut checks, 2 * pairs.len() + 2)?;
        if depth != Depth::Positions {
            checks.extend(pairs.iter().copied().map(Check::Scope));
        }
        match depth {
            Depth::Structure => {}
            Depth::Member | Depth::Positions => {
                checks.extend(pairs.iter().copied().map(Check::OwnPosition));
            }
            Depth::Group => {
                checks.push(Check::Position);
                checks.extend(pairs.iter().copied().map(Check::OwnPosition));
                checks.push(Check::Size);
            }
        }
        Ok(checks)
    }
}

/// Whether a part refers to defined types.
fn leads(pair: &Pair) -> bool {
    match pair.expected.storage {
        StorageType::Val(ValType::Ref(ty)) => match ty.heap {
            HeapType::Concrete(_) => true,
            HeapType::Abstract(_) => false,
        },
        StorageType::Val(ValType::Num(_) | ValType::Vec(_)) | StorageType::Packed(_) => false,
    }
}

/// A difference in the shape of two groups.
fn in_shape(reason: Reason, expected: u32, found: u32) -> Found {
    Found::Difference(At {
        reason,
        spot: Spot::Whole,
        expected,
        found,
        in_groups: true,
    })
}
