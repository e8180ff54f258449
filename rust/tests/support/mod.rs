//! What the tests share: generated type sections and modules, their reading by wasmparser and its
//! verdict on them, the registry's events, a watchdog.

mod author;
mod events;
mod generator;
mod lattice;
mod ledger;
mod locks;
mod mutate;
mod oracle;
mod perturb;
mod profile;
mod reading;
mod rng;
mod section;
mod verdict;
mod watchdog;

pub(crate) use author::{FAULTS, author, value};
pub(crate) use events::{Event, events_of, listen};
pub(crate) use generator::{Generator, section};
pub(crate) use ledger::{Loaded, counts_are_exact, occurrences};
pub(crate) use locks::{Barrier, Mutex};
pub(crate) use mutate::mutate;
pub(crate) use oracle::Oracle;
pub(crate) use perturb::perturb;
pub(crate) use profile::Profile;
pub(crate) use reading::rec_groups;
pub(crate) use rng::Rng;
pub(crate) use section::{Group, Member, Section, module_of};
pub(crate) use verdict::{THEIRS_ALONE, Verdict, judge, report};
pub(crate) use watchdog::within;

/// The seed of a run: `TYPEREG_SEED`, or always the same.
pub(crate) fn seed() -> u64 {
    from_environment("TYPEREG_SEED").unwrap_or(0x7970_6572_6567)
}

/// How many cases a run has: `TYPEREG_CASES`, or the number given.
pub(crate) fn cases(default: usize) -> usize {
    from_environment("TYPEREG_CASES").map_or(default, |cases| cases as usize)
}

/// How long a stress runs: `TYPEREG_STRESS_SECONDS`, or two seconds.
pub(crate) fn seconds() -> u64 {
    from_environment("TYPEREG_STRESS_SECONDS").unwrap_or(2)
}

fn from_environment(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    let number = value.parse();
    Some(number.unwrap_or_else(|_| panic!("{name} must be a number, not {value:?}")))
}
