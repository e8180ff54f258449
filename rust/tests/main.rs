//! The crate's own tests, in one binary: a module for each subject.

mod by_hand;
mod closed;
mod fuzz;
mod identity;
mod judge;
mod lifetimes;
mod link;
mod script;
mod stress;
mod support;
mod wat_roundtrip;
