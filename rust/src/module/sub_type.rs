//! One sub type of the binary format, straight into a key (specification, "Binary Format",
//! "Types").

use super::reader::Reader;
use crate::canon::{Draft, KeyRef, KeyWriter, STORAGE, Storage, abstract_from_code};
use crate::error::{BoxResult, Error};
use crate::features::{Feature, Features};
use crate::limits::{Limits, check};
use crate::types::Kind;

const SUB: u8 = 0x50;
const SUB_FINAL: u8 = 0x4f;
const FUNC: u8 = 0x60;
const STRUCT: u8 = 0x5f;
const ARRAY: u8 = 0x5e;
const CONT: u8 = 0x5d;
const REF: u8 = 0x64;
const REF_NULL: u8 = 0x63;
/// Prefix of shared types (proposal "shared-everything threads").
const SHARED: u8 = 0x65;
/// Prefixes of the proposal "custom descriptors".
const EXACT: u8 = 0x62;
const DESCRIPTOR: u8 = 0x4d;
const DESCRIBES: u8 = 0x4c;

/// What a decoder of sub types goes by, and what it has seen.
pub(super) struct SubTypeDecoder<'a> {
    pub(super) limits: &'a Limits,
    pub(super) features: &'a Features,
    pub(super) seen: Seen,
}

/// The most that was seen of what limits bound.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub(super) params: u32,
    pub(super) results: u32,
    pub(super) fields: u32,
    /// Whether a type needs the feature `stack_switching`.
    pub(super) cont: bool,
}

/// What a type index is in the key, or `None` where there is no such type.
pub(super) trait Resolve: Fn(u32) -> Option<KeyRef> {}

impl<F: Fn(u32) -> Option<KeyRef>> Resolve for F {}

impl SubTypeDecoder<'_> {
    /// Reads one sub type into `draft` and returns what is left. `type_index` is its own, for
    /// errors.
    #[inline]
    pub(super) fn sub_type<'b>(
        &mut self,
        mut reader: Reader<'b>,
        draft: &mut Draft,
        resolve: &impl Resolve,
        type_index: u32,
    ) -> BoxResult<Reader<'b>> {
        let mut byte = reader.byte("a sub type")?;
        let mut is_final = true;
        let mut supertype = None;
        if byte == SUB || byte == SUB_FINAL {
            is_final = byte == SUB_FINAL;
            let offset = reader.offset();
            match reader.u32("a count of supertypes")? {
                0 => {}
                1 => {
                    let offset = reader.offset();
                    let index = reader.u32("a supertype")?;
                    supertype = Some(known(resolve(index), index, offset, type_index)?);
                }
                count => return Err(too_many_supertypes(count, offset, type_index)),
            }
            byte = reader.byte("a composite type")?;
        }
        let writer;
        match byte {
            FUNC => {
                let mut out = draft.begin_member(Kind::Func, is_final, supertype)?;
                let (limits, seen) = (self.limits, self.seen);
                let params = count(&mut reader, &mut out, "params", limits.params)?;
                self.seen.params = seen.params.max(params);
                self.values(&mut reader, &mut out, params, resolve, type_index)?;
                let results = count(&mut reader, &mut out, "results", limits.results)?;
                self.seen.results = seen.results.max(results);
                self.values(&mut reader, &mut out, results, resolve, type_index)?;
                writer = out;
            }
            STRUCT => {
                let mut out = draft.begin_member(Kind::Struct, is_final, supertype)?;
                let fields = count(&mut reader, &mut out, "fields", self.limits.fields)?;
                self.seen.fields = self.seen.fields.max(fields);
                for _ in 0..fields {
                    self.field(&mut reader, &mut out, resolve, type_index)?;
                }
                writer = out;
            }
            ARRAY => {
                let mut out = draft.begin_member(Kind::Array, is_final, supertype)?;
                self.field(&mut reader, &mut out, resolve, type_index)?;
                writer = out;
            }
            CONT => {
                self.need_continuations(reader)?;
                let mut out = draft.begin_member(Kind::Cont, is_final, supertype)?;
                let target = heap_index(&mut reader, resolve, type_index)?;
                out.reference(target, false)?;
                writer = out;
            }
            SHARED => return Err(unsupported(Feature::SharedTypes, reader)),
            DESCRIPTOR | DESCRIBES => {
                return Err(unsupported(Feature::CustomDescriptors, reader));
            }
            _ => return Err(unexpected(byte, reader, "a composite type")),
        }
        let end = writer.at();
        draft.finish_member(end);
        Ok(reader)
    }

    #[inline(always)]
    fn values(
        &mut self,
        reader: &mut Reader<'_>,
        out: &mut KeyWriter<'_>,
        count: u32,
        resolve: &impl Resolve,
        type_index: u32,
    ) -> BoxResult<()> {
        for _ in 0..count {
            let byte = reader.byte("a value type")?;
            match STORAGE[usize::from(byte)] {
                Storage::Plain => out.code(byte)?,
                Storage::Packed => return Err(unexpected(byte, *reader, "a value type")),
                Storage::Cont | Storage::Other => {
                    self.reference(reader, out, byte, resolve, type_index)?;
                }
            }
        }
        Ok(())
    }

    /// Storage comes before mutability in the format; a key marks mutability on the storage's
    /// first byte, which is therefore set after the fact.
    #[inline(always)]
    fn field(
        &mut self,
        reader: &mut Reader<'_>,
        out: &mut KeyWriter<'_>,
        resolve: &impl Resolve,
        type_index: u32,
    ) -> BoxResult<()> {
        let start = out.at();
        let byte = reader.byte("a field type")?;
        match STORAGE[usize::from(byte)] {
            Storage::Plain | Storage::Packed => out.code(byte)?,
            Storage::Cont | Storage::Other => {
                self.reference(reader, out, byte, resolve, type_index)?;
            }
        }
        match reader.byte("a mutability")? {
            0 => Ok(()),
            1 => {
                out.make_mutable(start);
                Ok(())
            }
            byte => Err(unexpected(byte, *reader, "a mutability, 0 or 1")),
        }
    }

    /// Reads the rest of a value type that began with `byte`: a reference of more than one byte,
    /// or something that needs a closer look.
    #[inline(always)]
    fn reference(
        &mut self,
        reader: &mut Reader<'_>,
        out: &mut KeyWriter<'_>,
        byte: u8,
        resolve: &impl Resolve,
        type_index: u32,
    ) -> BoxResult<()> {
        if byte == REF || byte == REF_NULL {
            // Abstract heap types are negative in the signed form that type indices have here.
            if reader.peek("a heap type")? & 0xc0 != 0x40 {
                let target = heap_index(reader, resolve, type_index)?;
                return out.reference(target, byte == REF_NULL);
            }
            let code = self.abstract_heap(*reader, byte == REF_NULL)?;
            reader.byte("a heap type")?;
            return out.code(code);
        }
        self.uncommon(*reader, byte)?;
        out.code(byte)
    }

    /// The key's byte for the abstract heap type that is next.
    #[inline(never)]
    fn abstract_heap(&mut self, mut reader: Reader<'_>, nullable: bool) -> BoxResult<u8> {
        let byte = reader.byte("a heap type")?;
        match (byte, abstract_from_code(byte)) {
            (_, Some(heap)) => {
                if STORAGE[usize::from(byte)] == Storage::Cont {
                    self.need_continuations(reader)?;
                }
                Ok(crate::canon::reference_code(heap, nullable))
            }
            (SHARED, None) => Err(unsupported(Feature::SharedTypes, reader)),
            (EXACT, None) => Err(unsupported(Feature::CustomDescriptors, reader)),
            (_, None) => Err(unexpected(byte, reader, "a heap type")),
        }
    }

    /// Whether a byte that begins a value type is allowed after all: `contref` or `nullcontref`.
    #[inline(never)]
    fn uncommon(&mut self, reader: Reader<'_>, byte: u8) -> BoxResult<()> {
        match byte {
            SHARED => Err(unsupported(Feature::SharedTypes, reader)),
            EXACT => Err(unsupported(Feature::CustomDescriptors, reader)),
            _ if STORAGE[usize::from(byte)] == Storage::Cont => self.need_continuations(reader),
            _ => Err(unexpected(byte, reader, "a value type")),
        }
    }

    /// Continuations need a feature, those of an abstract reference as well.
    fn need_continuations(&mut self, reader: Reader<'_>) -> BoxResult<()> {
        if !self.features.stack_switching {
            return Err(unsupported(Feature::StackSwitching, reader));
        }
        self.seen.cont = true;
        Ok(())
    }
}

/// Reads a count, checks it and writes it. Nothing is allocated by what it promises.
#[inline(always)]
fn count(
    reader: &mut Reader<'_>,
    out: &mut KeyWriter<'_>,
    limit: &'static str,
    bound: u32,
) -> BoxResult<u32> {
    let offset = reader.offset();
    let count = reader.u32("a count")?;
    check(limit, bound, u64::from(count), Some(offset))?;
    out.count(count)?;
    Ok(count)
}

/// Reads a type index in its signed form.
#[inline(always)]
fn heap_index(
    reader: &mut Reader<'_>,
    resolve: &impl Resolve,
    type_index: u32,
) -> BoxResult<KeyRef> {
    let offset = reader.offset();
    match reader.s33_index("a type index")? {
        Some(index) => known(resolve(index), index, offset, type_index),
        None => Err(Error::decode(offset, "a negative type index").into()),
    }
}

#[inline(always)]
fn known(
    reference: Option<KeyRef>,
    index: u32,
    offset: usize,
    type_index: u32,
) -> BoxResult<KeyRef> {
    match reference {
        Some(reference) => Ok(reference),
        None => Err(unknown_type(index, offset, type_index)),
    }
}

#[cold]
#[inline(never)]
fn unknown_type(index: u32, offset: usize, type_index: u32) -> Box<Error> {
    Box::new(Error::Validation {
        message: format!("it refers to type {index}, which is not declared up to its group"),
        offset: Some(offset),
        type_index: Some(type_index),
    })
}

#[cold]
#[inline(never)]
fn too_many_supertypes(count: u32, offset: usize, type_index: u32) -> Box<Error> {
    Box::new(Error::Validation {
        message: format!("it declares {count} supertypes; at most one is allowed"),
        offset: Some(offset),
        type_index: Some(type_index),
    })
}

/// The byte just read needs a feature.
#[cold]
#[inline(never)]
fn unsupported(feature: Feature, reader: Reader<'_>) -> Box<Error> {
    Box::new(Error::UnsupportedFeature {
        feature,
        offset: Some(reader.offset() - 1),
    })
}

/// The byte just read should not be there.
#[cold]
#[inline(never)]
fn unexpected(byte: u8, reader: Reader<'_>, expected: &str) -> Box<Error> {
    let message = format!("unexpected byte {byte:#04x}; expected {expected}");
    Error::decode(reader.offset() - 1, message).into()
}
