//! What linking has to say: data, and how it reads as text.

use std::fmt;

use super::difference::Difference;
use super::text;
use crate::sync::Arc;
use crate::types::ExternKind;

/// An import, and between whom it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Who imports.
    pub consumer: Arc<str>,
    /// Whose type was looked at: of something that is passed on, its origin. `None` where there
    /// is no one.
    pub provider: Option<Arc<str>>,
    /// The name of the module to import from.
    pub module: String,
    /// The name of the item there.
    pub name: String,
    /// What is imported.
    pub kind: ExternKind,
    /// Whether the verdict goes by a declared type only: what is offered passes on an import of
    /// its own, and nobody was given who provides that.
    pub assumed: bool,
}

/// An import that cannot be given what it is offered, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Which import.
    pub import: Import,
    /// The first thing that differs.
    pub difference: Difference,
}

/// `plugin.wasm imports "env" "mk" (func): field-mutability`, then the place and both sides.
impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::mismatch(f, self)
    }
}

/// What linking says of all imports (clause L).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkReport {
    /// How many imports there are.
    pub imports: usize,
    /// How many of them were passed over, because nobody goes by their module's name.
    pub ignored: usize,
    /// Those that cannot be given what they are offered, in order.
    pub mismatches: Vec<Mismatch>,
    /// Those whose verdict, whichever it is, goes by a declared type only.
    pub assumed: Vec<Import>,
    /// Those that wait on each other, cycle by cycle. They are not judged.
    pub cycles: Vec<Vec<Import>>,
}

impl LinkReport {
    /// Whether every import can be given what it is offered; one that waits on itself cannot.
    pub fn is_ok(&self) -> bool {
        self.mismatches.is_empty() && self.cycles.is_empty()
    }
}

/// Every mismatch, then what else there is to say, then the number of mismatches.
impl fmt::Display for LinkReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::report(f, self)
    }
}
