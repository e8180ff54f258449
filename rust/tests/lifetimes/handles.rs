//! Handles and indices: S1 to S8, S12, S13, K1, K3, K4, K6.

use std::collections::{HashMap, HashSet};

use typereg::types::{Part, Place, RecGroup, RecIndex, StorageType, SubType, TypeIndex, ValType};
use typereg::{Engine, Error, RegisteredType};

use super::{below, cycle, field, open, plain, reference, referring, register};
use typereg::types::{CompositeType, ModuleTypeIndex, StructType};

#[test]
fn s01_copies_of_an_engine_share_its_registry() {
    let engine = Engine::default();
    let copy = engine.clone();
    let handle = register(&engine, plain(1));
    assert_eq!(copy.registry().len(), 1);
    assert_eq!(register(&copy, plain(1)), handle);
    assert_eq!((&copy, copy.id()), (&engine, engine.id()));
    assert_ne!(engine, Engine::default());
    assert_eq!(HashSet::from([engine.clone(), copy, engine]).len(), 1);
}

#[test]
fn s02_an_equal_type_adds_to_the_registrations_of_the_live_one() {
    let engine = Engine::default();
    let one = register(&engine, plain(1));
    assert_eq!(one.registrations(), 1);
    let two = register(&engine, SubType::plain(plain(1)));
    assert_eq!(one.index(), two.index());
    assert_eq!((one.registrations(), two.registrations()), (2, 2));
    let other = register(&engine, open(plain(1)));
    assert_ne!(one.index(), other.index());
    assert_eq!((one.registrations(), other.registrations()), (2, 1));
}

#[test]
fn s03_slots_are_dense_and_the_one_freed_last_is_reused_first() {
    let engine = Engine::default();
    let mut handles: Vec<_> = (0..5)
        .map(|number| register(&engine, plain(number)))
        .collect();
    let slots = |handles: &[RegisteredType]| -> Vec<u32> {
        handles.iter().map(|handle| handle.index().bits()).collect()
    };
    assert_eq!(slots(&handles), [0, 1, 2, 3, 4]);
    let old = handles[1].index();
    drop(handles.remove(1));
    drop(handles.remove(2));
    let new: Vec<_> = (5..8)
        .map(|number| register(&engine, plain(number)))
        .collect();
    assert_eq!(slots(&new), [3, 1, 5]);
    assert_eq!(engine.registry().stats().capacity, 6);

    let index = new[1].index();
    assert_eq!(index.bits(), old.bits());
    assert_ne!(index, old);
    assert!(index.generation() > old.generation());
    assert!(engine.registry().contains(index) && !engine.registry().contains(old));
    assert_eq!(index.engine_id(), engine.id());
}

#[test]
fn s03_k06_a_freed_group_gives_its_slots_back_in_ascending_order() {
    let engine = Engine::default();
    let group = RecGroup::new([plain(0), plain(1), plain(2)].map(SubType::plain));
    let first = engine.register_group(&group).expect("valid");
    let second = engine.register_group(&cycle()).expect("valid");
    drop(first);
    // Slots 0, 1, 2 were freed in this order; a group need not lie side by side.
    let slots = |handles: &[RegisteredType]| -> Vec<u32> {
        handles.iter().map(|handle| handle.index().bits()).collect()
    };
    let single = register(&engine, plain(9));
    assert_eq!(single.index().bits(), 2);
    let four = RecGroup::new([3, 4, 5, 6].map(plain).map(SubType::plain));
    let four = engine.register_group(&four).expect("valid");
    assert_eq!(slots(&four), [1, 0, 5, 6]);
    assert_eq!(slots(&second), [3, 4]);
    for (handle, position) in four.iter().zip(0..) {
        assert_eq!(handle.position(), position);
        let same = RegisteredType::root(&engine, handle.index()).expect("own");
        assert_eq!(same.as_ref(), Some(handle));
    }
}

#[test]
fn s04_references_of_a_registered_type_are_shared_indices() {
    let engine = Engine::default();
    let handles = engine.register_group(&cycle()).expect("valid");
    let target = handles[1].index();
    let expected = SubType::plain(StructType::new([field(reference(target))]));
    assert_eq!(handles[0].sub_type(), expected);
    assert_eq!(
        engine.registry().borrow(handles[0].index()),
        Ok(Some(expected))
    );
    assert_eq!(handles[0].group(), cycle());

    let outer = register(&engine, referring(&[target]));
    assert_eq!(outer.sub_type(), SubType::plain(referring(&[target])));
    assert_eq!(handles[0].registrations(), 3);
}

#[test]
fn s05_a_type_that_is_not_canonical_is_refused() {
    let engine = Engine::default();
    let by_module = StructType::new([field(reference(ModuleTypeIndex(0)))]);
    let by_position = StructType::new([field(reference(RecIndex(0)))]);
    let supertype = below(RecIndex(0), plain(0));
    for ty in [
        SubType::plain(by_module),
        SubType::plain(by_position),
        supertype,
    ] {
        let result = RegisteredType::new(&engine, ty);
        assert!(
            matches!(result, Err(Error::NotCanonical { .. })),
            "{result:?}"
        );
    }
    let index = register(&engine, plain(0)).index();
    let stale = |part| {
        Some(Error::StaleIndex {
            index,
            place: Some(Place { member: 0, part }),
        })
    };
    let result = RegisteredType::new(&engine, referring(&[index]));
    assert_eq!(result.err(), stale(Part::Field(0)));
    let result = RegisteredType::new(&engine, below(index, plain(0)));
    assert_eq!(result.err(), stale(Part::Supertype));
    assert!(engine.registry().is_empty());
    assert_eq!(engine.registry().stats().misses, 1);
}

#[test]
fn s06_root_of_a_live_index_owns_and_of_a_freed_one_is_none() {
    let engine = Engine::default();
    let handle = register(&engine, plain(0));
    let index = handle.index();
    let rooted = RegisteredType::root(&engine, index)
        .expect("own")
        .expect("live");
    assert_eq!(rooted.registrations(), 2);
    drop(handle);
    assert_eq!((rooted.registrations(), rooted.index()), (1, index));
    drop(rooted);
    assert_eq!(RegisteredType::root(&engine, index), Ok(None));
    let _in_its_slot = register(&engine, plain(1));
    assert_eq!(RegisteredType::root(&engine, index), Ok(None));
}

#[test]
fn s07_copies_and_drops_count() {
    let engine = Engine::default();
    let handle = register(&engine, plain(0));
    let copies: Vec<_> = (0..10).map(|_| handle.clone()).collect();
    assert_eq!(handle.registrations(), 11);
    drop(copies);
    assert_eq!(handle.registrations(), 1);
    drop(handle);
    assert!(engine.registry().is_empty());
}

#[test]
fn s07_a_handle_keeps_its_engine() {
    let handle = register(&Engine::default(), plain(0));
    let engine = handle.engine().clone();
    assert_eq!(engine.registry().len(), 1);
    drop(handle);
    assert!(engine.registry().is_empty());
}

#[test]
// A handle's hash and equality are by identity, which nothing in it can change.
#[allow(clippy::mutable_key_type)]
fn s08_a_handle_dereferences_and_compares_by_identity() {
    let engine = Engine::default();
    let handles = engine.register_group(&RecGroup::new([plain(2), plain(2)].map(SubType::plain)));
    let [one, two] = &handles.expect("valid")[..] else {
        panic!("two handles")
    };
    assert!(one.is_final && one.supertype.is_none());
    let CompositeType::Struct(ty) = &one.composite else {
        panic!("a structure")
    };
    assert_eq!(ty.fields.len(), 2);
    assert_eq!(**one, one.sub_type());

    // Members of equal structure are different types (clause G1).
    assert_ne!(one, two);
    assert_eq!(**one, **two);
    let again = RegisteredType::root(&engine, one.index())
        .expect("own")
        .expect("live");
    let map = HashMap::from([(one.clone(), 1), (two.clone(), 2)]);
    assert_eq!((map.get(&again), map.len()), (Some(&1), 2));

    let elsewhere = Engine::default();
    let foreign = elsewhere.register_group(&one.group()).expect("valid");
    assert_eq!(foreign[0].index().bits(), one.index().bits());
    assert_ne!(&foreign[0], one);
    assert_ne!(foreign[0].index(), one.index());
    assert_eq!(*foreign[0], **one);
}

#[test]
fn s12_borrow_roots_nothing_and_stays_readable() {
    let engine = Engine::default();
    let handle = register(&engine, plain(3));
    let index = handle.index();
    let borrowed = engine.registry().borrow(index).expect("own").expect("live");
    assert_eq!(handle.registrations(), 1);
    drop(handle);
    assert_eq!(borrowed, SubType::plain(plain(3)));
    assert_eq!(engine.registry().borrow(index), Ok(None));
}

#[test]
fn s13_k05_references_between_groups_count_and_go_with_the_referring_group() {
    let engine = Engine::default();
    let leaf = register(&engine, open(plain(0)));
    let other = register(&engine, plain(1));
    let index = leaf.index();
    let user = StructType::new([
        field(reference(index)),
        field(reference(other.index())),
        field(reference(index)),
    ]);
    let user = register(&engine, below(index, user));
    assert_eq!((leaf.registrations(), other.registrations()), (4, 2));
    let stats = engine.registry().stats();
    assert_eq!(
        (stats.edges, stats.external, stats.registrations),
        (4, 3, 7)
    );
    // A hit adds no edges.
    let again = register(&engine, user.sub_type());
    assert_eq!((leaf.registrations(), again.registrations()), (4, 2));
    drop((leaf, other));
    assert_eq!(engine.registry().len(), 3);
    drop((user, again));
    assert!(engine.registry().is_empty());
    assert_eq!(engine.registry().stats().edges, 0);
}

#[test]
fn k01_k03_members_share_their_groups_count() {
    let engine = Engine::default();
    let handles = engine.register_group(&cycle()).expect("valid");
    // Own references count for nothing.
    assert_eq!(handles[0].registrations(), 2);
    assert_eq!(handles[1].registrations(), 2);
    let copy = handles[1].clone();
    assert_eq!(handles[0].registrations(), 3);
    let index = handles[0].index();
    drop(handles);
    assert_eq!(copy.registrations(), 1);
    assert!(
        engine.registry().contains(index),
        "a sibling keeps the group"
    );
    drop(copy);
    assert!(engine.registry().is_empty());
}

#[test]
fn k01_k03_an_empty_group_touches_nothing() {
    let engine = Engine::default();
    let handles = engine.register_group(&RecGroup::new([])).expect("valid");
    assert!(handles.is_empty());
    assert_eq!(engine.registry().stats(), typereg::Stats::default());
}

#[test]
fn k04_supertypes_are_handles_of_their_own() {
    let engine = Engine::default();
    let mut chain = vec![register(&engine, open(plain(0)))];
    for number in 1..5 {
        let parent = chain[number - 1].index();
        chain.push(register(&engine, below(parent, plain(number))));
    }
    let last = chain.pop().expect("five types");
    let count = |handle: &RegisteredType| handle.registrations();
    assert_eq!(count(&chain[3]), 2);
    let supertype = last.supertype().expect("a supertype");
    assert_eq!((&supertype, count(&supertype)), (&chain[3], 3));
    let above = last.supertypes();
    let expected: Vec<_> = chain.iter().rev().cloned().collect();
    assert_eq!(above, expected);
    assert_eq!(count(&above[0]), 5);
    assert_eq!(count(&last), 1);
    assert_eq!(chain[0].supertype(), None);
    // Looking at a type is net nothing.
    let _ = (last.sub_type(), last.group(), last.is_subtype_of(&chain[0]));
    let _ = (last.index(), last.position(), last.composite.kind());
    assert_eq!((count(&last), count(&chain[3])), (1, 5));
}

#[test]
fn g09_referrers_are_those_that_refer_as_supertype_or_within_the_group_too() {
    let engine = Engine::default();
    let parent = register(&engine, open(plain(0)));
    let child = register(&engine, below(parent.index(), plain(1)));
    let user = register(
        &engine,
        referring(&[child.index(), parent.index(), parent.index()]),
    );
    let pair = engine.register_group(&cycle()).expect("valid");
    let referrers = |handle: &RegisteredType| engine.registry().referrers(handle.index());
    assert_eq!(referrers(&parent), Ok(vec![child.index(), user.index()]));
    assert_eq!(referrers(&child), Ok(vec![user.index()]));
    assert_eq!(referrers(&user), Ok(vec![]));
    assert_eq!(referrers(&pair[0]), Ok(vec![pair[1].index()]));
    let index = user.index();
    drop(user);
    let stale = engine.registry().referrers(index);
    assert_eq!(stale, Err(Error::StaleIndex { index, place: None }));
}

/// Spelled with slots, a type with a stale reference can be equal to a registered one: one that
/// refers to what has the slot now. It must not be found as that.
#[test]
fn s05_a_stale_reference_is_not_the_slots_new_type() {
    let engine = Engine::default();
    let old = register(&engine, plain(1));
    let stale = old.index();
    drop(old);
    let new = register(&engine, plain(2));
    assert_eq!(new.index().bits(), stale.bits());
    let user = register(&engine, referring(&[new.index()]));
    let error = RegisteredType::new(&engine, referring(&[stale])).err();
    let refused = Some(Error::StaleIndex {
        index: stale,
        place: Some(Place {
            member: 0,
            part: Part::Field(0),
        }),
    });
    assert_eq!(error, refused);
    let group = RecGroup::new([SubType::plain(referring(&[stale]))]);
    let error = engine.register_group(&group).err();
    assert_eq!(error, refused);
    assert_eq!(user.registrations(), 1);
}

#[test]
fn g09_live_indices_are_listed_by_slot() {
    let engine = Engine::default();
    let mut handles: Vec<_> = (0..4)
        .map(|number| register(&engine, plain(number)))
        .collect();
    drop(handles.remove(1));
    let expected: Vec<_> = handles.iter().map(RegisteredType::index).collect();
    assert_eq!(engine.registry().indices(), expected);
    assert_eq!(engine.registry().len(), 3);
}

#[test]
fn g06_own_members_are_referred_to_by_position_only_in_a_group() {
    let engine = Engine::default();
    let outside = RecGroup::new([SubType::plain(StructType::new([field(reference(
        RecIndex(1),
    ))]))]);
    let result = engine.register_group(&outside);
    assert!(
        matches!(result, Err(Error::Validation { .. })),
        "{result:?}"
    );
    let by_module: TypeIndex = ModuleTypeIndex(0).into();
    let storage: StorageType = ValType::into(reference(by_module));
    let group = RecGroup::new([SubType::plain(StructType::new([field(storage)]))]);
    let result = engine.register_group(&group);
    assert!(
        matches!(result, Err(Error::NotCanonical { .. })),
        "{result:?}"
    );
    assert!(engine.registry().is_empty());
}
