//! Memory for what grows with the input: asked for, never assumed (clause F3).

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

/// Makes room for `more` items in a table; `hash` is asked for those that move.
pub(crate) fn reserve_table<T>(
    table: &mut HashTable<T>,
    more: usize,
    hash: impl Fn(&T) -> u64,
) -> BoxResult<()> {
    granted(more, || table.try_reserve(more, hash).ok())
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
