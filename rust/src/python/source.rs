//! Where a module is read from: bytes, WAT, a path or a binary file (clause P8).

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use super::argument::{Place, unexpected};
use super::errors::{OrRaise, to_py_err};
use crate::memory::list_of;
use crate::module::Module;
use crate::registry::Engine;
use crate::{Error, Features, Limits, Result};

/// The content of a module, out of Python's reach.
pub(crate) enum Source {
    /// The binary format, or what claims to be.
    Wasm(Vec<u8>),
    /// The text format.
    Wat(String),
}

impl Source {
    /// Reads whatever `Module` takes.
    pub(crate) fn read(object: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Source> {
        if let Ok(text) = object.cast::<PyString>() {
            return wat(text);
        }
        if let Ok(bytes) = object.cast::<PyBytes>() {
            return Ok(Source::Wasm(copy(object.py(), bytes.as_bytes())?));
        }
        if is_path_like(object)? {
            return open(object);
        }
        if object.hasattr("read")? {
            return read_all(object, place);
        }
        let expected = "bytes, WAT as str, a path-like object or a binary file";
        Ok(Source::Wasm(buffer(object, place, expected)?))
    }

    /// Reads whatever `Module.from_file` takes.
    pub(crate) fn read_file(object: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Source> {
        if object.is_instance_of::<PyString>() || is_path_like(object)? {
            open(object)
        } else if object.hasattr("read")? {
            read_all(object, place)
        } else {
            Err(unexpected(place, "a path or a binary file", object))
        }
    }

    /// Decodes it under the given limits and features.
    pub(crate) fn decode(self, limits: &Limits, features: &Features) -> Result<Module> {
        match self {
            Source::Wasm(bytes) => Module::new(bytes, limits, features),
            Source::Wat(text) => Module::from_wat(&text, limits, features),
        }
    }

    /// Decodes it for an engine.
    pub(crate) fn decode_for(self, engine: &Engine) -> Result<Module> {
        match self {
            Source::Wasm(bytes) => engine.decode(bytes),
            Source::Wat(text) => engine.decode_wat(&text),
        }
    }
}

/// The content of bytes, and of whatever has their buffer.
pub(crate) fn bytes(object: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Vec<u8>> {
    match object.cast::<PyBytes>() {
        Ok(bytes) => copy(object.py(), bytes.as_bytes()),
        Err(_) => buffer(object, place, "bytes"),
    }
}

fn buffer(object: &Bound<'_, PyAny>, place: Place<'_>, expected: &str) -> PyResult<Vec<u8>> {
    let memoryview = object.py().import("builtins")?.getattr("memoryview")?;
    let view = memoryview.call1((object,)).map_err(|error| {
        // What has a buffer and does not give it now (a view that was released) says why itself.
        if error.is_instance_of::<PyTypeError>(object.py()) {
            unexpected(place, expected, object)
        } else {
            error
        }
    })?;
    view.call_method0("tobytes")?.extract()
}

fn is_path_like(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    object.get_type().hasattr("__fspath__")
}

/// A copy for which memory is asked, not assumed.
fn copy(py: Python<'_>, bytes: &[u8]) -> PyResult<Vec<u8>> {
    let mut copy = list_of(bytes.len()).map_err(Error::from).or_raise(py)?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

/// WAT in a `str`, which may have been meant as a path.
fn wat(text: &Bound<'_, PyString>) -> PyResult<Source> {
    let py = text.py();
    let Ok(wat) = text.to_str() else {
        return Err(to_py_err(py, not_unicode(text)?));
    };
    if looks_like_path(wat) {
        let message = format!(
            "expected WAT, got the text {wat:?}, which looks like a path: Module.from_file reads \
             files"
        );
        return Err(to_py_err(py, Error::decode(0, message)));
    }
    Ok(Source::Wat(wat.to_owned()))
}

/// The error for text with half of a surrogate pair in it, which UTF-8 does not have.
fn not_unicode(text: &Bound<'_, PyString>) -> PyResult<Error> {
    let replaced = text.call_method1("encode", ("utf-8", "replace"))?;
    let passed = text.call_method1("encode", ("utf-8", "surrogatepass"))?;
    let (replaced, passed) = (replaced.extract::<Vec<u8>>()?, passed.extract::<Vec<u8>>()?);
    let offset = replaced
        .iter()
        .zip(&passed)
        .take_while(|(a, b)| a == b)
        .count();
    Ok(Error::decode(
        offset,
        "expected WAT, found a lone surrogate in the text",
    ))
}

/// Whether text that cannot be WAT can be a path: WAT is blank or begins with a parenthesis or a
/// comment.
fn looks_like_path(text: &str) -> bool {
    let trimmed = text.trim();
    let is_wat = trimmed.is_empty() || trimmed.starts_with(['(', ';']);
    let is_line = !trimmed.contains(['\n', '\0']);
    let has_form = trimmed.contains(['/', '\\'])
        || [".wasm", ".wat", ".wast"]
            .iter()
            .any(|suffix| trimmed.ends_with(suffix));
    !is_wat && is_line && has_form
}

/// Opens, reads and closes a file. Errors are Python's own.
fn open(path: &Bound<'_, PyAny>) -> PyResult<Source> {
    let py = path.py();
    let path = py.import("os")?.call_method1("fspath", (path,))?;
    let file = py.import("io")?.call_method1("open", (path, "rb"))?;
    let content = read_all(&file, Place::Argument("file"));
    file.call_method0("close")?;
    content
}

/// Reads a binary file to its end.
fn read_all(file: &Bound<'_, PyAny>, place: Place<'_>) -> PyResult<Source> {
    let content = file.call_method0("read")?;
    let bytes = content.cast::<PyBytes>().map_err(|_| {
        let given = content.get_type();
        PyTypeError::new_err(format!(
            "{place}: expected a file opened in binary mode, but its read() gave {given}"
        ))
    })?;
    let (py, bytes) = (file.py(), bytes.as_bytes());
    Ok(match text_in(bytes).or_raise(py)? {
        Some(text) => Source::Wat(text.to_owned()),
        None => Source::Wasm(copy(py, bytes)?),
    })
}

/// What editors put before text: in UTF-8, and in the two orders of UTF-16.
const MARK: &[u8] = b"\xef\xbb\xbf";
const UTF16_MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// The text of a file that holds WAT. A mark before it stays there, for WAT does not allow it.
fn text_in(bytes: &[u8]) -> Result<Option<&str>> {
    if UTF16_MARKS.iter().any(|mark| bytes.starts_with(mark)) {
        return Err(Error::decode(0, "expected WAT in UTF-8, found UTF-16"));
    }
    let unmarked = bytes.strip_prefix(MARK);
    let begin = unmarked.unwrap_or(bytes).trim_ascii_start();
    if unmarked.is_none() && !begin.starts_with(b"(") && !begin.starts_with(b";") {
        return Ok(None);
    }
    let text = str::from_utf8(bytes).map_err(|error| {
        let message = "expected WAT in UTF-8, found a byte that is not";
        Error::decode(error.valid_up_to(), message)
    })?;
    Ok(Some(text))
}
