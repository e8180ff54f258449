//! What happens to counts, told to whoever listens (clause S15).
//!
//! Events are collected while an operation runs and handed out when it holds no lock any more. A
//! logger may therefore use the registry. What it does there is told as well, after the events it
//! was called for, so that the events of one thread stay in order; but what is done while *that*
//! is told is not, or a logger that registers a type at each record would never come to an end.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;

use super::entry::Entry;
use crate::memory::{push, reserve_queue};
use crate::sync::{AtomicU64, Ordering, thread_local};

/// The log target of all events.
pub(crate) const TARGET: &str = "typereg::registry";

/// How many times over a logger's own doings are told.
const MAX_DEPTH: u32 = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Create,
    Hit,
    Incref,
    Decref,
    Resurrect,
    Remove,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Operation::Create => "create",
            Operation::Hit => "hit",
            Operation::Incref => "incref",
            Operation::Decref => "decref",
            Operation::Resurrect => "resurrect",
            Operation::Remove => "remove",
        }
    }
}

#[derive(Debug)]
struct Event {
    number: u64,
    operation: Operation,
    group: Entry,
    registrations: usize,
    reason: &'static str,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} {} group=", self.number, self.operation.name())?;
        for (position, slot) in self.group.slots().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            write!(f, "{comma}{slot}")?;
        }
        write!(f, " registrations={}: {}", self.registrations, self.reason)
    }
}

/// The sequence numbers of one registry's events.
#[derive(Debug, Default)]
pub(super) struct EventNumbers(AtomicU64);

/// The events of one operation. They are told when it is dropped: declare it before the guard of
/// any lock, so that it goes after.
///
/// Where nobody listens it is nothing, and behind a pointer where somebody does: what is done for
/// a listener is out of the others' way, who keep it in a register.
pub(super) struct Journal<'a>(Option<Box<Listened<'a>>>);

/// What somebody listens to.
struct Listened<'a> {
    numbers: &'a EventNumbers,
    events: Vec<Event>,
}

impl<'a> Journal<'a> {
    /// Asks, once for the operation, whether anyone listens.
    #[inline]
    pub(super) fn open(numbers: &'a EventNumbers) -> Journal<'a> {
        let listening = log::log_enabled!(target: TARGET, log::Level::Trace) && !is_too_deep();
        Journal(listening.then(|| Listened::open(numbers)))
    }

    /// Whether there is somebody to tell it to.
    #[inline]
    pub(super) fn is_listened_to(&self) -> bool {
        self.0.is_some()
    }

    #[inline]
    pub(super) fn note(
        &mut self,
        operation: Operation,
        group: &Entry,
        registrations: usize,
        reason: &'static str,
    ) {
        if let Some(listened) = &mut self.0 {
            listened.note(operation, group, registrations, reason);
        }
    }
}

impl<'a> Listened<'a> {
    #[cold]
    #[inline(never)]
    fn open(numbers: &'a EventNumbers) -> Box<Listened<'a>> {
        Box::new(Listened {
            numbers,
            events: Vec::new(),
        })
    }

    #[cold]
    #[inline(never)]
    fn note(
        &mut self,
        operation: Operation,
        group: &Entry,
        registrations: usize,
        reason: &'static str,
    ) {
        let event = Event {
            number: self.numbers.0.fetch_add(1, Ordering::Relaxed) + 1,
            operation,
            group: group.clone(),
            registrations,
            reason,
        };
        // Without memory it is not told: the operation stands, and a number is missing.
        let _ = push(&mut self.events, event);
    }
}

impl Drop for Listened<'_> {
    #[cold]
    #[inline(never)]
    fn drop(&mut self) {
        if !self.events.is_empty() && !std::thread::panicking() {
            tell(std::mem::take(&mut self.events));
        }
    }
}

thread_local! {
    /// How deep this thread is in telling: 0 where it is not.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    /// What is still to be told when the events at hand are done, each with its depth.
    static QUEUE: RefCell<VecDeque<(u32, Event)>> = const { RefCell::new(VecDeque::new()) };
}

/// Whether this thread is so deep in telling that nothing more is collected.
fn is_too_deep() -> bool {
    DEPTH.get() > MAX_DEPTH
}

/// Sends events to the log, or queues them where this thread is telling others already.
fn tell(events: Vec<Event>) {
    // At the end of a thread the queue may be gone before a handle that another local keeps.
    // What a logger does then cannot wait its turn, so it is not told.
    if QUEUE.try_with(|_| ()).is_err() {
        let depth = DEPTH.replace(MAX_DEPTH + 1);
        events.iter().for_each(send);
        DEPTH.set(depth);
        return;
    }
    let depth = DEPTH.get();
    let queue = |events: Vec<Event>| {
        let tagged = events.into_iter().map(|event| (depth + 1, event));
        QUEUE.with_borrow_mut(|queue| {
            // Without memory they are not told, either.
            if reserve_queue(queue, tagged.len()).is_ok() {
                queue.extend(tagged);
            }
        });
    };
    queue(events);
    if depth > 0 {
        return;
    }
    let _back_to_zero = ResetDepth;
    while let Some((depth, event)) = QUEUE.with_borrow_mut(VecDeque::pop_front) {
        DEPTH.set(depth);
        send(&event);
    }
}

struct ResetDepth;

impl Drop for ResetDepth {
    fn drop(&mut self) {
        DEPTH.set(0);
        QUEUE.with_borrow_mut(VecDeque::clear);
    }
}

fn send(event: &Event) {
    log::trace!(target: TARGET, "{event}");
}
