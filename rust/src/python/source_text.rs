//! Values as Python source text: what `repr` shows and `eval` reads back (clause P3).

use std::convert::Infallible;
use std::fmt::{self, Display, Formatter};

use crate::closed::DependencyOrder;
use crate::types::{
    AbsHeapType, ArrayType, ClosedIndex, CompositeType, ContType, DefGroup, DefType, ExternType,
    FieldType, FuncType, GlobalType, HeapType, MemoryType, ModuleTypeIndex, NumType, PackedType,
    RecGroup, RecIndex, RefType, SharedTypeIndex, StorageType, StructType, SubType, TableType,
    TagType, TypeIndex, ValType, VecType,
};

/// Displays a value as the Python expression that makes it.
pub(crate) struct Source<'a, T: ?Sized>(pub(crate) &'a T);

/// Python's name of a constant: the WAT keyword in capitals.
fn constant(f: &mut Formatter<'_>, keyword: &str) -> fmt::Result {
    f.write_str(&keyword.to_ascii_uppercase())
}

/// Appends a Python string literal.
pub(crate) fn string(text: &mut String, name: &str) {
    text.push('\'');
    for char in name.chars() {
        match char {
            '\'' | '\\' => text.extend(['\\', char]),
            char if char.is_control() => text.push_str(&format!("\\x{:02x}", u32::from(char))),
            char => text.push(char),
        }
    }
    text.push('\'');
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
            TypeIndex::Def(ty) => Source(ty).fmt(f),
        }
    }
}

impl<R> Display for Source<'_, HeapType<R>>
where
    for<'a> Source<'a, R>: Display,
{
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            HeapType::Abstract(heap) => Source(heap).fmt(f),
            HeapType::Concrete(index) => Source(index).fmt(f),
        }
    }
}

impl<R> Display for Source<'_, RefType<R>>
where
    for<'a> Source<'a, R>: Display,
{
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "RefType({}", Source(&self.0.heap))?;
        option(f, "nullable", self.0.nullable, true)?;
        f.write_str(")")
    }
}

impl<R> Display for Source<'_, ValType<R>>
where
    for<'a> Source<'a, R>: Display,
{
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            ValType::Num(ty) => Source(ty).fmt(f),
            ValType::Vec(ty) => Source(ty).fmt(f),
            ValType::Ref(ty) => Source(ty).fmt(f),
        }
    }
}

impl<R> Display for Source<'_, StorageType<R>>
where
    for<'a> Source<'a, R>: Display,
{
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

impl<R> Display for Source<'_, FieldType<R>>
where
    for<'a> Source<'a, R>: Display,
{
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

impl<R> Display for Source<'_, FuncType<R>>
where
    for<'a> Source<'a, R>: Display,
{
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (params, results) = (Source(&*self.0.params), Source(&*self.0.results));
        write!(f, "FuncType({params}, {results})")
    }
}

impl<R> Display for Source<'_, StructType<R>>
where
    for<'a> Source<'a, R>: Display,
{
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "StructType({})", Source(&*self.0.fields))
    }
}

impl<R> Display for Source<'_, ArrayType<R>>
where
    for<'a> Source<'a, R>: Display,
{
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ArrayType({})", Source(&self.0.field))
    }
}

impl<R> Display for Source<'_, ContType<R>>
where
    for<'a> Source<'a, R>: Display,
{
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ContType({})", Source(&self.0.func))
    }
}

impl<R> Display for Source<'_, CompositeType<R>>
where
    for<'a> Source<'a, R>: Display,
{
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            CompositeType::Func(ty) => Source(ty).fmt(f),
            CompositeType::Struct(ty) => Source(ty).fmt(f),
            CompositeType::Array(ty) => Source(ty).fmt(f),
            CompositeType::Cont(ty) => Source(ty).fmt(f),
        }
    }
}

impl<R> Display for Source<'_, SubType<R>>
where
    for<'a> Source<'a, R>: Display,
{
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "SubType({}", Source(&self.0.composite))?;
        if let Some(supertype) = &self.0.supertype {
            write!(f, ", supertype={}", Source(supertype))?;
        }
        option(f, "final", self.0.is_final, true)?;
        f.write_str(")")
    }
}

impl<R> Display for Source<'_, RecGroup<R>>
where
    for<'a> Source<'a, R>: Display,
{
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "RecGroup({})", Source(&*self.0.members))
    }
}

/// A reference in the source text of a closed group.
enum Named {
    Own(RecIndex),
    /// A type of a group that a name stands for.
    Of {
        group: u32,
        position: u32,
    },
}

impl Display for Source<'_, Named> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Named::Own(index) => Source(index).fmt(f),
            Named::Of { group, position } => write!(f, "DefType(g{group}, {position})"),
        }
    }
}

/// A closed group in which the groups it refers to go by name.
fn closed_group(group: &DefGroup, order: &DependencyOrder<'_>) -> RecGroup<Named> {
    let Ok(group) = group.members().try_map(&mut |reference| {
        Ok::<_, Infallible>(match *reference {
            ClosedIndex::Own(position) => Named::Own(RecIndex(position)),
            ClosedIndex::Child(child) => {
                let child = &group.children()[child as usize];
                Named::Of {
                    group: order.number(child.def_group()),
                    position: child.position(),
                }
            }
        })
    });
    group
}

/// Where the type leads to other groups, these are bound to names first, so that the text is as
/// long as there are types, and no deeper for a long chain.
impl Display for Source<'_, DefType> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut order = DependencyOrder::default();
        order.add(self.0).map_err(|_| fmt::Error)?;
        let position = self.0.position();
        if let [group] = order.groups() {
            let group = closed_group(group, &order);
            return write!(f, "DefType({}, {position})", Source(&group));
        }
        f.write_str("(")?;
        for (number, group) in order.groups().iter().enumerate() {
            let group = closed_group(group, &order);
            write!(f, "g{number} := {}, ", Source(&group))?;
        }
        let last = order.groups().len() - 1;
        write!(f, "DefType(g{last}, {position}))[-1]")
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
