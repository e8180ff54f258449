//! What changed between two versions of a module, for those who use it (clause L, `diff`).

use std::collections::HashMap;
use std::fmt;

use super::difference::Difference;
use super::offer::Offer;
use super::reason::Reason;
use super::report::quoted;
use super::side::Sides;
use super::walk::Explainer;
use super::{text, wat};
use crate::canon::{Interner, KeyHasher};
use crate::error::Result;
use crate::module::{Module, NamedType};

/// What a change means to those who use the module. From worse to better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// What used the old version may not be able to use the new one.
    Breaking,
    /// Another type, which does wherever the old one did.
    Compatible,
    /// Something new that nobody has to know of.
    Additive,
}
