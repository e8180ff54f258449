//! Synthetic type sections for the benchmarks.

use wasm_encoder::{
    CompositeInnerType, CompositeType, FieldType, HeapType, Module, RefType, StorageType,
    StructType, SubType, TypeSection, ValType,
};

/// A module whose type section has these contents.
pub(crate) fn module_of(section: &[u8]) -> Vec<u8> {
    let mut module = Module::new();
    module.section(&wasm_encoder::RawSection {
        id: wasm_encoder::SectionId::Type as u8,
        data: section,
    });
    module.finish()
}

/// Named modules of nothing but types.
pub(crate) fn synthetic() -> Vec<(String, Vec<u8>)> {
    vec![
        ("100k functions".into(), functions(100_000, 100_000)),
        ("100k of 800 kinds".into(), functions(100_000, 800)),
        ("50k structs, supertypes".into(), structs(50_000)),
        ("10k groups of 8".into(), groups(10_000, 8)),
        ("a group of 20k".into(), groups(1, 20_000)),
    ]
}

const NUMBERS: [ValType; 4] = [ValType::I32, ValType::I64, ValType::F32, ValType::F64];

/// `count` function types of `kinds` different signatures: a kind is spelled in base 4.
pub(crate) fn functions(count: u32, kinds: u32) -> Vec<u8> {
    let mut types = TypeSection::new();
    for index in 0..count {
        let mut kind = index % kinds;
        let mut params = Vec::new();
        for _ in 0..10 {
            params.push(NUMBERS[(kind % 4) as usize]);
            kind /= 4;
        }
        types.ty().function(params, [ValType::I32]);
    }
    finish(&types)
}

/// Structs in chains of eight, each one field longer than its supertype and with a reference to
/// an earlier type.
fn structs(count: u32) -> Vec<u8> {
    let mut types = TypeSection::new();
    for index in 0..count {
        let (chain, depth) = (index / 8, index % 8);
        let mut fields = vec![field(NUMBERS[(chain % 4) as usize])];
        let mut kind = chain;
        for _ in 0..8 {
            fields.push(field(NUMBERS[(kind % 4) as usize]));
            kind /= 4;
        }
        for _ in 0..depth {
            fields.push(field(reference(chain * 8)));
        }
        if depth == 0 {
            fields.truncate(9);
        }
        let supertype = (depth > 0).then(|| index - 1);
        types.ty().subtype(&sub(supertype, fields));
    }
    finish(&types)
}

/// Groups whose members refer to each other in a ring.
fn groups(count: u32, size: u32) -> Vec<u8> {
    let mut types = TypeSection::new();
    for group in 0..count {
        let first = group * size;
        let member = |position: u32| {
            let next = first + (position + 1) % size;
            let mut fields = vec![field(reference(next))];
            let mut kind = group;
            for _ in 0..8 {
                fields.push(field(NUMBERS[(kind % 4) as usize]));
                kind /= 4;
            }
            sub(None, fields)
        };
        types.ty().rec((0..size).map(member));
    }
    finish(&types)
}

fn field(ty: ValType) -> FieldType {
    FieldType {
        element_type: StorageType::Val(ty),
        mutable: false,
    }
}

fn reference(index: u32) -> ValType {
    ValType::Ref(RefType {
        nullable: true,
        heap_type: HeapType::Concrete(index),
    })
}

fn sub(supertype: Option<u32>, fields: Vec<FieldType>) -> SubType {
    SubType {
        is_final: false,
        supertype_idxs: supertype.into_iter().collect(),
        composite_type: CompositeType {
            inner: CompositeInnerType::Struct(StructType {
                fields: fields.into(),
            }),
            shared: false,
            descriptor: None,
            describes: None,
        },
    }
}

fn finish(types: &TypeSection) -> Vec<u8> {
    let mut module = Module::new();
    module.section(types);
    module.finish()
}
