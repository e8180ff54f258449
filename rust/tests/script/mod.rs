//! Scripts (clause C, `wast`): the whole WebAssembly test suite, and what is said of a few by hand.

mod suite;
