//! The index spaces of a module: what it imports, has and exports.

use std::convert::Infallible;

use crate::error::Result;
use crate::features::Features;
use crate::memory::push;
use crate::types::{
    CompositeType, ExternKind, ExternType, FuncType, GlobalType, MemoryType, ModuleTypeIndex,
    SubType, TableType, TagType, TypeIndex,
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
pub(super) type Entity = ExternType<TypeIndex, u32>;

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
    pub(super) module: Box<str>,
    pub(super) name: Box<str>,
    pub(super) entity: Entity,
}

#[derive(Debug)]
pub(super) struct Export {
    pub(super) name: Box<str>,
    pub(super) kind: ExternKind,
    pub(super) index: u32,
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
        signature: impl Fn(u32) -> Result<SubType>,
    ) -> Option<Result<ImportType>> {
        let import = self.imports.get(index)?;
        let typed = extern_type(&import.entity, signature);
        Some(typed.map(|(ty, type_index)| ImportType {
            module: import.module.to_string(),
            name: import.name.to_string(),
            ty,
            type_index,
        }))
    }

    /// The export at `index`; `signature` builds the type that an index names.
    pub(super) fn export(
        &self,
        index: usize,
        signature: impl Fn(u32) -> Result<SubType>,
    ) -> Option<Result<ExportType>> {
        let export = self.exports.get(index)?;
        let typed = extern_type(&self.exported(export), signature);
        Some(typed.map(|(ty, type_index)| ExportType {
            name: export.name.to_string(),
            ty,
            type_index,
        }))
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
fn func_type(index: u32, signature: impl Fn(u32) -> Result<SubType>) -> Result<FuncType> {
    match signature(index)?.composite {
        CompositeType::Func(ty) => Ok(ty),
        CompositeType::Struct(_) | CompositeType::Array(_) | CompositeType::Cont(_) => {
            unreachable!("decoding checked that functions and tags name function types")
        }
    }
}

fn extern_type(
    entity: &Entity,
    signature: impl Fn(u32) -> Result<SubType>,
) -> Result<(ExternType, Option<ModuleTypeIndex>)> {
    let func = |index| func_type(index, &signature);
    Ok(match entity {
        Entity::Func(index) => (
            ExternType::Func(func(*index)?),
            Some(ModuleTypeIndex(*index)),
        ),
        Entity::Tag(TagType { func: index }) => (
            ExternType::Tag(TagType {
                func: func(*index)?,
            }),
            Some(ModuleTypeIndex(*index)),
        ),
        Entity::Table(ty) => (ExternType::Table(ty.clone()), None),
        Entity::Memory(ty) => (ExternType::Memory(ty.clone()), None),
        Entity::Global(ty) => (ExternType::Global(ty.clone()), None),
    })
}
