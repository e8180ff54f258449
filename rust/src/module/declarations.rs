//! What a type section declares: which type each index is, and which of them make a group.

use std::ops::Range;

use crate::canon::TypeId;
use crate::error::BoxResult;
use crate::memory::{expect, push, reserve};

/// Declared groups in order, each of types with successive identities.
#[derive(Debug, Default)]
pub(crate) struct Declarations {
    /// By type index: its identity in the section's interner.
    ids: Vec<TypeId>,
    /// The groups that are not of one type, in order. In real modules they are few, and what is
    /// written down for each group, and read for each registration, is a good part of the cost.
    uneven: Vec<Uneven>,
}

/// A group of several types, or of none.
#[derive(Clone, Copy, Debug)]
struct Uneven {
    /// Its number among all groups.
    group: u32,
    /// The type index of its first member; of an empty group, where the next one begins.
    start: u32,
    end: u32,
}

/// The groups that are not empty, in order, each by the identity of its first type.
#[derive(Clone, Debug)]
pub(crate) struct FirstIds<'a> {
    ids: &'a [TypeId],
    uneven: &'a [Uneven],
    /// The type index of the next group's first member.
    next: usize,
    /// Where the next group begins that is of several types, or the types end. Up to there all are
    /// of one.
    stop: usize,
    /// How many of the groups that are not of one type come before that.
    passed: usize,
}

impl Declarations {
    /// Makes room for what is expected, where there is memory for it; nothing depends on it.
    pub(super) fn expect(&mut self, types: usize) {
        expect(&mut self.ids, types);
    }

    /// Adds a group of so many types, the first of which has this identity.
    #[inline]
    pub(crate) fn add(&mut self, size: u32, first: TypeId) -> BoxResult<()> {
        if size == 1 {
            push(&mut self.ids, first)
        } else {
            self.add_uneven(size, first)
        }
    }

    #[cold]
    #[inline(never)]
    fn add_uneven(&mut self, size: u32, first: TypeId) -> BoxResult<()> {
        let start = self.type_count();
        let uneven = Uneven {
            group: self.group_count(),
            start,
            end: start + size,
        };
        reserve(&mut self.ids, size as usize)?;
        push(&mut self.uneven, uneven)?;
        self.ids.extend(first..first + size);
        Ok(())
    }

    /// Takes back all types from this one on, each of which is a group.
    pub(super) fn truncate(&mut self, types: usize) {
        self.ids.truncate(types);
    }

    #[inline]
    pub(crate) fn ids(&self) -> &[TypeId] {
        &self.ids
    }

    pub(crate) fn type_count(&self) -> u32 {
        self.ids.len() as u32
    }

    pub(crate) fn group_count(&self) -> u32 {
        match self.uneven.last() {
            None => self.type_count(),
            Some(last) => last.group + 1 + (self.type_count() - last.end),
        }
    }

    /// Whether most types are not the first ones of their groups.
    pub(crate) fn are_groups_large(&self) -> bool {
        self.type_count() / 2 > self.group_count()
    }

    /// The identities of the first types of all groups that are not empty, in order.
    #[inline]
    pub(crate) fn first_ids(&self) -> FirstIds<'_> {
        let mut first_ids = FirstIds {
            ids: &self.ids,
            uneven: &self.uneven,
            next: 0,
            stop: 0,
            passed: 0,
        };
        first_ids.find_stop();
        first_ids
    }

    /// The type indices of all groups, in order.
    pub(super) fn ranges(&self) -> impl ExactSizeIterator<Item = Range<u32>> {
        let mut uneven = self.uneven.iter().peekable();
        let mut next = 0;
        (0..self.group_count()).map(move |group| {
            let listed = uneven.next_if(|uneven| uneven.group == group);
            let range = listed.map_or(next..next + 1, |uneven| uneven.start..uneven.end);
            next = range.end;
            range
        })
    }

    /// The type indices of a group. Logarithmic in the number of groups that are not of one type.
    pub(super) fn group(&self, group: u32) -> Option<Range<u32>> {
        (group < self.group_count()).then(|| self.range(group))
    }

    fn range(&self, group: u32) -> Range<u32> {
        let behind = self.uneven.partition_point(|uneven| uneven.group <= group);
        match self.uneven[..behind].last() {
            None => group..group + 1,
            Some(uneven) if uneven.group == group => uneven.start..uneven.end,
            Some(before) => {
                let start = before.end + (group - before.group - 1);
                start..start + 1
            }
        }
    }

    /// The type indices of the group that a type belongs to.
    pub(super) fn group_around(&self, index: u32) -> Range<u32> {
        // Empty groups begin where the next one does, and stand before it.
        let behind = self.uneven.partition_point(|uneven| uneven.start <= index);
        match self.uneven[..behind].last() {
            Some(uneven) if index < uneven.end => uneven.start..uneven.end,
            _ => index..index + 1,
        }
    }
}

impl Uneven {
    fn is_empty(&self) -> bool {
        self.start == self.end
    }
}

impl FirstIds<'_> {
    /// The next group's first type.
    #[inline]
    pub(crate) fn peek(&self) -> Option<TypeId> {
        self.ids.get(self.next).copied()
    }

    /// Passes over the next group, which must be there.
    #[inline]
    pub(crate) fn advance(&mut self) {
        if self.next < self.stop {
            self.next += 1;
        } else {
            self.pass_uneven();
        }
    }

    #[cold]
    #[inline(never)]
    fn pass_uneven(&mut self) {
        self.next = self.uneven[self.passed].end as usize;
        self.passed += 1;
        self.find_stop();
    }

    fn find_stop(&mut self) {
        let left = &self.uneven[self.passed..];
        self.passed += left.iter().take_while(|group| group.is_empty()).count();
        let group = self.uneven.get(self.passed);
        self.stop = group.map_or(self.ids.len(), |group| group.start as usize);
    }

    /// The groups that were passed over, the last one first.
    pub(crate) fn passed(self) -> impl Iterator<Item = TypeId> {
        let FirstIds { ids, uneven, .. } = self;
        let (mut end, mut left) = (self.next, &uneven[..self.passed]);
        std::iter::from_fn(move || {
            let empty = left.iter().rev().take_while(|group| group.is_empty());
            left = &left[..left.len() - empty.count()];
            match left.split_last() {
                Some((group, before)) if group.end as usize == end => {
                    left = before;
                    end = group.start as usize;
                }
                _ => end = end.checked_sub(1)?,
            }
            Some(ids[end])
        })
    }
}

impl Iterator for FirstIds<'_> {
    type Item = TypeId;

    #[inline]
    fn next(&mut self) -> Option<TypeId> {
        let id = self.peek()?;
        self.advance();
        Some(id)
    }
}
