//! Where in a group a reference stands, so that errors can say it.

use std::fmt;

use super::{CompositeType, FieldType, HeapType, RecGroup, StorageType, SubType, ValType};

/// Where in a group built by hand a reference stands.
///
/// ```
/// use typereg::types::{Part, Place};
///
/// let place = Place { member: 2, part: Part::Field(0) };
/// assert_eq!(place.to_string(), "type 2, field 0");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The position of the member that refers; 0 of a type that is a group of its own.
    pub member: u32,
    /// Where in that.
    pub part: Part,
}

/// A part of a type that can refer to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The declared supertype.
    Supertype,
    /// A parameter of a function type, from 0.
    Param(u32),
    /// A result of a function type, from 0.
    Result(u32),
    /// A field of a structure type, from 0.
    Field(u32),
    /// The elements of an array type.
    Element,
    /// The function type of a continuation type.
    Func,
}

/// `type 2, field 0`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "type {}, {}", self.member, self.part)
    }
}

/// `field 0`, `supertype`.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Supertype => f.write_str("supertype"),
            Part::Param(index) => write!(f, "param {index}"),
            Part::Result(index) => write!(f, "result {index}"),
            Part::Field(index) => write!(f, "field {index}"),
            Part::Element => f.write_str("element"),
            Part::Func => f.write_str("func"),
        }
    }
}

impl<R> RecGroup<R> {
    /// Where the first reference stands that `is_it` says yes to. It is asked in the order of
    /// clause K5.
    pub(crate) fn place_of(&self, mut is_it: impl FnMut(&R) -> bool) -> Option<Place> {
        (0..).zip(&self.members).find_map(|(member, ty)| {
            let part = ty.part_of(&mut is_it)?;
            Some(Place { member, part })
        })
    }
}

impl<R> SubType<R> {
    fn part_of(&self, is_it: &mut impl FnMut(&R) -> bool) -> Option<Part> {
        if self.supertype.as_ref().is_some_and(&mut *is_it) {
            return Some(Part::Supertype);
        }
        let mut first = |types: &[ValType<R>]| {
            let mut types = (0..).zip(types);
            types.find_map(|(index, ty)| val_is(ty, is_it).then_some(index))
        };
        match &self.composite {
            CompositeType::Func(ty) => {
                let param = first(&ty.params).map(Part::Param);
                param.or_else(|| first(&ty.results).map(Part::Result))
            }
            CompositeType::Struct(ty) => {
                let mut fields = (0..).zip(&ty.fields);
                fields
                    .find_map(|(index, field)| field_is(field, is_it).then_some(Part::Field(index)))
            }
            CompositeType::Array(ty) => field_is(&ty.field, is_it).then_some(Part::Element),
            CompositeType::Cont(ty) => is_it(&ty.func).then_some(Part::Func),
        }
    }
}

fn field_is<R>(field: &FieldType<R>, is_it: &mut impl FnMut(&R) -> bool) -> bool {
    match &field.storage {
        StorageType::Val(ty) => val_is(ty, is_it),
        StorageType::Packed(_) => false,
    }
}

fn val_is<R>(ty: &ValType<R>, is_it: &mut impl FnMut(&R) -> bool) -> bool {
    match ty {
        ValType::Ref(ty) => match &ty.heap {
            HeapType::Concrete(reference) => is_it(reference),
            HeapType::Abstract(_) => false,
        },
        ValType::Num(_) | ValType::Vec(_) => false,
    }
}
