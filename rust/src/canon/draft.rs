//! A group on its way in: its key and what is known of each member, in lists that other groups
//! may be in already.

use super::room::Room;
use super::{Cursor, Descent};
use crate::error::BoxResult;
use crate::memory::reserve;
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
    /// Where the member begins in its holder's list of keys.
    pub(crate) key_offset: u32,
    /// Where its ancestors begin in its holder's list of ancestors; `meta.depth` says how many.
    pub(crate) ancestors: u32,
    pub(crate) meta: Meta,
}

/// A group as others may read it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Shape<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) members: &'a [Member],
    /// Where the holes are in `key`: the targets of references to other groups, in order.
    pub(crate) holes: &'a [u32],
}

/// Where a group begins in each list of its holder; it ends where the next one begins.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Start {
    pub(super) member: u32,
    pub(super) key: u32,
    pub(super) hole: u32,
}

/// A group that is being written, by the decoder or from types as data, at the end of the lists of
/// whoever keeps it: written where it will stay, nothing is copied.
///
/// What its members descend from is for validation to find out ([`Descent`](super::Descent)).
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(super) keys: Room<u8>,
    pub(super) holes: Room<u32>,
    pub(super) members: Vec<Member>,
    /// Where the draft begins, behind the groups that are done.
    pub(super) start: Start,
    /// Whether a member declares a supertype or is a continuation: only then is there anything
    /// to validate but references.
    pub(crate) is_related: bool,
}

impl Draft {
    /// Makes it an empty group again and keeps its memory.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.keys.truncate(self.start.key as usize);
        self.members.truncate(self.start.member as usize);
        self.holes.truncate(self.start.hole as usize);
        self.is_related = false;
    }

    /// Makes it one of the groups that are done, and says where the next one begins: behind it.
    #[inline]
    pub(super) fn finish(&mut self) -> Start {
        let end = Start {
            member: self.members.len() as u32,
            key: self.keys.len() as u32,
            hole: self.holes.len() as u32,
        };
        self.start = end;
        self.is_related = false;
        end
    }

    /// Writes down what the members descend from. Their ancestors are in a list of the holder's,
    /// which keeps places in 32 bits, from `start` on. Of a group that is not related, `descent`
    /// need not know.
    pub(crate) fn descend(&mut self, descent: &Descent, start: u32) {
        if !self.is_related {
            return;
        }
        let mut ancestors = start;
        let members = &mut self.members[self.start.member as usize..];
        for (position, member) in (0..).zip(members) {
            member.ancestors = ancestors;
            member.meta.depth = descent.depth(position);
            ancestors += u32::from(member.meta.depth);
        }
    }

    #[inline]
    pub(crate) fn key(&self) -> &[u8] {
        &self.keys.items()[self.start.key as usize..]
    }

    #[inline]
    pub(crate) fn members(&self) -> &[Member] {
        &self.members[self.start.member as usize..]
    }

    #[inline]
    pub(crate) fn shape(&self) -> Shape<'_> {
        Shape {
            key: self.key(),
            members: self.members(),
            holes: &self.holes.items()[self.start.hole as usize..],
        }
    }

    pub(super) fn key_mut(&mut self) -> &mut [u8] {
        &mut self.keys.items_mut()[self.start.key as usize..]
    }

    /// Makes it, an empty one, a copy of a group, but for what the members descend from.
    pub(super) fn copy(&mut self, shape: Shape<'_>) -> BoxResult<()> {
        self.keys.extend(shape.key)?;
        self.holes.extend(shape.holes)?;
        reserve(&mut self.members, shape.members.len())?;
        for (member, offset) in shape.members.iter().zip(shape.key_offsets()) {
            self.is_related |= member.meta.depth > 0 || member.meta.kind == Kind::Cont;
            self.members.push(Member {
                key_offset: self.start.key + offset,
                ..*member
            });
        }
        Ok(())
    }

    /// A cursor at the member at `position`.
    pub(crate) fn member(&self, position: u32) -> Cursor<'_> {
        self.shape().member(position)
    }
}

impl<'a> Shape<'a> {
    /// Where the members begin in the key, in turn.
    #[inline]
    pub(crate) fn key_offsets(self) -> impl Iterator<Item = u32> + Clone + 'a {
        let start = self.members.first().map_or(0, |member| member.key_offset);
        let offset = move |member: &Member| member.key_offset - start;
        self.members.iter().map(offset)
    }

    /// A cursor at the member at `position`.
    #[inline]
    pub(crate) fn member(self, position: u32) -> Cursor<'a> {
        let offset = self.members[position as usize].key_offset - self.members[0].key_offset;
        Cursor::new(&self.key[offset as usize..])
    }
}
