//! What lies behind an entry's header, as bytes, and how it is written: a record for each member, the
//! ancestors of all members, the targets of the key, its spelling.

use crate::canon::{KeyRef, Member, Meta, Shape, Target, kind_code, kind_from_code};

/// A word of the bytes behind the header: little-endian, so that it needs no place of its own.
type Word = [u8; 4];

/// A member's record.
type Record = [Word; record::WORDS];

/// The words of a record. Where something begins counts in bytes from where the records do.
pub(super) mod record {
    pub(in super::super) const KIND: usize = 0;
    pub(in super::super) const SLOT: usize = 1;
    pub(in super::super) const ANCESTORS: usize = 2;
    pub(in super::super) const TARGETS: usize = 3;
    pub(in super::super) const SPELLING: usize = 4;
    pub(in super::super) const WORDS: usize = 5;

    pub(super) const FINAL: u32 = 1 << 2;
    pub(super) const DEPTH_SHIFT: u32 = 8;
}

/// What the entries of other groups tell a group that declares supertypes among them.
pub(super) trait Ancestry {
    /// The slots of all ancestors of the type at `slot`, the farthest first.
    fn ancestors(&self, slot: u32) -> &[Target];
}

/// Where each part begins, in bytes from the first.
pub(super) struct Layout {
    ancestors: usize,
    targets: usize,
    spelling: usize,
    /// How many bytes there are in all.
    pub(super) size: usize,
}

impl Layout {
    #[inline]
    pub(super) fn of(group: Shape<'_>) -> Layout {
        let Shape { key, members } = group;
        let depth = |member: &Member| usize::from(member.meta.depth);
        let lineages: usize = members.iter().map(depth).sum();
        let ancestors = members.len() * size_of::<Record>();
        let targets = ancestors + lineages * size_of::<Word>();
        let spelling = targets + size_of_val(key.targets);
        Layout {
            ancestors,
            targets,
            spelling,
            size: spelling + key.spelling.len(),
        }
    }

    /// Writes a group into bytes of this layout.
    #[inline]
    pub(super) fn write(
        &self,
        bytes: &mut [u8],
        group: Shape<'_>,
        slots: &[u32],
        ancestry: &impl Ancestry,
    ) {
        let Shape { key, members } = group;
        let (bytes, spelling) = bytes.split_at_mut(self.spelling);
        let (bytes, targets) = bytes.split_at_mut(self.targets);
        let (records, ancestors) = bytes.split_at_mut(self.ancestors);
        spelling.copy_from_slice(key.spelling);
        targets.copy_from_slice(key.targets.as_flattened());
        let records: &mut [Record] = records.as_chunks_mut().0.as_chunks_mut().0;
        let mut lineage = self.ancestors;
        let listed = members.iter().zip(group.places()).zip(slots);
        for (record, ((member, place), slot)) in records.iter_mut().zip(listed) {
            let [in_spelling, in_targets] = [place.0 as usize, place.1 as usize];
            let targets = self.targets + in_targets * size_of::<Target>();
            record[record::KIND] = pack(member.meta).to_le_bytes();
            record[record::SLOT] = slot.to_le_bytes();
            record[record::ANCESTORS] = (lineage as u32).to_le_bytes();
            record[record::TARGETS] = (targets as u32).to_le_bytes();
            record[record::SPELLING] = ((self.spelling + in_spelling) as u32).to_le_bytes();
            lineage += usize::from(member.meta.depth) * size_of::<Word>();
        }
        if !ancestors.is_empty() {
            self.write_lineages(ancestors.as_chunks_mut().0, records, group, ancestry);
        }
    }

    /// Writes the ancestors of all members, each member's in turn, the farthest first.
    fn write_lineages(
        &self,
        ancestors: &mut [Word],
        records: &[Record],
        group: Shape<'_>,
        ancestry: &impl Ancestry,
    ) {
        let mut start = 0;
        for (position, member) in (0..).zip(group.members) {
            let depth = usize::from(member.meta.depth);
            if depth == 0 {
                continue;
            }
            let (before, rest) = ancestors.split_at_mut(start);
            let (supertype, above) = rest[..depth].split_last_mut().expect("it has some");
            match group.member(position).head().supertype {
                Some(KeyRef::Outer(slot)) => {
                    above.copy_from_slice(ancestry.ancestors(slot));
                    *supertype = slot.to_le_bytes();
                }
                Some(KeyRef::Own(parent)) => {
                    debug_assert!(parent < position);
                    let parent = &records[parent as usize];
                    let from = u32::from_le_bytes(parent[record::ANCESTORS]) as usize;
                    let from = (from - self.ancestors) / size_of::<Word>();
                    above.copy_from_slice(&before[from..][..depth - 1]);
                    *supertype = parent[record::SLOT];
                }
                None => unreachable!("a type of depth above 0 declares a supertype"),
            }
            start += depth;
        }
    }
}

/// A word of a member's record.
pub(super) fn word(bytes: &[u8], position: u32, field: usize) -> u32 {
    let at = (position as usize * record::WORDS + field) * size_of::<Word>();
    let (words, _) = bytes[at..].as_chunks();
    u32::from_le_bytes(words[0])
}

/// How many members a group has: behind their records are the first one's ancestors.
#[inline]
pub(super) fn members(bytes: &[u8]) -> u32 {
    word(bytes, 0, record::ANCESTORS) / size_of::<Record>() as u32
}

/// What is asked of a member most, in the first word of its record.
fn pack(meta: Meta) -> u32 {
    let kind = u32::from(kind_code(meta.kind));
    let finality = if meta.is_final { record::FINAL } else { 0 };
    kind | finality | u32::from(meta.depth) << record::DEPTH_SHIFT
}

/// What the first word of a record says.
pub(super) fn unpack(word: u32) -> Meta {
    Meta {
        kind: kind_from_code(word as u8),
        is_final: word & record::FINAL != 0,
        depth: (word >> record::DEPTH_SHIFT) as u8,
    }
}
