//! Questions to a registry by index, which root nothing.

use super::engine::{Engine, TypeRegistry};
use super::inner::Inner;
use super::question::ask;
use super::registered_type::sub_type;
use crate::canon::{KeyRef, for_each_reference};
use crate::error::{Error, Result};
use crate::matching::Matchable;
use crate::types::{SharedTypeIndex, SubType, TypeIndex};

impl TypeRegistry {
    /// The type at an index, or `None` where the index is stale (clause S12).
    ///
    /// The result is the caller's own; it does not keep the type registered. Takes the read lock;
    /// linear in the size of the type.
    ///
    /// # Errors
    ///
    /// `ForeignEngine` for an index of another engine, and `Forked`.
    pub fn borrow(&self, index: SharedTypeIndex) -> Result<Option<SubType>> {
        let index = self.own(index)?;
        let inner = self.read()?;
        let slot = inner.live(index);
        Ok(slot.map(|slot| sub_type(self, &inner, &slot.entry, slot.position)))
    }

    /// Whether an index is live here; of another engine's index the answer is no. Takes the read
    /// lock for a constant time.
    ///
    /// # Panics
    ///
    /// Where the engine is lost in a fork ([`Engine::check_fork`]).
    pub fn contains(&self, index: SharedTypeIndex) -> bool {
        self.own(index)
            .is_ok_and(|index| self.read_or_panic().live(index).is_some())
    }

    /// How many types are alive. Takes the read lock for a constant time.
    ///
    /// # Panics
    ///
    /// Where the engine is lost in a fork ([`Engine::check_fork`]).
    pub fn len(&self) -> usize {
        self.read_or_panic().slots.len()
    }

    /// Whether no type is alive. Costs what [`TypeRegistry::len`] does.
    ///
    /// # Panics
    ///
    /// Where the engine is lost in a fork ([`Engine::check_fork`]).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The indices of all live types at the moment, by slot. Takes the read lock; linear in the
    /// slots ever used.
    ///
    /// # Panics
    ///
    /// Where the engine is lost in a fork ([`Engine::check_fork`]).
    pub fn indices(&self) -> Vec<SharedTypeIndex> {
        let inner = self.read_or_panic();
        let index = |(slot, _)| inner.index_of(self.engine, slot as u32);
        inner.slots.iter().map(index).collect()
    }

    /// The live types that refer to the type at `index`, by slot: as supertype and from within
    /// its own group included, each once (clause G9). Takes the read lock; linear in the size of
    /// everything alive.
    ///
    /// # Errors
    ///
    /// `ForeignEngine` for an index of another engine, `StaleIndex` where the type is gone, `Forked`.
    pub fn referrers(&self, index: SharedTypeIndex) -> Result<Vec<SharedTypeIndex>> {
        let index = self.own(index)?;
        let inner = self.read()?;
        let target = inner
            .live(index)
            .ok_or(Error::StaleIndex { index, place: None })?;
        let mut slots = Vec::new();
        for entry in inner.entries() {
            let own_group = entry.same(&target.entry);
            for_each_reference(entry.key(), |position, reference| {
                let refers = match reference {
                    KeyRef::Own(own) => own_group && own == target.position,
                    KeyRef::Outer(slot) => slot == index.slot,
                };
                if refers {
                    slots.push(entry.slot(position));
                }
            });
        }
        slots.sort_unstable();
        slots.dedup();
        let index = |slot| inner.index_of(self.engine, slot);
        Ok(slots.into_iter().map(index).collect())
    }
}

impl Engine {
    /// Whether `a` matches `b` by the specification's rules; references are shared indices
    /// (clause G5), or closed types, which need not be registered; sides of different sorts never
    /// match. Takes the read lock; linear in the size of both sides, however large the types are
    /// that they refer to, and in what closed types lead to.
    ///
    /// # Errors
    ///
    /// `NotCanonical`, `ForeignEngine` or `StaleIndex` for a reference that is no live type of
    /// this engine, and `Forked`.
    pub fn matches(&self, a: &Matchable, b: &Matchable) -> Result<bool> {
        let registry = self.registry();
        ask(registry, a, b, |inner, reference| {
            resolve(registry, inner, reference)
        })
    }
}

/// The slot of a reference that must be a live type of this engine.
pub(super) fn resolve(
    registry: &TypeRegistry,
    inner: &Inner,
    reference: &TypeIndex,
) -> Result<u32> {
    match reference {
        TypeIndex::Shared(index) => {
            let index = registry.own(*index)?;
            match inner.live(index) {
                Some(_) => Ok(index.slot),
                None => Err(Error::StaleIndex { index, place: None }),
            }
        }
        TypeIndex::Module(_) | TypeIndex::Rec(_) | TypeIndex::Def(_) => Err(Error::NotCanonical {
            index: reference.clone(),
            expected: "a shared type index",
            place: None,
        }),
    }
}
