//! Lifetimes: who counts what, when types come and go, and what others hear of it (sections S, K
//! and F of the contract).

mod collections;
mod deep;
mod events;
mod failures;
mod foreign;
mod groups;
mod handles;
mod panics;
mod threads;

use typereg::types::{
    ArrayType, FieldType, HeapType, ModuleTypeIndex, NumType, RecGroup, RecIndex, RefType,
    SharedTypeIndex, StorageType, StructType, SubType, TypeIndex, ValType,
};
use typereg::{Engine, Features, Limits, Module, RegisteredType, TypeCollection};

fn reference(index: impl Into<TypeIndex>) -> ValType {
    ValType::Ref(RefType {
        heap: HeapType::Concrete(index.into()),
        nullable: true,
    })
}

fn field(storage: impl Into<StorageType>) -> FieldType {
    FieldType {
        storage: storage.into(),
        mutable: false,
    }
}

/// A structure unlike those of other numbers: so many fields.
fn plain(number: usize) -> StructType {
    StructType::new(vec![field(ValType::from(NumType::I32)); number])
}

/// A structure that refers to these types, in this order.
fn referring(targets: &[SharedTypeIndex]) -> StructType {
    StructType::new(targets.iter().map(|&index| field(reference(index))))
}

fn open(ty: impl Into<SubType>) -> SubType {
    SubType {
        is_final: false,
        ..ty.into()
    }
}

fn below(supertype: impl Into<TypeIndex>, ty: impl Into<SubType>) -> SubType {
    SubType {
        supertype: Some(supertype.into()),
        ..open(ty)
    }
}

/// Two members that refer to each other.
fn cycle() -> RecGroup {
    let array = ArrayType {
        field: field(reference(RecIndex(0))),
    };
    RecGroup::new([
        SubType::plain(StructType::new([field(reference(RecIndex(1)))])),
        SubType::plain(array),
    ])
}

fn register(engine: &Engine, ty: impl Into<SubType>) -> RegisteredType {
    RegisteredType::new(engine, ty).expect("a valid type")
}

fn module(types: &str) -> Module {
    let wat = format!("(module {types})");
    Module::from_wat(&wat, &Limits::js_api(), &Features::default()).expect("valid")
}

fn collect(engine: &Engine, types: &str) -> TypeCollection {
    TypeCollection::new_for_module(engine, &module(types)).expect("valid")
}

/// The registrations of each of a collection's types.
fn counts(types: &TypeCollection) -> Vec<usize> {
    (0..types.len() as u32)
        .map(|index| {
            let handle = types.registered_type(ModuleTypeIndex(index));
            handle.expect("in range").registrations() - 1
        })
        .collect()
}

fn limited(limits: Limits) -> Engine {
    Engine::new(limits, Features::default())
}
