//! What all value classes have in common: compared, hashed, printed, copied and pickled alike
//! (clause P3).

use std::fmt::Display;
use std::hash::{DefaultHasher, Hash, Hasher};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::owners::Owned;
use super::source_text::Source;
use crate::types::{ModuleTypeIndex, RecIndex, TypeIndex};

/// What a value class wraps.
pub(crate) trait Value: PartialEq {
    /// Equal for equal values.
    fn hash_code(&self) -> u64;

    /// The Python expression that makes the value.
    fn source(&self) -> String;

    /// The value as WAT, where it has any.
    fn wat(&self) -> String;

    /// Whether the value means the same in another process: it holds no shared index.
    fn is_portable(&self) -> bool;
}

/// A hash that agrees with `==`.
pub(crate) fn hash_code(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The engines follow from the value: each shared index names its own.
impl<T: PartialEq> PartialEq for Owned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T> Value for Owned<T>
where
    T: PartialEq + Hash + Display,
    for<'a> Source<'a, T>: Display,
{
    fn hash_code(&self) -> u64 {
        hash_code(&self.value)
    }

    fn source(&self) -> String {
        Source(&self.value).to_string()
    }

    fn wat(&self) -> String {
        self.value.to_string()
    }

    fn is_portable(&self) -> bool {
        self.owners.is_empty()
    }
}

/// An index is a value of its own.
macro_rules! index_value {
    ($($index:ty),*) => {
        $(impl Value for $index {
            fn hash_code(&self) -> u64 {
                hash_code(self)
            }

            fn source(&self) -> String {
                Source(self).to_string()
            }

            fn wat(&self) -> String {
                TypeIndex::from(*self).to_string()
            }

            fn is_portable(&self) -> bool {
                true
            }
        })*
    };
}

index_value!(ModuleTypeIndex, RecIndex);

/// How `pickle` makes an object again: its class, called with the attributes that are named like
/// the constructor's arguments.
pub(crate) fn reduce<'py>(
    object: &Bound<'py, PyAny>,
    positional: &[&str],
    keyword: &[&str],
) -> PyResult<Bound<'py, PyTuple>> {
    let py = object.py();
    let class = object.get_type();
    let arguments = positional.iter().map(|name| object.getattr(*name));
    let arguments = PyTuple::new(py, arguments.collect::<PyResult<Vec<_>>>()?)?;
    if keyword.is_empty() {
        return (class, arguments).into_pyobject(py);
    }
    let options = PyDict::new(py);
    for name in keyword {
        options.set_item(*name, object.getattr(*name)?)?;
    }
    let make = py.import("copyreg")?.getattr("__newobj_ex__")?;
    (make, (class, arguments, options)).into_pyobject(py)
}

/// Why a value that holds a shared index cannot be pickled.
pub(crate) fn not_portable() -> PyErr {
    PyTypeError::new_err(
        "cannot pickle a SharedTypeIndex, or a value that holds one: it means something to its \
         engine only",
    )
}

/// The `#[pymethods]` of a value class: its own, and those that all value classes have.
///
/// `positional; keyword` are the constructor's arguments, which are attributes of the same names.
macro_rules! value_methods {
    ($class:ident($($positional:expr),*; $($keyword:expr),*) { $($own:tt)* }) => {
        #[pymethods]
        impl $class {
            $($own)*

            #[classattr]
            fn __match_args__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
                const ARGUMENTS: &[&str] = &[$($positional,)* $($keyword,)*];
                PyTuple::new(py, ARGUMENTS)
            }

            fn __eq__(&self, py: Python<'_>, other: &Bound<'_, Self>) -> PyResult<bool> {
                guarded(py, || Ok(self.0 == other.get().0))
            }

            fn __hash__(&self, py: Python<'_>) -> PyResult<u64> {
                guarded(py, || Ok(self.0.hash_code()))
            }

            fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
                guarded(py, || Ok(self.0.source()))
            }

            fn __str__(&self, py: Python<'_>) -> PyResult<String> {
                guarded(py, || Ok(self.0.wat()))
            }

            /// The value itself: it cannot change.
            fn __copy__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
                guarded(slf.py(), || Ok(slf.clone()))
            }

            /// The value itself: it cannot change.
            fn __deepcopy__<'py>(
                slf: &Bound<'py, Self>,
                _memo: &Bound<'py, PyAny>,
            ) -> PyResult<Bound<'py, Self>> {
                guarded(slf.py(), || Ok(slf.clone()))
            }

            /// For `pickle`: the class and the constructor's arguments.
            fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
                guarded(slf.py(), || {
                    if slf.get().0.is_portable() {
                        reduce(slf.as_any(), &[$($positional),*], &[$($keyword),*])
                    } else {
                        Err(not_portable())
                    }
                })
            }
        }
    };
}

pub(crate) use value_methods;
