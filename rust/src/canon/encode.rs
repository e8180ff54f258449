//! From a group of types as data to its key.

use super::{Draft, KeyRef, KeyWriter, Spelling};
use crate::error::{Error, Result};
use crate::types::{CompositeType, RecGroup, RecIndex, SubType, ValType};

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
    match &member.composite {
        CompositeType::Func(ty) => {
            write_list(
                draft.begin_member(kind, member.is_final, supertype, ty.params.len())?,
                &ty.params,
                resolve,
            )?;
            write_list(draft.next_list(ty.results.len())?, &ty.results, resolve)
        }
        CompositeType::Struct(ty) => {
            let mut out = draft.begin_member(kind, member.is_final, supertype, ty.fields.len())?;
            out.count(ty.fields.len() as u32);
            for field in &ty.fields {
                out.field(field.storage.try_map(resolve)?.into(), field.mutable);
            }
            out.finish();
            Ok(())
        }
        CompositeType::Array(ty) => {
            let mut out = draft.begin_member(kind, member.is_final, supertype, 1)?;
            out.field(ty.field.storage.try_map(resolve)?.into(), ty.field.mutable);
            out.finish();
            Ok(())
        }
        CompositeType::Cont(ty) => {
            let mut out = draft.begin_member(kind, member.is_final, supertype, 1)?;
            out.value(Spelling::Reference {
                to: resolve(&ty.func)?,
                nullable: false,
            });
            out.finish();
            Ok(())
        }
    }
}

fn write_list<R>(
    mut out: KeyWriter<'_>,
    list: &[ValType<R>],
    resolve: &mut impl FnMut(&R) -> Result<KeyRef>,
) -> Result<()> {
    out.count(list.len() as u32);
    for ty in list {
        out.value(ty.try_map(resolve)?.into());
    }
    out.finish();
    Ok(())
}
