//! Writing a key, piece by piece: what the decoder and the encoder share.

use super::key::Target;
use super::room::Ahead;
use super::spellings::Speller;
use super::{
    Draft, FINAL, KeyRef, MUTABLE, Member, Meta, OUTER, OUTER_NULL, OWN, OWN_NULL, SUPERTYPE, V128,
    kind_code, num_code, packed_code, reference_code,
};
use crate::error::BoxResult;
use crate::memory::push;
use crate::types::{HeapType, Kind, StorageType, ValType, VecType};

/// The most bytes that spell a value, field, reference or count.
const ITEM: usize = 5;

/// How a key spells a value type or the storage of a field.
#[derive(Clone, Copy)]
pub(crate) enum Spelling {
    /// With one byte.
    Code(u8),
    /// As a reference to a defined type.
    Reference { to: KeyRef, nullable: bool },
}

impl From<ValType<KeyRef>> for Spelling {
    fn from(ty: ValType<KeyRef>) -> Spelling {
        match ty {
            ValType::Num(ty) => Spelling::Code(num_code(ty)),
            ValType::Vec(VecType::V128) => Spelling::Code(V128),
            ValType::Ref(ty) => match ty.heap {
                HeapType::Abstract(heap) => Spelling::Code(reference_code(heap, ty.nullable)),
                HeapType::Concrete(to) => Spelling::Reference {
                    to,
                    nullable: ty.nullable,
                },
            },
        }
    }
}

impl From<StorageType<KeyRef>> for Spelling {
    fn from(ty: StorageType<KeyRef>) -> Spelling {
        match ty {
            StorageType::Val(ty) => ty.into(),
            StorageType::Packed(ty) => Spelling::Code(packed_code(ty)),
        }
    }
}

impl Draft {
    /// Begins a member, with room for its first list. What its kind wants must follow: its lists,
    /// each by a count and that many items, or its one part.
    #[inline(always)]
    pub(crate) fn begin_member(
        &mut self,
        kind: Kind,
        is_final: bool,
        supertype: Option<KeyRef>,
        items: usize,
    ) -> BoxResult<KeyWriter<'_>> {
        let member = Member {
            spelling: self.spellings.len() as u32,
            targets: self.targets.len() as u32,
            ancestors: 0,
            group: self.group,
            meta: Meta {
                kind,
                is_final,
                depth: 0,
            },
        };
        push(&mut self.members, member)?;
        self.is_related |= supertype.is_some() || kind == Kind::Cont;
        let finality = if is_final { FINAL } else { 0 };
        let has_supertype = if supertype.is_some() { SUPERTYPE } else { 0 };
        let mut writer = self.writer(list_bytes(items).saturating_add(1 + ITEM), 1 + items)?;
        writer
            .spelling
            .put(kind_code(kind) | finality | has_supertype);
        if let Some(to) = supertype {
            writer.value(Spelling::Reference {
                to,
                nullable: false,
            });
        }
        Ok(writer)
    }

    /// Makes room for the next list of a member: for its count and so many items.
    #[inline(always)]
    pub(crate) fn next_list(&mut self, items: usize) -> BoxResult<KeyWriter<'_>> {
        self.writer(list_bytes(items), items)
    }

    #[inline(always)]
    fn writer(&mut self, bytes: usize, targets: usize) -> BoxResult<KeyWriter<'_>> {
        Ok(KeyWriter {
            spelling: self.spellings.ahead(bytes)?,
            targets: self.targets.ahead(targets)?,
        })
    }
}

/// Writes at the end of a draft's key, into room that was made before. What it wrote counts when
/// it is finished.
///
/// The decoder spends its time here and in [`Reader`](crate::module): what is asked for each
/// value is inlined, so that the room stays in registers.
pub(crate) struct KeyWriter<'d> {
    spelling: Speller<'d>,
    targets: Ahead<'d, Target>,
}

impl KeyWriter<'_> {
    /// Whether there is room for another list, with its count and so many items.
    #[inline(always)]
    pub(crate) fn has_room(&self, items: usize) -> bool {
        self.spelling.has_room(list_bytes(items)) && self.targets.left() >= items
    }

    /// Makes what was written part of the key.
    #[inline(always)]
    pub(crate) fn finish(self) {
        self.spelling.close();
        self.targets.close(0);
    }

    /// Writes how many items a list has.
    #[inline(always)]
    pub(crate) fn count(&mut self, mut count: u32) {
        while count >= 0x80 {
            self.spelling.put(count as u8 | 0x80);
            count >>= 7;
        }
        self.spelling.put(count as u8);
    }

    /// Writes a value type; a supertype and the target of a continuation are written as non-null
    /// references.
    #[inline(always)]
    pub(crate) fn value(&mut self, ty: Spelling) {
        self.field(ty, false);
    }

    #[inline(always)]
    pub(crate) fn field(&mut self, storage: Spelling, mutable: bool) {
        match storage {
            Spelling::Code(code) => self.code(code, mutable),
            Spelling::Reference { to, nullable } => match to {
                KeyRef::Own(position) => self.own(position, nullable, mutable),
                KeyRef::Outer(id) => self.outer(id, nullable, mutable),
            },
        }
    }

    #[inline(always)]
    pub(crate) fn code(&mut self, code: u8, mutable: bool) {
        self.spelling.put(code | mutability(mutable));
    }

    /// Writes as many of these codes as are said: value types, each of one byte.
    #[inline(always)]
    pub(crate) fn codes(&mut self, codes: [u8; 8], count: u32) {
        self.spelling.put_some(codes, count);
    }

    #[inline(always)]
    pub(crate) fn own(&mut self, position: u32, nullable: bool, mutable: bool) {
        let code = reference(OWN_NULL, OWN, nullable);
        self.code(code, mutable);
        self.spelling.put_some(u64::from(position).to_le_bytes(), 4);
    }

    #[inline(always)]
    pub(crate) fn outer(&mut self, id: u32, nullable: bool, mutable: bool) {
        let code = reference(OUTER_NULL, OUTER, nullable);
        self.code(code, mutable);
        self.targets.put(id.to_le_bytes());
    }
}

/// The most bytes that spell a list of so many items.
#[inline(always)]
fn list_bytes(items: usize) -> usize {
    items.saturating_mul(ITEM).saturating_add(ITEM)
}

/// One of two codes that follow each other: without a branch, which nobody could foresee.
#[inline(always)]
fn reference(null: u8, non_null: u8, nullable: bool) -> u8 {
    non_null - u8::from(nullable) * (non_null - null)
}

#[inline(always)]
fn mutability(mutable: bool) -> u8 {
    if mutable { MUTABLE } else { 0 }
}
