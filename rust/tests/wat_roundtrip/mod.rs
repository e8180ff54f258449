//! What `Display` prints, the text format reads back to an equal type (clause P3).

mod strategies;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use typereg::types::{
    AbsHeapType, ExternType, HeapType, ModuleTypeIndex, RefType, SubType, ValType,
};
use typereg::{Error, Features, Limits, Module};

use crate::support::{Profile, cases, seed};
use strategies::{PRELUDE, extern_type, rec_group, sub_type, val_type};

/// A module of the prelude and `field`.
fn read(field: &str) -> Module {
    let wat = format!("(module {PRELUDE} {field})");
    let features = Profile::Everything.features();
    Module::from_wat(&wat, &Limits::js_api(), &features)
        .unwrap_or_else(|error| panic!("{error} in {wat}"))
}

/// The type that `field` declares behind the prelude.
fn read_type(field: &str) -> SubType {
    let module = read(field);
    let last = ModuleTypeIndex(module.type_count() - 1);
    let found = module.sub_type(last).expect("there is memory");
    found.expect("the last type")
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: cases(2_000) as u32,
        rng_seed: RngSeed::Fixed(seed()),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn p03_a_rec_group_reads_back_equal(group in rec_group()) {
        let module = read(&group.to_string());
        let last = module.group_count() - 1;
        prop_assert_eq!(module.rec_group(last), Ok(Some(group)));
    }

    #[test]
    fn p03_a_sub_type_reads_back_equal(ty in sub_type()) {
        prop_assert_eq!(read_type(&format!("(type {ty})")), ty);
    }

    #[test]
    fn p03_a_composite_type_reads_back_equal(ty in sub_type()) {
        let plain = SubType::plain(ty.composite.clone());
        let text = ty.composite.to_string();
        prop_assert_eq!(&plain.to_string(), &text);
        prop_assert_eq!(read_type(&format!("(type {text})")), plain);
    }

    #[test]
    fn p03_a_value_type_reads_back_equal(ty in val_type(0)) {
        let module = read(&format!("(import \"m\" \"n\" (global {ty}))"));
        let import = module.imports().next().expect("one import").expect("there is memory");
        let ExternType::Global(global) = import.ty else { panic!("a global") };
        prop_assert_eq!(global.content, ty);
    }

    #[test]
    fn p03_an_extern_type_reads_back_equal(ty in extern_type()) {
        let module = read(&format!("(import \"m\" \"n\" {ty})"));
        let import = module.imports().next().expect("one import").expect("there is memory");
        prop_assert_eq!(import.ty, ty);
    }
}

/// Text without features that is read back under them needs them.
#[test]
fn g03_p03_continuations_print_and_read_back_behind_their_feature() {
    let field = "(type (sub (cont 0)))";
    let ty = read_type(field);
    assert_eq!(format!("(type {ty})"), field);
    let wat = format!("(module {PRELUDE} {field})");
    let plain = Module::from_wat(&wat, &Limits::js_api(), &Features::default());
    assert!(
        matches!(plain, Err(Error::UnsupportedFeature { .. })),
        "{plain:?}"
    );
}

#[test]
fn p03_nullable_references_to_abstract_types_print_as_shorthands() {
    let expected = [
        "anyref",
        "eqref",
        "i31ref",
        "structref",
        "arrayref",
        "nullref",
        "funcref",
        "nullfuncref",
        "externref",
        "nullexternref",
        "exnref",
        "nullexnref",
        "contref",
        "nullcontref",
    ];
    for (heap, expected) in AbsHeapType::ALL.into_iter().zip(expected) {
        let reference = |nullable| -> ValType {
            let heap = HeapType::Abstract(heap);
            ValType::Ref(RefType { heap, nullable })
        };
        assert_eq!(reference(true).to_string(), expected);
        assert_eq!(
            reference(false).to_string(),
            format!("(ref {})", heap.name())
        );
    }
}
