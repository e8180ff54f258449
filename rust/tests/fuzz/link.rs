//! Bytes as two modules, of which one imports what the other exports: every verdict is that of the
//! matching rules, every mismatch says why, and what is compared with itself does not differ
//! (section L).

use typereg::matching::Matchable;
use typereg::types::{ExternKind, HeapType, Kind, ModuleTypeIndex, ValType};
use typereg::{
    ExportType, ImportType, Linker, Module, diff, equal, explain, explain_subtype, matches,
};
use wasm_encoder as we;

use crate::support::{Generator, Profile, Rng, Section, perturb, section, value};

/// How many items are passed from one module to the other.
const ITEMS: usize = 4;

pub(crate) fn run(program: &[u8]) {
    let _seen = judge(program);
}

/// How many imports there were, and how many of them did not match; `None` where the bytes make no
/// two valid modules.
pub(crate) fn judge(program: &[u8]) -> Option<(usize, usize)> {
    let mut rng = Rng::of_bytes(program);
    let provided = section(&mut rng, 4, true);
    let mut expected = provided.clone();
    for _ in 0..rng.below(3) {
        perturb(&mut expected, &mut rng);
    }
    let wasm = expected.module(&mut Rng::new(0));
    Profile::Everything.ours(&wasm).ok()?;
    let items: Vec<Item> = (0..ITEMS).map(|_| item(&provided, &mut rng)).collect();
    let wanted: Vec<Item> = items
        .iter()
        .map(|item| item.changed(&expected, &mut rng))
        .collect();
    let modules = [
        module(&provided, &items, true),
        module(&expected, &wanted, false),
    ];
    let [Ok(provider), Ok(consumer)] = modules.map(|wasm| Profile::Everything.ours(&wasm)) else {
        return None;
    };
    let seen = linked(&provider, &consumer);
    explained(&provider, &consumer);
    for module in [&provider, &consumer] {
        assert_eq!(diff(module, module).expect("small").changes, []);
    }
    let there = diff(&provider, &consumer).expect("small");
    assert_eq!(there.changes.is_empty(), there.verdict().is_none());
    assert!(!there.to_string().is_empty());
    Some(seen)
}

/// Something that is exported on one side and imported on the other.
#[derive(Clone, Debug)]
enum Item {
    /// The type index.
    Func(u32),
    Tag(u32),
    Global(ValType<u32>, bool),
    Table(ValType<u32>, u64, Option<u64>),
    Memory(u64, Option<u64>, bool),
}

fn item(types: &Section, rng: &mut Rng) -> Item {
    let bounds = |rng: &mut Rng| {
        let minimum = rng.next() % 4;
        (minimum, rng.flip().then(|| minimum + rng.next() % 4))
    };
    let members = types.members().zip(0..);
    let functions = members.filter(|(member, _)| member.composite.kind() == Kind::Func);
    let functions: Vec<u32> = functions.map(|(_, index)| index).collect();
    match rng.below(5) {
        0 if !functions.is_empty() => Item::Func(rng.pick(&functions)),
        1 if !functions.is_empty() => Item::Tag(rng.pick(&functions)),
        2 => Item::Global(Generator::after(types, rng, true).value(), rng.flip()),
        3 => {
            let (minimum, maximum) = bounds(rng);
            Item::Table(Generator::after(types, rng, true).value(), minimum, maximum)
        }
        _ => {
            let (minimum, maximum) = bounds(rng);
            Item::Memory(minimum, maximum, rng.flip())
        }
    }
}

impl Item {
    /// The same as the importing side has it, or another of its own.
    fn changed(&self, types: &Section, rng: &mut Rng) -> Item {
        if rng.percent(30) {
            return item(types, rng);
        }
        self.clone()
    }

    fn entity(&self) -> we::EntityType {
        match *self {
            Item::Func(index) => we::EntityType::Function(index),
            Item::Tag(func_type_idx) => we::EntityType::Tag(we::TagType {
                kind: we::TagKind::Exception,
                func_type_idx,
            }),
            Item::Global(ty, mutable) => we::EntityType::Global(we::GlobalType {
                val_type: value(ty),
                mutable,
                shared: false,
            }),
            Item::Table(ty, minimum, maximum) => we::EntityType::Table(we::TableType {
                element_type: match value(ty) {
                    we::ValType::Ref(ty) => ty,
                    we::ValType::I32
                    | we::ValType::I64
                    | we::ValType::F32
                    | we::ValType::F64
                    | we::ValType::V128 => we::RefType::FUNCREF,
                },
                table64: false,
                minimum,
                maximum,
                shared: false,
            }),
            Item::Memory(minimum, maximum, memory64) => we::EntityType::Memory(we::MemoryType {
                minimum,
                maximum,
                memory64,
                shared: false,
                page_size_log2: None,
            }),
        }
    }
}

/// A module that imports the items, and exports them again if it is the provider.
fn module(types: &Section, items: &[Item], is_provider: bool) -> Vec<u8> {
    let mut imports = we::ImportSection::new();
    let mut exports = we::ExportSection::new();
    let mut counts = [0_u32; 5];
    for (number, item) in items.iter().enumerate() {
        let name = format!("item {number}");
        let (kind, count) = match item {
            Item::Func(_) => (we::ExportKind::Func, &mut counts[0]),
            Item::Tag(_) => (we::ExportKind::Tag, &mut counts[1]),
            Item::Global(..) => (we::ExportKind::Global, &mut counts[2]),
            Item::Table(..) => (we::ExportKind::Table, &mut counts[3]),
            Item::Memory(..) => (we::ExportKind::Memory, &mut counts[4]),
        };
        let from = if is_provider { "elsewhere" } else { "provider" };
        imports.import(from, &name, item.entity());
        exports.export(&name, kind, *count);
        *count += 1;
    }
    let mut module = we::Module::new();
    let data = types.encode(&mut Rng::new(0));
    let id = we::SectionId::Type as u8;
    module.section(&we::RawSection { id, data: &data });
    module.section(&imports);
    if is_provider {
        module.section(&exports);
    }
    module.finish()
}

/// By the matching rules alone, whether an import can be given an export.
fn fits(provider: &Module, export: &ExportType, consumer: &Module, import: &ImportType) -> bool {
    let defined = |index: Option<ModuleTypeIndex>| {
        let index = index.expect("functions and tags name their types");
        Matchable::Heap(HeapType::Concrete(index.into()))
    };
    let kind = import.ty.kind();
    if export.ty.kind() != kind {
        return false;
    }
    let answer = match kind {
        ExternKind::Func => {
            let (found, wanted) = (defined(export.type_index), defined(import.type_index));
            matches(provider, &found, consumer, &wanted)
        }
        ExternKind::Tag => {
            let (found, wanted) = (defined(export.type_index), defined(import.type_index));
            equal(provider, &found, consumer, &wanted)
        }
        ExternKind::Table | ExternKind::Memory | ExternKind::Global => {
            let (found, wanted) = (export.ty.clone(), import.ty.clone());
            let (found, wanted) = (Matchable::Extern(found), Matchable::Extern(wanted));
            matches(provider, &found, consumer, &wanted)
        }
    };
    answer.expect("in range")
}

fn linked(provider: &Module, consumer: &Module) -> (usize, usize) {
    let mut linker = Linker::new();
    let party = linker.module("provider.wasm", provider.clone());
    linker.name("provider", party);
    let party = linker.module("consumer.wasm", consumer.clone());
    let report = linker.link(party).expect("small");
    let misfits: Vec<String> = provider
        .exports()
        .zip(consumer.imports())
        .map(|(export, import)| (export.expect("small"), import.expect("small")))
        .filter(|(export, import)| !fits(provider, export, consumer, import))
        .map(|(_, import)| import.name)
        .collect();
    let reported = report
        .mismatches
        .iter()
        .map(|mismatch| mismatch.import.name.clone());
    assert_eq!(reported.collect::<Vec<_>>(), misfits, "{report}");
    assert_eq!(report.is_ok(), misfits.is_empty());
    assert_eq!(report.assumed.len(), report.imports, "all are passed on");
    for mismatch in &report.mismatches {
        assert!(!mismatch.to_string().is_empty());
    }
    (report.imports, misfits.len())
}

fn explained(one: &Module, two: &Module) {
    let types = |module: &Module| (0..module.type_count().min(8)).map(ModuleTypeIndex);
    let defined = |index: ModuleTypeIndex| Matchable::Heap(HeapType::Concrete(index.into()));
    for a in types(one) {
        for b in types(two) {
            let (side_a, side_b) = (defined(a), defined(b));
            let why = explain(one, a, two, b).expect("in range");
            assert_eq!(Ok(why.equal), equal(one, &side_a, two, &side_b));
            assert_eq!(Ok(why.subtype), matches(one, &side_a, two, &side_b));
            assert_eq!(Ok(why.supertype), matches(two, &side_b, one, &side_a));
            assert_eq!(why.difference.is_none(), why.equal);
            let below = explain_subtype(one, a, two, b).expect("in range");
            assert_eq!(below.difference.is_none(), why.subtype);
            for answer in [why, below] {
                assert!(!answer.text("one", "two").is_empty() || answer.difference.is_none());
            }
        }
    }
}
