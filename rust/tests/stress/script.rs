//! What a thread does: every operation of the registry, on a handful of types that all share.

use typereg::matching::Matchable;
use typereg::types::{
    ArrayType, FieldType, HeapType, ModuleTypeIndex, NumType, RecGroup, RecIndex, RefType,
    SharedTypeIndex, StructType, SubType, TypeIndex, ValType,
};
use typereg::{Engine, Error, Features, Limits, Module, RegisteredType, TypeCollection};

use crate::support::{Loaded, Mutex, Rng};

const MODULES: [&str; 3] = [
    "(module (type (sub (struct))) (type (sub 0 (struct (field i32)))) (type (array (ref 0))))",
    "(module (rec (type $a (struct (field (ref null $b)))) (type $b (array (ref null $a))))
        (type (func (param (ref $a)) (result (ref $b)))))",
    "(module (type (struct)) (rec) (type (struct)) (type (array (ref 0))))",
];

/// How many different types the script can make.
///
/// Three and three and two of the modules; the group of two is that of the second module, and the
/// open structures that of the first and its subtype.
pub(super) const DISTINCT_TYPES: u64 = 8;

/// What all threads share.
pub(super) struct Shared {
    engine: Engine,
    modules: Vec<Module>,
    /// Handles on their way from one thread to another.
    passed: Mutex<Vec<RegisteredType>>,
    /// Indices seen by somebody; most are stale by the time that they are looked at.
    seen: Mutex<Vec<SharedTypeIndex>>,
}

/// What one thread holds.
#[derive(Default)]
pub(super) struct Held {
    pub(super) handles: Vec<RegisteredType>,
    pub(super) collections: Vec<Loaded>,
}

/// A listener that registers, roots and drops at each event that it hears.
pub(super) fn reenter(engine: Engine) -> impl Fn(&str) + 'static {
    move |line| {
        assert!(line.starts_with('#'), "{line}");
        if let Ok(handle) = RegisteredType::new(&engine, open_struct()) {
            let rooted = RegisteredType::root(&engine, handle.index());
            assert_eq!(rooted, Ok(Some(handle)));
        }
    }
}

fn field(ty: impl Into<ValType>) -> FieldType {
    FieldType {
        storage: ty.into().into(),
        mutable: false,
    }
}

fn reference(index: impl Into<TypeIndex>, nullable: bool) -> ValType {
    let heap = HeapType::Concrete(index.into());
    ValType::Ref(RefType { heap, nullable })
}

/// The first module's first type.
fn open_struct() -> SubType {
    SubType {
        is_final: false,
        ..StructType::new([]).into()
    }
}

/// The first module's second type.
fn sub_struct(supertype: SharedTypeIndex) -> SubType {
    SubType {
        supertype: Some(supertype.into()),
        is_final: false,
        ..StructType::new([field(NumType::I32)]).into()
    }
}

/// The second module's group of two.
fn cycle() -> RecGroup {
    let array = ArrayType {
        field: field(reference(RecIndex(0), true)),
    };
    RecGroup::new([
        StructType::new([field(reference(RecIndex(1), true))]).into(),
        array.into(),
    ])
}

/// A success, or nothing where the engine has no room (the quota of one of the tests).
fn with_room<T>(result: typereg::Result<T>) -> Option<T> {
    match result {
        Ok(made) => Some(made),
        Err(Error::Limit {
            limit: "live_types",
            ..
        }) => None,
        Err(error) => panic!("{error}"),
    }
}

impl Shared {
    pub(super) fn new(engine: Engine) -> Shared {
        let decode = |wat| Module::from_wat(wat, &Limits::js_api(), &Features::default());
        Shared {
            engine,
            modules: MODULES.map(|wat| decode(wat).expect("valid")).into(),
            passed: Mutex::default(),
            seen: Mutex::default(),
        }
    }

    /// Takes what is between two threads.
    pub(super) fn passed(&self) -> Vec<RegisteredType> {
        std::mem::take(&mut self.passed.lock().expect("no panic"))
    }

    pub(super) fn step(&self, rng: &mut Rng, held: &mut Held) {
        match rng.below(16) {
            0..3 => self.register(rng, held),
            3 => self.load(rng, held),
            4 | 5 => self.root(rng, held),
            6 => {
                if let Some(handle) = pick(&held.handles, rng) {
                    let copy = handle.clone();
                    assert_eq!(&copy, handle);
                    held.handles.push(copy);
                }
            }
            7 => self.read(rng, held),
            8 => self.iterate(),
            9 => self.pass(rng, held),
            10 => self.ask_collection(rng, held),
            11 if !held.collections.is_empty() => {
                drop(
                    held.collections
                        .swap_remove(rng.below(held.collections.len())),
                );
            }
            // Down to nothing now and then, so that counts come to zero.
            12 | 13 => held.handles.clear(),
            14 => held.collections.clear(),
            _ => {
                let keep = rng.below(held.handles.len() + 1);
                held.handles.truncate(keep);
            }
        }
    }

    fn register(&self, rng: &mut Rng, held: &mut Held) {
        match rng.below(4) {
            0 => {
                let handle = RegisteredType::new(&self.engine, StructType::new([]));
                held.handles.extend(with_room(handle));
            }
            1 => {
                let handles = with_room(self.engine.register_group(&cycle()));
                held.handles.extend(handles.into_iter().flatten());
            }
            _ => {
                let Some(parent) = with_room(RegisteredType::new(&self.engine, open_struct()))
                else {
                    return;
                };
                let child = RegisteredType::new(&self.engine, sub_struct(parent.index()));
                if let Some(child) = with_room(child) {
                    assert_eq!(child.is_subtype_of(&parent), Ok(true));
                    assert_eq!(parent.is_subtype_of(&child), Ok(false));
                    assert_eq!(child.supertype(), Some(parent));
                    held.handles.push(child);
                }
            }
        }
    }

    fn load(&self, rng: &mut Rng, held: &mut Held) {
        let module = pick(&self.modules, rng).expect("not empty");
        let types = TypeCollection::new_for_module(&self.engine, module);
        let types = with_room(types).map(|types| (types, module.clone()));
        held.collections.extend(types);
    }

    /// By an index that somebody saw: the type that it named, or nothing.
    fn root(&self, rng: &mut Rng, held: &mut Held) {
        let index = {
            let seen = self.seen.lock().expect("no panic");
            pick(&seen, rng).copied()
        };
        let Some(index) = index else {
            return;
        };
        let borrowed = self.engine.registry().borrow(index).expect("own");
        let Some(handle) = RegisteredType::root(&self.engine, index).expect("own") else {
            assert!(!self.engine.registry().contains(index), "gone for good");
            return;
        };
        assert_eq!(handle.index(), index);
        assert!(self.engine.registry().contains(index));
        assert_eq!(borrowed.as_ref(), Some(&*handle), "live before as well");
        held.handles.push(handle);
    }

    fn read(&self, rng: &mut Rng, held: &Held) {
        let (Some(a), Some(b)) = (pick(&held.handles, rng), pick(&held.handles, rng)) else {
            return;
        };
        assert!(a.registrations() > 0);
        assert_eq!(a.sub_type(), **a);
        assert!(a.group().members.len() > a.position() as usize);
        let heap =
            |handle: &RegisteredType| Matchable::Heap(HeapType::Concrete(handle.index().into()));
        let below = a.is_subtype_of(b);
        assert_eq!(self.engine.matches(&heap(a), &heap(b)), below);
        assert_eq!(a == b, a.index() == b.index());
        let referrers = self.engine.registry().referrers(a.index());
        referrers.expect("a handle keeps it alive");
        let mut seen = self.seen.lock().expect("no panic");
        if seen.len() < 64 {
            seen.push(a.index());
        } else {
            let at = rng.below(seen.len());
            seen[at] = a.index();
        }
    }

    fn iterate(&self) {
        let registry = self.engine.registry();
        let live = registry.indices();
        assert!(live.len() as u64 <= DISTINCT_TYPES);
        for index in live {
            let borrowed = registry.borrow(index).expect("own");
            let rooted = RegisteredType::root(&self.engine, index).expect("own");
            if let Some(handle) = rooted {
                assert_eq!(borrowed.as_ref(), Some(&*handle));
            }
        }
        let stats = registry.stats();
        assert!(stats.types >= stats.groups && stats.types <= DISTINCT_TYPES);
    }

    /// Leaves a handle for another thread to drop, or takes one.
    fn pass(&self, rng: &mut Rng, held: &mut Held) {
        let mut passed = self.passed.lock().expect("no panic");
        if passed.len() < 8 && !held.handles.is_empty() {
            passed.push(held.handles.swap_remove(rng.below(held.handles.len())));
            return;
        }
        let taken = passed.pop();
        drop(passed);
        held.handles.extend(taken);
    }

    fn ask_collection(&self, rng: &mut Rng, held: &mut Held) {
        let Some((types, _)) = pick(&held.collections, rng) else {
            return;
        };
        let map = types.as_module_map();
        let local = ModuleTypeIndex(rng.index(map.len() as u32));
        let index = map[local.0 as usize];
        assert_eq!(types.shared_type(local), Some(index));
        assert!(types.module_local_type(index).expect("own") >= Some(local));
        let handle = types.registered_type(local).expect("in range");
        assert_eq!(handle.index(), index);
        assert!(self.engine.registry().contains(index));
        held.handles.push(handle);
    }
}

fn pick<'a, T>(list: &'a [T], rng: &mut Rng) -> Option<&'a T> {
    (!list.is_empty()).then(|| &list[rng.below(list.len())])
}
