//! Events: S14, S15, K5, K7, K8.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use typereg::types::{ModuleTypeIndex, RecGroup, SubType};
use typereg::{Engine, RegisteredType, TypeCollection};

use super::{below, collect, cycle, module, open, plain, referring, register};
use crate::support::{Event, events_of, listen, within};

fn summaries(events: &[Event]) -> Vec<String> {
    events.iter().map(Event::summary).collect()
}

#[test]
fn s15_an_event_is_written_as_the_contract_says() {
    let engine = Engine::default();
    let _three: Vec<_> = (0..4)
        .map(|number| register(&engine, plain(number)))
        .collect();
    let group = engine.register_group(&cycle()).expect("valid");
    let lines = Rc::new(Cell::new(String::new()));
    let heard = Rc::clone(&lines);
    let copy = listen(move |line| heard.set(line.to_string()), || group[0].clone());
    assert_eq!(lines.take(), "#1 incref group=4,5 registrations=3: clone");
    drop(copy);
}

#[test]
fn s15_events_of_one_thread_are_in_order_and_numbered_by_registry() {
    let engine = Engine::default();
    let ((), events) = events_of(|| {
        let one = register(&engine, plain(0));
        let two = register(&engine, plain(0));
        let three = two.clone();
        let root = RegisteredType::root(&engine, one.index());
        drop((one, two, three, root));
    });
    let expected = [
        "create 0 1",
        "hit 0 2",
        "incref 0 3",
        "incref 0 4",
        "decref 0 3",
        "decref 0 2",
        "decref 0 1",
        "decref 0 0",
        "remove 0 0",
    ];
    assert_eq!(summaries(&events), expected);
    let numbers: Vec<u64> = events.iter().map(|event| event.number).collect();
    assert_eq!(numbers, (1..=9).collect::<Vec<_>>());
    let (_, events) = events_of(|| register(&Engine::default(), plain(0)));
    assert_eq!(
        events[0].number, 1,
        "another registry's numbers are its own"
    );
}

#[test]
fn s15_who_does_not_listen_is_told_nothing_and_numbers_stand_still() {
    let engine = Engine::default();
    drop(register(&engine, plain(0)));
    let (_handle, events) = events_of(|| register(&engine, plain(0)));
    assert_eq!((events.len(), events[0].number), (1, 1));
}

#[test]
fn k05_creation_counts_its_edges_in_order_and_then_is_created() {
    let engine = Engine::default();
    let parent = register(&engine, open(plain(0)));
    let other = register(&engine, plain(9));
    let (a, b) = (parent.index(), other.index());
    let group = RecGroup::new([
        SubType::plain(referring(&[b, a])),
        below(a, referring(&[b])),
        SubType::plain(referring(&[a])),
    ]);
    let (handles, events) = events_of(|| engine.register_group(&group).expect("valid"));
    // Members by position; the supertype before the fields; then one handle per member.
    let expected = [
        "incref 1 2",
        "incref 0 2",
        "incref 0 3",
        "incref 1 3",
        "incref 0 4",
        "create 2,3,4 1",
        "incref 2,3,4 2",
        "incref 2,3,4 3",
    ];
    assert_eq!(summaries(&events), expected);
    drop(handles);
}

#[test]
fn k08_removal_goes_by_edges_in_order_and_what_was_pushed_last_goes_next() {
    let engine = Engine::default();
    let leaf = register(&engine, plain(0));
    let left = register(&engine, referring(&[leaf.index()]));
    let right = register(&engine, referring(&[leaf.index(), leaf.index()]));
    let top = register(&engine, referring(&[left.index(), right.index()]));
    drop((leaf, left, right));
    let ((), events) = events_of(|| drop(top));
    let expected = [
        "decref 3 0",
        "decref 1 0",
        "decref 2 0",
        "remove 3 0",
        // `right` was pushed last.
        "decref 0 2",
        "decref 0 1",
        "remove 2 0",
        "decref 0 0",
        "remove 1 0",
        "remove 0 0",
    ];
    assert_eq!(summaries(&events), expected);
    // Slots were freed in the order 3, 2, 1, 0.
    assert_eq!(register(&engine, plain(5)).index().bits(), 0);
}

#[test]
fn k07_a_collection_is_closed_in_declaration_order() {
    let engine = Engine::default();
    let types = collect(
        &engine,
        "(type $a (struct)) (type $b (struct (field (ref $a)))) (type $c (func)) \
         (type $b2 (struct (field (ref $a))))",
    );
    let ((), events) = events_of(|| drop(types));
    let expected = [
        "decref 0 1",
        "decref 1 1",
        "decref 2 0",
        "remove 2 0",
        "decref 1 0",
        "decref 0 0",
        "remove 1 0",
        "remove 0 0",
    ];
    assert_eq!(summaries(&events), expected);
}

#[test]
fn k07_so_is_one_of_large_groups() {
    let engine = Engine::default();
    let large = "(rec (type (struct)) (type (func)) (type (array i8)) (type (struct)))";
    let larger = large.replace("i8", "i16");
    let types = collect(
        &engine,
        &format!("{large} (rec) (type (func)) {larger} {large}"),
    );
    let ((), events) = events_of(|| drop(types));
    let expected = [
        "decref 0,1,2,3 1",
        "decref 4 0",
        "remove 4 0",
        "decref 5,6,7,8 0",
        "remove 5,6,7,8 0",
        "decref 0,1,2,3 0",
        "remove 0,1,2,3 0",
    ];
    assert_eq!(summaries(&events), expected);
    assert!(engine.registry().is_empty());
}

#[test]
fn k02_k10_a_module_is_registered_in_declaration_order() {
    let engine = Engine::default();
    let module = module("(type $a (struct)) (rec) (type (array (ref $a))) (type (struct))");
    let load = || TypeCollection::new_for_module(&engine, &module).expect("valid");
    let (one, events) = events_of(load);
    let expected = ["create 0 1", "incref 0 2", "create 1 1", "hit 0 3"];
    assert_eq!(summaries(&events), expected);
    let (two, events) = events_of(load);
    assert_eq!(summaries(&events), ["hit 0 4", "hit 1 2", "hit 0 5"]);
    drop((one, two));
}

#[test]
fn s15_a_logger_may_use_the_registry() {
    within(60, "a logger that uses the registry", || {
        let engine = Engine::default();
        let inside = engine.clone();
        let heard = Rc::new(Cell::new(0));
        let count = Rc::clone(&heard);
        listen(
            move |_| {
                count.set(count.get() + 1);
                let handle = register(&inside, plain(7));
                assert_eq!(
                    inside
                        .registry()
                        .borrow(handle.index())
                        .map(|ty| ty.is_some()),
                    Ok(true)
                );
                let _stats = inside.registry().stats();
                drop(collect(&inside, "(type (struct)) (type (func))"));
            },
            || {
                let handle = register(&engine, plain(0));
                drop(collect(
                    &engine,
                    "(type $a (array i8)) (type (array (ref $a)))",
                ));
                drop(handle);
            },
        );
        assert!(heard.get() > 10);
        assert!(engine.registry().is_empty());
    });
}

#[test]
fn s14_an_entry_registered_again_before_its_removal_stays() {
    // A loader holds the read lock while it counts known groups, the last of which has but one
    // handle. That handle goes as soon as the first group is counted: its owner sees zero and
    // waits for the lock, the loader finds the group, and the owner looks again.
    const GROUPS: usize = 50_000;
    let engine = Engine::default();
    let mut source = String::from("(type (func (param f32)))");
    let mut known = String::from("(type (func (param f32)))");
    for number in 0..GROUPS {
        // Distinct by the digits of the number.
        let digits: String = (0..16)
            .map(|bit| {
                if number >> bit & 1 == 1 {
                    "i32 "
                } else {
                    "i64 "
                }
            })
            .collect();
        let ty = format!("(type (func (param {digits})))");
        source += &ty;
        known += &ty;
    }
    source += "(type (func (param f64)))";
    let kept = collect(&engine, &known);
    let first = kept.registered_type(ModuleTypeIndex(0)).expect("in range");
    let all = module(&source);
    let seen = within(120, "resurrection", || {
        (0..50).any(|_| {
            let last =
                TypeCollection::new_for_module(&engine, &module("(type (func (param f64)))"))
                    .expect("valid");
            let last = {
                let handle = last.registered_type(ModuleTypeIndex(0)).expect("in range");
                drop(last);
                handle
            };
            let index = last.index();
            let before = first.registrations();
            let go = AtomicBool::new(false);
            thread::scope(|scope| {
                let loader = scope.spawn(|| {
                    while !go.load(Ordering::Acquire) {
                        std::hint::spin_loop();
                    }
                    TypeCollection::new_for_module(&engine, &all).expect("valid")
                });
                let ((), events) = events_of(|| {
                    go.store(true, Ordering::Release);
                    while first.registrations() == before {
                        std::hint::spin_loop();
                    }
                    drop(last);
                });
                let types = loader.join().expect("no panic");
                let operations: Vec<&str> = events
                    .iter()
                    .map(|event| event.operation.as_str())
                    .collect();
                let again = types.as_module_map().last().copied();
                match operations[..] {
                    ["decref", "resurrect"] => {
                        assert_eq!((events[0].registrations, events[1].registrations), (0, 1));
                        assert_eq!(again, Some(index), "the same type, not another one");
                        true
                    }
                    // The loader was there first, or not before the removal.
                    ["decref"] | ["decref", "remove"] => false,
                    _ => panic!("{operations:?}"),
                }
            })
        })
    });
    assert!(seen, "no resurrection in fifty tries");
    drop((kept, first));
    assert!(engine.registry().is_empty());
}
