//! Memory for what grows with the input: asked for, never assumed (clause F3).

#![expect(
    clippy::disallowed_methods,
    reason = "the one place where memory is asked for"
)]

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash;

use hashbrown::HashTable;

use crate::error::{BoxResult, Error};
use crate::faults;

/// Makes room for `more` items, so that pushing them cannot fail.
#[inline]
pub(crate) fn reserve<T>(list: &mut Vec<T>, more: usize) -> BoxResult<()> {
    if list.capacity() - list.len() >= more {
        return Ok(());
    }
    grow(list, more)
}

/// Appends an item.
#[inline]
pub(crate) fn push<T>(list: &mut Vec<T>, item: T) -> BoxResult<()> {
    reserve(list, 1)?;
    list.push(item);
    Ok(())
}

/// Makes an empty list with room for so many items and not for more.
pub(crate) fn list_of<T>(items: usize) -> BoxResult<Vec<T>> {
    let mut list = Vec::new();
    granted(items, || list.try_reserve_exact(items).ok())?;
    Ok(list)
}

/// Makes a list of so many equal items.
pub(crate) fn filled<T: Copy>(item: T, items: usize) -> BoxResult<Vec<T>> {
    let mut list = list_of(items)?;
    list.resize(items, item);
    Ok(list)
}

/// Makes room for `more` items in a table; `hash` is asked for those that move.
pub(crate) fn reserve_table<T>(
    table: &mut HashTable<T>,
    more: usize,
    hash: impl Fn(&T) -> u64,
) -> BoxResult<()> {
    granted(more, || table.try_reserve(more, hash).ok())
}

/// Makes room for `more` keys in a map.
pub(crate) fn reserve_map<K: Eq + Hash, V>(map: &mut HashMap<K, V>, more: usize) -> BoxResult<()> {
    granted(more, || map.try_reserve(more).ok())
}

/// Makes room for `more` items in a set.
pub(crate) fn reserve_set<T: Eq + Hash>(set: &mut HashSet<T>, more: usize) -> BoxResult<()> {
    granted(more, || set.try_reserve(more).ok())
}

/// Makes room for `more` items at the end of a queue.
pub(crate) fn reserve_queue<T>(queue: &mut VecDeque<T>, more: usize) -> BoxResult<()> {
    granted(more, || queue.try_reserve(more).ok())
}

/// Makes room for `more` items where there is memory for it; nothing depends on it.
pub(crate) fn expect<T>(list: &mut Vec<T>, more: usize) {
    let _ = granted(more, || list.try_reserve(more).ok());
}

#[cold]
#[inline(never)]
fn grow<T>(list: &mut Vec<T>, more: usize) -> BoxResult<()> {
    granted(more, || list.try_reserve(more).ok())
}

/// What `ask` gets, which asks for memory for `more` items, or the error that says that there is
/// none. All requests come through here.
pub(crate) fn granted<T>(more: usize, ask: impl FnOnce() -> Option<T>) -> BoxResult<T> {
    let given = if faults::is_refused() { None } else { ask() };
    given.ok_or_else(|| Error::out_of_memory(more).into())
}
