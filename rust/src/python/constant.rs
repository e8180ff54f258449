//! The named types: numbers, vectors, packed and abstract heap types. Each is one Python object,
//! a constant of the package.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyString;

use super::guard::guarded;
use super::source_text::Source;
use crate::types::{AbsHeapType, NumType, PackedType, VecType};

/// The constants of one class, in the order of their Rust enum.
type Constants<C> = PyOnceLock<Vec<Py<C>>>;

/// A class whose only instances are constants of the package.
macro_rules! constant_class {
    ($(#[$doc:meta])* $class:ident, $name:literal, $rust:ty, $all:expr) => {
        $(#[$doc])*
        #[pyclass(frozen, module = "typereg", name = $name)]
        pub(crate) struct $class(pub(crate) $rust);

        #[pymethods]
        impl $class {
            /// The name in the text format.
            #[getter]
            fn name(&self, py: Python<'_>) -> PyResult<&'static str> {
                guarded(py, || Ok(self.0.name()))
            }

            fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
                guarded(py, || Ok(Source(&self.0).to_string()))
            }

            fn __str__(&self, py: Python<'_>) -> PyResult<&'static str> {
                guarded(py, || Ok(self.0.name()))
            }

            /// For `pickle` and `copy`: the name of the constant.
            fn __reduce__(&self, py: Python<'_>) -> PyResult<String> {
                guarded(py, || Ok(Source(&self.0).to_string()))
            }
        }

        impl $class {
            fn constants(py: Python<'_>) -> PyResult<&'static [Py<$class>]> {
                static CONSTANTS: Constants<$class> = PyOnceLock::new();
                CONSTANTS
                    .get_or_try_init(py, || {
                        $all.into_iter().map(|value| Py::new(py, $class(value))).collect()
                    })
                    .map(Vec::as_slice)
            }

            /// The constant for `value`.
            pub(crate) fn constant(py: Python<'_>, value: $rust) -> PyResult<Bound<'_, PyAny>> {
                let constants = Self::constants(py)?.iter();
                let found = constants.into_iter().find(|constant| constant.get().0 == value);
                let found = found.expect("every value of the enum is a constant");
                Ok(found.bind(py).clone().into_any())
            }

            /// Puts class and constants into the module.
            pub(crate) fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
                let py = module.py();
                module.add_class::<$class>()?;
                for constant in Self::constants(py)? {
                    let name = PyString::new(py, &Source(&constant.get().0).to_string());
                    module.add(name, constant)?;
                }
                Ok(())
            }
        }
    };
}

constant_class!(
    /// A number type: `I32`, `I64`, `F32` or `F64`. There are no other instances.
    PyNumType,
    "NumType",
    NumType,
    [NumType::I32, NumType::I64, NumType::F32, NumType::F64]
);

constant_class!(
    /// A vector type: `V128`. There are no other instances.
    PyVecType,
    "VecType",
    VecType,
    [VecType::V128]
);

constant_class!(
    /// A packed type, for fields only: `I8` or `I16`. There are no other instances.
    PyPackedType,
    "PackedType",
    PackedType,
    [PackedType::I8, PackedType::I16]
);

constant_class!(
    /// An abstract heap type: `ANY`, `EQ`, `I31`, `STRUCT`, `ARRAY`, `NONE`, `FUNC`, `NOFUNC`,
    /// `EXTERN`, `NOEXTERN`, `EXN`, `NOEXN`, `CONT` or `NOCONT`. There are no other instances.
    PyAbsHeapType,
    "AbsHeapType",
    AbsHeapType,
    AbsHeapType::ALL
);
