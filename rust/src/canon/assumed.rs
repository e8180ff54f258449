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

/// With how many it pays.
const WORTH_IT: usize = AT_ONCE / 4;

/// A group that is assumed to be new.
#[derive(Clone, Copy, Debug)]
pub(super) struct Assumed {
    hash: u64,
    mark: usize,
}

/// A group that was not new.
pub(crate) struct Repeat {
    /// What it was marked with.
    pub(crate) mark: usize,
    /// How many groups were taken back: it, and those assumed behind it.
    pub(crate) groups: usize,
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
    /// again. `mark` is the caller's, to know it again by.
    ///
    /// It may refer to others that are assumed: they are looked for before it, and it goes if one of
    /// them does. But what two assumed groups are to each other is not known yet, so that no group's
    /// validity can be judged by them.
    pub(crate) fn assume_new(&mut self, mark: usize) -> BoxResult<TypeId> {
        debug_assert!(!self.draft.is_related);
        let hash = self.hasher.hash_words(self.draft.key_by_words());
        reserve(&mut self.starts, 1)?;
        push(&mut self.assumed, Assumed { hash, mark })?;
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
        let known = groups.position(|(group, assumed)| {
            let known = self
                .table
                .find(assumed.hash, |&known| is_same(known, group));
            known.is_some()
        });
        let last = known.map_or(self.assumed.len(), |place| place + 1);
        let mut repeat = None;
        for (place, &Assumed { hash, mark }) in self.assumed[..last].iter().enumerate() {
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
                    repeat = Some(Repeat {
                        mark,
                        groups: self.assumed.len() - place,
                        known,
                    });
                    break;
                }
                Entry::Vacant(free) => free.insert(group),
            };
        }
        if let Some(Repeat { groups, .. }) = repeat {
            self.take_back(self.group_count() - groups as u32);
        }
        // Where nothing was gained, nothing is assumed for a while: neither where what is decoded
        // again would be much, nor where few groups can be looked for at once.
        if repeat.is_some() || self.assumed.len() < WORTH_IT {
            self.run = 0;
        }
        self.assumed.clear();
        Ok(repeat)
    }

    /// Takes back all groups from this one on, which the table does not know.
    fn take_back(&mut self, group: u32) {
        self.starts.truncate(group as usize + 1);
        self.draft.start = self.starts[group as usize];
        self.draft.group = group;
        self.draft.clear();
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::super::{Descent, KeyHasher, Spelling, num_code};
    use super::*;
    use crate::types::{Kind, NumType};

    /// Writes a function type with so many parameters into the draft.
    fn draw(interner: &mut Interner, params: u32) {
        let draft = interner.draft_mut();
        let items = params as usize;
        let mut out = draft
            .begin_member(Kind::Func, true, None, items)
            .expect("memory");
        out.count(params);
        for _ in 0..params {
            out.value(Spelling::Code(num_code(NumType::I32)));
        }
        out.count(0);
        out.finish();
    }

    /// An interner that expects new groups, and knows types of up to so many parameters.
    fn expecting() -> (Interner, u32) {
        let mut interner = Interner::new(KeyHasher::new(None));
        let mut params = 0;
        while !interner.expects_new() {
            draw(&mut interner, params);
            interner.intern(&Descent::default()).expect("memory");
            params += 1;
        }
        (interner, params)
    }

    /// Or a guest could have the same groups decoded again and again.
    #[test]
    fn nothing_is_assumed_behind_a_repeat() {
        let (mut interner, params) = expecting();
        for (mark, params) in [params, 1, params + 1].into_iter().enumerate() {
            draw(&mut interner, params);
            interner.assume_new(mark).expect("memory");
        }
        let repeat = interner.verify().expect("memory").expect("one is known");
        assert_eq!((repeat.mark, repeat.groups, repeat.known), (1, 2, 1));
        assert_eq!(interner.group_count(), params + 1);
        assert!(!interner.expects_new());
    }

    #[test]
    fn nor_where_there_is_little_to_look_for_at_once() {
        let (mut interner, _) = expecting();
        assert!(interner.verify().expect("memory").is_none());
        assert!(!interner.expects_new());
    }
}
