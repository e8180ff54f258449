//! Scripts of WebAssembly's test suite (`.wast`): those directives that types alone decide.
//!
//! A directive is skipped only where something else decides, and says what: a function's body, an
//! initializer, elements, data, evaluation, the syntax of text. Of an assertion that a module is
//! invalid or malformed this is told from the module itself: if typereg takes the module and it
//! has no section that typereg passes over, the assertion has failed.

mod instances;
mod run;
mod split;
mod verdict;

pub use run::run_script;
pub use verdict::{Outcome, ScriptReport, Skip, Verdict};
