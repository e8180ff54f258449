//! Questions across two modules, without an engine: both are interned into one set of groups,
//! and the matching rules ask that.

use super::Module;
use crate::canon::{Interner, KeyHasher, TypeId, graft};
use crate::closed::{DependencyOrder, graft_closed};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::matching::{ByNumber, Matchable};
use crate::memory::push;
use crate::types::{DefType, TypeIndex};

/// Whether `a` of `module_a` matches `b` of `module_b` (clause G5).
///
/// References on either side are that module's type indices, or closed types. Linear in the size
/// of the groups that the two sides lead to.
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

/// A reference on one side.
enum Named {
    /// The module's own.
    Local(TypeId),
    /// A closed type, by its place in a list.
    Closed(usize),
}

/// One side in the identities of `common`, to which everything it leads to is added.
fn identify(common: &mut Interner, module: &Module, side: &Matchable) -> Result<Matchable<TypeId>> {
    let section = module.type_section();
    let (mut roots, mut closed) = (Vec::new(), Vec::new());
    let named = side.try_map(&mut |reference| match reference {
        TypeIndex::Module(index) => {
            let id = section.declared.ids().get(index.0 as usize);
            let id = *id.ok_or_else(|| module.no_such_type(index.0))?;
            push(&mut roots, id)?;
            Ok(Named::Local(id))
        }
        TypeIndex::Def(ty) => {
            push(&mut closed, ty.clone())?;
            Ok(Named::Closed(closed.len() - 1))
        }
        TypeIndex::Rec(_) | TypeIndex::Shared(_) => Err(Error::NotCanonical {
            index: reference.clone(),
            expected: "a type index of the module, or a closed type",
            place: None,
        }),
    })?;
    let grafted = graft(common, &section.interner, roots.iter().copied())?;
    let mut order = DependencyOrder::default();
    for ty in &closed {
        order.add(ty)?;
    }
    let first_types = graft_closed(common, &order, Limits::MAX_DEPTH)?;
    named.try_map(&mut |named| {
        Ok(match named {
            Named::Local(id) => grafted.identity(*id),
            Named::Closed(place) => {
                let ty: &DefType = &closed[*place];
                first_types[order.number(ty.def_group()) as usize] + ty.position()
            }
        })
    })
}
