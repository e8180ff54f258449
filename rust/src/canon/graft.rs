//! From one interner into another: the groups that some types lead to, dependencies first.

use std::collections::BTreeMap;

use super::{Draft, Interner, KeyRef, TypeId, for_each_reference, read_target, write_target};
use crate::error::{BoxResult, Result};
use crate::memory::{list_of, reserve};

/// Where grafted groups ended up: the source's group to the target's first type.
pub(crate) struct Grafted<'a> {
    source: &'a Interner,
    first_types: BTreeMap<u32, TypeId>,
}

impl Grafted<'_> {
    /// The target's identity of a type of the source that was grafted.
    pub(crate) fn identity(&self, id: TypeId) -> TypeId {
        let first = self.first_types[&self.source.group_of(id)];
        first + self.source.position_of(id)
    }
}

/// Adds to `target` every group of `source` that `roots` lead to. Linear in their keys.
pub(crate) fn graft<'a>(
    target: &mut Interner,
    source: &'a Interner,
    roots: &[TypeId],
) -> Result<Grafted<'a>> {
    let mut grafted = Grafted {
        source,
        first_types: BTreeMap::new(),
    };
    let mut pending = list_of(roots.len())?;
    pending.extend(roots.iter().map(|&id| source.group_of(id)));
    while let Some(group) = pending.pop() {
        if grafted.first_types.insert(group, TypeId::MAX).is_some() {
            continue;
        }
        let shape = source.shape(group);
        reserve(&mut pending, shape.holes.len())?;
        for_each_reference(shape.key, |_, reference| {
            if let KeyRef::Outer(id) = reference {
                pending.push(source.group_of(id));
            }
        });
    }
    // Groups refer to groups of smaller number only, so ascending order is dependencies first.
    let mut groups = list_of(grafted.first_types.len())?;
    groups.extend(grafted.first_types.keys().copied());
    let mut draft = Draft::default();
    for group in groups {
        copy_shape(&mut draft, source, group)?;
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
        let first_type = target.first_type(copy);
        grafted.first_types.insert(group, first_type);
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
