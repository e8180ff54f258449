//! Values as Python source text: what `repr` shows and `eval` reads back (clause P3).

use std::fmt::{self, Display, Formatter};

use crate::types::{
    AbsHeapType, ArrayType, CompositeType, ContType, ExternType, FieldType, FuncType, GlobalType,
    HeapType, MemoryType, ModuleTypeIndex, NumType, PackedType, RecGroup, RecIndex, RefType,
    SharedTypeIndex, StorageType, StructType, SubType, TableType, TagType, TypeIndex, ValType,
    VecType,
};

/// Displays a value as the Python expression that makes it.
pub(crate) struct Source<'a, T: ?Sized>(pub(crate) &'a T);

/// Python's name of a constant: the WAT keyword in capitals.
fn constant(f: &mut Formatter<'_>, keyword: &str) -> fmt::Result {
    f.write_str(&keyword.to_ascii_uppercase())
}

/// Python's names of the two truth values.
pub(crate) fn flag(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

impl Display for Source<'_, NumType> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        constant(f, self.0.name())
    }
}

impl Display for Source<'_, VecType> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        constant(f, self.0.name())
    }
}

impl Display for Source<'_, PackedType> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        constant(f, self.0.name())
    }
}

impl Display for Source<'_, AbsHeapType> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        constant(f, self.0.name())
    }
}

impl Display for Source<'_, ModuleTypeIndex> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ModuleTypeIndex({})", self.0.0)
    }
}

impl Display for Source<'_, RecIndex> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "RecIndex({})", self.0.0)
    }
}

/// Not an expression: an engine alone makes such an index.
impl Display for Source<'_, SharedTypeIndex> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (slot, generation) = (self.0.bits(), self.0.generation());
        write!(f, "<SharedTypeIndex {slot} generation={generation}>")
    }
}

impl Display for Source<'_, TypeIndex> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            TypeIndex::Module(index) => Source(index).fmt(f),
            TypeIndex::Rec(index) => Source(index).fmt(f),
            TypeIndex::Shared(index) => Source(index).fmt(f),
        }
    }
}

impl Display for Source<'_, HeapType> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            HeapType::Abstract(heap) => Source(heap).fmt(f),
            HeapType::Concrete(index) => Source(index).fmt(f),
        }
    }
}

impl Display for Source<'_, RefType> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "RefType({}", Source(&self.0.heap))?;
        option(f, "nullable", self.0.nullable, true)?;
        f.write_str(")")
    }
}

impl Display for Source<'_, ValType> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            ValType::Num(ty) => Source(ty).fmt(f),
            ValType::Vec(ty) => Source(ty).fmt(f),
            ValType::Ref(ty) => Source(ty).fmt(f),
        }
    }
}

impl Display for Source<'_, StorageType> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            StorageType::Val(ty) => Source(ty).fmt(f),
            StorageType::Packed(ty) => Source(ty).fmt(f),
        }
    }
}

/// Writes `, name=value` unless the value is the default.
fn option(f: &mut Formatter<'_>, name: &str, value: bool, default: bool) -> fmt::Result {
    if value == default {
        Ok(())
    } else {
        write!(f, ", {name}={}", flag(value))
    }
}

impl Display for Source<'_, FieldType> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "FieldType({}", Source(&self.0.storage))?;
        option(f, "mutable", self.0.mutable, false)?;
        f.write_str(")")
    }
}

/// A list display.
impl<T> Display for Source<'_, [T]>
where
    for<'a> Source<'a, T>: Display,
{
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (position, item) in self.0.iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            write!(f, "{comma}{}", Source(item))?;
        }
        f.write_str("]")
    }
}

impl Display for Source<'_, FuncType> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (params, results) = (Source(&*self.0.params), Source(&*self.0.results));
        write!(f, "FuncType({params}, {results})")
    }
}

impl Display for Source<'_, StructType> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "StructType({})", Source(&*self.0.fields))
    }
}

impl Display for Source<'_, ArrayType> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ArrayType({})", Source(&self.0.field))
    }
}

impl Display for Source<'_, ContType> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ContType({})", Source(&self.0.func))
    }
}

impl Display for Source<'_, CompositeType> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            CompositeType::Func(ty) => Source(ty).fmt(f),
            CompositeType::Struct(ty) => Source(ty).fmt(f),
            CompositeType::Array(ty) => Source(ty).fmt(f),
            CompositeType::Cont(ty) => Source(ty).fmt(f),
        }
    }
}

impl Display for Source<'_, SubType> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "SubType({}", Source(&self.0.composite))?;
        if let Some(supertype) = &self.0.supertype {
            write!(f, ", supertype={}", Source(supertype))?;
        }
        option(f, "final", self.0.is_final, true)?;
        f.write_str(")")
    }
}

impl Display for Source<'_, RecGroup> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "RecGroup({})", Source(&*self.0.members))
    }
}

/// Writes `minimum`, and `, maximum` where there is one.
fn limits(f: &mut Formatter<'_>, minimum: u64, maximum: Option<u64>) -> fmt::Result {
    write!(f, "{minimum}")?;
    maximum.map_or(Ok(()), |maximum| write!(f, ", {maximum}"))
}

impl Display for Source<'_, TableType> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "TableType({}, ", Source(&self.0.element))?;
        limits(f, self.0.minimum, self.0.maximum)?;
        option(f, "address64", self.0.address64, false)?;
        f.write_str(")")
    }
}

impl Display for Source<'_, MemoryType> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryType(")?;
        limits(f, self.0.minimum, self.0.maximum)?;
        option(f, "address64", self.0.address64, false)?;
        option(f, "shared", self.0.shared, false)?;
        if self.0.page_size != MemoryType::DEFAULT_PAGE_SIZE {
            write!(f, ", page_size={}", self.0.page_size)?;
        }
        f.write_str(")")
    }
}

impl Display for Source<'_, GlobalType> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "GlobalType({}", Source(&self.0.content))?;
        option(f, "mutable", self.0.mutable, false)?;
        f.write_str(")")
    }
}

impl Display for Source<'_, TagType> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "TagType({})", Source(&self.0.func))
    }
}

impl Display for Source<'_, ExternType> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            ExternType::Func(ty) => Source(ty).fmt(f),
            ExternType::Table(ty) => Source(ty).fmt(f),
            ExternType::Memory(ty) => Source(ty).fmt(f),
            ExternType::Global(ty) => Source(ty).fmt(f),
            ExternType::Tag(ty) => Source(ty).fmt(f),
        }
    }
}
