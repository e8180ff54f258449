//! All of it is `Send + Sync`, and counts are exact however threads interleave (S17).

use std::collections::HashSet;
use std::thread;

use typereg::matching::Matchable;
use typereg::types::{
    AbsHeapType, ArrayType, CompositeType, ContType, EngineId, ExternKind, ExternType, FieldType,
    FuncType, GlobalType, HeapType, Hierarchy, Kind, MemoryType, ModuleTypeIndex, NumType,
    PackedType, RecGroup, RecIndex, RefType, SharedTypeIndex, StorageType, StructType, SubType,
    TableType, TagType, TypeIndex, ValType, VecType,
};
use typereg::{
    Engine, Error, ExportType, Feature, Features, ImportType, Limits, Module, RegisteredType,
    Stats, TypeCollection, TypeRegistry,
};

use super::{below, cycle, module, open, plain, referring, register};
use crate::support::{Barrier, Mutex, Rng, cases, events_of, seed, within};

#[test]
fn s17_every_public_type_is_send_and_sync() {
    fn is<T: Send + Sync>() {}
    is::<Engine>();
    is::<TypeRegistry>();
    is::<RegisteredType>();
    is::<TypeCollection>();
    is::<Module>();
    is::<Stats>();
    is::<Error>();
    is::<(Limits, Features, Feature)>();
    is::<(ImportType, ExportType, Matchable)>();
    is::<(AbsHeapType, Hierarchy, HeapType, RefType, Kind)>();
    is::<(
        NumType,
        VecType,
        PackedType,
        ValType,
        StorageType,
        FieldType,
    )>();
    is::<(FuncType, StructType, ArrayType, ContType, CompositeType)>();
    is::<(SubType, RecGroup)>();
    is::<(
        TableType,
        MemoryType,
        GlobalType,
        TagType,
        ExternType,
        ExternKind,
    )>();
    is::<(
        ModuleTypeIndex,
        RecIndex,
        SharedTypeIndex,
        TypeIndex,
        EngineId,
    )>();
}

const THREADS: usize = 4;

/// What all threads share.
struct Shared {
    engine: Engine,
    modules: Vec<Module>,
    /// Handles on their way from one thread to another.
    passed: Mutex<Vec<RegisteredType>>,
    /// Indices that may be stale.
    seen: Mutex<Vec<SharedTypeIndex>>,
}

/// What one thread holds.
#[derive(Default)]
struct Held {
    handles: Vec<RegisteredType>,
    collections: Vec<(TypeCollection, usize)>,
}

impl Shared {
    fn new(engine: Engine) -> Shared {
        let modules = [
            "(type (struct)) (type (sub (struct))) (type (func (param i32)))",
            "(type $s (sub (struct))) (type $t (sub $s (struct (field (ref $s))))) (type (array \
             (ref $t)))",
            "(rec (type $a (struct (field (ref null $b)))) (type $b (array (ref null $a)))) \
             (type (func (param (ref $a)) (result (ref $b))))",
            "(type (struct)) (rec) (type (struct)) (type (struct (field i32)))",
        ];
        Shared {
            engine,
            modules: modules.into_iter().map(module).collect(),
            passed: Mutex::default(),
            seen: Mutex::default(),
        }
    }

    fn step(&self, rng: &mut Rng, held: &mut Held) {
        let engine = &self.engine;
        let at = |rng: &mut Rng, length: usize| (length > 0).then(|| rng.below(length));
        match rng.below(12) {
            0 | 1 => held.handles.push(register(engine, plain(rng.below(4)))),
            2 => {
                let handles = engine.register_group(&cycle()).expect("valid");
                held.handles.extend(handles);
            }
            3 => {
                if let Some(at) = at(rng, held.handles.len()) {
                    let target = held.handles[at].index();
                    held.handles
                        .push(register(engine, referring(&[target, target])));
                }
            }
            4 => {
                let parent = register(engine, open(plain(1)));
                let child = register(engine, below(parent.index(), plain(2)));
                assert_eq!(child.is_subtype_of(&parent), Ok(true));
                assert_eq!(child.supertype().as_ref(), Some(&parent));
                held.handles.push(child);
            }
            5 => {
                let number = rng.below(self.modules.len());
                let types = TypeCollection::new_for_module(engine, &self.modules[number]);
                held.collections.push((types.expect("valid"), number));
            }
            6 => {
                if let Some(at) = at(rng, held.collections.len()) {
                    drop(held.collections.swap_remove(at));
                }
            }
            7 => {
                if let Some(at) = at(rng, held.collections.len()) {
                    let types = &held.collections[at].0;
                    let index = ModuleTypeIndex(rng.index(types.len() as u32));
                    held.handles.extend(types.registered_type(index));
                }
            }
            8 => {
                if let Some(at) = at(rng, held.handles.len()) {
                    held.handles.push(held.handles[at].clone());
                    self.seen
                        .lock()
                        .expect("unpoisoned")
                        .push(held.handles[at].index());
                }
            }
            9 => {
                let index = {
                    let mut seen = self.seen.lock().expect("unpoisoned");
                    at(rng, seen.len()).map(|at| seen.swap_remove(at))
                };
                if let Some(index) = index {
                    let rooted = RegisteredType::root(engine, index).expect("own");
                    if let Some(handle) = &rooted {
                        assert_eq!(handle.index(), index);
                        assert!(engine.registry().contains(index));
                        let _looked_at = (handle.sub_type(), handle.group());
                    }
                    held.handles.extend(rooted);
                    let _may_be_gone = engine.registry().borrow(index).expect("own");
                }
            }
            10 => {
                if let Some(at) = at(rng, held.handles.len()) {
                    let mut passed = self.passed.lock().expect("unpoisoned");
                    passed.push(held.handles.swap_remove(at));
                    if passed.len() > 8 {
                        let first = passed.remove(0);
                        drop(passed);
                        held.handles.push(first);
                    }
                }
            }
            _ => {
                let keep = rng.below(held.handles.len() + 1);
                held.handles.truncate(keep);
            }
        }
    }
}

#[test]
fn s17_k11_counts_are_exact_after_four_threads() {
    let (seed, steps) = (seed(), cases(50_000));
    for (round, engine) in [
        Engine::default(),
        Engine::with_weak_hash(Limits::js_api(), Features::default(), 0),
    ]
    .into_iter()
    .enumerate()
    {
        let shared = Shared::new(engine);
        let barrier = Barrier::new(THREADS);
        let held: Vec<Held> = within(300, "four threads on one registry", || {
            thread::scope(|scope| {
                let threads: Vec<_> = (0..THREADS)
                    .map(|number| {
                        let (shared, barrier) = (&shared, &barrier);
                        scope.spawn(move || {
                            let number = (round * THREADS + number) as u64;
                            let mut rng = Rng::for_case(seed, number);
                            let mut held = Held::default();
                            barrier.wait();
                            for _ in 0..steps {
                                shared.step(&mut rng, &mut held);
                            }
                            held
                        })
                    })
                    .collect();
                let join = |thread: thread::ScopedJoinHandle<'_, Held>| thread.join();
                threads
                    .into_iter()
                    .map(|thread| join(thread).expect("no panic"))
                    .collect()
            })
        });
        let engine = shared.engine.clone();
        let passed = shared.passed.lock().expect("unpoisoned").len();
        let handles: usize = held.iter().map(|held| held.handles.len()).sum();
        let all = held.iter().flat_map(|held| &held.collections);
        // Occurrences of non-empty groups, by module.
        let occurrences: usize = all.map(|(_, number)| [3, 3, 2, 3][*number]).sum();
        let stats = engine.registry().stats();
        assert_eq!(stats.external as usize, passed + handles + occurrences);
        assert_eq!(stats.registrations, stats.external + stats.edges);
        assert_eq!(stats.types as usize, engine.registry().indices().len());
        drop(held);
        drop(shared);
        let stats = engine.registry().stats();
        assert_eq!((stats.types, stats.groups, stats.registrations), (0, 0, 0));
        assert_eq!((stats.edges, stats.bytes), (0, 0));
    }
}

#[test]
fn s17_f01_threads_that_create_and_drop_the_same_types_unregister_each_once() {
    let steps = cases(20_000);
    let engine = Engine::default();
    let module =
        module("(type $a (struct)) (type $b (array (ref $a))) (type (func (param (ref $b))))");
    within(300, "four threads on three types", || {
        thread::scope(|scope| {
            for number in 0..THREADS {
                let (engine, module) = (&engine, &module);
                scope.spawn(move || {
                    for step in 0..steps {
                        if (step + number) % 2 == 0 {
                            let types = TypeCollection::new_for_module(engine, module);
                            drop(types.expect("valid"));
                        } else {
                            let leaf = register(engine, plain(0));
                            let user = register(engine, referring(&[leaf.index()]));
                            drop(leaf);
                            drop(user.clone());
                            drop(user);
                        }
                    }
                });
            }
        });
    });
    let stats = engine.registry().stats();
    assert_eq!((stats.types, stats.registrations, stats.edges), (0, 0, 0));
    assert!(
        stats.capacity <= 4 * 5,
        "slots are reused: {}",
        stats.capacity
    );
}

/// Numbers that are given out without a lock: of engines, and of one engine's events.
#[test]
fn s15_s17_no_number_is_given_twice() {
    const EACH: usize = 2000;
    let engine = Engine::default();
    let start = Barrier::new(4);
    let events = Mutex::new(Vec::new());
    let ids = thread::scope(|scope| {
        let work = || {
            start.wait();
            let ids: Vec<_> = (0..EACH).map(|_| Engine::default().id()).collect();
            start.wait();
            let (_, heard) = events_of(|| {
                let handle = register(&engine, plain(1));
                for _ in 0..EACH {
                    drop(handle.clone());
                }
            });
            events.lock().expect("no panic").extend(heard);
            ids
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        let ids = threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("no panic"));
        ids.collect::<HashSet<_>>()
    });
    assert_eq!(ids.len(), 4 * EACH);
    let events = events.into_inner().expect("no panic");
    let numbers: HashSet<_> = events.iter().map(|event| event.number).collect();
    assert_eq!(numbers.len(), events.len());
    assert!(events.len() >= 4 * 2 * EACH);
}
