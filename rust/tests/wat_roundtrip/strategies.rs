//! Proptest strategies for valid types.

use proptest::collection::vec;
use proptest::prelude::*;
use typereg::types::{
    AbsHeapType, ArrayType, CompositeType, ContType, ExternType, FieldType, FuncType, GlobalType,
    HeapType, MemoryType, ModuleTypeIndex, NumType, PackedType, RecGroup, RecIndex, RefType,
    StorageType, StructType, SubType, TableType, TagType, TypeIndex, ValType, VecType,
};

/// What stands before the type that is printed: the type indices 0 to 4.
pub(super) const PRELUDE: &str = "(type (func)) (type (sub (struct))) (type (sub 1 (struct \
    (field i32)))) (type (array i8)) (type (sub (func (result i32))))";
const PRELUDE_TYPES: u32 = 5;
/// Those of them that can be declared as supertypes, with structures that match theirs.
fn preludes_children() -> [(u32, CompositeType); 3] {
    let field = FieldType {
        storage: ValType::from(NumType::I32).into(),
        mutable: false,
    };
    [
        (1, StructType::new([field.clone()]).into()),
        (2, StructType::new([field.clone(), field]).into()),
        (4, FuncType::new([], [NumType::I32.into()]).into()),
    ]
}

fn num_type() -> impl Strategy<Value = NumType> {
    prop_oneof![
        Just(NumType::I32),
        Just(NumType::I64),
        Just(NumType::F32),
        Just(NumType::F64),
    ]
}

/// References may go to the prelude, and to so many members of the own group.
fn type_index(own: u32) -> BoxedStrategy<TypeIndex> {
    let prelude = (0..PRELUDE_TYPES).prop_map(|index| ModuleTypeIndex(index).into());
    if own == 0 {
        return prelude.boxed();
    }
    let member = (0..own).prop_map(|index| RecIndex(index).into());
    prop_oneof![prelude, member].boxed()
}

fn ref_type(own: u32) -> impl Strategy<Value = RefType> {
    let heap = prop_oneof![
        proptest::sample::select(&AbsHeapType::ALL[..]).prop_map(HeapType::Abstract),
        type_index(own).prop_map(HeapType::Concrete),
    ];
    (heap, any::<bool>()).prop_map(|(heap, nullable)| RefType { heap, nullable })
}

pub(super) fn val_type(own: u32) -> impl Strategy<Value = ValType> {
    prop_oneof![
        num_type().prop_map(ValType::Num),
        Just(ValType::Vec(VecType::V128)),
        ref_type(own).prop_map(ValType::Ref),
    ]
}

fn field_type(own: u32) -> impl Strategy<Value = FieldType> {
    let storage = prop_oneof![
        val_type(own).prop_map(StorageType::Val),
        Just(StorageType::Packed(PackedType::I8)),
        Just(StorageType::Packed(PackedType::I16)),
    ];
    (storage, any::<bool>()).prop_map(|(storage, mutable)| FieldType { storage, mutable })
}

fn func_type(own: u32) -> impl Strategy<Value = FuncType> {
    (vec(val_type(own), 0..4), vec(val_type(own), 0..4))
        .prop_map(|(params, results)| FuncType::new(params, results))
}

fn composite_type(own: u32) -> impl Strategy<Value = CompositeType> {
    prop_oneof![
        func_type(own).prop_map(CompositeType::Func),
        vec(field_type(own), 0..4).prop_map(|fields| StructType::new(fields).into()),
        field_type(own).prop_map(|field| ArrayType { field }.into()),
        // Of the prelude, types 0 and 4 are functions.
        prop_oneof![Just(0), Just(4)].prop_map(|index| {
            let func = ModuleTypeIndex(index).into();
            ContType { func }.into()
        }),
    ]
}

/// A type of a group that has so many members: without a supertype, or below one of the prelude.
fn member(own: u32) -> impl Strategy<Value = SubType> {
    let plain = (composite_type(own), any::<bool>()).prop_map(|(composite, is_final)| SubType {
        composite,
        supertype: None,
        is_final,
    });
    let below = (
        proptest::sample::select(preludes_children().to_vec()),
        any::<bool>(),
    )
        .prop_map(|((parent, composite), is_final)| SubType {
            composite,
            supertype: Some(ModuleTypeIndex(parent).into()),
            is_final,
        });
    prop_oneof![3 => plain, 1 => below]
}

/// A type that stands alone.
pub(super) fn sub_type() -> impl Strategy<Value = SubType> {
    member(0)
}

/// A group; some members are declared below one before them, which is then open, and repeat its
/// structure.
pub(super) fn rec_group() -> impl Strategy<Value = RecGroup> {
    let size = 0_u32..6;
    let members = size.prop_flat_map(|size| {
        let links = vec(
            proptest::option::weighted(0.3, any::<prop::sample::Index>()),
            size as usize,
        );
        (vec(member(size), size as usize), links)
    });
    members.prop_map(|(mut members, links)| {
        for (position, link) in links.into_iter().enumerate().skip(1) {
            if let Some(link) = link {
                let parent = link.index(position);
                members[parent].is_final = false;
                members[position].composite = members[parent].composite.clone();
                members[position].supertype = Some(RecIndex(parent as u32).into());
            }
        }
        RecGroup::new(members)
    })
}

fn limits(most: u64) -> impl Strategy<Value = (u64, Option<u64>)> {
    (0..=most, 0..=most, any::<bool>()).prop_map(|(a, b, bounded)| {
        let (minimum, maximum) = (a.min(b), a.max(b));
        (minimum, bounded.then_some(maximum))
    })
}

fn table_type() -> impl Strategy<Value = TableType> {
    any::<bool>().prop_flat_map(|address64| {
        let most = if address64 { u64::MAX } else { u32::MAX.into() };
        (ref_type(0), limits(most)).prop_map(move |(element, (minimum, maximum))| TableType {
            element,
            minimum,
            maximum,
            address64,
        })
    })
}

fn memory_type() -> impl Strategy<Value = MemoryType> {
    let choices = (
        any::<bool>(),
        any::<bool>(),
        prop_oneof![Just(1_u64), Just(65_536)],
    );
    choices.prop_flat_map(|(address64, shared, page_size)| {
        let most = match (address64, page_size) {
            (true, 1) => u64::MAX,
            (true, _) => 1 << 48,
            (false, 1) => u32::MAX.into(),
            (false, _) => 1 << 16,
        };
        limits(most).prop_map(move |(minimum, maximum)| MemoryType {
            minimum,
            maximum: if shared {
                maximum.or(Some(most))
            } else {
                maximum
            },
            address64,
            shared,
            page_size,
        })
    })
}

pub(super) fn extern_type() -> impl Strategy<Value = ExternType> {
    let global = (val_type(0), any::<bool>())
        .prop_map(|(content, mutable)| ExternType::Global(GlobalType { content, mutable }));
    prop_oneof![
        func_type(0).prop_map(ExternType::Func),
        table_type().prop_map(ExternType::Table),
        memory_type().prop_map(ExternType::Memory),
        global,
        func_type(0).prop_map(|func| ExternType::Tag(TagType { func })),
    ]
}
