//! What a type section declares: which type each index is, and which of them make a group.

use std::num::NonZeroU32;
use std::ops::Range;

use crate::canon::TypeId;
use crate::error::BoxResult;
use crate::memory::{expect, push};

/// Declared groups in order, each of types with successive identities.
#[derive(Debug, Default)]
pub(crate) struct Declarations {
    /// By type index: its identity in the section's interner.
    ids: Vec<TypeId>,
    /// The groups, unless each is of one type: what is written down for each type is a good part of
    /// what decoding costs, and most modules without recursion groups need no more than `ids`.
    groups: Option<Vec<Group>>,
    expected_groups: usize,
}

/// One declaration of a group. Beside where it is, it keeps what is asked for each time that a
/// module is registered or unregistered: to look that up by way of the types would be one list
/// more to go through.
#[derive(Clone, Copy, Debug)]
struct Group {
    /// The type index of its first member; of an empty group, where the next one begins.
    first_type: u32,
    /// One more than the identity of its first member, so that the common case takes no more room.
    first_id: Option<NonZeroU32>,
}

impl Group {
    #[inline]
    fn new(first_type: u32, first_id: Option<TypeId>) -> Group {
        Group {
            first_type,
            first_id: first_id.and_then(|id| NonZeroU32::new(id + 1)),
        }
    }

    #[inline]
    fn first_id(self) -> Option<TypeId> {
        self.first_id.map(|id| id.get() - 1)
    }
}

impl Declarations {
    /// Makes room for what is expected, where there is memory for it; nothing depends on it.
    pub(super) fn expect(&mut self, groups: usize, types: usize) {
        self.expected_groups = groups;
        expect(&mut self.ids, types);
    }

    /// Adds a group of so many types, the first of which has this identity.
    #[inline]
    pub(crate) fn add(&mut self, size: u32, first: TypeId) -> BoxResult<()> {
        if size != 1 && self.groups.is_none() {
            self.list_groups()?;
        }
        if let Some(groups) = &mut self.groups {
            let first_id = (size > 0).then_some(first);
            push(groups, Group::new(self.ids.len() as u32, first_id))?;
        }
        for position in 0..size {
            push(&mut self.ids, first + position)?;
        }
        Ok(())
    }

    /// Lists all groups, which are of one type each.
    #[cold]
    fn list_groups(&mut self) -> BoxResult<()> {
        let mut groups = Vec::new();
        expect(&mut groups, self.expected_groups);
        for (first_type, &id) in (0..).zip(&self.ids) {
            push(&mut groups, Group::new(first_type, Some(id)))?;
        }
        self.groups = Some(groups);
        Ok(())
    }

    #[inline]
    pub(crate) fn ids(&self) -> &[TypeId] {
        &self.ids
    }

    pub(crate) fn type_count(&self) -> u32 {
        self.ids.len() as u32
    }

    pub(crate) fn group_count(&self) -> u32 {
        match &self.groups {
            None => self.type_count(),
            Some(groups) => groups.len() as u32,
        }
    }

    /// Whether most types are not the first ones of their groups.
    pub(crate) fn are_groups_large(&self) -> bool {
        self.type_count() / 2 > self.group_count()
    }

    /// The identity of a group's first type; `None` for an empty group. The group must be there.
    #[inline]
    pub(crate) fn first_id(&self, group: u32) -> Option<TypeId> {
        match &self.groups {
            None => Some(self.ids[group as usize]),
            Some(groups) => groups[group as usize].first_id(),
        }
    }

    /// The identities of the first types of all groups that are not empty, in order.
    #[inline]
    pub(crate) fn first_ids(&self) -> impl Iterator<Item = TypeId> {
        let (alone, listed) = match &self.groups {
            None => (&self.ids[..], &[][..]),
            Some(groups) => (&[][..], &groups[..]),
        };
        let listed = listed.iter().filter_map(|group| group.first_id());
        alone.iter().copied().chain(listed)
    }

    /// The type indices of a group.
    pub(super) fn group(&self, group: u32) -> Option<Range<u32>> {
        (group < self.group_count()).then(|| self.range(group))
    }

    fn range(&self, group: u32) -> Range<u32> {
        let Some(groups) = &self.groups else {
            return group..group + 1;
        };
        let next = groups.get(group as usize + 1);
        let end = next.map_or(self.type_count(), |next| next.first_type);
        groups[group as usize].first_type..end
    }

    /// The type indices of the group that a type belongs to.
    pub(super) fn group_around(&self, index: u32) -> Range<u32> {
        let Some(groups) = &self.groups else {
            return index..index + 1;
        };
        // Empty groups begin where the next one does, and stand before it.
        let behind = groups.partition_point(|group| group.first_type <= index);
        let group = behind.checked_sub(1).expect("the first group begins at 0");
        self.range(group as u32)
    }
}
