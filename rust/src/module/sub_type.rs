//! One sub type of the binary format, straight into a key (specification, "Binary Format",
//! "Types").

use super::reader::Reader;
use crate::canon::{Draft, KeyRef, KeyWriter, STORAGE, Spelling, Storage, abstract_from_code};
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
        let kind = match byte {
            FUNC => Kind::Func,
            STRUCT => Kind::Struct,
            ARRAY => Kind::Array,
            CONT => {
                self.need_continuations(reader)?;
                Kind::Cont
            }
            SHARED => return Err(unsupported(Feature::SharedTypes, reader)),
            DESCRIPTOR | DESCRIBES => {
                return Err(unsupported(Feature::CustomDescriptors, reader));
            }
            _ => return Err(unexpected(byte, reader, "a composite type")),
        };
        draft.begin_member(kind, is_final, supertype)?;
        match kind {
            Kind::Func => {
                let params = count(&mut reader, "params", self.limits.params)?;
                self.seen.params = self.seen.params.max(params);
                let out = draft.begin_list(params, reader.left())?;
                reader = self.values(reader, out, params, resolve, type_index)?;
                let results = count(&mut reader, "results", self.limits.results)?;
                self.seen.results = self.seen.results.max(results);
                let out = draft.begin_list(results, reader.left())?;
                reader = self.values(reader, out, results, resolve, type_index)?;
            }
            Kind::Struct => {
                let fields = count(&mut reader, "fields", self.limits.fields)?;
                self.seen.fields = self.seen.fields.max(fields);
                let out = draft.begin_list(fields, reader.left())?;
                reader = self.fields(reader, out, fields, resolve, type_index)?;
            }
            Kind::Array => {
                let out = draft.begin_single()?;
                reader = self.fields(reader, out, 1, resolve, type_index)?;
            }
            Kind::Cont => {
                let to = heap_index(&mut reader, resolve, type_index)?;
                let mut out = draft.begin_single()?;
                out.value(Spelling::Reference {
                    to,
                    nullable: false,
                });
                out.finish();
            }
        }
        Ok(reader)
    }

    #[inline(always)]
    fn values<'b>(
        &mut self,
        mut reader: Reader<'b>,
        mut out: KeyWriter<'_>,
        count: u32,
        resolve: &impl Resolve,
        type_index: u32,
    ) -> BoxResult<Reader<'b>> {
        for _ in 0..count {
            let byte = reader.byte("a value type")?;
            let class = STORAGE[usize::from(byte)];
            if class == Storage::Plain {
                out.value(Spelling::Code(byte));
            } else if class == Storage::Packed {
                return Err(unexpected(byte, reader, "a value type"));
            } else {
                out.value(self.longer(&mut reader, byte, resolve, type_index)?);
            }
        }
        out.finish();
        Ok(reader)
    }

    #[inline(always)]
    fn fields<'b>(
        &mut self,
        mut reader: Reader<'b>,
        mut out: KeyWriter<'_>,
        count: u32,
        resolve: &impl Resolve,
        type_index: u32,
    ) -> BoxResult<Reader<'b>> {
        for _ in 0..count {
            let byte = reader.byte("a field type")?;
            let storage = match STORAGE[usize::from(byte)] {
                Storage::Plain | Storage::Packed => Spelling::Code(byte),
                Storage::Cont | Storage::Other => {
                    self.longer(&mut reader, byte, resolve, type_index)?
                }
            };
            match reader.byte("a mutability")? {
                mutable @ 0..=1 => out.field(storage, mutable == 1),
                byte => return Err(unexpected(byte, reader, "a mutability, 0 or 1")),
            }
        }
        out.finish();
        Ok(reader)
    }

    /// Reads the rest of a value type that began with `byte`: a reference of more than one byte,
    /// or something that needs a closer look.
    #[inline(always)]
    fn longer(
        &mut self,
        reader: &mut Reader<'_>,
        byte: u8,
        resolve: &impl Resolve,
        type_index: u32,
    ) -> BoxResult<Spelling> {
        if byte == REF || byte == REF_NULL {
            let nullable = byte == REF_NULL;
            // Abstract heap types are negative in the signed form that type indices have here.
            if reader.peek("a heap type")? & 0xc0 == 0x40 {
                let code = self.abstract_heap(*reader, nullable)?;
                reader.byte("a heap type")?;
                return Ok(Spelling::Code(code));
            }
            let to = heap_index(reader, resolve, type_index)?;
            return Ok(Spelling::Reference { to, nullable });
        }
        self.uncommon(*reader, byte)?;
        Ok(Spelling::Code(byte))
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

/// Reads a count and checks it.
#[inline(always)]
fn count(reader: &mut Reader<'_>, limit: &'static str, bound: u32) -> BoxResult<u32> {
    let offset = reader.offset();
    let count = reader.u32("a count")?;
    check(limit, bound, u64::from(count), Some(offset))?;
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
