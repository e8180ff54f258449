//! What is told while there is no memory.

use std::cell::{Cell, RefCell};
use std::sync::Once;

use typereg::faults::{Fault, inject};
use typereg::types::StructType;
use typereg::{Engine, RegisteredType, TypeCollection};

use crate::picture::sums;
use crate::scene::{engine, everywhere};

thread_local! {
    static LISTENS: Cell<bool> = const { Cell::new(false) };
    /// The numbers of the events that this thread was told.
    static HEARD: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

struct Numbers;

impl log::Log for Numbers {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        LISTENS.get()
    }

    fn log(&self, record: &log::Record<'_>) {
        let text = record.args().to_string();
        let number = text
            .strip_prefix('#')
            .and_then(|rest| rest.split(' ').next());
        let number = number.and_then(|number| number.parse().ok());
        HEARD.with_borrow_mut(|heard| heard.push(number.expect("a number in front")));
    }

    fn flush(&self) {}
}

/// What `f` returns, and the numbers of the events that it told.
fn heard<T>(f: impl FnOnce() -> T) -> (T, Vec<u64>) {
    static LISTEN: Once = Once::new();
    LISTEN.call_once(|| {
        log::set_logger(&Numbers).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
    HEARD.take();
    LISTENS.set(true);
    let result = f();
    LISTENS.set(false);
    (result, HEARD.take())
}

/// Events that there is no memory for are not told, and the operations stand.
#[test]
fn s15_f03_events_without_memory() {
    heard(|| {
        everywhere(
            |_| (),
            |engine, ()| {
                let module =
                    engine.decode_wat("(module (type (func)) (type (struct)) (type (func)))")?;
                TypeCollection::new_for_module(engine, &module)
            },
        );
    });
    let engine = engine();
    let ((), numbers) = heard(|| {
        inject(Fault::Drought, 0, || drop(one_type(&engine)));
    });
    assert!(numbers.len() < 2);
    assert_eq!(sums(&engine), [0; 6]);
}

fn one_type(engine: &Engine) -> Option<RegisteredType> {
    RegisteredType::new(engine, StructType::new([])).ok()
}

/// What a load takes back when it fails is told behind what it counted, whichever lock it had.
#[test]
fn s15_f03_a_failed_load_is_told_in_order() {
    let mut told = 0;
    for known in [1, 3] {
        for n in 0.. {
            let engine = engine();
            let types = ["(struct)", "(array (ref 0))", "(array (ref 1))"];
            let load = |types: &[&str]| {
                let types: String = types.iter().map(|ty| format!("(type {ty})")).collect();
                let module = engine.decode_wat(&format!("(module {types})")).unwrap();
                move |engine: &Engine| TypeCollection::new_for_module(engine, &module)
            };
            let kept = load(&types[..known])(&engine).unwrap();
            let all = load(&types);
            let before = sums(&engine);
            let ((result, happened), numbers) =
                heard(|| inject(Fault::Refusal, n, || all(&engine)));
            assert!(numbers.is_sorted(), "{known} known, {n}: {numbers:?}");
            if result.is_err() {
                told += numbers.len();
                assert_eq!(sums(&engine), before, "{known} known, {n}");
            }
            drop((result, kept));
            assert_eq!(sums(&engine), [0; 6], "{known} known, {n}");
            if !happened {
                break;
            }
        }
    }
    assert!(told > 4, "{told} events of failed loads");
}
