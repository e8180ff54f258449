//! What happens in a forked child before anything else there (clause P9).
//!
//! Python says so through `os.register_at_fork`, in the child's only thread. Before a fork there
//! is nothing to do: locks are looked at in the child when they are first asked for, and are found
//! as they were at the fork. So no lock is held across other people's hooks, and the parent does
//! not notice.

use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict};

use super::logging;

/// Asks Python to tell of forks. Where there are none, as on Windows, there is nobody to ask.
///
/// # Errors
///
/// Whatever importing `os` raises.
pub(crate) fn install(py: Python<'_>) -> PyResult<()> {
    let register = match py.import("os")?.getattr("register_at_fork") {
        Ok(register) => register,
        Err(error) if error.is_instance_of::<PyAttributeError>(py) => return Ok(()),
        Err(error) => return Err(error),
    };
    let in_child = PyCFunction::new_closure(py, None, None, |_, _| {
        crate::after_fork_in_child();
        logging::forget_other_threads();
    })?;
    let hooks = PyDict::new(py);
    hooks.set_item("after_in_child", in_child)?;
    register.call((), Some(&hooks))?;
    Ok(())
}
