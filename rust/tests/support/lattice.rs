//! What lies below and above a type, as far as a generator needs to know: written down from the
//! specification's tables, not asked of the crate.

use typereg::types::{AbsHeapType, HeapType, Kind, RefType, ValType};

use super::Rng;

/// What a generator knows of a declared type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) kind: Kind,
    pub(crate) is_final: bool,
    pub(crate) supertype: Option<u32>,
    pub(crate) depth: u32,
}

/// The abstract heap types directly above the rows' first entries.
const ABOVE: [(AbsHeapType, &[AbsHeapType]); 12] = {
    use AbsHeapType::*;
    [
        (Eq, &[Any]),
        (I31, &[Eq, Any]),
        (Struct, &[Eq, Any]),
        (Array, &[Eq, Any]),
        (None, &[I31, Struct, Array, Eq, Any]),
        (NoFunc, &[Func]),
        (NoExtern, &[Extern]),
        (NoExn, &[Exn]),
        (NoCont, &[Cont]),
        (Func, &[]),
        (Extern, &[]),
        (Exn, &[]),
    ]
};

/// The abstract heap types strictly above.
pub(crate) fn above(heap: AbsHeapType) -> &'static [AbsHeapType] {
    let row = ABOVE.iter().find(|row| row.0 == heap);
    row.map_or(&[], |row| row.1)
}

/// The abstract heap types strictly below.
pub(crate) fn below(heap: AbsHeapType) -> Vec<AbsHeapType> {
    let rows = ABOVE.iter().filter(|row| row.1.contains(&heap));
    rows.map(|row| row.0).collect()
}

fn bottom(kind: Kind) -> AbsHeapType {
    match kind {
        Kind::Func => AbsHeapType::NoFunc,
        Kind::Struct | Kind::Array => AbsHeapType::None,
        Kind::Cont => AbsHeapType::NoCont,
    }
}

fn descends(types: &[Known], mut index: u32, ancestor: u32) -> bool {
    loop {
        if index == ancestor {
            return true;
        }
        match types[index as usize].supertype {
            Some(supertype) => index = supertype,
            None => return false,
        }
    }
}

/// All heap types below, itself included.
fn heaps_below(types: &[Known], heap: HeapType<u32>) -> Vec<HeapType<u32>> {
    let all = 0..types.len() as u32;
    let mut found = vec![heap];
    match heap {
        HeapType::Abstract(heap) => {
            found.extend(below(heap).into_iter().map(HeapType::Abstract));
            let fits = |index: &u32| {
                let head = types[*index as usize].kind.abstract_head();
                head == heap || above(head).contains(&heap)
            };
            found.extend(all.filter(fits).map(HeapType::Concrete));
        }
        HeapType::Concrete(target) => {
            found.push(HeapType::Abstract(bottom(types[target as usize].kind)));
            let fits = |index: &u32| descends(types, *index, target);
            found.extend(all.filter(fits).map(HeapType::Concrete));
        }
    }
    found
}

/// All heap types above, itself included.
fn heaps_above(types: &[Known], heap: HeapType<u32>) -> Vec<HeapType<u32>> {
    let all = 0..types.len() as u32;
    let mut found = vec![heap];
    match heap {
        HeapType::Abstract(heap) => {
            found.extend(above(heap).iter().copied().map(HeapType::Abstract));
            if heap.is_bottom() {
                let fits = |index: &u32| bottom(types[*index as usize].kind) == heap;
                found.extend(all.filter(fits).map(HeapType::Concrete));
            }
        }
        HeapType::Concrete(target) => {
            let head = types[target as usize].kind.abstract_head();
            found.push(HeapType::Abstract(head));
            found.extend(above(head).iter().copied().map(HeapType::Abstract));
            let fits = |index: &u32| descends(types, target, *index);
            found.extend(all.filter(fits).map(HeapType::Concrete));
        }
    }
    found
}

/// Some type that matches `ty`.
pub(crate) fn value_below(types: &[Known], ty: ValType<u32>, rng: &mut Rng) -> ValType<u32> {
    match ty {
        ValType::Num(_) | ValType::Vec(_) => ty,
        ValType::Ref(ty) => ValType::Ref(RefType {
            heap: rng.pick(&heaps_below(types, ty.heap)),
            nullable: ty.nullable && rng.flip(),
        }),
    }
}

/// Some type that `ty` matches.
pub(crate) fn value_above(types: &[Known], ty: ValType<u32>, rng: &mut Rng) -> ValType<u32> {
    match ty {
        ValType::Num(_) | ValType::Vec(_) => ty,
        ValType::Ref(ty) => ValType::Ref(RefType {
            heap: rng.pick(&heaps_above(types, ty.heap)),
            nullable: ty.nullable || rng.flip(),
        }),
    }
}
