//! External types: what modules import and export (specification, "External Types").

use super::{FuncType, RefType, TypeIndex, ValType};

/// A table type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TableType<R = TypeIndex> {
    /// The type of every element.
    pub element: RefType<R>,
    /// The least number of elements.
    pub minimum: u64,
    /// The greatest number of elements, if bounded.
    pub maximum: Option<u64>,
    /// Whether the table is indexed by `i64`.
    pub address64: bool,
}

/// A memory type. Limits are in pages.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MemoryType {
    /// The least number of pages.
    pub minimum: u64,
    /// The greatest number of pages, if bounded.
    pub maximum: Option<u64>,
    /// Whether the memory is addressed by `i64`.
    pub address64: bool,
    /// Whether threads share it.
    pub shared: bool,
    /// The size of a page in bytes: 65,536, or 1 (feature `custom_page_sizes`).
    pub page_size: u64,
}

impl MemoryType {
    /// The size of a page where the module does not choose one.
    pub const DEFAULT_PAGE_SIZE: u64 = 65_536;
}

/// A global type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GlobalType<R = TypeIndex> {
    /// The type of the value.
    pub content: ValType<R>,
    /// Whether it can be written.
    pub mutable: bool,
}

/// A tag type: the function type of its exceptions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TagType<F = FuncType> {
    /// Parameters are the exception's values.
    pub func: F,
}

/// An external type, over the notion `F` of a function's type.
///
/// People see functions and tags by signature (the default), which stands for a final type without
/// a supertype; which defined type a module's import or export names is told beside it. Linking
/// puts that type's identity in the signature's place (clause G5).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ExternType<R = TypeIndex, F = FuncType<R>> {
    /// A function.
    Func(F),
    /// A table.
    Table(TableType<R>),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType<R>),
    /// An exception tag.
    Tag(TagType<F>),
}

/// The five kinds of external type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExternKind {
    /// Functions.
    Func,
    /// Tables.
    Table,
    /// Memories.
    Memory,
    /// Globals.
    Global,
    /// Tags.
    Tag,
}

impl ExternKind {
    /// The keyword in the text format.
    pub fn name(self) -> &'static str {
        match self {
            ExternKind::Func => "func",
            ExternKind::Table => "table",
            ExternKind::Memory => "memory",
            ExternKind::Global => "global",
            ExternKind::Tag => "tag",
        }
    }
}

impl<R, F> ExternType<R, F> {
    /// Which kind of external type this is.
    pub fn kind(&self) -> ExternKind {
        match self {
            ExternType::Func(_) => ExternKind::Func,
            ExternType::Table(_) => ExternKind::Table,
            ExternType::Memory(_) => ExternKind::Memory,
            ExternType::Global(_) => ExternKind::Global,
            ExternType::Tag(_) => ExternKind::Tag,
        }
    }
}
