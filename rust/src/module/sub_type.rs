//! One sub type of the binary format, straight into a key (specification, "Binary Format",
//! "Types").

use super::reader::Reader;
use crate::canon::{
    Draft, KeyRef, KeyWriter, REF_NULL, STORAGE, Spelling, Storage, abstract_from_code,
    reference_code,
};
use crate::error::{BoxResult, Error};
use crate::features::{Feature, Features};
use crate::limits::{Limits, check};
use crate::types::Kind;

pub(crate) const SUB: u8 = 0x50;
pub(crate) const SUB_FINAL: u8 = 0x4f;
pub(crate) const FUNC: u8 = 0x60;
pub(crate) const STRUCT: u8 = 0x5f;
pub(crate) const ARRAY: u8 = 0x5e;
pub(crate) const CONT: u8 = 0x5d;
/// Prefix of shared types (proposal "shared-everything threads").
const SHARED: u8 = 0x65;
/// Prefixes of the proposal "custom descriptors".
const EXACT: u8 = 0x62;
const DESCRIPTOR: u8 = 0x4d;
const DESCRIBES: u8 = 0x4c;

/// From how many value types on it pays to look whether the next ones are numbers.
const MANY: u32 = 4;

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

/// What a type index is in the key.
pub(super) trait Resolve {
    /// The identity of a type of an earlier group.
    fn outer(&self, index: u32) -> Option<u32>;

    /// The position of a type of the same group.
    fn own(&self, index: u32) -> Option<u32>;

    /// Either of them, or `None` where there is no such type.
    fn reference(&self, index: u32) -> Option<KeyRef> {
        let outer = self.outer(index).map(KeyRef::Outer);
        outer.or_else(|| self.own(index).map(KeyRef::Own))
    }
}

impl SubTypeDecoder<'_> {
    /// Reads one sub type, at the end of `draft`, and leaves `reader` behind it; after an error
    /// both are of no use. `type_index` is its own, for errors.
    #[inline(always)]
    pub(super) fn sub_type(
        &mut self,
        reader: &mut Reader<'_>,
        draft: &mut Draft,
        resolve: &impl Resolve,
        type_index: u32,
    ) -> BoxResult<()> {
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
                    supertype = Some(known(resolve, index, offset, type_index)?);
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
                self.need_continuations(reader.offset())?;
                Kind::Cont
            }
            SHARED => return Err(unsupported(Feature::SharedTypes, reader.offset())),
            DESCRIPTOR | DESCRIBES => {
                return Err(unsupported(Feature::CustomDescriptors, reader.offset()));
            }
            _ => return Err(unexpected(byte, reader.offset(), "a composite type")),
        };

        match kind {
            Kind::Func => {
                let params = count(reader, "params", self.limits.params)?;
                self.seen.params = self.seen.params.max(params);
                let mut out =
                    draft.begin_member(kind, is_final, supertype, at_most(params, reader))?;
                out.count(params);
                out = self.items::<false>(reader, out, params, resolve, type_index)?;
                let results = count(reader, "results", self.limits.results)?;
                self.seen.results = self.seen.results.max(results);
                let more = at_most(results, reader);
                if !out.has_room(more) {
                    out.finish();
                    out = draft.next_list(more)?;
                }
                out.count(results);
                out = self.items::<false>(reader, out, results, resolve, type_index)?;
                out.finish();
            }
            Kind::Struct => {
                let fields = count(reader, "fields", self.limits.fields)?;
                self.seen.fields = self.seen.fields.max(fields);
                let mut out =
                    draft.begin_member(kind, is_final, supertype, at_most(fields, reader))?;
                out.count(fields);
                out = self.items::<true>(reader, out, fields, resolve, type_index)?;
                out.finish();
            }
            Kind::Array => {
                let mut out = draft.begin_member(kind, is_final, supertype, 1)?;
                out = self.items::<true>(reader, out, 1, resolve, type_index)?;
                out.finish();
            }
            Kind::Cont => {
                let to = heap_index(reader, resolve, type_index)?;
                let mut out = draft.begin_member(kind, is_final, supertype, 1)?;
                out.value(Spelling::Reference {
                    to,
                    nullable: false,
                });
                out.finish();
            }
        }
        Ok(())
    }

    /// Reads so many value types, or so many fields.
    #[inline(always)]
    fn items<'d, const FIELDS: bool>(
        &mut self,
        reader: &mut Reader<'_>,
        out: KeyWriter<'d>,
        count: u32,
        resolve: &impl Resolve,
        type_index: u32,
    ) -> BoxResult<KeyWriter<'d>> {
        // Copies of the function's own stay in registers.
        let (place, mut out) = (reader, out);
        let mut reader = place.clone();
        let expected = if FIELDS {
            "a field type"
        } else {
            "a value type"
        };
        let mut left = count;
        while left > 0 {
            // Lists of numbers are long where they are common, so many are looked at at once.
            if !FIELDS
                && left >= MANY
                && let Some((codes, numbers)) = reader.numbers()
            {
                let numbers = numbers.min(left);
                out.codes(codes, numbers);
                reader.skip(numbers as usize);
                left -= numbers;
                continue;
            }
            left -= 1;
            let byte = reader.byte(expected)?;
            let class = STORAGE[usize::from(byte)];
            if class == Storage::Plain || FIELDS && class == Storage::Packed {
                let mutable = mutability::<FIELDS>(&mut reader)?;
                out.code(byte, mutable);
                continue;
            }
            // Nearly all that is not plain: a reference by an index that is short. What is negative
            // or unknown is looked at again.
            if class == Storage::Reference
                && let Some((index, rest)) = reader.short_index()
            {
                let nullable = byte == REF_NULL;
                if let Some(id) = resolve.outer(index) {
                    reader = rest;
                    let mutable = mutability::<FIELDS>(&mut reader)?;
                    out.outer(id, nullable, mutable);
                    continue;
                }
                if let Some(position) = resolve.own(index) {
                    reader = rest;
                    let mutable = mutability::<FIELDS>(&mut reader)?;
                    out.own(position, nullable, mutable);
                    continue;
                }
            }
            let (storage, rest) = self.rarer(reader, byte, resolve, type_index)?;
            reader = rest;
            let mutable = mutability::<FIELDS>(&mut reader)?;
            out.field(storage, mutable);
        }
        *place = reader;
        Ok(out)
    }

    /// Reads the rest of a value type that began with `byte`, and that is not of the common
    /// sorts.
    #[inline(never)]
    fn rarer<'b>(
        &mut self,
        mut reader: Reader<'b>,
        byte: u8,
        resolve: &impl Resolve,
        type_index: u32,
    ) -> BoxResult<(Spelling, Reader<'b>)> {
        let spelling = match STORAGE[usize::from(byte)] {
            Storage::Reference => {
                let nullable = byte == REF_NULL;
                // Abstract heap types are negative in the signed form that type indices have here.
                if reader.peek("a heap type")? & 0xc0 == 0x40 {
                    let byte = reader.byte("a heap type")?;
                    Spelling::Code(self.abstract_heap(byte, reader.offset(), nullable)?)
                } else {
                    let to = heap_index(&mut reader, resolve, type_index)?;
                    Spelling::Reference { to, nullable }
                }
            }
            Storage::Cont => {
                self.need_continuations(reader.offset())?;
                Spelling::Code(byte)
            }
            Storage::Plain | Storage::Packed | Storage::Other => {
                return Err(no_value_type(byte, reader.offset()));
            }
        };
        Ok((spelling, reader))
    }

    /// The key's byte for the abstract heap type that `byte` is; the offset is behind it.
    fn abstract_heap(&mut self, byte: u8, behind: usize, nullable: bool) -> BoxResult<u8> {
        match (byte, abstract_from_code(byte)) {
            (_, Some(heap)) => {
                if STORAGE[usize::from(byte)] == Storage::Cont {
                    self.need_continuations(behind)?;
                }
                Ok(reference_code(heap, nullable))
            }
            (SHARED, None) => Err(unsupported(Feature::SharedTypes, behind)),
            (EXACT, None) => Err(unsupported(Feature::CustomDescriptors, behind)),
            (_, None) => Err(unexpected(byte, behind, "a heap type")),
        }
    }

    /// Continuations need a feature, those of an abstract reference as well.
    fn need_continuations(&mut self, behind: usize) -> BoxResult<()> {
        if !self.features.stack_switching {
            return Err(unsupported(Feature::StackSwitching, behind));
        }
        self.seen.cont = true;
        Ok(())
    }
}

/// Reads whether a field can be written; a value type does not say.
#[inline(always)]
fn mutability<const FIELD: bool>(reader: &mut Reader<'_>) -> BoxResult<bool> {
    if !FIELD {
        return Ok(false);
    }
    match reader.byte("a mutability")? {
        mutable @ 0..=1 => Ok(mutable == 1),
        byte => Err(unexpected(byte, reader.offset(), "a mutability, 0 or 1")),
    }
}

/// For how many items to make room: a count may promise more than there are bytes.
#[inline(always)]
fn at_most(count: u32, reader: &Reader<'_>) -> usize {
    reader.left().min(count as usize)
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
        Some(index) => known(resolve, index, offset, type_index),
        None => Err(Error::decode(offset, "a negative type index").into()),
    }
}

#[inline(always)]
fn known(resolve: &impl Resolve, index: u32, offset: usize, type_index: u32) -> BoxResult<KeyRef> {
    match resolve.reference(index) {
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

/// The byte before this offset needs a feature.
#[cold]
#[inline(never)]
fn unsupported(feature: Feature, behind: usize) -> Box<Error> {
    Box::new(Error::UnsupportedFeature {
        feature,
        offset: Some(behind - 1),
    })
}

/// The byte before this offset begins no value type.
#[cold]
#[inline(never)]
fn no_value_type(byte: u8, behind: usize) -> Box<Error> {
    match byte {
        SHARED => unsupported(Feature::SharedTypes, behind),
        EXACT => unsupported(Feature::CustomDescriptors, behind),
        _ => unexpected(byte, behind, "a value type"),
    }
}

/// The byte before this offset should not be there.
#[cold]
#[inline(never)]
fn unexpected(byte: u8, behind: usize, expected: &str) -> Box<Error> {
    let message = format!("unexpected byte {byte:#04x}; expected {expected}");
    Error::decode(behind - 1, message).into()
}
