//! A registered recursion group: its count, and its key, which refers to the engine's slots.

use triomphe::{Arc, ThinArc};

use super::engine::Engine;
use super::layout::{Ancestry, Layout, members, record, unpack, word};
use crate::canon::{Cursor, Key, KeyHash, Meta, Shape, Target};
use crate::error::{Error, Result};
use crate::memory::{granted, reserve};
use crate::sync::{AtomicBool, AtomicUsize, OnceBox, Ordering};

/// What every entry begins with; the rest of the group lies behind it, in the same allocation
/// ([`Layout`]).
#[derive(Debug)]
struct Header {
    /// How many users the group has. See the module's documentation for who may change it when.
    registrations: AtomicUsize,
    /// The creation number: a registry never gives one twice.
    generation: u64,
    /// Known since the group's first handle, which leaves it here for all: see [`Entry::keep`].
    engine: OnceBox<Engine>,
    hash: KeyHash,
    /// Set once, under the write lock, by the removal that takes the entry out of the registry.
    removed: AtomicBool,
    /// Set under the lock, once the digest is kept beside the entry.
    has_digest: AtomicBool,
}

/// A shared pointer to a group. Cloning or dropping it is no registration: it only keeps the
/// memory readable.
#[derive(Clone, Debug)]
pub(super) struct Entry(ThinArc<Header, u8>);

/// How much memory a builder keeps from one group to the next: far more than most groups take,
/// and nothing to speak of for an engine that is idle.
const KEPT_BYTES: usize = 64 * 1024;

/// Makes entries: each is written where it stays. Put together elsewhere and copied as a whole, it
/// would have to wait for all those stores, and for whatever the processor was storing before.
#[derive(Debug, Default)]
pub(super) struct EntryBuilder {
    /// What new memory is filled with, so that there is something to write over.
    zeros: Vec<u8>,
}

impl EntryBuilder {
    /// Lays out a group whose members live at `slots`, and freezes it with one registration.
    pub(super) fn build(
        &mut self,
        group: Shape<'_>,
        slots: &[u32],
        hash: KeyHash,
        generation: u64,
        ancestry: &impl Ancestry,
    ) -> Result<Entry> {
        let layout = Layout::of(group);
        // Offsets in the records are kept in 32 bits.
        if layout.size > u32::MAX as usize {
            return Err(Error::out_of_memory(layout.size));
        }
        let header = Header {
            registrations: AtomicUsize::new(1),
            generation,
            engine: OnceBox::new(),
            hash,
            removed: AtomicBool::new(false),
            has_digest: AtomicBool::new(false),
        };
        let mut entry = self.blank(header, layout.size)?;
        entry.with_arc_mut(|entry| {
            let entry = Arc::get_mut(entry).expect("nobody else has it yet");
            layout.write(entry.slice_mut(), group, slots, ancestry);
        });
        Ok(Entry(entry))
    }

    /// An entry with so many zeros behind its header.
    #[inline]
    fn blank(&mut self, header: Header, size: usize) -> Result<ThinArc<Header, u8>> {
        if self.zeros.len() < size {
            let more = size - self.zeros.len();
            reserve(&mut self.zeros, more)?;
            self.zeros.resize(size, 0);
        }
        let zeros = &self.zeros[..size];
        let entry = granted(size, || {
            ThinArc::try_from_header_and_slice(header, zeros).ok()
        });
        if self.zeros.capacity() > KEPT_BYTES {
            self.zeros.truncate(KEPT_BYTES);
            self.zeros.shrink_to(KEPT_BYTES);
        }
        Ok(entry?)
    }
}

impl Entry {
    /// An entry of no group, to hold a slot until the real one exists.
    pub(super) fn placeholder() -> Entry {
        Entry(ThinArc::from_header_and_slice(
            Header {
                registrations: AtomicUsize::new(0),
                generation: u64::MAX,
                engine: OnceBox::new(),
                hash: KeyHash::default(),
                removed: AtomicBool::new(true),
                has_digest: AtomicBool::new(false),
            },
            &[],
        ))
    }

    fn header(&self) -> &Header {
        &self.0.header.header
    }

    fn word(&self, position: u32, field: usize) -> u32 {
        word(&self.0.slice, position, field)
    }

    pub(super) fn same(&self, other: &Entry) -> bool {
        std::ptr::eq(self.header(), other.header())
    }

    pub(super) fn members(&self) -> u32 {
        members(&self.0.slice)
    }

    pub(super) fn generation(&self) -> u64 {
        self.header().generation
    }

    pub(super) fn hash(&self) -> KeyHash {
        self.header().hash
    }

    /// Leaves the engine of the entry's registry for all handles to find. A pointer to it in each
    /// handle would be an atomic operation more for each that is made, and one for each that is
    /// dropped, all of them on one counter.
    ///
    /// The engine has the entry and the entry the engine, until the entry leaves the registry:
    /// just as long as there are handles or collections, which must keep the engine anyway.
    ///
    /// ```text
    /// handle -> entry -> engine -> slab -> entry
    /// last registration goes: slab -x-> entry
    /// the handle's memory goes: the entry's, and with it the engine's, if nobody else has it
    /// ```
    #[inline]
    pub(super) fn keep(&self, engine: &Engine) {
        self.header()
            .engine
            .get_or_init(|| Box::new(engine.for_entry()));
    }

    /// The engine of an entry that has had a handle.
    #[inline]
    pub(super) fn engine(&self) -> &Engine {
        let engine = self.header().engine.get();
        engine.expect("a handle left it here")
    }

    pub(super) fn slot(&self, position: u32) -> u32 {
        self.word(position, record::SLOT)
    }

    pub(super) fn slots(&self) -> impl DoubleEndedIterator<Item = u32> + '_ {
        (0..self.members()).map(|position| self.slot(position))
    }

    pub(super) fn meta(&self, position: u32) -> Meta {
        unpack(self.word(position, record::KIND))
    }

    /// The slot of the ancestor at `depth`, which must be less than the member's own.
    pub(super) fn ancestor(&self, position: u32, depth: u8) -> u32 {
        let start = self.word(position, record::ANCESTORS) as usize;
        let (slots, _) = self.0.slice[start..].as_chunks();
        u32::from_le_bytes(slots[usize::from(depth)])
    }

    /// The slots of a member's ancestors.
    pub(super) fn ancestors(&self, position: u32) -> &[Target] {
        let start = self.word(position, record::ANCESTORS) as usize;
        let depth = usize::from(self.meta(position).depth);
        let (slots, _) = self.0.slice[start..].as_chunks();
        &slots[..depth]
    }

    pub(super) fn key(&self) -> Key<'_> {
        self.key_from(0)
    }

    /// A cursor at a member of the key.
    pub(super) fn member(&self, position: u32) -> Cursor<'_> {
        Cursor::new(self.key_from(position))
    }

    /// The key from a member on.
    fn key_from(&self, position: u32) -> Key<'_> {
        let spelling_start = self.word(0, record::SPELLING) as usize;
        let (front, spelling) = self.0.slice.split_at(spelling_start);
        let targets = self.word(position, record::TARGETS) as usize;
        Key {
            spelling: &spelling[self.word(position, record::SPELLING) as usize - spelling_start..],
            targets: front[targets..].as_chunks().0,
        }
    }

    /// The slot of every reference to another group, in the order of clause K5.
    pub(super) fn edges(&self) -> impl ExactSizeIterator<Item = u32> + '_ {
        self.key().outer()
    }

    /// The bytes of the allocation.
    pub(super) fn size(&self) -> u64 {
        allocation(self.0.slice.len())
    }

    /// The bytes that the allocation of a group will take.
    pub(super) fn size_for(group: Shape<'_>) -> u64 {
        allocation(Layout::of(group).size)
    }

    pub(super) fn registrations(&self) -> usize {
        self.header().registrations.load(Ordering::Acquire)
    }

    /// Adds a registration and returns the new count. The caller holds the lock, or knows a
    /// registration that stays until this returns.
    pub(super) fn incref(&self) -> usize {
        self.incref_by(1)
    }

    /// The same for so many registrations.
    pub(super) fn incref_by(&self, times: usize) -> usize {
        let registrations = &self.header().registrations;
        registrations.fetch_add(times, Ordering::AcqRel) + times
    }

    /// Adds a registration and returns the new count, for a holder of the lock. Groups from the
    /// generation `unseen` on were created under this very hold of the write lock; under the read
    /// lock there are none (`u64::MAX`):
    ///
    /// ```text
    /// this thread                                   others
    /// write lock, create group 7
    /// count group 7: load, add, store               cannot look it up: that takes the lock
    /// unlock
    ///                                               read lock, root group 7
    /// ```
    ///
    /// Nobody else can be counting them, so no atomic operation is needed; the lock hands on what
    /// was stored. Most references of a new module are to its own groups.
    #[inline]
    pub(super) fn incref_held(&self, unseen: u64) -> usize {
        if self.generation() < unseen {
            return self.incref();
        }
        let registrations = &self.header().registrations;
        let count = registrations.load(Ordering::Relaxed) + 1;
        registrations.store(count, Ordering::Relaxed);
        count
    }

    /// Adds a registration unless there is none; returns the new count. For a handle that
    /// another thread may close at the same time: zero must not be left without the lock.
    pub(super) fn incref_if_live(&self) -> Option<usize> {
        let registrations = &self.header().registrations;
        let old = registrations.fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
            (count != 0).then(|| count + 1)
        });
        old.ok().map(|old| old + 1)
    }

    /// Takes a registration away and returns the new count. At zero the caller must see to the
    /// entry's removal.
    #[must_use = "an entry at zero must be removed"]
    pub(super) fn decref(&self) -> usize {
        let old = self.header().registrations.fetch_sub(1, Ordering::AcqRel);
        debug_assert_ne!(old, 0, "a registration was taken back twice");
        old - 1
    }

    /// Whether the entry was removed. Decided under the write lock.
    pub(super) fn is_removed(&self) -> bool {
        self.header().removed.load(Ordering::Acquire)
    }

    pub(super) fn mark_removed(&self) {
        self.header().removed.store(true, Ordering::Release);
    }

    /// Whether the group's digest is kept beside the entry.
    pub(super) fn has_digest(&self) -> bool {
        self.header().has_digest.load(Ordering::Acquire)
    }

    /// To be called when the digest is there. Decided under the lock.
    pub(super) fn mark_digest(&self) {
        self.header().has_digest.store(true, Ordering::Release);
    }
}

/// The size of an allocation with so many bytes behind the header.
fn allocation(bytes: usize) -> u64 {
    // The pointer's own counter and length come first.
    let size = 2 * size_of::<usize>() + size_of::<Header>() + bytes;
    size.next_multiple_of(align_of::<Header>()) as u64
}
