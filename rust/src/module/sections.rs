//! Sections of imports, exports and what stands between them into index spaces, through wasmparser.

use std::collections::HashSet;

use wasmparser::{BinaryReaderError, ExternalKind, FromReader, SectionLimited, TypeRef};

use super::externs::{Entity, Export, Externs, Import};
use super::reader::Reader;
use super::refusal::{exact, invalid, malformed, offset};
use super::type_section::TypeSection;
use crate::error::{Error, Result};
use crate::features::Features;
use crate::limits::{Limits, check};
use crate::memory::{push, reserve_set};
use crate::types::ExternKind;

/// Reads the sections of one module into its index spaces.
pub(super) struct ExternReader<'a> {
    /// All of the module.
    pub(super) wasm: &'a [u8],
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
            let (at, import) = import.map_err(|error| self.malformed(error))?;
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

    /// An error of wasmparser's. It holds type indices in 20 bits, so that what is said of a
    /// reference that does not fit is ours to say.
    fn malformed(&self, error: BinaryReaderError) -> Error {
        let Some((at, index)) = large_reference(self.wasm, offset(error.offset())) else {
            return malformed(error);
        };
        match self.type_index(index, at) {
            Err(unknown) => unknown,
            Ok(_) => Error::decode(
                at,
                format!(
                    "a reference to type {index}; expected an index below {FIRST_LARGE}, which is as \
                     far as tables and globals are read"
                ),
            ),
        }
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
            let (at, item) = item.map_err(|error| self.malformed(error))?;
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
            let (at, export) = export.map_err(|error| self.malformed(error))?;
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
}

/// The first type index that wasmparser does not hold.
const FIRST_LARGE: u32 = 1 << 20;

/// Where the index stands and what it is, if what ends at `end` is a reference to a type that
/// wasmparser does not hold: it takes four bytes or five.
fn large_reference(wasm: &[u8], end: usize) -> Option<(usize, u32)> {
    let at = [4, 5].into_iter().find_map(|size| {
        let at = end.checked_sub(size)?;
        matches!(wasm.get(at.checked_sub(1)?)?, 0x63 | 0x64).then_some(at)
    })?;
    let mut reader = Reader::new(wasm.get(at..end)?, at);
    let index = reader.s33_index("a type index").ok().flatten()?;
    (index >= FIRST_LARGE && reader.left() == 0).then_some((at, index))
}

/// What an item of a section is, on its way into an index space.
pub(super) struct Section(Entity);
