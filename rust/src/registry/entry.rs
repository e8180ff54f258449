//! A registered recursion group: its count, and its key, which refers to the engine's slots.

use triomphe::ThinArc;

use crate::canon::{Cursor, Key, KeyRef, Member, Meta, Shape, Target, kind_code, kind_from_code};
use crate::error::{Error, Result};
use crate::memory::{granted, reserve};
use crate::sync::{AtomicBool, AtomicUsize, Ordering};

/// What every entry begins with. Behind it, in the same allocation and as bytes: a record for
/// each member, the ancestors of all members, the targets of the key, its spelling.
#[derive(Debug)]
struct Header {
    /// How many users the group has. See the module's documentation for who may change it when.
    registrations: AtomicUsize,
    /// The creation number: a registry never gives one twice.
    generation: u64,
    hash: u64,
    members: u32,
    /// Set once, under the write lock, by the removal that takes the entry out of the registry.
    removed: AtomicBool,
    /// Set under the lock, once the digest is kept beside the entry.
    has_digest: AtomicBool,
}

/// A member's record: five words, each a little-endian `u32`. Where something begins counts from
/// the start of the bytes behind the header.
mod record {
    pub(super) const KIND: usize = 0;
    pub(super) const SLOT: usize = 4;
    pub(super) const ANCESTORS: usize = 8;
    pub(super) const TARGETS: usize = 12;
    pub(super) const SPELLING: usize = 16;
    pub(super) const SIZE: usize = 20;

    pub(super) const FINAL: u32 = 1 << 2;
    pub(super) const DEPTH_SHIFT: u32 = 8;
}

/// A shared pointer to a group. Cloning or dropping it is no registration: it only keeps the
/// memory readable.
#[derive(Clone, Debug)]
pub(super) struct Entry(ThinArc<Header, u8>);

/// How much memory a builder keeps from one group to the next: far more than most groups take,
/// and nothing to speak of for an engine that is idle.
const KEPT_BYTES: usize = 64 * 1024;

/// The bytes of an entry before they are frozen, in a buffer that is reused.
#[derive(Debug, Default)]
pub(super) struct EntryBuilder {
    bytes: Vec<u8>,
}

/// What the entries of other groups tell a group that declares supertypes among them.
pub(super) trait Ancestry {
    /// Appends the slots of all ancestors of the type at `slot` and then `slot` itself.
    fn append_lineage(&self, slot: u32, bytes: &mut Vec<u8>);
}

impl EntryBuilder {
    /// Lays out a group whose members live at `slots`, and freezes it with one registration.
    pub(super) fn build(
        &mut self,
        group: Shape<'_>,
        slots: &[u32],
        hash: u64,
        generation: u64,
        ancestry: &impl Ancestry,
    ) -> Result<Entry> {
        let Shape { key, members } = group;
        let bytes = &mut self.bytes;
        bytes.clear();
        let targets_start = targets_start(group);
        let spelling_start = targets_start + size_of_val(key.targets);
        let size = spelling_start + key.spelling.len();
        // Offsets in the records are kept in 32 bits.
        if size > u32::MAX as usize {
            return Err(Error::out_of_memory(size));
        }
        reserve(bytes, size)?;
        let mut at = members.len() * record::SIZE;
        for ((member, place), slot) in members.iter().zip(group.places()).zip(slots) {
            let targets = targets_start as u32 + place.1 * size_of::<Target>() as u32;
            let spelling = spelling_start as u32 + place.0;
            for word in [pack(member.meta), *slot, at as u32, targets, spelling] {
                bytes.extend_from_slice(&word.to_le_bytes());
            }
            at += usize::from(member.meta.depth) * 4;
        }
        for (position, member) in (0..).zip(members) {
            if member.meta.depth == 0 {
                continue;
            }
            match group.member(position).head().supertype {
                Some(KeyRef::Outer(slot)) => ancestry.append_lineage(slot, bytes),
                Some(KeyRef::Own(parent)) => {
                    debug_assert!(parent < position);
                    let from = word(bytes, parent, record::ANCESTORS) as usize;
                    let depth = usize::from(members[parent as usize].meta.depth);
                    bytes.extend_from_within(from..from + depth * 4);
                    bytes.extend_from_slice(&slots[parent as usize].to_le_bytes());
                }
                None => unreachable!("a type of depth above 0 declares a supertype"),
            }
        }
        bytes.extend_from_slice(key.targets.as_flattened());
        bytes.extend_from_slice(key.spelling);
        let header = Header {
            registrations: AtomicUsize::new(1),
            generation,
            hash,
            members: members.len() as u32,
            removed: AtomicBool::new(false),
            has_digest: AtomicBool::new(false),
        };
        let entry = granted(size, || {
            ThinArc::try_from_header_and_slice(header, bytes).ok()
        });
        bytes.clear();
        bytes.shrink_to(KEPT_BYTES);
        Ok(Entry(entry?))
    }
}

impl Entry {
    /// An entry of no group, to hold a slot until the real one exists.
    pub(super) fn placeholder() -> Entry {
        Entry(ThinArc::from_header_and_slice(
            Header {
                registrations: AtomicUsize::new(0),
                generation: u64::MAX,
                hash: 0,
                members: 0,
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
        self.header().members
    }

    pub(super) fn generation(&self) -> u64 {
        self.header().generation
    }

    pub(super) fn hash(&self) -> u64 {
        self.header().hash
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
        let Key { spelling, targets } = group.key;
        allocation(targets_start(group) + size_of_val(targets) + spelling.len())
    }

    pub(super) fn registrations(&self) -> usize {
        self.header().registrations.load(Ordering::Acquire)
    }

    /// Adds a registration and returns the new count. The caller holds the lock, or knows a
    /// registration that stays until this returns.
    pub(super) fn incref(&self) -> usize {
        self.header().registrations.fetch_add(1, Ordering::AcqRel) + 1
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

/// Where the targets begin, behind the records and ancestors of the members.
fn targets_start(group: Shape<'_>) -> usize {
    let depth = |member: &Member| usize::from(member.meta.depth);
    let ancestors: usize = group.members.iter().map(depth).sum();
    group.members.len() * record::SIZE + ancestors * size_of::<Target>()
}

/// A word of a member's record.
fn word(bytes: &[u8], position: u32, field: usize) -> u32 {
    let at = position as usize * record::SIZE + field;
    let bytes: [u8; 4] = bytes[at..at + 4].try_into().expect("four bytes");
    u32::from_le_bytes(bytes)
}

/// The size of an allocation with so many bytes behind the header.
fn allocation(bytes: usize) -> u64 {
    // The pointer's own counter and length come first.
    let size = 2 * size_of::<usize>() + size_of::<Header>() + bytes;
    size.next_multiple_of(align_of::<Header>()) as u64
}

fn pack(meta: Meta) -> u32 {
    let kind = u32::from(kind_code(meta.kind));
    let finality = if meta.is_final { record::FINAL } else { 0 };
    kind | finality | u32::from(meta.depth) << record::DEPTH_SHIFT
}

fn unpack(word: u32) -> Meta {
    Meta {
        kind: kind_from_code(word as u8),
        is_final: word & record::FINAL != 0,
        depth: (word >> record::DEPTH_SHIFT) as u8,
    }
}
