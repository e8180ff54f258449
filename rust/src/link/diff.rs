//! What changed between two versions of a module, for those who use it (clause L, `diff`).

use std::collections::{HashMap, VecDeque};
use std::fmt;

use super::difference::Difference;
use super::offer::Offer;
use super::reason::Reason;
use super::side::Sides;
use super::walk::Explainer;
use super::{text, wat};
use crate::canon::{Interner, KeyHasher};
use crate::error::Result;
use crate::memory::{push, reserve, reserve_map, reserve_queue};
use crate::module::{Module, NamedType};
use crate::types::ExternKind;

/// What a change means to those who use the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// What worked with the old version may not work with the new one.
    Breaking,
    /// Another type, which does wherever the old one did.
    Compatible,
    /// Something new that nobody has to know of.
    Additive,
}

impl Change {
    /// Its stable name: `breaking`.
    pub fn name(self) -> &'static str {
        match self {
            Change::Breaking => "breaking",
            Change::Compatible => "compatible",
            Change::Additive => "additive",
        }
    }
}

/// One import or export that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceChange {
    /// What it means.
    pub change: Change,
    /// Of an import, the name of the module it is imported from; `None` for an export.
    pub module: Option<String>,
    /// Its name.
    pub name: String,
    /// What it is, or was.
    pub kind: ExternKind,
    /// What it was, as WAT; `None` for what is new. Where the difference has a place, it is what
    /// was there.
    pub old: Option<String>,
    /// What it is now, likewise.
    pub new: Option<String>,
    /// How the types differ, where there are two. For an export, the old type is what is
    /// expected and the new one what is found; for an import, the other way round.
    pub difference: Option<Difference>,
}

/// `breaking: export "run" (func): param-type`, then the place and both sides.
impl fmt::Display for InterfaceChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::change(f, self)
    }
}

/// What changed in the imports and exports of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceDiff {
    /// Every change: exports in the order of the old module, then new ones; then imports likewise.
    pub changes: Vec<InterfaceChange>,
}

impl InterfaceDiff {
    /// The worst that there is of all changes, `None` where nothing changed.
    pub fn verdict(&self) -> Option<Change> {
        let order = [Change::Breaking, Change::Compatible, Change::Additive];
        let is_there = |verdict: &Change| self.changes.iter().any(|one| one.change == *verdict);
        order.into_iter().find(is_there)
    }

    /// Those of the changes that mean the same.
    pub fn of(&self, change: Change) -> impl Iterator<Item = &InterfaceChange> {
        self.changes.iter().filter(move |one| one.change == change)
    }
}

/// Every change, then how many of each kind there are.
impl fmt::Display for InterfaceDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::diff(f, self)
    }
}

/// What changed from `old` to `new` for those who use the module (clause L).
///
/// An export must still do wherever the old one did, and an import must still take whatever the
/// old one took. Types that were renamed or moved and kept their identity did not change. Linear in
/// both modules' types, imports and exports.
///
/// ```
/// use typereg::{Change, Features, Limits, Module, diff};
///
/// let module = |wat| Module::from_wat(wat, &Limits::js_api(), &Features::default());
/// let old = module(r#"(module (memory (export "m") 1) (func (export "f")))"#)?;
/// let new = module(r#"(module (func (export "f")) (memory (export "m") 2))"#)?;
///
/// let diff = diff(&old, &new)?;
/// assert_eq!(diff.verdict(), Some(Change::Compatible));
/// assert_eq!(diff.changes[0].name, "m");
/// # Ok::<(), typereg::Error>(())
/// ```
///
/// # Errors
///
/// `Limit` where there is no memory.
pub fn diff(old: &Module, new: &Module) -> Result<InterfaceDiff> {
    let mut common = Interner::new(KeyHasher::new(None));
    let old = Offer::of_module(&mut common, old)?;
    let new = Offer::of_module(&mut common, new)?;
    let (old_side, new_side) = (old.side(&common), new.side(&common));
    let mut exports = Comparison::new(Sides {
        common: &common,
        expected: old_side,
        found: new_side,
    });
    for export in &old.exports {
        let new = new.export(export.name)?.map(|export| &export.ty);
        exports.compare(None, export.name, Some(&export.ty), new)?;
    }
    for export in &new.exports {
        if old.export(export.name)?.is_none() {
            exports.compare(None, export.name, None, Some(&export.ty))?;
        }
    }
    let mut imports = Comparison::new(Sides {
        common: &common,
        expected: new_side,
        found: old_side,
    });
    // A module may import one thing several times: the first answers the first, and so on.
    let mut left: HashMap<(&str, &str), VecDeque<&NamedType>> = HashMap::new();
    for import in &new.imports {
        let key = (import.module, import.name);
        reserve_map(&mut left, 1)?;
        let queue = left.entry(key).or_default();
        reserve_queue(queue, 1)?;
        queue.push_back(&import.ty);
    }
    for import in &old.imports {
        let (module, name) = (import.module, import.name);
        let new = left.get_mut(&(module, name));
        let new = new.and_then(VecDeque::pop_front);
        imports.compare(Some(module), name, new, Some(&import.ty))?;
    }
    for import in &new.imports {
        let (module, name) = (import.module, import.name);
        let rest = left.get_mut(&(module, name));
        if let Some(ty) = rest.and_then(VecDeque::pop_front) {
            imports.compare(Some(module), name, Some(ty), None)?;
        }
    }
    let mut changes = exports.changes;
    reserve(&mut changes, imports.changes.len())?;
    changes.append(&mut imports.changes);
    Ok(InterfaceDiff { changes })
}

/// One of the two comparisons: of exports, or of imports.
struct Comparison<'a> {
    explainer: Explainer<'a>,
    changes: Vec<InterfaceChange>,
}

impl<'a> Comparison<'a> {
    fn new(sides: Sides<'a>) -> Comparison<'a> {
        Comparison {
            explainer: Explainer::new(sides, false),
            changes: Vec::new(),
        }
    }

    /// Compares what is needed with what there is for it. Of exports, the old one is needed; of
    /// imports, the new one.
    fn compare(
        &mut self,
        module: Option<&str>,
        name: &str,
        expected: Option<&NamedType>,
        found: Option<&NamedType>,
    ) -> Result<()> {
        let sides = self.explainer.sides;
        let expected_wat = |ty: &NamedType| wat::extern_type(sides.expected, ty);
        let found_wat = |ty: &NamedType| wat::extern_type(sides.found, ty);
        let (change, kind, difference, sides_wat) = match (expected, found) {
            (None, None) => return Ok(()),
            (Some(ty), None) => (
                // Needed, and not there: an export that is gone, an import that is new.
                Change::Breaking,
                ty.kind(),
                None,
                (Some(expected_wat(ty)?), None),
            ),
            (None, Some(ty)) => {
                let change = match module {
                    None => Change::Additive,
                    Some(_) => Change::Compatible,
                };
                (change, ty.kind(), None, (None, Some(found_wat(ty)?)))
            }
            (Some(expected), Some(found)) if sides.are_same(expected, found) => return Ok(()),
            (Some(expected), Some(found)) => {
                let (change, difference) = if sides.fits(expected, found) {
                    let difference = self.explainer.explain_change(expected, found)?;
                    (Change::Compatible, difference)
                } else {
                    let difference = self.explainer.explain_extern(expected, found)?;
                    (Change::Breaking, difference)
                };
                let wat = (Some(difference.expected.clone()), difference.found.clone());
                (change, found.kind(), Some(difference), wat)
            }
        };
        let (old, new) = match module {
            None => sides_wat,
            Some(_) => (sides_wat.1, sides_wat.0),
        };
        let change = InterfaceChange {
            change,
            module: module.map(str::to_owned),
            name: name.to_owned(),
            kind,
            old,
            new,
            difference,
        };
        Ok(push(&mut self.changes, change)?)
    }
}

impl InterfaceChange {
    /// Why it is a change: of what is gone or new and breaks something, that there is nothing to
    /// take.
    pub fn reason(&self) -> Option<Reason> {
        match &self.difference {
            Some(difference) => Some(difference.reason),
            None => (self.change == Change::Breaking).then_some(Reason::MissingExport),
        }
    }
}
