//! The registry: entries that are hash-consed, counted and freed, behind one lock per engine.
//!
//! # Lifetimes, in short
//!
//! A registered recursion group is one [`Entry`](entry::Entry) with one count of registrations:
//! open handles, occurrences in open collections, and references from other live groups (section
//! K of the contract). References between groups never form a cycle, so counting is enough.
//!
//! Counts go up without the lock only where they cannot be zero (by a handle, whose own
//! registration is among them), and otherwise under the lock, read or write. They may go down
//! without it. Whoever takes a count to zero looks again under the write lock, because before that
//!
//! ```text
//! thread A                              thread B
//! decrement: 1 -> 0
//!                                       lock, find the entry in the set
//!                                       increment: 0 -> 1 (a resurrection)
//!                                       unlock
//! lock, look again: 1, leave it alone
//! ```
//!
//! and because of this, which a second look at the count alone does not survive (CVE-2024-47813):
//!
//! ```text
//! thread A                              thread B
//! decrement: 1 -> 0
//!                                       lock, find, increment: 0 -> 1, unlock
//!                                       decrement: 1 -> 0
//!                                       lock, look again: 0, remove, unlock
//! lock, look again: 0, remove what another type may by now be in the place of
//! ```
//!
//! So removal is by entry and never by index, and an entry remembers that it was removed.

mod closed;
mod collection;
mod creation;
mod dependencies;
mod digests;
mod engine;
mod entry;
mod events;
mod frozen;
mod group;
mod inner;
mod layout;
mod loading;
mod lookup;
#[cfg(all(test, loom))]
mod model;
mod question;
mod registered_type;
mod set;
mod snapshot;
mod stats;
#[cfg(debug_assertions)]
mod users;
mod writing;

pub use collection::TypeCollection;
pub use engine::{Engine, TypeRegistry};
pub use registered_type::RegisteredType;
pub use stats::Stats;
