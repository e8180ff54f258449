//! An append-only set of groups with dense identities: a module's own, or that of a question
//! across modules. Knows no lock, no count, no engine.

use hashbrown::HashTable;

use super::{Cursor, Draft, KeyHasher, KeyRef, Known, Member, Meta, Shape};
use crate::error::{Error, Result};

/// The identity of a type within one [`Interner`]: dense from 0, in order of first appearance.
pub(crate) type TypeId = u32;

#[derive(Debug)]
struct Group {
    hash: u64,
    first_type: TypeId,
    key_start: u32,
    holes_start: u32,
}

/// Groups, each once; the holes in their keys hold [`TypeId`]s.
///
/// Invariant: a group refers to groups of smaller number only, and equal identities are equal
/// types.
#[derive(Debug)]
pub(crate) struct Interner {
    hasher: KeyHasher,
    table: HashTable<u32>,
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
            groups: Vec::new(),
            keys: Vec::new(),
            holes: Vec::new(),
            members: Vec::new(),
            group_of: Vec::new(),
            ancestors: Vec::new(),
        }
    }

    /// Makes room for what is expected, where there is memory for it; nothing depends on it.
    pub(crate) fn expect(&mut self, groups: usize, key_bytes: usize) {
        let hashes = &self.groups;
        let _ = self
            .table
            .try_reserve(groups, |&group| hashes[group as usize].hash);
        let _ = self.groups.try_reserve(groups);
        let _ = self.members.try_reserve(groups);
        let _ = self.group_of.try_reserve(groups);
        let _ = self.keys.try_reserve(key_bytes);
    }

    /// How many distinct groups there are.
    pub(crate) fn group_count(&self) -> u32 {
        self.groups.len() as u32
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

    pub(crate) fn shape(&self, group: u32) -> Shape<'_> {
        let index = group as usize;
        let this = &self.groups[index];
        let (key_end, holes_end, types_end) = match self.groups.get(index + 1) {
            Some(next) => (next.key_start, next.holes_start, next.first_type),
            None => (
                self.keys.len() as u32,
                self.holes.len() as u32,
                self.members.len() as u32,
            ),
        };
        Shape {
            key: &self.keys[this.key_start as usize..key_end as usize],
            members: &self.members[this.first_type as usize..types_end as usize],
            holes: &self.holes[this.holes_start as usize..holes_end as usize],
        }
    }

    /// Adds a validated group, or finds the equal one. The draft must not be empty, and its holes
    /// hold identities of this interner.
    pub(crate) fn intern(&mut self, draft: &Draft) -> Result<u32> {
        let hash = self.hasher.hash(draft.key());
        if let Some(&group) = self.table.find(hash, |&group| {
            self.groups[group as usize].hash == hash && self.shape(group).key == draft.key()
        }) {
            return Ok(group);
        }
        self.reserve(draft)?;
        let group = self.groups.len() as u32;
        let first_type = self.members.len() as u32;
        let ancestors_start = self.ancestors.len() as u32;
        self.groups.push(Group {
            hash,
            first_type,
            key_start: self.keys.len() as u32,
            holes_start: self.holes.len() as u32,
        });
        self.keys.extend_from_slice(draft.key());
        self.holes.extend_from_slice(&draft.holes);
        self.members
            .extend(draft.members.iter().map(|member| Member {
                ancestors: member.ancestors + ancestors_start,
                ..*member
            }));
        self.group_of.resize(self.members.len(), group);
        self.ancestors
            .extend(draft.ancestors.iter().map(|reference| match reference {
                KeyRef::Own(position) => first_type + position,
                KeyRef::Outer(id) => *id,
            }));
        let groups = &self.groups;
        self.table
            .insert_unique(hash, group, |&group| groups[group as usize].hash);
        Ok(group)
    }

    /// Makes room for one more group, so that adding it cannot fail half-way.
    fn reserve(&mut self, draft: &Draft) -> Result<()> {
        let types = draft.members.len();
        let room = self.keys.try_reserve(draft.key().len()).is_ok()
            && self.holes.try_reserve(draft.holes.len()).is_ok()
            && self.members.try_reserve(types).is_ok()
            && self.group_of.try_reserve(types).is_ok()
            && self.ancestors.try_reserve(draft.ancestors.len()).is_ok()
            && self.groups.try_reserve(1).is_ok();
        let groups = &self.groups;
        let room = room
            && self
                .table
                .try_reserve(1, |&group| groups[group as usize].hash)
                .is_ok();
        // Offsets are kept in 32 bits.
        let fits = |len: usize, more: usize| len + more <= u32::MAX as usize;
        if room
            && fits(self.keys.len(), draft.key().len())
            && fits(self.ancestors.len(), draft.ancestors.len())
        {
            Ok(())
        } else {
            Err(Error::out_of_memory(draft.key().len()))
        }
    }
}

impl Known for Interner {
    fn meta(&self, id: TypeId) -> Meta {
        self.members[id as usize].meta
    }

    fn ancestor(&self, id: TypeId, depth: u8) -> TypeId {
        self.ancestors_of(id)[usize::from(depth)]
    }

    fn member(&self, id: TypeId) -> Cursor<'_> {
        let shape = self.shape(self.group_of(id));
        let member = &self.members[id as usize];
        Cursor::new(shape.key, member.key_offset as usize)
    }

    fn sibling(&self, id: TypeId, position: u32) -> TypeId {
        self.first_type(self.group_of(id)) + position
    }
}
