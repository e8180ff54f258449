//! The exception classes, and the one seam where the crate's errors become Python's (clause P4).

use pyo3::exceptions::{PyException, PyIndexError, PyLookupError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::{Error, Result};

/// The classes, made once: subclasses of `TypeRegError` and of a builtin both, which an extension
/// for the stable ABI can only have by calling `type`.
struct Classes {
    base: Py<PyType>,
    decode: Py<PyType>,
    validation: Py<PyType>,
    foreign_engine: Py<PyType>,
    stale_index: Py<PyType>,
    not_canonical: Py<PyType>,
    limit: Py<PyType>,
    closed: Py<PyType>,
    unsupported_feature: Py<PyType>,
    forked: Py<PyType>,
    internal: Py<PyType>,
}

static CLASSES: PyOnceLock<Classes> = PyOnceLock::new();

impl Classes {
    fn get(py: Python<'_>) -> PyResult<&'static Classes> {
        CLASSES.get_or_try_init(py, || Classes::new(py))
    }

    fn new(py: Python<'_>) -> PyResult<Classes> {
        let exception = py.get_type::<PyException>();
        let base = define(
            py,
            "TypeRegError",
            &[&exception],
            &[],
            "Every error of typereg's own: ``except TypeRegError`` catches them all.",
        )?;
        let bound = base.bind(py).clone();
        let leaf = |name, builtin: Bound<'_, PyType>, attributes, doc| {
            define(py, name, &[&bound, &builtin], attributes, doc)
        };
        let value_error = || py.get_type::<PyValueError>();
        Ok(Classes {
            base,
            decode: leaf(
                "DecodeError",
                value_error(),
                &[("offset", Unset::Zero)],
                "Malformed bytes or text. ``offset``: where, in bytes from the start (of WAT, in \
                 UTF-8 bytes).",
            )?,
            validation: leaf(
                "ValidationError",
                value_error(),
                &[("offset", Unset::Nothing), ("type_index", Unset::Nothing)],
                "Well-formed and invalid. ``offset``: where, in bytes, or None without bytes; \
                 ``type_index``: which type, by module type index or position in a group built by \
                 hand, or None.",
            )?,
            foreign_engine: leaf(
                "ForeignEngineError",
                value_error(),
                &[],
                "An index or handle of one engine was given to another.",
            )?,
            stale_index: leaf(
                "StaleIndexError",
                py.get_type::<PyLookupError>(),
                &[],
                "A `SharedTypeIndex` whose type was freed was given where a live one is needed.",
            )?,
            not_canonical: leaf(
                "NotCanonicalError",
                value_error(),
                &[],
                "A reference stands in the wrong index space: a module's or a group's index at \
                 `RegisteredType`, a `ModuleTypeIndex` at `Engine.register_group`, the index of a \
                 module or an engine at `DefType`.",
            )?,
            limit: leaf(
                "LimitError",
                value_error(),
                &[("limit", Unset::Empty), ("value", Unset::Zero)],
                "More than a limit allows. ``limit``: the field of `Limits`, ``memory``, or \
                 ``module_bytes``; ``value``: what was asked for.",
            )?,
            closed: leaf(
                "ClosedError",
                value_error(),
                &[],
                "A handle or collection was used after it was closed.",
            )?,
            unsupported_feature: leaf(
                "UnsupportedFeatureError",
                value_error(),
                &[("feature", Unset::Empty)],
                "The input needs a feature that is off or not supported. ``feature``: which.",
            )?,
            forked: leaf(
                "ForkedError",
                py.get_type::<PyRuntimeError>(),
                &[],
                "The engine was inherited by a forked child while another thread of the parent \
                 held its lock: it is lost to the child.",
            )?,
            internal: leaf(
                "InternalError",
                py.get_type::<PyRuntimeError>(),
                &[],
                "A fault of typereg's own. The message says what to report.",
            )?,
        })
    }

    fn all(&self) -> [&Py<PyType>; 11] {
        [
            &self.base,
            &self.decode,
            &self.validation,
            &self.foreign_engine,
            &self.stale_index,
            &self.not_canonical,
            &self.limit,
            &self.closed,
            &self.unsupported_feature,
            &self.forked,
            &self.internal,
        ]
    }
}

/// What an attribute is of an error that somebody else makes: a value of its type.
#[derive(Clone, Copy)]
enum Unset {
    Nothing,
    Zero,
    Empty,
}

/// A new exception class of the package.
fn define(
    py: Python<'_>,
    name: &str,
    bases: &[&Bound<'_, PyType>],
    attributes: &[(&str, Unset)],
    doc: &str,
) -> PyResult<Py<PyType>> {
    let namespace = PyDict::new(py);
    for (attribute, unset) in attributes {
        match unset {
            Unset::Nothing => namespace.set_item(attribute, py.None())?,
            Unset::Zero => namespace.set_item(attribute, 0)?,
            Unset::Empty => namespace.set_item(attribute, "")?,
        }
    }
    namespace.set_item("__module__", "typereg")?;
    namespace.set_item("__doc__", doc)?;
    let bases = PyTuple::new(py, bases)?;
    let class = py.get_type::<PyType>().call1((name, bases, namespace))?;
    Ok(class.cast_into::<PyType>()?.unbind())
}

/// Puts the classes into the module.
pub(crate) fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    for class in Classes::get(py)?.all() {
        let class = class.bind(py);
        module.add(class.name()?, class)?;
    }
    Ok(())
}

/// An instance of the class that `choose` picks, with attributes that outlive pickling.
fn build(
    py: Python<'_>,
    choose: impl FnOnce(&Classes) -> &Py<PyType>,
    message: &str,
    attributes: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<()>,
) -> PyErr {
    let build = || {
        let error = choose(Classes::get(py)?).bind(py).call1((message,))?;
        attributes(&error)?;
        Ok(PyErr::from_value(error))
    };
    build().unwrap_or_else(|error: PyErr| error)
}

/// The seam: what the crate refused, as Python's users see it.
pub(crate) fn to_py_err(py: Python<'_>, error: Error) -> PyErr {
    let message = error.to_string();
    match error {
        Error::Decode { offset, .. } => build(
            py,
            |classes| &classes.decode,
            &message,
            |made| made.setattr("offset", offset),
        ),
        Error::Validation {
            offset, type_index, ..
        } => build(
            py,
            |classes| &classes.validation,
            &message,
            |made| {
                made.setattr("offset", offset)?;
                made.setattr("type_index", type_index)
            },
        ),
        Error::Limit { limit, value, .. } => build(
            py,
            |classes| &classes.limit,
            &message,
            |made| {
                made.setattr("limit", limit)?;
                made.setattr("value", value)
            },
        ),
        Error::UnsupportedFeature { feature, .. } => build(
            py,
            |classes| &classes.unsupported_feature,
            &message,
            |made| made.setattr("feature", feature.name()),
        ),
        Error::ForeignEngine { .. } => {
            build(py, |classes| &classes.foreign_engine, &message, |_| Ok(()))
        }
        Error::StaleIndex { .. } => build(py, |classes| &classes.stale_index, &message, |_| Ok(())),
        Error::NotCanonical { .. } => {
            build(py, |classes| &classes.not_canonical, &message, |_| Ok(()))
        }
        Error::Forked => build(py, |classes| &classes.forked, &message, |_| Ok(())),
        Error::NoSuchMember { .. } | Error::NoSuchType { .. } => PyIndexError::new_err(message),
    }
}

/// `ClosedError`: `what` was used after it was closed.
pub(crate) fn closed(py: Python<'_>, what: &str) -> PyErr {
    let message = format!("this {what} is closed");
    build(py, |classes| &classes.closed, &message, |_| Ok(()))
}

/// `ValidationError` for an argument of the right type with a value that can never be.
pub(crate) fn invalid(py: Python<'_>, message: String) -> PyErr {
    to_py_err(
        py,
        Error::Validation {
            message,
            offset: None,
            type_index: None,
        },
    )
}

/// `InternalError` for a panic that said `what`.
pub(crate) fn internal(py: Python<'_>, what: &str) -> PyErr {
    let message = format!(
        "typereg {} has a bug: {what}. Please report this message, what was written to standard \
         error before it, and what led to it, at {}/issues",
        env!("CARGO_PKG_VERSION"),
        env!("CARGO_PKG_REPOSITORY"),
    );
    build(py, |classes| &classes.internal, &message, |_| Ok(()))
}

/// Raises the crate's errors in Python.
pub(crate) trait OrRaise<T> {
    /// The value, or Python's exception for the error.
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> OrRaise<T> for Result<T> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| to_py_err(py, error))
    }
}
