//! An engine and its registry: what is asked of the registry as a whole.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::events::{EventNumbers, Journal};
use super::inner::Inner;
#[cfg(debug_assertions)]
use super::users::{User, Users};
use super::writing::Writing;
use crate::canon::KeyHasher;
use crate::error::{Error, Result};
use crate::features::Features;
use crate::limits::Limits;
use crate::module::Module;
use crate::sync::{Arc, AtomicU64, ReadGuard, RwLock};
use crate::types::{EngineId, SharedTypeIndex};

/// A host's notion of which types are the same: the owner of one [`TypeRegistry`] (clause S1).
///
/// Cloning shares the registry. Engines compare by identity.
///
/// ```
/// use typereg::{Engine, RegisteredType, types::{FuncType, NumType}};
///
/// let engine = Engine::default();
/// let signature = FuncType::new([NumType::I32.into()], []);
/// let one = RegisteredType::new(&engine, signature.clone())?;
/// let two = RegisteredType::new(&engine, signature)?;
/// assert_eq!(one, two);
/// assert_eq!(one.registrations(), 2);
/// drop((one, two));
/// assert!(engine.registry().is_empty());
/// # Ok::<(), typereg::Error>(())
/// ```
pub struct Engine {
    /// None in an entry's, which is no user. Dropped before what it looks at.
    #[cfg(debug_assertions)]
    _user: Option<User>,
    registry: Arc<TypeRegistry>,
}

/// The types that are alive in one engine (clauses S1, S12, G9). All of it can be used from many
/// threads at once; nothing here keeps a type registered.
///
/// ```
/// use typereg::{Engine, RegisteredType, types::StructType};
///
/// let engine = Engine::default();
/// let registry = engine.registry();
/// let handle = RegisteredType::new(&engine, StructType::new([]))?;
/// let index = handle.index();
/// assert_eq!(registry.borrow(index)?.unwrap().to_string(), "(struct)");
/// assert_eq!(registry.stats().registrations, 1);
/// drop(handle);
/// assert_eq!(registry.borrow(index)?, None);
/// # Ok::<(), typereg::Error>(())
/// ```
pub struct TypeRegistry {
    pub(super) engine: EngineId,
    pub(super) limits: Limits,
    pub(super) features: Features,
    pub(super) hasher: KeyHasher,
    pub(super) numbers: EventNumbers,
    /// Groups found, and groups created, by any operation so far.
    pub(super) hits: AtomicU64,
    pub(super) misses: AtomicU64,
    #[cfg(debug_assertions)]
    pub(super) users: Users,
    inner: RwLock<Inner>,
}

impl Engine {
    /// An engine with limits and features of one's own (clauses G3, G4, G9). Registers nothing.
    pub fn new(limits: Limits, features: Features) -> Engine {
        Engine::build(limits, features, None)
    }

    /// An engine for tests: all hashes of its keys keep only so many bits. Identity does not
    /// depend on the hash, so nothing but speed may differ (clause D4).
    pub fn with_weak_hash(limits: Limits, features: Features, bits: u32) -> Engine {
        Engine::build(limits, features, Some(bits))
    }

    fn build(limits: Limits, features: Features, weak_bits: Option<u32>) -> Engine {
        let registry = TypeRegistry {
            engine: EngineId::fresh(),
            limits,
            features,
            hasher: KeyHasher::new(weak_bits),
            numbers: EventNumbers::default(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            #[cfg(debug_assertions)]
            users: Users::new(0),
            inner: RwLock::new(Inner::new()),
        };
        let registry = Arc::new(registry);
        Engine {
            #[cfg(debug_assertions)]
            _user: Some(User::of(&registry)),
            registry,
        }
    }

    /// The same engine, for an entry to keep.
    pub(super) fn for_entry(&self) -> Engine {
        Engine {
            #[cfg(debug_assertions)]
            _user: None,
            registry: Arc::clone(&self.registry),
        }
    }

    /// One more user of the engine.
    #[cfg(debug_assertions)]
    pub(super) fn user(&self) -> User {
        User::of(&self.registry)
    }

    /// The engine's identity, which all its indices carry.
    pub fn id(&self) -> EngineId {
        self.registry.engine
    }

    /// The bounds on what the engine takes and keeps.
    pub fn limits(&self) -> &Limits {
        &self.registry.limits
    }

    /// The features beyond WebAssembly 3.0 that the engine takes.
    pub fn features(&self) -> &Features {
        &self.registry.features
    }

    /// The engine's registry.
    pub fn registry(&self) -> &TypeRegistry {
        &self.registry
    }

    /// Whether the registry can be used in this process: it can, but for a process that was
    /// forked while another thread held the registry's lock (clause P9). The answer stays what it
    /// is. Constant time, no lock.
    ///
    /// # Errors
    ///
    /// `Forked`; then everything that needs the lock fails with it, or panics where it has no
    /// error to return.
    pub fn check_fork(&self) -> Result<()> {
        Ok(self.registry().inner.check()?)
    }

    /// Decodes a module under this engine's limits, features and hash. Registers nothing, and
    /// costs what [`Module::new`] does.
    ///
    /// # Errors
    ///
    /// As [`Module::new`].
    pub fn decode(&self, wasm: Vec<u8>) -> Result<Module> {
        let registry = self.registry();
        let hasher = registry.hasher.clone();
        Module::with_hasher(wasm, &registry.limits, &registry.features, hasher)
    }

    /// Translates WAT and decodes it as [`Engine::decode`] does. Linear in the text besides.
    ///
    /// # Errors
    ///
    /// As [`Module::from_wat`].
    pub fn decode_wat(&self, wat: &str) -> Result<Module> {
        self.decode(crate::module::to_wasm(wat)?)
    }
}

impl TypeRegistry {
    /// The read lock. `Forked` where it is lost (clause P9).
    #[inline]
    pub(super) fn read(&self) -> Result<ReadGuard<'_, Inner>> {
        Ok(self.inner.read()?)
    }

    /// The write lock. `Forked` where it is lost.
    #[inline]
    pub(super) fn write(&self) -> Result<Writing<'_>> {
        Ok(Writing(self.inner.write()?))
    }

    /// The read lock, for what has no error to return and says so.
    pub(super) fn read_or_panic(&self) -> ReadGuard<'_, Inner> {
        self.read().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Whether the lock is lost to this process: then what is dropped does nothing.
    #[inline]
    pub(super) fn is_lost(&self) -> bool {
        self.inner.check().is_err()
    }

    #[inline]
    pub(super) fn journal(&self) -> Journal<'_> {
        Journal::open(&self.numbers)
    }

    /// Refuses an index of another engine (fault F2).
    #[inline]
    pub(super) fn own(&self, index: SharedTypeIndex) -> Result<SharedTypeIndex> {
        if index.engine == self.engine {
            return Ok(index);
        }
        Err(foreign(index))
    }

    /// Stops where the registry is at its end with a live entry: it has lost count (clause S16).
    /// One that a forked child inherited is exempt: threads of another process had their part in
    /// it.
    #[cfg(debug_assertions)]
    pub(super) fn assert_empty(&self) {
        if !std::thread::panicking()
            && !self.inner.is_inherited()
            && let Ok(inner) = self.read()
        {
            inner.assert_empty();
        }
    }
}

#[cold]
#[inline(never)]
fn foreign(index: SharedTypeIndex) -> Error {
    Error::ForeignEngine {
        what: format!("the shared type index {}", index.bits()),
        place: None,
    }
}

impl Clone for Engine {
    fn clone(&self) -> Engine {
        Engine {
            #[cfg(debug_assertions)]
            _user: Some(self.user()),
            registry: Arc::clone(&self.registry),
        }
    }
}

impl Default for Engine {
    fn default() -> Self {
        Engine::new(Limits::default(), Features::default())
    }
}

impl PartialEq for Engine {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Engine {}

impl Hash for Engine {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Engine").field(&self.id()).finish()
    }
}

impl fmt::Debug for TypeRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypeRegistry")
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}
