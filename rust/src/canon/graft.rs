//! From one interner into another: the groups that some types lead to, dependencies first.

use super::{Draft, Interner, KeyRef, TypeId, read_target, write_target};
use crate::error::{BoxResult, Result};
use crate::memory::{list_of, reserve};

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
    let mut first_types = list_of(end)?;
    first_types.resize(end, LEFT_OUT);
    for root in roots {
        first_types[source.group_of(root) as usize] = CHOSEN;
    }
    // Groups refer to groups of smaller number only: descending, all that lead to a group come
    // before it, and ascending, all that it leads to.
    let (mut groups, mut key_bytes) = (0, 0);
    for group in (0..end).rev() {
        if first_types[group] != CHOSEN {
            continue;
        }
        let shape = source.shape(group as u32);
        groups += 1;
        key_bytes += shape.key.len();
        for &hole in shape.holes {
            let target = read_target(shape.key, hole as usize);
            first_types[source.group_of(target) as usize] = CHOSEN;
        }
    }
    target.expect(groups, key_bytes);
    let mut grafted = Grafted {
        source,
        first_types,
    };
    let mut draft = Draft::default();
    for group in 0..end {
        if grafted.first_types[group] != CHOSEN {
            continue;
        }
        copy_shape(&mut draft, source, group as u32)?;
        for hole in 0..draft.holes.len() {
            let offset = draft.holes[hole] as usize;
            let id = grafted.identity(read_target(draft.key(), offset));
            write_target(draft.key_mut(), offset, id);
        }
        for ancestor in &mut draft.ancestors {
            if let KeyRef::Outer(id) = ancestor {
                *id = grafted.identity(*id);
            }
        }
        let copy = target.intern(&draft)?;
        grafted.first_types[group] = target.first_type(copy);
    }
    Ok(grafted)
}

/// Makes a draft again of a group that was interned.
fn copy_shape(draft: &mut Draft, source: &Interner, group: u32) -> BoxResult<()> {
    let shape = source.shape(group);
    let first_type = source.first_type(group);
    let size = shape.members.len() as u32;
    draft.clear();
    draft.set_key(shape.key);
    reserve(&mut draft.holes, shape.holes.len())?;
    draft.holes.extend_from_slice(shape.holes);
    reserve(&mut draft.members, shape.members.len())?;
    for (position, member) in shape.members.iter().enumerate() {
        let mut member = *member;
        member.ancestors = draft.ancestors.len() as u32;
        draft.members.push(member);
        let ancestors = source.ancestors_of(first_type + position as u32);
        reserve(&mut draft.ancestors, ancestors.len())?;
        draft.ancestors.extend(ancestors.iter().map(|&id| {
            if (first_type..first_type + size).contains(&id) {
                KeyRef::Own(id - first_type)
            } else {
                KeyRef::Outer(id)
            }
        }));
    }
    Ok(())
}
