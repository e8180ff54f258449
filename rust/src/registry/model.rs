//! Scenes for the model checker in which a handle or a collection is closed by one thread while
//! another uses it, as Python code can. `rust/tests/loom` has the others, and says what a pass
//! means.

use loom::thread::{self, JoinHandle};

use super::{Engine, RegisteredType, TypeCollection};
use crate::features::Features;
use crate::limits::Limits;
use crate::sync::Arc;
use crate::types::{ModuleTypeIndex, RecGroup, StructType, SubType};
use explore::explore;

#[path = "../../tests/loom/explore.rs"]
mod explore;

fn engine() -> Engine {
    Engine::with_weak_hash(Limits::default(), Features::default(), 0)
}

fn base() -> SubType {
    SubType {
        is_final: false,
        ..SubType::plain(StructType::new([]))
    }
}

fn handle(engine: &Engine) -> Arc<RegisteredType> {
    Arc::new(RegisteredType::new(engine, base()).unwrap())
}

/// A handle on a type whose supertype nobody else keeps, and that type.
fn child(engine: &Engine) -> (Arc<RegisteredType>, SubType) {
    let parent = handle(engine);
    let below = SubType {
        supertype: Some(parent.index().into()),
        ..SubType::plain(StructType::new([]))
    };
    let child = RegisteredType::new(engine, below.clone()).unwrap();
    (Arc::new(child), below)
}

/// Lets another thread close what this one uses.
fn elsewhere<T: Send + Sync + 'static>(shared: &Arc<T>, close: fn(&T)) -> JoinHandle<()> {
    let shared = Arc::clone(shared);
    thread::spawn(move || close(&shared))
}

fn collection(engine: &Engine) -> Arc<TypeCollection> {
    let module = engine.decode_wat("(module (type (sub (struct))) (type (func)))");
    Arc::new(TypeCollection::new_for_module(engine, &module.unwrap()).unwrap())
}

fn assert_live(engine: &Engine, handle: &RegisteredType) {
    let found = engine.registry().borrow(handle.index()).unwrap();
    assert_eq!(found, Some(base()), "a handle's type is registered");
}

fn assert_empty(engine: &Engine) {
    let stats = engine.registry().stats();
    let left = [stats.types, stats.groups, stats.registrations, stats.bytes];
    assert_eq!(left, [0; 4], "types, groups, registrations, bytes");
}

/// One registration, taken back once. Two threads, every order.
#[test]
fn test_p01_close_against_close() {
    explore(None, || {
        let engine = engine();
        let shared = handle(&engine);
        let kept = (*shared).clone();
        let closing = elsewhere(&shared, RegisteredType::release);
        shared.release();
        closing.join().unwrap();
        assert!(
            shared.try_clone().is_none(),
            "closed, though the type lives"
        );
        assert_eq!(kept.registrations(), 1);
        assert_live(&engine, &kept);
        drop(kept);
        assert_empty(&engine);
    });
}

/// A copy comes in time, or there is none: never a handle on what is being removed. Two threads,
/// every order.
#[test]
fn test_p01_close_against_clone() {
    let outcomes = explore(None, || {
        let engine = engine();
        let shared = handle(&engine);
        let closing = elsewhere(&shared, RegisteredType::release);
        let copy = shared.try_clone();
        if let Some(copy) = &copy {
            assert_live(&engine, copy);
        }
        closing.join().unwrap();
        if let Some(copy) = &copy {
            assert_live(&engine, copy);
            assert_eq!(copy.registrations(), 1);
        }
        let copied = copy.is_some();
        drop(copy);
        assert_empty(&engine);
        copied
    });
    assert_eq!(outcomes, [false, true].into());
}

/// The same while a third thread registers the type again and lets go of it. Three threads,
/// every order.
#[test]
fn test_p01_close_against_clone_and_register() {
    explore(None, || {
        let engine = engine();
        let shared = handle(&engine);
        let closing = elsewhere(&shared, RegisteredType::release);
        let same_engine = engine.clone();
        let registering = thread::spawn(move || {
            drop(RegisteredType::new(&same_engine, base()).unwrap());
        });
        let copy = shared.try_clone();
        if let Some(copy) = &copy {
            // The entry that was copied, not merely an equal one.
            assert_live(&engine, copy);
        }
        closing.join().unwrap();
        registering.join().unwrap();
        drop(copy);
        assert_empty(&engine);
    });
}

/// What a closed handle tells is whole or nothing. Two threads, every order.
#[test]
fn test_p01_close_against_reading() {
    let outcomes = explore(None, || {
        let engine = engine();
        let (child, below) = child(&engine);
        let closing = elsewhere(&child, RegisteredType::release);
        let read = child.try_sub_type().unwrap();
        let ancestors = child.ancestors(1).unwrap();
        assert!(read.iter().all(|ty| *ty == below));
        for ancestor in &ancestors {
            assert_live(&engine, ancestor);
        }
        closing.join().unwrap();
        for ancestor in &ancestors {
            assert_live(&engine, ancestor);
        }
        let outcome = (read.is_some(), ancestors.len());
        drop(ancestors);
        assert_empty(&engine);
        outcome
    });
    assert_eq!(outcomes, [(false, 0), (true, 0), (true, 1)].into());
}

/// The same of its group. Two threads, every order.
#[test]
fn test_p01_close_against_reading_the_group() {
    let outcomes = explore(None, || {
        let engine = engine();
        let (child, below) = child(&engine);
        let closing = elsewhere(&child, RegisteredType::release);
        let read = child.try_group().unwrap();
        let whole = RecGroup::new([below]);
        assert!(read.iter().all(|group| *group == whole));
        closing.join().unwrap();
        assert_empty(&engine);
        read.is_some()
    });
    assert_eq!(outcomes, [false, true].into());
}

/// The same of its digest, which the registry then keeps for no group that is gone: that is asked
/// at the registry's end. Two threads, every order.
#[test]
fn test_p01_close_against_the_digest() {
    let outcomes = explore(None, || {
        let engine = engine();
        let shared = handle(&engine);
        let closing = elsewhere(&shared, RegisteredType::release);
        let digest = shared.try_digest().unwrap();
        closing.join().unwrap();
        assert_empty(&engine);
        digest.is_some()
    });
    assert_eq!(outcomes, [false, true].into());
}

/// Two threads, every order.
#[test]
fn test_s11_collection_close_against_close() {
    explore(None, || {
        let engine = engine();
        let shared = collection(&engine);
        let kept = shared.registered_type(ModuleTypeIndex(0)).unwrap();
        let closing = elsewhere(&shared, TypeCollection::release);
        shared.release();
        closing.join().unwrap();
        assert_eq!(kept.registrations(), 1);
        assert_live(&engine, &kept);
        drop(kept);
        assert_empty(&engine);
    });
}

/// A handle from a collection comes in time, or there is none. Two threads, every order.
#[test]
fn test_k04_collection_close_against_a_new_handle() {
    let outcomes = explore(None, || {
        let engine = engine();
        let shared = collection(&engine);
        let closing = elsewhere(&shared, TypeCollection::release);
        let handle = shared.registered_type(ModuleTypeIndex(0));
        if let Some(handle) = &handle {
            assert_live(&engine, handle);
        }
        closing.join().unwrap();
        if let Some(handle) = &handle {
            assert_live(&engine, handle);
        }
        let taken = handle.is_some();
        drop(handle);
        assert_empty(&engine);
        taken
    });
    assert_eq!(outcomes, [false, true].into());
}
