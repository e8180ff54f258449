//! Which types are the same, and which match: by several ways through the crate, under weak
//! hashes too, and by wasmparser's own canonicalization (clauses G1, G5, G6, D4).

mod closed;
mod lists;
mod matching;
mod pairs;
mod runs;
mod same;
mod twins;
