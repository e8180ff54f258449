//! Whole modules with or without a fault: the sections beside the type section, as far as clause
//! G11 has them checked.

use typereg::types::{AbsHeapType, CompositeType, HeapType, Kind, NumType, RefType, ValType};
use wasm_encoder as we;

use super::{Generator, Profile, Rng, Section, section};

/// One thing in a module that may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    TypeIndex,
    FunctionKind,
    TagKind,
    TagResults,
    Limits,
    Pages,
    SharedWithoutMaximum,
    PageSize,
    TableWithoutValue,
    ExportIndex,
    ExportTwice,
    Bodies,
    Order,
    Repeated,
}

pub(crate) const FAULTS: [Fault; 14] = [
    Fault::TypeIndex,
    Fault::FunctionKind,
    Fault::TagKind,
    Fault::TagResults,
    Fault::Limits,
    Fault::Pages,
    Fault::SharedWithoutMaximum,
    Fault::PageSize,
    Fault::TableWithoutValue,
    Fault::ExportIndex,
    Fault::ExportTwice,
    Fault::Bodies,
    Fault::Order,
    Fault::Repeated,
];

/// The sections of a module as bytes, in order.
pub(crate) struct Pieces(pub(crate) Vec<(we::SectionId, Vec<u8>)>);

impl Pieces {
    fn push(&mut self, section: &impl we::Encode, id: we::SectionId) {
        let mut bytes = Vec::new();
        section.encode(&mut bytes);
        // The encoder puts the length first; it is written anew.
        let length = bytes
            .iter()
            .position(|byte| byte & 0x80 == 0)
            .expect("LEB128")
            + 1;
        self.0.push((id, bytes.split_off(length)));
    }

    pub(crate) fn finish(&self) -> Vec<u8> {
        let mut module = we::Module::new();
        for (id, data) in &self.0 {
            let id = *id as u8;
            module.section(&we::RawSection { id, data });
        }
        module.finish()
    }
}

/// Writes one module around a type section.
pub(crate) struct Author<'r> {
    rng: &'r mut Rng,
    types: Section,
    profile: Profile,
    /// The fault that is still to be made.
    pub(crate) fault: Option<Fault>,
    functions: u32,
    tables: u32,
    memories: u32,
    globals: u32,
    tags: u32,
}

impl Author<'_> {
    /// Whether to make this fault here; one is made at most.
    fn commits(&mut self, fault: Fault) -> bool {
        let commits = self.fault == Some(fault);
        if commits {
            self.fault = None;
        }
        commits
    }

    fn types_of(&self, fits: impl Fn(&CompositeType<u32>) -> bool) -> Vec<u32> {
        let types = self.types.members().zip(0..);
        let fitting = types.filter(|(member, _)| fits(&member.composite));
        fitting.map(|(_, index)| index).collect()
    }

    fn function_type(&mut self) -> Option<u32> {
        if self.commits(Fault::TypeIndex) {
            return Some(self.types.type_count() + self.rng.index(3));
        }
        let wrong = self.types_of(|ty| ty.kind() != Kind::Func);
        if !wrong.is_empty() && self.commits(Fault::FunctionKind) {
            return Some(self.rng.pick(&wrong));
        }
        let fitting = self.types_of(|ty| ty.kind() == Kind::Func);
        (!fitting.is_empty()).then(|| self.rng.pick(&fitting))
    }

    fn tag_type(&mut self) -> Option<we::TagType> {
        let wrong = self.types_of(|ty| ty.kind() != Kind::Func);
        let without = |ty: &CompositeType<u32>| match ty {
            CompositeType::Func(ty) => ty.results.is_empty(),
            CompositeType::Struct(_) | CompositeType::Array(_) | CompositeType::Cont(_) => false,
        };
        let with = self.types_of(|ty| ty.kind() == Kind::Func && !without(ty));
        let index = if !wrong.is_empty() && self.commits(Fault::TagKind) {
            self.rng.pick(&wrong)
        } else if !with.is_empty() && self.commits(Fault::TagResults) {
            self.rng.pick(&with)
        } else {
            let fitting = self.types_of(without);
            if fitting.is_empty() {
                return None;
            }
            self.rng.pick(&fitting)
        };
        Some(we::TagType {
            kind: we::TagKind::Exception,
            func_type_idx: index,
        })
    }

    fn value(&mut self) -> ValType<u32> {
        if self.commits(Fault::TypeIndex) {
            return ValType::Ref(RefType {
                heap: HeapType::Concrete(self.types.type_count() + self.rng.index(3)),
                nullable: true,
            });
        }
        let continuations = self.profile == Profile::Everything;
        Generator::after(&self.types, self.rng, continuations).value()
    }

    fn reference(&mut self) -> RefType<u32> {
        match self.value() {
            ValType::Ref(ty) => ty,
            ValType::Num(_) | ValType::Vec(_) => RefType {
                heap: AbsHeapType::Func.into(),
                nullable: true,
            },
        }
    }

    fn limits(&mut self, most: u64) -> (u64, Option<u64>) {
        let minimum = self.rng.next() % (most.saturating_add(1)).max(1);
        let room = (most - minimum).saturating_add(1);
        let maximum = minimum + if room == 0 { 0 } else { self.rng.next() % room };
        if maximum > 0 && self.commits(Fault::Limits) {
            return (maximum, Some(maximum - 1));
        }
        (minimum, self.rng.flip().then_some(maximum))
    }

    fn table_type(&mut self) -> we::TableType {
        let table64 = self.rng.percent(30);
        let most = if table64 { u64::MAX } else { u32::MAX.into() };
        let (minimum, maximum) = self.limits(most);
        we::TableType {
            element_type: reference(self.reference()),
            table64,
            minimum,
            maximum,
            shared: false,
        }
    }

    fn memory_type(&mut self) -> we::MemoryType {
        let memory64 = self.rng.percent(30);
        let chooses = match self.profile {
            Profile::Wasm3 => self.commits(Fault::PageSize),
            Profile::Everything => self.rng.percent(30),
        };
        let page_size_log2 = chooses.then(|| {
            if self.commits(Fault::PageSize) {
                return 1 + self.rng.index(20);
            }
            self.rng.pick(&[0, 16])
        });
        let bits = if memory64 { 64 } else { 32 } - page_size_log2.unwrap_or(16);
        let mut most = if bits == 64 { u64::MAX } else { 1 << bits };
        if bits < 64 && self.commits(Fault::Pages) {
            most += 1 + u64::from(self.rng.index(2));
            return we::MemoryType {
                minimum: if self.rng.flip() { most } else { 0 },
                maximum: Some(most),
                memory64,
                shared: false,
                page_size_log2,
            };
        }
        let (minimum, maximum) = self.limits(most);
        let shared = self.rng.percent(30);
        let without = shared && self.commits(Fault::SharedWithoutMaximum);
        let maximum = match maximum {
            None if shared => Some(most),
            maximum => maximum,
        };
        we::MemoryType {
            minimum,
            maximum: if without { None } else { maximum },
            memory64,
            shared,
            page_size_log2,
        }
    }

    fn imports(&mut self) -> we::ImportSection {
        let mut imports = we::ImportSection::new();
        for _ in 0..self.rng.below(5) {
            let ty = match self.rng.below(5) {
                0 => match self.function_type() {
                    Some(index) => {
                        self.functions += 1;
                        we::EntityType::Function(index)
                    }
                    None => continue,
                },
                1 => {
                    self.tables += 1;
                    self.table_type().into()
                }
                2 => {
                    self.memories += 1;
                    self.memory_type().into()
                }
                3 => {
                    self.globals += 1;
                    let val_type = value(self.value());
                    let mutable = self.rng.flip();
                    let shared = false;
                    we::GlobalType {
                        val_type,
                        mutable,
                        shared,
                    }
                    .into()
                }
                _ => match self.tag_type() {
                    Some(ty) => {
                        self.tags += 1;
                        ty.into()
                    }
                    None => continue,
                },
            };
            let names = ["", "m", "é"];
            imports.import(self.rng.pick(&names), self.rng.pick(&names), ty);
        }
        imports
    }

    fn tables(&mut self) -> we::TableSection {
        let mut tables = we::TableSection::new();
        for _ in 0..self.rng.below(3) {
            let mut ty = self.table_type();
            ty.element_type.nullable = !self.commits(Fault::TableWithoutValue);
            tables.table(ty);
            self.tables += 1;
        }
        tables
    }

    /// Globals whose initializers are right: those are not ours to judge.
    fn globals(&mut self) -> we::GlobalSection {
        let mut globals = we::GlobalSection::new();
        for _ in 0..self.rng.below(3) {
            let ty = self.value();
            let (ty, init) = match ty {
                ValType::Ref(ty) => {
                    let ty = RefType {
                        nullable: true,
                        ..ty
                    };
                    let init = we::ConstExpr::ref_null(heap(ty.heap));
                    (ValType::Ref(ty), init)
                }
                ValType::Num(_) | ValType::Vec(_) => {
                    (NumType::I32.into(), we::ConstExpr::i32_const(1))
                }
            };
            let global = we::GlobalType {
                val_type: value(ty),
                mutable: self.rng.flip(),
                shared: false,
            };
            globals.global(global, &init);
            self.globals += 1;
        }
        globals
    }

    fn exports(&mut self) -> we::ExportSection {
        let mut exports = we::ExportSection::new();
        let spaces = [
            (we::ExportKind::Func, self.functions),
            (we::ExportKind::Table, self.tables),
            (we::ExportKind::Memory, self.memories),
            (we::ExportKind::Global, self.globals),
            (we::ExportKind::Tag, self.tags),
        ];
        for number in 0..self.rng.below(4) {
            let (kind, count) = self.rng.pick(&spaces);
            if self.commits(Fault::ExportIndex) {
                exports.export("past the end", kind, count);
            }
            if count > 0 {
                let index = self.rng.index(count);
                let name = format!("{number}");
                exports.export(&name, kind, index);
                if self.commits(Fault::ExportTwice) {
                    exports.export(&name, kind, index);
                }
            }
        }
        exports
    }

    pub(crate) fn write(&mut self) -> Pieces {
        let mut pieces = Pieces(Vec::new());
        pieces
            .0
            .push((we::SectionId::Type, self.types.encode(self.rng)));
        pieces.push(&self.imports(), we::SectionId::Import);
        let mut functions = we::FunctionSection::new();
        let mut code = we::CodeSection::new();
        for _ in 0..self.rng.below(3) {
            if let Some(index) = self.function_type() {
                self.functions += 1;
                functions.function(index);
                if !self.commits(Fault::Bodies) {
                    let mut body = we::Function::new([]);
                    body.instructions().unreachable().end();
                    code.function(&body);
                }
            }
        }
        pieces.push(&functions, we::SectionId::Function);
        pieces.push(&self.tables(), we::SectionId::Table);
        let mut memories = we::MemorySection::new();
        for _ in 0..self.rng.below(3) {
            memories.memory(self.memory_type());
            self.memories += 1;
        }
        pieces.push(&memories, we::SectionId::Memory);
        let mut tags = we::TagSection::new();
        for _ in 0..self.rng.below(3) {
            if let Some(ty) = self.tag_type() {
                tags.tag(ty);
                self.tags += 1;
            }
        }
        pieces.push(&tags, we::SectionId::Tag);
        pieces.push(&self.globals(), we::SectionId::Global);
        pieces.push(&self.exports(), we::SectionId::Export);
        pieces.push(&code, we::SectionId::Code);
        let last = pieces.0.len() - 1;
        if self.commits(Fault::Order) {
            let at = self.rng.below(last);
            pieces.0.swap(at, at + 1);
        }
        if self.commits(Fault::Repeated) {
            let at = self.rng.below(last);
            let again = (pieces.0[at].0, vec![0]);
            pieces.0.insert(at + 1, again);
        }
        pieces
    }
}

fn heap(heap: HeapType<u32>) -> we::HeapType {
    use we::AbstractHeapType as W;
    let ty = match heap {
        HeapType::Concrete(index) => return we::HeapType::Concrete(index),
        HeapType::Abstract(heap) => match heap {
            AbsHeapType::Any => W::Any,
            AbsHeapType::Eq => W::Eq,
            AbsHeapType::I31 => W::I31,
            AbsHeapType::Struct => W::Struct,
            AbsHeapType::Array => W::Array,
            AbsHeapType::None => W::None,
            AbsHeapType::Func => W::Func,
            AbsHeapType::NoFunc => W::NoFunc,
            AbsHeapType::Extern => W::Extern,
            AbsHeapType::NoExtern => W::NoExtern,
            AbsHeapType::Exn => W::Exn,
            AbsHeapType::NoExn => W::NoExn,
            AbsHeapType::Cont => W::Cont,
            AbsHeapType::NoCont => W::NoCont,
        },
    };
    we::HeapType::Abstract { shared: false, ty }
}

fn reference(ty: RefType<u32>) -> we::RefType {
    we::RefType {
        nullable: ty.nullable,
        heap_type: heap(ty.heap),
    }
}

/// A value type as the encoder has it.
pub(crate) fn value(ty: ValType<u32>) -> we::ValType {
    match ty {
        ValType::Num(NumType::I32) => we::ValType::I32,
        ValType::Num(NumType::I64) => we::ValType::I64,
        ValType::Num(NumType::F32) => we::ValType::F32,
        ValType::Num(NumType::F64) => we::ValType::F64,
        ValType::Vec(_) => we::ValType::V128,
        ValType::Ref(ty) => we::ValType::Ref(reference(ty)),
    }
}

/// The author of a module, which will have this fault where there is a place for it.
pub(crate) fn author<'r>(rng: &'r mut Rng, profile: Profile, fault: Option<Fault>) -> Author<'r> {
    Author {
        types: section(rng, 6, profile == Profile::Everything),
        rng,
        profile,
        fault,
        functions: 0,
        tables: 0,
        memories: 0,
        globals: 0,
        tags: 0,
    }
}
