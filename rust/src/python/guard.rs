//! The one helper that every entry point from Python goes through.
//!
//! A panic is a bug of ours (clause P4): it must neither abort the process nor reach Python as a
//! `BaseException` that no one catches. A panic in a drop has no caller to raise to; PyO3 hands it
//! to `sys.unraisablehook`.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::prelude::*;

use super::errors;

/// What `body` returns or raises; `InternalError` where it panics.
///
/// Unwinding is safe to observe: the crate restores what it changes on every way out, and values
/// that Python sees are immutable.
pub(crate) fn guarded<T>(py: Python<'_>, body: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    catch_unwind(AssertUnwindSafe(body))
        .unwrap_or_else(|payload| Err(errors::internal(py, &said(payload.as_ref()))))
}

/// What a panic said.
fn said(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic without a message".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use pyo3::exceptions::PyRuntimeError;

    use super::*;

    #[test]
    fn test_p04_a_panic_is_an_internal_error() {
        Python::initialize();
        Python::attach(|py| {
            let error = guarded::<()>(py, || panic!("slot {} is odd", 7)).unwrap_err();
            assert!(error.is_instance_of::<PyRuntimeError>(py));
            assert_eq!(error.get_type(py).name().unwrap(), "InternalError");
            let message = error.to_string();
            assert!(message.contains("slot 7 is odd") && message.contains("report"));
        });
    }
}
