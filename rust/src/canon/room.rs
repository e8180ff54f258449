//! A list that is written into room made before: no check, and nothing kept in memory, per item.

use crate::error::{BoxResult, Error};
use crate::memory::{expect, reserve};

/// Items up to a length, and behind it some of no meaning, which are there to be written over.
#[derive(Debug, Default)]
pub(super) struct Room<T> {
    items: Vec<T>,
    len: usize,
}

/// How many items are filled in at once: they are still in the processor's cache when they are
/// written over.
const AT_ONCE: usize = 4096;

/// Room that is being written into. What was written counts when it is closed.
pub(super) struct Ahead<'r, T> {
    items: &'r mut [T],
    /// Where the next item goes.
    at: usize,
    len: &'r mut usize,
}

impl<T: Copy> Ahead<'_, T> {
    #[inline(always)]
    pub(super) fn put(&mut self, item: T) {
        self.items[self.at] = item;
        self.at += 1;
    }

    #[inline(always)]
    pub(super) fn put_all<const N: usize>(&mut self, items: [T; N]) {
        let room = &mut self.items[self.at..];
        *room.first_chunk_mut().expect("room was made before") = items;
        self.at += N;
    }

    /// How much room is left.
    #[inline(always)]
    pub(super) fn left(&self) -> usize {
        self.items.len() - self.at
    }

    /// Makes what was put part of the list, but for so many of the last.
    #[inline(always)]
    pub(super) fn close(self, but: usize) {
        *self.len = self.at - but;
    }
}

impl<T: Copy + Default> Room<T> {
    /// Makes it likely that there is room for so many items without moving them.
    pub(super) fn expect(&mut self, items: usize) {
        expect(&mut self.items, items);
    }

    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline(always)]
    pub(super) fn items(&self) -> &[T] {
        &self.items[..self.len]
    }

    /// The items, and what is behind them.
    #[inline(always)]
    pub(super) fn with_room(&self) -> &[T] {
        &self.items
    }

    #[inline(always)]
    pub(super) fn items_mut(&mut self) -> &mut [T] {
        &mut self.items[..self.len]
    }

    /// Room behind the items, for so many at the least.
    #[inline(always)]
    pub(super) fn ahead(&mut self, items: usize) -> BoxResult<Ahead<'_, T>> {
        if self.items.len() - self.len < items {
            self.grow(items)?;
        }
        Ok(Ahead {
            items: &mut self.items,
            at: self.len,
            len: &mut self.len,
        })
    }

    #[inline(always)]
    pub(super) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    pub(super) fn extend(&mut self, items: &[T]) -> BoxResult<()> {
        let end = self.len + items.len();
        self.ahead(items.len())?;
        self.items[self.len..end].copy_from_slice(items);
        self.len = end;
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, items: usize) -> BoxResult<()> {
        let more = items.max(self.items.len().clamp(64, AT_ONCE));
        // Places in the list are kept in 32 bits, those in the room as well.
        if self.items.len().saturating_add(more) > u32::MAX as usize {
            return Err(Error::out_of_memory(more).into());
        }
        reserve(&mut self.items, more)?;
        self.items.resize(self.items.len() + more, T::default());
        Ok(())
    }
}
