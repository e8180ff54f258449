//! Pairs of valid sections that have much in common.

use typereg::matching::Matchable;
use typereg::types::{HeapType, ModuleTypeIndex, ValType};
use typereg::{Engine, Features, Limits};

use crate::support::{Profile, Rng, Section, perturb, section};

/// Two sections and both in one: the second behind the first.
pub(super) struct Pair {
    pub(super) a: Section,
    pub(super) b: Section,
    pub(super) both: Section,
}

/// A section, and another in which a few attributes differ, or none.
pub(super) fn pair(rng: &mut Rng) -> Pair {
    loop {
        let a = section(rng, 5, true);
        let mut b = if rng.percent(10) {
            section(rng, 5, true)
        } else {
            a.clone()
        };
        for _ in 0..rng.below(3) {
            perturb(&mut b, rng);
        }
        // Not of one kind only: a twin is of no use where it is invalid.
        let wasm = b.module(&mut Rng::new(0));
        if a.type_count() > 0 && Profile::Everything.theirs(&wasm).is_ok() {
            let both = a.followed_by(&b);
            return Pair { a, b, both };
        }
    }
}

/// Engines whose hashes keep no bits, a few, and all.
pub(super) fn engines() -> [Engine; 3] {
    let (limits, features) = (Limits::js_api(), Profile::Everything.features());
    let weak = |limits: &Limits, features: Features, bits| {
        Engine::with_weak_hash(limits.clone(), features, bits)
    };
    [
        weak(&limits, features, 0),
        weak(&limits, features, 4),
        Engine::new(limits, features),
    ]
}

pub(super) fn defined(index: u32) -> Matchable {
    Matchable::Heap(HeapType::Concrete(ModuleTypeIndex(index).into()))
}

/// A value type over a module's type indices.
pub(super) fn storage(ty: ValType<u32>) -> Matchable {
    let Ok(ty) =
        ty.try_map(&mut |&index| Ok::<_, std::convert::Infallible>(ModuleTypeIndex(index).into()));
    Matchable::Storage(ty.into())
}
