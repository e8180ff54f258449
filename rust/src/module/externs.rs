//! Imports, exports and the index spaces between them, through wasmparser.

use std::collections::HashSet;
use std::convert::Infallible;

use wasmparser::{
    AbstractHeapType, BinaryReaderError, ExternalKind, FromReader, SectionLimited, TypeRef,
    UnpackedIndex,
};

use super::type_section::TypeSection;
use crate::error::{Error, Result};
use crate::features::{Feature, Features};
use crate::limits::{Limits, check};
use crate::memory::{push, reserve_set};
use crate::types::{
    AbsHeapType, CompositeType, ExternKind, ExternType, FuncType, GlobalType, HeapType, Kind,
    MemoryType, ModuleTypeIndex, NumType, RefType, SubType, TableType, TagType, TypeIndex, ValType,
    VecType,
};

/// An import of a module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImportType {
    /// The name of the module it is imported from.
    pub module: String,
    /// Its name there.
    pub name: String,
    /// What is expected; of a function or tag, the signature.
    pub ty: ExternType,
    /// Of a function or tag, the type it names.
    pub type_index: Option<ModuleTypeIndex>,
}

/// An export of a module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExportType {
    /// Its name.
    pub name: String,
    /// What it is; of a function or tag, the signature.
    pub ty: ExternType,
    /// Of a function or tag, the type it names.
    pub type_index: Option<ModuleTypeIndex>,
}

/// Something with an external type. Functions and tags name their type and do not spell it:
/// a million imports of one long signature take no more room than a million indices.
type Entity = ExternType<TypeIndex, u32>;

/// An external type that names types by their index in the module it belongs to.
pub(crate) type NamedType = ExternType<u32, u32>;

/// An import as linking looks at it.
pub(crate) struct NamedImport<'m> {
    pub(crate) module: &'m str,
    pub(crate) name: &'m str,
    pub(crate) ty: NamedType,
}

/// An export as linking looks at it.
pub(crate) struct NamedExport<'m> {
    pub(crate) name: &'m str,
    pub(crate) ty: NamedType,
    /// The position of the import that it passes on.
    pub(crate) reexports: Option<u32>,
}

#[derive(Debug)]
pub(super) struct Import {
    module: Box<str>,
    name: Box<str>,
    entity: Entity,
}

#[derive(Debug)]
pub(super) struct Export {
    name: Box<str>,
    kind: ExternKind,
    index: u32,
}

/// The index spaces of a module, imports first, and what it imports and exports.
#[derive(Debug, Default)]
pub(super) struct Externs {
    pub(super) imports: Vec<Import>,
    pub(super) exports: Vec<Export>,
    pub(super) funcs: Vec<u32>,
    pub(super) tables: Vec<TableType>,
    pub(super) memories: Vec<MemoryType>,
    pub(super) globals: Vec<GlobalType>,
    pub(super) tags: Vec<u32>,
    /// How many of `funcs` are imported.
    pub(super) imported_funcs: usize,
    /// What the entities need beyond WebAssembly 3.0.
    pub(super) needed: Features,
}

impl Externs {
    /// The import at `index`; `signature` builds the type that an index names.
    pub(super) fn import(
        &self,
        index: usize,
        signature: impl Fn(u32) -> SubType,
    ) -> Option<ImportType> {
        let import = self.imports.get(index)?;
        let (ty, type_index) = extern_type(&import.entity, signature);
        Some(ImportType {
            module: import.module.to_string(),
            name: import.name.to_string(),
            ty,
            type_index,
        })
    }

    /// The export at `index`; `signature` builds the type that an index names.
    pub(super) fn export(
        &self,
        index: usize,
        signature: impl Fn(u32) -> SubType,
    ) -> Option<ExportType> {
        let export = self.exports.get(index)?;
        let (ty, type_index) = extern_type(&self.exported(export), signature);
        Some(ExportType {
            name: export.name.to_string(),
            ty,
            type_index,
        })
    }

    /// What an export exports.
    fn exported(&self, export: &Export) -> Entity {
        let at = export.index as usize;
        match export.kind {
            ExternKind::Func => Entity::Func(self.funcs[at]),
            ExternKind::Table => Entity::Table(self.tables[at].clone()),
            ExternKind::Memory => Entity::Memory(self.memories[at].clone()),
            ExternKind::Global => Entity::Global(self.globals[at].clone()),
            ExternKind::Tag => Entity::Tag(TagType {
                func: self.tags[at],
            }),
        }
    }

    /// The imports with the types they name.
    pub(super) fn named_imports(&self) -> impl ExactSizeIterator<Item = NamedImport<'_>> {
        self.imports.iter().map(|import| NamedImport {
            module: &import.module,
            name: &import.name,
            ty: named(&import.entity),
        })
    }

    /// The exports with the types they name.
    pub(super) fn named_exports(&self) -> Result<impl ExactSizeIterator<Item = NamedExport<'_>>> {
        // In each index space the imports come first, in their order.
        let mut imported: [Vec<u32>; 5] = Default::default();
        for (position, import) in self.imports.iter().enumerate() {
            let space = &mut imported[import.entity.kind() as usize];
            push(space, position as u32)?;
        }
        Ok(self.exports.iter().map(move |export| NamedExport {
            name: &export.name,
            ty: named(&self.exported(export)),
            reexports: imported[export.kind as usize]
                .get(export.index as usize)
                .copied(),
        }))
    }
}

/// The same over type indices alone: a module refers to types in no other way.
fn named(entity: &Entity) -> NamedType {
    let ty = match entity {
        ExternType::Func(index) => ExternType::Func(TypeIndex::Module(ModuleTypeIndex(*index))),
        ExternType::Table(ty) => ExternType::Table(ty.clone()),
        ExternType::Memory(ty) => ExternType::Memory(ty.clone()),
        ExternType::Global(ty) => ExternType::Global(ty.clone()),
        ExternType::Tag(ty) => ExternType::Tag(TagType {
            func: TypeIndex::Module(ModuleTypeIndex(ty.func)),
        }),
    };
    let Ok(ty) = ty.try_map_named(&mut |reference| match reference {
        TypeIndex::Module(index) => Ok::<_, Infallible>(index.0),
        TypeIndex::Rec(_) | TypeIndex::Shared(_) | TypeIndex::Def(_) => {
            unreachable!("bytes spell module indices only")
        }
    });
    ty
}

/// The structure of the type that a function or tag names.
fn func_type(index: u32, signature: impl Fn(u32) -> SubType) -> FuncType {
    match signature(index).composite {
        CompositeType::Func(ty) => ty,
        CompositeType::Struct(_) | CompositeType::Array(_) | CompositeType::Cont(_) => {
            unreachable!("decoding checked that functions and tags name function types")
        }
    }
}

fn extern_type(
    entity: &Entity,
    signature: impl Fn(u32) -> SubType,
) -> (ExternType, Option<ModuleTypeIndex>) {
    let func = |index| func_type(index, signature);
    match entity {
        Entity::Func(index) => (
            ExternType::Func(func(*index)),
            Some(ModuleTypeIndex(*index)),
        ),
        Entity::Tag(TagType { func: index }) => (
            ExternType::Tag(TagType { func: func(*index) }),
            Some(ModuleTypeIndex(*index)),
        ),
        Entity::Table(ty) => (ExternType::Table(ty.clone()), None),
        Entity::Memory(ty) => (ExternType::Memory(ty.clone()), None),
        Entity::Global(ty) => (ExternType::Global(ty.clone()), None),
    }
}

/// Reads the sections of one module into its index spaces.
pub(super) struct ExternReader<'a> {
    pub(super) types: &'a TypeSection,
    pub(super) externs: &'a mut Externs,
    pub(super) limits: &'a Limits,
    pub(super) features: &'a Features,
}

impl ExternReader<'_> {
    pub(super) fn imports(&mut self, reader: wasmparser::ImportSectionReader<'_>) -> Result<()> {
        let (count, start) = (reader.count(), offset(reader.original_position()));
        check(
            "imports",
            self.limits.imports,
            u64::from(count),
            Some(start),
        )?;
        for import in reader.into_imports_with_offsets() {
            let (at, import) = import.map_err(malformed)?;
            let at = offset(at);
            let entity = match import.ty {
                TypeRef::Func(index) => Entity::Func(self.func_type(index, at)?),
                TypeRef::FuncExact(_) => return Err(exact(at)),
                TypeRef::Table(ty) => Entity::Table(self.table_type(ty, at)?),
                TypeRef::Memory(ty) => Entity::Memory(self.memory_type(ty, at)?),
                TypeRef::Global(ty) => Entity::Global(self.global_type(ty, at)?),
                TypeRef::Tag(ty) => Entity::Tag(self.tag_type(ty, at)?),
            };
            self.add(entity.clone(), at)?;
            push(
                &mut self.externs.imports,
                Import {
                    module: import.module.into(),
                    name: import.name.into(),
                    entity,
                },
            )?;
        }
        self.externs.imported_funcs = self.externs.funcs.len();
        Ok(())
    }

    /// Puts an entity into its index space.
    fn add(&mut self, entity: Entity, at: usize) -> Result<()> {
        let (externs, limits) = (&mut *self.externs, self.limits);
        let (limit, bound, count) = match entity {
            Entity::Func(index) => {
                push(&mut externs.funcs, index)?;
                ("functions", limits.functions, externs.funcs.len())
            }
            Entity::Table(ty) => {
                push(&mut externs.tables, ty)?;
                ("tables", limits.tables, externs.tables.len())
            }
            Entity::Memory(ty) => {
                push(&mut externs.memories, ty)?;
                ("memories", limits.memories, externs.memories.len())
            }
            Entity::Global(ty) => {
                push(&mut externs.globals, ty)?;
                ("globals", limits.globals, externs.globals.len())
            }
            Entity::Tag(ty) => {
                push(&mut externs.tags, ty.func)?;
                ("tags", limits.tags, externs.tags.len())
            }
        };
        check(limit, bound, count as u64, Some(at))
    }

    /// Reads a section of items that each make one entity.
    pub(super) fn entities<'a, T: FromReader<'a>>(
        &mut self,
        reader: SectionLimited<'a, T>,
        entity: impl Fn(&mut Self, T, usize) -> Result<Section>,
    ) -> Result<()> {
        for item in reader.into_iter_with_offsets() {
            let (at, item) = item.map_err(malformed)?;
            let at = offset(at);
            let Section(made) = entity(self, item, at)?;
            self.add(made, at)?;
        }
        Ok(())
    }

    pub(super) fn func(&mut self, index: u32, at: usize) -> Result<Section> {
        self.func_type(index, at).map(Entity::Func).map(Section)
    }

    pub(super) fn table(&mut self, table: wasmparser::Table<'_>, at: usize) -> Result<Section> {
        let ty = self.table_type(table.ty, at)?;
        let has_no_value = matches!(table.init, wasmparser::TableInit::RefNull);
        if has_no_value && !ty.element.nullable {
            let message = "a table without an initializer must hold nullable references";
            return Err(invalid(at, message));
        }
        Ok(Section(Entity::Table(ty)))
    }

    pub(super) fn memory(&mut self, ty: wasmparser::MemoryType, at: usize) -> Result<Section> {
        self.memory_type(ty, at).map(Entity::Memory).map(Section)
    }

    pub(super) fn global(&mut self, ty: wasmparser::Global<'_>, at: usize) -> Result<Section> {
        self.global_type(ty.ty, at).map(Entity::Global).map(Section)
    }

    pub(super) fn tag(&mut self, ty: wasmparser::TagType, at: usize) -> Result<Section> {
        self.tag_type(ty, at).map(Entity::Tag).map(Section)
    }

    pub(super) fn exports(&mut self, reader: wasmparser::ExportSectionReader<'_>) -> Result<()> {
        let (count, start) = (reader.count(), offset(reader.original_position()));
        check(
            "exports",
            self.limits.exports,
            u64::from(count),
            Some(start),
        )?;
        let mut names = HashSet::new();
        for export in reader.into_iter_with_offsets() {
            let (at, export) = export.map_err(malformed)?;
            let at = offset(at);
            let externs = &*self.externs;
            let (kind, count) = match export.kind {
                ExternalKind::Func => (ExternKind::Func, externs.funcs.len()),
                ExternalKind::FuncExact => return Err(exact(at)),
                ExternalKind::Table => (ExternKind::Table, externs.tables.len()),
                ExternalKind::Memory => (ExternKind::Memory, externs.memories.len()),
                ExternalKind::Global => (ExternKind::Global, externs.globals.len()),
                ExternalKind::Tag => (ExternKind::Tag, externs.tags.len()),
            };
            if export.index as usize >= count {
                let (kind, index) = (kind.name(), export.index);
                let message = format!("export of {kind} {index}; there are {count}");
                return Err(invalid(at, message));
            }
            reserve_set(&mut names, 1)?;
            if !names.insert(export.name) {
                let message = format!("two exports are named {:?}", export.name);
                return Err(invalid(at, message));
            }
            push(
                &mut self.externs.exports,
                Export {
                    name: export.name.into(),
                    kind,
                    index: export.index,
                },
            )?;
        }
        Ok(())
    }

    /// Checks that a type index names a function type.
    fn func_type(&self, index: u32, at: usize) -> Result<u32> {
        self.type_index(index, at)?;
        let id = self.types.ids[index as usize];
        let kind = crate::canon::Known::meta(&self.types.interner, id).kind;
        if kind == Kind::Func {
            Ok(index)
        } else {
            let kind = kind.name();
            let message = format!("type {index} is of kind {kind}; expected a function type");
            Err(invalid(at, message))
        }
    }

    fn type_index(&self, index: u32, at: usize) -> Result<ModuleTypeIndex> {
        let types = self.types.type_count();
        if index < types {
            Ok(ModuleTypeIndex(index))
        } else {
            let message = format!("unknown type {index}; the module has {types} types");
            Err(invalid(at, message))
        }
    }

    fn tag_type(&mut self, ty: wasmparser::TagType, at: usize) -> Result<TagType<u32>> {
        let index = self.func_type(ty.func_type_idx, at)?;
        let id = self.types.ids[index as usize];
        let mut cursor = crate::canon::Known::member(&self.types.interner, id);
        cursor.head();
        let ty: FuncType<_> = cursor.func();
        if !ty.results.is_empty() {
            if !self.features.stack_switching {
                return Err(invalid(
                    at,
                    "the type of an exception tag must have no results",
                ));
            }
            self.externs.needed.stack_switching = true;
        }
        Ok(TagType { func: index })
    }

    fn global_type(&mut self, ty: wasmparser::GlobalType, at: usize) -> Result<GlobalType> {
        if ty.shared {
            return Err(unsupported(Feature::SharedTypes, at));
        }
        Ok(GlobalType {
            content: self.value_type(ty.content_type, at)?,
            mutable: ty.mutable,
        })
    }

    fn table_type(&mut self, ty: wasmparser::TableType, at: usize) -> Result<TableType> {
        if ty.shared {
            return Err(unsupported(Feature::SharedTypes, at));
        }
        let bound = if ty.table64 {
            u64::MAX
        } else {
            u64::from(u32::MAX)
        };
        check_range("table", ty.initial, ty.maximum, bound, at)?;
        Ok(TableType {
            element: self.ref_type(ty.element_type, at)?,
            minimum: ty.initial,
            maximum: ty.maximum,
            address64: ty.table64,
        })
    }

    fn memory_type(&mut self, ty: wasmparser::MemoryType, at: usize) -> Result<MemoryType> {
        let page_size = match ty.page_size_log2 {
            None => MemoryType::DEFAULT_PAGE_SIZE,
            Some(_) if !self.features.custom_page_sizes => {
                return Err(unsupported(Feature::CustomPageSizes, at));
            }
            Some(log2 @ (0 | 16)) => {
                self.externs.needed.custom_page_sizes = true;
                1 << log2
            }
            Some(log2) => {
                let message = format!("a page size of 2^{log2} bytes; expected 1 or 65536");
                return Err(invalid(at, message));
            }
        };
        // As many pages as the addresses reach, but never more than an address can count.
        let (space, most) = if ty.memory64 {
            (1_u128 << 64, u64::MAX)
        } else {
            (1 << 32, u64::from(u32::MAX))
        };
        let bound = u64::try_from(space / u128::from(page_size)).map_or(most, |n| n.min(most));
        check_range("memory", ty.initial, ty.maximum, bound, at)?;
        if ty.shared && ty.maximum.is_none() {
            return Err(invalid(at, "a shared memory must have a maximum"));
        }
        Ok(MemoryType {
            minimum: ty.initial,
            maximum: ty.maximum,
            address64: ty.memory64,
            shared: ty.shared,
            page_size,
        })
    }

    fn value_type(&mut self, ty: wasmparser::ValType, at: usize) -> Result<ValType> {
        Ok(match ty {
            wasmparser::ValType::I32 => ValType::Num(NumType::I32),
            wasmparser::ValType::I64 => ValType::Num(NumType::I64),
            wasmparser::ValType::F32 => ValType::Num(NumType::F32),
            wasmparser::ValType::F64 => ValType::Num(NumType::F64),
            wasmparser::ValType::V128 => ValType::Vec(VecType::V128),
            wasmparser::ValType::Ref(ty) => ValType::Ref(self.ref_type(ty, at)?),
        })
    }

    fn ref_type(&mut self, ty: wasmparser::RefType, at: usize) -> Result<RefType> {
        let heap = match ty.heap_type() {
            wasmparser::HeapType::Abstract { shared: true, .. } => {
                return Err(unsupported(Feature::SharedTypes, at));
            }
            wasmparser::HeapType::Abstract { shared: false, ty } => {
                HeapType::Abstract(self.abstract_heap(ty, at)?)
            }
            wasmparser::HeapType::Concrete(UnpackedIndex::Module(index)) => {
                HeapType::Concrete(TypeIndex::Module(self.type_index(index, at)?))
            }
            // Which other kinds of index there are depends on wasmparser's features.
            wasmparser::HeapType::Concrete(_) => unreachable!("bytes spell module indices only"),
            wasmparser::HeapType::Exact(_) => return Err(exact(at)),
        };
        Ok(RefType {
            heap,
            nullable: ty.is_nullable(),
        })
    }

    fn abstract_heap(&mut self, ty: AbstractHeapType, at: usize) -> Result<AbsHeapType> {
        let heap = match ty {
            AbstractHeapType::Any => AbsHeapType::Any,
            AbstractHeapType::Eq => AbsHeapType::Eq,
            AbstractHeapType::I31 => AbsHeapType::I31,
            AbstractHeapType::Struct => AbsHeapType::Struct,
            AbstractHeapType::Array => AbsHeapType::Array,
            AbstractHeapType::None => AbsHeapType::None,
            AbstractHeapType::Func => AbsHeapType::Func,
            AbstractHeapType::NoFunc => AbsHeapType::NoFunc,
            AbstractHeapType::Extern => AbsHeapType::Extern,
            AbstractHeapType::NoExtern => AbsHeapType::NoExtern,
            AbstractHeapType::Exn => AbsHeapType::Exn,
            AbstractHeapType::NoExn => AbsHeapType::NoExn,
            AbstractHeapType::Cont | AbstractHeapType::NoCont => {
                if !self.features.stack_switching {
                    return Err(unsupported(Feature::StackSwitching, at));
                }
                self.externs.needed.stack_switching = true;
                if ty == AbstractHeapType::Cont {
                    AbsHeapType::Cont
                } else {
                    AbsHeapType::NoCont
                }
            }
        };
        Ok(heap)
    }
}

/// What an item of a section is, on its way into an index space.
pub(super) struct Section(Entity);

fn check_range(
    what: &str,
    minimum: u64,
    maximum: Option<u64>,
    bound: u64,
    at: usize,
) -> Result<()> {
    if maximum.is_some_and(|maximum| minimum > maximum) {
        let message = format!("the minimum of a {what} is greater than its maximum");
        return Err(invalid(at, message));
    }
    let most = maximum.unwrap_or(minimum);
    if most > bound {
        let message = format!("a {what} of {most}; at most {bound} fit its addresses");
        return Err(invalid(at, message));
    }
    Ok(())
}

/// An error of wasmparser's.
pub(super) fn malformed(error: BinaryReaderError) -> Error {
    let words: Vec<&str> = error.message().split_whitespace().collect();
    Error::decode(offset(error.offset()), words.join(" "))
}

/// wasmparser's offsets are 64 bits wide everywhere; inputs are slices.
pub(super) fn offset(offset: impl TryInto<usize>) -> usize {
    offset.try_into().unwrap_or(usize::MAX)
}

fn invalid(at: usize, message: impl Into<String>) -> Error {
    Error::Validation {
        message: message.into(),
        offset: Some(at),
        type_index: None,
    }
}

fn unsupported(feature: Feature, at: usize) -> Error {
    Error::UnsupportedFeature {
        feature,
        offset: Some(at),
    }
}

fn exact(at: usize) -> Error {
    unsupported(Feature::CustomDescriptors, at)
}
