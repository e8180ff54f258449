//! The ways to name a defined type: by module, by position in one's own group, by engine, or by
//! itself.

use std::fmt;

use super::DefType;
use crate::sync::statics::{AtomicU64, Ordering};

/// An index into one module's type index space (specification, "Type Indices").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleTypeIndex(pub u32);

/// A position inside the recursion group that the referring type belongs to (clause G6; the
/// specification's `rec.i`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecIndex(pub u32);

/// The identity of an engine within this process. Never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EngineId(u64);

impl EngineId {
    pub(crate) fn fresh() -> EngineId {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        EngineId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// The engine-wide index of a registered type: engine, slot and generation (clause S3).
///
/// Copying it roots nothing. Equality compares all three parts; between two live indices of one
/// engine that is a full comparison of types. An index whose type was freed is stale for ever,
/// also when its slot holds another type.
///
/// ```
/// use typereg::types::{ArrayType, FieldType, NumType, StructType, ValType};
/// use typereg::{Engine, RegisteredType};
///
/// let engine = Engine::default();
/// let first = RegisteredType::new(&engine, StructType::new([]))?;
/// let index = first.index();
/// drop(first);
///
/// let field = FieldType { storage: ValType::from(NumType::I32).into(), mutable: false };
/// let second = RegisteredType::new(&engine, ArrayType { field })?;
/// assert_eq!(second.index().bits(), index.bits()); // the slot again
/// assert_ne!(second.index(), index);
/// assert!(!engine.registry().contains(index));
/// # Ok::<(), typereg::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SharedTypeIndex {
    pub(crate) engine: EngineId,
    pub(crate) slot: u32,
    pub(crate) generation: u64,
}

impl SharedTypeIndex {
    /// The slot in the engine's slab: dense from 0, and reused after the type is freed.
    pub fn bits(self) -> u32 {
        self.slot
    }

    /// The engine that made this index.
    pub fn engine_id(self) -> EngineId {
        self.engine
    }

    /// The creation number of the type's recursion group, unique within its engine.
    pub fn generation(self) -> u64 {
        self.generation
    }
}

/// A reference to a defined type: an index in one of the three index spaces, or a closed type.
///
/// Two references of different spaces are never equal, even where they name the same type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TypeIndex {
    /// A module's type index: meaningful next to that module only.
    Module(ModuleTypeIndex),
    /// A member of the referring type's own group.
    Rec(RecIndex),
    /// A registered type: canonical (clause S4).
    Shared(SharedTypeIndex),
    /// A closed type, which needs no index space (clause G10).
    Def(DefType),
}

impl From<ModuleTypeIndex> for TypeIndex {
    fn from(index: ModuleTypeIndex) -> Self {
        TypeIndex::Module(index)
    }
}

impl From<RecIndex> for TypeIndex {
    fn from(index: RecIndex) -> Self {
        TypeIndex::Rec(index)
    }
}

impl From<SharedTypeIndex> for TypeIndex {
    fn from(index: SharedTypeIndex) -> Self {
        TypeIndex::Shared(index)
    }
}

impl From<DefType> for TypeIndex {
    fn from(ty: DefType) -> Self {
        TypeIndex::Def(ty)
    }
}

/// WAT: a module index is a number, an own member `$rec.N`, a registered type `$shared.N`, a closed
/// type `$def.` and 16 digits of its digest.
impl fmt::Display for TypeIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TypeIndex::Module(index) => write!(f, "{}", index.0),
            TypeIndex::Rec(index) => write!(f, "$rec.{}", index.0),
            TypeIndex::Shared(index) => write!(f, "$shared.{}", index.slot),
            TypeIndex::Def(ty) => write!(f, "$def.{:016x}", ty.digest().short()),
        }
    }
}
