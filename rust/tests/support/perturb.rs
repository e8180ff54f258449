//! One attribute of a section changed: a near twin, valid or not.

use typereg::types::{
    AbsHeapType, CompositeType, FieldType, HeapType, NumType, PackedType, RefType, StorageType,
    ValType, VecType,
};

use super::{Group, Rng, Section};

/// Changes one attribute of one type or group; a section without types stays as it is.
pub(crate) fn perturb(section: &mut Section, rng: &mut Rng) {
    let types = section.type_count();
    if types == 0 {
        return;
    }
    if rng.percent(15) {
        regroup(section, rng);
        return;
    }
    let target = rng.below(types as usize);
    let member = section.members_mut().nth(target).expect("in range");
    match rng.below(8) {
        0 => member.is_final = !member.is_final,
        1 => {
            member.supertypes = if member.supertypes.is_empty() || rng.flip() {
                vec![rng.index(types)]
            } else {
                Vec::new()
            };
        }
        _ => perturb_composite(&mut member.composite, types, rng),
    }
}

/// Other boundaries between the same types, or another order of them.
fn regroup(section: &mut Section, rng: &mut Rng) {
    let at = rng.below(section.groups.len());
    match rng.below(6) {
        // An empty group: equal types all the same.
        0 => section.groups.insert(
            at,
            Group {
                explicit: true,
                members: Vec::new(),
            },
        ),
        // One type in `rec` or outside: equal.
        1 => {
            let group = &mut section.groups[at];
            if group.members.len() == 1 {
                group.explicit = !group.explicit;
            }
        }
        2 if at + 1 < section.groups.len() => {
            let next = section.groups.remove(at + 1);
            section.groups[at].members.extend(next.members);
            section.groups[at].explicit = true;
        }
        3 if section.groups[at].members.len() > 1 => {
            let group = &mut section.groups[at];
            let split = 1 + rng.below(group.members.len() - 1);
            let members = group.members.split_off(split);
            section.groups.insert(
                at + 1,
                Group {
                    explicit: true,
                    members,
                },
            );
        }
        4 => {
            let members = &mut section.groups[at].members;
            if members.len() > 1 {
                let position = rng.below(members.len() - 1);
                members.swap(position, position + 1);
            }
        }
        // An unused member more.
        _ => {
            if at + 1 == section.groups.len() && !section.groups[at].members.is_empty() {
                let group = &mut section.groups[at];
                let last = group.members[group.members.len() - 1].clone();
                group.members.push(last);
                group.explicit = true;
            }
        }
    }
}

fn perturb_composite(ty: &mut CompositeType<u32>, types: u32, rng: &mut Rng) {
    match ty {
        CompositeType::Func(ty) => {
            let mut params = ty.params.to_vec();
            let mut results = ty.results.to_vec();
            if rng.percent(15) && !params.is_empty() {
                // The boundary between parameters and results.
                results.insert(0, params.pop().expect("not empty"));
            } else {
                let list = if rng.flip() {
                    &mut params
                } else {
                    &mut results
                };
                perturb_list(list, rng, |ty, rng| perturb_value(ty, types, rng));
            }
            ty.params = params.into();
            ty.results = results.into();
        }
        CompositeType::Struct(ty) => {
            let mut fields = ty.fields.to_vec();
            perturb_list(&mut fields, rng, |field, rng| {
                perturb_field(field, types, rng)
            });
            ty.fields = fields.into();
        }
        CompositeType::Array(ty) => perturb_field(&mut ty.field, types, rng),
        CompositeType::Cont(ty) => ty.func = rng.index(types),
    }
}

/// Removes, doubles, swaps or changes an item.
fn perturb_list<T: Copy>(list: &mut Vec<T>, rng: &mut Rng, change: impl Fn(&mut T, &mut Rng)) {
    if list.is_empty() {
        return;
    }
    let at = rng.below(list.len());
    match rng.below(8) {
        0 => {
            list.remove(at);
        }
        1 => list.insert(at, list[at]),
        2 => {
            let last = list.len() - 1;
            list.swap(at, last);
        }
        _ => change(&mut list[at], rng),
    }
}

fn perturb_field(field: &mut FieldType<u32>, types: u32, rng: &mut Rng) {
    if rng.percent(30) {
        field.mutable = !field.mutable;
        return;
    }
    match &mut field.storage {
        StorageType::Packed(_) => {
            let others: [StorageType<u32>; 3] = [
                PackedType::I8.into(),
                PackedType::I16.into(),
                ValType::from(NumType::I32).into(),
            ];
            field.storage = rng.pick(&others);
        }
        StorageType::Val(ty) => perturb_value(ty, types, rng),
    }
}

fn perturb_value(ty: &mut ValType<u32>, types: u32, rng: &mut Rng) {
    let others: [ValType<u32>; 5] = [
        NumType::I32.into(),
        NumType::I64.into(),
        NumType::F32.into(),
        NumType::F64.into(),
        VecType::V128.into(),
    ];
    match ty {
        ValType::Num(_) | ValType::Vec(_) => *ty = rng.pick(&others),
        ValType::Ref(reference) => match rng.below(10) {
            0..3 => reference.nullable = !reference.nullable,
            3..7 => reference.heap = HeapType::Concrete(rng.index(types)),
            7..9 => reference.heap = rng.pick(&AbsHeapType::ALL[..12]).into(),
            _ => *ty = rng.pick(&others),
        },
    }
    // So that a number can become a reference as well.
    if rng.percent(5) {
        *ty = ValType::Ref(RefType {
            heap: HeapType::Concrete(rng.index(types)),
            nullable: rng.flip(),
        });
    }
}
