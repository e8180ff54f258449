//! A new entry: edges, slots, entry, in this order (clause K5), undone if it is cut short. The set
//! follows before the lock is let go.

use super::events::{Journal, Operation};
use super::inner::{FreeOrder, Inner, Slot};
use crate::canon::{KeyHash, Shape};
use crate::error::Result;
use crate::faults;
use crate::limits::{Limits, exceeded};
use crate::memory::reserve;

/// How many slots' worth of memory is kept from one creation to the next.
const KEPT_SLOTS: usize = 1024;

/// A validated group whose key refers to this engine's slots.
pub(super) struct NewGroup<'a> {
    pub(super) shape: Shape<'a>,
    /// Its key's hash.
    pub(super) hash: KeyHash,
    /// From which generation on groups were created under this hold of the lock: see
    /// [`Entry::incref_held`](super::entry::Entry::incref_held).
    pub(super) unseen: u64,
}

/// How far a creation has come. Dropped before it is done, it takes everything back.
struct Creation<'a, 'j> {
    inner: &'a mut Inner,
    journal: &'a mut Journal<'j>,
    group: &'a NewGroup<'a>,
    edges: usize,
    /// How many of `inner.new_slots` have a place-holder in them.
    held: usize,
    done: bool,
}

impl Inner {
    /// Registers a group that is not in the set yet, with one registration, and returns the slot
    /// of its first member.
    ///
    /// What can fail for want of room comes before the first change; a guard undoes the rest.
    pub(super) fn create(
        &mut self,
        group: &NewGroup<'_>,
        limits: &Limits,
        journal: &mut Journal<'_>,
    ) -> Result<u32> {
        self.check_quotas(group, limits)?;
        self.reserve_groups(1)?;
        self.new_slots.clear();
        reserve(&mut self.new_slots, group.shape.members.len())?;
        let mut creation = Creation {
            inner: self,
            journal,
            group,
            edges: 0,
            held: 0,
            done: false,
        };
        creation.add_edges();
        creation.take_slots();
        creation.finish()
    }

    /// How many of so many new groups the quotas let in at the most: a bound to make room by, not
    /// a promise.
    pub(super) fn admissible(&self, groups: usize, limits: &Limits) -> usize {
        let left = |bound: Option<u64>, used: u64, each: u64| {
            let room = bound.map_or(u64::MAX, |bound| bound.saturating_sub(used)) / each;
            usize::try_from(room).unwrap_or(usize::MAX)
        };
        groups
            .min(left(limits.live_groups, self.set.len() as u64, 1))
            .min(left(limits.live_types, self.slots.len() as u64, 1))
            .min(left(limits.live_bytes, self.bytes, Inner::LEAST_BYTES))
    }

    fn check_quotas(&self, group: &NewGroup<'_>, limits: &Limits) -> Result<()> {
        let members = group.shape.members.len();
        let exceeded = |limit, value, bound| exceeded(limit, bound, value, None);
        let types = (self.slots.len() + members) as u64;
        // A slot must be a `u32`, and `u32::MAX` stays free to mean none.
        let bound = limits.live_types.unwrap_or(u64::MAX).min(u32::MAX as u64);
        if types > bound {
            return Err(exceeded("live_types", types, bound));
        }
        let groups = self.set.len() as u64 + 1;
        if let Some(bound) = limits.live_groups
            && groups > bound
        {
            return Err(exceeded("live_groups", groups, bound));
        }
        if let Some(bound) = limits.live_bytes {
            let bytes = self.bytes + Inner::bytes_for(group.shape);
            if bytes > bound {
                return Err(exceeded("live_bytes", bytes, bound));
            }
        }
        Ok(())
    }
}

impl Creation<'_, '_> {
    fn add_edges(&mut self) {
        for slot in self.group.shape.key.outer() {
            let target = &self.inner.slots[slot as usize].entry;
            let count = target.incref_held(self.group.unseen);
            self.edges += 1;
            self.inner.edges += 1;
            let reason = "referred to by a new group";
            self.journal.note(Operation::Incref, target, count, reason);
            faults::point();
        }
    }

    /// Slots are known before the entry exists, because the entry never changes afterwards: the
    /// slots of several members are held by place-holders until it does. A single member's is
    /// the next vacant one, and nothing comes between.
    fn take_slots(&mut self) {
        let inner = &mut *self.inner;
        let members = self.group.shape.members.len() as u32;
        if members == 1 {
            inner.new_slots.push(inner.slots.vacant_key() as u32);
            return;
        }
        for position in 0..members {
            let entry = inner.placeholder.clone();
            let slot = inner.slots.insert(Slot { entry, position });
            inner.new_slots.push(slot as u32);
            self.held += 1;
            faults::point();
        }
    }

    fn finish(&mut self) -> Result<u32> {
        let inner = &mut *self.inner;
        let entry = inner.builder.build(
            self.group.shape,
            &inner.new_slots,
            self.group.hash,
            inner.next_generation,
            &inner.slots,
        )?;
        faults::point();
        inner.next_generation += 1;
        inner.bytes += Inner::bytes_of(&entry);
        self.done = true;
        self.journal.note(Operation::Create, &entry, 1, "new group");
        if self.held == 0 {
            inner.slots.insert(Slot { entry, position: 0 });
        } else {
            for &slot in &inner.new_slots {
                inner.slots[slot as usize].entry = entry.clone();
            }
        }
        for &slot in &inner.new_slots {
            inner.capacity = inner.capacity.max(slot as usize + 1);
        }
        let first = inner.new_slots[0];
        debug_assert_eq!(inner.entry(first).slot(0), first);
        inner.set.add(self.group.hash, first);
        Ok(first)
    }
}

impl Creation<'_, '_> {
    /// Frees slots and takes edges back, the last first (clause K9).
    fn undo(&mut self) {
        let inner = &mut *self.inner;
        for &slot in inner.new_slots[..self.held].iter().rev() {
            inner.slots.remove(slot as usize);
        }
        for slot in self.group.shape.key.outer().take(self.edges).rev() {
            self.inner.edges -= 1;
            let order = FreeOrder::Ascending;
            self.inner
                .release(slot, order, self.journal, "creation undone");
        }
    }
}

impl Drop for Creation<'_, '_> {
    fn drop(&mut self) {
        if !self.done {
            self.undo();
        }
        let slots = &mut self.inner.new_slots;
        if slots.capacity() > KEPT_SLOTS {
            slots.clear();
            slots.shrink_to(KEPT_SLOTS);
        }
    }
}
