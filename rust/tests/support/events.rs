//! What a registry tells the log (clause S15), heard by one thread at a time.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Once;

use log::{LevelFilter, Log, Metadata, Record};

/// An event as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) number: u64,
    pub(crate) operation: String,
    pub(crate) group: Vec<u32>,
    pub(crate) registrations: usize,
    pub(crate) reason: String,
}

impl Event {
    /// Reads `#12 incref group=4,5 registrations=3: clone`.
    pub(crate) fn parse(line: &str) -> Event {
        let parse = || {
            let (head, reason) = line.split_once(": ")?;
            let mut words = head.split(' ');
            let number = words.next()?.strip_prefix('#')?.parse().ok()?;
            let operation = words.next()?.to_string();
            let group = words.next()?.strip_prefix("group=")?;
            let group = group.split(',').map(|slot| slot.parse().ok());
            let registrations = words.next()?.strip_prefix("registrations=")?;
            words.next().is_none().then_some(Event {
                number,
                operation,
                group: group.collect::<Option<_>>()?,
                registrations: registrations.parse().ok()?,
                reason: reason.to_string(),
            })
        };
        parse().unwrap_or_else(|| panic!("not an event: {line:?}"))
    }

    /// Operation, slots and count, for comparison.
    pub(crate) fn summary(&self) -> String {
        let slots: Vec<String> = self.group.iter().map(u32::to_string).collect();
        let (operation, slots) = (&self.operation, slots.join(","));
        format!("{operation} {slots} {}", self.registrations)
    }
}

type Listener = Rc<dyn Fn(&str)>;

thread_local! {
    static LISTENER: RefCell<Option<Listener>> = const { RefCell::new(None) };
}

struct ThreadLog;

impl Log for ThreadLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "typereg::registry"
            && metadata.level() == log::Level::Trace
            && LISTENER.with_borrow(Option::is_some)
    }

    fn log(&self, record: &Record<'_>) {
        // Not borrowed while it runs: it may use the registry, and so come back here.
        let listener = LISTENER.with_borrow(Option::clone);
        if let Some(listener) = listener {
            listener(&record.args().to_string());
        }
    }

    fn flush(&self) {}
}

/// Runs `f` while `listener` hears this thread's events.
pub(crate) fn listen<T>(listener: impl Fn(&str) + 'static, f: impl FnOnce() -> T) -> T {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        log::set_logger(&ThreadLog).expect("the only logger of the tests");
        log::set_max_level(LevelFilter::Trace);
    });
    struct Deaf;
    impl Drop for Deaf {
        fn drop(&mut self) {
            LISTENER.set(None);
        }
    }
    LISTENER.set(Some(Rc::new(listener)));
    let _deaf = Deaf;
    f()
}

/// The result of `f`, and what it told.
pub(crate) fn events_of<T>(f: impl FnOnce() -> T) -> (T, Vec<Event>) {
    let lines = Rc::new(RefCell::new(Vec::new()));
    let heard = Rc::clone(&lines);
    let result = listen(move |line| heard.borrow_mut().push(Event::parse(line)), f);
    (result, lines.take())
}
