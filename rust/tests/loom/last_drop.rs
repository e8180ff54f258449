//! The last drop of a handle, against another drop, a registration, a clone.

use loom::thread;

use crate::explore::explore;
use crate::fixtures::{assert_empty, assert_live, base, engine, register};

/// Two threads, every order.
#[test]
fn test_f01_two_last_drops() {
    explore(None, || {
        let engine = engine();
        let one = register(&engine, base());
        let two = one.clone();
        let dropping = thread::spawn(move || drop(one));
        drop(two);
        dropping.join().unwrap();
        assert_empty(&engine, 1);
    });
}

/// Three threads, every order.
#[test]
fn test_f01_three_last_drops() {
    explore(None, || {
        let engine = engine();
        let one = register(&engine, base());
        let (two, three) = (one.clone(), one.clone());
        let dropping = [one, two].map(|handle| thread::spawn(move || drop(handle)));
        drop(three);
        for thread in dropping {
            thread.join().unwrap();
        }
        assert_empty(&engine, 1);
    });
}

/// The type is found while its remover waits for the lock, found before, or created anew. Two
/// threads, every order.
#[test]
fn test_s14_last_drop_against_register() {
    let outcomes = explore(None, || {
        let engine = engine();
        let handle = register(&engine, base());
        let index = handle.index();
        let dropping = thread::spawn(move || drop(handle));
        let registered = register(&engine, base());
        assert_live(&engine, &registered, &base());
        dropping.join().unwrap();
        // Whoever removes looks again: it is still there.
        assert_live(&engine, &registered, &base());
        assert_eq!(registered.registrations(), 1);
        let same = registered.index() == index;
        drop(registered);
        assert_empty(&engine, 1);
        if same { "the same" } else { "a new one" }
    });
    assert_eq!(outcomes, ["a new one", "the same"].into());
}

/// The order of CVE-2024-47813 without reuse: the count reaches zero twice, and each time someone
/// comes to remove the entry. Two threads, every order.
#[test]
fn test_f01_zero_reached_twice() {
    let outcomes = explore(None, || {
        let engine = engine();
        let handle = register(&engine, base());
        let index = handle.index();
        let dropping = thread::spawn(move || drop(handle));
        let registered = register(&engine, base());
        let same = registered.index() == index;
        drop(registered);
        dropping.join().unwrap();
        assert_empty(&engine, 1);
        same
    });
    assert_eq!(outcomes, [false, true].into());
}

/// Neither finds the type under the read lock: whoever comes second with the write lock must find
/// what the first created. Two threads, every order.
#[test]
fn test_s02_two_registrations() {
    explore(None, || {
        let engine = engine();
        let same_engine = engine.clone();
        let registering = thread::spawn(move || register(&same_engine, base()));
        let one = register(&engine, base());
        let two = registering.join().unwrap();
        assert_eq!(one, two);
        assert_eq!(one.registrations(), 2);
        let stats = engine.registry().stats();
        assert_eq!((stats.hits, stats.misses), (1, 1));
        drop((one, two));
        assert_empty(&engine, 1);
    });
}

/// Hits are counted by whoever has the read lock, which many have. Two threads, every order.
#[test]
fn test_k10_two_hits() {
    explore(None, || {
        let engine = engine();
        let kept = register(&engine, base());
        let same_engine = engine.clone();
        let registering = thread::spawn(move || drop(register(&same_engine, base())));
        drop(register(&engine, base()));
        registering.join().unwrap();
        let stats = engine.registry().stats();
        assert_eq!((stats.hits, stats.misses), (2, 1));
        drop(kept);
        assert_empty(&engine, 1);
    });
}

/// Copying takes no lock. Two threads, every order.
#[test]
fn test_s07_last_drop_against_clone() {
    explore(None, || {
        let engine = engine();
        let one = register(&engine, base());
        let two = one.clone();
        let dropping = thread::spawn(move || drop(one));
        let copy = two.clone();
        drop(two);
        assert_live(&engine, &copy, &base());
        dropping.join().unwrap();
        assert_eq!(copy.registrations(), 1);
        drop(copy);
        assert_empty(&engine, 1);
    });
}
