//! The registry under a model checker: every scene is run in every order of its threads' lock and
//! atomic operations, within the bound that stands beside it. `nox -s model` runs them.
//!
//! The scenes take the public names only. Those in which one thread closes the very handle that
//! another is using stand beside the registry, in `rust/src/registry/model.rs`: safe Rust has no
//! public name for that, only the Python binding has.
//!
//! # What a pass means
//!
//! loom runs a scene again and again. Wherever threads could take turns differently (at a lock or
//! an atomic), or a load could see another store by the memory model, it tries each way. Two
//! bounds keep that finite:
//!
//! - the *preemption bound*: how often, in one run, a thread is interrupted though it could go on.
//!   A thread that waits for a lock or ends does not count. `None` is no bound: every order is
//!   tried. `Some(2)` finds any fault that takes up to two such interruptions, and would miss one
//!   that takes three;
//! - the *branch bound*, for runs that never end. Reaching it fails the scene; nothing is left out
//!   for it.
//!
//! Nothing else cuts a scene short, neither a time nor a number of runs. So a pass means: with
//! these threads doing these things, within that bound, nothing goes wrong. It says nothing of
//! more threads or of longer programs, and nothing of what loom cannot see: memory kept by `Arc`
//! and `ThinArc`, `OnceBox`, thread-locals, std's own lock (loom's takes its place). loom takes
//! `SeqCst` accesses for weaker ones and does not let a load see a store that comes later; the
//! registry uses no `SeqCst`, and its relaxed accesses only count events, hits and misses.
//!
//! Each scene says what came of it, and a test asserts the set of what came: a scene whose threads
//! never met would show there.

#[cfg(loom)]
mod collections;
#[cfg(loom)]
mod digests;
#[cfg(loom)]
mod edges;
#[cfg(loom)]
mod events;
#[cfg(loom)]
mod explore;
#[cfg(loom)]
mod fixtures;
#[cfg(loom)]
mod indices;
#[cfg(loom)]
mod last_drop;
#[cfg(loom)]
mod reuse;
#[cfg(loom)]
mod seed;
