//! Types that a host gives for its own functions, tables and so on.

use crate::canon::{Descent, Interner, KeyRef, TypeId, encode_group};
use crate::closed::{DependencyOrder, graft_closed};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::memory::push;
use crate::module::NamedType;
use crate::types::{DefType, ExternType, FuncType, RecGroup, SubType, TagType, TypeIndex};

/// The closed type that a host's reference names: it has no other types.
fn closed(reference: &TypeIndex) -> Result<&DefType> {
    match reference {
        TypeIndex::Def(ty) => Ok(ty),
        TypeIndex::Module(_) | TypeIndex::Rec(_) | TypeIndex::Shared(_) => {
            Err(Error::NotCanonical {
                index: reference.clone(),
                expected: "a closed type: a host has no type indices",
                place: None,
            })
        }
    }
}

/// The types of a host's items in turn, as names in `common`.
///
/// Linear in the items and the closed types that they lead to.
pub(super) fn place<'a>(
    common: &mut Interner,
    items: impl Iterator<Item = &'a ExternType> + Clone,
) -> Result<Vec<NamedType>> {
    let mut types: Vec<DefType> = Vec::new();
    for item in items.clone() {
        item.try_map(&mut |reference| push(&mut types, closed(reference)?.clone()))?;
    }
    let mut order = DependencyOrder::default();
    for ty in &types {
        order.add(ty)?;
    }
    let first_types = graft_closed(common, &order, Limits::MAX_DEPTH)?;
    let place = |reference: &TypeIndex| -> Result<TypeId> {
        let ty = closed(reference)?;
        Ok(first_types[order.number(ty.def_group()) as usize] + ty.position())
    };
    let mut placed = Vec::new();
    for item in items {
        let item = match item.try_map(&mut |reference| place(reference))? {
            ExternType::Func(ty) => ExternType::Func(place_func(common, ty)?),
            ExternType::Table(ty) => ExternType::Table(ty),
            ExternType::Memory(ty) => ExternType::Memory(ty),
            ExternType::Global(ty) => ExternType::Global(ty),
            ExternType::Tag(ty) => ExternType::Tag(TagType {
                func: place_func(common, ty.func)?,
            }),
        };
        push(&mut placed, item)?;
    }
    Ok(placed)
}

/// A signature stands for a final type without a supertype in a group of its own (clause G5).
fn place_func(common: &mut Interner, ty: FuncType<TypeId>) -> Result<TypeId> {
    let group = RecGroup::new([SubType::plain(ty)]);
    let draft = common.draft_mut();
    encode_group(draft, &group, &mut |&id| Ok(KeyRef::Outer(id)))?;
    Ok(common.intern(&Descent::default())?)
}
