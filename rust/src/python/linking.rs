//! `link`, `explain` and `diff`.

use pyo3::exceptions::{PyIndexError, PyKeyError};
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyString};

use super::argument::{self, Flag, Place, unexpected};
use super::convert;
use super::errors::OrRaise;
use super::explanation::PyExplanation;
use super::guard::guarded;
use super::interface_diff::PyInterfaceDiff;
use super::link_report::PyLinkReport;
use super::module::PyWasmModule;
use super::owners::Owners;
use super::source::Source;
use crate::link::{self as linking, Linker};
use crate::module::Module;
use crate::types::{ExternType, ModuleTypeIndex};
use crate::{Features, Limits};

/// A module, or whatever one can be made of.
fn module(object: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Module> {
    if let Ok(module) = object.cast::<PyWasmModule>() {
        return Ok(module.get().0.clone());
    }
    let py = object.py();
    let source = Source::read(object, place)?;
    py.detach(|| source.decode(&Limits::default(), &Features::default()))
        .or_raise(py)
}

/// What a host provides: names and external types. `provider` is where it stands.
fn host_items(
    items: &Bound<'_, PyMapping>,
    provider: Place<'_>,
) -> PyResult<Vec<(String, ExternType)>> {
    let mut list = Vec::new();
    for item in items.items()?.iter() {
        let (name, ty) = item.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>()?;
        let name = argument::text(&name, provider)?;
        let place = format!("{provider}[{name:?}]");
        // No engine's index can stand here, so nobody's engine has to live for it.
        let ty = convert::extern_type(&ty, Place::Argument(&place), &mut Owners::default())?;
        list.push((name, ty));
    }
    Ok(list)
}

/// Tells of every import of ``consumer`` whether it can be given what ``providers`` offer, by the
/// specification's matching rules, and if not, why (clause L). Never raises for a mismatch.
///
/// ``providers`` maps names of modules that are imported from to a `Module` (or what ``Module()``
/// takes), or to a mapping of names to external types, for a host's own functions and so on. A
/// `FuncType` there is a final type without a supertype. With ``ignore_missing``, modules that are
/// not in ``providers`` are passed over. Linear in the types, imports and exports.
#[pyfunction]
#[pyo3(
    signature = (consumer, providers, *, ignore_missing = Flag::Is(false)),
    text_signature = "(consumer, providers, *, ignore_missing=False)"
)]
pub(crate) fn link(
    consumer: &Bound<'_, PyAny>,
    providers: &Bound<'_, PyAny>,
    ignore_missing: Flag<'_>,
) -> PyResult<PyLinkReport> {
    let py = consumer.py();
    guarded(py, || {
        let expected = "a mapping of module names to modules";
        let place = Place::Argument("providers");
        let providers = providers
            .cast::<PyMapping>()
            .map_err(|_| unexpected(place, expected, providers))?;
        let mut linker = Linker::new();
        linker.ignore_missing(ignore_missing.read("ignore_missing")?);
        let consumer = module(consumer, Place::Argument("consumer"))?;
        let consumer = linker.module("consumer", consumer);
        for item in providers.items()?.iter() {
            let (name, provider) = item.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>()?;
            let name = argument::text(&name, place)?;
            let place = format!("{place}[{name:?}]");
            let place = Place::Argument(&place);
            let party = match provider.cast::<PyMapping>() {
                Ok(items) => linker.host(&name, host_items(items, place)?),
                Err(_) => linker.module(&name, module(&provider, place)?),
            };
            linker.name(&name, party);
        }
        let report = py.detach(|| linker.link(consumer)).or_raise(py)?;
        Ok(PyLinkReport(report))
    })
}

/// How the command line is told that a file goes by a module name. A name that is given takes the
/// place of the file's own, so those that are in use are given as well.
fn option_as(module: &str, candidate: Option<&str>, in_use: &[&str]) -> String {
    let option = |name: &str, file| {
        // Behind a space, what begins with a dash would be an option of its own.
        let space = if name.starts_with('-') { '=' } else { ' ' };
        format!("--as{space}{}", shell_word(&format!("{name}={file}")))
    };
    let Some(file) = candidate else {
        let option = option(module, "FILE");
        return format!("{option} says which file goes by that name");
    };
    let names = [module].into_iter().chain(in_use.iter().copied());
    let options: Vec<String> = names.map(|name| option(name, file)).collect();
    format!("{file} has such an export: {}", options.join(" "))
}

/// A word as a shell takes it.
fn shell_word(word: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "@%+=:,./_-".contains(char);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r#"'"'"'"#))
    }
}

/// Links modules among each other: each is a label for reports, a module, and the names that it
/// goes by. For the command line.
#[pyfunction]
pub(crate) fn link_all(
    py: Python<'_>,
    modules: Vec<(String, Bound<'_, PyAny>, Vec<String>)>,
    ignore_missing: bool,
) -> PyResult<PyLinkReport> {
    guarded(py, || {
        let mut linker = Linker::new();
        linker.ignore_missing(ignore_missing);
        linker.how_to_name(option_as);
        for (label, module, names) in &modules {
            let module = convert::module(module, Place::Argument("modules"))?;
            let party = linker.module(label, module.clone());
            for name in names {
                linker.name(name, party);
            }
        }
        let report = py.detach(|| linker.link_all()).or_raise(py)?;
        Ok(PyLinkReport(report))
    })
}

/// A type of a module, by index or name.
fn type_of(
    module: &Module,
    object: &Bound<'_, PyAny>,
    place: Place<'_>,
) -> PyResult<ModuleTypeIndex> {
    if object.is_instance_of::<PyString>() {
        let name = argument::text(object, place)?;
        return module.type_index(&name).ok_or_else(|| {
            PyKeyError::new_err(format!("{place}: there is no type named {name:?}"))
        });
    }
    let count = module.type_count();
    let index = convert::module_index(object, place)?;
    index.filter(|index| index.0 < count).ok_or_else(|| {
        PyIndexError::new_err(format!(
            "{place}: there is no such type; the module has {count} types"
        ))
    })
}

/// Tells what type ``a`` of one module and type ``b`` of another are to each other, and the first
/// reason why they are not the same (clause L): ``a`` is what is expected, ``b`` what is found.
///
/// Each is a type index or a name (``"$node"``). With ``subtype``, the reason is why ``a`` is not
/// a subtype of ``b``: then ``b`` is what is expected. Raises `IndexError` and `KeyError` for a
/// type that is not there. Linear in the types of both modules.
#[pyfunction]
#[pyo3(
    signature = (module_a, a, module_b, b, *, subtype = Flag::Is(false)),
    text_signature = "(module_a, a, module_b, b, *, subtype=False)"
)]
pub(crate) fn explain(
    module_a: &Bound<'_, PyAny>,
    a: &Bound<'_, PyAny>,
    module_b: &Bound<'_, PyAny>,
    b: &Bound<'_, PyAny>,
    subtype: Flag<'_>,
) -> PyResult<PyExplanation> {
    let py = module_a.py();
    guarded(py, || {
        let module_a = module(module_a, Place::Argument("module_a"))?;
        let module_b = module(module_b, Place::Argument("module_b"))?;
        let a = type_of(&module_a, a, Place::Argument("a"))?;
        let b = type_of(&module_b, b, Place::Argument("b"))?;
        let question = if subtype.read("subtype")? {
            linking::explain_subtype
        } else {
            linking::explain
        };
        let explanation = py.detach(|| question(&module_a, a, &module_b, b));
        Ok(PyExplanation(explanation.or_raise(py)?))
    })
}

/// Tells what changed from ``old`` to ``new`` in a module's imports and exports, and what that
/// means to those who use it (clause L). Types that were renamed or moved and kept their identity
/// did not change. Linear in the types, imports and exports.
#[pyfunction]
pub(crate) fn diff(old: &Bound<'_, PyAny>, new: &Bound<'_, PyAny>) -> PyResult<PyInterfaceDiff> {
    let py = old.py();
    guarded(py, || {
        let old = module(old, Place::Argument("old"))?;
        let new = module(new, Place::Argument("new"))?;
        let diff = py.detach(|| linking::diff(&old, &new)).or_raise(py)?;
        Ok(PyInterfaceDiff(diff))
    })
}
