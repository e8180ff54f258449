//! Places where a test can make things go wrong: memory that is refused, and panics where the
//! registry is half-changed. In builds with `--cfg typereg_faults` only; otherwise nothing is
//! left of them.

#[cfg(typereg_faults)]
mod injected {
    use std::cell::Cell;

    /// What is to go wrong.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Fault {
        /// One request for memory is refused.
        Refusal,
        /// From one request for memory on, all are refused.
        Drought,
        /// A marked place panics.
        Panic,
    }

    std::thread_local! {
        /// What goes wrong on this thread, after so many opportunities, and whether it has.
        static PLAN: Cell<Option<(Fault, u32, bool)>> = const { Cell::new(None) };
    }

    /// Runs `f`, in which the fault happens at the `n`-th opportunity on this thread, from 0.
    /// Whether it came to that.
    pub fn inject<T>(fault: Fault, n: u32, f: impl FnOnce() -> T) -> (T, bool) {
        PLAN.set(Some((fault, n, false)));
        let result = f();
        let (_, _, happened) = PLAN.take().expect("nobody else takes it");
        (result, happened)
    }

    /// Whether this opportunity, for one of these faults, is the one.
    fn is_due(faults: &[Fault]) -> bool {
        let Some((fault, left, happened)) = PLAN.get() else {
            return false;
        };
        if !faults.contains(&fault) {
            return false;
        }
        if happened {
            return fault == Fault::Drought;
        }
        PLAN.set(Some((fault, left.saturating_sub(1), left == 0)));
        left == 0
    }

    pub(crate) fn is_refused() -> bool {
        is_due(&[Fault::Refusal, Fault::Drought])
    }

    pub(crate) fn point() {
        assert!(!is_due(&[Fault::Panic]), "an injected panic");
    }
}

#[cfg(typereg_faults)]
pub use injected::{Fault, inject};
#[cfg(typereg_faults)]
pub(crate) use injected::{is_refused, point};

/// Whether a request for memory is to fail.
#[cfg(not(typereg_faults))]
#[inline(always)]
pub(crate) fn is_refused() -> bool {
    false
}

/// A place where a panic must leave nothing half-done.
#[cfg(not(typereg_faults))]
#[inline(always)]
pub(crate) fn point() {}
