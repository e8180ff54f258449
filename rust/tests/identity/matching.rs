//! Matching of value types, by every way to ask for it, against wasmparser's.

use typereg::matching::Matchable;
use typereg::types::{HeapType, ModuleTypeIndex, SharedTypeIndex, TypeIndex, ValType};
use typereg::{TypeCollection, matches};

use super::pairs::{Pair, engines, pair, storage};
use crate::support::{Generator, Member, Oracle, Rng, Section, cases, seed};

/// A module of these types and one more, with a function of that type: a body is what opens
/// wasmparser's matching to the outside.
fn with_body(section: &Section, rng: &mut Rng) -> Vec<u8> {
    let mut section = section.clone();
    let signature = section.push(Member::closed(typereg::types::FuncType::new([], [])));
    let mut module = wasm_encoder::Module::new();
    module.section(&wasm_encoder::RawSection {
        id: 1,
        data: &section.encode(rng),
    });
    module.section(wasm_encoder::FunctionSection::new().function(signature));
    let mut body = wasm_encoder::Function::new([]);
    body.instructions().end();
    module.section(wasm_encoder::CodeSection::new().function(&body));
    module.finish()
}

/// The same question in shared indices.
fn shared(question: &Matchable, map: &[SharedTypeIndex]) -> Matchable {
    let Ok(question) = question.try_map(&mut |reference| {
        Ok::<_, std::convert::Infallible>(match *reference {
            TypeIndex::Module(index) => map[index.0 as usize].into(),
            TypeIndex::Rec(_) | TypeIndex::Shared(_) | TypeIndex::Def(_) => {
                unreachable!("module indices only")
            }
        })
    });
    question
}

#[test]
fn g05_value_types_match_as_in_wasmparser() {
    let (seed, cases) = (seed(), cases(1_000));
    let (mut matching, mut asked) = (0, 0);
    for case in 0..cases {
        let mut rng = Rng::for_case(seed ^ 7, case as u64);
        let Pair { a, both, .. } = pair(&mut rng);
        let wasm = with_body(&both, &mut rng);
        let oracle = Oracle::new(&wasm);
        let [engine, ..] = engines();
        let module = engine.decode(wasm).expect("valid");
        let types = TypeCollection::new_for_module(&engine, &module).expect("valid");
        let map = types.as_module_map();
        let mut generator = Generator::after(&both, &mut rng, true);
        let values: Vec<ValType<u32>> = (0..12).map(|_| generator.value()).collect();
        for &one in &values {
            for &two in &values {
                let expected = oracle.matches(one, two);
                let context = format!("seed {seed}, case {case}: {one:?} and {two:?}");
                let (one, two) = (storage(one), storage(two));
                let inside = types.matches(&one, &two).expect("in range");
                assert_eq!(inside, expected, "{context}");
                let across = matches(&module, &one, &module, &two).expect("in range");
                assert_eq!(across, expected, "{context}");
                let (one, two) = (shared(&one, &map), shared(&two, &map));
                assert_eq!(engine.matches(&one, &two), Ok(expected), "{context}");
                asked += 1;
                matching += usize::from(expected);
            }
        }
        assert!(a.type_count() > 0);
    }
    println!("seed {seed}: {asked} pairs of value types, {matching} match");
    assert!(matching * 20 > asked, "too few match");
}

#[test]
fn g05_handles_are_subtypes_as_in_wasmparser() {
    let (seed, cases) = (seed(), cases(1_000));
    for case in 0..cases {
        let mut rng = Rng::for_case(seed ^ 8, case as u64);
        let wasm = pair(&mut rng).both.module(&mut rng);
        let oracle = Oracle::new(&wasm);
        for engine in engines() {
            let module = engine.decode(wasm.clone()).expect("valid");
            let types = TypeCollection::new_for_module(&engine, &module).expect("valid");
            let handles: Vec<_> = (0..module.type_count())
                .map(|index| {
                    types
                        .registered_type(ModuleTypeIndex(index))
                        .expect("in range")
                })
                .collect();
            // Handles alone keep what they need.
            drop(types);
            for (i, one) in (0..).zip(&handles) {
                for (j, two) in (0..).zip(&handles) {
                    let expected = oracle.is_subtype(i, j);
                    let context = format!("seed {seed}, case {case}, types {i} and {j}");
                    assert_eq!(one.is_subtype_of(two), Ok(expected), "{context}");
                    let heap =
                        |index: SharedTypeIndex| Matchable::Heap(HeapType::Concrete(index.into()));
                    let answer = engine.matches(&heap(one.index()), &heap(two.index()));
                    assert_eq!(answer, Ok(expected), "{context}");
                }
                let chain = one.supertypes();
                assert_eq!(chain.first(), one.supertype().as_ref());
                assert!(
                    chain
                        .iter()
                        .all(|above| one.is_subtype_of(above) == Ok(true))
                );
                let depth = (0..handles.len() as u32)
                    .filter(|&j| oracle.is_subtype(i, j))
                    .map(|j| oracle.id(j))
                    .collect::<std::collections::HashSet<_>>()
                    .len();
                assert_eq!(chain.len() + 1, depth, "seed {seed}, case {case}, type {i}");
            }
            drop(handles);
            assert!(engine.registry().is_empty());
        }
    }
}
