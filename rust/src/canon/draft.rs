//! A group on its way in: its key and what is known of each member, in lists that other groups
//! may be in already.

use super::key::{Key, Target};
use super::room::Room;
use super::spellings::{Spellings, Words};
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
    /// Where the member begins in its holder's list of spellings.
    pub(crate) spelling: u32,
    /// Where its references to other groups begin in its holder's list of targets.
    pub(crate) targets: u32,
    /// Where its ancestors begin in its holder's list of ancestors; `meta.depth` says how many.
    pub(crate) ancestors: u32,
    /// The number of its group among its holder's.
    pub(super) group: u32,
    pub(crate) meta: Meta,
}

/// A group as others may read it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Shape<'a> {
    pub(crate) key: Key<'a>,
    pub(crate) members: &'a [Member],
}

/// Where a group begins in each list of its holder; it ends where the next one begins.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Start {
    pub(super) member: u32,
    pub(super) spelling: u32,
    pub(super) target: u32,
}

/// A group that is being written, by the decoder or from types as data, at the end of the lists of
/// whoever keeps it: written where it will stay, nothing is copied.
///
/// What its members descend from is for validation to find out ([`Descent`](super::Descent)).
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(super) spellings: Spellings,
    pub(super) targets: Room<Target>,
    pub(super) members: Vec<Member>,
    /// Where the draft begins, behind the groups that are done.
    pub(super) start: Start,
    /// How many those are.
    pub(super) group: u32,
    /// Whether a member declares a supertype or is a continuation: only then is there anything
    /// to validate but references.
    pub(crate) is_related: bool,
}

impl Draft {
    /// Whether nothing is written: a member comes before what spells it.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.members.len() == self.start.member as usize
    }

    /// Makes it an empty group again and keeps its memory.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.spellings.truncate(self.start.spelling as usize);
        self.targets.truncate(self.start.target as usize);
        self.members.truncate(self.start.member as usize);
        self.is_related = false;
    }

    /// Makes it one of the groups that are done, and says where the next one begins: behind it.
    #[inline]
    pub(super) fn finish(&mut self) -> Start {
        let end = Start {
            member: self.members.len() as u32,
            spelling: self.spellings.len() as u32,
            target: self.targets.len() as u32,
        };
        self.start = end;
        self.group += 1;
        self.is_related = false;
        end
    }

    /// Writes down how deep the members stand. Of a group that is not related, `descent` need not
    /// know.
    pub(crate) fn descend(&mut self, descent: &Descent) {
        if !self.is_related {
            return;
        }
        let members = &mut self.members[self.start.member as usize..];
        for (position, member) in (0..).zip(members) {
            member.meta.depth = descent.depth(position);
        }
    }

    /// The keys of all groups in the lists, one behind the other.
    #[inline]
    pub(super) fn keys(&self) -> Key<'_> {
        Key {
            spelling: self.spellings.bytes(),
            targets: self.targets.items(),
        }
    }

    #[inline]
    pub(crate) fn key(&self) -> Key<'_> {
        let Start {
            spelling, target, ..
        } = self.start;
        self.keys().behind(spelling, target)
    }

    /// Its key, the spelling by words.
    #[inline(always)]
    pub(super) fn key_by_words(&self) -> Key<'_, Words<'_>> {
        let end = self.spellings.len() as u32;
        Key {
            spelling: self.spellings.words(self.start.spelling, end),
            targets: &self.targets.items()[self.start.target as usize..],
        }
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
        }
    }

    pub(super) fn targets_mut(&mut self) -> &mut [Target] {
        &mut self.targets.items_mut()[self.start.target as usize..]
    }

    /// Makes it, an empty one, a copy of a group, but for what the members descend from.
    pub(super) fn copy(&mut self, shape: Shape<'_>) -> BoxResult<()> {
        reserve(&mut self.members, shape.members.len())?;
        for (member, (spelling, targets)) in shape.members.iter().zip(shape.places()) {
            self.is_related |= member.meta.depth > 0 || member.meta.kind == Kind::Cont;
            self.members.push(Member {
                spelling: self.start.spelling + spelling,
                targets: self.start.target + targets,
                group: self.group,
                ..*member
            });
        }
        self.spellings.add(shape.key.spelling)?;
        self.targets.extend(shape.key.targets)
    }

    /// A cursor at the member at `position`.
    pub(crate) fn member(&self, position: u32) -> Cursor<'_> {
        self.shape().member(position)
    }
}

impl<'a> Shape<'a> {
    /// Where the members begin in the key, in turn: in its spelling, and in its targets.
    #[inline]
    pub(crate) fn places(self) -> impl Iterator<Item = (u32, u32)> + 'a {
        (0..self.members.len()).map(move |position| self.place(position))
    }

    #[inline]
    fn place(self, position: usize) -> (u32, u32) {
        let (first, member) = (&self.members[0], &self.members[position]);
        let spelling = member.spelling - first.spelling;
        (spelling, member.targets - first.targets)
    }

    /// A cursor at the member at `position`.
    #[inline]
    pub(crate) fn member(self, position: u32) -> Cursor<'a> {
        let (spelling, targets) = self.place(position as usize);
        Cursor::new(self.key.behind(spelling, targets))
    }
}
