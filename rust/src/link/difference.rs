//! What differs between what is expected and what is found: reason, path, both sides as WAT.

use super::parts::Spot;
use super::path::Path;
use super::reason::Reason;

/// Where two types differ, by node.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) reason: Reason,
    pub(super) spot: Spot,
    pub(super) expected: u32,
    pub(super) found: u32,
    /// Whether everything but the two groups was found equal.
    pub(super) in_groups: bool,
}

/// The first difference between what is expected and what is found (clause L).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What kind of difference it is.
    pub reason: Reason,
    /// How to get to it from what was compared; empty where that differs itself.
    pub path: Path,
    /// What is expected there, as WAT in the names of the module that expects it. Very long WAT is
    /// cut, with three dots at the end.
    pub expected: String,
    /// What is found there, likewise; `None` where nothing is.
    pub found: Option<String>,
    /// The type index in which `expected` stands, where it stands in a type.
    pub expected_type: Option<u32>,
    /// The type index in which `found` stands, where it stands in a type of a module.
    pub found_type: Option<u32>,
    /// What may help, where something is known.
    pub hint: Option<String>,
    /// Where a subtype was found and equality is needed: how they differ.
    pub cause: Option<Box<Difference>>,
}

impl Difference {
    /// Adds something that may help.
    pub(super) fn add_hint(&mut self, hint: String) {
        self.hint = Some(match self.hint.take() {
            Some(hints) => format!("{hints}; {hint}"),
            None => hint,
        });
    }
}
