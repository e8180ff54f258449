//! The last drop of a handle, against what others do with its index.

use loom::thread;
use typereg::types::SharedTypeIndex;
use typereg::{Engine, RegisteredType};

use crate::explore::explore;
use crate::fixtures::{assert_empty, assert_live, base, engine, holder, register};

/// A type that refers to another, and only thereby keeps it: one removal takes both.
fn chain(engine: &Engine) -> (RegisteredType, SharedTypeIndex) {
    let target = register(engine, base());
    let index = target.index();
    (register(engine, holder(index)), index)
}

/// Resurrection by index: the root is kept until its remover is through. Two threads, every order.
#[test]
fn test_s06_last_drop_against_root() {
    let outcomes = explore(None, || {
        let engine = engine();
        let handle = register(&engine, base());
        let index = handle.index();
        let dropping = thread::spawn(move || drop(handle));
        let rooted = RegisteredType::root(&engine, index).unwrap();
        dropping.join().unwrap();
        let outcome = match &rooted {
            Some(rooted) => {
                assert_eq!(rooted.index(), index);
                assert_live(&engine, rooted, &base());
                assert_eq!(rooted.registrations(), 1);
                "resurrected"
            }
            None => "gone",
        };
        drop(rooted);
        assert_empty(&engine, 1);
        outcome
    });
    assert_eq!(outcomes, ["gone", "resurrected"].into());
}

/// A root that goes while the remover may still be on its way. Three threads, every
/// order.
#[test]
fn test_s06_last_drop_against_two_roots() {
    let outcomes = explore(None, || {
        let engine = engine();
        let handle = register(&engine, base());
        let index = handle.index();
        let dropping = thread::spawn(move || drop(handle));
        let other_engine = engine.clone();
        let rooting = thread::spawn(move || {
            let rooted = RegisteredType::root(&other_engine, index).unwrap();
            rooted.is_some()
        });
        let rooted = RegisteredType::root(&engine, index).unwrap();
        if let Some(rooted) = &rooted {
            assert_live(&engine, rooted, &base());
        }
        let here = rooted.is_some();
        drop(rooted);
        dropping.join().unwrap();
        let there = rooting.join().unwrap();
        assert_empty(&engine, 1);
        (here, there)
    });
    assert_eq!(outcomes.len(), 4);
}

/// What is borrowed is whole or not there, and so is what it refers to. Two threads, every order.
#[test]
fn test_s12_last_drop_against_borrow() {
    let outcomes = explore(None, || {
        let engine = engine();
        let (handle, target) = chain(&engine);
        let index = handle.index();
        let dropping = thread::spawn(move || drop(handle));
        let registry = engine.registry();
        let whole = registry.borrow(index).unwrap();
        let referred = registry.borrow(target).unwrap();
        if let Some(ty) = &whole {
            assert_eq!(ty, &holder(target));
        } else {
            assert_eq!(referred, None, "a removal takes both under one lock");
        }
        let outcome = (whole.is_some(), referred.is_some());
        dropping.join().unwrap();
        assert_eq!(registry.borrow(index).unwrap(), None);
        assert_empty(&engine, 2);
        outcome
    });
    let expected = [(false, false), (true, false), (true, true)];
    assert_eq!(outcomes, expected.into());
}

/// Two threads, every order.
#[test]
fn test_s12_last_drop_against_contains() {
    let outcomes = explore(None, || {
        let engine = engine();
        let (handle, target) = chain(&engine);
        let index = handle.index();
        let dropping = thread::spawn(move || drop(handle));
        let registry = engine.registry();
        let outcome = (registry.contains(target), registry.contains(index));
        dropping.join().unwrap();
        assert!(!registry.contains(index) && !registry.contains(target));
        assert_empty(&engine, 2);
        outcome
    });
    let expected = [(false, false), (true, false), (true, true)];
    assert_eq!(outcomes, expected.into());
}

/// Looking at everything alive at once. Two threads, every order.
#[test]
fn test_g09_last_drop_against_indices_and_referrers() {
    let outcomes = explore(None, || {
        let engine = engine();
        let (handle, target) = chain(&engine);
        let index = handle.index();
        let dropping = thread::spawn(move || drop(handle));
        let registry = engine.registry();
        let indices = registry.indices();
        let referrers = registry.referrers(target).ok();
        dropping.join().unwrap();
        assert!(indices.is_empty() || indices == [target, index]);
        assert!(referrers.iter().all(|found| *found == [index]));
        assert_empty(&engine, 2);
        (indices.len(), referrers.is_some())
    });
    assert_eq!(outcomes, [(0, false), (2, false), (2, true)].into());
}
