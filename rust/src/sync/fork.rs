//! What a forked child inherits: all memory, and of the threads only the one that forked.
//!
//! A lock that another thread held at the fork is held in the child for ever, and whoever waits
//! for it hangs. So each lock that was made before the fork is looked at once in the child,
//! before anybody there takes it: what it was at the fork is what it is found to be, however many
//! threads the child has by then. Free: it works. Held: it is lost, and nobody waits for it.

use std::thread;

use super::statics::{AtomicU64, Ordering};

/// How many forks lie between the first process and this one.
static FORKS: AtomicU64 = AtomicU64::new(0);

/// Tells the crate that this process is the child of a fork (clause P9). To be called in the
/// child, once, before it has a second thread and before it uses the crate; the Python package
/// does so by itself.
///
/// New engines work as ever. An engine that is inherited works if no other thread was using its
/// lock at the fork. If one was, the engine is lost to this process: what needs the lock is
/// [`Error::Forked`](crate::Error::Forked), and handles and collections that are dropped leave
/// everything as it is. What takes no lock goes on answering. Constant time.
///
/// ```
/// use typereg::{Engine, RegisteredType, types::StructType};
///
/// let engine = Engine::default();
/// let handle = RegisteredType::new(&engine, StructType::new([]))?;
/// // A process of one thread: whatever it inherits was free.
/// typereg::after_fork_in_child();
/// engine.check_fork()?;
/// assert_eq!(engine.registry().len(), 1);
/// # Ok::<(), typereg::Error>(())
/// ```
pub fn after_fork_in_child() {
    // Nothing is ordered by it: there is no other thread yet.
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// A lock that some thread of another process holds: it will never be free here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lost;

/// What is known about one lock in this process.
#[derive(Debug)]
pub(super) struct Inheritance {
    /// How many forks deep the process was that made the lock.
    #[cfg(debug_assertions)]
    born: u64,
    /// [`LOST`], or twice the number of forks after which the lock was last found free, and one
    /// more than that while a thread is finding out.
    ///
    /// It orders nothing, so `Relaxed` is enough throughout: whoever finds the lock usable then
    /// takes it.
    state: AtomicU64,
}

const LOST: u64 = u64::MAX;

impl Inheritance {
    /// For a lock that is being made.
    pub(super) fn new() -> Inheritance {
        let born = FORKS.load(Ordering::Relaxed);
        Inheritance {
            #[cfg(debug_assertions)]
            born,
            state: AtomicU64::new(2 * born),
        }
    }

    /// Whether the lock was made by another process than this.
    #[cfg(debug_assertions)]
    pub(super) fn is_inherited(&self) -> bool {
        self.born != FORKS.load(Ordering::Relaxed)
    }

    /// Whether the lock can be had in this process; `is_free` tries it, and is called before
    /// anybody takes it here. In a process that is no child this is one comparison.
    #[inline]
    pub(super) fn check(&self, is_free: impl FnOnce() -> bool) -> Result<(), Lost> {
        match FORKS.load(Ordering::Relaxed) {
            0 => Ok(()),
            forks => self.look(forks, is_free),
        }
    }

    #[cold]
    fn look(&self, forks: u64, is_free: impl FnOnce() -> bool) -> Result<(), Lost> {
        let (free, looking) = (2 * forks, 2 * forks + 1);
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            if state == free {
                return Ok(());
            }
            if state == LOST {
                return Err(Lost);
            }
            if state == looking {
                // A thread of this very process, which waits for nobody. A look that was cut
                // short by a fork has another number, and is begun again.
                thread::yield_now();
                state = self.state.load(Ordering::Relaxed);
                continue;
            }
            let claim =
                self.state
                    .compare_exchange(state, looking, Ordering::Relaxed, Ordering::Relaxed);
            match claim {
                Ok(_) => break,
                Err(now) => state = now,
            }
        }
        let is_free = is_free();
        let found = if is_free { free } else { LOST };
        self.state.store(found, Ordering::Relaxed);
        if is_free { Ok(()) } else { Err(Lost) }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::Inheritance;

    /// Who comes while another thread looks at a lock waits for what it finds, and does not try
    /// the lock, which that thread has taken.
    #[test]
    fn test_p09_one_thread_looks_and_the_others_wait() {
        for found in [true, false] {
            let inheritance = Inheritance::new();
            let coming = AtomicBool::new(false);
            let verdicts = thread::scope(|scope| {
                let mut other = None;
                let here = inheritance.look(1, || {
                    other = Some(scope.spawn(|| {
                        coming.store(true, Ordering::SeqCst);
                        inheritance.look(1, || panic!("tried by two"))
                    }));
                    while !coming.load(Ordering::SeqCst) {
                        thread::yield_now();
                    }
                    // Time to do it wrong.
                    thread::sleep(Duration::from_millis(20));
                    found
                });
                [here, other.unwrap().join().unwrap()]
            });
            assert!(verdicts.iter().all(|verdict| verdict.is_ok() == found));
        }
    }
}
