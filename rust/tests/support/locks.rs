//! Locks for tests: std's, but for ThreadSanitizer, which misreads them.

#[cfg(not(typereg_tsan))]
pub(crate) use std::sync::{Barrier, Mutex};

#[cfg(typereg_tsan)]
pub(crate) use readable::{Barrier, Mutex};

#[cfg(typereg_tsan)]
mod readable {
    use std::convert::Infallible;

    use parking_lot::{Condvar, MutexGuard};

    /// Has the face of std's, and knows no poison.
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(parking_lot::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) const fn new(value: T) -> Mutex<T> {
            Mutex(parking_lot::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> Result<MutexGuard<'_, T>, Infallible> {
            Ok(self.0.lock())
        }

        pub(crate) fn into_inner(self) -> Result<T, Infallible> {
            Ok(self.0.into_inner())
        }
    }

    /// Lets so many threads go on together, again and again.
    #[derive(Debug)]
    pub(crate) struct Barrier {
        threads: usize,
        /// How many have come, ever.
        come: parking_lot::Mutex<usize>,
        all_come: Condvar,
    }

    impl Barrier {
        pub(crate) fn new(threads: usize) -> Barrier {
            Barrier {
                threads,
                come: parking_lot::Mutex::new(0),
                all_come: Condvar::new(),
            }
        }

        pub(crate) fn wait(&self) {
            let mut come = self.come.lock();
            *come += 1;
            let wanted = come.next_multiple_of(self.threads);
            self.all_come.notify_all();
            self.all_come.wait_while(&mut come, |come| *come < wanted);
        }
    }
}
