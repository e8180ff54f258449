//! Questions across two modules, without an engine: both are interned into one set of groups,
//! and the matching rules ask that.

use super::Module;
use crate::canon::{Interner, KeyHasher, TypeId, graft};
use crate::error::{Error, Result};
use crate::matching::{ByNumber, Matchable};
use crate::types::TypeIndex;

/// Whether `a` of `module_a` matches `b` of `module_b` (clause G5).
///
/// References on either side are that module's type indices. Linear in the size of the groups
/// that the two sides lead to.
///
/// # Errors
///
/// `NoSuchType` for an index that the module does not have, `NotCanonical` for a reference that
/// is no module type index.
pub fn matches(module_a: &Module, a: &Matchable, module_b: &Module, b: &Matchable) -> Result<bool> {
    let mut common = Interner::new(KeyHasher::new(None));
    let a = identify(&mut common, module_a, a)?;
    let b = identify(&mut common, module_b, b)?;
    Ok(a.matches(&ByNumber(&common), &b))
}

/// Whether `a` of `module_a` is the same type as `b` of `module_b` (clause G1).
///
/// Arguments, cost and errors are those of [`matches()`].
///
/// # Errors
///
/// As [`matches()`].
pub fn equal(module_a: &Module, a: &Matchable, module_b: &Module, b: &Matchable) -> Result<bool> {
    let mut common = Interner::new(KeyHasher::new(None));
    let a = identify(&mut common, module_a, a)?;
    let b = identify(&mut common, module_b, b)?;
    Ok(a == b)
}

/// One side in the identities of `common`, to which everything it leads to is added.
fn identify(common: &mut Interner, module: &Module, side: &Matchable) -> Result<Matchable<TypeId>> {
    let section = module.type_section();
    let local = side.try_map(&mut |reference| match *reference {
        TypeIndex::Module(index) => {
            let id = section.ids.get(index.0 as usize);
            id.copied().ok_or_else(|| module.no_such_type(index.0))
        }
        TypeIndex::Rec(_) | TypeIndex::Shared(_) => Err(Error::NotCanonical {
            index: *reference,
            expected: "a type index of the module",
        }),
    })?;
    let mut roots = Vec::new();
    local.try_map(&mut |&id| {
        roots.push(id);
        Ok::<_, Error>(())
    })?;
    let grafted = graft(common, &section.interner, &roots)?;
    local.try_map(&mut |&id| Ok(grafted.identity(id)))
}
