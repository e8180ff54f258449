//! What answers have in common, such as reports: they cannot change, so that a copy is the answer
//! itself; they are not values, and do not pickle (clause P3).

/// The `#[pymethods]` of an answer's class: its own, and those that all answers have.
///
/// `name` is the class with its article, and `json` says what gives the answer as plain data.
macro_rules! answer_methods {
    ($class:ident, $name:literal, $json:literal { $($own:tt)* }) => {
        #[pymethods]
        impl $class {
            $($own)*

            /// The answer itself: it cannot change.
            fn __copy__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
                guarded(slf.py(), || Ok(slf.clone()))
            }

            /// The answer itself: it cannot change.
            fn __deepcopy__<'py>(
                slf: &Bound<'py, Self>,
                _memo: &Bound<'py, PyAny>,
            ) -> PyResult<Bound<'py, Self>> {
                guarded(slf.py(), || Ok(slf.clone()))
            }

            /// Refuses: what is plain data can be pickled.
            fn __reduce__(&self, py: Python<'_>) -> PyResult<()> {
                guarded(py, || {
                    Err(pyo3::exceptions::PyTypeError::new_err(concat!(
                        "cannot pickle ", $name, ": ", $json, " gives it as plain data"
                    )))
                })
            }
        }
    };
}

pub(crate) use answer_methods;
