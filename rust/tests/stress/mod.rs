//! Many threads on few types for a while: whatever they do, and in whatever order, every count
//! comes back (clauses S17, K11, F1).
//!
//! Two seconds each, or `TYPEREG_STRESS_SECONDS`. The seed is fixed (`TYPEREG_SEED`); what the
//! scheduler makes of it is not, and that is the point.

mod script;

use std::thread;
use std::time::{Duration, Instant};

use typereg::{Engine, Features, Limits};

use crate::support::{Barrier, Rng, counts_are_exact, listen, seconds, seed, within};
use script::{DISTINCT_TYPES, Held, Shared};

/// More than there are cores, so that threads are suspended wherever they are.
const THREADS: u64 = 8;

/// Lets threads loose on an engine, holds its counts against what they hold at the end, and lets
/// them give it all back at once.
fn stress(what: &str, engine: Engine, is_heard: bool) {
    let shared = Shared::new(engine.clone());
    let (seed, seconds) = (seed(), seconds());
    let end = Instant::now() + Duration::from_secs(seconds);
    let barrier = Barrier::new(THREADS as usize);
    let work = |number: u64| {
        let mut rng = Rng::for_case(seed, number);
        let mut held = Held::default();
        let mut steps = 0_u64;
        barrier.wait();
        while Instant::now() < end {
            for _ in 0..64 {
                shared.step(&mut rng, &mut held);
                steps += 1;
            }
        }
        (held, steps)
    };
    let held: Vec<(Held, u64)> = within(seconds + 120, what, || {
        thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|number| {
                    let (engine, work) = (engine.clone(), &work);
                    // Every second thread has a listener that uses the registry itself.
                    scope.spawn(move || match is_heard && number % 2 == 0 {
                        true => listen(script::reenter(engine), || work(number)),
                        false => work(number),
                    })
                })
                .collect();
            let threads = threads.into_iter().map(|thread| thread.join());
            threads.map(|held| held.expect("no panic")).collect()
        })
    });

    let steps: u64 = held.iter().map(|(_, steps)| steps).sum();
    let all = held.iter().map(|(held, _)| held);
    let handles = all.clone().flat_map(|held| &held.handles);
    let collections = all.flat_map(|held| &held.collections);
    let passed = shared.passed();
    counts_are_exact(&engine, handles.chain(&passed), collections);
    drop((shared, passed));

    // The last registrations of every type at once, by all threads.
    within(120, what, || {
        thread::scope(|scope| {
            for (held, _) in held {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    drop(held);
                });
            }
        });
    });
    let stats = engine.registry().stats();
    println!("{what}: seed {seed}, {THREADS} threads, {seconds} s, {steps} steps, {stats:?}");
    let left = (stats.types, stats.groups, stats.registrations, stats.edges);
    assert_eq!(left, (0, 0, 0, 0));
    assert_eq!(stats.bytes, 0);
    // A type is never alive twice, so there is a slot for each and no more.
    assert!(stats.capacity <= DISTINCT_TYPES, "{stats:?}");
}

#[test]
fn s17_k11_stress_few_types_many_threads() {
    stress("stress", Engine::default(), false);
}

#[test]
fn s17_k11_d04_stress_where_all_hashes_are_alike() {
    let engine = Engine::with_weak_hash(Limits::js_api(), Features::default(), 0);
    stress("stress, all hashes alike", engine, false);
}

#[test]
fn s17_k11_k09_stress_where_most_registrations_are_refused() {
    let limits = Limits {
        live_types: Some(4),
        ..Limits::js_api()
    };
    stress(
        "stress with a quota",
        Engine::new(limits, Features::default()),
        false,
    );
}

#[test]
fn s17_k11_s15_stress_with_listeners_that_use_the_registry() {
    stress("stress that is heard", Engine::default(), true);
}
