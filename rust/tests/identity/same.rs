//! Equal types, and only those, get one index.

use std::collections::HashSet;

use typereg::types::{ModuleTypeIndex, TypeIndex};
use typereg::{Module, TypeCollection, equal, matches};

use super::pairs::{Pair, defined, engines, pair};
use crate::support::{Oracle, Profile, Rng, cases, rec_groups, seed};

#[test]
fn g01_d04_types_have_one_index_exactly_when_they_are_equal() {
    let (seed, cases) = (seed(), cases(3_000));
    let (mut equal_pairs, mut other_pairs) = (0, 0);
    for case in 0..cases {
        let mut rng = Rng::for_case(seed, case as u64);
        let Pair { a, b, both } = pair(&mut rng);
        let [a, b, both] = [a, b, both].map(|section| section.module(&mut rng));
        let oracle = Oracle::new(&both);
        let count = oracle.types();
        let ids: Vec<_> = (0..count).map(|index| oracle.id(index)).collect();
        let groups: HashSet<_> = (0..count).map(|index| oracle.group(index)).collect();
        for engine in engines() {
            let collect = |wasm: &[u8]| {
                let module = engine.decode(wasm.to_vec()).expect("valid");
                TypeCollection::new_for_module(&engine, &module).expect("valid")
            };
            let (a, b, both) = (collect(&a), collect(&b), collect(&both));
            let mut indices = a.as_module_map();
            indices.extend(b.as_module_map());
            assert_eq!(indices, both.as_module_map(), "seed {seed}, case {case}");
            for i in 0..indices.len() {
                for j in 0..i {
                    assert_eq!(
                        indices[i] == indices[j],
                        ids[i] == ids[j],
                        "seed {seed}, case {case}, types {i} and {j}"
                    );
                }
                assert!(engine.registry().contains(indices[i]));
            }
            let stats = engine.registry().stats();
            let distinct: HashSet<_> = ids.iter().collect();
            assert_eq!(stats.types, distinct.len() as u64);
            assert_eq!(stats.groups, groups.len() as u64);
            drop((a, b, both));
            assert!(engine.registry().is_empty());
        }
        for i in 0..ids.len() {
            for j in 0..i {
                if ids[i] == ids[j] {
                    equal_pairs += 1;
                } else {
                    other_pairs += 1;
                }
            }
        }
    }
    println!(
        "seed {seed}: {cases} pairs of sections, {equal_pairs} equal pairs of types, {other_pairs} others"
    );
    assert!(equal_pairs > cases && other_pairs > cases);
}

#[test]
fn g05_questions_across_modules_agree_with_one_module_that_holds_both() {
    let (seed, cases) = (seed(), cases(500));
    let mut asked = 0;
    for case in 0..cases {
        let mut rng = Rng::for_case(seed ^ 5, case as u64);
        let Pair { a, b, both } = pair(&mut rng);
        let shift = a.type_count();
        let [a, b, both] = [a, b, both].map(|section| section.module(&mut rng));
        let oracle = Oracle::new(&both);
        let decode = |wasm: &[u8]| Profile::Everything.ours(wasm).expect("valid");
        let (a, b) = (decode(&a), decode(&b));
        for i in 0..a.type_count() {
            for j in 0..b.type_count() {
                let (one, two) = (defined(i), defined(j));
                let context = format!("seed {seed}, case {case}, types {i} and {j}");
                let same = equal(&a, &one, &b, &two).expect("in range");
                assert_eq!(same, oracle.id(i) == oracle.id(shift + j), "{context}");
                let below = matches(&a, &one, &b, &two).expect("in range");
                assert_eq!(below, oracle.is_subtype(i, shift + j), "{context}");
                let above = matches(&b, &two, &a, &one).expect("in range");
                assert_eq!(above, oracle.is_subtype(shift + j, i), "{context}");
                asked += 1;
            }
        }
    }
    println!("seed {seed}: {asked} pairs of types across modules");
}

#[test]
fn g06_a_group_registered_again_gives_the_same_types() {
    let (seed, cases) = (seed(), cases(1_000));
    for case in 0..cases {
        let mut rng = Rng::for_case(seed ^ 6, case as u64);
        let wasm = pair(&mut rng).both.module(&mut rng);
        for engine in engines() {
            let module = engine.decode(wasm.clone()).expect("valid");
            let types = TypeCollection::new_for_module(&engine, &module).expect("valid");
            for index in 0..module.type_count() {
                let handle = types
                    .registered_type(ModuleTypeIndex(index))
                    .expect("in range");
                let group = handle.group();
                let again = engine.register_group(&group).expect("registered before");
                assert_eq!(again.len(), group.members.len());
                assert_eq!(
                    again[handle.position() as usize],
                    handle,
                    "seed {seed}, case {case}, type {index}"
                );
                assert!(again.iter().zip(0..).all(|(member, position)| {
                    member.position() == position && member.group() == group
                }));
            }
            let misses = engine.registry().stats().misses;
            assert_eq!(misses, engine.registry().stats().groups, "a group was new");
        }
    }
}

#[test]
fn g11_types_and_groups_are_those_that_wasmparser_reads() {
    let (seed, cases) = (seed(), cases(3_000));
    for case in 0..cases {
        let mut rng = Rng::for_case(seed ^ 11, case as u64);
        let section = pair(&mut rng).both;
        let wasm = section.module(&mut rng);
        let module: Module = Profile::Everything.ours(&wasm).expect("valid");
        let expected = rec_groups(&wasm);
        let context = format!("seed {seed}, case {case}");
        assert_eq!(module.group_count() as usize, expected.len(), "{context}");
        let mut first = 0;
        for (group, expected) in (0..).zip(&expected) {
            let size = expected.members.len() as u32;
            let found = module.rec_group(group).unwrap().expect("in range");
            assert_eq!(&found, expected, "{context}, group {group}");
            assert_eq!(module.group_types(group), Some(first..first + size));
            for index in first..first + size {
                let found = module
                    .sub_type(ModuleTypeIndex(index))
                    .unwrap()
                    .expect("in range");
                let member = &expected.members[(index - first) as usize];
                let Ok(spelled) = member.try_map(&mut |reference| {
                    Ok::<_, std::convert::Infallible>(match reference {
                        TypeIndex::Rec(own) => ModuleTypeIndex(first + own.0).into(),
                        TypeIndex::Module(_) | TypeIndex::Shared(_) | TypeIndex::Def(_) => {
                            reference.clone()
                        }
                    })
                });
                assert_eq!(found, spelled, "{context}, type {index}");
            }
            first += size;
        }
        assert_eq!(module.type_count(), first);
        assert_eq!(module.rec_group(module.group_count()), Ok(None));
        assert_eq!(module.sub_type(ModuleTypeIndex(first)), Ok(None));
    }
}
