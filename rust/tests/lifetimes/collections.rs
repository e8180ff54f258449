//! Collections: S9 to S11, K1, K2, K7, K10, K11.

use typereg::types::{ModuleTypeIndex, SubType, TypeIndex};
use typereg::{Engine, Stats, TypeCollection};

use super::{collect, counts, module, plain, referring, register};
use crate::support::events_of;

#[test]
fn s09_references_are_rewritten_through_earlier_types_and_the_own_group() {
    let engine = Engine::default();
    let types = collect(
        &engine,
        "(type $a (struct)) (rec (type $b (array (ref $c))) (type $c (struct (field (ref $a)))))",
    );
    let map = types.as_module_map();
    let references = |index: usize| -> Vec<TypeIndex> {
        let ty = engine
            .registry()
            .borrow(map[index])
            .expect("own")
            .expect("live");
        let mut found = Vec::new();
        let _ = ty.try_map(&mut |reference| {
            found.push(reference.clone());
            Ok::<_, ()>(())
        });
        found
    };
    assert_eq!(references(0), []);
    assert_eq!(references(1), [map[2].into()]);
    assert_eq!(references(2), [map[0].into()]);
}

/// Known groups are looked for behind one another first, as the module before declared them.
#[test]
fn s09_known_groups_are_found_in_whatever_order_they_come() {
    let engine = Engine::default();
    let groups = [
        "(type (struct))",
        "(rec (type (array i8)) (type (array i16)))",
        "(type (func))",
        "(type (struct (field i32)))",
        "(rec (type (struct (field i8))) (type (func (result i32))))",
        "(type (array i64))",
    ];
    // Where the members of each group are among all types.
    let types = [0..1, 1..3, 3..4, 4..5, 5..7, 7..8];
    let all = collect(&engine, &groups.concat());
    let map = all.as_module_map();
    let new = "(type (func (param externref)))";
    let declare =
        |order: &[usize]| -> String { order.iter().map(|&group| groups[group]).collect() };
    for order in [
        &[0, 1, 2, 3, 4, 5][..],
        &[5, 4, 3, 2, 1, 0],
        &[1, 3, 5],
        &[4, 5, 0, 1],
        &[2, 2, 3, 1, 1, 2],
    ] {
        let expected: Vec<_> = order
            .iter()
            .flat_map(|&group| map[types[group].clone()].iter().copied())
            .collect();
        let before = engine.registry().stats();
        let found = collect(&engine, &declare(order));
        assert_eq!(found.as_module_map(), expected, "{order:?}");
        // The same with something new in the middle of it.
        let (first, last) = order.split_at(order.len() / 2);
        let around = collect(&engine, &(declare(first) + new + &declare(last)));
        let mut indices = around.as_module_map();
        let at = first.iter().map(|&group| types[group].len()).sum();
        assert_eq!(indices.remove(at), collect(&engine, new).as_module_map()[0]);
        assert_eq!(indices, expected, "{order:?}");
        assert_eq!(engine.registry().stats().types, before.types + 1);
        drop((found, around));
        assert_eq!(
            engine.registry().stats().registrations,
            before.registrations
        );
    }
}

/// Repeats are counted one by one where somebody listens, and each group's at once where nobody
/// does.
#[test]
fn k02_k10_repeats_count_alike_whether_or_not_somebody_listens() {
    let (a, b, n) = (
        "(type (struct))",
        "(rec (type (array i8)) (type (func)))",
        "(type (struct (field i32)))",
    );
    let wat = [a, b, a, a, n, "(rec)", n, a, b, "(type (array (ref 0)))"].concat();
    for known in ["", a, &[b, a].concat(), &wat] {
        let load = |listening: bool| {
            let engine = Engine::default();
            let before = collect(&engine, known);
            let types = if listening {
                let (types, events) = events_of(|| collect(&engine, &wat));
                assert!(events.len() > 8, "{known}");
                types
            } else {
                collect(&engine, &wat)
            };
            drop(before);
            let count = |index: u32| {
                let handle = types.registered_type(ModuleTypeIndex(index));
                handle.expect("in range").registrations() - 1
            };
            // The first type has a reference besides.
            assert_eq!([0, 1, 5, 10].map(count), [5, 2, 2, 1], "{known}");
            let stats = engine.registry().stats();
            drop(types);
            assert!(engine.registry().is_empty());
            stats
        };
        assert_eq!(load(true), load(false), "{known}");
    }
}

#[test]
fn s10_the_way_between_module_and_shared_indices() {
    let engine = Engine::default();
    let types = collect(
        &engine,
        "(type (func)) (rec (type (struct))) (rec) (type (func))",
    );
    let map = types.as_module_map();
    assert_eq!((types.len(), map.len(), types.is_empty()), (3, 3, false));
    assert_eq!(map[0], map[2]);
    assert_eq!(types.shared_type(ModuleTypeIndex(1)), Some(map[1]));
    assert_eq!(types.shared_type(ModuleTypeIndex(3)), None);
    assert!(types.registered_type(ModuleTypeIndex(3)).is_none());
    // Of duplicates the last declared.
    assert_eq!(
        types.module_local_type(map[0]),
        Ok(Some(ModuleTypeIndex(2)))
    );
    assert_eq!(
        types.module_local_type(map[1]),
        Ok(Some(ModuleTypeIndex(1)))
    );
    let elsewhere = register(&engine, plain(5));
    assert_eq!(types.module_local_type(elsewhere.index()), Ok(None));
    assert_eq!(types.engine(), &engine);
}

#[test]
fn s10_a_stale_index_in_a_reused_slot_has_no_local_type() {
    let engine = Engine::default();
    let stale = register(&engine, plain(1)).index();
    let types = collect(&engine, "(type (func))");
    assert_eq!(types.as_module_map()[0].bits(), stale.bits());
    assert_eq!(types.module_local_type(stale), Ok(None));
}

#[test]
fn s11_dropping_a_collection_takes_its_registrations_back() {
    let engine = Engine::default();
    let types = collect(&engine, "(type (struct)) (type (struct (field i32)))");
    let kept = types.registered_type(ModuleTypeIndex(1)).expect("in range");
    drop(types);
    assert_eq!(engine.registry().len(), 1);
    assert_eq!(
        (kept.registrations(), &*kept),
        (1, &SubType::plain(plain(1)))
    );
    drop(kept);
    assert!(engine.registry().is_empty());
}

#[test]
fn k01_k02_each_occurrence_counts_once_whatever_its_size() {
    let engine = Engine::default();
    let twice = "(rec (type (struct)) (type (func)))";
    let types = collect(&engine, &format!("{twice} (rec) {twice} (type (array i8))"));
    assert_eq!(counts(&types), [2, 2, 2, 2, 1]);
    let stats = engine.registry().stats();
    assert_eq!((stats.hits, stats.misses), (1, 2));
    assert_eq!((stats.types, stats.groups, stats.registrations), (3, 2, 3));
    let again = collect(&engine, twice);
    assert_eq!(counts(&again), [3, 3]);
    drop(types);
    assert_eq!(counts(&again), [1, 1]);
}

#[test]
fn k01_a_collection_of_empty_groups_counts_as_empty() {
    let engine = Engine::default();
    let types = collect(&engine, "(rec) (rec)");
    assert!(types.is_empty());
    assert_eq!(engine.registry().stats(), Stats::default());
    drop(types);
    assert_eq!(engine.registry().stats(), Stats::default());
}

#[test]
fn k10_k11_counts_are_handles_and_occurrences_and_references() {
    let engine = Engine::default();
    let source = "(type $a (struct)) (type $b (array (ref $a))) (type $c (func (param (ref $a) \
                  (ref $b)) (result (ref $a))))";
    let one = collect(&engine, source);
    let two = collect(&engine, source);
    // Two occurrences; of `$a` three references, of `$b` one.
    assert_eq!(counts(&one), [5, 3, 2]);
    let handle = two.registered_type(ModuleTypeIndex(0)).expect("in range");
    let user = register(&engine, referring(&[handle.index()]));
    assert_eq!(counts(&one), [7, 3, 2]);
    let stats = engine.registry().stats();
    assert_eq!(stats.registrations, 7 + 3 + 2 + 1);
    assert_eq!((stats.edges, stats.external), (5, 8));
    assert_eq!((stats.hits, stats.misses), (3, 4));
    drop(one);
    drop(user);
    assert_eq!(counts(&two), [5, 2, 1]);
    drop(two);
    assert_eq!((engine.registry().len(), handle.registrations()), (1, 1));
}

#[test]
fn s09_a_module_decoded_once_is_registered_in_many_engines() {
    let module = module("(type $a (struct)) (type (array (ref $a)))");
    let engines: Vec<_> = (0..3).map(|_| Engine::default()).collect();
    let all: Vec<_> = engines
        .iter()
        .map(|engine| TypeCollection::new_for_module(engine, &module).expect("valid"))
        .collect();
    drop(module);
    for types in &all {
        assert_eq!(counts(types), [2, 1]);
    }
    assert_ne!(all[0].as_module_map(), all[1].as_module_map());
}
