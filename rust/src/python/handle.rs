//! The native base of `RegisteredType`.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use super::argument::{self, Place};
use super::convert;
use super::def_type::PyDefType;
use super::engine::PyEngine;
use super::errors::{self, OrRaise};
use super::guard::guarded;
use super::index::PySharedTypeIndex;
use super::owners::{Owned, Owners, References};
use super::public;
use super::sub_type::PyRecGroup;
use super::value::hash_code;
use super::wrap;
use crate::registry::RegisteredType;
use crate::types::SharedTypeIndex;

/// What `typereg.RegisteredType` does; that class adds ``__del__``.
#[pyclass(
    frozen,
    subclass,
    weakref,
    module = "typereg._typereg",
    name = "RegisteredType"
)]
pub(crate) struct PyRegisteredType(RegisteredType);

impl PyRegisteredType {
    /// What the handle owns, unless it has been closed. Another thread may close it meanwhile:
    /// what looks at the type answers `None` then, or looks here again.
    fn open(&self, py: Python<'_>) -> PyResult<&RegisteredType> {
        if self.0.is_released() {
            Err(closed(py))
        } else {
            Ok(&self.0)
        }
    }

    /// The index, also when the handle is closed.
    pub(crate) fn index(&self) -> SharedTypeIndex {
        self.0.index()
    }

    fn owners(&self) -> Owners {
        Owners::of(self.0.engine())
    }

    /// The nearest ancestors. None are found where the type is gone, so then it looks again.
    fn ancestors(&self, py: Python<'_>, most: usize) -> PyResult<Vec<RegisteredType>> {
        let found = self.open(py)?.ancestors(most).or_raise(py)?;
        if found.is_empty() {
            self.open(py)?;
        }
        Ok(found)
    }
}

fn closed(py: Python<'_>) -> PyErr {
    errors::closed(py, "RegisteredType")
}

#[pymethods]
impl PyRegisteredType {
    #[new]
    #[pyo3(signature = (engine = None, ty = None), text_signature = "(engine, ty)")]
    fn new(
        py: Python<'_>,
        engine: Option<&Bound<'_, PyAny>>,
        ty: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        guarded(py, || {
            if let (None, None) = (engine, ty)
                && let Some(owned) = public::REGISTERED_TYPE.take()
            {
                return Ok(PyRegisteredType(owned));
            }
            let (Some(engine), Some(ty)) = (engine, ty) else {
                return Err(PyTypeError::new_err(
                    "RegisteredType() takes an engine and a type: RegisteredType(engine, ty)",
                ));
            };
            let engine = convert::engine(engine, Place::Argument("engine"))?;
            let ty = convert::sub_type(ty, Place::Argument("ty"), &mut Owners::default())?;
            let made = if ty.holds_closed() {
                py.detach(|| RegisteredType::new(engine, ty))
            } else {
                RegisteredType::new(engine, ty)
            };
            Ok(PyRegisteredType(made.or_raise(py)?))
        })
    }

    /// A new handle for a live index, or None where the index is stale (clause S6).
    ///
    /// Adds a registration. Never takes the registry's write lock. Raises `ForeignEngineError` for
    /// an index of another engine.
    #[staticmethod]
    fn root<'py>(
        engine: &Bound<'py, PyAny>,
        index: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = engine.py();
        guarded(py, || {
            let engine = convert::engine(engine, Place::Argument("engine"))?;
            let index = convert::shared_index(index, Place::Argument("index"))?;
            let rooted = RegisteredType::root(engine, index).or_raise(py)?;
            rooted
                .map(|owned| public::REGISTERED_TYPE.instance(py, owned))
                .transpose()
        })
    }

    /// The type's index in its engine. No lock; answers after `close`, too.
    #[getter(index)]
    fn shared_index(&self, py: Python<'_>) -> PyResult<PySharedTypeIndex> {
        guarded(py, || {
            Ok(PySharedTypeIndex::new(self.0.index(), self.0.engine()))
        })
    }

    /// The engine. No lock.
    #[getter]
    fn engine(&self, py: Python<'_>) -> PyResult<PyEngine> {
        guarded(py, || Ok(PyEngine(self.open(py)?.engine().clone())))
    }

    /// The type's position in its recursion group. No lock.
    #[getter]
    fn position(&self, py: Python<'_>) -> PyResult<u32> {
        guarded(py, || Ok(self.open(py)?.position()))
    }

    /// How many registrations the type's recursion group has at this moment (section K). No lock.
    #[getter]
    fn registrations(&self, py: Python<'_>) -> PyResult<usize> {
        guarded(py, || Ok(self.open(py)?.registrations()))
    }

    /// Whether this type is declared a subtype of the other's, or is the same (clause G5).
    ///
    /// Constant time, no lock. Raises `ForeignEngineError` for a handle of another engine.
    fn is_subtype_of(&self, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = other.py();
        guarded(py, || {
            let place = Place::Argument("other");
            let other = other
                .cast::<PyRegisteredType>()
                .map_err(|_| argument::unexpected(place, "a RegisteredType", other))?
                .get();
            let answer = self.open(py)?.is_subtype_of(other.open(py)?).or_raise(py)?;
            // It compared slots, which mean these types only if both were kept to the end.
            self.open(py)?;
            other.open(py)?;
            Ok(answer)
        })
    }

    /// The type as a `SubType` whose references are `SharedTypeIndex`, those to its own group
    /// included (clause S4). Takes the read lock.
    #[getter(r#type)]
    fn sub_type<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        guarded(py, || {
            let ty = self.open(py)?.try_sub_type().or_raise(py)?;
            wrap::sub_type(py, ty.ok_or_else(|| closed(py))?, &self.owners())
        })
    }

    /// The type's recursion group as a `RecGroup` whose references within the group are `RecIndex`
    /// (clause G6): registered again, it is the same group. Takes the read lock.
    #[getter]
    fn group(&self, py: Python<'_>) -> PyResult<PyRecGroup> {
        guarded(py, || {
            let group = self.open(py)?.try_group().or_raise(py)?;
            let group = group.ok_or_else(|| closed(py))?;
            Ok(PyRecGroup(Owned::part(group, &self.owners())))
        })
    }

    /// The type on its own, as a `DefType` (clause G10). Takes the read lock; linear in what the
    /// type leads to.
    #[getter]
    fn def_type(&self, py: Python<'_>) -> PyResult<PyDefType> {
        guarded(py, || {
            let handle = self.open(py)?;
            let ty = py.detach(|| handle.try_def_type()).or_raise(py)?;
            Ok(PyDefType(ty.ok_or_else(|| closed(py))?))
        })
    }

    /// The type's digest, 32 bytes: the same on every machine, and in every process and version
    /// (clause G7). The first look takes the read lock and is linear in what the type leads to;
    /// then it is kept.
    #[getter]
    fn digest<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        guarded(py, || {
            let handle = self.open(py)?;
            let digest = py.detach(|| handle.try_digest()).or_raise(py)?;
            Ok(PyBytes::new(
                py,
                digest.ok_or_else(|| closed(py))?.as_bytes(),
            ))
        })
    }

    /// A new handle for the declared supertype, or None.
    #[getter]
    fn supertype<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        guarded(py, || {
            let supertype = self.ancestors(py, 1)?.pop();
            supertype
                .map(|owned| public::REGISTERED_TYPE.instance(py, owned))
                .transpose()
        })
    }

    /// A tuple of new handles for all declared supertypes, nearest first.
    #[getter]
    fn supertypes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guarded(py, || {
            public::REGISTERED_TYPE.instances(py, self.ancestors(py, usize::MAX)?)
        })
    }

    /// Takes the registration back, unless that has been done; the last one unregisters.
    ///
    /// Afterwards only ``==``, ``hash``, ``repr``, `closed` and `index` answer, and everything else
    /// raises `ClosedError`. May be called from any thread.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        guarded(py, || {
            if self.0.is_released() || self.0.registrations() > 1 {
                self.0.release();
            } else {
                // The last one, as it seems: what it alone kept goes with it, however much that is.
                py.detach(|| self.0.release());
            }
            Ok(())
        })
    }

    /// Whether `close` has been called.
    #[getter]
    fn closed(&self, py: Python<'_>) -> PyResult<bool> {
        guarded(py, || Ok(self.0.is_released()))
    }

    fn __enter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        let py = slf.py();
        guarded(py, || slf.get().open(py).map(|_| slf.clone()))
    }

    /// Closes the handle.
    #[pyo3(signature = (*exception))]
    fn __exit__(&self, exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        self.close(exception.py())
    }

    /// Another handle for the same type: adds a registration, without a registry-wide lock.
    fn __copy__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        guarded(py, || {
            let copy = self.0.try_clone().ok_or_else(|| closed(py))?;
            public::REGISTERED_TYPE.instance(py, copy)
        })
    }

    /// The same as ``__copy__``.
    fn __deepcopy__<'py>(&self, memo: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.__copy__(memo.py())
    }

    /// Refuses: a handle keeps a type registered in an engine of this process.
    fn __reduce__(&self, py: Python<'_>) -> PyResult<()> {
        guarded(py, || {
            Err(PyTypeError::new_err(
                "cannot pickle a RegisteredType: it keeps a type registered in an engine of this \
                 process",
            ))
        })
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, Self>) -> PyResult<bool> {
        guarded(py, || Ok(self.0 == other.get().0))
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<u64> {
        guarded(py, || Ok(hash_code(&self.0)))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        guarded(py, || {
            let (slot, generation) = (self.index().bits(), self.index().generation());
            let state = if self.0.is_released() { " closed" } else { "" };
            Ok(format!(
                "<RegisteredType {slot} generation={generation}{state}>"
            ))
        })
    }
}
