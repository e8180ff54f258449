//! A reader of the binary format's bytes and integers (specification, "Binary Format", "Values").

use crate::error::{BoxResult, Error};

/// What is left of a slice of the input. A small value: what reads in a loop works on a copy of
/// its own, which the compiler keeps in registers.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    /// The offset of the slice's end in the whole input.
    end: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], base: usize) -> Self {
        Reader {
            rest: bytes,
            end: base + bytes.len(),
        }
    }

    /// The offset of the next byte in the input.
    #[inline(always)]
    pub(super) fn offset(self) -> usize {
        self.end - self.rest.len()
    }

    pub(super) fn is_at_end(self) -> bool {
        self.rest.is_empty()
    }

    #[inline(always)]
    pub(super) fn byte(&mut self, expected: &'static str) -> BoxResult<u8> {
        match self.rest.split_first() {
            Some((&byte, rest)) => {
                self.rest = rest;
                Ok(byte)
            }
            None => Err(ended(self.end, expected)),
        }
    }

    #[inline(always)]
    pub(super) fn peek(self, expected: &'static str) -> BoxResult<u8> {
        match self.rest.first() {
            Some(&byte) => Ok(byte),
            None => Err(ended(self.end, expected)),
        }
    }

    /// An unsigned 32-bit integer in LEB128.
    #[inline(always)]
    pub(super) fn u32(&mut self, expected: &'static str) -> BoxResult<u32> {
        if let [byte @ 0..0x80, rest @ ..] = self.rest {
            self.rest = rest;
            return Ok(u32::from(*byte));
        }
        let (value, rest) = self.long_u32(expected)?;
        *self = rest;
        Ok(value)
    }

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

    /// A type index where the format takes a signed 33-bit integer, so that the negative ones
    /// can stand for abstract types. `None`: it is negative.
    #[inline(always)]
    pub(super) fn s33_index(&mut self, expected: &'static str) -> BoxResult<Option<u32>> {
        // Bit 6 of the last byte is the sign; nearly all indices have up to three bytes.
        match self.rest {
            [a @ 0..0x40, rest @ ..] => {
                self.rest = rest;
                Ok(Some(u32::from(*a)))
            }
            [a @ 0x80..=0xff, b @ 0..0x40, rest @ ..] => {
                self.rest = rest;
                Ok(Some(u32::from(a & 0x7f) | u32::from(*b) << 7))
            }
            _ => {
                let (value, rest) = self.long_s33(expected)?;
                *self = rest;
                Ok(value)
            }
        }
    }

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
