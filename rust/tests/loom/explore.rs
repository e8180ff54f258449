//! Running a scene in every order within a bound, and gathering what came of it.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

/// Scheduling points in one run; the longest scene has fewer than half as many. Reaching it is a
/// failure, not an end.
const MAX_BRANCHES: usize = 500;

/// Threads of one scene, its first included.
const MAX_THREADS: usize = 4;

/// Runs a scene in every order of its threads that interrupts them at most so often (`None`: in
/// every order), and returns all outcomes.
pub(crate) fn explore<O>(
    preemptions: Option<usize>,
    scene: impl Fn() -> O + Send + Sync + 'static,
) -> BTreeSet<O>
where
    O: Ord + Debug + Send + 'static,
{
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.max_branches = MAX_BRANCHES;
    builder.max_threads = MAX_THREADS;
    builder.max_permutations = None;
    builder.max_duration = None;
    let outcomes = Arc::new(Mutex::new((0_u64, BTreeSet::new())));
    let all = Arc::clone(&outcomes);
    builder.check(move || {
        let outcome = scene();
        let mut outcomes = outcomes.lock().unwrap();
        outcomes.0 += 1;
        outcomes.1.insert(outcome);
    });
    let (runs, outcomes) = std::mem::take(&mut *all.lock().unwrap());
    println!("{runs} runs, bound {preemptions:?}: {outcomes:?}");
    outcomes
}
