//! The numbers a host wants (clause G9).

use super::engine::TypeRegistry;
use super::entry::Entry;
use crate::sync::Ordering;

/// A registry in numbers, at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Stats {
    /// Live types.
    pub types: u64,
    /// Live recursion groups.
    pub groups: u64,
    /// The sum of all live groups' registrations.
    pub registrations: u64,
    /// How many of those are references from other live groups.
    pub edges: u64,
    /// How many are not: open handles, and occurrences in open collections.
    pub external: u64,
    /// Bytes spent on live types: their entries, slots, and places in the set. Spare room of the
    /// tables is not counted.
    pub bytes: u64,
    /// Groups that were found registered, since the engine was made.
    pub hits: u64,
    /// Groups that were not, and were created.
    pub misses: u64,
    /// Slots ever used.
    pub capacity: u64,
}

impl TypeRegistry {
    /// The registry in numbers. Takes the read lock; linear in the number of live groups.
    ///
    /// # Panics
    ///
    /// Where the engine is lost in a fork ([`Engine::check_fork`](super::Engine::check_fork)).
    pub fn stats(&self) -> Stats {
        let inner = self.read_or_panic();
        let count = |entry: &Entry| entry.registrations() as u64;
        let registrations = inner.entries().map(count).sum::<u64>();
        let edges = inner.edges;
        Stats {
            types: inner.slots.len() as u64,
            groups: inner.set.len() as u64,
            registrations,
            edges,
            // Counts change without the lock, so the sum may be of no single moment.
            external: registrations.saturating_sub(edges),
            bytes: inner.bytes,
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            capacity: inner.capacity as u64,
        }
    }
}
