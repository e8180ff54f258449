//! Types that are kept by other types: references and supertypes.

use loom::thread;
use typereg::{Error, RegisteredType};

use crate::explore::explore;
use crate::fixtures::{assert_empty, assert_live, base, below, engine, holder, register};

/// The removal of a type takes with it the type it refers to, while another type comes to refer
/// to that one. Two threads, every order.
#[test]
fn test_s13_removal_against_a_new_reference() {
    let outcomes = explore(None, || {
        let engine = engine();
        let target = register(&engine, base());
        let index = target.index();
        let handle = register(&engine, holder(index));
        drop(target);
        let dropping = thread::spawn(move || drop(handle));
        let kept = match RegisteredType::new(&engine, below(index)) {
            Ok(below) => Some(below),
            Err(Error::StaleIndex { .. }) => None,
            Err(error) => panic!("{error}"),
        };
        dropping.join().unwrap();
        let outcome = match &kept {
            Some(below) => {
                let supertype = below.supertype().unwrap();
                assert_eq!(supertype.index(), index, "an edge keeps its target");
                assert_eq!(supertype.registrations(), 2);
                assert!(below.is_subtype_of(&supertype).unwrap());
                "kept"
            }
            None => "gone",
        };
        drop(kept);
        assert_empty(&engine, 3);
        outcome
    });
    assert_eq!(outcomes, ["gone", "kept"].into());
}

/// The same, against a registration of a type equal to the one referred to. Two threads, every
/// order.
#[test]
fn test_s13_removal_against_register_of_the_target() {
    let outcomes = explore(None, || {
        let engine = engine();
        let target = register(&engine, base());
        let index = target.index();
        let handle = register(&engine, holder(index));
        drop(target);
        let dropping = thread::spawn(move || drop(handle));
        let registered = register(&engine, base());
        dropping.join().unwrap();
        assert_live(&engine, &registered, &base());
        assert_eq!(registered.registrations(), 1);
        let same = registered.index() == index;
        drop(registered);
        assert_empty(&engine, 2);
        same
    });
    assert_eq!(outcomes, [false, true].into());
}

/// A type comes to refer to one whose handles go without the lock: its count is changed from both
/// sides. Two threads, every order.
#[test]
fn test_k05_last_drop_against_a_new_reference() {
    explore(None, || {
        let engine = engine();
        let target = register(&engine, base());
        let kept = target.clone();
        let index = target.index();
        let dropping = thread::spawn(move || drop(target));
        let handle = register(&engine, holder(index));
        dropping.join().unwrap();
        assert_eq!(kept.registrations(), 2, "a handle and a reference");
        drop(kept);
        drop(handle);
        assert_empty(&engine, 2);
    });
}

/// A handle on a supertype, taken while others let go of the family. Two threads, every order.
#[test]
fn test_k04_supertype_against_last_drop() {
    explore(None, || {
        let engine = engine();
        let parent = register(&engine, base());
        let index = parent.index();
        let child = register(&engine, below(index));
        let dropping = thread::spawn(move || drop(parent));
        let supertype = child.supertype().unwrap();
        drop(child);
        assert_eq!(supertype.index(), index);
        assert_live(&engine, &supertype, &base());
        dropping.join().unwrap();
        assert_eq!(supertype.registrations(), 1);
        drop(supertype);
        assert_empty(&engine, 2);
    });
}

/// A target that loses its handle in one thread and its edge in another. Two threads, every
/// order.
#[test]
fn test_s13_last_handle_against_last_edge() {
    explore(None, || {
        let engine = engine();
        let target = register(&engine, base());
        let handle = register(&engine, holder(target.index()));
        let dropping = thread::spawn(move || drop(handle));
        drop(target);
        dropping.join().unwrap();
        assert_empty(&engine, 2);
    });
}
