//! Registering many groups, a module's above all: all or nothing (clauses S9, F3, K2).

use super::creation::NewGroup;
use super::engine::TypeRegistry;
use super::entry::Entry;
use super::events::{Journal, Operation};
use super::inner::{FreeOrder, Inner};
use crate::canon::{Interner, read_target, write_target};
use crate::error::Result;
use crate::faults;
use crate::memory::{list_of, reserve};
use crate::module::Occurrence;
use crate::sync::Ordering;

/// How far the registration of a list of groups has come. Dropped before it is finished, it takes
/// back what it registered.
///
/// Groups that are known are counted under the read lock, where others can do the same. At the
/// first unknown one the write lock is taken for the rest. What was counted until then stays
/// alive in between by that very count:
///
/// ```text
/// this thread                           others
/// read lock, count group 0, unlock
///                                       drop every other registration of group 0: not zero
///                                       register group 1
/// write lock, look for group 1 again: a hit
/// ```
pub(super) struct Loading<'a> {
    registry: &'a TypeRegistry,
    interner: &'a Interner,
    occurrences: &'a [Occurrence],
    /// What is said of a group that is known.
    reason: &'static str,
    /// By the interner's distinct groups, in order; those that were reached.
    entries: Vec<Entry>,
    /// The slot of each distinct type of those groups.
    slots: Vec<u32>,
    /// How many declared groups have their registration.
    done: usize,
    hits: u64,
    misses: u64,
    /// A key with this engine's slots in its holes.
    key: Vec<u8>,
    /// That key's hash.
    hash: u64,
}

/// Registers every declared group and returns the entries of the distinct ones.
pub(super) fn load(
    registry: &TypeRegistry,
    interner: &Interner,
    occurrences: &[Occurrence],
    reason: &'static str,
    journal: &mut Journal<'_>,
) -> Result<Vec<Entry>> {
    let mut loading = Loading::new(registry, interner, occurrences, reason)?;
    let all_known = {
        let inner = registry.read()?;
        loading.count_known(&inner, journal)?
    };
    if !all_known {
        let mut inner = registry.write()?;
        let result = loading.register_rest(&mut inner, journal);
        if result.is_err() {
            loading.undo(&mut inner, journal);
        }
        result?;
    }
    Ok(loading.finish())
}

impl<'a> Loading<'a> {
    fn new(
        registry: &'a TypeRegistry,
        interner: &'a Interner,
        occurrences: &'a [Occurrence],
        reason: &'static str,
    ) -> Result<Loading<'a>> {
        let (groups, types) = (interner.group_count(), interner.type_count());
        Ok(Loading {
            registry,
            interner,
            occurrences,
            reason,
            entries: list_of(groups as usize)?,
            slots: list_of(types as usize)?,
            done: 0,
            hits: 0,
            misses: 0,
            key: Vec::new(),
            hash: 0,
        })
    }

    /// Counts declared groups up to the first that is not known. Whether there was none.
    fn count_known(&mut self, inner: &Inner, journal: &mut Journal<'_>) -> Result<bool> {
        let reason = self.reason;
        while let Some(occurrence) = self.occurrences.get(self.done) {
            faults::point();
            if let Some(group) = occurrence.group() {
                let entry = match self.reached(group) {
                    Some(entry) => entry,
                    None => {
                        let hash = self.fill(group)?;
                        match inner.find(&self.key, hash) {
                            Some(entry) => self.reach(entry.clone()),
                            None => return Ok(false),
                        }
                    }
                };
                journal.note(Operation::Hit, entry, entry.incref(), reason);
                self.hits += 1;
            }
            self.done += 1;
        }
        Ok(true)
    }

    /// Counts or creates what `count_known` left.
    fn register_rest(&mut self, inner: &mut Inner, journal: &mut Journal<'_>) -> Result<()> {
        while !self.count_known(inner, journal)? {
            let occurrence = self.occurrences[self.done];
            let group = occurrence.group().expect("an empty group is always known");
            // `count_known` stopped at this group, and left its key and hash.
            let shape = self.interner.shape(group);
            let new = NewGroup {
                key: &self.key,
                members: shape.members,
                holes: shape.holes,
                hash: self.hash,
            };
            let entry = inner.create(&new, &self.registry.limits, journal)?;
            self.reach(entry);
            self.misses += 1;
            self.done += 1;
        }
        Ok(())
    }

    /// The entry of a distinct group that was declared before.
    fn reached(&self, group: u32) -> Option<&Entry> {
        self.entries.get(group as usize)
    }

    /// Distinct groups are numbered by first declaration, so they are reached in order.
    fn reach(&mut self, entry: Entry) -> &Entry {
        self.slots.extend(entry.slots());
        self.entries.push(entry);
        &self.entries[self.entries.len() - 1]
    }

    /// Puts a group's key into `self.key` with this engine's slots, and returns its hash.
    fn fill(&mut self, group: u32) -> Result<u64> {
        let shape = self.interner.shape(group);
        self.key.clear();
        reserve(&mut self.key, shape.key.len())?;
        self.key.extend_from_slice(shape.key);
        for &hole in shape.holes {
            let id = read_target(shape.key, hole as usize);
            write_target(&mut self.key, hole as usize, self.slots[id as usize]);
        }
        self.hash = self.registry.hasher.hash(&self.key);
        Ok(self.hash)
    }

    fn finish(mut self) -> Vec<Entry> {
        self.done = 0;
        std::mem::take(&mut self.entries)
    }

    /// Takes back every registration, the last one first (clause K9).
    fn undo(&mut self, inner: &mut Inner, journal: &mut Journal<'_>) {
        while self.done > 0 {
            self.done -= 1;
            if let Some(group) = self.occurrences[self.done].group() {
                let entry = &self.entries[group as usize];
                inner.release(entry, FreeOrder::Descending, journal, "registration undone");
            }
        }
    }
}

impl Drop for Loading<'_> {
    fn drop(&mut self) {
        // Statistics tell what was looked for, whether it came to anything or not (clause K9).
        self.registry.hits.fetch_add(self.hits, Ordering::Relaxed);
        self.registry
            .misses
            .fetch_add(self.misses, Ordering::Relaxed);
        // Still registered here: a way out by unwinding. The lock was released on the way, which
        // is no harm: what was created is whole, and others may have come to share it.
        if self.done > 0 {
            let mut journal = self.registry.journal();
            if let Ok(mut inner) = self.registry.write() {
                self.undo(&mut inner, &mut journal);
            }
        }
    }
}
