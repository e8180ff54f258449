//! How many bytes types take in the binary format, counted before they are written: a section's
//! size is a `u32`, and the encoder takes for granted that it fits.

use crate::types::{CompositeType, FieldType, HeapType, RefType, StorageType, SubType, ValType};

/// The size of a group, one of a single member in its short form.
pub(super) fn group(members: &[SubType<u32>]) -> u64 {
    let members_size = members.iter().map(sub_type).sum::<u64>();
    match members {
        [_] => members_size,
        members => 1 + unsigned(members.len() as u32) + members_size,
    }
}

fn sub_type(ty: &SubType<u32>) -> u64 {
    let declared = match ty.supertype {
        None if ty.is_final => 0,
        None => 2,
        Some(index) => 2 + unsigned(index),
    };
    let composite = match &ty.composite {
        CompositeType::Func(ty) => values(&ty.params) + values(&ty.results),
        CompositeType::Struct(ty) => {
            unsigned(ty.fields.len() as u32) + ty.fields.iter().map(field).sum::<u64>()
        }
        CompositeType::Array(ty) => field(&ty.field),
        CompositeType::Cont(ty) => signed(ty.func),
    };
    declared + 1 + composite
}

fn values(types: &[ValType<u32>]) -> u64 {
    unsigned(types.len() as u32) + types.iter().map(value).sum::<u64>()
}

fn field(ty: &FieldType<u32>) -> u64 {
    let storage = match &ty.storage {
        StorageType::Val(ty) => value(ty),
        StorageType::Packed(_) => 1,
    };
    storage + 1
}

fn value(ty: &ValType<u32>) -> u64 {
    match ty {
        ValType::Num(_) | ValType::Vec(_) => 1,
        ValType::Ref(RefType { heap, nullable }) => match heap {
            HeapType::Abstract(_) if *nullable => 1,
            HeapType::Abstract(_) => 2,
            HeapType::Concrete(index) => 1 + signed(*index),
        },
    }
}

/// The bytes of a number in LEB128.
pub(super) fn unsigned(number: u32) -> u64 {
    u64::from((32 - number.leading_zeros()).max(1).div_ceil(7))
}

/// The same where a bit for the sign is kept, as in heap types.
fn signed(number: u32) -> u64 {
    u64::from((33 - number.leading_zeros()).div_ceil(7))
}
