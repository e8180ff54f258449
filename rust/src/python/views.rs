//! `Module.types` and `Module.rec_groups`: sequences whose items are made when looked at.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyTuple};

use super::errors::OrRaise;
use super::guard::guarded;
use super::module::PyWasmModule;
use super::owners::{Owned, Owners};
use super::sequence::{Key, between, iterate, reversed};
use super::sub_type::{PyRecGroup, PySubType};
use crate::Result;
use crate::module::Module;
use crate::types::{ModuleTypeIndex, RecGroup, SubType};

/// A sequence class over a module: its item's class, how many there are, and how to build one.
macro_rules! view_class {
    ($(#[$doc:meta])* $class:ident, $name:literal, $view:literal, $what:literal,
     $item:ident of $rust:ty, $count:expr, $get:expr) => {
        $(#[$doc])*
        #[pyclass(frozen, module = "typereg._typereg", name = $name)]
        pub(crate) struct $class(pub(crate) Module);

        impl $class {
            fn len(&self) -> usize {
                let count: u32 = $count(&self.0);
                count as usize
            }

            /// The value at a position that exists.
            fn get(&self, position: usize) -> Result<$rust> {
                let position = u32::try_from(position).expect("no module has more");
                let found = $get(&self.0, position)?;
                Ok(found.expect("a position within the module"))
            }

            fn item<'py>(&self, py: Python<'py>, position: usize) -> PyResult<Bound<'py, PyAny>> {
                // A module refers to no engine.
                let value = Owned::new(self.get(position).or_raise(py)?, Owners::default());
                Ok(Bound::new(py, $item(value))?.into_any())
            }

            /// The positions within `among` of the values equal to `item`, in order.
            fn find(
                &self,
                item: &Bound<'_, PyAny>,
                among: Range<usize>,
            ) -> impl Iterator<Item = PyResult<usize>> {
                let py = item.py();
                let wanted = item.cast::<$item>().ok().map(|item| item.get().0.value.clone());
                let among = if wanted.is_some() { among } else { 0..0 };
                among.filter_map(move |at| match self.get(at).or_raise(py) {
                    Ok(found) => (wanted.as_ref() == Some(&found)).then_some(Ok(at)),
                    Err(error) => Some(Err(error)),
                })
            }
        }

        #[pymethods]
        impl $class {
            fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
                guarded(py, || Ok(self.len()))
            }

            fn __getitem__<'py>(&self, key: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
                let py = key.py();
                guarded(py, || match Key::read(key, self.len(), $what)? {
                    Key::One(position) => self.item(py, position),
                    Key::Many(positions) => {
                        let items = positions.map(|position| self.item(py, position));
                        let items = items.collect::<PyResult<Vec<_>>>()?;
                        Ok(PyTuple::new(py, items)?.into_any())
                    }
                })
            }

            fn __iter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyIterator>> {
                guarded(slf.py(), || iterate(slf.as_any()))
            }

            /// The items from the last to the first.
            fn __reversed__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyIterator>> {
                guarded(slf.py(), || reversed(slf.as_any()))
            }

            fn __contains__(&self, item: &Bound<'_, PyAny>) -> PyResult<bool> {
                guarded(item.py(), || {
                    let found = self.find(item, 0..self.len()).next();
                    Ok(found.transpose()?.is_some())
                })
            }

            /// The first position of a value; `ValueError` if it is not there.
            #[pyo3(signature = (value, start = None, stop = None, /))]
            fn index(
                &self,
                value: &Bound<'_, PyAny>,
                start: Option<&Bound<'_, PyAny>>,
                stop: Option<&Bound<'_, PyAny>>,
            ) -> PyResult<usize> {
                guarded(value.py(), || {
                    let among = between(value.py(), start, stop, self.len())?;
                    let found = self.find(value, among).next();
                    found.transpose()?.ok_or_else(|| {
                        PyValueError::new_err(concat!("the module has no such ", $what))
                    })
                })
            }

            /// How many times a value is there.
            fn count(&self, value: &Bound<'_, PyAny>) -> PyResult<usize> {
                guarded(value.py(), || {
                    let mut found = self.find(value, 0..self.len());
                    found.try_fold(0, |count, at| at.map(|_| count + 1))
                })
            }

            /// Whether the other is such a sequence, with equal items.
            fn __eq__(&self, py: Python<'_>, other: &Bound<'_, Self>) -> PyResult<bool> {
                let other = other.get();
                guarded(py, || {
                    if self.len() != other.len() {
                        return Ok(false);
                    }
                    for at in 0..self.len() {
                        if self.get(at).or_raise(py)? != other.get(at).or_raise(py)? {
                            return Ok(false);
                        }
                    }
                    Ok(true)
                })
            }

            fn __hash__(&self, py: Python<'_>) -> PyResult<u64> {
                guarded(py, || {
                    let mut hasher = DefaultHasher::new();
                    for at in 0..self.len() {
                        self.get(at).or_raise(py)?.hash(&mut hasher);
                    }
                    Ok(hasher.finish())
                })
            }

            /// The view itself: it cannot change.
            fn __copy__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
                guarded(slf.py(), || Ok(slf.clone()))
            }

            /// The view itself: it cannot change.
            fn __deepcopy__<'py>(
                slf: &Bound<'py, Self>,
                _memo: &Bound<'py, PyAny>,
            ) -> PyResult<Bound<'py, Self>> {
                guarded(slf.py(), || Ok(slf.clone()))
            }

            /// For `pickle`: the module, and which view of it.
            fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
                guarded(py, || {
                    let view = py.import("operator")?.getattr("attrgetter")?.call1(($view,))?;
                    (view, (PyWasmModule(self.0.clone()),)).into_pyobject(py)
                })
            }

            fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
                guarded(py, || Ok(format!("<{} of a module: {}>", $name, self.len())))
            }
        }
    };
}

view_class!(
    /// The types of a module as a sequence of `SubType`, by type index.
    PyModuleTypes,
    "ModuleTypes",
    "types",
    "type",
    PySubType of SubType,
    Module::type_count,
    |module: &Module, at| module.sub_type(ModuleTypeIndex(at))
);

view_class!(
    /// The recursion groups of a module as a sequence of `RecGroup`.
    PyModuleGroups,
    "ModuleGroups",
    "rec_groups",
    "group",
    PyRecGroup of RecGroup,
    Module::group_count,
    Module::rec_group
);

/// Tells `collections.abc` that the views are sequences.
pub(crate) fn register(py: Python<'_>) -> PyResult<()> {
    let sequence = py.import("collections.abc")?.getattr("Sequence")?;
    sequence.call_method1("register", (py.get_type::<PyModuleTypes>(),))?;
    sequence.call_method1("register", (py.get_type::<PyModuleGroups>(),))?;
    Ok(())
}
