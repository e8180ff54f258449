//! External types: `TableType`, `MemoryType`, `GlobalType`, `TagType`. A function's is `FuncType`.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::argument::{self, Flag, Place};
use super::convert;
use super::guard::guarded;
use super::owners::{Owned, Owners};
use super::value::{Value, not_portable, reduce, value_methods};
use super::wrap;
use crate::types::{GlobalType, MemoryType, TableType, TagType};

/// `minimum` and `maximum` as they are given.
fn bounds(
    minimum: &Bound<'_, PyAny>,
    maximum: Option<&Bound<'_, PyAny>>,
) -> PyResult<(u64, Option<u64>)> {
    let minimum = argument::u64(minimum, Place::Argument("minimum"))?;
    let maximum = argument::optional(maximum, |maximum| {
        argument::u64(maximum, Place::Argument("maximum"))
    })?;
    Ok((minimum, maximum))
}

/// A table type: the `RefType` of its elements, their least and greatest number, and whether the
/// table is indexed by ``i64``.
#[pyclass(frozen, module = "typereg", name = "TableType")]
pub(crate) struct PyTableType(pub(crate) Owned<TableType>);

value_methods!(PyTableType("element", "minimum", "maximum"; "address64") {
    #[new]
    #[pyo3(
        signature = (element, minimum, maximum = None, *, address64 = Flag::Is(false)),
        text_signature = "(element, minimum, maximum=None, *, address64=False)"
    )]
    fn new(
        element: &Bound<'_, PyAny>,
        minimum: &Bound<'_, PyAny>,
        maximum: Option<&Bound<'_, PyAny>>,
        address64: Flag<'_>,
    ) -> PyResult<Self> {
        guarded(element.py(), || {
            let mut owners = Owners::default();
            let element = convert::ref_type(element, Place::Argument("element"), &mut owners)?;
            let (minimum, maximum) = bounds(minimum, maximum)?;
            let address64 = address64.read("address64")?;
            let ty = TableType { element, minimum, maximum, address64 };
            Ok(Self(Owned::new(ty, owners)))
        })
    }

    /// The type of every element.
    #[getter]
    fn element<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        guarded(py, || wrap::ref_type(py, self.0.value.element.clone(), &self.0.owners))
    }

    /// The least number of elements.
    #[getter]
    fn minimum(&self, py: Python<'_>) -> PyResult<u64> {
        guarded(py, || Ok(self.0.value.minimum))
    }

    /// The greatest number of elements, or None.
    #[getter]
    fn maximum(&self, py: Python<'_>) -> PyResult<Option<u64>> {
        guarded(py, || Ok(self.0.value.maximum))
    }

    /// Whether the table is indexed by ``i64``.
    #[getter]
    fn address64(&self, py: Python<'_>) -> PyResult<bool> {
        guarded(py, || Ok(self.0.value.address64))
    }
});

/// A memory type. ``minimum`` and ``maximum`` count pages of ``page_size`` bytes, which is 65536
/// except under the feature ``custom_page_sizes``.
#[pyclass(frozen, module = "typereg", name = "MemoryType")]
pub(crate) struct PyMemoryType(pub(crate) Owned<MemoryType>);

value_methods!(PyMemoryType("minimum", "maximum"; "address64", "shared", "page_size") {
    #[new]
    #[pyo3(
        signature = (
            minimum, maximum = None, *,
            address64 = Flag::Is(false), shared = Flag::Is(false), page_size = None
        ),
        text_signature = "(minimum, maximum=None, *, address64=False, shared=False, \
            page_size=65536)"
    )]
    fn new(
        minimum: &Bound<'_, PyAny>,
        maximum: Option<&Bound<'_, PyAny>>,
        address64: Flag<'_>,
        shared: Flag<'_>,
        page_size: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        guarded(minimum.py(), || {
            let (minimum, maximum) = bounds(minimum, maximum)?;
            let address64 = address64.read("address64")?;
            let shared = shared.read("shared")?;
            let page_size = match page_size {
                Some(size) => argument::u64(size, Place::Argument("page_size"))?,
                None => MemoryType::DEFAULT_PAGE_SIZE,
            };
            let ty = MemoryType { minimum, maximum, address64, shared, page_size };
            Ok(Self(Owned::new(ty, Owners::default())))
        })
    }

    /// The least number of pages.
    #[getter]
    fn minimum(&self, py: Python<'_>) -> PyResult<u64> {
        guarded(py, || Ok(self.0.value.minimum))
    }

    /// The greatest number of pages, or None.
    #[getter]
    fn maximum(&self, py: Python<'_>) -> PyResult<Option<u64>> {
        guarded(py, || Ok(self.0.value.maximum))
    }

    /// Whether the memory is addressed by ``i64``.
    #[getter]
    fn address64(&self, py: Python<'_>) -> PyResult<bool> {
        guarded(py, || Ok(self.0.value.address64))
    }

    /// Whether threads share it.
    #[getter]
    fn shared(&self, py: Python<'_>) -> PyResult<bool> {
        guarded(py, || Ok(self.0.value.shared))
    }

    /// The size of a page in bytes.
    #[getter]
    fn page_size(&self, py: Python<'_>) -> PyResult<u64> {
        guarded(py, || Ok(self.0.value.page_size))
    }
});

/// A global type: the type of the value, and whether it can be written.
#[pyclass(frozen, module = "typereg", name = "GlobalType")]
pub(crate) struct PyGlobalType(pub(crate) Owned<GlobalType>);

value_methods!(PyGlobalType("content", "mutable";) {
    #[new]
    #[pyo3(
        signature = (content, mutable = Flag::Is(false)),
        text_signature = "(content, mutable=False)"
    )]
    fn new(content: &Bound<'_, PyAny>, mutable: Flag<'_>) -> PyResult<Self> {
        guarded(content.py(), || {
            let mut owners = Owners::default();
            let content = convert::val_type(content, Place::Argument("content"), &mut owners)?;
            let mutable = mutable.read("mutable")?;
            Ok(Self(Owned::new(GlobalType { content, mutable }, owners)))
        })
    }

    /// The type of the value.
    #[getter]
    fn content<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        guarded(py, || wrap::val_type(py, self.0.value.content.clone(), &self.0.owners))
    }

    /// Whether it can be written.
    #[getter]
    fn mutable(&self, py: Python<'_>) -> PyResult<bool> {
        guarded(py, || Ok(self.0.value.mutable))
    }
});

/// A tag type: the `FuncType` whose parameters are the exception's values.
#[pyclass(frozen, module = "typereg", name = "TagType")]
pub(crate) struct PyTagType(pub(crate) Owned<TagType>);

value_methods!(PyTagType("func";) {
    #[new]
    fn new(func: &Bound<'_, PyAny>) -> PyResult<Self> {
        guarded(func.py(), || {
            let mut owners = Owners::default();
            let func = convert::func_type(func, Place::Argument("func"), &mut owners)?;
            Ok(Self(Owned::new(TagType { func }, owners)))
        })
    }

    /// The function type.
    #[getter]
    fn func<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        guarded(py, || wrap::func_type(py, self.0.value.func.clone(), &self.0.owners))
    }
});
