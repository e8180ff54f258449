//! The canonical form: one recursion group as one flat key, and the only place that knows how it
//! is written.
//!
//! A key spells a group's members one after the other. A reference inside the group is spelled by
//! position. A reference to another group is spelled as one that takes the next of the key's
//! *targets*: a list of whatever identities its holder gives to types, a module's own numbering or
//! an engine's slots. Two groups are the same exactly when spelling and targets are, provided that
//! equal identities mean equal types.
//!
//! So a module's key becomes an engine's by another list of targets, and what a group refers to is
//! read without reading its spelling.
//!
//! ```text
//! group    = member*
//! member   = head supertype? composite
//! head     = kind (2 bits) | FINAL | SUPERTYPE
//! composite = func:   count value* count value*
//!           | struct: count field*
//!           | array:  field
//!           | cont:   reference
//! field    = value, with bit 7 of its first byte for `mut`
//! value    = one byte (number, vector, packed, abstract reference), or a reference
//! reference = OWN or OWN_NULL, then the position as four bytes, little-endian
//!           | OUTER or OUTER_NULL
//! count    = LEB128
//! ```
//!
//! Members delimit themselves, so a key determines how many members it has, and how many targets.

mod assumed;
mod close;
mod descent;
mod digest;
mod draft;
mod encode;
mod graft;
mod hasher;
mod interner;
mod key;
mod known;
mod read;
mod room;
mod spellings;
mod write;

pub(crate) use close::close;
pub(crate) use descent::Descent;
pub(crate) use digest::{Digester, type_digest};
pub(crate) use draft::{Draft, Member, Meta, Shape};
pub(crate) use encode::{encode_group, encode_member, own_member};
pub(crate) use graft::{Grafted, graft};
pub(crate) use hasher::{KeyHash, KeyHasher};
pub(crate) use interner::{Interner, TypeId};
pub(crate) use key::{Key, Target};
pub(crate) use known::Known;
pub(crate) use read::{Cursor, for_each_reference};
pub(crate) use write::{KeyWriter, Spelling};

use crate::types::{AbsHeapType, Kind, NumType, PackedType};

/// A reference as a key holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum KeyRef {
    /// The member of the same group at this position.
    Own(u32),
    /// A type of another group, in the identity of whoever holds the key.
    Outer(u32),
}

const OWN_NULL: u8 = 0x01;
const OWN: u8 = 0x02;
const OUTER_NULL: u8 = 0x03;
const OUTER: u8 = 0x04;

/// On the first byte of a field: it can be written.
const MUTABLE: u8 = 0x80;

/// On the head of a member: no type may declare it as supertype.
const FINAL: u8 = 0x04;
/// On the head of a member: a supertype follows.
const SUPERTYPE: u8 = 0x08;
const KIND: u8 = 0x03;

/// What a non-null abstract reference's byte is below the nullable one's.
const NON_NULL: u8 = 0x40;

const V128: u8 = 0x7b;

/// The byte of a number type: the binary format's.
fn num_code(ty: NumType) -> u8 {
    match ty {
        NumType::I32 => 0x7f,
        NumType::I64 => 0x7e,
        NumType::F32 => 0x7d,
        NumType::F64 => 0x7c,
    }
}

/// The byte of a packed type: the binary format's.
fn packed_code(ty: PackedType) -> u8 {
    match ty {
        PackedType::I8 => 0x78,
        PackedType::I16 => 0x77,
    }
}

/// The byte of a nullable abstract reference: the binary format's.
fn abstract_code(heap: AbsHeapType) -> u8 {
    match heap {
        AbsHeapType::NoCont => 0x75,
        AbsHeapType::NoExn => 0x74,
        AbsHeapType::NoFunc => 0x73,
        AbsHeapType::NoExtern => 0x72,
        AbsHeapType::None => 0x71,
        AbsHeapType::Func => 0x70,
        AbsHeapType::Extern => 0x6f,
        AbsHeapType::Any => 0x6e,
        AbsHeapType::Eq => 0x6d,
        AbsHeapType::I31 => 0x6c,
        AbsHeapType::Struct => 0x6b,
        AbsHeapType::Array => 0x6a,
        AbsHeapType::Exn => 0x69,
        AbsHeapType::Cont => 0x68,
    }
}

/// The byte of a reference to an abstract heap type.
pub(crate) fn reference_code(heap: AbsHeapType, nullable: bool) -> u8 {
    abstract_code(heap) - if nullable { 0 } else { NON_NULL }
}

/// The abstract heap type whose nullable reference has this byte, in keys as in the binary format.
pub(crate) fn abstract_from_code(code: u8) -> Option<AbsHeapType> {
    Some(match code {
        0x75 => AbsHeapType::NoCont,
        0x74 => AbsHeapType::NoExn,
        0x73 => AbsHeapType::NoFunc,
        0x72 => AbsHeapType::NoExtern,
        0x71 => AbsHeapType::None,
        0x70 => AbsHeapType::Func,
        0x6f => AbsHeapType::Extern,
        0x6e => AbsHeapType::Any,
        0x6d => AbsHeapType::Eq,
        0x6c => AbsHeapType::I31,
        0x6b => AbsHeapType::Struct,
        0x6a => AbsHeapType::Array,
        0x69 => AbsHeapType::Exn,
        0x68 => AbsHeapType::Cont,
        _ => return None,
    })
}

/// What a byte of the binary format can begin, where a value or packed type is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Storage {
    /// A number, vector or abstract reference in its short form: keys spell it with this byte.
    Plain,
    /// A reference with its heap type behind it.
    Reference,
    /// `i8` or `i16`, spelled with this byte, but in fields only.
    Packed,
    /// An abstract reference that needs the feature `stack_switching`, spelled likewise.
    Cont,
    /// Nothing.
    Other,
}

/// A nullable reference and one that is not, with a heap type behind it.
pub(crate) const REF_NULL: u8 = 0x63;
pub(crate) const REF: u8 = 0x64;

/// By byte, because the decoder asks this of nearly every byte it reads.
pub(crate) const STORAGE: [Storage; 256] = {
    let mut table = [Storage::Other; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            0x69..=0x74 | 0x7b..=0x7f => Storage::Plain,
            REF_NULL | REF => Storage::Reference,
            0x77 | 0x78 => Storage::Packed,
            0x68 | 0x75 => Storage::Cont,
            _ => Storage::Other,
        };
        byte += 1;
    }
    table
};

/// A kind in two bits.
pub(crate) fn kind_code(kind: Kind) -> u8 {
    match kind {
        Kind::Func => 0,
        Kind::Struct => 1,
        Kind::Array => 2,
        Kind::Cont => 3,
    }
}

/// The kind that the lowest two bits say.
pub(crate) fn kind_from_code(code: u8) -> Kind {
    match code & KIND {
        0 => Kind::Func,
        1 => Kind::Struct,
        2 => Kind::Array,
        _ => Kind::Cont,
    }
}
