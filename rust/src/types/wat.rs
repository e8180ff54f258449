//! Types as WAT: `Display` prints what the text format reads back to an equal type.
//!
//! Abbreviations of the text format are used where one exists (`anyref`, a bare composite type
//! for a final one without supertype). References print as their notion of reference does.

use std::fmt::{self, Display, Formatter};

use super::{
    AbsHeapType, ArrayType, CompositeType, ContType, ExternType, FieldType, FuncType, GlobalType,
    HeapType, MemoryType, NumType, PackedType, RecGroup, RefType, StorageType, StructType, SubType,
    TableType, TagType, ValType, VecType,
};

impl Display for NumType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Display for VecType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Display for PackedType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Display for AbsHeapType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl<R: Display> Display for HeapType<R> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            HeapType::Abstract(heap) => heap.fmt(f),
            HeapType::Concrete(reference) => reference.fmt(f),
        }
    }
}

/// The text format's name for a nullable reference to an abstract heap type.
fn shorthand(heap: AbsHeapType) -> &'static str {
    match heap {
        AbsHeapType::Any => "anyref",
        AbsHeapType::Eq => "eqref",
        AbsHeapType::I31 => "i31ref",
        AbsHeapType::Struct => "structref",
        AbsHeapType::Array => "arrayref",
        AbsHeapType::None => "nullref",
        AbsHeapType::Func => "funcref",
        AbsHeapType::NoFunc => "nullfuncref",
        AbsHeapType::Extern => "externref",
        AbsHeapType::NoExtern => "nullexternref",
        AbsHeapType::Exn => "exnref",
        AbsHeapType::NoExn => "nullexnref",
        AbsHeapType::Cont => "contref",
        AbsHeapType::NoCont => "nullcontref",
    }
}

impl<R: Display> Display for RefType<R> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (&self.heap, self.nullable) {
            (HeapType::Abstract(heap), true) => f.write_str(shorthand(*heap)),
            (heap, true) => write!(f, "(ref null {heap})"),
            (heap, false) => write!(f, "(ref {heap})"),
        }
    }
}

impl<R: Display> Display for ValType<R> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            ValType::Num(ty) => ty.fmt(f),
            ValType::Vec(ty) => ty.fmt(f),
            ValType::Ref(ty) => ty.fmt(f),
        }
    }
}

impl<R: Display> Display for StorageType<R> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            StorageType::Val(ty) => ty.fmt(f),
            StorageType::Packed(ty) => ty.fmt(f),
        }
    }
}

/// The specification's field type: `i32` or `(mut i32)`.
impl<R: Display> Display for FieldType<R> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.mutable {
            write!(f, "(mut {})", self.storage)
        } else {
            self.storage.fmt(f)
        }
    }
}

/// Writes ` (keyword a b c)`, or nothing for an empty list.
fn clause<R: Display>(f: &mut Formatter<'_>, keyword: &str, types: &[ValType<R>]) -> fmt::Result {
    if types.is_empty() {
        return Ok(());
    }
    write!(f, " ({keyword}")?;
    for ty in types {
        write!(f, " {ty}")?;
    }
    f.write_str(")")
}

/// Writes ` (param …) (result …)`, each only where there is one.
fn signature<R: Display>(f: &mut Formatter<'_>, ty: &FuncType<R>) -> fmt::Result {
    clause(f, "param", &ty.params)?;
    clause(f, "result", &ty.results)
}

impl<R: Display> Display for FuncType<R> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("(func")?;
        signature(f, self)?;
        f.write_str(")")
    }
}

impl<R: Display> Display for StructType<R> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("(struct")?;
        for field in &self.fields {
            write!(f, " (field {field})")?;
        }
        f.write_str(")")
    }
}

impl<R: Display> Display for ArrayType<R> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "(array {})", self.field)
    }
}

impl<R: Display> Display for ContType<R> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "(cont {})", self.func)
    }
}

impl<R: Display> Display for CompositeType<R> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            CompositeType::Func(ty) => ty.fmt(f),
            CompositeType::Struct(ty) => ty.fmt(f),
            CompositeType::Array(ty) => ty.fmt(f),
            CompositeType::Cont(ty) => ty.fmt(f),
        }
    }
}

impl<R: Display> Display for SubType<R> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let composite = &self.composite;
        let finality = if self.is_final { "final " } else { "" };
        match &self.supertype {
            None if self.is_final => composite.fmt(f),
            None => write!(f, "(sub {composite})"),
            Some(supertype) => write!(f, "(sub {finality}{supertype} {composite})"),
        }
    }
}

/// Members are bound as `$rec.0`, `$rec.1`, …: the names by which they refer to each other.
impl<R: Display> Display for RecGroup<R> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("(rec")?;
        for (position, member) in self.members.iter().enumerate() {
            write!(f, " (type $rec.{position} {member})")?;
        }
        f.write_str(")")
    }
}

/// Writes ` i64`, then ` min` and ` max` where they are.
fn limits(
    f: &mut Formatter<'_>,
    address64: bool,
    minimum: u64,
    maximum: Option<u64>,
) -> fmt::Result {
    if address64 {
        f.write_str(" i64")?;
    }
    write!(f, " {minimum}")?;
    maximum.map_or(Ok(()), |maximum| write!(f, " {maximum}"))
}

impl<R: Display> Display for TableType<R> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("(table")?;
        limits(f, self.address64, self.minimum, self.maximum)?;
        write!(f, " {})", self.element)
    }
}

impl Display for MemoryType {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("(memory")?;
        limits(f, self.address64, self.minimum, self.maximum)?;
        if self.shared {
            f.write_str(" shared")?;
        }
        if self.page_size != MemoryType::DEFAULT_PAGE_SIZE {
            write!(f, " (pagesize {})", self.page_size)?;
        }
        f.write_str(")")
    }
}

impl<R: Display> Display for GlobalType<R> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.mutable {
            write!(f, "(global (mut {}))", self.content)
        } else {
            write!(f, "(global {})", self.content)
        }
    }
}

impl<R: Display> Display for TagType<FuncType<R>> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("(tag")?;
        signature(f, &self.func)?;
        f.write_str(")")
    }
}

impl<R: Display> Display for ExternType<R> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            ExternType::Func(ty) => ty.fmt(f),
            ExternType::Table(ty) => ty.fmt(f),
            ExternType::Memory(ty) => ty.fmt(f),
            ExternType::Global(ty) => ty.fmt(f),
            ExternType::Tag(ty) => ty.fmt(f),
        }
    }
}
