//! Groups that are assumed to be new, until many of them are looked for at once.
//!
//! A large table is in no cache, and whoever looks for one group at a time waits for memory each
//! time. Looks that do not depend on each other wait together. So where all groups have been new
//! for long, the next ones are assumed to be: each gets the identity that it has if it is, and so
//! gets what is decoded behind it. When they are looked for, the first that was there before is taken
//! back with all that came after it, and those are decoded again.

use hashbrown::hash_table::Entry;

use super::interner::{Interner, TypeId, key_by_words};
use crate::error::BoxResult;
use crate::memory::{push, reserve};

/// After how many new groups in a row the next ones are assumed to be new: from then on the table
/// is too large for the nearest cache, and what is decoded again for a wrong assumption is little.
/// Tests are to see all of it in small modules.
const NEW_IN_A_ROW: u32 = if cfg!(debug_assertions) { 3 } else { 1 << 14 };

/// How many groups are assumed to be new before they are looked for.
const AT_ONCE: usize = if cfg!(debug_assertions) { 4 } else { 128 };

/// A group that was not new.
pub(crate) struct Repeat {
    /// Its place among those that were assumed to be.
    pub(crate) place: usize,
    /// The first type of the equal one.
    pub(crate) known: TypeId,
}

impl Interner {
    /// Whether the next groups may be assumed to be new.
    #[inline(always)]
    pub(crate) fn expects_new(&self) -> bool {
        self.run >= NEW_IN_A_ROW
    }

    /// Whether enough is assumed.
    pub(crate) fn has_assumed_enough(&self) -> bool {
        self.assumed.len() >= AT_ONCE
    }

    /// Adds the group in the draft, which is not related, as if it were new. Then the draft is empty
    /// again.
    ///
    /// It may refer to others that are assumed: they are looked for before it, and it goes if one of
    /// them does. But what two assumed groups are to each other is not known yet, so that no group's
    /// validity can be judged by them.
    pub(crate) fn assume_new(&mut self) -> BoxResult<TypeId> {
        debug_assert!(!self.draft.is_related);
        let hash = self.hasher.hash_words(self.draft.key_by_words());
        reserve(&mut self.starts, 1)?;
        push(&mut self.assumed, hash)?;
        let first_type = self.draft.start.member;
        self.starts.push(self.draft.finish());
        Ok(first_type)
    }

    /// Looks for all groups that are assumed to be new. The first that is not is taken back, with
    /// those behind it and whatever is in the draft.
    pub(crate) fn verify(&mut self) -> BoxResult<Option<Repeat>> {
        if self.table.capacity() - self.table.len() < self.assumed.len() {
            self.grow_table(self.assumed.len())?;
        }
        let first = self.group_count() - self.assumed.len() as u32;
        let (starts, draft) = (&self.starts, &self.draft);
        let is_same = |a, b| key_by_words(starts, draft, a) == key_by_words(starts, draft, b);
        let mut groups = (first..).zip(&self.assumed);
        // No look waits for the one before, and each brings into the cache what is needed below.
        let known = groups.position(|(group, &hash)| {
            let known = self.table.find(hash, |&known| is_same(known, group));
            known.is_some()
        });
        let last = known.map_or(self.assumed.len(), |place| place + 1);
        let mut repeat = None;
        for (place, &hash) in self.assumed[..last].iter().enumerate() {
            let group = first + place as u32;
            let entry = self.table.entry(
                hash,
                |&known| is_same(known, group),
                |_| unreachable!("there is room"),
            );
            match entry {
                // Known before, or by now.
                Entry::Occupied(known) => {
                    let known = starts[*known.get() as usize].member;
                    repeat = Some(Repeat { place, known });
                    break;
                }
                Entry::Vacant(free) => free.insert(group),
            };
        }
        self.run += self.assumed.len() as u32;
        self.assumed.clear();
        if let Some(Repeat { place, .. }) = repeat {
            self.take_back(first + place as u32);
        }
        Ok(repeat)
    }

    /// Takes back all groups from this one on, which the table does not know.
    fn take_back(&mut self, group: u32) {
        self.run = 0;
        self.starts.truncate(group as usize + 1);
        self.draft.start = self.starts[group as usize];
        self.draft.group = group;
        self.draft.clear();
    }
}
