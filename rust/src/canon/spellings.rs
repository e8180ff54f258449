//! The list of spellings, written and read by words of eight bytes.
//!
//! What was just written is read soon after: hashed, and compared where the hash is known. A load
//! that spans several stores waits until they have left the processor, and with them all stores
//! before; a load of just what one store wrote does not. So a member's bytes are gathered in a
//! register and stored by words, and a group's are read by words that count from where it begins:
//! the same, where it has one member.

use super::room::{Ahead, Room};
use crate::error::BoxResult;

/// How many bytes a word has.
const WORD: usize = 8;

/// Spellings one behind the other, and behind them room for a word at the least, of no meaning,
/// which there is for whoever reads the last one by words.
#[derive(Debug, Default)]
pub(super) struct Spellings {
    room: Room<u8>,
}

/// A word of which the first bytes are written; the others are zero.
#[derive(Clone, Copy, Debug, Default)]
struct Word {
    bytes: u64,
    /// Eight for each byte that is written; less than 64.
    bits: u32,
}

/// A spelling that is being written. What was written counts when it is closed.
pub(super) struct Speller<'s> {
    ahead: Ahead<'s, u8>,
    word: Word,
}

/// A spelling by words.
#[derive(Clone, Copy)]
pub(super) struct Words<'s> {
    whole: &'s [[u8; WORD]],
    /// What is behind the whole ones, with zeros behind it.
    last: u64,
    /// How many bytes the spelling has.
    len: usize,
}

impl Spellings {
    /// Makes it likely that there is room for so many bytes without moving them.
    pub(super) fn expect(&mut self, bytes: usize) {
        self.room.expect(bytes);
    }

    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.room.len()
    }

    #[inline(always)]
    pub(super) fn bytes(&self) -> &[u8] {
        self.room.items()
    }

    /// The bytes from one place to another by words.
    #[inline(always)]
    pub(super) fn words(&self, start: u32, end: u32) -> Words<'_> {
        let (start, len) = (start as usize, (end - start) as usize);
        let (whole, rest) = (len / WORD, len % WORD);
        let (words, _) = self.room.with_room()[start..].as_chunks();
        Words {
            whole: &words[..whole],
            last: u64::from_le_bytes(words[whole]) & first_bytes(rest),
            len,
        }
    }

    /// Writes behind the others, with room for so many bytes at the least.
    #[inline(always)]
    pub(super) fn ahead(&mut self, bytes: usize) -> BoxResult<Speller<'_>> {
        Ok(Speller {
            ahead: self.room.ahead(bytes.saturating_add(WORD))?,
            word: Word::default(),
        })
    }

    /// Forgets what is behind a place, where a spelling begins.
    #[inline(always)]
    pub(super) fn truncate(&mut self, len: usize) {
        self.room.truncate(len);
    }

    /// Adds a spelling.
    pub(super) fn add(&mut self, bytes: &[u8]) -> BoxResult<()> {
        self.room.ahead(bytes.len().saturating_add(WORD))?;
        self.room.extend(bytes)
    }
}

impl Speller<'_> {
    /// Whether there is room for so many bytes more.
    #[inline(always)]
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        self.ahead.left() >= bytes.saturating_add(2 * WORD)
    }

    #[inline(always)]
    pub(super) fn put(&mut self, byte: u8) {
        self.word.bytes |= u64::from(byte) << self.word.bits;
        self.word.bits += 8;
        if self.word.bits == u64::BITS {
            self.ahead.put_all(self.word.bytes.to_le_bytes());
            self.word = Word::default();
        }
    }

    /// Puts the first `count` of these bytes, of which there is one at the least.
    #[inline(always)]
    pub(super) fn put_some(&mut self, bytes: [u8; WORD], count: u32) {
        let bytes = u64::from_le_bytes(bytes) & first_bytes(count as usize);
        let Word { bits, .. } = self.word;
        self.word.bytes |= bytes << bits;
        self.word.bits += 8 * count;
        if self.word.bits >= u64::BITS {
            self.ahead.put_all(self.word.bytes.to_le_bytes());
            self.word = Word {
                bytes: bytes.checked_shr(u64::BITS - bits).unwrap_or(0),
                bits: self.word.bits - u64::BITS,
            };
        }
    }

    /// Makes what was put part of the list.
    #[inline(always)]
    pub(super) fn close(mut self) {
        self.ahead.put_all(self.word.bytes.to_le_bytes());
        self.ahead.close(WORD - self.word.bits as usize / 8);
    }
}

impl Words<'_> {
    /// All words, the last one padded with zeros; it may have nothing else.
    #[inline(always)]
    pub(super) fn each(self, mut f: impl FnMut(u64)) {
        for &word in self.whole {
            f(u64::from_le_bytes(word));
        }
        f(self.last);
    }
}

impl PartialEq for Words<'_> {
    /// Word by word, as they were stored: libc's comparison reads more at once.
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.last == other.last && self.whole.iter().eq(other.whole)
    }
}

/// Ones in the first so many bytes of a word, at most all of them.
#[inline(always)]
fn first_bytes(count: usize) -> u64 {
    FIRST_BYTES[count]
}

const FIRST_BYTES: [u64; WORD + 1] = {
    let mut masks = [0; WORD + 1];
    let mut count = 1;
    while count <= WORD {
        masks[count] = masks[count - 1] << 8 | 0xff;
        count += 1;
    }
    masks
};
