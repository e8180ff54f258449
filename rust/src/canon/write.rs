//! Writing a key, piece by piece: what the decoder and the encoder share.

use super::room::Ahead;
use super::{
    Draft, FINAL, KeyRef, MUTABLE, Member, Meta, OUTER, OUTER_NULL, OWN, OWN_NULL, SUPERTYPE, V128,
    kind_code, num_code, packed_code, reference_code,
};
use crate::error::BoxResult;
use crate::memory::push;
use crate::types::{HeapType, Kind, StorageType, ValType, VecType};

/// The most bytes that a value, field, reference or count takes.
const WORD: usize = 5;

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
            key_offset: self.keys.len() as u32,
            ancestors: 0,
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
        let mut writer = self.writer(
            items.saturating_mul(WORD).saturating_add(1 + 2 * WORD),
            1 + items,
        )?;
        writer.key.put([kind_code(kind) | finality | has_supertype]);
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
        self.writer(items.saturating_mul(WORD).saturating_add(WORD), items)
    }

    #[inline(always)]
    fn writer(&mut self, bytes: usize, holes: usize) -> BoxResult<KeyWriter<'_>> {
        Ok(KeyWriter {
            start: self.start.key as usize,
            key: self.keys.ahead(bytes)?,
            holes: self.holes.ahead(holes)?,
        })
    }
}

/// Writes at the end of a draft's key, into room that was made before. What it wrote counts when
/// it is finished.
///
/// The decoder spends its time here and in [`Reader`](crate::module): what is asked for each
/// value is inlined, so that the room stays in registers.
pub(crate) struct KeyWriter<'d> {
    key: Ahead<'d, u8>,
    holes: Ahead<'d, u32>,
    /// Where the key begins in its list.
    start: usize,
}

impl KeyWriter<'_> {
    /// Makes what was written part of the key.
    #[inline(always)]
    pub(crate) fn finish(self) {
        self.key.close();
        self.holes.close();
    }

    /// Writes how many items a list has.
    #[inline(always)]
    pub(crate) fn count(&mut self, mut count: u32) {
        while count >= 0x80 {
            self.key.put([count as u8 | 0x80]);
            count >>= 7;
        }
        self.key.put([count as u8]);
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
        self.key.put([code | mutability(mutable)]);
    }

    #[inline(always)]
    pub(crate) fn own(&mut self, position: u32, nullable: bool, mutable: bool) {
        let code = if nullable { OWN_NULL } else { OWN };
        self.reference(code | mutability(mutable), position);
    }

    #[inline(always)]
    pub(crate) fn outer(&mut self, id: u32, nullable: bool, mutable: bool) {
        let hole = self.key.place() + 1 - self.start;
        self.holes.put([hole as u32]);
        let code = if nullable { OUTER_NULL } else { OUTER };
        self.reference(code | mutability(mutable), id);
    }

    #[inline(always)]
    fn reference(&mut self, code: u8, target: u32) {
        let [a, b, c, d] = target.to_le_bytes();
        self.key.put([code, a, b, c, d]);
    }
}

#[inline(always)]
fn mutability(mutable: bool) -> u8 {
    if mutable { MUTABLE } else { 0 }
}
