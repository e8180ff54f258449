//! From a group of types as data to its key.

use super::{Draft, KeyRef};
use crate::error::Result;
use crate::types::{CompositeType, RecGroup, TypeIndex};

/// Writes `group` into `draft`, which must be empty. `resolve` says what each reference is in
/// this key, or why it cannot stand there.
pub(crate) fn encode_group(
    draft: &mut Draft,
    group: &RecGroup,
    resolve: &mut impl FnMut(&TypeIndex) -> Result<KeyRef>,
) -> Result<()> {
    for member in &group.members {
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
    }
    Ok(())
}
