//! Types that a host gives for its own functions, tables and so on.

use crate::canon::{Draft, Interner, encode_group};
use crate::error::{Error, Result};
use crate::module::NamedType;
use crate::types::{ExternType, FuncType, RecGroup, SubType, TagType, TypeIndex};

/// A host's type over the identities of `common`, to which the types of its functions and tags
/// are added.
pub(super) fn place(common: &mut Interner, ty: &ExternType) -> Result<NamedType> {
    let mut reference = |reference: &TypeIndex| {
        Err(Error::NotCanonical {
            index: *reference,
            expected: "no reference to a module's or an engine's type: the host has neither",
        })
    };
    Ok(match ty {
        ExternType::Func(ty) => ExternType::Func(place_func(common, ty)?),
        ExternType::Table(ty) => ExternType::Table(ty.try_map(&mut reference)?),
        ExternType::Memory(ty) => ExternType::Memory(ty.clone()),
        ExternType::Global(ty) => ExternType::Global(ty.try_map(&mut reference)?),
        ExternType::Tag(ty) => ExternType::Tag(TagType {
            func: place_func(common, &ty.func)?,
        }),
    })
}

/// A signature stands for a final type without a supertype in a group of its own (clause G5).
fn place_func(common: &mut Interner, ty: &FuncType) -> Result<u32> {
    let group = RecGroup::new([SubType::plain(ty.clone())]);
    let mut draft = Draft::default();
    encode_group(&mut draft, &group, &mut |reference| {
        Err(Error::NotCanonical {
            index: *reference,
            expected: "no reference to a module's or an engine's type: the host has neither",
        })
    })?;
    let group = common.intern(&draft)?;
    Ok(common.first_type(group))
}
