//! Which engines a value's shared indices belong to.
//!
//! An index in Rust knows its engine by number only. In Python `index.engine` must always answer,
//! wherever the index was found, so a value that holds shared indices carries their engines along.
//! Nearly all values hold none and carry an empty list.

use crate::matching::Matchable;
use crate::registry::Engine;
use crate::types::{
    ArrayType, CompositeType, ContType, ExternType, FieldType, FuncType, GlobalType, HeapType,
    MemoryType, ModuleTypeIndex, RecGroup, RecIndex, RefType, SharedTypeIndex, StorageType,
    StructType, SubType, TableType, TagType, TypeIndex, ValType,
};

/// A few engines, each once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Owners(Vec<Engine>);

impl Owners {
    /// One engine.
    pub(crate) fn of(engine: &Engine) -> Owners {
        Owners(vec![engine.clone()])
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes up the engines of another value.
    pub(crate) fn join(&mut self, others: &Owners) {
        for engine in &others.0 {
            self.add(engine);
        }
    }

    /// Takes up one engine.
    pub(crate) fn add(&mut self, engine: &Engine) {
        if !self.0.contains(engine) {
            self.0.push(engine.clone());
        }
    }

    /// The engine of an index that a value with these owners holds.
    pub(crate) fn engine_of(&self, index: SharedTypeIndex) -> &Engine {
        self.0
            .iter()
            .find(|engine| engine.id() == index.engine_id())
            .expect("a value carries the engines of all its indices")
    }

    /// Those of the engines that `part` refers to.
    fn narrow(&self, part: &impl References) -> Owners {
        let mut owners = Owners::default();
        if !self.is_empty() {
            part.each_reference(&mut |reference| match *reference {
                TypeIndex::Shared(index) => owners.add(self.engine_of(index)),
                TypeIndex::Module(_) | TypeIndex::Rec(_) | TypeIndex::Def(_) => {}
            });
        }
        owners
    }
}

/// A value and the engines of the shared indices it holds, no others.
#[derive(Clone, Debug)]
pub(crate) struct Owned<T> {
    pub(crate) value: T,
    pub(crate) owners: Owners,
}

impl<T> Owned<T> {
    /// A value put together from parts with these owners.
    pub(crate) fn new(value: T, owners: Owners) -> Owned<T> {
        Owned { value, owners }
    }
}

impl<T: References> Owned<T> {
    /// A part of a value that has these owners.
    pub(crate) fn part(value: T, owners: &Owners) -> Owned<T> {
        let owners = owners.narrow(&value);
        Owned { value, owners }
    }
}

/// What refers to defined types.
pub(crate) trait References {
    /// Shows every reference, in any order.
    fn each_reference(&self, visit: &mut dyn FnMut(&TypeIndex));

    /// Whether a closed type is among them. However much that leads to comes with it, so what
    /// walks it must not hold the interpreter (clause P6).
    fn holds_closed(&self) -> bool {
        let mut found = false;
        self.each_reference(&mut |reference| match reference {
            TypeIndex::Def(_) => found = true,
            TypeIndex::Module(_) | TypeIndex::Rec(_) | TypeIndex::Shared(_) => {}
        });
        found
    }
}

/// These name no type of an engine.
macro_rules! without_references {
    ($($ty:ty),*) => {
        $(impl References for $ty {
            fn each_reference(&self, _visit: &mut dyn FnMut(&TypeIndex)) {}
        })*
    };
}

without_references!(MemoryType, ModuleTypeIndex, RecIndex);

impl References for TypeIndex {
    fn each_reference(&self, visit: &mut dyn FnMut(&TypeIndex)) {
        visit(self);
    }
}

impl References for HeapType {
    fn each_reference(&self, visit: &mut dyn FnMut(&TypeIndex)) {
        match self {
            HeapType::Abstract(_) => {}
            HeapType::Concrete(index) => visit(index),
        }
    }
}

impl References for RefType {
    fn each_reference(&self, visit: &mut dyn FnMut(&TypeIndex)) {
        self.heap.each_reference(visit);
    }
}

impl References for ValType {
    fn each_reference(&self, visit: &mut dyn FnMut(&TypeIndex)) {
        match self {
            ValType::Num(_) | ValType::Vec(_) => {}
            ValType::Ref(ty) => ty.each_reference(visit),
        }
    }
}

impl References for StorageType {
    fn each_reference(&self, visit: &mut dyn FnMut(&TypeIndex)) {
        match self {
            StorageType::Val(ty) => ty.each_reference(visit),
            StorageType::Packed(_) => {}
        }
    }
}

impl References for FieldType {
    fn each_reference(&self, visit: &mut dyn FnMut(&TypeIndex)) {
        self.storage.each_reference(visit);
    }
}

impl<T: References> References for Box<[T]> {
    fn each_reference(&self, visit: &mut dyn FnMut(&TypeIndex)) {
        for item in self {
            item.each_reference(visit);
        }
    }
}

impl References for FuncType {
    fn each_reference(&self, visit: &mut dyn FnMut(&TypeIndex)) {
        self.params.each_reference(visit);
        self.results.each_reference(visit);
    }
}

impl References for StructType {
    fn each_reference(&self, visit: &mut dyn FnMut(&TypeIndex)) {
        self.fields.each_reference(visit);
    }
}

impl References for ArrayType {
    fn each_reference(&self, visit: &mut dyn FnMut(&TypeIndex)) {
        self.field.each_reference(visit);
    }
}

impl References for ContType {
    fn each_reference(&self, visit: &mut dyn FnMut(&TypeIndex)) {
        visit(&self.func);
    }
}

impl References for CompositeType {
    fn each_reference(&self, visit: &mut dyn FnMut(&TypeIndex)) {
        match self {
            CompositeType::Func(ty) => ty.each_reference(visit),
            CompositeType::Struct(ty) => ty.each_reference(visit),
            CompositeType::Array(ty) => ty.each_reference(visit),
            CompositeType::Cont(ty) => ty.each_reference(visit),
        }
    }
}

impl References for SubType {
    fn each_reference(&self, visit: &mut dyn FnMut(&TypeIndex)) {
        if let Some(supertype) = &self.supertype {
            visit(supertype);
        }
        self.composite.each_reference(visit);
    }
}

impl References for RecGroup {
    fn each_reference(&self, visit: &mut dyn FnMut(&TypeIndex)) {
        self.members.each_reference(visit);
    }
}

impl References for TableType {
    fn each_reference(&self, visit: &mut dyn FnMut(&TypeIndex)) {
        self.element.each_reference(visit);
    }
}

impl References for GlobalType {
    fn each_reference(&self, visit: &mut dyn FnMut(&TypeIndex)) {
        self.content.each_reference(visit);
    }
}

impl References for TagType {
    fn each_reference(&self, visit: &mut dyn FnMut(&TypeIndex)) {
        self.func.each_reference(visit);
    }
}

impl References for ExternType {
    fn each_reference(&self, visit: &mut dyn FnMut(&TypeIndex)) {
        match self {
            ExternType::Func(ty) => ty.each_reference(visit),
            ExternType::Table(ty) => ty.each_reference(visit),
            ExternType::Memory(ty) => ty.each_reference(visit),
            ExternType::Global(ty) => ty.each_reference(visit),
            ExternType::Tag(ty) => ty.each_reference(visit),
        }
    }
}

impl References for Matchable {
    fn each_reference(&self, visit: &mut dyn FnMut(&TypeIndex)) {
        match self {
            Matchable::Heap(ty) => ty.each_reference(visit),
            Matchable::Storage(ty) => ty.each_reference(visit),
            Matchable::Field(ty) => ty.each_reference(visit),
            Matchable::Extern(ty) => ty.each_reference(visit),
        }
    }
}
