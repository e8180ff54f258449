//! The groups of closed types, registered while a group that refers to them is (clause K12).

use super::engine::TypeRegistry;
use super::events::{Journal, Operation};
use super::inner::FreeOrder;
use super::loading::{Loaded, load};
use crate::canon::Interner;
use crate::closed::{DependencyOrder, graft_closed};
use crate::error::Result;
use crate::matching::check_shape;
use crate::module::Declarations;
use crate::types::{DefType, SharedTypeIndex};

/// One registration on each group that some closed types lead to. They keep these groups alive
/// until the group that is being registered does so by its edges:
///
/// ```text
/// register what closed types lead to, dependencies first     +1 each
/// register the group itself                                  its edges: +1 on what it refers to
/// take the registrations back, in the same order             -1 each: none was the last
/// ```
///
/// Each of these steps takes the lock for itself. What others do in between is no harm: what was
/// registered stays by its count. Dropped before it is done, it takes back what it registered, the
/// last one first (clause K9).
pub(super) struct Dependencies<'a> {
    registry: &'a TypeRegistry,
    order: DependencyOrder<'a>,
    interner: Interner,
    loaded: Loaded,
}

impl<'a> Dependencies<'a> {
    /// Registers all groups that `types` lead to, or none. Each is held to the engine's limits and
    /// features by itself, before anything is changed.
    pub(super) fn register(
        registry: &'a TypeRegistry,
        types: &'a [DefType],
        journal: &mut Journal<'_>,
    ) -> Result<Dependencies<'a>> {
        let mut order = DependencyOrder::default();
        for ty in types {
            order.add(ty)?;
        }
        for group in order.groups() {
            check_shape(group.members(), &registry.limits, &registry.features)?;
        }
        let mut interner = Interner::new(registry.hasher.clone());
        graft_closed(&mut interner, &order, registry.limits.depth)?;
        // Closed groups are distinct, so the interner has numbered them as they are ordered.
        let mut declared = Declarations::default();
        for group in 0..interner.group_count() {
            let members = interner.shape(group).members.len() as u32;
            declared.add(members, interner.first_type(group))?;
        }
        let reason = "referred to as a closed type";
        let loaded = load(registry, &interner, &declared, reason, journal)?;
        Ok(Dependencies {
            registry,
            order,
            interner,
            loaded,
        })
    }

    /// The index of a type that was among those registered.
    pub(super) fn index_of(&self, ty: &DefType) -> SharedTypeIndex {
        let group = self.order.number(ty.def_group());
        let id = self.interner.first_type(group) + ty.position();
        self.loaded
            .index_of(self.registry.engine, &self.interner, id)
    }

    /// Takes the registrations back where edges keep the groups now, so that none is the last.
    pub(super) fn done(mut self, journal: &mut Journal<'_>) {
        let loaded = std::mem::take(&mut self.loaded);
        let Ok(inner) = self.registry.read() else {
            return;
        };
        for group in 0..self.interner.group_count() {
            let entry = inner.entry(loaded.slot(self.interner.first_type(group)));
            let count = entry.decref();
            debug_assert_ne!(count, 0, "an edge keeps the group");
            journal.note(Operation::Decref, entry, count, "closed type registered");
        }
    }

    /// Takes the registrations back where the group could not be registered.
    pub(super) fn undo(mut self, journal: &mut Journal<'_>) {
        self.take_back(journal);
    }

    fn take_back(&mut self, journal: &mut Journal<'_>) {
        let loaded = std::mem::take(&mut self.loaded);
        let Ok(mut inner) = self.registry.write() else {
            return;
        };
        for group in (0..self.interner.group_count()).rev() {
            let slot = loaded.slot(self.interner.first_type(group));
            inner.release(slot, FreeOrder::Descending, journal, "registration undone");
        }
    }
}

impl Drop for Dependencies<'_> {
    fn drop(&mut self) {
        // Only when unwinding: every other way out tells its journal.
        if !self.loaded.is_empty() {
            let mut journal = self.registry.journal();
            self.take_back(&mut journal);
        }
    }
}
