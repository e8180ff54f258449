//! `Features`.

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::argument::Place;
use super::guard::guarded;
use super::record::{Field, Record, record_methods};
use super::value::{Value, hash_code, not_portable, reduce, value_methods};
use crate::Features;

/// Which features beyond WebAssembly 3.0 are accepted. All are off by default.
#[pyclass(frozen, module = "typereg", name = "Features")]
pub(crate) struct PyFeatures(pub(crate) Features);

record_methods!(PyFeatures, "Features", Features {
    /// Continuation types (``cont``), and tags whose function type has results.
    stack_switching,
    /// Memories with pages of one byte.
    custom_page_sizes,
} {
    #[new]
    #[pyo3(
        signature = (**fields),
        text_signature = "(*, stack_switching=False, custom_page_sizes=False)"
    )]
    fn new(py: Python<'_>, fields: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        guarded(py, || Ok(Self(Features::default().with(fields)?)))
    }
});
