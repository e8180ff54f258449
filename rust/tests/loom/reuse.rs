//! A slot that is used again while the removal of its former owner is on its way.

use loom::thread;
use typereg::RegisteredType;

use crate::explore::explore;
use crate::fixtures::{assert_empty, assert_live, base, engine, other, register};

/// CVE-2024-47813 in full: an entry is seen at zero twice, and between the two removals another
/// type takes its slot. Two threads, every order.
#[test]
fn test_bug_slot_reuse() {
    let outcomes = explore(None, || {
        let engine = engine();
        let old = register(&engine, base());
        let index = old.index();
        let dropping = thread::spawn(move || drop(old));
        drop(register(&engine, base()));
        let new = register(&engine, other());
        dropping.join().unwrap();
        assert_live(&engine, &new, &other());
        assert_eq!(new.registrations(), 1);
        assert!(!engine.registry().contains(index));
        let reused = new.index().bits() == index.bits();
        drop(new);
        assert_empty(&engine, 2);
        reused
    });
    assert_eq!(outcomes, [false, true].into());
}

/// The same with a thread for each step, and the other type at zero when the late removal comes:
/// then a count alone cannot tell it from the old. Three threads, every
/// order.
#[test]
fn test_bug_double_unregister() {
    let outcomes = explore(None, || {
        let engine = engine();
        let old = register(&engine, base());
        let slot = old.index().bits();
        let dropping = thread::spawn(move || drop(old));
        let same_engine = engine.clone();
        let again = thread::spawn(move || drop(register(&same_engine, base())));
        let new = register(&engine, other());
        let reused = new.index().bits() == slot;
        drop(new);
        dropping.join().unwrap();
        again.join().unwrap();
        assert_empty(&engine, 2);
        reused
    });
    assert_eq!(outcomes, [false, true].into());
}

/// An old index never comes to mean the type that has its slot now. Three threads, every
/// order.
#[test]
fn test_s03_reuse_against_an_old_index() {
    let outcomes = explore(None, || {
        let engine = engine();
        let old = register(&engine, base());
        let index = old.index();
        let dropping = thread::spawn(move || drop(old));
        let same_engine = engine.clone();
        let looking = thread::spawn(move || {
            let found = same_engine.registry().borrow(index).unwrap();
            assert!(found.is_none_or(|ty| ty == base()));
            let rooted = RegisteredType::root(&same_engine, index).unwrap();
            rooted.is_some_and(|rooted| {
                assert_live(&same_engine, &rooted, &base());
                true
            })
        });
        let new = register(&engine, other());
        let reused = new.index().bits() == index.bits();
        assert_live(&engine, &new, &other());
        drop(new);
        dropping.join().unwrap();
        let rooted = looking.join().unwrap();
        assert_empty(&engine, 2);
        (reused, rooted)
    });
    assert_eq!(outcomes.len(), 4);
}

/// All of it at once: a last drop, a registration of the same type, a root by its index, another
/// type for its slot. Four threads, at most three interruptions.
#[test]
fn test_bug_slot_reuse_among_four() {
    let outcomes = explore(Some(3), || {
        let engine = engine();
        let old = register(&engine, base());
        let index = old.index();
        let dropping = thread::spawn(move || drop(old));
        let same_engine = engine.clone();
        let again = thread::spawn(move || drop(register(&same_engine, base())));
        let same_engine = engine.clone();
        let rooting = thread::spawn(move || {
            let rooted = RegisteredType::root(&same_engine, index).unwrap();
            rooted.is_some()
        });
        let new = register(&engine, other());
        let reused = new.index().bits() == index.bits();
        dropping.join().unwrap();
        again.join().unwrap();
        let rooted = rooting.join().unwrap();
        assert_live(&engine, &new, &other());
        assert_eq!(new.registrations(), 1);
        drop(new);
        assert_empty(&engine, 2);
        (reused, rooted)
    });
    assert_eq!(outcomes.len(), 4);
}
