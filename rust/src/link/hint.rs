//! What may help: what is often behind a difference (clause L).

use super::difference::At;
use super::order::same_members;
use super::reason::Reason;
use super::side::{Side, Sides};
use super::wat;
use crate::error::Result;

/// A hint on the difference at a place. `entry` is the pair of types whose groups were compared
/// last.
pub(super) fn hint(
    sides: Sides<'_>,
    at: &At,
    entry: (u32, u32),
    members_left: &mut usize,
) -> Result<Option<String>> {
    if at.reason == Reason::Finality {
        return finality(sides, at).map(Some);
    }
    if at.reason == Reason::ReferenceScope {
        let hint = "what it refers to is equal but for the group it sits in";
        return Ok(Some(hint.to_owned()));
    }
    if !at.in_groups {
        return Ok(None);
    }
    let name = match sides.expected.name(entry.0) {
        Some(_) => wat::reference(sides.expected, entry.0),
        None => format!("type {}", entry.0),
    };
    let first = |side: Side<'_>, node| side.id(side.group(node).start);
    if first(sides.expected, entry.0) == first(sides.found, entry.1) {
        return Ok(Some(format!(
            "found is another member of the group of {name}"
        )));
    }
    Ok(Some(if same_members(sides, entry, members_left)? {
        format!("the group of {name} has its members in another order")
    } else {
        format!("{name} is equal but for the group it sits in")
    }))
}

/// A hint on two types of the same shape, given what keeps them from being the same type.
pub(super) fn not_declared(apart: Option<String>, reason: Reason) -> String {
    let undeclared = "same shape but no declared subtyping";
    match apart {
        None => undeclared.to_owned(),
        Some(apart) if reason == Reason::Finality => format!("{undeclared}; {apart}"),
        // Between groups nothing could be declared.
        Some(apart) => apart,
    }
}

/// What two groups differ in by size or position, for where they are too long to be shown whole.
pub(super) fn group_numbers(sides: Sides<'_>, at: &At) -> String {
    let (expected, found) = (
        sides.expected.group(at.expected),
        sides.found.group(at.found),
    );
    if at.reason == Reason::GroupSize {
        return format!(
            "expected in a group of {} types, found in one of {}",
            expected.len(),
            found.len()
        );
    }
    format!(
        "expected as member {} of its group, found as member {}",
        at.expected - expected.start,
        at.found - found.start
    )
}

/// Which side is final, and how it would not be.
fn finality(sides: Sides<'_>, at: &At) -> Result<String> {
    let is_final = sides.expected.sub_type(at.expected)?.is_final;
    let (whose, side, node) = if is_final {
        ("expected", sides.expected, at.expected)
    } else {
        ("found", sides.found, at.found)
    };
    let how = match side.sub_type(node)?.supertype {
        None => "implicitly final, declare it `sub`",
        Some(_) => "final, declare it `sub` without `final`",
    };
    let name = wat::reference(side, node);
    Ok(format!("the {whose} type {name} is {how}"))
}
