//! From a group of types as data to its key.

use super::{Draft, KeyRef};
use crate::error::{Error, Result};
use crate::types::{CompositeType, RecGroup, RecIndex, SubType};

/// A reference by position in a group of so many members.
pub(crate) fn own_member(index: RecIndex, members: u32) -> Result<KeyRef> {
    if index.0 < members {
        return Ok(KeyRef::Own(index.0));
    }
    Err(Error::Validation {
        message: format!("there is no member {} in a group of {members}", index.0),
        offset: None,
        type_index: None,
    })
}

/// Writes `group` into `draft`, which must be empty. `resolve` says what each reference is in
/// this key, or why it cannot stand there; it is asked in the order of clause K5.
pub(crate) fn encode_group<R>(
    draft: &mut Draft,
    group: &RecGroup<R>,
    resolve: &mut impl FnMut(&R) -> Result<KeyRef>,
) -> Result<()> {
    for member in &group.members {
        encode_member(draft, member, resolve)?;
    }
    Ok(())
}

/// Writes one member behind those that are in `draft` already.
pub(crate) fn encode_member<R>(
    draft: &mut Draft,
    member: &SubType<R>,
    resolve: &mut impl FnMut(&R) -> Result<KeyRef>,
) -> Result<()> {
    let supertype = member.supertype.as_ref().map(&mut *resolve).transpose()?;
    let kind = member.composite.kind();
    let mut writer = draft.begin_member(kind, member.is_final, supertype)?;
    match &member.composite {
        CompositeType::Func(ty) => {
            for list in [&ty.params, &ty.results] {
                writer.count(list.len() as u32)?;
                for ty in list {
                    writer.value(ty.try_map(resolve)?)?;
                }
            }
        }
        CompositeType::Struct(ty) => {
            writer.count(ty.fields.len() as u32)?;
            for field in &ty.fields {
                writer.field(field.try_map(resolve)?)?;
            }
        }
        CompositeType::Array(ty) => writer.field(ty.field.try_map(resolve)?)?,
        CompositeType::Cont(ty) => writer.reference(resolve(&ty.func)?, false)?,
    }
    let end = writer.at();
    draft.finish_member(end);
    Ok(())
}
