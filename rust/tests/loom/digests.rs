//! A digest that is being looked at, against the end of the types that it is of. That the table of
//! digests holds none of a dead group is asserted at each registry's end.

use loom::thread;

use crate::explore::explore;
use crate::fixtures::{assert_empty, base, engine, holder, other, register};

/// One thread looks, through a handle of its own, while another drops the last other handle and
/// takes the slot for a new type. Two threads, every order.
#[test]
fn test_g07_digest_against_last_drop() {
    let outcomes = explore(None, || {
        let engine = engine();
        let handle = register(&engine, base());
        let looking = handle.clone();
        let look = thread::spawn(move || {
            let digest = looking.digest().unwrap();
            drop(looking);
            digest
        });
        let index = handle.index();
        drop(handle);
        let next = register(&engine, other());
        let own = next.digest().unwrap();
        let digest = look.join().unwrap();
        assert_ne!(digest, own);
        let reused = next.index().bits() == index.bits();
        drop(next);
        assert_empty(&engine, 2);
        reused
    });
    assert_eq!(outcomes, [false, true].into());
}

/// Two threads look at two types of which one refers to the other, and each drops its handle. At
/// most two interruptions.
#[test]
fn test_g07_digest_against_digest() {
    explore(Some(2), || {
        let engine = engine();
        let target = register(&engine, base());
        let referring = register(&engine, holder(target.index()));
        let look = thread::spawn(move || referring.digest().unwrap());
        let inner = target.digest().unwrap();
        drop(target);
        assert_ne!(look.join().unwrap(), inner);
        assert_empty(&engine, 2);
    });
}
