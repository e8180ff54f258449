//! A group on its way in: its key and what is known of each member, in buffers that are reused.

use super::{Cursor, KeyRef};
use crate::types::Kind;

/// What is asked of a type most: its kind, whether it is final, how deep it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) kind: Kind,
    pub(crate) is_final: bool,
    /// The number of declared ancestors.
    pub(crate) depth: u8,
}

/// A member of a group, beside the group's key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    /// Where the member begins in its group's key.
    pub(crate) key_offset: u32,
    /// Where its ancestors begin in its holder's list of ancestors; `meta.depth` says how many.
    pub(crate) ancestors: u32,
    pub(crate) meta: Meta,
}

/// A group as others may read it.
#[derive(Clone, Copy)]
pub(crate) struct Shape<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) members: &'a [Member],
    /// Where the holes are in `key`: the targets of references to other groups, in order.
    pub(crate) holes: &'a [u32],
}

/// A group being built, by the decoder or from a hand-built group.
///
/// Ancestors and depths are filled in by validation, which looks at the groups referred to.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    /// The key up to `len`, then zeros that are there to be written over.
    pub(super) bytes: Vec<u8>,
    pub(super) len: usize,
    pub(crate) members: Vec<Member>,
    pub(crate) holes: Vec<u32>,
    /// Whether a member declares a supertype or is a continuation: only then is there anything
    /// to validate but references.
    pub(crate) is_related: bool,
    /// The ancestors of all members, the farthest first within each.
    pub(crate) ancestors: Vec<KeyRef>,
}

impl Draft {
    /// Makes it an empty group again and keeps its memory.
    pub(crate) fn clear(&mut self) {
        self.len = 0;
        self.members.clear();
        self.holes.clear();
        self.ancestors.clear();
        self.is_related = false;
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    pub(crate) fn key_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.len]
    }

    pub(super) fn set_key(&mut self, key: &[u8]) {
        self.bytes.clear();
        self.bytes.extend_from_slice(key);
        self.len = key.len();
    }

    /// A cursor at the member at `position`.
    pub(crate) fn member(&self, position: u32) -> Cursor<'_> {
        let offset = self.members[position as usize].key_offset;
        Cursor::new(self.key(), offset as usize)
    }

    /// The recorded ancestors of the member at `position`, the farthest first.
    pub(crate) fn ancestors_of(&self, position: u32) -> &[KeyRef] {
        let member = &self.members[position as usize];
        let start = member.ancestors as usize;
        &self.ancestors[start..start + usize::from(member.meta.depth)]
    }
}
