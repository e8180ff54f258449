//! Collections: loaded and dropped while handles and other collections come and go.

use loom::thread;
use typereg::types::ModuleTypeIndex;
use typereg::{Engine, Module, TypeCollection};

use crate::explore::explore;
use crate::fixtures::{assert_empty, assert_live, base, engine, holder, register};

/// One type, another that refers to it, and the first once more.
fn module(engine: &Engine) -> Module {
    let wat = "(module (type (sub (struct))) (type (struct (field (ref null 0))))
        (type (sub (struct))))";
    engine.decode_wat(wat).unwrap()
}

fn load(engine: &Engine, module: &Module) -> TypeCollection {
    TypeCollection::new_for_module(engine, module).unwrap()
}

fn assert_whole(engine: &Engine, types: &TypeCollection) {
    let map = types.as_module_map();
    let registry = engine.registry();
    assert_eq!(map[0], map[2]);
    assert_eq!(registry.borrow(map[0]).unwrap(), Some(base()));
    assert_eq!(registry.borrow(map[1]).unwrap(), Some(holder(map[0])));
}

/// Two threads, every order.
#[test]
fn test_s11_last_drop_against_collection_drop() {
    explore(None, || {
        let engine = engine();
        let types = load(&engine, &module(&engine));
        let handle = types.registered_type(ModuleTypeIndex(1)).unwrap();
        let dropping = thread::spawn(move || drop(handle));
        drop(types);
        dropping.join().unwrap();
        assert_empty(&engine, 2);
    });
}

/// Two threads, every order.
#[test]
fn test_s11_two_collection_drops() {
    explore(None, || {
        let engine = engine();
        let module = module(&engine);
        let (one, two) = (load(&engine, &module), load(&engine, &module));
        let dropping = thread::spawn(move || drop(one));
        drop(two);
        dropping.join().unwrap();
        assert_empty(&engine, 2);
    });
}

/// All of a collection goes under one hold of the lock: whoever looks meanwhile sees all of it, or
/// nothing. Two threads, every order.
#[test]
fn test_s11_looking_against_collection_drop() {
    let outcomes = explore(None, || {
        let engine = engine();
        let types = load(&engine, &module(&engine));
        let dropping = thread::spawn(move || drop(types));
        let seen = engine.registry().len();
        dropping.join().unwrap();
        assert_empty(&engine, 2);
        seen
    });
    assert_eq!(outcomes, [0, 2].into());
}

/// The groups are counted under the read lock as far as they are known, and the rest under the
/// write lock: the handle may go before, in between or after. Two threads, every order.
#[test]
fn test_s09_last_drop_against_load() {
    let outcomes = explore(None, || {
        let engine = engine();
        let module = module(&engine);
        let handle = register(&engine, base());
        let index = handle.index();
        let dropping = thread::spawn(move || drop(handle));
        let types = load(&engine, &module);
        dropping.join().unwrap();
        assert_whole(&engine, &types);
        let same = types.as_module_map()[0] == index;
        drop(types);
        assert_empty(&engine, 2);
        same
    });
    assert_eq!(outcomes, [false, true].into());
}

/// A collection that holds everything goes while another finds it. Two threads, every order.
#[test]
fn test_s09_collection_drop_against_load() {
    let outcomes = explore(None, || {
        let engine = engine();
        let module = module(&engine);
        let types = load(&engine, &module);
        let index = types.as_module_map()[1];
        let dropping = thread::spawn(move || drop(types));
        let again = load(&engine, &module);
        dropping.join().unwrap();
        assert_whole(&engine, &again);
        let same = again.as_module_map()[1] == index;
        drop(again);
        assert_empty(&engine, 2);
        same
    });
    assert_eq!(outcomes, [false, true].into());
}

/// Neither is known to the registry: whoever comes second with the write lock must find what the
/// first created. Two threads, every order.
#[test]
fn test_s09_two_loads() {
    explore(None, || {
        let engine = engine();
        let module = module(&engine);
        let (other_engine, other_module) = (engine.clone(), module.clone());
        let loading = thread::spawn(move || load(&other_engine, &other_module));
        let one = load(&engine, &module);
        let two = loading.join().unwrap();
        assert_whole(&engine, &one);
        assert_eq!(one.as_module_map(), two.as_module_map());
        let stats = engine.registry().stats();
        let occurrences = 2 * u64::from(module.group_count());
        assert_eq!((stats.registrations, stats.misses), (7, 2));
        assert_eq!(stats.hits, occurrences - 2);
        drop(one);
        drop(two);
        assert_empty(&engine, 2);
    });
}

/// A handle from a collection keeps its type when the collection goes. Two threads, every order.
#[test]
fn test_k04_handle_of_a_collection_against_last_drop() {
    explore(None, || {
        let engine = engine();
        let types = load(&engine, &module(&engine));
        let first = types.registered_type(ModuleTypeIndex(0)).unwrap();
        let dropping = thread::spawn(move || drop(first));
        let handle = types.registered_type(ModuleTypeIndex(0)).unwrap();
        drop(types);
        assert_live(&engine, &handle, &base());
        dropping.join().unwrap();
        assert_eq!(handle.registrations(), 1);
        drop(handle);
        assert_empty(&engine, 2);
    });
}
