//! What sequences made on demand share: a key, which is a position or a slice, and iteration.

use std::ops::Range;

use pyo3::exceptions::{PyIndexError, PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyIterator, PyRange, PySlice};

use super::argument::{Place, unexpected, written};
use super::index::{PyRecIndex, PySharedTypeIndex};

/// What stands between the brackets, for a sequence of known length.
pub(crate) enum Key {
    /// A position that exists.
    One(usize),
    /// The positions of a slice, all of which exist.
    Many(Positions),
}

/// The positions of a slice, in its order.
pub(crate) struct Positions {
    next: isize,
    step: isize,
    left: usize,
}

impl Iterator for Positions {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        let position = usize::try_from(self.next).expect("a slice stays within its sequence");
        self.next += self.step;
        Some(position)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl Key {
    /// Reads a key for a sequence of `length` things, which messages call `what`. Negative numbers
    /// count from the end.
    pub(crate) fn read(key: &Bound<'_, PyAny>, length: usize, what: &str) -> PyResult<Key> {
        let signed = isize::try_from(length).expect("no sequence is longer than memory");
        if let Ok(slice) = key.cast::<PySlice>() {
            let indices = slice.indices(signed)?;
            return Ok(Key::Many(Positions {
                next: indices.start,
                step: indices.step,
                left: indices.slicelength,
            }));
        }
        let position = position(key)?;
        let from_start = position.map(|at| if at < 0 { at + signed } else { at });
        match from_start.and_then(|at| usize::try_from(at).ok()) {
            Some(at) if at < length => Ok(Key::One(at)),
            Some(_) | None => {
                let given = written(key, "of such a number");
                let message = format!("there is no {what} {given}; there are {length}");
                Err(PyIndexError::new_err(message))
            }
        }
    }
}

/// A number, or `None` where it is too large for any sequence.
fn position(key: &Bound<'_, PyAny>) -> PyResult<Option<isize>> {
    let py = key.py();
    let wrong = || unexpected(Place::Argument("index"), "an int or a slice", key);
    // A number all right, but one of another index space.
    if key.is_instance_of::<PyBool>()
        || key.is_instance_of::<PyRecIndex>()
        || key.is_instance_of::<PySharedTypeIndex>()
    {
        return Err(wrong());
    }
    match key.extract::<isize>() {
        Ok(position) => Ok(Some(position)),
        Err(error) if error.is_instance_of::<PyOverflowError>(py) => Ok(None),
        Err(error) if error.is_instance_of::<PyTypeError>(py) => Err(wrong()),
        Err(error) => Err(error),
    }
}

/// The positions between two bounds, which are those of a slice: counted from the end where they
/// are negative, and as large as anybody likes.
pub(crate) fn between(
    py: Python<'_>,
    start: Option<&Bound<'_, PyAny>>,
    stop: Option<&Bound<'_, PyAny>>,
    length: usize,
) -> PyResult<Range<usize>> {
    let signed = isize::try_from(length).expect("no sequence is longer than memory");
    let slice = py.get_type::<PySlice>().call1((start, stop))?;
    let indices = slice.cast::<PySlice>()?.indices(signed)?;
    let [start, stop] = [indices.start, indices.stop]
        .map(|bound| usize::try_from(bound).expect("a slice stays within its sequence"));
    Ok(start..stop)
}

/// An iterator that asks the sequence for each position in turn, so that nothing is made before
/// its turn comes and a sequence closed meanwhile says so.
pub(crate) fn iterate<'py>(sequence: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyIterator>> {
    items(sequence, PyRange::new(sequence.py(), 0, length(sequence)?)?)
}

/// The same from the end.
pub(crate) fn reversed<'py>(sequence: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyIterator>> {
    let last = length(sequence)? - 1;
    items(
        sequence,
        PyRange::new_with_step(sequence.py(), last, -1, -1)?,
    )
}

fn length(sequence: &Bound<'_, PyAny>) -> PyResult<isize> {
    Ok(isize::try_from(sequence.len()?).expect("no sequence is longer than memory"))
}

/// The items at some positions, as Python's `map` gives them.
fn items<'py>(
    sequence: &Bound<'py, PyAny>,
    positions: Bound<'py, PyRange>,
) -> PyResult<Bound<'py, PyIterator>> {
    let map = sequence.py().import("builtins")?.getattr("map")?;
    map.call1((sequence.getattr("__getitem__")?, positions))?
        .try_iter()
}
