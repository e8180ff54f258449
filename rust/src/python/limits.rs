//! `Limits`.

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::argument::Place;
use super::errors::OrRaise;
use super::guard::guarded;
use super::record::{Field, Record, record_methods};
use super::value::{Value, hash_code, not_portable, reduce, value_methods};
use crate::limits::check;
use crate::{Limits, Result};

/// How much one module or group may declare, and how much may be alive in an engine.
///
/// ``Limits(...)`` and ``Limits.js_api(...)`` start from the limits of the WebAssembly JavaScript
/// API, ``Limits.spec(...)`` from the specification's own, which are those of ``u32``; keyword
/// arguments replace single fields. The fields up to ``tags`` bound one module or group; those
/// that begin with ``live_`` are quotas on an engine, None for no bound. ``depth`` can only be
/// lowered: 63 is the most. More is a `LimitError`.
#[pyclass(frozen, module = "typereg", name = "Limits")]
pub(crate) struct PyLimits(pub(crate) Limits);

impl PyLimits {
    fn new_from(
        py: Python<'_>,
        base: Limits,
        fields: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let limits = base.with(fields)?;
        checked(&limits).or_raise(py)?;
        Ok(PyLimits(limits))
    }
}

/// Refuses a depth that no profile allows (clause G4).
fn checked(limits: &Limits) -> Result<()> {
    check("depth", Limits::MAX_DEPTH, limits.depth.into(), None)
}

record_methods!(PyLimits, "Limits", Limits {
    /// Types in a module.
    types,
    /// Recursion groups in a module.
    groups,
    /// Types in one recursion group.
    group_size,
    /// Parameters of a function type.
    params,
    /// Results of a function type.
    results,
    /// Fields of a structure type.
    fields,
    /// Depth of declared subtyping: a type without supertype has 0.
    depth,
    /// Imports of a module.
    imports,
    /// Exports of a module.
    exports,
    /// Functions of a module, imported ones included.
    functions,
    /// Tables of a module, imported ones included.
    tables,
    /// Memories of a module, imported ones included.
    memories,
    /// Globals of a module, imported ones included.
    globals,
    /// Tags of a module, imported ones included.
    tags,
    /// Types alive in an engine, or None for no bound.
    live_types,
    /// Recursion groups alive in an engine, or None for no bound.
    live_groups,
    /// Bytes that an engine's registry spends on live types, or None for no bound.
    live_bytes,
} {
    #[new]
    #[pyo3(
        signature = (**fields),
        text_signature = "(*, types=..., groups=..., group_size=..., params=..., results=..., \
            fields=..., depth=..., imports=..., exports=..., functions=..., tables=..., \
            memories=..., globals=..., tags=..., live_types=None, live_groups=None, \
            live_bytes=None)"
    )]
    fn new(py: Python<'_>, fields: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        guarded(py, || Self::new_from(py, Limits::js_api(), fields))
    }

    /// The limits of the WebAssembly JavaScript API ("Implementation-defined Limits"), the
    /// default, with the given fields replaced.
    #[staticmethod]
    #[pyo3(signature = (**fields))]
    fn js_api(py: Python<'_>, fields: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        guarded(py, || Self::new_from(py, Limits::js_api(), fields))
    }

    /// The specification's own limits, which are those of ``u32``, with the given fields replaced.
    #[staticmethod]
    #[pyo3(signature = (**fields))]
    fn spec(py: Python<'_>, fields: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        guarded(py, || Self::new_from(py, Limits::spec(), fields))
    }
});
