//! What the lock guards: the set of groups, the slab, the drop stack.

use slab::Slab;

use super::digests::Digests;
use super::entry::{Entry, EntryBuilder};
use super::events::{Journal, Operation};
use super::layout::Ancestry;
use super::set::GroupSet;
use crate::canon::{Cursor, Key, KeyHash, Known, Meta, Shape, Target};
use crate::error::BoxResult;
use crate::memory::push;
use crate::types::{EngineId, SharedTypeIndex};

/// A slot of the slab: one member of one group.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) entry: Entry,
    pub(super) position: u32,
}

/// What a slot of the slab costs, whatever it holds.
const SLOT_BYTES: u64 = size_of::<Slot>() as u64;
/// What an entry costs in the set: a slot's number and a control byte.
const SET_BYTES: u64 = size_of::<u32>() as u64 + 1;

/// Invariants, whenever the lock is free: the set knows each entry in the slab by its first
/// member's slot, and no other; each has `removed` unset; whatever its key refers to is in the slab;
/// the drop stack is empty.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) set: GroupSet,
    pub(super) slots: Slab<Slot>,
    /// The first slots of entries that were seen at zero registrations and wait for a second look.
    /// A stack of its own instead of recursion: chains of types are as long as a guest wants.
    ///
    /// It lives within one hold of the lock. An entry on it is at zero, and whoever raises it from
    /// there or removes it must have the lock: so its slot stays its own until it is popped.
    drop_stack: Vec<u32>,
    /// Whether an entry may be at zero that is not on the stack, for want of memory.
    stack_was_full: bool,
    pub(super) placeholder: Entry,
    pub(super) builder: EntryBuilder,
    /// The slots of a group on its way in; kept for its memory.
    pub(super) new_slots: Vec<u32>,
    pub(super) next_generation: u64,
    /// Slots ever used.
    pub(super) capacity: usize,
    /// References between live groups.
    pub(super) edges: u64,
    pub(super) bytes: u64,
    pub(super) digests: Digests,
}

/// In which order a removal frees the slots of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FreeOrder {
    /// Clause K8.
    Ascending,
    /// Undoing a creation (clause K9): the slot taken last is freed first.
    Descending,
}

impl Inner {
    pub(super) fn new() -> Inner {
        Inner {
            set: GroupSet::new(),
            slots: Slab::new(),
            drop_stack: Vec::new(),
            stack_was_full: false,
            placeholder: Entry::placeholder(),
            builder: EntryBuilder::default(),
            new_slots: Vec::new(),
            next_generation: 0,
            capacity: 0,
            edges: 0,
            bytes: 0,
            digests: Digests::new(),
        }
    }

    /// The live entry with this key, which must refer to live slots; but for those that were created
    /// under this hold of the lock.
    pub(super) fn find(&self, key: Key<'_>, hash: KeyHash) -> Option<&Entry> {
        let first = self.set.find(hash, |first| {
            let entry = self.entry(first);
            entry.hash() == hash && entry.key() == key
        });
        first.map(|first| self.entry(first))
    }

    /// The live entry with this key, if a member of it is in this slot.
    #[inline]
    pub(super) fn entry_at(&self, slot: u32, key: Key<'_>) -> Option<&Entry> {
        let entry = &self.slots.get(slot as usize)?.entry;
        (entry.key() == key).then_some(entry)
    }

    /// All live entries, in no order.
    pub(super) fn entries(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.set.iter().map(|first| self.entry(first))
    }

    /// Makes room in the set for so many more groups.
    pub(super) fn reserve_groups(&mut self, more: usize) -> BoxResult<()> {
        let slots = &self.slots;
        let hash = |first: u32| slots[first as usize].entry.hash();
        self.set.reserve(more, hash)
    }

    /// The type an index names, unless it is stale. The index must be of this engine.
    pub(super) fn live(&self, index: SharedTypeIndex) -> Option<&Slot> {
        let slot = self.slots.get(index.slot as usize)?;
        (slot.entry.generation() == index.generation).then_some(slot)
    }

    /// The index of whatever is in a slot, which must be in use.
    pub(super) fn index_of(&self, engine: EngineId, slot: u32) -> SharedTypeIndex {
        SharedTypeIndex {
            engine,
            slot,
            generation: self.slots[slot as usize].entry.generation(),
        }
    }

    /// No group counts for less in `bytes`.
    pub(super) const LEAST_BYTES: u64 = SLOT_BYTES + SET_BYTES;

    /// What an entry counts for in `bytes`: its allocation, its slots, its place in the set.
    pub(super) fn bytes_of(entry: &Entry) -> u64 {
        entry.size() + u64::from(entry.members()) * SLOT_BYTES + SET_BYTES
    }

    /// What the entry of a group will count for.
    pub(super) fn bytes_for(group: Shape<'_>) -> u64 {
        Entry::size_for(group) + group.members.len() as u64 * SLOT_BYTES + SET_BYTES
    }

    /// The entry whose member lives in a slot, which must be in use.
    #[inline]
    pub(super) fn entry(&self, slot: u32) -> &Entry {
        &self.slots[slot as usize].entry
    }

    /// Takes one registration away from the group with a member in `slot`, which must be in use,
    /// and removes the group if that was the last.
    #[inline]
    pub(super) fn release(
        &mut self,
        slot: u32,
        order: FreeOrder,
        journal: &mut Journal<'_>,
        reason: &'static str,
    ) {
        let entry = self.entry(slot);
        let count = entry.decref();
        journal.note(Operation::Decref, entry, count, reason);
        if count == 0 {
            let first = entry.slot(0);
            self.remove_if_dead(first, order, journal);
        }
    }

    /// Removes an entry that was seen at zero registrations before the lock was taken, unless it
    /// was resurrected or removed since.
    pub(super) fn remove_entry_if_dead(&mut self, entry: &Entry, journal: &mut Journal<'_>) {
        if !entry.is_removed() {
            self.remove_if_dead(entry.slot(0), FreeOrder::Ascending, journal);
        }
    }

    /// Removes the entry whose first member is in `slot`, unless it has registrations, and
    /// everything that then has none left (clause K8).
    fn remove_if_dead(&mut self, slot: u32, mut order: FreeOrder, journal: &mut Journal<'_>) {
        debug_assert!(self.drop_stack.is_empty());
        let mut next = Some(slot);
        while let Some(slot) = next {
            // The second look. Nobody can raise the count from zero now: that takes the lock.
            let entry = self.entry(slot);
            debug_assert!(!entry.is_removed(), "a removed entry is in no slot");
            let count = entry.registrations();
            if count == 0 {
                self.remove(slot, order, journal);
                // What follows from a removal was not created by the call that is being undone.
                order = FreeOrder::Ascending;
            } else {
                journal.note(Operation::Resurrect, entry, count, "registered again");
            }
            next = self.drop_stack.pop().or_else(|| self.overlooked());
        }
    }

    /// An entry at zero that the drop stack had no memory for, found again in the set. Slow, and
    /// in an order of its own; but a drop cannot fail.
    fn overlooked(&mut self) -> Option<u32> {
        if !self.stack_was_full {
            return None;
        }
        self.set.catch_up();
        let found = self.entries().find(|entry| entry.registrations() == 0);
        let found = found.map(|entry| entry.slot(0));
        self.stack_was_full = found.is_some();
        found
    }

    /// Removes the entry whose first member is in `first`.
    fn remove(&mut self, first: u32, order: FreeOrder, journal: &mut Journal<'_>) {
        let slots = &self.slots;
        let entry = &slots[first as usize].entry;
        entry.mark_removed();
        self.digests.forget(entry);
        for slot in entry.edges() {
            let target = &slots[slot as usize].entry;
            self.edges -= 1;
            let count = target.decref();
            journal.note(Operation::Decref, target, count, "referring group removed");
            if count == 0 && push(&mut self.drop_stack, target.slot(0)).is_err() {
                self.stack_was_full = true;
            }
        }
        self.set.remove(entry.hash(), first);
        let entry = match order {
            FreeOrder::Ascending => {
                let entry = self.slots.remove(first as usize).entry;
                for slot in entry.slots().skip(1) {
                    self.slots.remove(slot as usize);
                }
                entry
            }
            FreeOrder::Descending => {
                let entry = entry.clone();
                for slot in entry.slots().rev() {
                    self.slots.remove(slot as usize);
                }
                entry
            }
        };
        self.bytes -= Inner::bytes_of(&entry);
        journal.note(Operation::Remove, &entry, 0, "no registrations left");
    }

    /// Stops where something is left, at the end of a registry's life (clause S16).
    #[cfg(debug_assertions)]
    pub(super) fn assert_empty(&self) {
        assert_eq!(self.set.len(), 0, "the registry died with live groups");
        assert!(self.slots.is_empty(), "the registry died with slots in use");
        assert!(
            self.drop_stack.is_empty(),
            "the registry died while removing"
        );
        assert!(
            self.digests.is_empty(),
            "the registry died with digests of dead groups"
        );
    }
}

impl Known for Inner {
    fn meta(&self, slot: u32) -> Meta {
        let Slot { entry, position } = &self.slots[slot as usize];
        entry.meta(*position)
    }

    fn ancestor(&self, slot: u32, depth: u8) -> u32 {
        let Slot { entry, position } = &self.slots[slot as usize];
        entry.ancestor(*position, depth)
    }

    fn member(&self, slot: u32) -> Cursor<'_> {
        let Slot { entry, position } = &self.slots[slot as usize];
        entry.member(*position)
    }

    fn sibling(&self, slot: u32, position: u32) -> u32 {
        self.slots[slot as usize].entry.slot(position)
    }
}

impl Ancestry for Slab<Slot> {
    fn ancestors(&self, slot: u32) -> &[Target] {
        let Slot { entry, position } = &self[slot as usize];
        entry.ancestors(*position)
    }
}
