//! The type section: bytes to interned groups, validity included, in one pass.

use std::ops::Range;

use super::declarations::Declarations;
use super::reader::Reader;
use super::sub_type::{Resolve, Seen, SubTypeDecoder};
use crate::canon::{Cursor, Descent, Draft, Interner, KeyHasher, KeyRef, TypeId};
use crate::error::{BoxResult, Error, Result};
use crate::features::Features;
use crate::limits::{Limits, check};
use crate::matching::{Origin, validate};
use crate::memory::{expect, push};
use crate::types::{ModuleTypeIndex, RecIndex, SubType, TypeIndex};

pub(crate) const REC: u8 = 0x4e;

/// A module's types: each distinct group once, and which of them is declared where.
#[derive(Debug)]
pub(crate) struct TypeSection {
    pub(crate) interner: Interner,
    pub(crate) declared: Declarations,
    /// Where the section's contents begin in the input.
    base: usize,
    /// By type index: the offset of its bytes from there.
    offsets: Vec<u32>,
    /// What limits are checked against: the most of each that the section holds.
    pub(super) seen: Seen,
    pub(super) largest_group: u32,
    pub(super) deepest: u32,
}

/// References in a group that is being decoded: each type that is declared by its identity.
struct Declared<'a> {
    ids: &'a [TypeId],
    /// How many members the group has.
    size: u32,
}

impl Resolve for Declared<'_> {
    #[inline(always)]
    fn outer(&self, index: u32) -> Option<u32> {
        self.ids.get(index as usize).copied()
    }

    #[inline(always)]
    fn own(&self, index: u32) -> Option<u32> {
        let position = index.wrapping_sub(self.ids.len() as u32);
        (position < self.size).then_some(position)
    }
}

/// References as the bytes spell them: by type index, but for those within the group.
struct AsSpelled {
    own: Range<u32>,
}

impl Resolve for AsSpelled {
    fn outer(&self, index: u32) -> Option<u32> {
        (!self.own.contains(&index)).then_some(index)
    }

    fn own(&self, index: u32) -> Option<u32> {
        self.own.contains(&index).then(|| index - self.own.start)
    }
}

impl TypeSection {
    /// The section of a module that has none.
    pub(super) fn empty(hasher: KeyHasher) -> TypeSection {
        TypeSection {
            interner: Interner::new(hasher),
            declared: Declarations::default(),
            base: 0,
            offsets: Vec::new(),
            seen: Seen::default(),
            largest_group: 0,
            deepest: 0,
        }
    }

    /// Decodes the contents of a type section that begins at `base` in the input.
    ///
    /// Linear in the bytes, and never allocates by a count that the bytes promise.
    pub(super) fn decode(
        bytes: &[u8],
        base: usize,
        limits: &Limits,
        features: &Features,
        hasher: KeyHasher,
    ) -> Result<TypeSection> {
        let mut section = TypeSection::empty(hasher);
        let mut descent = Descent::default();
        let mut reader = Reader::new(bytes, base);
        let start = reader.offset();
        let groups = reader.u32("a count of types")?;
        check("groups", limits.groups, u64::from(groups), Some(start))?;
        let mut decoder = SubTypeDecoder {
            limits,
            features,
            seen: Seen::default(),
        };
        section.base = base;
        section.expect(groups as usize, bytes.len());
        loop {
            while section.declared.group_count() < groups {
                section.group(bytes, &mut reader, &mut decoder, &mut descent)?;
            }
            if section.verify(bytes, &mut reader)? {
                break;
            }
        }
        section.seen = decoder.seen;
        if reader.left() > 0 {
            let message = "unexpected bytes after the last type of the section";
            return Err(Error::decode(reader.offset(), message));
        }
        Ok(section)
    }

    /// Makes room for as many groups as are promised, as far as the bytes can hold them.
    fn expect(&mut self, groups: usize, bytes: usize) {
        // No type takes fewer bytes than `(func)`, few are spelled with more than the section's
        // bytes, and a reference takes two of them at the least.
        let groups = groups.min(bytes / 3);
        // Most groups are of one; a list that is a little too short is copied to one twice as long.
        let types = groups + groups / 16;
        self.interner.expect(groups, types, bytes, bytes / 2);
        self.declared.expect(types);
        expect(&mut self.offsets, types);
    }

    /// Decodes the next group of the section with these contents.
    #[inline(always)]
    fn group<'b>(
        &mut self,
        bytes: &'b [u8],
        reader: &mut Reader<'b>,
        decoder: &mut SubTypeDecoder<'_>,
        descent: &mut Descent,
    ) -> BoxResult<()> {
        let limits = decoder.limits;
        let start = reader.offset();
        let first_type = self.declared.type_count();
        let size = if reader.peek("a recursion group")? == REC {
            reader.byte("a recursion group")?;
            let offset = reader.offset();
            let size = reader.u32("a count of group members")?;
            check(
                "group_size",
                limits.group_size,
                u64::from(size),
                Some(offset),
            )?;
            size
        } else {
            1
        };
        let types = u64::from(first_type) + u64::from(size);
        check("types", limits.types, types, Some(start))?;
        self.largest_group = self.largest_group.max(size);

        let draft = self.interner.draft_mut();
        let declared = Declared {
            ids: self.declared.ids(),
            size,
        };
        for position in 0..size {
            push(&mut self.offsets, (reader.offset() - self.base) as u32)?;
            decoder.sub_type(reader, draft, &declared, first_type + position)?;
        }

        if self.interner.expects_new() && self.assume(size, bytes, reader)? {
            return Ok(());
        }
        let mut first = 0;
        if size > 0 {
            if self.interner.draft().is_related {
                self.validate(first_type, limits.depth, descent)?;
            }
            first = self.interner.intern(descent)?;
        }
        self.declared.add(size, first)
    }

    /// Assumes that the group in the draft is new, if it is of one type that is not related; else finds
    /// out first what was assumed. Whether there is nothing left to do for the group: it is declared,
    /// or will be decoded again.
    #[inline(never)]
    fn assume<'b>(
        &mut self,
        size: u32,
        bytes: &'b [u8],
        reader: &mut Reader<'b>,
    ) -> BoxResult<bool> {
        if size != 1 || self.interner.draft().is_related {
            let were_new = self.verify(bytes, reader)?;
            return Ok(!were_new);
        }
        let end = reader.offset() - self.base;
        let first = self.interner.assume_new(end)?;
        self.declared.add(1, first)?;
        if self.interner.has_assumed_enough() {
            self.verify(bytes, reader)?;
        }
        Ok(true)
    }

    /// Finds out whether all groups that are assumed to be new are. If not, decoding goes on behind the
    /// first that is not.
    fn verify<'b>(&mut self, bytes: &'b [u8], reader: &mut Reader<'b>) -> BoxResult<bool> {
        let Some(repeat) = self.interner.verify()? else {
            return Ok(true);
        };
        let before = self.declared.ids().len() - repeat.groups;
        self.declared.truncate(before);
        self.declared.add(1, repeat.known)?;
        self.offsets.truncate(before + 1);
        *reader = Reader::new(&bytes[repeat.mark..], self.base + repeat.mark);
        Ok(false)
    }

    /// Checks the group in the draft, the first type of which has this index.
    fn validate(
        &mut self,
        first_type: u32,
        max_depth: u32,
        descent: &mut Descent,
    ) -> BoxResult<()> {
        let origin = Origin {
            first_type,
            offsets: &self.offsets[first_type as usize..],
            base: self.base,
        };
        let (draft, known) = (self.interner.draft(), &self.interner);
        let deepest = validate(draft, known, max_depth, &origin, descent)?;
        self.deepest = self.deepest.max(deepest);
        Ok(())
    }

    /// How many types are declared.
    pub(crate) fn type_count(&self) -> u32 {
        self.declared.type_count()
    }

    /// The type at `index` as its bytes spell it, or the error that says that there is no memory to
    /// read it. References within `own` are by position in the group that begins there, all others
    /// by type index.
    pub(super) fn sub_type(&self, wasm: &[u8], index: u32, own: Range<u32>) -> BoxResult<SubType> {
        let offset = self.base + self.offsets[index as usize] as usize;
        let mut draft = Draft::default();
        let mut decoder = SubTypeDecoder {
            limits: &Limits::spec(),
            features: &Features::ALL,
            seen: Seen::default(),
        };
        let reader = &mut Reader::new(&wasm[offset..], offset);
        decoder.sub_type(reader, &mut draft, &AsSpelled { own }, index)?;
        let ty = Cursor::new(draft.key()).sub_type();
        let Ok(ty) = ty.try_map(&mut |reference| {
            Ok::<_, std::convert::Infallible>(match *reference {
                KeyRef::Own(position) => TypeIndex::Rec(RecIndex(position)),
                KeyRef::Outer(index) => TypeIndex::Module(ModuleTypeIndex(index)),
            })
        });
        Ok(ty)
    }
}
