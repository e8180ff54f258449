//! Closed types (clause G10): long chains, wide graphs, other readers of what they travel in.

use std::thread;

use typereg::matching::Matchable;
use typereg::types::{
    FieldType, FuncType, HeapType, ModuleTypeIndex, NumType, RefType, StorageType, StructType,
    TypeIndex, ValType,
};
use typereg::{
    DefType, Engine, Error, Features, Limits, Module, RecGroup, RecIndex, RegisteredType, SubType,
    TypeCollection, matches,
};
use wasmparser::Validator;

use crate::support::within;

fn reference(heap: impl Into<TypeIndex>) -> ValType {
    ValType::Ref(RefType {
        heap: HeapType::Concrete(heap.into()),
        nullable: true,
    })
}

fn holder(types: impl IntoIterator<Item = DefType>) -> StructType {
    StructType::new(types.into_iter().map(|ty| FieldType {
        storage: StorageType::Val(reference(ty)),
        mutable: false,
    }))
}

fn closed(member: impl Into<SubType>) -> DefType {
    DefType::new(&RecGroup::new([member.into()]), 0).expect("valid")
}

fn lattice(levels: usize, width: usize) -> DefType {
    let bottom = closed(StructType::new([]));
    (0..levels).fold(bottom, |top, _| closed(holder(vec![top; width])))
}

fn on_a_small_stack(f: impl FnOnce() + Send + 'static) {
    within(300, "a chain of closed types", || {
        let small = thread::Builder::new().stack_size(256 * 1024);
        small.spawn(f).expect("a thread").join().expect("no panic");
    });
}

#[test]
fn g10_a_chain_of_a_million_types_drops_on_a_small_stack() {
    on_a_small_stack(|| drop(lattice(1_000_000, 1)));
}

#[test]
fn g10_a_long_chain_is_walked_without_recursion() {
    const CHAIN: usize = 100_000;
    on_a_small_stack(|| {
        let top = lattice(CHAIN, 1);
        let wasm = top.to_wasm().expect("fits");
        assert_eq!(DefType::from_wasm(wasm, 0), Ok(top.clone()));
        let engine = Engine::default();
        let function = FuncType::new([reference(top)], []);
        let handle = RegisteredType::new(&engine, function).expect("valid");
        assert_eq!(engine.registry().len(), CHAIN + 2);
        drop(handle);
        assert!(engine.registry().is_empty());
    });
}

#[test]
fn g10_nested_types_are_shared() {
    let top = lattice(40, 10);
    let wasm = top.to_wasm().expect("fits");
    assert!(wasm.len() < 2_000, "{} bytes", wasm.len());
    let (engine, other) = (Engine::default(), Engine::default());
    let module = engine.decode(wasm).expect("valid");
    let last = ModuleTypeIndex(module.type_count() - 1);
    assert_eq!(module.def_type(last).expect("declared"), top);
    assert_eq!(module.type_count(), 41);
    let function = || FuncType::new([reference(top.clone())], []);
    let here = RegisteredType::new(&engine, function()).expect("valid");
    let there = RegisteredType::new(&other, function()).expect("valid");
    assert_eq!(engine.registry().len(), 42);
    assert_ne!(here, there);
}

#[test]
fn g10_other_tools_read_what_closed_types_travel_in() {
    let (engine, own) = (Engine::default(), RecIndex(0));
    let node = closed(StructType::new([FieldType {
        storage: StorageType::Val(reference(own)),
        mutable: true,
    }]));
    let open = |supertype: Option<DefType>, member: StructType| SubType {
        composite: member.into(),
        supertype: supertype.map(TypeIndex::Def),
        is_final: false,
    };
    let parent = closed(open(None, holder([node.clone()])));
    let group = RecGroup::new([
        open(Some(parent), holder([node.clone(), node])),
        FuncType::new([ValType::Num(NumType::I32), reference(own)], []).into(),
    ]);
    let ty = DefType::new(&group, 1).expect("valid");
    let wasm = ty.to_wasm().expect("fits");
    Validator::new().validate_all(&wasm).expect("a module");
    assert_eq!(DefType::from_wasm(wasm.clone(), 1), Ok(ty.clone()));
    assert!(matches!(
        DefType::from_wasm(wasm, 2),
        Err(Error::NoSuchMember {
            position: 2,
            members: 2
        })
    ));
    let handles = engine.register_group(&ty.group()).expect("valid");
    assert_eq!(engine.registry().len(), 4);
    assert_eq!(handles[0].registrations(), 2);
}

#[test]
fn g10_threads_drop_what_they_share() {
    within(60, "threads that drop one graph", || {
        for _ in 0..50 {
            let top = lattice(200, 3);
            thread::scope(|scope| {
                for _ in 0..4 {
                    let top = top.clone();
                    scope.spawn(move || drop(top));
                }
                drop(top);
            });
        }
    });
}

#[test]
fn g08_other_tools_read_snapshots() {
    let engine = Engine::default();
    let wat = "(module
        (type $a (sub (struct (field i32))))
        (rec
          (type $b (sub $a (struct (field i32) (field (ref null $c)))))
          (type $c (func (param (ref $b) v128 nullexnref))))
        (type (array (mut i8))))";
    let module = engine.decode_wat(wat).expect("valid");
    let types = TypeCollection::new_for_module(&engine, &module).expect("no limit");
    let snapshot = engine.snapshot().expect("fits");
    Validator::new().validate_all(&snapshot).expect("a module");
    let other = Engine::default();
    let loaded = other.load_snapshot(snapshot.clone()).expect("valid");
    assert_eq!(loaded.len(), types.len());
    assert_eq!(other.snapshot(), Ok(snapshot.clone()));
    let again = engine.decode(snapshot).expect("valid");
    let sorted = |module: &Module| {
        let mut digests = module.type_digests().expect("memory");
        digests.sort();
        digests
    };
    assert_eq!(sorted(&again), sorted(&module));
}

#[test]
fn g07_a_long_chain_is_digested_without_recursion() {
    const CHAIN: usize = 100_000;
    on_a_small_stack(|| {
        let top = lattice(CHAIN, 1);
        let engine = Engine::default();
        let handle = engine
            .register_group(&top.group())
            .expect("valid")
            .remove(0);
        assert_eq!(handle.digest(), Ok(top.digest()));
        assert_eq!(handle.def_type(), Ok(top));
        let types = engine.snapshot().expect("fits");
        assert_eq!(
            engine.decode(types).expect("valid").type_count(),
            1 + CHAIN as u32
        );
    });
}

/// All types of a module against all of them closed, and the other way round, as they are against
/// each other.
fn match_as_the_modules_own(wat: &str) {
    let features = Features {
        stack_switching: true,
        ..Features::default()
    };
    let engine = Engine::new(Limits::spec(), features);
    let module = engine.decode_wat(wat).expect("valid");
    let heap = |ty: TypeIndex| Matchable::Heap(HeapType::Concrete(ty));
    let indices = || (0..module.type_count()).map(ModuleTypeIndex);
    for (a, b) in indices().flat_map(|a| indices().map(move |b| (a, b))) {
        let [own_a, own_b] = [a, b].map(|index| heap(index.into()));
        let [closed_a, closed_b] =
            [a, b].map(|index| heap(module.def_type(index).expect("declared").into()));
        let expected = matches(&module, &own_a, &module, &own_b);
        for (one, two) in [
            (&own_a, &closed_b),
            (&closed_a, &own_b),
            (&closed_a, &closed_b),
        ] {
            assert_eq!(matches(&module, one, &module, two), expected, "{a:?} {b:?}");
        }
    }
}

#[test]
fn g05_closed_types_match_as_the_modules_own() {
    // What is taken from the module first has fewer types with ancestors than the module.
    match_as_the_modules_own(
        "(module
           (type $a (sub (struct))) (type $b (sub $a (struct)))
           (type $f (sub (func))) (type $g (sub $f (func)))
           (type $c (sub (cont $f))) (type $d (sub $c (cont $g)))
           (rec (type $p (sub $b (struct (field (ref null $q))))) (type $q (sub (cont $g))))
           (rec (type $r (sub $q (cont $g))) (type $s (sub $p (struct (field (ref null $r)))))))",
    );
}
