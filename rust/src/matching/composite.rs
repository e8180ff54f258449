//! Structural matching of composite types (specification, "Composite Types"). Validity alone asks
//! for it: between defined types only declared subtyping counts.

use std::convert::Infallible;

use super::{Identity, field_matches, value_matches};
use crate::canon::{Cursor, KeyRef};
use crate::types::{FieldType, Kind, ValType};

/// A composite type in a key, read in the asker's identity. References to other groups mean the
/// same in all keys that are compared.
pub(crate) struct Composite<'k, F> {
    pub(crate) kind: Kind,
    /// Behind the member's head.
    pub(crate) cursor: Cursor<'k>,
    /// What a reference in the key is to the asker.
    pub(crate) resolve: F,
}

impl<'k, Id, F: Fn(KeyRef) -> Id> Composite<'k, F> {
    /// The composite type of the member that a cursor is at.
    #[inline]
    pub(crate) fn of_member(mut cursor: Cursor<'k>, resolve: F) -> Self {
        let kind = cursor.skip_head();
        Composite {
            kind,
            cursor,
            resolve,
        }
    }

    fn count(&mut self) -> u32 {
        self.cursor.count()
    }

    fn reference(&mut self) -> Id {
        (self.resolve)(self.cursor.reference())
    }

    #[inline]
    fn value(&mut self) -> ValType<Id> {
        let Ok(ty) = self
            .cursor
            .value()
            .try_map(&mut |&reference| Ok::<_, Infallible>((self.resolve)(reference)));
        ty
    }

    #[inline]
    fn field(&mut self) -> FieldType<Id> {
        let Ok(ty) = self
            .cursor
            .field()
            .try_map(&mut |&reference| Ok::<_, Infallible>((self.resolve)(reference)));
        ty
    }
}

/// Whether the next values or fields of both match, so many of them; most are spelled alike.
fn all_match<F, G>(
    mut left: u32,
    a: &mut Composite<'_, F>,
    b: &mut Composite<'_, G>,
    mut matches: impl FnMut(&mut Composite<'_, F>, &mut Composite<'_, G>) -> bool,
) -> bool {
    loop {
        left -= a.cursor.skip_alike(&mut b.cursor, left);
        if left == 0 {
            return true;
        }
        if !matches(a, b) {
            return false;
        }
        left -= 1;
    }
}

/// Whether a type of structure `a` may declare one of structure `b` as its supertype.
pub(crate) fn structurally_matches<I: Identity>(
    types: &I,
    mut a: Composite<'_, impl Fn(KeyRef) -> I::Id>,
    mut b: Composite<'_, impl Fn(KeyRef) -> I::Id>,
) -> bool {
    if a.kind != b.kind {
        return false;
    }
    match a.kind {
        Kind::Func => {
            let params = a.count();
            if params != b.count() {
                return false;
            }
            let params_match = all_match(params, &mut a, &mut b, |a, b| {
                let (a, b) = (a.value(), b.value());
                value_matches(types, b, a)
            });
            if !params_match {
                return false;
            }
            let results = a.count();
            results == b.count()
                && all_match(results, &mut a, &mut b, |a, b| {
                    let (a, b) = (a.value(), b.value());
                    value_matches(types, a, b)
                })
        }
        Kind::Struct => {
            let (a_fields, b_fields) = (a.count(), b.count());
            a_fields >= b_fields
                && all_match(b_fields, &mut a, &mut b, |a, b| {
                    let (a, b) = (a.field(), b.field());
                    field_matches(types, a, b)
                })
        }
        Kind::Array => {
            let (a, b) = (a.field(), b.field());
            field_matches(types, a, b)
        }
        Kind::Cont => {
            let (a, b) = (a.reference(), b.reference());
            types.is_subtype(a, b)
        }
    }
}
