//! WebAssembly's type registry.
#![deny(unsafe_code)]

mod canon;
mod error;
mod features;
mod limits;
pub mod matching;
mod module;
#[cfg(feature = "python")]
mod python;
mod registry;
mod sync;
pub mod types;

pub use error::{Error, Result};
pub use features::{Feature, Features};
pub use limits::Limits;
pub use module::{ExportType, ImportType, Module, equal, matches};
pub use registry::{Engine, RegisteredType, Stats, TypeCollection, TypeRegistry};
