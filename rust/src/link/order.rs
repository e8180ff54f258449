//! Whether two groups have the same members in another order.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::side::{Side, Sides};
use crate::error::Result;
use crate::types::SubType;

/// Groups of more members are not looked at, and names of members are refined so many times.
const MOST_MEMBERS: usize = 4_096;
const ROUNDS: usize = 16;

/// Looks at members, each round counted, after which nobody would wait for more.
pub(super) const MOST_LOOKED_AT: usize = 1 << 20;

/// What a member refers to.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Target {
    Own(u32),
    Outer(u32),
}

/// A group's members over positions and common identities.
fn members(side: Side<'_>, node: u32) -> Result<Vec<SubType<Target>>> {
    let group = side.group(node);
    let target = |reference: u32| {
        if group.contains(&reference) {
            Target::Own(reference - group.start)
        } else {
            Target::Outer(side.id(reference))
        }
    };
    let member = |node| {
        let Ok(ty) = side
            .sub_type(node)?
            .try_map(&mut |&reference| Ok::<_, std::convert::Infallible>(target(reference)));
        Ok(ty)
    };
    group.clone().map(member).collect()
}

/// What tells a member from others: at first how it looks itself, then in each round also how
/// those look that it refers to.
fn colours(members: &[SubType<Target>], entry: u32) -> Vec<u64> {
    let mut colours: Vec<u64> = (0..members.len())
        .map(|position| u64::from(position as u32 == entry))
        .collect();
    for _ in 0..ROUNDS.min(members.len()) {
        colours = members
            .iter()
            .zip(&colours)
            .map(|(member, own)| {
                let Ok(seen) = member.try_map(&mut |target| {
                    Ok::<_, std::convert::Infallible>(match *target {
                        Target::Own(position) => (true, colours[position as usize]),
                        Target::Outer(id) => (false, u64::from(id)),
                    })
                });
                let mut hasher = DefaultHasher::new();
                (own, seen).hash(&mut hasher);
                hasher.finish()
            })
            .collect();
    }
    colours
}

/// Whether the groups of two types have the same members in different orders, and the one type
/// stands where the other does. Where this says so, it is so: members are paired by what they look
/// like, and then all their references are held against the pairing. `left` says how many looks at
/// members are left.
pub(super) fn same_members(
    sides: Sides<'_>,
    (expected, found): (u32, u32),
    left: &mut usize,
) -> Result<bool> {
    let groups = (sides.expected.group(expected), sides.found.group(found));
    if groups.0.len() != groups.1.len() || groups.0.len() > MOST_MEMBERS {
        return Ok(false);
    }
    let looks = groups.0.len() * ROUNDS;
    let Some(rest) = left.checked_sub(looks) else {
        return Ok(false);
    };
    *left = rest;
    let one = members(sides.expected, expected)?;
    let other = members(sides.found, found)?;
    let mut places: HashMap<u64, Vec<u32>> = HashMap::new();
    let other_colours = colours(&other, found - groups.1.start);
    for (position, colour) in (0..other.len() as u32).zip(other_colours).rev() {
        places.entry(colour).or_default().push(position);
    }
    let pairing: Option<Vec<u32>> = colours(&one, expected - groups.0.start)
        .iter()
        .map(|colour| places.get_mut(colour)?.pop())
        .collect();
    let Some(pairing) = pairing else {
        return Ok(false);
    };
    Ok(one.iter().zip(&pairing).all(|(member, &place)| {
        let Ok(moved) = member.try_map(&mut |target| {
            Ok::<_, std::convert::Infallible>(match *target {
                Target::Own(position) => Target::Own(pairing[position as usize]),
                Target::Outer(id) => Target::Outer(id),
            })
        });
        moved == other[place as usize]
    }))
}
