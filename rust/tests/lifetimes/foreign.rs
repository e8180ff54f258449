//! Indices and handles of another engine are refused on every argument (F2).

use typereg::matching::Matchable;
use typereg::types::{HeapType, RecGroup, SharedTypeIndex, SubType};
use typereg::{Engine, Error, RegisteredType, Result};

use super::{below, collect, open, plain, referring, register};

fn assert_foreign<T: std::fmt::Debug>(what: &str, result: Result<T>) {
    assert!(
        matches!(result, Err(Error::ForeignEngine { .. })),
        "{what}: {result:?}"
    );
}

#[test]
fn f02_another_engines_index_is_refused_on_every_argument() {
    let (engine, elsewhere) = (Engine::default(), Engine::default());
    // The same slot and generation here as there.
    let own = register(&engine, open(plain(0)));
    let handle = register(&elsewhere, open(plain(0)));
    let foreign = handle.index();
    assert_eq!(foreign.bits(), own.index().bits());
    assert_eq!(foreign.generation(), own.index().generation());
    let types = collect(&engine, "(type (struct (field i64)))");
    let before = engine.registry().stats();

    assert_foreign("root", RegisteredType::root(&engine, foreign));
    assert_foreign("borrow", engine.registry().borrow(foreign));
    assert_foreign("referrers", engine.registry().referrers(foreign));
    assert_foreign("module_local_type", types.module_local_type(foreign));
    assert_foreign("is_subtype_of", own.is_subtype_of(&handle));
    assert!(!engine.registry().contains(foreign));

    let heap = |index: SharedTypeIndex| Matchable::Heap(HeapType::Concrete(index.into()));
    let (here, there) = (heap(own.index()), heap(foreign));
    assert_foreign("matches, left", engine.matches(&there, &here));
    assert_foreign("matches, right", engine.matches(&here, &there));
    assert_foreign("collection matches, left", types.matches(&there, &here));
    assert_foreign("collection matches, right", types.matches(&here, &there));

    let nested = SubType::plain(referring(&[own.index(), foreign]));
    let child = below(foreign, plain(0));
    for (what, ty) in [("a nested reference", nested), ("a supertype", child)] {
        assert_foreign(what, RegisteredType::new(&engine, ty.clone()));
        let group = RecGroup::new([SubType::plain(plain(7)), ty]);
        assert_foreign(what, engine.register_group(&group));
    }
    assert_eq!(engine.registry().stats(), before);
}

#[test]
fn f02_a_dead_engines_index_is_foreign_to_a_later_one() {
    let index = register(&Engine::default(), plain(0)).index();
    let engine = Engine::default();
    let _own = register(&engine, plain(0));
    assert_foreign("root", RegisteredType::root(&engine, index));
    assert!(!engine.registry().contains(index));
}
