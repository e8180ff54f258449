//! The types of one module, registered as long as the collection lives.

use std::collections::HashMap;
use std::fmt;

use super::engine::Engine;
use super::inner::FreeOrder;
use super::loading::{Loaded, load};
use super::lookup::resolve;
use super::question::ask;
use super::registered_type::RegisteredType;
use crate::error::{Error, Result};
use crate::matching::Matchable;
use crate::memory::{list_of, reserve_map};
use crate::module::{Module, TypeSection};
use crate::sync::{Arc, AtomicBool, OnceBox, Ordering};
use crate::types::{ModuleTypeIndex, SharedTypeIndex, TypeIndex};

/// A module's types in an engine, and the way between its type indices and the engine's.
///
/// Dropping it takes all its registrations back under one lock hold (clauses S9 to S11).
pub struct TypeCollection {
    engine: Engine,
    section: Arc<TypeSection>,
    /// Where its types live: its registrations keep it true while it is open.
    loaded: Loaded,
    /// The slot of each registration, in order, where groups are large: among the slots of all types,
    /// the first of each group is on another line of the cache.
    heads: Option<Vec<u32>>,
    /// By slot: the last type declared to be what lives there. Made when first asked for.
    reverse: OnceBox<HashMap<u32, u32>>,
    open: AtomicBool,
}

impl TypeCollection {
    /// Registers the types of a module: all of them, or none where it fails.
    ///
    /// Each declared group that is not empty takes one registration (clause K2). Linear in the
    /// size of the groups. Where all are known, threads do this side by side.
    ///
    /// # Errors
    ///
    /// `Limit` or `UnsupportedFeature` where the engine allows less than the module was decoded
    /// under, or its quotas are used up; `Forked`.
    ///
    /// ```
    /// use typereg::{Engine, TypeCollection, types::ModuleTypeIndex};
    ///
    /// let engine = Engine::default();
    /// let module = engine.decode_wat("(module (type (func)) (type (struct)) (type (func)))")?;
    /// let types = TypeCollection::new_for_module(&engine, &module)?;
    /// let map = types.as_module_map();
    /// assert_eq!(map[0], map[2]);
    /// assert_eq!(types.module_local_type(map[0])?, Some(ModuleTypeIndex(2)));
    /// assert_eq!(engine.registry().stats().registrations, 3);
    /// drop(types);
    /// assert!(engine.registry().is_empty());
    /// # Ok::<(), typereg::Error>(())
    /// ```
    pub fn new_for_module(engine: &Engine, module: &Module) -> Result<TypeCollection> {
        let registry = engine.registry();
        let usage = module.usage();
        registry.limits.admit(&usage.most)?;
        registry.features.admit(usage.features)?;
        let section = module.type_section();
        let declared = &section.declared;
        let large = declared.are_groups_large();
        let heads = large.then(|| list_of(declared.group_count() as usize));
        let mut heads = heads.transpose()?;
        let mut journal = registry.journal();
        let loaded = if section.interner.group_count() == 0 {
            Loaded::default()
        } else {
            let reason = "declared in a module";
            load(registry, &section.interner, declared, reason, &mut journal)?
        };
        if let Some(heads) = &mut heads {
            heads.extend(declared.first_ids().map(|id| loaded.slot(id)));
        }
        let collection = TypeCollection {
            engine: engine.clone(),
            section: Arc::clone(section),
            loaded,
            heads,
            reverse: OnceBox::new(),
            open: AtomicBool::new(true),
        };
        // Only now: should a logger panic, the registrations have an owner to take them back.
        drop(journal);
        Ok(collection)
    }

    /// The engine whose types these are.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// How many types the module declares.
    pub fn len(&self) -> usize {
        self.section.declared.ids().len()
    }

    /// Whether the module declares no types.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The shared index of every type of the module, in order (clause S10). No lock; linear in
    /// the number of types.
    pub fn as_module_map(&self) -> Vec<SharedTypeIndex> {
        self.section
            .declared
            .ids()
            .iter()
            .map(|&id| self.index_of(id))
            .collect()
    }

    /// The shared index of one type, or `None` where the module has no such type (clause S10).
    /// Constant time, no lock.
    pub fn shared_type(&self, index: ModuleTypeIndex) -> Option<SharedTypeIndex> {
        let id = self.section.declared.ids().get(index.0 as usize)?;
        Some(self.index_of(*id))
    }

    /// The module's index of a shared type; of several, the last declared (clause S10). `None`
    /// where the module does not declare it, and where the index is stale.
    ///
    /// No lock. The first call makes a table of the module's types; later ones take constant time.
    ///
    /// # Errors
    ///
    /// `ForeignEngine` for an index of another engine; `Limit` where there is no memory for the
    /// table.
    pub fn module_local_type(&self, index: SharedTypeIndex) -> Result<Option<ModuleTypeIndex>> {
        let index = self.engine.registry().own(index)?;
        let reverse = self.reverse.get_or_try_init(|| {
            let ids = self.section.declared.ids();
            let mut reverse = HashMap::new();
            reserve_map(&mut reverse, ids.len())?;
            let slots = ids.iter().map(|&id| self.index_of(id).slot);
            reverse.extend(slots.zip(0_u32..));
            Ok::<_, Error>(Box::new(reverse))
        })?;
        let Some(&local) = reverse.get(&index.slot) else {
            return Ok(None);
        };
        let local = ModuleTypeIndex(local);
        Ok((self.shared_type(local) == Some(index)).then_some(local))
    }

    /// A handle of its own on one type: it keeps the type registered after the collection is
    /// gone (clause K4). `None` where the module has no such type. Takes the read lock for a
    /// constant time.
    ///
    /// # Panics
    ///
    /// Where the engine is lost in a fork ([`Engine::check_fork`]).
    pub fn registered_type(&self, index: ModuleTypeIndex) -> Option<RegisteredType> {
        self.try_registered_type(index)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// The same; `None` as well where the collection was released and the type is gone.
    pub(crate) fn try_registered_type(
        &self,
        index: ModuleTypeIndex,
    ) -> Result<Option<RegisteredType>> {
        match self.shared_type(index) {
            Some(index) => RegisteredType::root_for(&self.engine, index, "taken from a collection"),
            None => Ok(None),
        }
    }

    /// Whether `a` matches `b`, both in this module's type indices or in shared ones (clause G5).
    /// Takes the read lock; linear in the size of both sides.
    ///
    /// # Errors
    ///
    /// `NoSuchType`, `NotCanonical` for a group-relative reference, `ForeignEngine`, `StaleIndex`,
    /// `Forked`.
    pub fn matches(&self, a: &Matchable, b: &Matchable) -> Result<bool> {
        let registry = self.engine.registry();
        ask(registry, a, b, |inner, reference| match reference {
            TypeIndex::Module(index) => match self.shared_type(*index) {
                Some(shared) => Ok(shared.slot),
                None => Err(Error::NoSuchType {
                    index: index.0,
                    types: self.section.type_count(),
                }),
            },
            TypeIndex::Rec(_) | TypeIndex::Shared(_) | TypeIndex::Def(_) => {
                resolve(registry, inner, reference)
            }
        })
    }

    /// Takes all registrations back, once; later calls do nothing, nor does any where the engine
    /// is lost in a fork.
    pub(crate) fn release(&self) {
        if !self.open.swap(false, Ordering::AcqRel) || self.loaded.is_empty() {
            return;
        }
        let registry = self.engine.registry();
        let mut journal = registry.journal();
        let Ok(mut inner) = registry.write() else {
            return;
        };
        let reason = "collection dropped";
        if let Some(heads) = &self.heads {
            for &slot in heads {
                inner.release(slot, FreeOrder::Ascending, &mut journal, reason);
            }
        } else {
            for id in self.section.declared.first_ids() {
                let slot = self.loaded.slot(id);
                inner.release(slot, FreeOrder::Ascending, &mut journal, reason);
            }
        }
        drop(inner);
    }

    fn index_of(&self, id: u32) -> SharedTypeIndex {
        let engine = self.engine.id();
        self.loaded.index_of(engine, &self.section.interner, id)
    }
}

impl Drop for TypeCollection {
    fn drop(&mut self) {
        self.release();
    }
}

impl fmt::Debug for TypeCollection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypeCollection")
            .field("engine", &self.engine)
            .field("types", &self.len())
            .finish_non_exhaustive()
    }
}
