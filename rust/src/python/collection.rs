//! The native base of `TypeCollection`.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyTuple};

use super::argument::Place;
use super::convert;
use super::engine::PyEngine;
use super::errors::{self, OrRaise};
use super::guard::guarded;
use super::handle::PyRegisteredType;
use super::index::{PyModuleTypeIndex, PySharedTypeIndex};
use super::module::PyWasmModule;
use super::public;
use super::sequence::{self, Key};
use super::slot::Slot;
use super::source::{self, Source};
use super::wrap;
use crate::registry::{Engine, TypeCollection};
use crate::sync::Arc;
use crate::types::ModuleTypeIndex;

/// Registers a module, or what a module can be read from.
pub(crate) fn register<'py>(
    engine: &Engine,
    module: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = module.py();
    let registered = if let Ok(module) = module.cast::<PyWasmModule>() {
        let module = &module.get().0;
        py.detach(|| TypeCollection::new_for_module(engine, module))
    } else {
        let source = Source::read(module, Place::Argument("module"))?;
        py.detach(|| TypeCollection::new_for_module(engine, &source.decode_for(engine)?))
    };
    public::TYPE_COLLECTION.instance(py, registered.or_raise(py)?)
}

/// Registers the types of a snapshot.
pub(crate) fn load_snapshot<'py>(
    engine: &Engine,
    data: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = data.py();
    let wasm = source::bytes(data, Place::Argument("data"))?;
    let registered = py.detach(|| engine.load_snapshot(wasm));
    public::TYPE_COLLECTION.instance(py, registered.or_raise(py)?)
}

/// What `typereg.TypeCollection` does; that class adds ``__del__``.
#[pyclass(
    frozen,
    subclass,
    weakref,
    module = "typereg._typereg",
    name = "TypeCollection"
)]
pub(crate) struct PyTypeCollection {
    slot: Slot<TypeCollection>,
}

impl PyTypeCollection {
    /// What the collection owns, kept alive while it is used.
    fn open(&self, py: Python<'_>) -> PyResult<Arc<TypeCollection>> {
        self.slot
            .get()
            .or_raise(py)?
            .ok_or_else(|| errors::closed(py, "TypeCollection"))
    }
}

/// A handle for the type at a position that exists.
fn handle<'py>(
    py: Python<'py>,
    types: &TypeCollection,
    position: usize,
) -> PyResult<Bound<'py, PyAny>> {
    let index = u32::try_from(position).ok().map(ModuleTypeIndex);
    let index = index.expect("a position within the collection");
    let owned = types.try_registered_type(index).or_raise(py)?;
    public::REGISTERED_TYPE.instance(py, owned.expect("a position within the collection"))
}

#[pymethods]
impl PyTypeCollection {
    #[new]
    fn new(py: Python<'_>) -> PyResult<Self> {
        guarded(py, || {
            let owned = public::TYPE_COLLECTION.take();
            let slot = owned.map(Slot::new).ok_or_else(|| {
                PyTypeError::new_err(
                    "a TypeCollection is made by Engine.register or TypeCollection.new_for_module",
                )
            })?;
            Ok(PyTypeCollection { slot })
        })
    }

    /// Registers the types of a module, all of them or none: the same as `Engine.register`.
    #[staticmethod]
    fn new_for_module<'py>(
        engine: &Bound<'py, PyAny>,
        module: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        guarded(engine.py(), || {
            register(convert::engine(engine, Place::Argument("engine"))?, module)
        })
    }

    /// The engine.
    #[getter]
    fn engine(&self, py: Python<'_>) -> PyResult<PyEngine> {
        guarded(py, || Ok(PyEngine(self.open(py)?.engine().clone())))
    }

    /// A tuple of `SharedTypeIndex`, one for each type of the module in order (clause S10).
    fn as_module_map<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        guarded(py, || {
            let types = self.open(py)?;
            wrap::tuple(py, &types.as_module_map(), |index| {
                Ok(Bound::new(py, PySharedTypeIndex::new(*index, types.engine()))?.into_any())
            })
        })
    }

    /// The `SharedTypeIndex` of one of the module's types by its type index, or None if the module
    /// has no such type.
    fn shared_type(&self, index: &Bound<'_, PyAny>) -> PyResult<Option<PySharedTypeIndex>> {
        let py = index.py();
        guarded(py, || {
            let index = convert::module_index(index, Place::Argument("index"))?;
            let types = self.open(py)?;
            let shared = index.and_then(|index| types.shared_type(index));
            Ok(shared.map(|shared| PySharedTypeIndex::new(shared, types.engine())))
        })
    }

    /// The `ModuleTypeIndex` of a registered type in this module, or None if the module does not
    /// declare it; of duplicates the last declared.
    ///
    /// None for a stale index, too; raises `ForeignEngineError` for one of another engine.
    fn module_local_type(&self, index: &Bound<'_, PyAny>) -> PyResult<Option<PyModuleTypeIndex>> {
        let py = index.py();
        guarded(py, || {
            let index = convert::shared_index(index, Place::Argument("index"))?;
            let local = self.open(py)?.module_local_type(index).or_raise(py)?;
            Ok(local.map(PyModuleTypeIndex))
        })
    }

    /// Whether type ``a`` matches type ``b``: as `Engine.matches`, where a `ModuleTypeIndex` is an
    /// index of this module.
    fn matches(
        &self,
        py: Python<'_>,
        a: &Bound<'_, PyAny>,
        b: &Bound<'_, PyAny>,
    ) -> PyResult<bool> {
        guarded(py, || {
            let a = convert::matchable(a, Place::Argument("a"))?;
            let b = convert::matchable(b, Place::Argument("b"))?;
            convert::same_sort(&a, &b)?;
            self.open(py)?.matches(&a, &b).or_raise(py)
        })
    }

    /// Takes every registration back under one hold of the lock, unless that has been done.
    ///
    /// Afterwards only ``==``, ``hash``, ``repr`` and `closed` answer, and everything else raises
    /// `ClosedError`. May be called from any thread.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        guarded(py, || {
            if let Some(owned) = self.slot.take() {
                py.detach(|| drop(owned));
            }
            Ok(())
        })
    }

    /// Whether `close` has been called.
    #[getter]
    fn closed(&self, py: Python<'_>) -> PyResult<bool> {
        guarded(py, || Ok(self.slot.is_closed()))
    }

    fn __enter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        let py = slf.py();
        guarded(py, || slf.get().open(py).map(|_| slf.clone()))
    }

    /// Closes the collection.
    #[pyo3(signature = (*exception))]
    fn __exit__(&self, exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        self.close(exception.py())
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        guarded(py, || Ok(self.open(py)?.len()))
    }

    /// A fresh `RegisteredType` for a type index, or a tuple of them for a slice.
    fn __getitem__<'py>(&self, key: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = key.py();
        guarded(py, || {
            let types = self.open(py)?;
            match Key::read(key, types.len(), "type")? {
                Key::One(position) => handle(py, &types, position),
                Key::Many(positions) => {
                    let made = positions.map(|position| handle(py, &types, position));
                    let made = made.collect::<PyResult<Vec<_>>>()?;
                    Ok(PyTuple::new(py, made)?.into_any())
                }
            }
        })
    }

    /// Each a fresh `RegisteredType`, in the order of the module.
    fn __iter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyIterator>> {
        guarded(slf.py(), || sequence::iterate(slf.as_any()))
    }

    /// Each a fresh `RegisteredType`, from the last to the first.
    fn __reversed__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyIterator>> {
        guarded(slf.py(), || sequence::reversed(slf.as_any()))
    }

    /// Whether the module declares the type of a handle.
    fn __contains__(&self, item: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = item.py();
        guarded(py, || {
            let types = self.open(py)?;
            let Ok(handle) = item.cast::<PyRegisteredType>() else {
                return Ok(false);
            };
            let index = handle.get().index();
            if index.engine_id() != types.engine().id() {
                return Ok(false);
            }
            Ok(types.module_local_type(index).or_raise(py)?.is_some())
        })
    }

    /// Refuses: a collection keeps types registered in an engine of this process.
    fn __reduce__(&self, py: Python<'_>) -> PyResult<()> {
        guarded(py, || {
            Err(PyTypeError::new_err(
                "cannot pickle or copy a TypeCollection: it keeps types registered in an engine \
                 of this process",
            ))
        })
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        guarded(py, || {
            Ok(match self.slot.get() {
                Ok(Some(types)) => format!("<TypeCollection of {} types>", types.len()),
                Ok(None) => "<TypeCollection closed>".to_owned(),
                Err(_) => "<TypeCollection lost in a fork>".to_owned(),
            })
        })
    }
}
