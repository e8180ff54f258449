//! From one interner into another: the groups that some types lead to, dependencies first.

use super::{Descent, Draft, Interner, Shape, TypeId};
use crate::error::{BoxResult, Result};
use crate::memory::filled;

/// Where grafted groups ended up: the source's group to the target's first type.
pub(crate) struct Grafted<'a> {
    source: &'a Interner,
    /// Up to the last group that was grafted.
    first_types: Vec<TypeId>,
}

/// In the place of the first type of a group that is not grafted, or not yet. No type has this
/// identity: an interner would hold as many as there are numbers.
const LEFT_OUT: TypeId = TypeId::MAX;
const CHOSEN: TypeId = TypeId::MAX - 1;

impl Grafted<'_> {
    /// The target's identity of a type of the source that was grafted.
    pub(crate) fn identity(&self, id: TypeId) -> TypeId {
        let first = self.first_types[self.source.group_of(id) as usize];
        debug_assert!(first < CHOSEN, "only what was grafted has an identity");
        first + self.source.position_of(id)
    }
}

/// Adds to `target` every group of `source` that `roots` lead to. Linear in their keys, after a
/// pass over one number for each group up to the last of them.
pub(crate) fn graft<'a>(
    target: &mut Interner,
    source: &'a Interner,
    roots: impl Iterator<Item = TypeId> + Clone,
) -> Result<Grafted<'a>> {
    let end = roots.clone().map(|id| source.group_of(id) as usize + 1);
    let end = end.max().unwrap_or(0);
    let mut first_types = filled(LEFT_OUT, end)?;
    for root in roots {
        first_types[source.group_of(root) as usize] = CHOSEN;
    }
    // Groups refer to groups of smaller number only: descending, all that lead to a group come
    // before it, and ascending, all that it leads to.
    let (mut groups, mut types, mut spelling, mut targets) = (0, 0, 0, 0);
    for group in (0..end).rev() {
        if first_types[group] != CHOSEN {
            continue;
        }
        let Shape { key, members } = source.shape(group as u32);
        groups += 1;
        types += members.len();
        spelling += key.spelling.len();
        targets += key.targets.len();
        for target in key.outer() {
            first_types[source.group_of(target) as usize] = CHOSEN;
        }
    }
    target.expect(groups, types, spelling, targets);
    let mut grafted = Grafted {
        source,
        first_types,
    };
    let mut descent = Descent::default();
    for group in 0..end {
        if grafted.first_types[group] != CHOSEN {
            continue;
        }
        let draft = target.draft_mut();
        draft.copy(source.shape(group as u32))?;
        for target in draft.targets_mut() {
            let id = grafted.identity(u32::from_le_bytes(*target));
            *target = id.to_le_bytes();
        }
        descend(&mut descent, draft)?;
        grafted.first_types[group] = target.intern(&descent)?;
    }
    Ok(grafted)
}

/// What the members of a copy descend from, once it refers to where it is copied to.
fn descend(descent: &mut Descent, copy: &Draft) -> BoxResult<()> {
    descent.clear();
    for (position, member) in (0..).zip(copy.members()) {
        let supertype = copy.member(position).head().supertype;
        descent.push(supertype, member.meta.depth)?;
    }
    Ok(())
}
