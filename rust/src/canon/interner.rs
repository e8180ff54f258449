//! An append-only set of groups with dense identities: a module's own, or that of a question
//! across modules. Knows no lock, no count, no engine.

use hashbrown::HashTable;

use super::{Cursor, Draft, KeyHasher, KeyRef, Known, Member, Meta, Shape};
use crate::error::{BoxResult, Error};
use crate::memory::{expect, reserve, reserve_table};

/// The identity of a type within one [`Interner`]: dense from 0, in order of first appearance.
pub(crate) type TypeId = u32;

/// For how many groups the table has room at first.
const FEW_GROUPS: usize = 14_000;

/// Where a group begins in each list; it ends where the next one begins.
#[derive(Clone, Copy, Debug, Default)]
struct Group {
    first_type: TypeId,
    key: u32,
    holes: u32,
}

/// Groups, each once; the holes in their keys hold [`TypeId`]s.
///
/// Invariant: a group refers to groups of smaller number only, and equal identities are equal
/// types.
#[derive(Debug)]
pub(crate) struct Interner {
    hasher: KeyHasher,
    table: HashTable<u32>,
    /// How many groups there may be.
    expected: usize,
    /// One more than there are groups: the last is where the next one will begin.
    groups: Vec<Group>,
    keys: Vec<u8>,
    holes: Vec<u32>,
    members: Vec<Member>,
    group_of: Vec<u32>,
    ancestors: Vec<TypeId>,
}

impl Interner {
    pub(crate) fn new(hasher: KeyHasher) -> Interner {
        Interner {
            hasher,
            table: HashTable::new(),
            expected: 0,
            groups: vec![Group::default()],
            keys: Vec::new(),
            holes: Vec::new(),
            members: Vec::new(),
            group_of: Vec::new(),
            ancestors: Vec::new(),
        }
    }

    /// Makes room for what is expected, where there is memory for it; nothing depends on it.
    pub(crate) fn expect(&mut self, groups: usize, key_bytes: usize) {
        self.expected = groups;
        expect(&mut self.groups, groups);
        expect(&mut self.members, groups);
        expect(&mut self.keys, key_bytes);
    }

    /// How many distinct groups there are.
    pub(crate) fn group_count(&self) -> u32 {
        self.groups.len() as u32 - 1
    }

    /// How many distinct types there are.
    pub(crate) fn type_count(&self) -> u32 {
        self.members.len() as u32
    }

    /// The identity of a group's first member; its others follow.
    pub(crate) fn first_type(&self, group: u32) -> TypeId {
        self.groups[group as usize].first_type
    }

    pub(crate) fn group_of(&self, id: TypeId) -> u32 {
        self.group_of[id as usize]
    }

    pub(crate) fn position_of(&self, id: TypeId) -> u32 {
        id - self.first_type(self.group_of(id))
    }

    /// The ancestors of a type, the farthest first.
    pub(crate) fn ancestors_of(&self, id: TypeId) -> &[TypeId] {
        let member = &self.members[id as usize];
        let start = member.ancestors as usize;
        &self.ancestors[start..start + usize::from(member.meta.depth)]
    }

    #[inline]
    fn bounds(&self, group: u32) -> [Group; 2] {
        let group = group as usize;
        let [start, end] = self.groups[group..group + 2] else {
            unreachable!("a range of two");
        };
        [start, end]
    }

    #[inline]
    fn key(&self, group: u32) -> &[u8] {
        let [start, end] = self.bounds(group);
        &self.keys[start.key as usize..end.key as usize]
    }

    #[inline]
    pub(crate) fn shape(&self, group: u32) -> Shape<'_> {
        let [start, end] = self.bounds(group);
        Shape {
            key: &self.keys[start.key as usize..end.key as usize],
            members: &self.members[start.first_type as usize..end.first_type as usize],
            holes: &self.holes[start.holes as usize..end.holes as usize],
        }
    }

    /// Adds a validated group, or finds the equal one. The draft must not be empty, and its holes
    /// hold identities of this interner.
    pub(crate) fn intern(&mut self, draft: &Draft) -> BoxResult<u32> {
        let hash = self.hasher.hash(draft.key());
        let known = self
            .table
            .find(hash, |&group| self.key(group) == draft.key());
        if let Some(&group) = known {
            return Ok(group);
        }
        self.reserve(draft)?;
        let group = self.group_count();
        let first_type = self.members.len() as u32;
        let ancestors_start = self.ancestors.len() as u32;
        self.keys.extend_from_slice(draft.key());
        self.holes.extend_from_slice(&draft.holes);
        for member in &draft.members {
            self.group_of.push(group);
            self.members.push(Member {
                ancestors: member.ancestors + ancestors_start,
                ..*member
            });
        }
        for reference in &draft.ancestors {
            self.ancestors.push(match reference {
                KeyRef::Own(position) => first_type + position,
                KeyRef::Outer(id) => *id,
            });
        }
        self.groups.push(Group {
            first_type: self.members.len() as u32,
            key: self.keys.len() as u32,
            holes: self.holes.len() as u32,
        });
        // `reserve` made room: nothing is hashed again.
        self.table
            .insert_unique(hash, group, |_| unreachable!("there is room for one more"));
        Ok(group)
    }

    /// Makes room for one more group, so that adding it cannot fail half-way.
    #[inline]
    fn reserve(&mut self, draft: &Draft) -> BoxResult<()> {
        let types = draft.members.len();
        reserve(&mut self.keys, draft.key().len())?;
        reserve(&mut self.holes, draft.holes.len())?;
        reserve(&mut self.members, types)?;
        reserve(&mut self.group_of, types)?;
        reserve(&mut self.ancestors, draft.ancestors.len())?;
        reserve(&mut self.groups, 1)?;
        if self.table.len() == self.table.capacity() {
            self.grow_table()?;
        }
        // Offsets are kept in 32 bits.
        let fits = |len: usize, more: usize| len + more <= u32::MAX as usize;
        if fits(self.keys.len(), draft.key().len())
            && fits(self.ancestors.len(), draft.ancestors.len())
        {
            Ok(())
        } else {
            Err(Error::out_of_memory(draft.key().len()).into())
        }
    }

    /// Room for a few groups at first, and for all that are expected when it is used up: many
    /// sections repeat a few, and a table larger than the processor's cache is a slow one.
    #[cold]
    #[inline(never)]
    fn grow_table(&mut self) -> BoxResult<()> {
        let groups = match self.table.len() {
            0 => FEW_GROUPS.min(self.expected),
            len => self.expected.saturating_sub(len),
        };
        // Hashes are not kept: they are made again from the keys when the table grows.
        let mut table = std::mem::take(&mut self.table);
        let hash = |&group: &u32| self.hasher.hash(self.key(group));
        let result = reserve_table(&mut table, groups.max(1), hash);
        self.table = table;
        result
    }
}

impl Known for Interner {
    #[inline]
    fn meta(&self, id: TypeId) -> Meta {
        self.members[id as usize].meta
    }

    #[inline]
    fn ancestor(&self, id: TypeId, depth: u8) -> TypeId {
        self.ancestors_of(id)[usize::from(depth)]
    }

    #[inline]
    fn ancestors(&self, id: TypeId) -> impl ExactSizeIterator<Item = TypeId> {
        self.ancestors_of(id).iter().copied()
    }

    #[inline]
    fn member(&self, id: TypeId) -> Cursor<'_> {
        let group = &self.groups[self.group_of(id) as usize];
        let offset = group.key + self.members[id as usize].key_offset;
        Cursor::new(&self.keys, offset as usize)
    }

    fn sibling(&self, id: TypeId, position: u32) -> TypeId {
        self.first_type(self.group_of(id)) + position
    }
}
