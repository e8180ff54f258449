//! The fuzz targets' bodies, which are those that the crate's own tests run over the corpus, and
//! mutators that know how modules and type sections are built.

#[path = "../../rust/tests/fuzz/mod.rs"]
mod fuzz;
mod mutators;
// Part of it is for other tests only.
#[allow(dead_code, unused_imports)]
#[path = "../../rust/tests/support/mod.rs"]
mod support;

pub use mutators::{mutate_module, mutate_section};

/// Any bytes as a module.
pub fn decode(bytes: &[u8]) {
    fuzz::decode::run(bytes);
}

/// Any bytes as a type section.
pub fn section(bytes: &[u8]) {
    fuzz::section::run(bytes);
}

/// Any bytes as a program for one engine.
pub fn register(bytes: &[u8]) {
    fuzz::register::run(bytes);
}

/// Any bytes as text.
pub fn wat(bytes: &[u8]) {
    fuzz::wat::run(bytes);
}

/// Any bytes as two modules, to be linked.
pub fn link(bytes: &[u8]) {
    fuzz::link::run(bytes);
}
