//! Live groups as they were at one moment, to be read without the lock.

use std::collections::{HashMap, HashSet};

use super::entry::Entry;
use super::inner::Inner;
use crate::canon::{Digester, KeyRef};
use crate::error::Result;
use crate::memory::{list_of, push, reserve_map, reserve_set};
use crate::types::{Digest, SubType};

/// Entries, ascending by generation, and with them all that they refer to, unless it was left out
/// on purpose.
///
/// A group refers to older groups only, so each stands behind what it refers to. Taken under the
/// lock; afterwards no lock is needed, and no registration: a clone of an entry keeps its memory
/// readable, and entries do not change. Their types may die meanwhile.
pub(super) struct Frozen {
    entries: Vec<Entry>,
    /// By slot: the number of the entry whose member had it, and the member's position.
    places: HashMap<u32, (u32, u32)>,
}

impl Frozen {
    /// Everything that is alive.
    pub(super) fn all(inner: &Inner) -> Result<Frozen> {
        let mut entries = list_of(inner.set.len())?;
        entries.extend(inner.entries().cloned());
        Frozen::of(entries)
    }

    /// The group of an entry that is not removed, and what it leads to; where `leave_out` says so
    /// of a group, neither that nor what it leads to. Linear in what is taken, with a stack of its
    /// own.
    pub(super) fn reachable(
        inner: &Inner,
        root: &Entry,
        leave_out: impl Fn(&Entry) -> bool,
    ) -> Result<Frozen> {
        let mut seen = HashSet::from([root.generation()]);
        let mut entries = vec![root.clone()];
        let mut next = 0;
        while next < entries.len() {
            let entry = entries[next].clone();
            next += 1;
            for slot in entry.edges() {
                let target = inner.entry(slot);
                if !leave_out(target) && !seen.contains(&target.generation()) {
                    reserve_set(&mut seen, 1)?;
                    push(&mut entries, target.clone())?;
                    seen.insert(target.generation());
                }
            }
        }
        Frozen::of(entries)
    }

    fn of(mut entries: Vec<Entry>) -> Result<Frozen> {
        entries.sort_unstable_by_key(Entry::generation);
        let mut places = HashMap::new();
        for (entry, number) in entries.iter().zip(0..) {
            let members = entry.members() as usize;
            reserve_map(&mut places, members)?;
            for (slot, position) in entry.slots().zip(0..) {
                places.insert(slot, (number, position));
            }
        }
        Ok(Frozen { entries, places })
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Where the type at a slot is, unless its group was left out.
    pub(super) fn place(&self, slot: u32) -> Option<(u32, u32)> {
        self.places.get(&slot).copied()
    }

    /// The digest of each entry's group, by number. `left_out` gives the type at the slot of a
    /// group that was left out. Linear in the keys.
    pub(super) fn digests(&self, left_out: impl Fn(u32) -> (Digest, u32)) -> Result<Vec<Digest>> {
        let mut digests: Vec<Digest> = list_of(self.entries.len())?;
        let mut digester = Digester::default();
        for entry in &self.entries {
            let digest = digester.group(entry.key(), entry.members(), |slot| {
                match self.place(slot) {
                    Some((number, position)) => (digests[number as usize], position),
                    None => left_out(slot),
                }
            })?;
            digests.push(digest);
        }
        Ok(digests)
    }

    /// An entry's members as data, with references as `refer` says. Linear in the key.
    pub(super) fn members<R>(
        &self,
        number: u32,
        mut refer: impl FnMut(KeyRef) -> R,
    ) -> Result<Vec<SubType<R>>> {
        let entry = &self.entries[number as usize];
        let mut members = list_of(entry.members() as usize)?;
        for position in 0..entry.members() {
            let ty = entry.member(position).sub_type();
            let Ok(ty) =
                ty.try_map(&mut |reference| Ok::<_, std::convert::Infallible>(refer(*reference)));
            members.push(ty);
        }
        Ok(members)
    }
}
