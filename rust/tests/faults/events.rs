//! What is told while there is no memory.

use typereg::faults::{Fault, inject};
use typereg::types::StructType;
use typereg::{Module, RegisteredType, TypeCollection};

use crate::picture::sums;
use crate::scene::{engine, everywhere};
use heard::{Event, events_of};

#[path = "../support/events.rs"]
mod heard;

/// Events that there is no memory for are not told, and the operations stand.
#[test]
fn s15_f03_events_without_memory() {
    events_of(|| {
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
    let (_, events) = events_of(|| {
        inject(Fault::Drought, 0, || {
            drop(RegisteredType::new(&engine, StructType::new([])));
        })
    });
    assert!(events.len() < 2);
    assert_eq!(sums(&engine), [0; 6]);
}

/// What a load takes back when it fails is told behind what it counted, whichever lock it had.
#[test]
fn s15_f03_a_failed_load_is_told_in_order() {
    let types = ["(struct)", "(array (ref 0))", "(array (ref 1))"];
    let module = |types: &[&str]| {
        let types: String = types.iter().map(|ty| format!("(type {ty})")).collect();
        engine().decode_wat(&format!("(module {types})")).unwrap()
    };
    let all = module(&types);
    let mut told = 0;
    for known in [1, 3] {
        for n in 0.. {
            let engine = engine();
            let load = |module: &Module| TypeCollection::new_for_module(&engine, module);
            let kept = load(&module(&types[..known])).unwrap();
            let before = sums(&engine);
            let ((result, happened), events) =
                events_of(|| inject(Fault::Refusal, n, || load(&all)));
            let summaries: Vec<String> = events.iter().map(Event::summary).collect();
            let in_order = events.is_sorted_by_key(|event| event.number);
            assert!(in_order, "{known} known, {n}: {summaries:?}");
            if result.is_err() {
                told += events.len();
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
