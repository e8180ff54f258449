//! WebAssembly's type registry: one engine's recursion groups, canonicalized, hash-consed, counted
//! and freed.
//!
//! The house from the ground up; a part knows those above it in this list and none below:
//!
//! | part | what lives there |
//! |---|---|
//! | `sync` | locks, atomics and thread-locals, taken from there only |
//! | [`types`] | WebAssembly's types as plain data, and how they print as WAT |
//! | `error`, `features`, `limits` | [`Error`], [`Features`], [`Limits`]: what is refused, why |
//! | `memory`, `faults` | memory that is asked for, and what tests make of asking |
//! | `canon` | one recursion group as one flat key, and sets of such keys |
//! | [`matching`] | validity and the specification's matching rules |
//! | `closed` | [`DefType`] by hand, and closed types among others |
//! | `module` | [`Module`]: bytes or WAT in, types out; [`matches()`], [`equal`] |
//! | `link` | [`Linker`]: whether modules fit together, and if not, why |
//! | [`script`] | scripts of the WebAssembly test suite, as far as types decide |
//! | `registry` | [`Engine`], [`TypeRegistry`], [`RegisteredType`], [`TypeCollection`] |
//! | `python` | the same for Python, behind the feature `python` |
//!
//! `docs/architecture.md` says how they work together, `docs/contract.md` what all of it promises.
//! Clauses such as S7 or G5 are the contract's.
#![deny(unsafe_code)]

mod canon;
mod closed;
mod error;
#[cfg(typereg_faults)]
#[doc(hidden)]
pub mod faults;
#[cfg(not(typereg_faults))]
mod faults;
mod features;
mod limits;
mod link;
pub mod matching;
mod memory;
mod module;
#[cfg(feature = "python")]
mod python;
mod registry;
pub mod script;
mod sync;
pub mod types;

pub use error::{Error, Result};
pub use features::{Feature, Features};
pub use limits::Limits;
pub use link::{
    Change, Difference, Explanation, Import, InterfaceChange, InterfaceDiff, LinkReport, Linker,
    Mismatch, PartyId, Path, Reason, Step, StepKind, diff, explain, explain_subtype,
};
pub use module::{ExportType, ImportType, Module, equal, matches};
pub use registry::{Engine, RegisteredType, Stats, TypeCollection, TypeRegistry};
pub use sync::after_fork_in_child;
pub use types::{DefType, Digest, ModuleTypeIndex, RecGroup, RecIndex, SharedTypeIndex, SubType};
