//! `Engine`.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use super::argument::{self, Place};
use super::collection::{load_snapshot, register};
use super::convert;
use super::errors::OrRaise;
use super::features::PyFeatures;
use super::guard::guarded;
use super::limits::PyLimits;
use super::owners::References;
use super::public;
use super::registry::PyTypeRegistry;
use super::sub_type::PyRecGroup;
use super::value::hash_code;
use crate::registry::Engine;

/// Owns one registry of types (clause S1).
///
/// ``limits`` and ``features`` are checked before anything is registered; the defaults are
/// ``Limits.js_api()`` and ``Features()``. ``weak_hash_bits`` is for tests: it shortens every hash
/// to that many bits, which must change no answer (clause D4).
///
/// Engines are equal only by identity. Everything an engine hands out keeps it alive.
#[pyclass(frozen, weakref, module = "typereg", name = "Engine")]
pub(crate) struct PyEngine(pub(crate) Engine);

#[pymethods]
impl PyEngine {
    #[new]
    #[pyo3(signature = (*, limits = None, features = None, weak_hash_bits = None))]
    fn new(
        py: Python<'_>,
        limits: Option<&Bound<'_, PyAny>>,
        features: Option<&Bound<'_, PyAny>>,
        weak_hash_bits: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        guarded(py, || {
            let limits = convert::limits(limits)?;
            let features = convert::features(features)?;
            let bits = argument::optional(weak_hash_bits, |bits| {
                let bits = argument::unsigned(bits, Place::Argument("weak_hash_bits"), 64)?;
                Ok(u32::try_from(bits).expect("at most 64"))
            })?;
            Ok(PyEngine(match bits {
                Some(bits) => Engine::with_weak_hash(limits, features, bits),
                None => Engine::new(limits, features),
            }))
        })
    }

    /// The engine's registry.
    #[getter]
    fn registry(&self, py: Python<'_>) -> PyResult<PyTypeRegistry> {
        guarded(py, || Ok(PyTypeRegistry(self.0.clone())))
    }

    /// What the engine accepts.
    #[getter]
    fn limits(&self, py: Python<'_>) -> PyResult<PyLimits> {
        guarded(py, || Ok(PyLimits(self.0.limits().clone())))
    }

    /// The features beyond WebAssembly 3.0 that the engine accepts.
    #[getter]
    fn features(&self, py: Python<'_>) -> PyResult<PyFeatures> {
        guarded(py, || Ok(PyFeatures(*self.0.features())))
    }

    /// Registers the types of a module, all of them or none.
    ///
    /// ``module`` is a `Module` or whatever `Module` takes: bytes, WAT, a path-like object or a
    /// binary file. Gives a `TypeCollection` that keeps the types registered. The same as
    /// ``TypeCollection.new_for_module(engine, module)`` (clause S9).
    ///
    /// Raises what `Module` raises, and `LimitError` where the engine's own limits do not allow it.
    fn register<'py>(&self, module: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        guarded(module.py(), || register(&self.0, module))
    }

    /// Registers a group built by hand, and gives a tuple of one `RegisteredType` per member.
    ///
    /// In the group, ``RecIndex(i)`` is its own i-th member, a `SharedTypeIndex` a type of this
    /// engine (clause G6), and a `DefType` a closed type, whose groups are registered first and
    /// then kept by references alone (clause K12). Raises `NotCanonicalError` for a
    /// `ModuleTypeIndex`, `ForeignEngineError`, `StaleIndexError`, `ValidationError` or
    /// `LimitError`; nothing is registered then.
    fn register_group<'py>(&self, group: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
        let py = group.py();
        guarded(py, || {
            let place = Place::Argument("group");
            let group = group
                .cast::<PyRecGroup>()
                .map_err(|_| argument::unexpected(place, "a RecGroup", group))?;
            let group = &group.get().0.value;
            let handles = py.detach(|| self.0.register_group(group)).or_raise(py)?;
            public::REGISTERED_TYPE.instances(py, handles)
        })
    }

    /// The live types as one WebAssembly module of nothing else, as bytes (clause G8).
    ///
    /// Engines with equal types give equal bytes. Counts nothing. Raises `LimitError` where there
    /// are more types or groups than the engine allows in a module.
    fn snapshot<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        guarded(py, || {
            let wasm = py.detach(|| self.0.snapshot()).or_raise(py)?;
            Ok(PyBytes::new(py, &wasm))
        })
    }

    /// Registers the types of a snapshot, given as bytes, and gives a `TypeCollection` that keeps
    /// them registered: as `register` of that module (clauses G8, K2). Raises what that raises.
    fn load_snapshot<'py>(&self, data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        guarded(data.py(), || load_snapshot(&self.0, data))
    }

    /// Whether type ``a`` matches type ``b`` by the specification's rules (clause G5).
    ///
    /// Both are value types, heap types (a `SharedTypeIndex` or a `DefType` is one; the latter need
    /// not be registered), field types, or external types such as `FuncType`; two of different
    /// sorts are a `TypeError`. Between defined types only declared subtyping counts. Raises
    /// `ForeignEngineError`, `StaleIndexError` and `NotCanonicalError` for indices that are not
    /// live in this engine.
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
            let answer = if a.holds_closed() || b.holds_closed() {
                py.detach(|| self.0.matches(&a, &b))
            } else {
                self.0.matches(&a, &b)
            };
            answer.or_raise(py)
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
            Ok(match self.0.check_fork() {
                Ok(()) => format!("<Engine with {} live types>", self.0.registry().len()),
                Err(_) => "<Engine lost in a fork>".to_owned(),
            })
        })
    }

    /// The same engine: copies share the registry.
    fn __copy__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        guarded(slf.py(), || Ok(slf.clone()))
    }

    /// The same engine: copies share the registry.
    fn __deepcopy__<'py>(
        slf: &Bound<'py, Self>,
        _memo: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Self>> {
        guarded(slf.py(), || Ok(slf.clone()))
    }

    /// Refuses: an engine lives in one process.
    fn __reduce__(&self, py: Python<'_>) -> PyResult<()> {
        guarded(py, || {
            Err(PyTypeError::new_err(
                "cannot pickle an Engine: it lives in one process",
            ))
        })
    }
}
