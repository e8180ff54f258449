//! Events of two threads at once, to which this scene alone listens.

use std::cell::RefCell;
use std::sync::Once;

use loom::thread;

use crate::explore::explore;
use crate::fixtures::{assert_empty, base, engine, register};

std::thread_local! {
    /// What was heard. All threads of a scene share one of the system's.
    static HEARD: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

struct Listener;

impl log::Log for Listener {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        HEARD.with_borrow(Option::is_some)
    }

    fn log(&self, record: &log::Record<'_>) {
        HEARD.with_borrow_mut(|heard| heard.as_mut().unwrap().push(record.args().to_string()));
    }

    fn flush(&self) {}
}

/// Numbers are given without a lock, each once. Two threads, every order.
#[test]
fn test_s15_numbers_of_two_threads() {
    static LISTEN: Once = Once::new();
    LISTEN.call_once(|| {
        log::set_logger(&Listener).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
    explore(None, || {
        HEARD.set(Some(Vec::new()));
        let engine = engine();
        let handle = register(&engine, base());
        let other = handle.clone();
        let dropping = thread::spawn(move || drop(other));
        drop(handle.clone());
        dropping.join().unwrap();
        drop(handle);
        let heard = HEARD.take().unwrap();
        let number = |line: &String| {
            let (number, _) = line[1..].split_once(' ').unwrap();
            number.parse().unwrap()
        };
        let mut numbers: Vec<usize> = heard.iter().map(number).collect();
        numbers.sort_unstable();
        // Created, cloned twice, dropped three times, removed.
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7]);
        assert_empty(&engine, 1);
    });
}
