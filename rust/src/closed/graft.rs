//! Closed groups among the groups of an interner, dependencies first.

use super::order::DependencyOrder;
use crate::canon::{Descent, Draft, Interner, KeyRef, TypeId, encode_group};
use crate::error::Result;
use crate::matching::{Origin, validate};
use crate::memory::push;
use crate::types::{ClosedIndex, DefGroup};

/// Writes a closed group's key into `draft`; `outer` tells what each child is in it.
pub(crate) fn refill(
    draft: &mut Draft,
    group: &DefGroup,
    mut outer: impl FnMut(u32) -> u32,
) -> Result<()> {
    draft.clear();
    encode_group(draft, group.members(), &mut |reference| {
        Ok(match *reference {
            ClosedIndex::Own(position) => KeyRef::Own(position),
            ClosedIndex::Child(child) => KeyRef::Outer(outer(child)),
        })
    })
}

/// Adds groups to an interner, and tells for each in turn its first type there. Linear in their
/// keys.
///
/// # Errors
///
/// `Limit` where a type is deeper than allowed.
pub(crate) fn graft_closed(
    target: &mut Interner,
    order: &DependencyOrder<'_>,
    max_depth: u32,
) -> Result<Vec<TypeId>> {
    let mut grafted: Vec<TypeId> = Vec::new();
    let mut descent = Descent::default();
    for group in order.groups() {
        refill(target.draft_mut(), group, |child| {
            let child = &group.children()[child as usize];
            grafted[order.number(child.def_group()) as usize] + child.position()
        })?;
        // It is valid but for the depth: this finds the ancestors.
        let (draft, known) = (target.draft(), &*target);
        validate(draft, known, max_depth, &Origin::BY_HAND, &mut descent)?;
        let first_type = target.intern(&descent)?;
        push(&mut grafted, first_type)?;
    }
    Ok(grafted)
}
