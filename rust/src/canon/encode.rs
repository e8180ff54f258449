//! From a group of types as data to its key.

use super::{Draft, KeyRef, Spelling};
use crate::error::{Error, Result};
use crate::types::{CompositeType, RecGroup, RecIndex, SubType};

/// A reference by position in a group of so many members. The error's message wants what refers
/// before it, which [`encode_group`] knows.
pub(crate) fn own_member(index: RecIndex, members: u32) -> Result<KeyRef> {
    if index.0 < members {
        return Ok(KeyRef::Own(index.0));
    }
    Err(Error::Validation {
        message: format!("refers to member {} of a group of {members}", index.0),
        offset: None,
        type_index: None,
    })
}

/// Writes `group` into `draft`, which must be empty. `resolve` says what each reference is in
/// this key, or why it cannot stand there, to which the place is added; it is asked in the order of
/// clause K5.
pub(crate) fn encode_group<R>(
    draft: &mut Draft,
    group: &RecGroup<R>,
    resolve: &mut impl FnMut(&R) -> Result<KeyRef>,
) -> Result<()> {
    let mut asked = 0_usize;
    let mut refused = false;
    let mut resolve = |reference: &R| {
        asked += 1;
        resolve(reference).inspect_err(|_| refused = true)
    };
    let mut members = group.members.iter();
    let written = members.try_for_each(|member| encode_member(draft, member, &mut resolve));
    written.map_err(|error| {
        if !refused {
            return error;
        }
        // It was the last one asked for.
        let place = group.place_of(|_| {
            asked -= 1;
            asked == 0
        });
        error.of_reference(place)
    })
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
