//! Events at the end of a thread, when a handle that a thread-local keeps is dropped late. A
//! binary of its own, because its logger must listen on every thread, to the very end.

use std::cell::RefCell;
use std::sync::Mutex;

use typereg::types::{FuncType, NumType};
use typereg::{Engine, RegisteredType};

static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());
static ENGINE: Mutex<Option<Engine>> = Mutex::new(None);

/// Remembers each event, and registers a type at each.
struct Registering;

impl log::Log for Registering {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        HEARD
            .lock()
            .expect("no panic")
            .push(record.args().to_string());
        let engine = ENGINE.lock().expect("no panic").clone();
        if let Some(engine) = engine {
            drop(register(&engine, 3));
        }
    }

    fn flush(&self) {}
}

fn register(engine: &Engine, params: usize) -> RegisteredType {
    let params = (0..params).map(|_| NumType::I32.into());
    RegisteredType::new(engine, FuncType::new(params, [])).expect("a valid type")
}

thread_local! {
    static KEPT: RefCell<Option<RegisteredType>> = const { RefCell::new(None) };
}

#[test]
fn s15_f03_the_last_drop_at_the_end_of_a_thread_is_told_and_comes_to_an_end() {
    log::set_logger(&Registering).expect("the only logger");
    let engine = Engine::default();
    let other = engine.clone();
    std::thread::spawn(move || {
        // The local is used before the first event, so its destructor runs after the queue's.
        KEPT.with_borrow_mut(|kept| *kept = None);
        log::set_max_level(log::LevelFilter::Trace);
        let handle = register(&other, 1);
        KEPT.with_borrow_mut(|kept| *kept = Some(handle));
        *ENGINE.lock().expect("no panic") = Some(other);
    })
    .join()
    .expect("the thread ends in peace");
    *ENGINE.lock().expect("no panic") = None;
    let heard = HEARD.lock().expect("no panic");
    let last = |operation: &str| heard.iter().filter(|line| line.contains(operation)).count();
    assert_eq!(last("create group=0"), 1, "{heard:?}");
    assert_eq!(last("remove group=0"), 1, "{heard:?}");
    assert!(engine.registry().is_empty());
}
