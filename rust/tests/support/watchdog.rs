//! An end for tests that could hang: the process is aborted with a message.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Runs `f`, which must be done within so many seconds.
pub(crate) fn within<T>(seconds: u64, what: &str, f: impl FnOnce() -> T) -> T {
    let (done, is_done) = mpsc::channel::<()>();
    let what = what.to_string();
    thread::spawn(move || {
        let waited = is_done.recv_timeout(Duration::from_secs(seconds));
        if waited == Err(mpsc::RecvTimeoutError::Timeout) {
            eprintln!("{what}: not done after {seconds} s, aborting");
            std::process::abort();
        }
    });
    let result = f();
    drop(done);
    result
}
