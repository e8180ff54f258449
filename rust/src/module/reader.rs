//! A reader of the binary format's bytes and integers (specification, "Binary Format", "Values").

use crate::error::{BoxResult, Error};

/// A place in a slice of the input. A small value: what reads in a loop works on a copy of its
/// own, which the compiler keeps in registers.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    rest: std::slice::Iter<'a, u8>,
    /// The offset of the slice's end in the whole input.
    end: usize,
}

/// An integer in LEB128 of up to three bytes.
struct Short {
    /// As an unsigned one.
    value: u32,
    /// Whether it is negative as a signed one: bit 6 of its last byte.
    is_negative: bool,
    size: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], base: usize) -> Self {
        Reader {
            rest: bytes.iter(),
            end: base + bytes.len(),
        }
    }

    /// The offset of the next byte in the input.
    #[inline(always)]
    pub(super) fn offset(&self) -> usize {
        self.end - self.left()
    }

    /// How many bytes are left.
    #[inline(always)]
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    #[inline(always)]
    pub(super) fn byte(&mut self, expected: &'static str) -> BoxResult<u8> {
        match self.rest.next() {
            Some(&byte) => Ok(byte),
            None => Err(ended(self.end, expected)),
        }
    }

    #[inline(always)]
    pub(super) fn peek(&self, expected: &'static str) -> BoxResult<u8> {
        match self.rest.as_slice().first() {
            Some(&byte) => Ok(byte),
            None => Err(ended(self.end, expected)),
        }
    }

    /// An unsigned 32-bit integer in LEB128.
    #[inline(always)]
    pub(super) fn u32(&mut self, expected: &'static str) -> BoxResult<u32> {
        if let Some(&byte @ 0..0x80) = self.rest.as_slice().first() {
            self.skip(1);
            return Ok(u32::from(byte));
        }
        if let Some(short) = self.short() {
            self.skip(short.size);
            return Ok(short.value);
        }
        let (value, rest) = self.clone().long_u32(expected)?;
        *self = rest;
        Ok(value)
    }

    /// Passes over bytes that were looked at.
    #[inline(always)]
    pub(super) fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.as_slice()[bytes..].iter();
    }

    /// The next eight bytes, where number types are the first of them, and how many they are.
    #[inline(always)]
    pub(super) fn numbers(&self) -> Option<([u8; 8], u32)> {
        const EACH: u64 = 0x0101_0101_0101_0101;
        let bytes = *self.rest.as_slice().first_chunk()?;
        let word = u64::from_le_bytes(bytes);
        // The types of numbers are the bytes from 0x7c to 0x7f. Without its bit 7, such a byte and
        // no other gets that bit by adding 4, and no sum carries into the next byte.
        let (low, high) = (word & (0x7f * EACH), word & (0x80 * EACH));
        let others = (!(low + 0x04 * EACH) | high) & (0x80 * EACH);
        let numbers = others.trailing_zeros() / 8;
        (numbers > 0).then_some((bytes, numbers))
    }

    /// The integer that is next, where it takes up to three bytes, as the index of any type can
    /// that a module may have.
    ///
    /// The same way for all sizes: which it is cannot be foreseen, so branches would be costly.
    #[inline(always)]
    fn short(&self) -> Option<Short> {
        let bytes = u32::from_le_bytes(*self.rest.as_slice().first_chunk()?);
        // Bit 7 is unset in the last byte alone.
        let ends = !bytes & 0x80_8080;
        if ends == 0 {
            return None;
        }
        let mask = ends ^ (ends - 1);
        let own = bytes & mask;
        Some(Short {
            value: own & 0x7f | own >> 1 & 0x3f80 | own >> 2 & 0x1f_c000,
            is_negative: own > mask >> 2,
            size: (ends.trailing_zeros() as usize + 1) / 8,
        })
    }

    #[cold]
    #[inline(never)]
    fn long_u32(mut self, expected: &'static str) -> BoxResult<(u32, Self)> {
        let start = self.offset();
        let mut value = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte(expected)?;
            if shift == 28 && byte > 0x0f {
                let message = format!("{expected} does not fit 32 bits of LEB128");
                return Err(Error::decode(start, message).into());
            }
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        Ok((value, self))
    }

    /// A type index where the format takes a signed 33-bit integer, and what is behind it. `None`:
    /// it is negative, takes more than three bytes, or is nearly at the end.
    #[inline(always)]
    pub(super) fn short_index(&self) -> Option<(u32, Self)> {
        let short = self.short()?;
        let mut rest = self.clone();
        rest.skip(short.size);
        (!short.is_negative).then_some((short.value, rest))
    }

    /// A type index where the format takes a signed 33-bit integer, so that the negative ones
    /// can stand for abstract types. `None`: it is negative.
    #[inline(always)]
    pub(super) fn s33_index(&mut self, expected: &'static str) -> BoxResult<Option<u32>> {
        if let Some(short) = self.short() {
            self.skip(short.size);
            return Ok((!short.is_negative).then_some(short.value));
        }
        let (value, rest) = self.clone().long_s33(expected)?;
        *self = rest;
        Ok(value)
    }

    #[cold]
    #[inline(never)]
    fn long_s33(mut self, expected: &'static str) -> BoxResult<(Option<u32>, Self)> {
        let start = self.offset();
        let mut value = 0;
        let mut negative = false;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte(expected)?;
            // The fifth byte has 5 bits left, the sign (bit 4) among them; the two above repeat it.
            if shift == 28 && !matches!(byte, 0x00..=0x0f | 0x70..=0x7f) {
                let message = format!("{expected} does not fit 33 bits of LEB128");
                return Err(Error::decode(start, message).into());
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                negative = byte & 0x40 != 0;
                break;
            }
        }
        Ok(((!negative).then_some(value as u32), self))
    }
}

#[cold]
#[inline(never)]
fn ended(offset: usize, expected: &'static str) -> Box<Error> {
    let message = format!("unexpected end of the section; expected {expected}");
    Error::decode(offset, message).into()
}
