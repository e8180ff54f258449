//! WebAssembly types as plain data: no registry, no Python, no bytes.
//!
//! Every type is generic over `R`, the notion of a reference to a defined type. People see
//! [`TypeIndex`] (the default); the canonical form and the matching rules put their own small
//! identities in its place, so that one set of data types and one set of rules serve all of them.

mod composite;
mod def_type;
mod digest;
mod externs;
mod heap;
mod index;
mod place;
mod sub;
mod trace;
mod value;
mod wat;

pub use composite::{ArrayType, CompositeType, ContType, FuncType, Kind, StructType};
pub use def_type::DefType;
pub(crate) use def_type::{ClosedIndex, DefGroup};
pub use digest::Digest;
pub use externs::{ExternKind, ExternType, GlobalType, MemoryType, TableType, TagType};
pub use heap::{AbsHeapType, HeapType, Hierarchy, RefType};
pub use index::{EngineId, ModuleTypeIndex, RecIndex, SharedTypeIndex, TypeIndex};
pub use place::{Part, Place};
pub use sub::{RecGroup, SubType};
pub use value::{FieldType, NumType, PackedType, StorageType, ValType, VecType};
