//! A handle: keeps one type registered while it lives (clause S7).

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use super::engine::{Engine, TypeRegistry};
use super::entry::Entry;
use super::events::Operation;
use super::group::{OwnReferences, register};
use super::inner::Inner;
#[cfg(debug_assertions)]
use super::users::User;
use crate::canon::KeyRef;
use crate::error::{Error, Result};
use crate::sync::{AtomicBool, OnceBox, Ordering};
use crate::types::{Digest, RecGroup, RecIndex, SharedTypeIndex, SubType, TypeIndex};

/// An owning handle on a registered type.
///
/// It dereferences to its type, whose references are shared indices. Cloning adds a registration
/// without a lock; dropping takes one away, and the last one unregisters the type's group.
/// Handles are equal exactly when they are of the same type in the same engine (clauses S7, S8).
pub struct RegisteredType {
    /// Dropped before what it looks at.
    #[cfg(debug_assertions)]
    _user: User,
    /// It knows its engine, as every entry does that has had a handle.
    pub(super) entry: Entry,
    position: u32,
    /// Unset by whoever releases it, so that it is released once.
    open: AtomicBool,
    /// What was looked at, made at the first look: most handles are made and dropped without one.
    looked_at: OnceBox<LookedAt>,
}

/// What a handle keeps of its type for later looks, each part since the first one.
#[derive(Default)]
pub(super) struct LookedAt {
    ty: OnceBox<SubType>,
    pub(super) digest: OnceBox<Digest>,
}

impl RegisteredType {
    /// Registers one type, which may refer to registered types of this engine only.
    ///
    /// A composite type stands for a final type without a supertype (clause S5). Linear in the
    /// size of the type. A type that is registered already is counted under the read lock; only a
    /// new one takes the write lock.
    ///
    /// # Errors
    ///
    /// `NotCanonical` for a module or group-relative reference, `ForeignEngine`, `StaleIndex`,
    /// `Validation`, `Limit`, `UnsupportedFeature` and `Forked`; nothing is registered then.
    ///
    /// ```
    /// use typereg::types::{FieldType, HeapType, RefType, StructType, ValType};
    /// use typereg::{Engine, RegisteredType};
    ///
    /// let engine = Engine::default();
    /// let inner = RegisteredType::new(&engine, StructType::new([]))?;
    /// let to_inner = RefType { heap: HeapType::Concrete(inner.index().into()), nullable: true };
    /// let field = FieldType { storage: ValType::Ref(to_inner).into(), mutable: false };
    /// let outer = RegisteredType::new(&engine, StructType::new([field]))?;
    /// assert_eq!(inner.registrations(), 2); // this handle, and the reference from the other type
    /// assert!(!outer.is_subtype_of(&inner)?);
    /// # Ok::<(), typereg::Error>(())
    /// ```
    pub fn new(engine: &Engine, ty: impl Into<SubType>) -> Result<RegisteredType> {
        let group = RecGroup::new([ty.into()]);
        let mut handles = register(engine, &group, OwnReferences::Refused)?;
        Ok(handles.pop().expect("one handle for each member"))
    }

    /// A handle on the type at `index`, or `None` where the index is stale (clause S6). Constant
    /// time, under the read lock.
    ///
    /// # Errors
    ///
    /// `ForeignEngine` for an index of another engine, and `Forked`.
    ///
    /// ```
    /// use typereg::{Engine, RegisteredType, types::StructType};
    ///
    /// let engine = Engine::default();
    /// let handle = RegisteredType::new(&engine, StructType::new([]))?;
    /// let index = handle.index();
    /// let rooted = RegisteredType::root(&engine, index)?.expect("it is alive");
    /// assert_eq!(rooted, handle);
    /// drop((handle, rooted));
    /// assert!(RegisteredType::root(&engine, index)?.is_none());
    /// assert!(RegisteredType::root(&Engine::default(), index).is_err());
    /// # Ok::<(), typereg::Error>(())
    /// ```
    #[inline(always)]
    pub fn root(engine: &Engine, index: SharedTypeIndex) -> Result<Option<RegisteredType>> {
        let index = engine.registry().own(index)?;
        RegisteredType::root_for(engine, index, "rooted by index")
    }

    /// The same for an index of this engine, and for a reason.
    #[inline(always)]
    pub(super) fn root_for(
        engine: &Engine,
        index: SharedTypeIndex,
        reason: &'static str,
    ) -> Result<Option<RegisteredType>> {
        let registry = engine.registry();
        let mut journal = registry.journal();
        let inner = registry.read()?;
        let Some(slot) = inner.live(index) else {
            return Ok(None);
        };
        // Counted before the lock is let go: afterwards a removal could come in between.
        let count = slot.entry.incref();
        journal.note(Operation::Incref, &slot.entry, count, reason);
        let (entry, position) = (slot.entry.clone(), slot.position);
        drop(inner);
        if !journal.is_listened_to() {
            // The same without a local variable: the handle is made where the caller wants it.
            return Ok(Some(RegisteredType::from_parts(engine, entry, position)));
        }
        let handle = RegisteredType::from_parts(engine, entry, position);
        drop(journal);
        Ok(Some(handle))
    }

    /// A handle for a registration that has been counted already.
    ///
    /// It is made before the journal tells of it: should a logger panic, the registration has an
    /// owner that takes it back.
    #[inline]
    pub(super) fn from_parts(engine: &Engine, entry: Entry, position: u32) -> RegisteredType {
        entry.keep(engine);
        RegisteredType {
            #[cfg(debug_assertions)]
            _user: engine.user(),
            entry,
            position,
            open: AtomicBool::new(true),
            looked_at: OnceBox::new(),
        }
    }

    pub(super) fn looked_at(&self) -> &LookedAt {
        self.looked_at.get_or_init(Box::default)
    }

    /// The engine whose registry the type is in. No lock.
    ///
    /// ```
    /// use typereg::{Engine, RegisteredType, types::StructType};
    ///
    /// let engine = Engine::default();
    /// let handle = RegisteredType::new(&engine, StructType::new([]))?;
    /// assert_eq!(handle.engine(), &engine);
    /// assert_ne!(handle.engine(), &Engine::default());
    /// # Ok::<(), typereg::Error>(())
    /// ```
    pub fn engine(&self) -> &Engine {
        self.entry.engine()
    }

    /// The type's index. No lock.
    ///
    /// ```
    /// use typereg::{Engine, RegisteredType, types::StructType};
    ///
    /// let engine = Engine::default();
    /// let handle = RegisteredType::new(&engine, StructType::new([]))?;
    /// assert_eq!(handle.index().bits(), 0); // the first slot of a new engine
    /// assert_eq!(handle.index(), handle.clone().index());
    /// # Ok::<(), typereg::Error>(())
    /// ```
    pub fn index(&self) -> SharedTypeIndex {
        SharedTypeIndex {
            engine: self.engine().id(),
            slot: self.entry.slot(self.position),
            generation: self.entry.generation(),
        }
    }

    /// The type's position in its recursion group. No lock.
    pub fn position(&self) -> u32 {
        self.position
    }

    /// How many registrations the type's group has at the moment. No lock.
    pub fn registrations(&self) -> usize {
        self.entry.registrations()
    }

    /// Whether this type is `other` or declared below it. Constant time, no lock (clause G5).
    ///
    /// # Errors
    ///
    /// `ForeignEngine` where the handles are of two engines.
    pub fn is_subtype_of(&self, other: &RegisteredType) -> Result<bool> {
        if self.engine() != other.engine() {
            return Err(Error::ForeignEngine {
                what: "the other handle".to_string(),
                place: None,
            });
        }
        // Slots tell types apart here: both types are alive, and so are their ancestors.
        let slot = other.entry.slot(other.position);
        let own_depth = self.entry.meta(self.position).depth;
        let depth = other.entry.meta(other.position).depth;
        Ok(if own_depth > depth {
            self.entry.ancestor(self.position, depth) == slot
        } else {
            self.entry.slot(self.position) == slot
        })
    }

    /// The type, built anew; its references are shared indices (clause S4). Takes the read lock;
    /// linear in the size of the type.
    ///
    /// # Panics
    ///
    /// Where the engine is lost in a fork ([`Engine::check_fork`]).
    pub fn sub_type(&self) -> SubType {
        let ty = self
            .try_sub_type()
            .unwrap_or_else(|error| panic!("{error}"));
        ty.expect("a handle keeps its type alive")
    }

    /// The type's recursion group; references to its own members are by position. Registering it
    /// again gives the same types (clause G6). Takes the read lock; linear in the size of the
    /// group.
    ///
    /// # Panics
    ///
    /// Where the engine is lost in a fork ([`Engine::check_fork`]).
    pub fn group(&self) -> RecGroup {
        let group = self.try_group().unwrap_or_else(|error| panic!("{error}"));
        group.expect("a handle keeps its type alive")
    }

    /// A handle on the declared supertype (clause K4). Takes the read lock for a constant time.
    ///
    /// # Panics
    ///
    /// Where the engine is lost in a fork ([`Engine::check_fork`]).
    pub fn supertype(&self) -> Option<RegisteredType> {
        self.nearest(1).pop()
    }

    /// Handles on all ancestors, the nearest first (clause K4). Takes the read lock; linear in
    /// their number, which is 63 at most.
    ///
    /// # Panics
    ///
    /// Where the engine is lost in a fork ([`Engine::check_fork`]).
    pub fn supertypes(&self) -> Vec<RegisteredType> {
        self.nearest(usize::MAX)
    }

    fn nearest(&self, most: usize) -> Vec<RegisteredType> {
        self.ancestors(most)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// Handles on the nearest ancestors, at most so many; none where the handle was released.
    pub(crate) fn ancestors(&self, most: usize) -> Result<Vec<RegisteredType>> {
        let registry = self.engine().registry();
        let mut journal = registry.journal();
        let mut handles = Vec::new();
        let inner = registry.read()?;
        if self.entry.is_removed() {
            return Ok(handles);
        }
        let depths = 0..self.entry.meta(self.position).depth;
        for depth in depths.rev().take(most) {
            let slot = &inner.slots[self.entry.ancestor(self.position, depth) as usize];
            let count = slot.entry.incref();
            let reason = "supertype of a handle";
            journal.note(Operation::Incref, &slot.entry, count, reason);
            let (engine, entry) = (self.engine(), slot.entry.clone());
            handles.push(RegisteredType::from_parts(engine, entry, slot.position));
        }
        drop(inner);
        drop(journal);
        Ok(handles)
    }

    /// The type, or `None` where the handle was released and the type is gone.
    pub(crate) fn try_sub_type(&self) -> Result<Option<SubType>> {
        let registry = self.engine().registry();
        let inner = registry.read()?;
        let is_there = !self.entry.is_removed();
        Ok(is_there.then(|| sub_type(registry, &inner, &self.entry, self.position)))
    }

    /// The group, or `None` where the handle was released and the group is gone.
    pub(crate) fn try_group(&self) -> Result<Option<RecGroup>> {
        let registry = self.engine().registry();
        let inner = registry.read()?;
        let is_there = !self.entry.is_removed();
        Ok(is_there.then(|| rec_group(registry, &inner, &self.entry)))
    }

    /// A copy, unless the handle was released.
    pub(crate) fn try_clone(&self) -> Option<RegisteredType> {
        if self.is_released() {
            return None;
        }
        let mut journal = self.engine().registry().journal();
        // Another thread may release this handle right now, so the count may reach zero here:
        // then it must stay there for whoever took it there.
        let count = self.entry.incref_if_live()?;
        journal.note(Operation::Incref, &self.entry, count, "clone");
        let (engine, entry) = (self.engine(), self.entry.clone());
        let handle = RegisteredType::from_parts(engine, entry, self.position);
        drop(journal);
        Some(handle)
    }

    /// Takes this handle's registration back, once; later calls do nothing.
    #[cfg(any(feature = "python", all(test, loom)))]
    pub(crate) fn release(&self) {
        if self.open.swap(false, Ordering::AcqRel) {
            self.give_back();
        }
    }

    #[inline]
    fn give_back(&self) {
        self.engine()
            .registry()
            .release(&self.entry, "handle dropped");
    }

    #[inline]
    pub(crate) fn is_released(&self) -> bool {
        !self.open.load(Ordering::Acquire)
    }
}

/// A member of an entry as data. The entry must not be removed.
pub(super) fn sub_type(
    registry: &TypeRegistry,
    inner: &Inner,
    entry: &Entry,
    position: u32,
) -> SubType {
    let index = |slot| TypeIndex::Shared(inner.index_of(registry.engine, slot));
    let ty = entry.member(position).sub_type();
    let Ok(ty) = ty.try_map(&mut |reference| {
        Ok::<_, std::convert::Infallible>(match *reference {
            KeyRef::Own(own) => index(entry.slot(own)),
            KeyRef::Outer(slot) => index(slot),
        })
    });
    ty
}

/// An entry's group as data, its own references by position. The entry must not be removed.
fn rec_group(registry: &TypeRegistry, inner: &Inner, entry: &Entry) -> RecGroup {
    let member = |position| {
        let ty = entry.member(position).sub_type();
        let Ok(ty) = ty.try_map(&mut |reference| {
            Ok::<_, std::convert::Infallible>(match *reference {
                KeyRef::Own(own) => TypeIndex::Rec(RecIndex(own)),
                KeyRef::Outer(slot) => TypeIndex::Shared(inner.index_of(registry.engine, slot)),
            })
        });
        ty
    };
    RecGroup::new((0..entry.members()).map(member))
}

impl Clone for RegisteredType {
    fn clone(&self) -> Self {
        self.try_clone()
            .expect("a handle that can be borrowed is not released")
    }
}

impl Drop for RegisteredType {
    #[inline]
    fn drop(&mut self) {
        // Nobody else can close it any more, so nothing has to be marked.
        if !self.is_released() {
            self.give_back();
        }
    }
}

impl Deref for RegisteredType {
    type Target = SubType;

    /// The type, built and kept when first looked at; takes the read lock then, and panics where
    /// the engine is lost in a fork.
    fn deref(&self) -> &SubType {
        self.looked_at()
            .ty
            .get_or_init(|| Box::new(self.sub_type()))
    }
}

impl PartialEq for RegisteredType {
    fn eq(&self, other: &Self) -> bool {
        self.entry.same(&other.entry) && self.position == other.position
    }
}

impl Eq for RegisteredType {}

impl Hash for RegisteredType {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.index().hash(state);
    }
}

impl fmt::Debug for RegisteredType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisteredType")
            .field("index", &self.index())
            .field("registrations", &self.registrations())
            .finish_non_exhaustive()
    }
}
