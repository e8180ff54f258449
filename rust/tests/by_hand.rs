//! Groups built by hand meet the same limits and features as modules (clauses G3, G4).

use typereg::types::{
    AbsHeapType, ArrayType, FieldType, FuncType, HeapType, RefType, StorageType, StructType,
    TypeIndex, ValType,
};
use typereg::{Engine, Error, Feature, Features, Limits, RegisteredType, SubType};

fn reference(heap: AbsHeapType) -> ValType {
    ValType::Ref(RefType {
        heap: HeapType::Abstract(heap),
        nullable: true,
    })
}

fn field(ty: ValType) -> FieldType {
    FieldType {
        storage: StorageType::Val(ty),
        mutable: false,
    }
}

#[test]
fn g03_a_reference_to_continuations_needs_the_feature() {
    let enabled = Features {
        stack_switching: true,
        ..Features::default()
    };
    for heap in [AbsHeapType::Cont, AbsHeapType::NoCont] {
        let types: [SubType; 4] = [
            FuncType::new([reference(heap)], []).into(),
            FuncType::new([], [reference(heap)]).into(),
            StructType::new([field(reference(heap))]).into(),
            ArrayType {
                field: field(reference(heap)),
            }
            .into(),
        ];
        for ty in types {
            let engine = Engine::default();
            let refused = RegisteredType::new(&engine, ty.clone()).unwrap_err();
            let expected = Error::UnsupportedFeature {
                feature: Feature::StackSwitching,
                offset: None,
            };
            assert_eq!(refused, expected);
            assert!(engine.registry().is_empty());
            let engine = Engine::new(Limits::default(), enabled);
            assert!(RegisteredType::new(&engine, ty).is_ok());
        }
    }
}

#[test]
fn g04_no_limit_raises_the_depth_above_63() {
    let limits = Limits {
        depth: 1000,
        ..Limits::default()
    };
    let engine = Engine::new(limits, Features::default());
    let mut chain: Vec<RegisteredType> = Vec::new();
    for depth in 0..=63 {
        let supertype = chain.last().map(|last| TypeIndex::Shared(last.index()));
        let ty = SubType {
            supertype,
            is_final: false,
            ..StructType::new([]).into()
        };
        chain.push(RegisteredType::new(&engine, ty).unwrap_or_else(|e| panic!("{depth}: {e}")));
    }
    let last = &chain[63];
    assert!(last.is_subtype_of(&chain[0]).unwrap());
    let too_deep = SubType {
        supertype: Some(TypeIndex::Shared(last.index())),
        is_final: false,
        ..StructType::new([]).into()
    };
    let refused = RegisteredType::new(&engine, too_deep).unwrap_err();
    assert!(matches!(
        refused,
        Error::Limit {
            limit: "depth",
            value: 64,
            bound: 63,
            ..
        }
    ));
}
