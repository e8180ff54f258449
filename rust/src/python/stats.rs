//! `Stats`.

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::argument::Place;
use super::guard::guarded;
use super::record::{Field, Record, record_methods};
use super::value::{Value, hash_code, not_portable, reduce, value_methods};
use crate::registry::Stats;

/// The numbers of a registry at one moment (clause G9).
#[pyclass(frozen, module = "typereg", name = "Stats")]
pub(crate) struct PyStats(pub(crate) Stats);

record_methods!(PyStats, "Stats", Stats {
    /// Types alive.
    types,
    /// Recursion groups alive.
    groups,
    /// The registrations of all live groups together.
    registrations,
    /// Those registrations that are references from other live groups.
    edges,
    /// Those that are not: handles and collections.
    external,
    /// Bytes spent on live types.
    bytes,
    /// Registrations that found their group alive, since the registry was made.
    hits,
    /// Registrations that created their group, since the registry was made.
    misses,
    /// Slots ever used.
    capacity,
} {
    #[new]
    #[pyo3(
        signature = (**fields),
        text_signature = "(*, types=0, groups=0, registrations=0, edges=0, external=0, bytes=0, \
            hits=0, misses=0, capacity=0)"
    )]
    fn new(py: Python<'_>, fields: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        guarded(py, || Ok(Self(Stats::default().with(fields)?)))
    }
});
