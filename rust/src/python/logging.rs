//! Carries the registry's events from the `log` crate to Python's `logging` (P5).
//!
//! The registry knows only `log`: it asks once per operation whether anyone listens, and after it
//! has let go of its lock it sends what it noted. Both questions end here, in [`Bridge`], possibly
//! on a thread that is detached from the interpreter, inside a `__del__`, with an exception under
//! way, or while the interpreter shuts down. None of these may change what the operation does, so
//! nothing here fails: what goes wrong goes to `sys.unraisablehook`.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use log::{LevelFilter, Log, Metadata, Record};
use pyo3::exceptions::{PyKeyboardInterrupt, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyCFunction, PyDict, PyString};
use pyo3_log::{Caching, Logger};

/// The target that the registry names in each record; other crates' records stay in Rust.
const TARGET: &str = "typereg::registry";

/// Python's name of the logger for [`TARGET`].
const LOGGER: &str = "typereg.registry";

/// Python's number for `log::Level::Trace`; the package gives it the name `TRACE`.
const TRACE: u8 = 5;

/// How long the interpreter's exit waits for other threads' records: a handler may be stuck for
/// reasons of its own.
const EXIT_WAIT: Duration = Duration::from_millis(500);

thread_local! {
    /// How many records are being handled on this thread.
    static DEPTH: Cell<u8> = const { Cell::new(0) };
}

/// Calls into Python's `logging` under way, on all threads.
static CALLS: AtomicUsize = AtomicUsize::new(0);

/// Set once the interpreter is about to exit.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// Sends the registry's records to `logging.getLogger("typereg.registry")` from now until `atexit`.
/// Later calls change nothing.
///
/// # Errors
///
/// Whatever importing `logging` or `atexit` raises; `RuntimeError` if something else in this
/// library has claimed `log`.
pub(crate) fn install(py: Python<'_>) -> PyResult<()> {
    static INSTALLED: PyOnceLock<()> = PyOnceLock::new();
    INSTALLED
        .get_or_try_init(py, || {
            log::set_boxed_logger(Box::new(Bridge::new(py)?))
                .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
            log::set_max_level(LevelFilter::Trace);
            let at_exit =
                PyCFunction::new_closure(py, None, None, |arguments, _| stop(arguments.py()))?;
            py.import("atexit")?.call_method1("register", (at_exit,))?;
            Ok(())
        })
        .copied()
}

/// Makes no more calls into Python from here on, and lets those of other threads come to their end.
///
/// Up to Python 3.13 a daemon thread that wants the interpreter during its exit is ended by
/// unwinding its stack, and where Python code has Rust code below it, that aborts the process.
/// Handlers are closed from here on anyway.
fn stop(py: Python<'_>) {
    STOPPED.store(true, Ordering::SeqCst);
    let own = usize::from(DEPTH.get());
    py.detach(|| {
        let start = Instant::now();
        while CALLS.load(Ordering::SeqCst) > own && start.elapsed() < EXIT_WAIT {
            thread::sleep(Duration::from_millis(1));
        }
    });
}

/// In a forked child: other threads' calls will never end, so its exit must not wait for them.
pub(crate) fn forget_other_threads() {
    CALLS.store(usize::from(DEPTH.get()), Ordering::SeqCst);
}

/// The process's `log::Log`: `pyo3_log` makes the records, this decides when and shields the
/// operation from them.
struct Bridge {
    forward: Logger,
    logger: Py<PyAny>,
    /// `isEnabledFor`. Made at import: what is made at first use would be made under a lock, in
    /// whose middle another thread can fork.
    is_enabled_for: Py<PyString>,
    /// The logger's own memo of its answers by level, which `logging` empties whenever a level
    /// changes anywhere.
    memo: Option<Py<PyDict>>,
}

impl Bridge {
    fn new(py: Python<'_>) -> PyResult<Self> {
        let logging = py.import("logging")?;
        let logger = logging.call_method1("getLogger", (LOGGER,))?;
        let method = PyString::intern(py, "isEnabledFor");
        // A logger class with an answer of its own need not keep to the memo.
        let is_stock = (logger.get_type().getattr(&method)?)
            .is(&logging.getattr("Logger")?.getattr(&method)?);
        let memo = logger
            .getattr("_cache")
            .ok()
            .and_then(|memo| memo.cast_into().ok());
        Ok(Self {
            // Loggers are cached, their levels are not: whoever lowers a level later must be heard.
            forward: Logger::new(py, Caching::Loggers)?.filter(LevelFilter::Trace),
            logger: logger.unbind(),
            is_enabled_for: method.unbind(),
            memo: memo.filter(|_| is_stock).map(Bound::unbind),
        })
    }

    /// Whether Python's logger would take a record now.
    fn is_listening(&self, py: Python<'_>) -> bool {
        let _pending = Pending::set_aside(py);
        if self.remembers_no(py) {
            return false;
        }
        let Some(_call) = Call::begin() else {
            return false;
        };
        let logger = self.logger.bind(py);
        logger
            .call_method1(&self.is_enabled_for, (TRACE,))
            .and_then(|answer| answer.is_truthy())
            .unwrap_or_else(|error| {
                report(logger, error);
                false
            })
    }

    /// Whether the logger's memo says no. It is asked first because nearly nobody listens: this
    /// takes a fraction of `isEnabledFor`, and as it runs no Python code, no Ctrl-C is delivered,
    /// and lost, in here. It is believed for a no only, so what it cannot know (a logger that is
    /// `disabled`) is still asked before a record is made.
    fn remembers_no(&self, py: Python<'_>) -> bool {
        self.memo
            .as_ref()
            .and_then(|memo| memo.bind(py).get_item(TRACE).ok().flatten())
            .is_some_and(|answer| answer.is_truthy().is_ok_and(|yes| !yes))
    }

    /// Hands one record to Python's handlers.
    fn forward(&self, py: Python<'_>, record: &Record<'_>) {
        let _pending = Pending::set_aside(py);
        let Some(_call) = Call::begin() else {
            return;
        };
        let _nested = Nested::enter();
        self.forward.log(record);
        // `pyo3_log` leaves a handler's exception in the error indicator, where an unrelated call
        // would find it.
        if let Some(error) = PyErr::take(py) {
            report(self.logger.bind(py), error);
        }
    }
}

/// Does what can be done with an exception of Python's `logging`, which the operation must not see:
/// Ctrl-C comes again behind the operation, anything else is unraisable.
fn report(logger: &Bound<'_, PyAny>, error: PyErr) {
    let py = logger.py();
    let is_again = if error.is_instance_of::<PyKeyboardInterrupt>(py) {
        interrupt_again(py)
    } else {
        Ok(false)
    };
    match is_again {
        Ok(true) => {}
        Ok(false) => error.write_unraisable(py, Some(logger)),
        Err(another) => another.write_unraisable(py, Some(logger)),
    }
}

/// Interrupts the main thread as Ctrl-C does, if this is it and Python's own handler of the signal
/// is in place: to run somebody else's twice for one signal could do anything.
fn interrupt_again(py: Python<'_>) -> PyResult<bool> {
    let (signal, threading) = (py.import("signal")?, py.import("threading")?);
    let handler = signal.call_method1("getsignal", (signal.getattr("SIGINT")?,))?;
    let thread = threading.call_method0("current_thread")?;
    let is_ctrl_c = handler.is(&signal.getattr("default_int_handler")?)
        && thread.is(&threading.call_method0("main_thread")?);
    if is_ctrl_c {
        py.import("_thread")?.call_method0("interrupt_main")?;
    }
    Ok(is_ctrl_c)
}

impl Log for Bridge {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET
            && Python::try_attach(|py| self.is_listening(py)).unwrap_or(false)
    }

    fn log(&self, record: &Record<'_>) {
        if record.target() == TARGET {
            // Where there is no interpreter any more, there is no one to tell.
            Python::try_attach(|py| self.forward(py, record));
        }
    }

    fn flush(&self) {}
}

/// An exception that was under way before us, put back when this is dropped. A deallocation can
/// come in the middle of an exception's flight, and Python code must neither see nor replace it.
struct Pending<'py> {
    py: Python<'py>,
    error: Option<PyErr>,
}

impl<'py> Pending<'py> {
    fn set_aside(py: Python<'py>) -> Self {
        Self {
            py,
            error: PyErr::take(py),
        }
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if let Some(error) = self.error.take() {
            error.restore(self.py);
        }
    }
}

/// One of [`CALLS`], ended when this is dropped.
struct Call;

impl Call {
    /// Begins a call, unless the interpreter is about to exit.
    fn begin() -> Option<Self> {
        // Counted first, asked then: whoever stops either sees this call or is seen by it.
        CALLS.fetch_add(1, Ordering::SeqCst);
        let call = Self;
        (!STOPPED.load(Ordering::SeqCst)).then_some(call)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        CALLS.fetch_sub(1, Ordering::SeqCst);
    }
}

/// One level of [`DEPTH`], left when this is dropped.
struct Nested;

impl Nested {
    fn enter() -> Self {
        DEPTH.set(DEPTH.get() + 1);
        Self
    }
}

impl Drop for Nested {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}
