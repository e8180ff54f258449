//! What all arguments have in common: a place among the others, and errors that name it. Numbers,
//! truth values, text and iterables.

use std::convert::Infallible;
use std::fmt::{self, Display, Formatter};

use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString};

use super::errors::{self, OrRaise};
use super::index::{PyModuleTypeIndex, PyRecIndex, PySharedTypeIndex};
use crate::Error;
use crate::memory::push;

/// Where an object stands among the arguments.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// An argument, by name.
    Argument(&'a str),
    /// An item of an argument.
    Item(&'a str, usize),
}

impl Display for Place<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Place::Argument(name) => f.write_str(name),
            Place::Item(name, position) => write!(f, "{name}[{position}]"),
        }
    }
}

/// The `TypeError` for an object that cannot stand where it does.
pub(crate) fn unexpected(place: Place<'_>, expected: &str, given: &Bound<'_, PyAny>) -> PyErr {
    refused(place, expected, given, "")
}

/// The same with a hint, for what is often mistaken.
pub(crate) fn refused(
    place: Place<'_>,
    expected: &str,
    given: &Bound<'_, PyAny>,
    hint: &str,
) -> PyErr {
    let given = if given.is_none() {
        "None".to_owned()
    } else {
        let name = given.get_type().name();
        name.map_or_else(|_| "an object".to_owned(), |name| name.to_string())
    };
    PyTypeError::new_err(format!("{place}: expected {expected}, got {given}{hint}"))
}

/// An argument that is to be a truth value, whatever it is; the error names it when it is read.
pub(crate) enum Flag<'py> {
    Is(bool),
    IsNot(Bound<'py, PyAny>),
}

impl<'py> FromPyObject<'_, 'py> for Flag<'py> {
    type Error = Infallible;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> Result<Self, Infallible> {
        Ok(match object.cast::<PyBool>() {
            Ok(flag) => Flag::Is(flag.is_true()),
            Err(_) => Flag::IsNot(object.to_owned()),
        })
    }
}

impl Flag<'_> {
    /// The truth value.
    pub(crate) fn read(self, name: &str) -> PyResult<bool> {
        match self {
            Flag::Is(flag) => Ok(flag),
            Flag::IsNot(object) => flag(&object, Place::Argument(name)),
        }
    }
}

/// A truth value, and nothing that merely has one.
pub(crate) fn flag(object: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<bool> {
    let flag = object.cast::<PyBool>();
    let flag = flag.map_err(|_| unexpected(place, "True or False", object))?;
    Ok(flag.is_true())
}

/// Whether an object counts as a number: a truth value does not, nor does an index, which has a
/// number but belongs to an index space.
pub(crate) fn is_number(object: &Bound<'_, PyAny>) -> bool {
    !(object.is_instance_of::<PyBool>()
        || object.is_instance_of::<PyModuleTypeIndex>()
        || object.is_instance_of::<PyRecIndex>()
        || object.is_instance_of::<PySharedTypeIndex>())
}

/// A number up to `bound`, or `None` where there is a number, but none from 0 to `bound`.
pub(crate) fn bounded(
    object: &Bound<'_, PyAny>,
    place: Place<'_>,
    bound: u64,
) -> PyResult<Option<u64>> {
    if !is_number(object) {
        return Err(unexpected(place, "an int", object));
    }
    let py = object.py();
    match object.extract::<u64>() {
        Ok(value) => Ok((value <= bound).then_some(value)),
        Err(error) if error.is_instance_of::<PyOverflowError>(py) => Ok(None),
        Err(error) if error.is_instance_of::<PyTypeError>(py) => {
            Err(unexpected(place, "an int", object))
        }
        Err(error) => Err(error),
    }
}

/// A number from 0 to `bound`.
pub(crate) fn unsigned(object: &Bound<'_, PyAny>, place: Place<'_>, bound: u64) -> PyResult<u64> {
    bounded(object, place, bound)?.ok_or_else(|| {
        let given = written(object, "one far outside");
        let message = format!("{place}: expected a number from 0 to {bound}, got {given}");
        errors::invalid(object.py(), message)
    })
}

/// A number as a message gives it; `otherwise` where it has so many digits that Python refuses to
/// write them.
pub(crate) fn written(number: &Bound<'_, PyAny>, otherwise: &str) -> String {
    let text = number.str();
    text.map_or_else(|_| otherwise.to_owned(), |text| text.to_string())
}

/// A number that a `u32` holds.
pub(crate) fn u32(object: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<u32> {
    let value = unsigned(object, place, u32::MAX.into())?;
    Ok(u32::try_from(value).expect("the bound is that of u32"))
}

/// A number that a `u64` holds.
pub(crate) fn u64(object: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<u64> {
    unsigned(object, place, u64::MAX)
}

/// `None`, or what `convert` makes of anything else.
pub(crate) fn optional<'py, T>(
    object: Option<&Bound<'py, PyAny>>,
    convert: impl FnOnce(&Bound<'py, PyAny>) -> PyResult<T>,
) -> PyResult<Option<T>> {
    object
        .filter(|object| !object.is_none())
        .map(convert)
        .transpose()
}

/// Every item of an iterable.
pub(crate) fn items<'py, T>(
    object: &Bound<'py, PyAny>,
    name: &str,
    expected: &str,
    mut convert: impl FnMut(&Bound<'py, PyAny>, Place<'_>) -> PyResult<T>,
) -> PyResult<Box<[T]>> {
    let py = object.py();
    let iterator = object.try_iter().map_err(|error| {
        if error.is_instance_of::<PyTypeError>(py) {
            unexpected(
                Place::Argument(name),
                &format!("an iterable of {expected}"),
                object,
            )
        } else {
            error
        }
    })?;
    let mut items = Vec::new();
    for (position, item) in iterator.enumerate() {
        let item = convert(&item?, Place::Item(name, position))?;
        push(&mut items, item).map_err(Error::from).or_raise(py)?;
    }
    Ok(items.into_boxed_slice())
}

/// Text that is Unicode.
pub(crate) fn text(object: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<String> {
    let text = object.cast::<PyString>();
    let text = text.map_err(|_| unexpected(place, "a str", object))?;
    let message = || format!("{place}: expected Unicode text, got a lone surrogate in it");
    let text = text
        .to_str()
        .map_err(|_| errors::invalid(object.py(), message()))?;
    Ok(text.to_owned())
}
