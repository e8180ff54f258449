//! What fails changes nothing: limits, quotas, validity (F3, G4, G9, K9).

use std::fmt::Write;

use typereg::types::{ModuleTypeIndex, RecGroup, SubType};
use typereg::{Engine, Error, Features, Limits, Module, RegisteredType, Result, TypeCollection};

use super::{below, collect, counts, limited, module, open, plain, referring, register};

fn assert_limit<T: std::fmt::Debug>(result: Result<T>, name: &str) {
    assert!(
        matches!(&result, Err(Error::Limit { limit, .. }) if *limit == name),
        "{result:?}, not the limit {name}"
    );
}

/// What a failure must leave as it was: live types, counts, and the slots that come next.
fn assert_unchanged(engine: &Engine, fail: impl Fn(&Engine)) {
    let count = |index| {
        let handle = RegisteredType::root(engine, index)
            .expect("own")
            .expect("live");
        handle.registrations() - 1
    };
    let state = || {
        let registry = engine.registry();
        let indices = registry.indices();
        let counts: Vec<usize> = indices.iter().map(|&index| count(index)).collect();
        let stats = registry.stats();
        (indices, counts, stats.edges, stats.bytes)
    };
    let before = state();
    fail(engine);
    assert_eq!(state(), before);
}

#[test]
fn f03_k09_a_module_beyond_a_quota_leaves_nothing_behind() {
    let quotas = [
        (
            "live_types",
            Limits {
                live_types: Some(4),
                ..Limits::js_api()
            },
        ),
        (
            "live_groups",
            Limits {
                live_groups: Some(3),
                ..Limits::js_api()
            },
        ),
    ];
    for (name, limits) in quotas {
        let engine = limited(limits);
        let held = collect(
            &engine,
            "(type $a (struct)) (rec (type (func)) (type (array i8)))",
        );
        // A known group, duplicates, a new one with references, and one too many.
        let beyond = module(
            "(type $a (struct)) (type $b (struct (field (ref $a)))) (type (struct)) \
             (type $b2 (struct (field (ref $a)))) (type (func (param (ref $b) (ref $b2))))",
        );
        assert_unchanged(&engine, |engine| {
            assert_limit(TypeCollection::new_for_module(engine, &beyond), name);
        });
        // Hits need no room.
        let full = register(&engine, plain(1));
        let again = collect(&engine, "(type (struct)) (type (struct (field i32)))");
        assert_eq!(counts(&again), [2, 2]);
        drop((full, again, held));
        assert!(engine.registry().is_empty());
    }
}

/// The slots of the next types in an engine with vacant slots in between, after `event`.
fn next_slots(event: impl Fn(&Engine)) -> Vec<u32> {
    let engine = limited(Limits {
        live_types: Some(9),
        ..Limits::js_api()
    });
    let mut handles: Vec<_> = (0..7)
        .map(|number| register(&engine, plain(number)))
        .collect();
    for at in [4, 1, 2] {
        drop(handles.remove(at));
    }
    event(&engine);
    let next = (7..12).map(|number| register(&engine, plain(number)));
    next.collect::<Vec<_>>()
        .iter()
        .map(|handle| handle.index().bits())
        .collect()
}

#[test]
fn f03_k09_the_free_list_ends_as_before() {
    let expected = next_slots(|_| {});
    assert_eq!(expected, [3, 1, 4, 7, 8]);
    // Groups of one and of two, a duplicate, a known one; then one too many.
    let beyond = module(
        "(type $a (struct (field i64))) (rec (type (array i8)) (type (array (ref $a)))) \
         (type (struct)) (type (struct (field i64))) (type (array i32)) (type (array i64)) \
         (type (array f32))",
    );
    let found = next_slots(|engine| {
        assert_limit(
            TypeCollection::new_for_module(engine, &beyond),
            "live_types",
        );
    });
    assert_eq!(found, expected);
    let group = RecGroup::new((40..46).map(plain).map(SubType::plain));
    let found = next_slots(|engine| assert_limit(engine.register_group(&group), "live_types"));
    assert_eq!(found, expected);
}

#[test]
fn g09_live_bytes_bounds_what_stats_report() {
    let free = Engine::default();
    let _one = register(&free, plain(100));
    let bytes = free.registry().stats().bytes;
    assert!(bytes > 100);
    let engine = limited(Limits {
        live_bytes: Some(bytes),
        ..Limits::js_api()
    });
    let one = register(&engine, plain(100));
    let two = one.clone();
    assert_unchanged(&engine, |engine| {
        assert_limit(RegisteredType::new(engine, plain(0)), "live_bytes");
    });
    drop((one, two));
    assert_limit(RegisteredType::new(&engine, plain(120)), "live_bytes");
    assert_eq!(engine.registry().stats().bytes, 0);
    let _fits = register(&engine, plain(0));
}

#[test]
fn f03_an_invalid_group_leaves_nothing_behind() {
    let engine = Engine::default();
    let base = register(&engine, open(plain(1)));
    let closed = register(&engine, plain(2));
    let invalid = [
        // A final supertype, a structure that does not match, an unknown member.
        RecGroup::new([SubType::plain(plain(3)), below(closed.index(), plain(2))]),
        RecGroup::new([
            SubType::plain(referring(&[base.index(), base.index()])),
            below(base.index(), plain(0)),
        ]),
        RecGroup::new([below(typereg::types::RecIndex(0), plain(0))]),
    ];
    assert_unchanged(&engine, |engine| {
        for group in &invalid {
            let result = engine.register_group(group);
            assert!(
                matches!(result, Err(Error::Validation { .. })),
                "{result:?}"
            );
        }
    });
}

#[test]
fn g04_an_engine_admits_a_module_by_its_own_limits_and_features() {
    let chain = "(type (sub (struct))) (type (sub 0 (struct))) (type (sub 1 (struct)))";
    let cases = [
        (
            "depth",
            Limits {
                depth: 1,
                ..Limits::js_api()
            },
            chain,
        ),
        (
            "types",
            Limits {
                types: 2,
                ..Limits::js_api()
            },
            chain,
        ),
        (
            "groups",
            Limits {
                groups: 2,
                ..Limits::js_api()
            },
            chain,
        ),
        (
            "group_size",
            Limits {
                group_size: 1,
                ..Limits::js_api()
            },
            "(rec (type (func)) (type (func)))",
        ),
        (
            "params",
            Limits {
                params: 1,
                ..Limits::js_api()
            },
            "(type (func (param i32 i32)))",
        ),
        (
            "results",
            Limits {
                results: 1,
                ..Limits::js_api()
            },
            "(type (func (result i32 i32)))",
        ),
        (
            "fields",
            Limits {
                fields: 1,
                ..Limits::js_api()
            },
            "(type (struct (field i32 i32)))",
        ),
        (
            "imports",
            Limits {
                imports: 0,
                ..Limits::js_api()
            },
            "(import \"m\" \"n\" (memory 0))",
        ),
        (
            "memories",
            Limits {
                memories: 0,
                ..Limits::js_api()
            },
            "(import \"m\" \"n\" (memory 0))",
        ),
        (
            "exports",
            Limits {
                exports: 0,
                ..Limits::js_api()
            },
            "(memory (export \"m\") 0)",
        ),
        (
            "functions",
            Limits {
                functions: 0,
                ..Limits::js_api()
            },
            "(func)",
        ),
        (
            "tables",
            Limits {
                tables: 0,
                ..Limits::js_api()
            },
            "(table 0 funcref)",
        ),
        (
            "globals",
            Limits {
                globals: 0,
                ..Limits::js_api()
            },
            "(global i32 i32.const 0)",
        ),
        (
            "tags",
            Limits {
                tags: 0,
                ..Limits::js_api()
            },
            "(tag)",
        ),
    ];
    for (name, limits, source) in cases {
        let engine = limited(limits.clone());
        let decoded = module(source);
        assert_limit(TypeCollection::new_for_module(&engine, &decoded), name);
        assert!(engine.registry().is_empty());
        // And where it is decoded.
        let wasm = decoded.wasm().to_vec();
        assert_limit(Module::new(wasm, &limits, &Features::default()), name);
    }
    let features = Features {
        stack_switching: true,
        ..Features::default()
    };
    let wat = "(module (type $f (func)) (type (cont $f)))";
    let module = Module::from_wat(wat, &Limits::js_api(), &features).expect("valid");
    let result = TypeCollection::new_for_module(&Engine::default(), &module);
    assert!(
        matches!(result, Err(Error::UnsupportedFeature { .. })),
        "{result:?}"
    );
    let engine = Engine::new(Limits::js_api(), features);
    let types = TypeCollection::new_for_module(&engine, &module).expect("admitted");
    assert!(types.shared_type(ModuleTypeIndex(1)).is_some());
}

#[test]
fn g04_the_depth_is_63_at_most_in_every_profile() {
    for limits in [
        Limits::js_api(),
        Limits::spec(),
        Limits {
            depth: 1_000,
            ..Limits::spec()
        },
    ] {
        let engine = limited(limits);
        let mut last = register(&engine, open(plain(0)));
        for _ in 0..63 {
            last = register(&engine, below(last.index(), plain(0)));
        }
        assert_eq!(last.supertypes().len(), 63);
        let deeper = RegisteredType::new(&engine, below(last.index(), plain(0)));
        assert_limit(deeper, "depth");

        // The same in a module: the last type of the chain decides.
        let mut chain = String::from("(module (type (sub (struct)))");
        for parent in 0..63 {
            write!(chain, "(type (sub {parent} (struct)))").expect("a string");
        }
        assert!(engine.decode_wat(&format!("{chain})")).is_ok());
        assert_limit(
            engine.decode_wat(&format!("{chain} (type (sub 63 (struct))))")),
            "depth",
        );
    }
}
