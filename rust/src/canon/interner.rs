//! An append-only set of groups with dense identities: a module's own, or that of a question
//! across modules. Knows no lock, no count, no engine.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::assumed::Assumed;
use super::draft::Start;
use super::key::Key;
use super::spellings::Words;
use super::{Cursor, Descent, Draft, KeyHasher, KeyRef, Known, Member, Meta, Shape};
use crate::error::{BoxResult, Error};
use crate::memory::{expect, reserve, reserve_table};

/// The identity of a type within one [`Interner`]: dense from 0, in order of first appearance.
pub(crate) type TypeId = u32;

/// For how many groups the table has room at first.
const FEW_GROUPS: usize = 14_000;

/// Groups, each once; their keys refer to [`TypeId`]s. The next one is written where it
/// will stay, behind the others.
///
/// Invariant: a group refers to groups of smaller number only, and equal identities are equal
/// types.
#[derive(Debug)]
pub(crate) struct Interner {
    pub(super) hasher: KeyHasher,
    pub(super) table: HashTable<u32>,
    /// How many groups there may be.
    expected: usize,
    /// One more than there are groups: the last is where the draft begins.
    pub(super) starts: Vec<Start>,
    pub(super) draft: Draft,
    ancestors: Vec<TypeId>,
    /// How many groups were new since the last that was not.
    pub(super) run: u32,
    /// The last groups, as many as are assumed to be new: the table does not know them.
    pub(super) assumed: Vec<Assumed>,
}

impl Interner {
    pub(crate) fn new(hasher: KeyHasher) -> Interner {
        Interner {
            hasher,
            table: HashTable::new(),
            expected: 0,
            starts: vec![Start::default()],
            draft: Draft::default(),
            ancestors: Vec::new(),
            run: 0,
            assumed: Vec::new(),
        }
    }

    /// Makes room for what is expected, where there is memory for it; nothing depends on it.
    pub(crate) fn expect(&mut self, groups: usize, types: usize, spelling: usize, targets: usize) {
        self.expected = self.group_count() as usize + groups;
        expect(&mut self.starts, groups);
        expect(&mut self.draft.members, types);
        self.draft.spellings.expect(spelling);
        self.draft.targets.expect(targets);
    }

    /// How many distinct groups there are.
    pub(crate) fn group_count(&self) -> u32 {
        self.starts.len() as u32 - 1
    }

    /// How many distinct types there are.
    pub(crate) fn type_count(&self) -> u32 {
        self.draft.start.member
    }

    /// The identity of a group's first member; its others follow.
    pub(crate) fn first_type(&self, group: u32) -> TypeId {
        self.starts[group as usize].member
    }

    pub(crate) fn group_of(&self, id: TypeId) -> u32 {
        self.draft.members[id as usize].group
    }

    pub(crate) fn position_of(&self, id: TypeId) -> u32 {
        id - self.first_type(self.group_of(id))
    }

    /// The ancestors of a type, the farthest first.
    pub(crate) fn ancestors_of(&self, id: TypeId) -> &[TypeId] {
        let member = &self.draft.members[id as usize];
        let start = member.ancestors as usize;
        &self.ancestors[start..start + usize::from(member.meta.depth)]
    }

    #[inline]
    pub(crate) fn shape(&self, group: u32) -> Shape<'_> {
        shape(&self.starts, &self.draft, group)
    }

    /// Where the next group is written.
    pub(crate) fn draft(&self) -> &Draft {
        &self.draft
    }

    /// Where the next group is written, to write it: empty, whatever was cut short before. It
    /// refers to identities of this interner.
    #[inline]
    pub(crate) fn draft_mut(&mut self) -> &mut Draft {
        if !self.draft.is_empty() {
            self.draft.clear();
        }
        &mut self.draft
    }

    /// Adds the group in the draft, which is valid and not empty, or finds the equal one, and tells
    /// its first type. Then the draft is empty again.
    ///
    /// What can fail comes before the first change. Whatever was assumed must have been verified.
    #[inline(always)]
    pub(crate) fn intern(&mut self, descent: &Descent) -> BoxResult<TypeId> {
        reserve(&mut self.starts, 1)?;
        if self.draft.is_related {
            self.reserve_ancestors(descent.ancestors())?;
        }
        if self.table.len() == self.table.capacity() {
            self.grow_table(1)?;
        }
        debug_assert_eq!(self.draft.group, self.group_count());
        debug_assert!(self.assumed.is_empty());
        let (starts, draft) = (&self.starts, &mut self.draft);
        let key = draft.key_by_words();
        let hash = self.hasher.hash_words(key);
        let entry = self.table.entry(
            hash,
            |&group| key_by_words(starts, draft, group) == key,
            |_| unreachable!("there is room for one more"),
        );
        match entry {
            Entry::Occupied(known) => {
                let group = *known.get();
                draft.clear();
                self.run = 0;
                return Ok(starts[group as usize].member);
            }
            Entry::Vacant(place) => place.insert(draft.group),
        };
        self.run += 1;
        let first_type = draft.start.member;
        if draft.is_related {
            keep_lineages(&mut draft.members, first_type, descent, &mut self.ancestors);
        }
        self.starts.push(draft.finish());
        Ok(first_type)
    }

    #[inline]
    fn reserve_ancestors(&mut self, more: usize) -> BoxResult<()> {
        // Offsets are kept in 32 bits.
        if self.ancestors.len() + more > u32::MAX as usize {
            return Err(Error::out_of_memory(more).into());
        }
        reserve(&mut self.ancestors, more)
    }

    /// Room for so many groups at the least; for a few at first, and for all that are expected when it
    /// is used up: many sections repeat a few, and a table larger than the processor's cache is a
    /// slow one.
    #[cold]
    #[inline(never)]
    pub(super) fn grow_table(&mut self, least: usize) -> BoxResult<()> {
        let groups = match self.table.len() {
            0 => FEW_GROUPS.min(self.expected),
            len => self.expected.saturating_sub(len),
        };
        // Hashes are not kept: they are made again from the keys when the table grows.
        let mut table = std::mem::take(&mut self.table);
        let hash = |&group: &u32| {
            let key = key_by_words(&self.starts, &self.draft, group);
            self.hasher.hash_words(key)
        };
        let result = reserve_table(&mut table, groups.max(least), hash);
        self.table = table;
        result
    }
}

impl Known for Interner {
    #[inline]
    fn meta(&self, id: TypeId) -> Meta {
        self.draft.members[id as usize].meta
    }

    #[inline]
    fn ancestor(&self, id: TypeId, depth: u8) -> TypeId {
        self.ancestors_of(id)[usize::from(depth)]
    }

    #[inline]
    fn member(&self, id: TypeId) -> Cursor<'_> {
        let member = &self.draft.members[id as usize];
        let keys = self.draft.keys();
        Cursor::new(keys.behind(member.spelling, member.targets))
    }

    fn sibling(&self, id: TypeId, position: u32) -> TypeId {
        self.first_type(self.group_of(id)) + position
    }
}

/// Adds the ancestors of a new group's members to the list, where there is room for them, and
/// writes down where they are: for each its supertype's, and the supertype.
#[inline(never)]
fn keep_lineages(
    members: &mut [Member],
    first: TypeId,
    descent: &Descent,
    ancestors: &mut Vec<TypeId>,
) {
    for position in 0..members.len() as u32 - first {
        let start = ancestors.len() as u32;
        let depth = descent.depth(position);
        if let Some(supertype) = descent.supertype(position) {
            let supertype = match supertype {
                KeyRef::Own(position) => first + position,
                KeyRef::Outer(id) => id,
            };
            let from = members[supertype as usize].ancestors as usize;
            ancestors.extend_from_within(from..from + usize::from(depth) - 1);
            ancestors.push(supertype);
        }
        let member = &mut members[(first + position) as usize];
        member.ancestors = start;
        member.meta.depth = depth;
    }
}

/// The key of a group, its spelling by words.
#[inline(always)]
pub(super) fn key_by_words<'a>(
    starts: &[Start],
    draft: &'a Draft,
    group: u32,
) -> Key<'a, Words<'a>> {
    let [start, end] = bounds(starts, group);
    Key {
        spelling: draft.spellings.words(start.spelling, end.spelling),
        targets: &draft.targets.items()[start.target as usize..end.target as usize],
    }
}

#[inline(always)]
fn shape<'a>(starts: &[Start], draft: &'a Draft, group: u32) -> Shape<'a> {
    let [start, end] = bounds(starts, group);
    Shape {
        key: Key {
            spelling: &draft.spellings.bytes()[start.spelling as usize..end.spelling as usize],
            targets: &draft.targets.items()[start.target as usize..end.target as usize],
        },
        members: &draft.members[start.member as usize..end.member as usize],
    }
}

/// Where a group begins and ends.
#[inline(always)]
fn bounds(starts: &[Start], group: u32) -> [Start; 2] {
    let group = group as usize;
    let [start, end] = starts[group..group + 2] else {
        unreachable!("a range of two");
    };
    [start, end]
}
