//! `SubType` and `RecGroup`.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::argument::{self, Flag, Place};
use super::convert;
use super::guard::guarded;
use super::owners::{Owned, Owners};
use super::value::{Value, not_portable, reduce, value_methods};
use super::wrap;
use crate::types::{RecGroup, SubType};

/// A composite type with its place in the hierarchy of declared subtypes.
///
/// ``supertype`` is an index, a `DefType` or None. A final type is no type's supertype. Where a
/// `SubType` is wanted, a bare composite type stands for a final one without supertype.
#[pyclass(frozen, module = "typereg", name = "SubType")]
pub(crate) struct PySubType(pub(crate) Owned<SubType>);

value_methods!(PySubType("composite"; "supertype", "final") {
    #[new]
    #[pyo3(
        signature = (composite, *, supertype = None, r#final = Flag::Is(true)),
        text_signature = "(composite, *, supertype=None, final=True)"
    )]
    fn new(
        composite: &Bound<'_, PyAny>,
        supertype: Option<&Bound<'_, PyAny>>,
        r#final: Flag<'_>,
    ) -> PyResult<Self> {
        guarded(composite.py(), || {
            let mut owners = Owners::default();
            let place = Place::Argument("composite");
            let composite = convert::composite_type(composite, place, &mut owners)?;
            let place = Place::Argument("supertype");
            let supertype = argument::optional(supertype, |index| {
                convert::type_index(index, place, &mut owners)
            })?;
            let is_final = r#final.read("final")?;
            let ty = SubType { composite, supertype, is_final };
            Ok(Self(Owned::new(ty, owners)))
        })
    }

    /// The structure: a `FuncType`, `StructType`, `ArrayType` or `ContType`.
    #[getter]
    fn composite<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        guarded(py, || {
            wrap::composite_type(py, self.0.value.composite.clone(), &self.0.owners)
        })
    }

    /// The declared supertype, an index or a `DefType`, or None.
    #[getter]
    fn supertype<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        guarded(py, || {
            let supertype = self.0.value.supertype.clone();
            supertype.map(|index| wrap::type_index(py, index, &self.0.owners)).transpose()
        })
    }

    /// Whether no type may declare this one as its supertype.
    #[getter]
    fn r#final(&self, py: Python<'_>) -> PyResult<bool> {
        guarded(py, || Ok(self.0.value.is_final))
    }
});

/// A recursion group: an iterable of `SubType`, which may refer to each other by `RecIndex`.
///
/// A bare composite type stands for a final `SubType` without supertype. A group may be empty.
#[pyclass(frozen, module = "typereg", name = "RecGroup")]
pub(crate) struct PyRecGroup(pub(crate) Owned<RecGroup>);

value_methods!(PyRecGroup("members";) {
    #[new]
    fn new(members: &Bound<'_, PyAny>) -> PyResult<Self> {
        guarded(members.py(), || {
            let mut owners = Owners::default();
            let members = argument::items(members, "members", "SubType", |item, place| {
                convert::sub_type(item, place, &mut owners)
            })?;
            Ok(Self(Owned::new(RecGroup { members }, owners)))
        })
    }

    /// The members, a tuple of `SubType`.
    #[getter]
    fn members<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guarded(py, || {
            wrap::tuple(py, &self.0.value.members, |member| {
                wrap::sub_type(py, member.clone(), &self.0.owners)
            })
        })
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        guarded(py, || Ok(self.0.value.members.len()))
    }
});
