//! All that can be observed of a registry.

use typereg::types::{FieldType, NumType, SharedTypeIndex, StorageType, StructType, ValType};
use typereg::{Engine, RegisteredType};

/// The live types with their counts, the sums, and which slots come next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    /// Slot, generation, type, count.
    counts: Vec<(u32, u64, String, usize)>,
    /// Types, groups, registrations, edges, external, bytes.
    sums: [u64; 6],
    next: Vec<u32>,
}

/// How many slots ahead are looked at: more than any scene leaves free.
const AHEAD: usize = 16;

/// Takes the picture. The next slots are seen by registering, so it is for one engine only, and
/// after all that is to be measured on it.
pub(crate) fn picture(engine: &Engine) -> Picture {
    Picture {
        counts: counts(engine),
        sums: sums(engine),
        next: next(engine),
    }
}

fn counts(engine: &Engine) -> Vec<(u32, u64, String, usize)> {
    let indices = engine.registry().indices();
    let count = |index: SharedTypeIndex| {
        let handle = RegisteredType::root(engine, index).unwrap().unwrap();
        let ty = handle.to_string();
        let count = handle.registrations() - 1;
        (index.bits(), index.generation(), ty, count)
    };
    indices.into_iter().map(count).collect()
}

pub(crate) fn sums(engine: &Engine) -> [u64; 6] {
    let stats = engine.registry().stats();
    [
        stats.types,
        stats.groups,
        stats.registrations,
        stats.edges,
        stats.external,
        stats.bytes,
    ]
}

fn next(engine: &Engine) -> Vec<u32> {
    let field = |mutable| FieldType {
        storage: StorageType::Val(ValType::Num(NumType::F64)),
        mutable,
    };
    let probe = |number: usize| {
        let fields = (0..8).map(|bit| field(number >> bit & 1 == 1));
        RegisteredType::new(engine, StructType::new(fields)).unwrap()
    };
    let mut handles: Vec<_> = (0..AHEAD).map(probe).collect();
    let slots = handles.iter().map(|h| h.index().bits()).collect();
    while let Some(handle) = handles.pop() {
        drop(handle);
    }
    slots
}
