//! From a valid group's key to a closed group.

use std::collections::HashMap;

use super::{Cursor, Digester, Key, KeyRef};
use crate::error::{Error, Result};
use crate::memory::{list_of, push, reserve_map};
use crate::sync::Arc;
use crate::types::{ClosedIndex, DefGroup, DefType, RecGroup};

/// The closed group of `members` types whose key this is. `outer` tells which closed type a
/// target is; it is asked once for each number. Linear in the key.
pub(crate) fn close(
    key: Key<'_>,
    members: u32,
    mut outer: impl FnMut(u32) -> DefType,
) -> Result<Arc<DefGroup>> {
    let mut children: Vec<DefType> = Vec::new();
    let mut numbers = HashMap::new();
    let mut cursor = Cursor::new(key);
    let mut closed = list_of(members as usize)?;
    for _ in 0..members {
        closed.push(cursor.sub_type().try_map(&mut |reference| {
            Ok::<_, Error>(match *reference {
                KeyRef::Own(position) => ClosedIndex::Own(position),
                KeyRef::Outer(id) => ClosedIndex::Child(match numbers.get(&id) {
                    Some(&number) => number,
                    None => {
                        reserve_map(&mut numbers, 1)?;
                        let number = children.len() as u32;
                        push(&mut children, outer(id))?;
                        numbers.insert(id, number);
                        number
                    }
                }),
            })
        })?);
    }
    let digest = Digester::default().group(key, members, |id| {
        let child = &children[numbers[&id] as usize];
        (child.group_digest(), child.position())
    })?;
    let members = RecGroup::new(closed);
    Ok(Arc::new(DefGroup::new(members, children, digest)))
}
