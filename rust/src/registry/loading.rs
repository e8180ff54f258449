//! Registering many groups, a module's above all: all or nothing (clauses S9, F3, K2).

use super::creation::NewGroup;
use super::engine::TypeRegistry;
use super::entry::Entry;
use super::events::{Journal, Operation};
use super::inner::{FreeOrder, Inner};
use crate::canon::{Interner, Key, KeyHash, Shape, Target, TypeId};
use crate::error::Result;
use crate::faults;
use crate::memory::{filled, list_of, reserve};
use crate::module::{Declarations, FirstIds};
use crate::sync::Ordering;
use crate::types::{EngineId, SharedTypeIndex};

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
    /// The declared groups that are not registered yet, by their first types.
    left: FirstIds<'a>,
    /// What is said of a group that is known.
    reason: &'static str,
    loaded: Loaded,
    /// How many declared groups got their registration.
    done: u64,
    /// Whether these are somebody's, or were taken back.
    is_settled: bool,
    misses: u64,
    /// The group that was looked for last.
    shape: Shape<'a>,
    /// What it refers to, in this engine's slots.
    targets: Vec<Target>,
    /// The hash of its key with these: of the group that was looked for by its key last, as one
    /// is that was not found.
    hash: KeyHash,
    /// The slot behind the last group's, where that one was known: modules of one toolchain share
    /// runs of groups, and such a run lies in successive slots.
    next: Option<u32>,
    /// By the identity of a group's first type: how often the group was declared again without
    /// being counted yet; empty where none was. Its first registration keeps it alive until
    /// then, and one addition is as good as many; but whoever listens is told of each, so then
    /// each is counted at once.
    repeats: Vec<u32>,
    /// From which generation on groups were created under this hold of the write lock; all of
    /// them are older while only the read lock is held.
    unseen: u64,
}

/// Where the types of an interner live, as far as they were reached. The registrations of the
/// groups keep it true.
///
/// Slots, and not the entries: to hold an entry is to count twice for each group, here and in
/// its registrations, and counting is most of what loading the known takes.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// The slot of each distinct type.
    slots: Vec<u32>,
    /// The generation of each distinct group.
    generations: Vec<u64>,
}

impl Loaded {
    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The slot of a type.
    #[inline]
    pub(super) fn slot(&self, id: TypeId) -> u32 {
        self.slots[id as usize]
    }

    /// The index of a type.
    pub(super) fn index_of(
        &self,
        engine: EngineId,
        interner: &Interner,
        id: TypeId,
    ) -> SharedTypeIndex {
        SharedTypeIndex {
            engine,
            slot: self.slot(id),
            generation: self.generations[interner.group_of(id) as usize],
        }
    }
}

/// Registers every declared group and says where the distinct types live.
pub(super) fn load(
    registry: &TypeRegistry,
    interner: &Interner,
    declared: &Declarations,
    reason: &'static str,
    journal: &mut Journal<'_>,
) -> Result<Loaded> {
    let mut loading = Loading::new(registry, interner, declared, reason)?;
    let all_known = {
        let inner = registry.read()?;
        loading.count_known(&inner, journal)
    };
    if all_known != Ok(true) {
        let mut inner = registry.write()?;
        let result = all_known.and_then(|_| loading.register_rest(&mut inner, journal));
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
        declared: &'a Declarations,
        reason: &'static str,
    ) -> Result<Loading<'a>> {
        let (groups, types) = (interner.group_count(), interner.type_count());
        Ok(Loading {
            registry,
            interner,
            left: declared.first_ids(),
            reason,
            loaded: Loaded {
                slots: list_of(types as usize)?,
                generations: list_of(groups as usize)?,
            },
            done: 0,
            is_settled: false,
            misses: 0,
            shape: Shape::default(),
            targets: Vec::new(),
            hash: KeyHash::default(),
            next: None,
            repeats: Vec::new(),
            unseen: u64::MAX,
        })
    }

    /// Counts declared groups up to the first that is not known. Whether there was none.
    fn count_known(&mut self, inner: &Inner, journal: &mut Journal<'_>) -> Result<bool> {
        let reason = self.reason;
        while let Some(id) = self.left.peek() {
            faults::point();
            let known = match self.loaded.slots.get(id as usize) {
                Some(_) if !journal.is_listened_to() => {
                    self.repeat(id)?;
                    None
                }
                Some(&slot) => Some(inner.entry(slot)),
                None => {
                    // Distinct groups are numbered by first declaration: it is the next one.
                    let group = self.loaded.generations.len() as u32;
                    debug_assert_eq!(group, self.interner.group_of(id));
                    self.resolve(self.interner.shape(group))?;
                    let Some(entry) = self.find(inner) else {
                        self.next = None;
                        return Ok(false);
                    };
                    self.reach(entry);
                    self.next = self.loaded.slots.last().map(|slot| slot + 1);
                    Some(entry)
                }
            };
            if let Some(entry) = known {
                let count = entry.incref_held(self.unseen);
                journal.note(Operation::Hit, entry, count, reason);
            }
            self.advance();
        }
        self.count_repeats(inner);
        Ok(true)
    }

    /// The next declared group has its registration.
    #[inline]
    fn advance(&mut self) {
        self.left.advance();
        self.done += 1;
    }

    /// Takes note of a registration of a reached group.
    #[inline]
    fn repeat(&mut self, id: TypeId) -> Result<()> {
        if self.repeats.is_empty() {
            self.repeats = filled(0, self.interner.type_count() as usize)?;
        }
        self.repeats[id as usize] += 1;
        Ok(())
    }

    /// Counts what was only taken note of.
    fn count_repeats(&mut self, inner: &Inner) {
        for (&slot, times) in self.loaded.slots.iter().zip(self.repeats.drain(..)) {
            if times > 0 {
                inner.entry(slot).incref_by(times as usize);
            }
        }
    }

    /// Counts or creates what `count_known` left.
    fn register_rest(&mut self, inner: &mut Inner, journal: &mut Journal<'_>) -> Result<()> {
        // At once: a table that grows step by step reads all entries again at each. But not for
        // what a quota will refuse: a table never shrinks.
        let groups = self.interner.group_count() as usize;
        let left = groups - self.loaded.generations.len();
        let left = inner.admissible(left, &self.registry.limits);
        inner.reserve_groups(left)?;
        self.unseen = inner.next_generation;
        while !self.count_known(inner, journal)? {
            // `count_known` did not find a group, and left its shape, key and hash.
            let new = NewGroup {
                shape: Shape {
                    key: self.key(),
                    ..self.shape
                },
                hash: self.hash,
                unseen: self.unseen,
            };
            let slot = inner.create(&new, &self.registry.limits, journal)?;
            self.reach(inner.entry(slot));
            self.misses += 1;
            self.advance();
        }
        Ok(())
    }

    /// Says where the types of the group that was looked for last live.
    #[inline]
    fn reach(&mut self, entry: &Entry) {
        let members = self.shape.members.len() as u32;
        debug_assert_eq!(members, entry.members());
        for position in 0..members {
            self.loaded.slots.push(entry.slot(position));
        }
        self.loaded.generations.push(entry.generation());
    }

    /// Makes a group's key with this engine's slots.
    fn resolve(&mut self, shape: Shape<'a>) -> Result<()> {
        self.shape = shape;
        self.targets.clear();
        reserve(&mut self.targets, shape.key.targets.len())?;
        let slots = &self.loaded.slots;
        let slot = |id: TypeId| slots[id as usize].to_le_bytes();
        self.targets.extend(shape.key.outer().map(slot));
        Ok(())
    }

    /// The entry with the key that was made last.
    #[inline]
    fn find<'i>(&mut self, inner: &'i Inner) -> Option<&'i Entry> {
        if let Some(slot) = self.next
            && let Some(entry) = inner.entry_at(slot, self.key())
        {
            return Some(entry);
        }
        self.hash = self.registry.hasher.hash(self.key());
        inner.find(self.key(), self.hash)
    }

    /// The key that was made last.
    fn key(&self) -> Key<'_> {
        Key {
            targets: &self.targets,
            ..self.shape.key
        }
    }

    fn finish(mut self) -> Loaded {
        self.is_settled = true;
        std::mem::take(&mut self.loaded)
    }

    /// Takes back every registration, the last one first (clause K9).
    fn undo(&mut self, inner: &mut Inner, journal: &mut Journal<'_>) {
        // First, so that nothing is taken back twice, whatever happens.
        self.is_settled = true;
        self.count_repeats(inner);
        for id in self.left.clone().passed() {
            let slot = self.loaded.slot(id);
            inner.release(slot, FreeOrder::Descending, journal, "registration undone");
        }
    }
}

impl Drop for Loading<'_> {
    fn drop(&mut self) {
        // Statistics tell what was looked for, whether it came to anything or not (clause K9).
        let hits = self.done - self.misses;
        self.registry.hits.fetch_add(hits, Ordering::Relaxed);
        self.registry
            .misses
            .fetch_add(self.misses, Ordering::Relaxed);
        // Still registered here: a way out by unwinding. The lock was released on the way, which
        // is no harm: what was created is whole, and others may have come to share it.
        if !self.is_settled && self.done > 0 {
            let mut journal = self.registry.journal();
            if let Ok(mut inner) = self.registry.write() {
                self.undo(&mut inner, &mut journal);
            }
        }
    }
}
