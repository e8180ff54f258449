//! Engines, types and checks that the scenes share.

use typereg::types::{
    ArrayType, FieldType, HeapType, NumType, RefType, SharedTypeIndex, StructType, SubType, ValType,
};
use typereg::{Engine, Features, Limits, RegisteredType};

/// An engine that does the same in every run: its hash has no random bits left.
pub(crate) fn engine() -> Engine {
    Engine::with_weak_hash(Limits::default(), Features::default(), 0)
}

pub(crate) fn register(engine: &Engine, ty: SubType) -> RegisteredType {
    RegisteredType::new(engine, ty).expect("a valid type")
}

/// `(sub (struct))`
pub(crate) fn base() -> SubType {
    SubType {
        is_final: false,
        ..SubType::plain(StructType::new([]))
    }
}

/// `(array i32)`
pub(crate) fn other() -> SubType {
    let storage = ValType::from(NumType::I32).into();
    SubType::plain(ArrayType {
        field: FieldType {
            storage,
            mutable: false,
        },
    })
}

/// `(struct (field (ref null $index)))`
pub(crate) fn holder(index: SharedTypeIndex) -> SubType {
    let reference = RefType {
        heap: HeapType::Concrete(index.into()),
        nullable: true,
    };
    let field = FieldType {
        storage: ValType::Ref(reference).into(),
        mutable: false,
    };
    SubType::plain(StructType::new([field]))
}

/// `(sub final $index (struct))`
pub(crate) fn below(index: SharedTypeIndex) -> SubType {
    SubType {
        supertype: Some(index.into()),
        ..SubType::plain(StructType::new([]))
    }
}

/// A handle's type is what its index says.
pub(crate) fn assert_live(engine: &Engine, handle: &RegisteredType, ty: &SubType) {
    let found = engine.registry().borrow(handle.index()).unwrap();
    assert_eq!(found.as_ref(), Some(ty), "a handle's type is registered");
}

/// Nothing is left, at most so many slots were ever used, and the registry goes on as a new one
/// would: the slots are free again, each once.
pub(crate) fn assert_empty(engine: &Engine, capacity: u64) {
    let registry = engine.registry();
    assert!(registry.is_empty(), "live types are left");
    let stats = registry.stats();
    let left = [stats.groups, stats.registrations, stats.edges, stats.bytes];
    assert_eq!(left, [0; 4], "groups, registrations, edges, bytes");
    assert!(stats.capacity <= capacity, "more slots than ever lived");
    assert!(registry.indices().is_empty());

    let again = [register(engine, base()), register(engine, other())];
    assert_live(engine, &again[0], &base());
    assert_live(engine, &again[1], &other());
    let slots = again.each_ref().map(|handle| handle.index().bits());
    assert_ne!(slots[0], slots[1], "one slot for two types");
    let capacity = u64::max(stats.capacity, 2);
    assert!(slots.iter().all(|&slot| u64::from(slot) < capacity));
    drop(again);
    assert!(registry.is_empty());
}
