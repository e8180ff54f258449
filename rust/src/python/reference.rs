//! `RefType`.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::argument::{Flag, Place};
use super::convert;
use super::guard::guarded;
use super::owners::{Owned, Owners};
use super::value::{Value, not_portable, reduce, value_methods};
use super::wrap;
use crate::types::RefType;

/// A reference type: a heap type and whether null belongs to it.
///
/// ``heap`` is an `AbsHeapType` such as `ANY`, or a concrete type: by index, as `RecIndex`,
/// `ModuleTypeIndex` or `SharedTypeIndex`, or a `DefType`.
#[pyclass(frozen, module = "typereg", name = "RefType")]
pub(crate) struct PyRefType(pub(crate) Owned<RefType>);

value_methods!(PyRefType("heap", "nullable";) {
    #[new]
    #[pyo3(
        signature = (heap, nullable = Flag::Is(true)),
        text_signature = "(heap, nullable=True)"
    )]
    fn new(heap: &Bound<'_, PyAny>, nullable: Flag<'_>) -> PyResult<Self> {
        guarded(heap.py(), || {
            let mut owners = Owners::default();
            let heap = convert::heap_type(heap, Place::Argument("heap"), &mut owners)?;
            let nullable = nullable.read("nullable")?;
            Ok(Self(Owned::new(RefType { heap, nullable }, owners)))
        })
    }

    /// What the reference points to: an `AbsHeapType`, an index or a `DefType`.
    #[getter]
    fn heap<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        guarded(py, || wrap::heap_type(py, self.0.value.heap.clone(), &self.0.owners))
    }

    /// Whether null belongs to the type.
    #[getter]
    fn nullable(&self, py: Python<'_>) -> PyResult<bool> {
        guarded(py, || Ok(self.0.value.nullable))
    }
});
