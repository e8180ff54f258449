//! One operation on an engine, tried with each fault at each opportunity.

use std::panic::{AssertUnwindSafe, catch_unwind};

use typereg::faults::{Fault, inject};
use typereg::{Engine, Error, Result};

use crate::picture::{picture, sums};
use crate::quietly;

pub(crate) const FAULTS: [Fault; 3] = [Fault::Refusal, Fault::Drought, Fault::Panic];

/// Tries an operation with each fault at its first opportunity, its second, and so on, until it
/// comes to its end without. `prepare` fills a new engine, and what it returns is kept while the
/// operation is tried. How many of each fault there were.
///
/// A second engine is prepared alike, and nothing happens to it: the first must look the same
/// after a failure, the order of free slots included. What goes wrong is looked for with memory
/// that has not been used before, since what has been is there already.
pub(crate) fn everywhere<K, T>(
    prepare: impl Fn(&Engine) -> K,
    operation: impl Fn(&Engine, &K) -> Result<T>,
) -> [u32; 3] {
    quietly();
    let expected = {
        let untouched = engine();
        let kept = prepare(&untouched);
        let expected = picture(&untouched);
        drop(kept);
        expected
    };
    FAULTS.map(|fault| {
        for n in 0.. {
            let engine = engine();
            let kept = prepare(&engine);
            let before = sums(&engine);
            let (result, happened) = inject(fault, n, || {
                catch_unwind(AssertUnwindSafe(|| operation(&engine, &kept)))
            });
            match result {
                // Room that is asked for ahead of time is done without.
                Ok(Ok(made)) => drop(made),
                Ok(Err(error)) => {
                    assert!(happened && fault != Fault::Panic, "{fault:?} {n}: {error}");
                    let memory = matches!(
                        error,
                        Error::Limit {
                            limit: "memory",
                            ..
                        }
                    );
                    assert!(memory, "{fault:?} {n}: {error}");
                    assert_eq!(picture(&engine), expected, "{fault:?} {n}");
                }
                Err(_) => {
                    assert!(happened && fault == Fault::Panic, "{fault:?} {n}: a panic");
                    assert_eq!(picture(&engine), expected, "{fault:?} {n}");
                }
            }
            assert_eq!(sums(&engine), before, "{fault:?} {n}");
            // It goes on working, with what failed first of all.
            let again = operation(&engine, &kept);
            assert!(again.is_ok(), "{fault:?} {n}: {:?}", again.err());
            drop((again, kept));
            assert_eq!(sums(&engine), [0; 6], "{fault:?} {n}");
            if !happened {
                return n;
            }
        }
        unreachable!("every operation has an end")
    })
}

/// All keys in one bucket: then every comparison is made.
pub(crate) fn engine() -> Engine {
    Engine::with_weak_hash(Default::default(), Default::default(), 2)
}
