"""The mutants: every operation of `registry` and `sync` on a lock or an atomic, weakened.

A mutant names its checks cheapest first. One that nothing can notice says why.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ENTRY, INNER, GROUP = "registry/entry.rs", "registry/inner.rs", "registry/group.rs"
HANDLE, COLLECTION = "registry/registered_type.rs", "registry/collection.rs"
LOADING, CREATION, EVENTS = "registry/loading.rs", "registry/creation.rs", "registry/events.rs"
LOOKUP, ENGINE, DEPENDENCIES = (
    "registry/lookup.rs",
    "registry/engine.rs",
    "registry/dependencies.rs",
)
DIGESTS, SET, WRITING = "registry/digests.rs", "registry/set.rs", "registry/writing.rs"
FORK, LOCK = "sync/fork.rs", "sync/lock.rs"

COUNT_ORDER = (
    "nobody can: a decision at zero is taken under the write lock, and whoever raises a count from "
    "zero holds the lock, so the lock orders what matters; `AcqRel` gives users what `Arc` gives"
)
LOCK_ORDER = "nobody can: it is read and written under the lock alone, which orders it"
SWAP_ORDER = "nobody can: that one swap wins is atomicity, and what follows is ordered by the lock"


@dataclass(frozen=True)
class Mutant:
    """One change to the source: `edits` are (file, old text, new text)."""

    name: str
    what: str
    edits: list[tuple[str, str, str]]
    checks: list[str] = field(default_factory=list)
    unnoticed: str = ""
    """Why nobody can notice, where that is so."""


WEAK_LOCK = """
    pub(crate) use weak::{Guard as RwLockReadGuard, Guard as RwLockWriteGuard, RwLock};

    /// A spin lock whose atomics order nothing.
    #[allow(unsafe_code, clippy::undocumented_unsafe_blocks)]
    mod weak {
        use std::cell::UnsafeCell;
        use std::ops::{Deref, DerefMut};
        use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

        #[derive(Debug)]
        pub(crate) struct RwLock<T>(AtomicBool, UnsafeCell<T>);
        unsafe impl<T: Send> Sync for RwLock<T> {}
        pub(crate) struct Guard<'a, T>(&'a RwLock<T>);

        impl<T> RwLock<T> {
            pub(crate) fn new(value: T) -> Self {
                RwLock(AtomicBool::new(false), UnsafeCell::new(value))
            }
            pub(crate) fn try_write(&self) -> Option<Guard<'_, T>> {
                let old = self.0.compare_exchange(false, true, Relaxed, Relaxed);
                old.is_ok().then(|| Guard(self))
            }
            pub(crate) fn write(&self) -> Guard<'_, T> {
                loop {
                    if let Some(guard) = self.try_write() {
                        return guard;
                    }
                    std::thread::yield_now();
                }
            }
            pub(crate) fn read(&self) -> Guard<'_, T> {
                self.write()
            }
            pub(crate) fn get_mut(&mut self) -> &mut T {
                self.1.get_mut()
            }
        }
        impl<T> Deref for Guard<'_, T> {
            type Target = T;
            fn deref(&self) -> &T {
                unsafe { &*self.0.1.get() }
            }
        }
        impl<T> DerefMut for Guard<'_, T> {
            fn deref_mut(&mut self) -> &mut T {
                unsafe { &mut *self.0.1.get() }
            }
        }
        impl<T> Drop for Guard<'_, T> {
            fn drop(&mut self) {
                self.0.0.store(false, Relaxed);
            }
        }
    }
"""

MUTANTS = [
    # Counts.
    Mutant(
        "incref",
        "a load and a store",
        [
            (
                ENTRY,
                "registrations.fetch_add(times, Ordering::AcqRel) + times",
                "{ let n = registrations.load(Ordering::Acquire) + times; "
                "registrations.store(n, Ordering::Release); n }",
            )
        ],
        ["model:last_drop::"],
    ),
    Mutant(
        "incref_held",
        "groups that others have seen as well",
        [
            (
                ENTRY,
                "        if self.generation() < unseen {\n            return self.incref();\n        }\n",
                "        let _ = unseen;\n",
            )
        ],
        ["model:s09_last_drop_against_load"],
    ),
    Mutant(
        "incref_held, from which generation on",
        "all groups",
        [(LOADING, "self.unseen = inner.next_generation;", "self.unseen = 0;")],
        ["model:s09_last_drop_against_load"],
    ),
    Mutant(
        "incref_held, under the read lock",
        "all groups",
        [(LOADING, "unseen: u64::MAX,", "unseen: 0,")],
        ["model:s09_last_drop_against_load"],
    ),
    Mutant(
        "incref_held, for a group by hand",
        "all groups",
        [(GROUP, "unseen: inner.next_generation,", "unseen: 0,")],
        ["model:k05_last_drop_against_a_new_reference"],
    ),
    Mutant(
        "decref",
        "a load and a store",
        [
            (
                ENTRY,
                "let old = self.header().registrations.fetch_sub(1, Ordering::AcqRel);",
                "let old = self.header().registrations.load(Ordering::Acquire); "
                "self.header().registrations.store(old.wrapping_sub(1), Ordering::Release);",
            )
        ],
        ["model:last_drop::"],
    ),
    Mutant(
        "incref_if_live",
        "also from zero",
        [(ENTRY, "(count != 0).then(|| count + 1)", "Some(count + 1)")],
        ["unit:p01_close_against_clone"],
    ),
    Mutant(
        "incref_if_live, atomicity",
        "looks first, adds then",
        [
            (
                ENTRY,
                """let old = registrations.fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
            (count != 0).then(|| count + 1)
        });
        old.ok().map(|old| old + 1)""",
                "(registrations.load(Ordering::Acquire) != 0)"
                ".then(|| registrations.fetch_add(1, Ordering::AcqRel) + 1)",
            )
        ],
        ["unit:p01_close_against_clone"],
    ),
    Mutant(
        "incref, order",
        "`Relaxed`",
        [
            (
                ENTRY,
                "registrations.fetch_add(times, Ordering::AcqRel) + times",
                "registrations.fetch_add(times, Ordering::Relaxed) + times",
            )
        ],
        ["model:last_drop::"],
        COUNT_ORDER,
    ),
    Mutant(
        "decref, order",
        "`Relaxed`",
        [
            (
                ENTRY,
                "registrations.fetch_sub(1, Ordering::AcqRel)",
                "registrations.fetch_sub(1, Ordering::Relaxed)",
            )
        ],
        ["model:last_drop::"],
        COUNT_ORDER,
    ),
    Mutant(
        "registrations, order",
        "`Relaxed`",
        [
            (
                ENTRY,
                "self.header().registrations.load(Ordering::Acquire)",
                "self.header().registrations.load(Ordering::Relaxed)",
            )
        ],
        ["model:last_drop::", "model:reuse::"],
        COUNT_ORDER,
    ),
    # The mark of what was removed.
    Mutant(
        "mark_removed",
        "marks nothing",
        [(ENTRY, "self.header().removed.store(true, Ordering::Release);", "")],
        ["model:reuse::", "model:last_drop::"],
    ),
    Mutant(
        "is_removed, at a removal",
        "not asked",
        [(INNER, "if !entry.is_removed() {\n            self", "if true {\n            self")],
        ["model:reuse::", "model:last_drop::"],
    ),
    Mutant(
        "is_removed, reading a type",
        "not asked",
        [
            (
                HANDLE,
                """let is_there = !self.entry.is_removed();
        Ok(is_there.then(|| sub_type(""",
                """let is_there = true;
        Ok(is_there.then(|| sub_type(""",
            )
        ],
        ["unit:p01_close_against_reading"],
    ),
    Mutant(
        "is_removed, reading a group",
        "not asked",
        [
            (
                HANDLE,
                """let is_there = !self.entry.is_removed();
        Ok(is_there.then(|| rec_group(""",
                """let is_there = true;
        Ok(is_there.then(|| rec_group(""",
            )
        ],
        ["unit:p01_close_against_reading"],
    ),
    Mutant(
        "is_removed, supertypes",
        "not asked",
        [(HANDLE, "if self.entry.is_removed() {", "if false {")],
        ["unit:p01_close_against_reading"],
    ),
    Mutant(
        "removed, order",
        "`Relaxed` on both sides",
        [
            (ENTRY, "removed.load(Ordering::Acquire)", "removed.load(Ordering::Relaxed)"),
            (
                ENTRY,
                "removed.store(true, Ordering::Release)",
                "removed.store(true, Ordering::Relaxed)",
            ),
        ],
        ["model:reuse::", "unit:p01_close_against_reading"],
        LOCK_ORDER,
    ),
    # Removal.
    Mutant(
        "second look",
        "not taken: what was at zero once is removed",
        [
            (
                INNER,
                "            if count == 0 {\n                self.remove(",
                "            if true {\n                self.remove(",
            )
        ],
        ["model:last_drop::"],
    ),
    Mutant(
        "removal of what was referred to",
        "edges are not taken back",
        [(INNER, "let count = target.decref();", "let count = target.registrations();")],
        ["crate:lifetimes::handles"],
    ),
    Mutant(
        "handle's release",
        "the last one does not remove",
        [(GROUP, "if count == 0 {", "if false {")],
        ["crate:lifetimes::handles"],
    ),
    # Handles.
    Mutant(
        "handle's open",
        "a load and a store instead of a swap",
        [
            (
                HANDLE,
                "if self.open.swap(false, Ordering::AcqRel) {",
                "let open = self.open.load(Ordering::Acquire);\n"
                "        self.open.store(false, Ordering::Release);\n        if open {",
            )
        ],
        ["unit:p01_close_against_close"],
    ),
    Mutant(
        "handle's open, order",
        "`Relaxed`",
        [
            (
                HANDLE,
                "self.open.swap(false, Ordering::AcqRel)",
                "self.open.swap(false, Ordering::Relaxed)",
            )
        ],
        ["unit:test_p01"],
        SWAP_ORDER,
    ),
    Mutant(
        "a copy, of a closed handle",
        "is not refused",
        [(HANDLE, "        if self.is_released() {\n            return None;\n        }\n", "")],
        ["unit:test_p01"],
    ),
    Mutant(
        "a copy",
        "counts from zero as well",
        [
            (
                HANDLE,
                "let count = self.entry.incref_if_live()?;",
                "let count = self.entry.incref();",
            )
        ],
        ["unit:p01_close_against_clone"],
    ),
    Mutant(
        "root",
        "counts after the lock is let go",
        [
            (
                HANDLE,
                """        let count = slot.entry.incref();
        journal.note(Operation::Incref, &slot.entry, count, reason);
        let (entry, position) = (slot.entry.clone(), slot.position);
        drop(inner);
""",
                """        let (entry, position) = (slot.entry.clone(), slot.position);
        drop(inner);
        let count = entry.incref();
        journal.note(Operation::Incref, &entry, count, reason);
""",
            )
        ],
        ["model:against_root"],
    ),
    Mutant(
        "supertypes",
        "counted after the lock is let go",
        [
            (
                HANDLE,
                """            let count = slot.entry.incref();
            let reason = "supertype of a handle";
            journal.note(Operation::Incref, &slot.entry, count, reason);
            let (engine, entry) = (self.engine(), slot.entry.clone());
            handles.push(RegisteredType::from_parts(engine, entry, slot.position));
        }
        drop(inner);
""",
                """            let (engine, entry) = (self.engine(), slot.entry.clone());
            handles.push(RegisteredType::from_parts(engine, entry, slot.position));
        }
        drop(inner);
        for handle in &handles {
            let count = handle.entry.incref();
            journal.note(Operation::Incref, &handle.entry, count, "supertype of a handle");
        }
""",
            )
        ],
        ["model:supertype", "unit:p01_close_against_reading"],
    ),
    # Groups by hand.
    Mutant(
        "liveness under the read lock",
        "not asked",
        [
            (
                GROUP,
                "    let inner = registry.read()?;\n    check_live(&inner, group)?;\n",
                "    let inner = registry.read()?;\n",
            )
        ],
        ["crate:s05_a_stale_reference"],
    ),
    Mutant(
        "liveness under the write lock",
        "not asked",
        [
            (
                GROUP,
                "    // Between the locks anything may have happened.\n    check_live(&inner, group)?;\n",
                "",
            )
        ],
        ["model:edges::"],
    ),
    Mutant(
        "second look-up of a group",
        "not made: created twice",
        [
            (
                GROUP,
                "if let Some(entry) = inner.find(group.draft.key(), hash).cloned() {\n"
                "        hit(registry, &entry",
                "if let Some(entry) = inner.find(group.draft.key(), hash).cloned().filter(|_| false) {\n"
                "        hit(registry, &entry",
            )
        ],
        ["model:two_registrations"],
    ),
    Mutant(
        "a hit",
        "counted after the lock is let go",
        [
            (
                GROUP,
                "    if let Some(entry) = &entry {\n        hit(",
                "    drop(inner);\n    if let Some(entry) = &entry {\n        hit(",
            )
        ],
        ["model:last_drop_against_register"],
    ),
    # Modules.
    Mutant(
        "second look-up of a module's group",
        "not made: created twice",
        [
            (
                LOADING,
                "        while !self.count_known(inner, journal)? {\n",
                "        let mut first = true;\n"
                "        while std::mem::take(&mut first) || !self.count_known(inner, journal)? {\n",
            )
        ],
        ["model:two_loads"],
    ),
    Mutant(
        "collection's open",
        "a load and a store instead of a swap",
        [
            (
                COLLECTION,
                "if !self.open.swap(false, Ordering::AcqRel) || self.loaded.is_empty() {",
                "let open = self.open.load(Ordering::Acquire);\n"
                "        self.open.store(false, Ordering::Release);\n"
                "        if !open || self.loaded.is_empty() {",
            )
        ],
        ["unit:collection_close_against_close"],
    ),
    Mutant(
        "collection's open, order",
        "`Relaxed`",
        [(COLLECTION, "open.swap(false, Ordering::AcqRel)", "open.swap(false, Ordering::Relaxed)")],
        ["unit:collection_close"],
        SWAP_ORDER,
    ),
    Mutant(
        "collection's one hold of the lock",
        "let go between groups",
        [
            (
                COLLECTION,
                "                let slot = self.loaded.slot(id);\n"
                "                inner.release(slot, FreeOrder::Ascending, &mut journal, reason);\n",
                "                let slot = self.loaded.slot(id);\n"
                "                inner.release(slot, FreeOrder::Ascending, &mut journal, reason);\n"
                "                drop(inner);\n"
                '                inner = registry.write().expect("not lost");\n',
            )
        ],
        ["model:s11_looking"],
    ),
    # Digests.
    Mutant(
        "a digest's mark",
        "not made",
        [(ENTRY, "self.header().has_digest.store(true, Ordering::Release);", "")],
        ["model:digests::"],
    ),
    Mutant(
        "a digest, at a removal",
        "not forgotten",
        [
            (
                DIGESTS,
                "            digests.remove(&entry.generation());\n",
                "            let _ = &mut digests;\n",
            )
        ],
        ["model:digests::"],
    ),
    Mutant(
        "is_removed, a digest",
        "not asked",
        [(DIGESTS, "if self.entry.is_removed() {", "if false {")],
        ["unit:p01_close_against_the_digest"],
    ),
    # Undoing.
    Mutant(
        "a creation's undoing",
        "edges stay",
        [
            (
                CREATION,
                "for slot in self.group.shape.key.outer().take(self.edges).rev() {",
                "for slot in self.group.shape.key.outer().take(0).rev() {",
            )
        ],
        ["faults"],
    ),
    Mutant(
        "a creation's undoing",
        "slots stay",
        [
            (
                CREATION,
                "for &slot in inner.new_slots[..self.held].iter().rev() {",
                "for &slot in inner.new_slots[..0].iter().rev() {",
            )
        ],
        ["faults"],
    ),
    Mutant(
        "a load's undoing, on an error",
        "registrations stay",
        [
            (
                LOADING,
                "            loading.undo(&mut inner, journal);\n",
                "            loading.done = 0;\n",
            )
        ],
        ["faults"],
    ),
    Mutant(
        "a load's undoing, unwinding",
        "registrations stay",
        [
            (
                LOADING,
                "                self.undo(&mut inner, &mut journal);\n",
                "                let _ = (&mut inner, &mut journal);\n",
            )
        ],
        ["faults"],
    ),
    Mutant(
        "a load's repeats",
        "are not counted before it is undone",
        [(LOADING, "        self.count_repeats(inner);\n        for", "        for")],
        ["faults"],
    ),
    Mutant(
        "a load that is undone",
        "what it created is not put into the set before",
        [(SET, "!self.added.is_empty() || self.removed", "self.removed")],
        ["crate:lifetimes::groups"],
    ),
    Mutant(
        "the end of a hold of the write lock",
        "the set is not brought up to date",
        [(WRITING, "        self.0.set.catch_up();\n", "")],
        ["crate:lifetimes::handles"],
    ),
    Mutant(
        "the drop stack's want of memory",
        "is forgotten",
        [(INNER, "                self.stack_was_full = true;\n", "")],
        ["faults"],
    ),
    # Numbers.
    Mutant(
        "hits",
        "a load and a store",
        [
            (
                GROUP,
                "    registry.hits.fetch_add(1, Ordering::Relaxed);\n",
                "    let hits = registry.hits.load(Ordering::Relaxed);\n"
                "    registry.hits.store(hits + 1, Ordering::Relaxed);\n",
            )
        ],
        ["model:two_hits"],
    ),
    Mutant(
        "hits and misses of a load",
        "a load and a store each",
        [
            (
                LOADING,
                "        self.registry.hits.fetch_add(hits, Ordering::Relaxed);\n",
                "        let before = self.registry.hits.load(Ordering::Relaxed);\n"
                "        self.registry.hits.store(before + hits, Ordering::Relaxed);\n",
            )
        ],
        ["model:two_loads"],
    ),
    Mutant(
        "event numbers",
        "a load and a store",
        [
            (
                EVENTS,
                "number: self.numbers.0.fetch_add(1, Ordering::Relaxed) + 1,",
                "number: { let n = self.numbers.0.load(Ordering::Relaxed) + 1; "
                "self.numbers.0.store(n, Ordering::Relaxed); n },",
            )
        ],
        ["model:numbers_of_two_threads"],
    ),
    # Forks.
    Mutant(
        "count of forks",
        "stands still",
        [(FORK, "    FORKS.fetch_add(1, Ordering::Relaxed);\n", "")],
        ["forked"],
    ),
    Mutant(
        "verdict on a lock",
        "always free",
        [
            (
                LOCK,
                "self.inheritance.check(|| locks::is_free(&self.lock))",
                "self.inheritance.check(|| true)",
            )
        ],
        ["forked"],
    ),
    Mutant(
        "verdict on a lock",
        "not kept when lost",
        [(FORK, "let found = if is_free { free } else { LOST };", "let found = free;")],
        ["forked"],
    ),
    Mutant(
        "verdict on a lock",
        "not kept when free: tried at each use",
        [
            (
                FORK,
                "    self.state.store(found, Ordering::Relaxed);\n",
                "    if !is_free { self.state.store(found, Ordering::Relaxed); }\n",
            )
        ],
        ["forked"],
    ),
    Mutant(
        "a look at a lock",
        "not waited for by others: they try it, too",
        [(FORK, "            if state == looking {\n", "            if false {\n")],
        ["lib:one_thread_looks"],
    ),
    Mutant(
        "a drop, where the lock is lost",
        "counts down",
        [(GROUP, "        if self.is_lost() {\n            return;\n        }\n", "")],
        ["forked"],
    ),
    Mutant(
        "the check of an empty registry",
        "also asked of what a child inherits",
        [(ENGINE, "            && !self.inner.is_inherited()\n", "")],
        unnoticed="nobody can: what a thread that a fork left behind had is a user that stays, and "
        "between a count and its handle there is no place to stop a thread",
    ),
    # That the sanitizers are awake.
    Mutant(
        "the lock itself, under ThreadSanitizer",
        "let go without releasing what it guarded",
        [
            (
                LOCK,
                "    pub(crate) use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};\n",
                WEAK_LOCK,
            )
        ],
        ["tsan:counts_are_exact"],
    ),
    Mutant(
        "an entry, under AddressSanitizer",
        "is forgotten when it is removed",
        [
            (
                INNER,
                "        self.bytes -= Inner::bytes_of(&entry);\n",
                "        self.bytes -= Inner::bytes_of(&entry);\n"
                "        std::mem::forget(entry.clone());\n",
            )
        ],
        ["asan:lifetimes::handles"],
    ),
]
