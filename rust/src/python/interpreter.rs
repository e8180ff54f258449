//! One interpreter of a process has the package.
//!
//! The crate keeps Python objects in statics: its exceptions, the classes that handles are
//! instances of, the logger. To another interpreter they are strangers, which outlive theirs.
//! From Python 3.12 on an interpreter that is isolated refuses such modules by itself; those
//! before it, and those that a host makes in the old way, have to be refused here.

use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// Takes the package for the interpreter that imports it first.
///
/// # Errors
///
/// `ImportError` in any other interpreter, and whatever importing `sys` raises.
pub(crate) fn claim(py: Python<'_>) -> PyResult<()> {
    // Each interpreter has a module `sys` of its own for as long as it lives.
    static SYS: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let own = py.import("sys")?;
    let first = SYS.get_or_init(py, || own.clone().unbind());
    if first.is(&own) {
        return Ok(());
    }
    Err(PyImportError::new_err(
        "typereg is in use by another interpreter of this process, and supports one only",
    ))
}
