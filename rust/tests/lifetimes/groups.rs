//! Modules whose groups are of any sizes: K2, K9, S9, S10.

use typereg::types::ModuleTypeIndex;
use typereg::{Engine, Limits, Module, TypeCollection, explain};

use super::{counts, limited, module};

/// The most groups, and the most members of each.
const GROUPS: u32 = 5;
const MEMBERS: usize = 3;

/// Every list of up to so many groups, by their sizes.
fn every_list(mut check: impl FnMut(&[usize])) {
    for groups in 0..=GROUPS {
        for number in 0..(MEMBERS + 1).pow(groups) {
            let size = |group| number / (MEMBERS + 1).pow(group) % (MEMBERS + 1);
            check(&(0..groups).map(size).collect::<Vec<_>>());
        }
    }
}

/// Groups of these sizes, each type with as many fields as there are types before it.
fn declared(sizes: &[usize]) -> Module {
    declared_from(0, sizes)
}

/// The same behind so many types.
fn declared_from(mut types: usize, sizes: &[usize]) -> Module {
    let mut wat = String::new();
    for &size in sizes {
        let member = |number: usize| format!("(type (struct {}))", "(field i8)".repeat(number));
        let members: String = (types..types + size).map(member).collect();
        types += size;
        match size {
            1 => wat += &members,
            _ => wat += &format!("(rec {members})"),
        }
    }
    module(&wat)
}

#[test]
fn s09_s10_groups_of_all_sizes_are_where_they_are_declared() {
    every_list(|sizes| {
        let module = declared(sizes);
        assert_eq!(module.group_count() as usize, sizes.len(), "{sizes:?}");
        let engine = Engine::default();
        let types = TypeCollection::new_for_module(&engine, &module).expect("valid");
        let mut start = 0;
        for (group, &size) in sizes.iter().enumerate() {
            let range = start..start + size as u32;
            assert_eq!(
                module.group_types(group as u32),
                Some(range.clone()),
                "{sizes:?}"
            );
            for index in range.clone() {
                let handle = types
                    .registered_type(ModuleTypeIndex(index))
                    .expect("in range");
                assert_eq!(handle.group().members.len(), size, "{sizes:?}");
            }
            start = range.end;
        }
        assert_eq!(module.group_types(sizes.len() as u32), None);
        assert_eq!(types.len(), start as usize);
        assert_eq!(counts(&types), vec![1; start as usize], "{sizes:?}");
        drop(types);
        assert!(engine.registry().is_empty(), "{sizes:?}");
    });
}

#[test]
fn groups_are_the_same_whatever_stands_before_and_behind_them() {
    every_list(|sizes| {
        let module = declared(sizes);
        let mut start = 0;
        for &size in sizes {
            let alone = declared_from(start, &[size]);
            for position in 0..size {
                let [there, here] =
                    [start + position, position].map(|index| ModuleTypeIndex(index as u32));
                let answer = explain(&module, there, &alone, here).expect("no lack of memory");
                assert_eq!(answer.difference, None, "{sizes:?}, {there:?}");
            }
            start += size;
        }
    });
}

/// Whatever group it fails at, and whatever was known before.
#[test]
fn k02_k09_a_load_of_groups_of_all_sizes_is_taken_back() {
    every_list(|sizes| {
        let module = declared(sizes);
        let groups = sizes.iter().filter(|&&size| size > 0).count();
        for quota in 0..groups {
            let engine = limited(Limits {
                live_groups: Some(quota as u64),
                ..Limits::js_api()
            });
            let known = declared(&sizes[..quota / 2]);
            let known = TypeCollection::new_for_module(&engine, &known).expect("within the quota");
            let before = engine.registry().stats();
            let failed = TypeCollection::new_for_module(&engine, &module);
            assert!(failed.is_err(), "{sizes:?}, {quota}");
            let after = engine.registry().stats();
            assert_eq!(
                (after.types, after.groups, after.registrations),
                (before.types, before.groups, before.registrations),
                "{sizes:?}, {quota}"
            );
            drop(known);
            assert!(engine.registry().is_empty(), "{sizes:?}, {quota}");
        }
    });
}
