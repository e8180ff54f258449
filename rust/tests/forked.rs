//! What is left of an engine after a fork (P9), with threads that stand for those a fork leaves
//! behind. A binary of its own, because it is told of forks as a whole.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use typereg::types::{FuncType, ModuleTypeIndex, StructType, SubType, ValType};
use typereg::{Engine, Error, Features, Limits, Module, RegisteredType, TypeCollection};

/// So many different function types, which take a while to remove.
fn giant(engine: &Engine, count: usize) -> Module {
    let letters = ["i32", "i64", "f32", "f64"];
    let ty = |number: usize| {
        let letter = |place: usize| letters[number >> (2 * place) & 3];
        let params: Vec<_> = (0..9).map(letter).collect();
        format!("(type (func (param {})))", params.join(" "))
    };
    let types: String = (0..count).map(ty).collect();
    engine.decode_wat(&format!("(module {types})")).unwrap()
}

fn engine() -> Engine {
    Engine::new(Limits::spec(), Features::default())
}

fn open() -> SubType {
    SubType {
        is_final: false,
        ..SubType::plain(StructType::new([]))
    }
}

fn works(engine: &Engine) {
    assert_eq!(engine.check_fork(), Ok(()));
    let before = engine.registry().len();
    let new = FuncType::new([ValType::Num(typereg::types::NumType::I32)], []);
    drop(RegisteredType::new(engine, new).unwrap());
    assert_eq!(engine.registry().len(), before);
}

/// A fork is told to the whole process, so the tests take turns.
static TURN: Mutex<()> = Mutex::new(());

#[test]
fn p09_held_is_lost_and_free_works() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let (free, busy) = (engine(), engine());
    let handle = RegisteredType::new(&free, open()).unwrap();
    let kept = TypeCollection::new_for_module(
        &busy,
        &busy.decode_wat("(module (type (sub (struct))))").unwrap(),
    )
    .unwrap();
    let mine = kept.registered_type(ModuleTypeIndex(0)).unwrap();
    let loaded = TypeCollection::new_for_module(&busy, &giant(&busy, 50_000)).unwrap();
    let first = loaded.registered_type(ModuleTypeIndex(0)).unwrap();
    assert_eq!(first.registrations(), 2);

    let closing = thread::spawn(move || drop(loaded));
    // The first of many counts that go down under the write lock: it is held now.
    while first.registrations() == 2 {
        std::hint::spin_loop();
    }
    typereg::after_fork_in_child();
    assert_eq!(busy.check_fork(), Err(Error::Forked));
    works(&free);
    // The thread ends here, as it would not in a child. What was found stays.
    closing.join().unwrap();
    assert_eq!(busy.check_fork(), Err(Error::Forked));

    // What needs the lock says so.
    let (index, module) = (
        first.index(),
        free.decode_wat("(module (type (func)))").unwrap(),
    );
    let forked = Some(Error::Forked);
    let (registry, ty) = (busy.registry(), open());
    let value =
        typereg::matching::Matchable::Heap(typereg::types::HeapType::Concrete(index.into()));
    assert_eq!(RegisteredType::new(&busy, ty.clone()).err(), forked);
    assert_eq!(RegisteredType::root(&busy, index).err(), forked);
    assert_eq!(TypeCollection::new_for_module(&busy, &module).err(), forked);
    assert_eq!(registry.borrow(index).err(), forked);
    assert_eq!(registry.referrers(index).err(), forked);
    assert_eq!(busy.matches(&value, &value).err(), forked);
    assert_eq!(kept.matches(&value, &value).err(), forked);

    // What does not answers.
    let copy = mine.clone();
    assert_eq!(copy, mine);
    assert_eq!(mine.is_subtype_of(&copy), Ok(true));
    assert_eq!(
        kept.module_local_type(mine.index()),
        Ok(Some(ModuleTypeIndex(0)))
    );
    // Drops do nothing.
    assert_eq!(mine.registrations(), 3);
    drop(copy);
    drop(kept);
    assert_eq!(mine.registrations(), 3);

    // A fork later, what was free and what was made in between is looked at again.
    let made_between = engine();
    let between = RegisteredType::new(&made_between, open()).unwrap();
    typereg::after_fork_in_child();
    works(&free);
    works(&made_between);
    works(&engine());
    assert_eq!(busy.check_fork(), Err(Error::Forked));
    assert_eq!(handle.registrations(), 1);
    drop((handle, between));
    assert!(free.registry().is_empty() && made_between.registry().is_empty());
    // A lost engine keeps its memory for ever where its types have had handles. Here it stays in
    // reach of who looks for leaks.
    LOST.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(busy);
}

static LOST: Mutex<Vec<Engine>> = Mutex::new(Vec::new());

/// A lost engine whose types have had no handles dies with them alive: that is exempt from clause
/// S16. Without a handle nothing shows that the lock is held, so it is tried until it was.
#[test]
fn s16_p09_a_lost_engine_may_die_with_live_types() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let is_lost = (0..100).any(|_| {
        let engine = engine();
        let small = engine.decode_wat("(module (type (struct)))").unwrap();
        let kept = TypeCollection::new_for_module(&engine, &small).unwrap();
        let closed = TypeCollection::new_for_module(&engine, &giant(&engine, 10_000)).unwrap();
        let is_closing = AtomicBool::new(false);
        let verdict = thread::scope(|scope| {
            scope.spawn(|| {
                is_closing.store(true, Ordering::Release);
                drop(closed);
            });
            while !is_closing.load(Ordering::Acquire) {
                std::hint::spin_loop();
            }
            thread::sleep(Duration::from_millis(1));
            typereg::after_fork_in_child();
            engine.check_fork()
        });
        drop(kept);
        verdict.is_err()
    });
    assert!(is_lost, "the lock was free at each of 100 forks");
}

/// Threads of a child that come at once find the same, whoever looks first.
#[test]
fn p09_many_threads_look_at_once() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for _ in 0..50 {
        let engine = engine();
        let handle = RegisteredType::new(&engine, open()).unwrap();
        typereg::after_fork_in_child();
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let rooted = RegisteredType::root(&engine, handle.index()).unwrap();
                        assert_eq!(rooted.as_ref(), Some(&handle));
                        works_alone(&engine);
                    }
                });
            }
        });
    }
}

fn works_alone(engine: &Engine) {
    assert_eq!(engine.check_fork(), Ok(()));
    drop(RegisteredType::new(engine, FuncType::new([], [])).unwrap());
}
