//! `matches` and `equal` across two modules.

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt};

use super::argument::Place;
use super::convert;
use super::errors::OrRaise;
use super::guard::guarded;
use crate::Result;
use crate::matching::Matchable;
use crate::module::{self, Module};
use crate::types::HeapType;

/// A side of a question about a module: a number is a type index of that module.
fn side(module: &Module, object: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Matchable> {
    if !object.is_instance_of::<PyInt>() || object.is_instance_of::<PyBool>() {
        return convert::matchable(object, place);
    }
    let index = convert::module_index(object, place)?.ok_or_else(|| {
        let types = module.type_count();
        PyIndexError::new_err(format!(
            "{place}: there is no such type; the module has {types} types"
        ))
    })?;
    Ok(Matchable::Heap(HeapType::Concrete(index.into())))
}

/// Asks `question` about two sides.
fn ask(
    module_a: &Bound<'_, PyAny>,
    a: &Bound<'_, PyAny>,
    module_b: &Bound<'_, PyAny>,
    b: &Bound<'_, PyAny>,
    question: fn(&Module, &Matchable, &Module, &Matchable) -> Result<bool>,
) -> PyResult<bool> {
    let py = module_a.py();
    guarded(py, || {
        let module_a = convert::module(module_a, Place::Argument("module_a"))?;
        let module_b = convert::module(module_b, Place::Argument("module_b"))?;
        let a = side(module_a, a, Place::Argument("a"))?;
        let b = side(module_b, b, Place::Argument("b"))?;
        convert::same_sort(&a, &b)?;
        py.detach(|| question(module_a, &a, module_b, &b))
            .or_raise(py)
    })
}

/// Whether type ``a`` of one module matches type ``b`` of another by the specification's rules
/// (clause G5), without an engine of one's own.
///
/// Each is a type index (an ``int`` will do), a value type, heap type, field type or external type
/// whose references are indices of its module; two of different sorts are a `TypeError`. Raises
/// `IndexError` for a type that is not there.
#[pyfunction]
pub(crate) fn matches(
    module_a: &Bound<'_, PyAny>,
    a: &Bound<'_, PyAny>,
    module_b: &Bound<'_, PyAny>,
    b: &Bound<'_, PyAny>,
) -> PyResult<bool> {
    ask(module_a, a, module_b, b, module::matches)
}

/// Whether type ``a`` of one module is the same as type ``b`` of another: as `matches`, for
/// equality.
#[pyfunction]
pub(crate) fn equal(
    module_a: &Bound<'_, PyAny>,
    a: &Bound<'_, PyAny>,
    module_b: &Bound<'_, PyAny>,
    b: &Bound<'_, PyAny>,
) -> PyResult<bool> {
    ask(module_a, a, module_b, b, module::equal)
}
