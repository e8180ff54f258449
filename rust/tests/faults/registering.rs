//! Modules and groups on their way in.

use typereg::types::{
    FieldType, HeapType, ModuleTypeIndex, RecGroup, RecIndex, RefType, StructType, SubType,
    TypeIndex, ValType,
};
use typereg::{Engine, Error, Limits, Module, RegisteredType, TypeCollection};

use crate::picture::sums;
use crate::scene::everywhere;

/// Groups of one and of several, with supertypes, edges within and between them, and duplicates.
const TYPES: [&str; 6] = [
    "(type $a (sub (struct)))",
    "(rec (type $b (sub $a (struct (field (ref $a)) (field (ref null $c)))))
          (type $c (func (param (ref $b) (ref $a)) (result i32))))",
    "(type $d (sub $b (struct (field (ref $a)) (field (ref null $c)) (field i64))))",
    "(type $e (sub (struct)))",
    "(rec (type $f (array (ref null $g))) (type $g (array (ref null $h))) (type $h (array (ref null $f))))",
    "(type $i (func (param (ref $d) (ref $g)) (result (ref $e))))",
];

fn module(groups: usize) -> Module {
    let text = format!("(module {})", TYPES[..groups].join("\n"));
    Module::from_wat(&text, &Limits::js_api(), &Default::default()).unwrap()
}

fn load(engine: &Engine, module: &Module) -> typereg::Result<TypeCollection> {
    TypeCollection::new_for_module(engine, module)
}

/// Leaves free slots behind, so that new types do not get fresh ones only.
fn holes(engine: &Engine) {
    let some = engine.decode_wat(
        "(module (type (func (param f32))) (type (func (param f32 f32)))
                 (rec (type (array i8)) (type (array i16))) (type (func (param f64))))",
    );
    drop(load(engine, &some.unwrap()).unwrap());
}

fn reference(index: impl Into<TypeIndex>) -> FieldType {
    let heap = HeapType::Concrete(index.into());
    let storage = ValType::Ref(RefType {
        heap,
        nullable: true,
    })
    .into();
    FieldType {
        storage,
        mutable: false,
    }
}

#[test]
fn k09_f03_loading_what_is_new() {
    let new = module(6);
    let opportunities = everywhere(holes, |engine, ()| load(engine, &new));
    println!("new: {opportunities:?}");
    assert!(opportunities.iter().all(|&n| n > 8), "{opportunities:?}");
}

#[test]
fn k09_f03_loading_what_is_known() {
    let known = module(6);
    let opportunities = everywhere(
        |engine| load(engine, &known).unwrap(),
        |engine, _| load(engine, &known),
    );
    println!("known: {opportunities:?}");
    assert!(opportunities.iter().all(|&n| n > 1), "{opportunities:?}");
}

#[test]
fn k09_f03_loading_what_is_known_in_part() {
    let (part, all) = (module(2), module(6));
    let opportunities = everywhere(
        |engine| {
            holes(engine);
            load(engine, &part).unwrap()
        },
        |engine, _| load(engine, &all),
    );
    println!("known in part: {opportunities:?}");
    assert!(opportunities.iter().all(|&n| n > 6), "{opportunities:?}");
}

/// What the failed load shared stays another's, and is not freed before its time.
#[test]
fn k09_f03_a_group_by_hand() {
    let prepare = |engine: &Engine| {
        holes(engine);
        load(engine, &module(1))
            .unwrap()
            .registered_type(ModuleTypeIndex(0))
            .unwrap()
    };
    let group = |base: &RegisteredType| {
        let member = |fields: Vec<FieldType>| SubType {
            supertype: Some(base.index().into()),
            is_final: false,
            composite: StructType::new(fields).into(),
        };
        RecGroup::new([
            member(vec![reference(RecIndex(1)), reference(base.index())]),
            member(vec![reference(RecIndex(0))]),
            member(vec![reference(base.index()), reference(base.index())]),
        ])
    };
    let new = everywhere(prepare, |engine, base| engine.register_group(&group(base)));
    let known = everywhere(
        |engine| {
            let base = prepare(engine);
            let kept = engine.register_group(&group(&base)).unwrap();
            (base, kept)
        },
        |engine, (base, _)| engine.register_group(&group(base)),
    );
    println!("by hand: new {new:?}, known {known:?}");
    assert!(new.iter().all(|&n| n > 4), "{new:?}");
    assert!(known[0] > 2, "{known:?}");
}

#[test]
fn k09_f03_a_type_by_hand() {
    let prepare = |engine: &Engine| {
        let base = StructType::new([]);
        RegisteredType::new(engine, base).unwrap()
    };
    let opportunities = everywhere(prepare, |engine, base| {
        RegisteredType::new(engine, StructType::new([reference(base.index())]))
    });
    println!("one type: {opportunities:?}");
    assert!(opportunities.iter().all(|&n| n > 1), "{opportunities:?}");
}

/// Quotas that are reached at each group of a module in turn.
#[test]
fn k09_g09_a_quota_at_each_group() {
    let module = module(6);
    let with = |limits: Limits| Engine::new(limits, Default::default());
    let full = with(Limits::js_api());
    let kept = load(&full, &module).unwrap();
    let [types, groups, .., bytes] = sums(&full);
    drop(kept);
    let mut refused = [0; 3];
    for bound in 0..bytes {
        for (which, most) in [types, groups, bytes].into_iter().enumerate() {
            if bound >= most {
                continue;
            }
            let mut limits = Limits::js_api();
            let quota = [
                &mut limits.live_types,
                &mut limits.live_groups,
                &mut limits.live_bytes,
            ];
            let [live_types, live_groups, live_bytes] = quota;
            match which {
                0 => *live_types = Some(bound),
                1 => *live_groups = Some(bound),
                _ => *live_bytes = Some(bound),
            }
            let engine = with(limits);
            let error = load(&engine, &module).unwrap_err();
            assert!(matches!(error, Error::Limit { .. }), "{error}");
            assert_eq!(sums(&engine), [0; 6]);
            refused[which] += 1;
            // Half of the module may fit.
            let fits = load(&engine, &self::module(1)).is_ok();
            assert_eq!(sums(&engine), [0; 6]);
            assert!(fits || bound < 200);
        }
    }
    assert_eq!(refused, [types, groups, bytes]);
}
