//! Writing a key, piece by piece: what the decoder and the encoder share.

use super::{
    Draft, FINAL, KeyRef, MUTABLE, Member, Meta, OUTER, OUTER_NULL, OWN, OWN_NULL, SUPERTYPE, V128,
    kind_code, num_code, packed_code, reference_code,
};
use crate::error::{BoxResult, Error};
use crate::memory::{push, reserve};
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
    /// Begins a member. What its kind wants must follow.
    #[inline(always)]
    pub(crate) fn begin_member(
        &mut self,
        kind: Kind,
        is_final: bool,
        supertype: Option<KeyRef>,
    ) -> BoxResult<()> {
        let member = Member {
            key_offset: self.len as u32,
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
        let mut writer = self.writer(1 + WORD, 1)?;
        writer.put([kind_code(kind) | finality | has_supertype]);
        if let Some(to) = supertype {
            writer.value(Spelling::Reference {
                to,
                nullable: false,
            });
        }
        writer.finish();
        Ok(())
    }

    /// Begins a list of parameters, results or fields with its count, and makes room for as many
    /// of them as there can be: the input may promise more than it holds.
    #[inline(always)]
    pub(crate) fn begin_list(
        &mut self,
        mut count: u32,
        at_most: usize,
    ) -> BoxResult<KeyWriter<'_>> {
        let items = at_most.min(count as usize);
        let mut writer = self.writer(WORD + items * WORD, items)?;
        while count >= 0x80 {
            writer.put([count as u8 | 0x80]);
            count >>= 7;
        }
        writer.put([count as u8]);
        Ok(writer)
    }

    /// Begins what is of just one part: the field of an array, the target of a continuation.
    #[inline(always)]
    pub(crate) fn begin_single(&mut self) -> BoxResult<KeyWriter<'_>> {
        self.writer(WORD, 1)
    }

    #[inline(always)]
    fn writer(&mut self, bytes: usize, holes: usize) -> BoxResult<KeyWriter<'_>> {
        if self.bytes.len() - self.len < bytes {
            grow(&mut self.bytes, bytes)?;
        }
        reserve(&mut self.holes, holes)?;
        Ok(KeyWriter {
            end: self.bytes.len(),
            room: &mut self.bytes[self.len..],
            len: &mut self.len,
            holes: &mut self.holes,
        })
    }
}

/// Makes more room in a key's bytes, and fills it with zeros to be written over.
#[cold]
#[inline(never)]
fn grow(bytes: &mut Vec<u8>, more: usize) -> BoxResult<()> {
    let more = more.max(bytes.len()).max(256);
    // Offsets into a key are kept in 32 bits.
    if bytes.len() + more > u32::MAX as usize {
        return Err(Error::out_of_memory(more).into());
    }
    reserve(bytes, more)?;
    bytes.resize(bytes.len() + more, 0);
    Ok(())
}

/// Writes at the end of a draft's key, into room that was made before. What it wrote counts when
/// it is finished.
///
/// The decoder spends its time here and in [`Reader`](crate::module): what is asked for each
/// value is inlined, so that the room stays in registers.
pub(crate) struct KeyWriter<'d> {
    room: &'d mut [u8],
    /// Where in the key the room ends.
    end: usize,
    /// How long the key is.
    len: &'d mut usize,
    holes: &'d mut Vec<u32>,
}

impl KeyWriter<'_> {
    /// Makes what was written part of the key.
    #[inline(always)]
    pub(crate) fn finish(self) {
        *self.len = self.end - self.room.len();
    }

    #[inline(always)]
    fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        let room = std::mem::take(&mut self.room);
        let (place, rest) = room.split_first_chunk_mut().expect("room was made before");
        *place = bytes;
        self.room = rest;
    }

    /// Writes a value type; a supertype and the target of a continuation are written as non-null
    /// references.
    #[inline(always)]
    pub(crate) fn value(&mut self, ty: Spelling) {
        self.field(ty, false);
    }

    #[inline(always)]
    pub(crate) fn field(&mut self, storage: Spelling, mutable: bool) {
        let mutable = if mutable { MUTABLE } else { 0 };
        match storage {
            Spelling::Code(code) => self.put([code | mutable]),
            Spelling::Reference { to, nullable } => {
                let (code, target) = match (to, nullable) {
                    (KeyRef::Own(position), true) => (OWN_NULL, position),
                    (KeyRef::Own(position), false) => (OWN, position),
                    (KeyRef::Outer(id), true) => (OUTER_NULL, id),
                    (KeyRef::Outer(id), false) => (OUTER, id),
                };
                self.put([code | mutable]);
                if let KeyRef::Outer(_) = to {
                    self.holes.push((self.end - self.room.len()) as u32);
                }
                self.put(target.to_le_bytes());
            }
        }
    }
}
