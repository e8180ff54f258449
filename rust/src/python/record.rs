//! Records of named numbers and flags: the shape that `Limits`, `Features` and `Stats` share.
//! They have no WAT: `str` is `repr`.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::argument::{self, Place};
use super::source_text;

/// What a field of a record holds.
pub(crate) trait Field: Sized {
    /// Reads it from an argument.
    fn read(object: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Self>;

    /// Its Python expression.
    fn source(&self) -> String;
}

impl Field for bool {
    fn read(object: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Self> {
        argument::flag(object, place)
    }

    fn source(&self) -> String {
        source_text::flag(*self).to_owned()
    }
}

impl Field for u32 {
    fn read(object: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Self> {
        argument::u32(object, place)
    }

    fn source(&self) -> String {
        self.to_string()
    }
}

impl Field for u64 {
    fn read(object: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Self> {
        argument::u64(object, place)
    }

    fn source(&self) -> String {
        self.to_string()
    }
}

impl Field for Option<u64> {
    fn read(object: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Self> {
        argument::optional(Some(object), |object| argument::u64(object, place))
    }

    fn source(&self) -> String {
        self.map_or_else(|| "None".to_owned(), |value| value.to_string())
    }
}

/// A record whose fields can be set by name.
pub(crate) trait Record: Sized {
    /// The name of the class.
    const NAME: &'static str;

    /// Sets the field of that name; `false` if there is none.
    fn set(&mut self, field: &str, value: &Bound<'_, PyAny>) -> PyResult<bool>;

    /// The record with the fields that keyword arguments give.
    fn with(mut self, fields: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        for (name, value) in fields.into_iter().flatten() {
            let name = name.extract::<String>()?;
            if !self.set(&name, &value)? {
                let class = Self::NAME;
                return Err(PyTypeError::new_err(format!(
                    "{class} has no field {name:?}"
                )));
            }
        }
        Ok(self)
    }
}

/// A record class: its own methods, a getter for each field, and what all values have.
macro_rules! record_methods {
    ($class:ident, $name:literal, $rust:ty {
        $($(#[$doc:meta])* $field:ident,)*
    } { $($own:tt)* }) => {
        impl Record for $rust {
            const NAME: &'static str = $name;

            fn set(&mut self, field: &str, value: &Bound<'_, PyAny>) -> PyResult<bool> {
                $(if field == stringify!($field) {
                    self.$field = Field::read(value, Place::Argument(field))?;
                    return Ok(true);
                })*
                Ok(false)
            }
        }

        impl Value for $rust {
            fn hash_code(&self) -> u64 {
                hash_code(&[$(hash_code(&self.$field)),*])
            }

            fn source(&self) -> String {
                let fields = [$(format!("{}={}", stringify!($field), self.$field.source())),*];
                format!("{}({})", $name, fields.join(", "))
            }

            fn wat(&self) -> String {
                self.source()
            }

            fn is_portable(&self) -> bool {
                true
            }
        }

        value_methods!($class(; $(stringify!($field)),*) {
            $($own)*

            $(
                $(#[$doc])*
                #[getter]
                fn $field<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                    guarded(py, || self.0.$field.into_bound_py_any(py))
                }
            )*
        });
    };
}

pub(crate) use record_methods;
