//! From a group of types as data to its key.

use super::{Draft, KeyRef, Spelling};
use crate::error::{Error, Result};
use crate::types::{CompositeType, RecGroup, RecIndex, SubType};

/// A reference by position in a group of so many members. The error does not know whose reference
/// it is; [`encode_group`] does.
pub(crate) fn own_member(index: RecIndex, members: u32) -> Result<KeyRef> {
    if index.0 < members {
        return Ok(KeyRef::Own(index.0));
    }
    Err(Error::Validation {
        message: format!("it refers to member {} of a group of {members}", index.0),
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
    for (position, member) in (0..).zip(&group.members) {
        encode_member(draft, member, resolve).map_err(|error| of_member(error, position))?;
    }
    Ok(())
}

/// The same error, which says of which member it is if it is one of validity.
fn of_member(mut error: Error, position: u32) -> Error {
    if let Error::Validation { type_index, .. } = &mut error {
        type_index.get_or_insert(position);
    }
    error
}

/// Writes one member behind those that are in `draft` already.
pub(crate) fn encode_member<R>(
    draft: &mut Draft,
    member: &SubType<R>,
    resolve: &mut impl FnMut(&R) -> Result<KeyRef>,
) -> Result<()> {
    let supertype = member.supertype.as_ref().map(&mut *resolve).transpose()?;
    let kind = member.composite.kind();
    draft.begin_member(kind, member.is_final, supertype)?;
    match &member.composite {
        CompositeType::Func(ty) => {
            for list in [&ty.params, &ty.results] {
                let mut out = draft.begin_list(list.len() as u32, list.len())?;
                for ty in list {
                    out.value(ty.try_map(resolve)?.into());
                }
                out.finish();
            }
        }
        CompositeType::Struct(ty) => {
            let fields = &ty.fields;
            let mut out = draft.begin_list(fields.len() as u32, fields.len())?;
            for field in fields {
                out.field(field.storage.try_map(resolve)?.into(), field.mutable);
            }
            out.finish();
        }
        CompositeType::Array(ty) => {
            let storage = ty.field.storage.try_map(resolve)?;
            let mut out = draft.begin_single()?;
            out.field(storage.into(), ty.field.mutable);
            out.finish();
        }
        CompositeType::Cont(ty) => {
            let to = resolve(&ty.func)?;
            let mut out = draft.begin_single()?;
            out.value(Spelling::Reference {
                to,
                nullable: false,
            });
            out.finish();
        }
    }
    Ok(())
}
