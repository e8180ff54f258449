//! `encode_module`: the bytes of a module as the testing kit says it, valid or not.
//!
//! Takes the kit's `Module` apart attribute by attribute; its types are the reference's, told by
//! the names of their classes. All bytes come from `wasm-encoder`, which checks nothing. It writes
//! types, tables and globals in their short forms only: where the kit spells one out, what the long
//! form has more is put before its parts.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use wasm_encoder as wasm;
use wasm_encoder::Encode;

use super::guard::guarded;
use crate::module::opcode;
use crate::types::MemoryType;

/// What a table with an initializer begins with; the second byte is reserved.
const TABLE_WITH_INITIALIZER: [u8; 2] = [0x40, 0x00];

/// A value of the kit or of the reference.
type Value<'a, 'py> = &'a Bound<'py, PyAny>;

/// The module's bytes; sections without content are left out. For `typereg.testing`.
///
/// An item of the module's own gets a body or an initializer where the format wants one: a body
/// that traps, zero, or null even where the type has none.
#[pyfunction]
pub(crate) fn encode_module<'py>(
    py: Python<'py>,
    module: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyBytes>> {
    guarded(py, || Ok(PyBytes::new(py, &encode(module)?)))
}

fn encode(module: Value<'_, '_>) -> PyResult<Vec<u8>> {
    let py = module.py();
    let mut types = Section::default();
    types.list(&module.getattr(intern!(py, "groups"))?, group)?;
    let mut imports = Section::default();
    imports.list(&module.getattr(intern!(py, "imports"))?, import)?;
    let [
        mut functions,
        mut tables,
        mut memories,
        mut globals,
        mut tags,
    ] = [const { Section::new() }; 5];
    let mut bodies = wasm::CodeSection::new();
    for item in module.getattr(intern!(py, "items"))?.try_iter()? {
        let item = item?;
        match kind(&item)? {
            wasm::ExportKind::Func => {
                functions.item(&item, extern_type)?;
                bodies.function(&trap());
            }
            wasm::ExportKind::Table => tables.item(&item, table)?,
            wasm::ExportKind::Memory => memories.item(&item, extern_type)?,
            wasm::ExportKind::Global => globals.item(&item, global)?,
            wasm::ExportKind::Tag => tags.item(&item, extern_type)?,
        }
    }
    let mut exports = Section::default();
    exports.list(&module.getattr(intern!(py, "exports"))?, export)?;

    let mut out = wasm::Module::new();
    for (id, section) in [
        (wasm::SectionId::Type, types),
        (wasm::SectionId::Import, imports),
        (wasm::SectionId::Function, functions),
        (wasm::SectionId::Table, tables),
        (wasm::SectionId::Memory, memories),
        (wasm::SectionId::Tag, tags),
        (wasm::SectionId::Global, globals),
        (wasm::SectionId::Export, exports),
    ] {
        if section.count > 0 {
            let data = &section.finish();
            out.section(&wasm::RawSection { id: id as u8, data });
        }
    }
    if !bodies.is_empty() {
        out.section(&bodies);
    }
    let names: Vec<(u32, String)> = module.getattr(intern!(py, "names"))?.extract()?;
    if !names.is_empty() {
        let mut map = wasm::NameMap::new();
        for (index, name) in &names {
            map.append(*index, name);
        }
        let mut section = wasm::NameSection::new();
        section.types(&map);
        out.section(&section);
    }
    Ok(out.finish())
}

/// A section under way: how many items, and their bytes.
#[derive(Default)]
struct Section {
    count: usize,
    bytes: Vec<u8>,
}

impl Section {
    const fn new() -> Section {
        Section {
            count: 0,
            bytes: Vec::new(),
        }
    }

    fn item(&mut self, item: Value<'_, '_>, write: Write) -> PyResult<()> {
        self.count += 1;
        write(item, &mut self.bytes)
    }

    fn list(&mut self, items: Value<'_, '_>, write: Write) -> PyResult<()> {
        items
            .try_iter()?
            .try_for_each(|item| self.item(&item?, write))
    }

    fn finish(self) -> Vec<u8> {
        let mut data = Vec::new();
        self.count.encode(&mut data);
        data.extend(self.bytes);
        data
    }
}

/// Appends what stands for a value.
type Write = fn(Value<'_, '_>, &mut Vec<u8>) -> PyResult<()>;

/// A count and the items.
fn list(items: Value<'_, '_>, write: Write, out: &mut Vec<u8>) -> PyResult<()> {
    items.len()?.encode(out);
    items.try_iter()?.try_for_each(|item| write(&item?, out))
}

/// The name of a value's class.
fn class<'py>(value: Value<'_, 'py>) -> PyResult<Bound<'py, PyString>> {
    value.get_type().name()
}

fn unexpected(expected: &str, value: Value<'_, '_>) -> PyErr {
    class(value).map_or_else(
        |error| error,
        |name| PyTypeError::new_err(format!("expected {expected}, got {name}")),
    )
}

fn flag(value: Value<'_, '_>, name: &Bound<'_, PyString>) -> PyResult<bool> {
    value.getattr(name)?.extract()
}

// Groups and their members.

fn group(group: Value<'_, '_>, out: &mut Vec<u8>) -> PyResult<()> {
    let members = group.getattr(intern!(group.py(), "members"))?;
    if members.len()? == 1 && class(group)? != "LongRecGroup" {
        return sub_type(&members.get_item(0)?, out);
    }
    out.push(opcode::REC);
    list(&members, sub_type, out)
}

fn sub_type(ty: Value<'_, '_>, out: &mut Vec<u8>) -> PyResult<()> {
    let py = ty.py();
    let is_final = flag(ty, intern!(py, "final"))?;
    let mut supertypes = Vec::new();
    let supertype = ty.getattr(intern!(py, "supertype"))?;
    if !supertype.is_none() {
        supertypes.push(index(&supertype)?);
    }
    let long = class(ty)? == "LongSubType";
    if long {
        for supertype in ty.getattr(intern!(py, "more"))?.try_iter()? {
            supertypes.push(index(&supertype?)?);
        }
    }
    if long || !is_final || !supertypes.is_empty() {
        out.push(if is_final {
            opcode::SUB_FINAL
        } else {
            opcode::SUB
        });
        supertypes.encode(out);
    }
    composite_type(&ty.getattr(intern!(py, "composite"))?, out)
}

fn composite_type(ty: Value<'_, '_>, out: &mut Vec<u8>) -> PyResult<()> {
    let py = ty.py();
    match class(ty)?.to_str()? {
        "FuncType" => {
            out.push(opcode::FUNC);
            list(&ty.getattr(intern!(py, "params"))?, storage_type, out)?;
            list(&ty.getattr(intern!(py, "results"))?, storage_type, out)
        }
        "StructType" => {
            out.push(opcode::STRUCT);
            list(&ty.getattr(intern!(py, "fields"))?, field_type, out)
        }
        "ArrayType" => {
            out.push(opcode::ARRAY);
            field_type(&ty.getattr(intern!(py, "field"))?, out)
        }
        "ContType" => {
            out.push(opcode::CONT);
            i64::from(index(&ty.getattr(intern!(py, "func"))?)?).encode(out);
            Ok(())
        }
        _ => Err(unexpected("a composite type", ty)),
    }
}

fn field_type(ty: Value<'_, '_>, out: &mut Vec<u8>) -> PyResult<()> {
    storage_type(&ty.getattr(intern!(ty.py(), "storage"))?, out)?;
    mutability(ty, out)
}

fn mutability(ty: Value<'_, '_>, out: &mut Vec<u8>) -> PyResult<()> {
    out.push(flag(ty, intern!(ty.py(), "mutable"))?.into());
    Ok(())
}

// Value types.

fn storage_type(ty: Value<'_, '_>, out: &mut Vec<u8>) -> PyResult<()> {
    let py = ty.py();
    match class(ty)?.to_str()? {
        name @ ("RefType" | "LongRefType") => {
            let heap_type = heap_type(&ty.getattr(intern!(py, "heap"))?)?;
            let nullable = flag(ty, intern!(py, "nullable"))?;
            let short = wasm::RefType {
                nullable,
                heap_type,
            };
            let abbreviated = nullable && matches!(heap_type, wasm::HeapType::Abstract { .. });
            if abbreviated && name == "LongRefType" {
                out.push(opcode::REF_NULL);
            }
            short.encode(out);
        }
        "NumType" | "VecType" | "PackedType" => number_type(ty)?.encode(out),
        _ => return Err(unexpected("a value type", ty)),
    }
    Ok(())
}

fn number_type(ty: Value<'_, '_>) -> PyResult<wasm::StorageType> {
    Ok(match name(ty)?.to_str()? {
        "i8" => wasm::StorageType::I8,
        "i16" => wasm::StorageType::I16,
        "i32" => wasm::StorageType::Val(wasm::ValType::I32),
        "i64" => wasm::StorageType::Val(wasm::ValType::I64),
        "f32" => wasm::StorageType::Val(wasm::ValType::F32),
        "f64" => wasm::StorageType::Val(wasm::ValType::F64),
        "v128" => wasm::StorageType::Val(wasm::ValType::V128),
        _ => return Err(unexpected("a number type", ty)),
    })
}

fn heap_type(ty: Value<'_, '_>) -> PyResult<wasm::HeapType> {
    if class(ty)? != "AbsHeapType" {
        return Ok(wasm::HeapType::Concrete(index(ty)?));
    }
    let ty = match name(ty)?.to_str()? {
        "any" => wasm::AbstractHeapType::Any,
        "eq" => wasm::AbstractHeapType::Eq,
        "i31" => wasm::AbstractHeapType::I31,
        "struct" => wasm::AbstractHeapType::Struct,
        "array" => wasm::AbstractHeapType::Array,
        "none" => wasm::AbstractHeapType::None,
        "func" => wasm::AbstractHeapType::Func,
        "nofunc" => wasm::AbstractHeapType::NoFunc,
        "extern" => wasm::AbstractHeapType::Extern,
        "noextern" => wasm::AbstractHeapType::NoExtern,
        "exn" => wasm::AbstractHeapType::Exn,
        "noexn" => wasm::AbstractHeapType::NoExn,
        "cont" => wasm::AbstractHeapType::Cont,
        "nocont" => wasm::AbstractHeapType::NoCont,
        _ => return Err(unexpected("an abstract heap type", ty)),
    };
    Ok(wasm::HeapType::Abstract { shared: false, ty })
}

fn name<'py>(constant: Value<'_, 'py>) -> PyResult<Bound<'py, PyString>> {
    Ok(constant
        .getattr(intern!(constant.py(), "name"))?
        .cast_into()?)
}

fn index(index: Value<'_, '_>) -> PyResult<u32> {
    if class(index)? != "ModuleTypeIndex" {
        return Err(unexpected("a ModuleTypeIndex", index));
    }
    index.getattr(intern!(index.py(), "n"))?.extract()
}

// External types.

fn kind(ty: Value<'_, '_>) -> PyResult<wasm::ExportKind> {
    Ok(match class(ty)?.to_str()? {
        "ModuleTypeIndex" => wasm::ExportKind::Func,
        "TableType" => wasm::ExportKind::Table,
        "MemoryType" => wasm::ExportKind::Memory,
        "GlobalType" => wasm::ExportKind::Global,
        "TagType" => wasm::ExportKind::Tag,
        _ => return Err(unexpected("an external type", ty)),
    })
}

/// An external type as an import spells it, without its kind.
fn extern_type(ty: Value<'_, '_>, out: &mut Vec<u8>) -> PyResult<()> {
    let py = ty.py();
    match kind(ty)? {
        wasm::ExportKind::Func => index(ty)?.encode(out),
        wasm::ExportKind::Table => {
            storage_type(&ty.getattr(intern!(py, "element"))?, out)?;
            limits(ty, false, None)?.encode(out);
        }
        wasm::ExportKind::Memory => {
            let page_size: u64 = ty.getattr(intern!(py, "page_size"))?.extract()?;
            if !page_size.is_power_of_two() {
                let message = format!("a page of {page_size} bytes; expected a power of two");
                return Err(PyValueError::new_err(message));
            }
            let is_custom = page_size != MemoryType::DEFAULT_PAGE_SIZE;
            let shared = flag(ty, intern!(py, "shared"))?;
            limits(ty, shared, is_custom.then(|| page_size.ilog2()))?.encode(out);
        }
        wasm::ExportKind::Global => {
            storage_type(&ty.getattr(intern!(py, "content"))?, out)?;
            mutability(ty, out)?;
        }
        wasm::ExportKind::Tag => wasm::TagType {
            kind: wasm::TagKind::Exception,
            func_type_idx: index(&ty.getattr(intern!(py, "func"))?)?,
        }
        .encode(out),
    }
    Ok(())
}

/// The limits of a table or memory, which are written alike.
fn limits(
    ty: Value<'_, '_>,
    shared: bool,
    page_size_log2: Option<u32>,
) -> PyResult<wasm::MemoryType> {
    let py = ty.py();
    Ok(wasm::MemoryType {
        minimum: ty.getattr(intern!(py, "minimum"))?.extract()?,
        maximum: ty.getattr(intern!(py, "maximum"))?.extract()?,
        memory64: flag(ty, intern!(py, "address64"))?,
        shared,
        page_size_log2,
    })
}

fn import(import: Value<'_, '_>, out: &mut Vec<u8>) -> PyResult<()> {
    let py = import.py();
    text(&import.getattr(intern!(py, "module"))?, out)?;
    text(&import.getattr(intern!(py, "name"))?, out)?;
    let ty = import.getattr(intern!(py, "type"))?;
    kind(&ty)?.encode(out);
    extern_type(&ty, out)
}

fn export(export: Value<'_, '_>, out: &mut Vec<u8>) -> PyResult<()> {
    let py = export.py();
    text(&export.getattr(intern!(py, "name"))?, out)?;
    let kind: String = export.getattr(intern!(py, "kind"))?.extract()?;
    let kind = match kind.as_str() {
        "func" => wasm::ExportKind::Func,
        "table" => wasm::ExportKind::Table,
        "memory" => wasm::ExportKind::Memory,
        "global" => wasm::ExportKind::Global,
        "tag" => wasm::ExportKind::Tag,
        _ => return Err(PyValueError::new_err(format!("no kind of item: {kind}"))),
    };
    kind.encode(out);
    let index: u32 = export.getattr(intern!(py, "index"))?.extract()?;
    index.encode(out);
    Ok(())
}

fn text(name: Value<'_, '_>, out: &mut Vec<u8>) -> PyResult<()> {
    name.cast::<PyString>()?.to_str()?.encode(out);
    Ok(())
}

// Items of a module's own.

/// A table; one whose elements cannot be null has an initializer.
fn table(ty: Value<'_, '_>, out: &mut Vec<u8>) -> PyResult<()> {
    let element = ty.getattr(intern!(ty.py(), "element"))?;
    if flag(&element, intern!(ty.py(), "nullable"))? {
        return extern_type(ty, out);
    }
    out.extend(TABLE_WITH_INITIALIZER);
    extern_type(ty, out)?;
    initializer(&element)?.encode(out);
    Ok(())
}

fn global(ty: Value<'_, '_>, out: &mut Vec<u8>) -> PyResult<()> {
    extern_type(ty, out)?;
    initializer(&ty.getattr(intern!(ty.py(), "content"))?)?.encode(out);
    Ok(())
}

/// Zero; or null, which a non-null type does not allow: types are judged all the same.
fn initializer(content: Value<'_, '_>) -> PyResult<wasm::ConstExpr> {
    if matches!(class(content)?.to_str()?, "RefType" | "LongRefType") {
        let heap = content.getattr(intern!(content.py(), "heap"))?;
        return Ok(wasm::ConstExpr::ref_null(heap_type(&heap)?));
    }
    Ok(match number_type(content)?.unpack() {
        wasm::ValType::I32 => wasm::ConstExpr::i32_const(0),
        wasm::ValType::I64 => wasm::ConstExpr::i64_const(0),
        wasm::ValType::F32 => wasm::ConstExpr::f32_const(0.0.into()),
        wasm::ValType::F64 => wasm::ConstExpr::f64_const(0.0.into()),
        wasm::ValType::V128 => wasm::ConstExpr::v128_const(0),
        wasm::ValType::Ref(_) => return Err(unexpected("a value type", content)),
    })
}

/// A body that fits any function type.
fn trap() -> wasm::Function {
    let mut body = wasm::Function::new([]);
    body.instructions().unreachable().end();
    body
}
