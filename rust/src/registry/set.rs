//! The set of live groups, by key: hash-consing.

use hashbrown::HashTable;

use crate::canon::KeyHash;
use crate::error::BoxResult;
use crate::memory::{push, reserve, reserve_table};

/// How many removals are kept back at the most, and from one hold of the lock to the next memory for
/// how many changes of each kind.
const AT_ONCE: usize = 256;

/// Live groups, each by its key's hash and its first member's slot. Not by its entry: to hold it
/// twice is to count twice at its creation and at its removal.
///
/// A place in a large table is in no cache, and whatever is stored behind a change to it waits. Many
/// places one after the other are asked for at once: so changes are kept back until the hold of the
/// lock ends that they are made under. It saves a load of 1,000,000 types a third of its time.
///
/// Invariants: one of the two lists is empty; whenever the lock is free, both are.
#[derive(Debug)]
pub(super) struct GroupSet {
    table: HashTable<u32>,
    /// What is not in the table yet. There is room for it.
    added: Vec<(KeyHash, u32)>,
    /// What is still in the table, and its slot maybe in use no more.
    removed: Vec<(KeyHash, u32)>,
}

impl GroupSet {
    pub(super) fn new() -> GroupSet {
        GroupSet {
            table: HashTable::new(),
            added: Vec::new(),
            removed: Vec::new(),
        }
    }

    /// How many groups there are.
    pub(super) fn len(&self) -> usize {
        self.table.len() + self.added.len() - self.removed.len()
    }

    /// The first slots of all groups, in no order. Nothing may be kept back.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = u32> {
        debug_assert!(self.is_up_to_date());
        self.table.iter().copied()
    }

    /// The group with this hash that `is` says yes to. One that was added under this hold of the
    /// lock is not found: who adds several knows that they are different.
    pub(super) fn find(&self, hash: KeyHash, is: impl Fn(u32) -> bool) -> Option<u32> {
        debug_assert!(self.removed.is_empty());
        if self.table.is_empty() {
            return None;
        }
        let found = self.table.find(hash.spread(), |&first| is(first));
        found.copied()
    }

    /// Makes room for so many more groups. `hash` tells the hash of one that is there.
    pub(super) fn reserve(&mut self, more: usize, hash: impl Fn(u32) -> KeyHash) -> BoxResult<()> {
        debug_assert!(self.removed.is_empty());
        reserve(&mut self.added, more)?;
        let more = self.added.len() + more;
        if self.table.capacity() - self.table.len() >= more {
            return Ok(());
        }
        reserve_table(&mut self.table, more, |&first| hash(first).spread())
    }

    /// Adds a group, for which there must be room.
    #[inline]
    pub(super) fn add(&mut self, hash: KeyHash, first: u32) {
        debug_assert!(self.removed.is_empty());
        self.added.push((hash, first));
    }

    /// Removes a group, which must be there.
    #[inline]
    pub(super) fn remove(&mut self, hash: KeyHash, first: u32) {
        // A load that is undone removes what it has added.
        if !self.added.is_empty() || self.removed.len() >= AT_ONCE {
            self.catch_up();
        }
        // A removal cannot fail: without memory to keep it back it is made now.
        if push(&mut self.removed, (hash, first)).is_err() {
            self.take_out(hash, first);
        }
    }

    /// Makes the changes that are kept back.
    #[inline]
    pub(super) fn catch_up(&mut self) {
        if !self.is_up_to_date() {
            self.change();
        }
    }

    fn is_up_to_date(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }

    #[inline(never)]
    fn change(&mut self) {
        while let Some((hash, first)) = self.removed.pop() {
            self.take_out(hash, first);
        }
        for (hash, first) in self.added.drain(..) {
            let no_move = |_: &u32| unreachable!("there is room");
            self.table.insert_unique(hash.spread(), first, no_move);
        }
        self.added.shrink_to(AT_ONCE);
    }

    fn take_out(&mut self, hash: KeyHash, first: u32) {
        let found = self.table.find_entry(hash.spread(), |&slot| slot == first);
        debug_assert!(found.is_ok(), "a live group is in the set");
        if let Ok(found) = found {
            found.remove();
        }
    }
}
