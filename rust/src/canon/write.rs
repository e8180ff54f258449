//! Writing a key, piece by piece: what the decoder and the encoder share.

use super::{
    Draft, FINAL, KeyRef, MUTABLE, Member, Meta, OUTER, OUTER_NULL, OWN, OWN_NULL, SUPERTYPE, V128,
    kind_code, num_code, packed_code, reference_code,
};
use crate::error::{BoxResult, Error};
use crate::types::{FieldType, HeapType, Kind, StorageType, ValType, VecType};

/// No count, head or reference takes more bytes, nor a head and a supertype together.
const ROOM: usize = 16;

/// Writes at the end of a draft's key. What was written counts when the writer is finished.
///
/// The place to write at is the writer's own, so that in the decoder's loops it stays in a
/// register; everything here that is asked for each byte is inlined for the same reason.
pub(crate) struct KeyWriter<'d> {
    bytes: &'d mut Vec<u8>,
    holes: &'d mut Vec<u32>,
    at: usize,
}

impl Draft {
    /// Begins a member. Its composite type must be written, and the writer finished.
    #[inline(always)]
    pub(crate) fn begin_member(
        &mut self,
        kind: Kind,
        is_final: bool,
        supertype: Option<KeyRef>,
    ) -> BoxResult<KeyWriter<'_>> {
        if self.members.len() == self.members.capacity() {
            self.grow_members()?;
        }
        self.members.push(Member {
            key_offset: self.len as u32,
            ancestors: 0,
            meta: Meta {
                kind,
                is_final,
                depth: 0,
            },
        });
        self.supertypes.push(supertype);
        self.is_related |= supertype.is_some() || kind == Kind::Cont;
        let mut writer = KeyWriter {
            bytes: &mut self.bytes,
            holes: &mut self.holes,
            at: self.len,
        };
        let finality = if is_final { FINAL } else { 0 };
        let has_supertype = if supertype.is_some() { SUPERTYPE } else { 0 };
        writer.code(kind_code(kind) | finality | has_supertype)?;
        if let Some(reference) = supertype {
            writer.reference(reference, false)?;
        }
        Ok(writer)
    }

    /// Makes what a writer wrote, up to where it stopped, part of the key.
    #[inline(always)]
    pub(crate) fn finish_member(&mut self, end: usize) {
        self.len = end;
    }

    #[cold]
    fn grow_members(&mut self) -> BoxResult<()> {
        let members = self.members.try_reserve(1);
        // The lists have the same length, but not the same capacity.
        let supertypes = self.supertypes.try_reserve(self.members.capacity());
        match members.and(supertypes) {
            Ok(()) => Ok(()),
            Err(_) => Err(Error::out_of_memory(1).into()),
        }
    }
}

/// Makes more room in a key's bytes and returns what begins at `at`. What is not yet written is
/// zero.
#[cold]
#[inline(never)]
fn grow(bytes: &mut Vec<u8>, at: usize) -> BoxResult<&mut [u8; ROOM]> {
    let more = bytes.len().max(256);
    // Offsets into a key are kept in 32 bits.
    let fits = bytes.len() + more <= u32::MAX as usize;
    if !fits || bytes.try_reserve(more).is_err() {
        return Err(Error::out_of_memory(more).into());
    }
    bytes.resize(bytes.len() + more, 0);
    Ok(bytes[at..]
        .first_chunk_mut()
        .expect("more than ROOM was added"))
}

#[cold]
#[inline(never)]
fn grow_holes(holes: &mut Vec<u32>) -> BoxResult<()> {
    match holes.try_reserve(1) {
        Ok(()) => Ok(()),
        Err(_) => Err(Error::out_of_memory(1).into()),
    }
}

impl KeyWriter<'_> {
    /// Where the next byte goes: at last, the end of the member.
    #[inline(always)]
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    #[inline(always)]
    fn put<const N: usize>(&mut self, bytes: [u8; N]) -> BoxResult<()> {
        const { assert!(N <= ROOM) };
        let room = match self.bytes[self.at..].first_chunk_mut::<ROOM>() {
            Some(room) => room,
            None => grow(self.bytes, self.at)?,
        };
        room[..N].copy_from_slice(&bytes);
        self.at += N;
        Ok(())
    }

    /// Writes what the binary format and a key say with the same one byte: a number, vector or
    /// packed type, or a nullable reference to an abstract heap type.
    #[inline(always)]
    pub(crate) fn code(&mut self, code: u8) -> BoxResult<()> {
        self.put([code])
    }

    /// Writes a count of parameters, results or fields.
    #[inline(always)]
    pub(crate) fn count(&mut self, mut count: u32) -> BoxResult<()> {
        while count >= 0x80 {
            self.put([count as u8 | 0x80])?;
            count >>= 7;
        }
        self.put([count as u8])
    }

    /// Writes a reference to a defined type; a supertype and the target of a continuation are
    /// written as non-null ones.
    #[inline(always)]
    pub(crate) fn reference(&mut self, reference: KeyRef, nullable: bool) -> BoxResult<()> {
        let (code, target) = match (reference, nullable) {
            (KeyRef::Own(position), true) => (OWN_NULL, position),
            (KeyRef::Own(position), false) => (OWN, position),
            (KeyRef::Outer(id), true) => (OUTER_NULL, id),
            (KeyRef::Outer(id), false) => (OUTER, id),
        };
        if let KeyRef::Outer(_) = reference {
            if self.holes.len() == self.holes.capacity() {
                grow_holes(self.holes)?;
            }
            self.holes.push(self.at as u32 + 1);
        }
        let [a, b, c, d] = target.to_le_bytes();
        self.put([code, a, b, c, d])
    }

    pub(crate) fn value(&mut self, ty: ValType<KeyRef>) -> BoxResult<()> {
        match ty {
            ValType::Num(ty) => self.code(num_code(ty)),
            ValType::Vec(VecType::V128) => self.code(V128),
            ValType::Ref(ty) => match ty.heap {
                HeapType::Abstract(heap) => self.code(reference_code(heap, ty.nullable)),
                HeapType::Concrete(reference) => self.reference(reference, ty.nullable),
            },
        }
    }

    pub(crate) fn field(&mut self, ty: FieldType<KeyRef>) -> BoxResult<()> {
        let start = self.at;
        match ty.storage {
            StorageType::Val(ty) => self.value(ty)?,
            StorageType::Packed(ty) => self.code(packed_code(ty))?,
        }
        if ty.mutable {
            self.make_mutable(start);
        }
        Ok(())
    }

    /// Makes the field that was written from `start` on mutable.
    #[inline(always)]
    pub(crate) fn make_mutable(&mut self, start: usize) {
        self.bytes[start] |= MUTABLE;
    }
}
