//! Two types of two modules: equal, subtypes of each other, and why not (clause L).

use std::fmt;

use super::difference::Difference;
use super::side::{Placed, Side, Sides};
use super::text::{Places, write_difference};
use super::value::{Relation, holds};
use super::walk::Explainer;
use crate::canon::{Interner, KeyHasher};
use crate::error::Result;
use crate::module::Module;
use crate::types::ModuleTypeIndex;

/// What two types are to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Whether they are the same type.
    pub equal: bool,
    /// Whether the first is a declared subtype of the second, or the same.
    pub subtype: bool,
    /// Whether the second is a declared subtype of the first, or the same.
    pub supertype: bool,
    /// Why the answer to the question is no, if it is.
    pub difference: Option<Difference>,
}

/// Whether type `a` of one module is type `b` of another, and if not, the first reason why: `a` is
/// what is expected, `b` what is found.
///
/// Linear in the types of both modules.
///
/// ```
/// use typereg::{Features, Limits, Module, ModuleTypeIndex, explain};
///
/// let module = |wat| Module::from_wat(wat, &Limits::js_api(), &Features::default());
/// let a = module("(module (type $list (struct (field $next (ref null $list)))))")?;
/// let b = module("(module (type $list (struct (field $next (ref $list)))))")?;
/// let list = ModuleTypeIndex(0);
///
/// let difference = explain(&a, list, &b, list)?.difference.unwrap();
/// assert_eq!(difference.reason.name(), "nullability");
/// assert_eq!(difference.path.to_string(), "field 0");
/// assert_eq!(difference.expected, "(field $next (ref null $list))");
/// assert_eq!(difference.found.as_deref(), Some("(field $next (ref $list))"));
/// # Ok::<(), typereg::Error>(())
/// ```
///
/// # Errors
///
/// `NoSuchType` for an index that its module does not have, `Limit` where there is no memory.
pub fn explain(
    module_a: &Module,
    a: ModuleTypeIndex,
    module_b: &Module,
    b: ModuleTypeIndex,
) -> Result<Explanation> {
    compare((module_a, a), (module_b, b), Relation::Equal)
}

/// As [`explain()`], but says why `a` is not a subtype of `b`: `b` is what is expected and `a` what
/// is found.
///
/// # Errors
///
/// As [`explain()`].
pub fn explain_subtype(
    module_a: &Module,
    a: ModuleTypeIndex,
    module_b: &Module,
    b: ModuleTypeIndex,
) -> Result<Explanation> {
    let answer = compare((module_b, b), (module_a, a), Relation::FoundBelow)?;
    Ok(Explanation {
        subtype: answer.supertype,
        supertype: answer.subtype,
        ..answer
    })
}

/// Compares two types that should be in `relation`.
fn compare(
    (expected_in, expected): (&Module, ModuleTypeIndex),
    (found_in, found): (&Module, ModuleTypeIndex),
    relation: Relation,
) -> Result<Explanation> {
    for (module, index) in [(expected_in, expected), (found_in, found)] {
        if index.0 >= module.type_count() {
            return Err(module.no_such_type(index.0));
        }
    }
    let mut common = Interner::new(KeyHasher::new(None));
    let expected_side = Placed::new(&mut common, expected_in)?;
    let found_side = Placed::new(&mut common, found_in)?;
    let sides = Sides {
        common: &common,
        expected: Side::Module(&expected_side),
        found: Side::Module(&found_side),
    };
    let holds = |relation| holds(sides, expected.0, found.0, relation);
    let difference = if holds(relation) {
        None
    } else {
        let mut explainer = Explainer::new(sides, true);
        Some(explainer.explain(expected.0, found.0, relation, Vec::new())?)
    };
    Ok(Explanation {
        equal: holds(Relation::Equal),
        subtype: holds(Relation::ExpectedBelow),
        supertype: holds(Relation::FoundBelow),
        difference,
    })
}

impl Explanation {
    /// The explanation as text, where `expected` and `found` are what the two sides are called.
    pub fn text(&self, expected: &str, found: &str) -> String {
        struct Text<'a>(&'a Difference, Places<'a>);
        impl fmt::Display for Text<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0.reason)?;
                write_difference(f, self.0, &self.1)
            }
        }
        match &self.difference {
            None if self.equal => "equal".to_owned(),
            None => "a subtype".to_owned(),
            Some(difference) => Text(difference, Places::of(expected, Some(found))).to_string(),
        }
    }
}
