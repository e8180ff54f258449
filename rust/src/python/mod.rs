//! The face of the crate in Python: converts arguments, calls, converts back. One file per class
//! or close family of classes.
//!
//! [`guard`] stands before every entry point, [`errors`] is where errors turn into exceptions,
//! [`argument`] and [`convert`] are the way in for values and [`wrap`] the way out, [`public`]
//! makes the handles.

mod answer;
mod argument;
mod collection;
mod composite;
mod constant;
mod convert;
mod def_type;
mod difference;
mod encode;
mod engine;
mod errors;
mod explanation;
mod externs;
mod features;
mod fork;
mod guard;
mod handle;
mod import_export;
mod index;
mod interface_diff;
mod interpreter;
mod limits;
mod link_report;
mod linking;
mod logging;
mod module;
mod owners;
mod path_step;
mod public;
mod questions;
mod record;
mod reference;
mod registry;
mod script;
mod sequence;
mod slot;
mod source;
mod source_text;
mod stats;
mod sub_type;
mod value;
mod views;
mod wrap;

use pyo3::prelude::*;

/// The native part of `typereg`.
#[pymodule(gil_used = false)]
#[pyo3(name = "_typereg")]
fn extension(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    interpreter::claim(py)?;
    logging::install(py)?;
    fork::install(py)?;
    errors::add_to(module)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;

    constant::PyNumType::add_to(module)?;
    constant::PyVecType::add_to(module)?;
    constant::PyPackedType::add_to(module)?;
    constant::PyAbsHeapType::add_to(module)?;

    module.add_class::<index::PyModuleTypeIndex>()?;
    module.add_class::<index::PyRecIndex>()?;
    module.add_class::<index::PySharedTypeIndex>()?;
    module.add_class::<def_type::PyDefType>()?;
    module.add_class::<reference::PyRefType>()?;
    module.add_class::<composite::PyFieldType>()?;
    module.add_class::<composite::PyFuncType>()?;
    module.add_class::<composite::PyStructType>()?;
    module.add_class::<composite::PyArrayType>()?;
    module.add_class::<composite::PyContType>()?;
    module.add_class::<sub_type::PySubType>()?;
    module.add_class::<sub_type::PyRecGroup>()?;
    module.add_class::<externs::PyTableType>()?;
    module.add_class::<externs::PyMemoryType>()?;
    module.add_class::<externs::PyGlobalType>()?;
    module.add_class::<externs::PyTagType>()?;

    module.add_class::<limits::PyLimits>()?;
    module.add_class::<features::PyFeatures>()?;
    module.add_class::<stats::PyStats>()?;

    module.add_class::<module::PyWasmModule>()?;
    module.add_class::<views::PyModuleTypes>()?;
    module.add_class::<views::PyModuleGroups>()?;
    views::register(py)?;
    module.add_class::<import_export::PyImportType>()?;
    module.add_class::<import_export::PyExportType>()?;

    module.add_class::<path_step::PyPathStep>()?;
    module.add_class::<difference::PyDifference>()?;
    module.add_class::<link_report::PyLinkedImport>()?;
    module.add_class::<link_report::PyMismatch>()?;
    module.add_class::<link_report::PyLinkReport>()?;
    module.add_class::<explanation::PyExplanation>()?;
    module.add_class::<interface_diff::PyInterfaceChange>()?;
    module.add_class::<interface_diff::PyInterfaceDiff>()?;

    module.add_class::<engine::PyEngine>()?;
    module.add_class::<registry::PyTypeRegistry>()?;
    module.add_class::<handle::PyRegisteredType>()?;
    module.add_class::<collection::PyTypeCollection>()?;

    module.add_function(wrap_pyfunction!(questions::matches, module)?)?;
    module.add_function(wrap_pyfunction!(questions::equal, module)?)?;
    module.add_function(wrap_pyfunction!(linking::link, module)?)?;
    module.add_function(wrap_pyfunction!(linking::link_all, module)?)?;
    module.add_function(wrap_pyfunction!(linking::explain, module)?)?;
    module.add_function(wrap_pyfunction!(linking::diff, module)?)?;
    module.add_function(wrap_pyfunction!(script::run_script, module)?)?;
    module.add_function(wrap_pyfunction!(encode::encode_module, module)?)?;
    module.add_function(wrap_pyfunction!(public::adopt, module)?)
}
