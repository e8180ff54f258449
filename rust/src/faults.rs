//! Places where a test can make things go wrong: memory that is refused, and panics where the
//! registry is half-changed. In builds with `--cfg typereg_faults` only; otherwise nothing is
//! left of them.

#[cfg(typereg_faults)]
mod injected {
    use std::cell::Cell;
    use std::thread_local;

    thread_local! {
        static REFUSALS: Cell<Option<u32>> = const { Cell::new(None) };
        static PANICS: Cell<Option<u32>> = const { Cell::new(None) };
    }

    /// What is to go wrong.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Fault {
        /// A request for memory is refused.
        Refusal,
        /// A marked place panics.
        Panic,
    }

    /// Runs `f`, in which the fault happens at the `n`-th opportunity on this thread, from 0.
    /// Whether it came to that.
    pub fn inject<T>(fault: Fault, n: u32, f: impl FnOnce() -> T) -> (T, bool) {
        let countdown = match fault {
            Fault::Refusal => &REFUSALS,
            Fault::Panic => &PANICS,
        };
        countdown.set(Some(n));
        let result = f();
        (result, countdown.take().is_none())
    }

    fn is_due(countdown: &'static std::thread::LocalKey<Cell<Option<u32>>>) -> bool {
        match countdown.get() {
            None => false,
            Some(0) => {
                countdown.set(None);
                true
            }
            Some(n) => {
                countdown.set(Some(n - 1));
                false
            }
        }
    }

    pub(crate) fn is_refused() -> bool {
        is_due(&REFUSALS)
    }

    pub(crate) fn point() {
        assert!(!is_due(&PANICS), "an injected panic");
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
