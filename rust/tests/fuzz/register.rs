//! Bytes as a program for one engine: load, build by hand, root, clone, drop. After every step the
//! numbers add up, a refused one has changed nothing, and at the end nothing is left (clauses F3,
//! S3, S6, K3, K4, K9, K11, K12).

use std::convert::Infallible;

use typereg::matching::Matchable;
use typereg::types::{
    HeapType, ModuleTypeIndex, RecGroup, RecIndex, SharedTypeIndex, SubType, TypeIndex,
};
use typereg::{DefType, Engine, Error, Limits, Module, RegisteredType, Stats, TypeCollection};

use crate::support::{
    Group, Loaded, Profile, Rng, counts_are_exact, occurrences, perturb, section,
};

pub(crate) fn run(program: &[u8]) {
    let mut rng = Rng::of_bytes(program);
    let mut host = Host::new(engine(&mut rng));
    while !rng.is_used_up() {
        host.step(&mut rng);
        host.adds_up();
    }
    counts_are_exact(&host.engine, &host.handles, &host.collections);
    let engine = host.engine.clone();
    drop(host);
    let stats = engine.registry().stats();
    let left = (stats.types, stats.groups, stats.registrations, stats.bytes);
    assert_eq!(left, (0, 0, 0, 0));
    assert!(engine.registry().indices().is_empty());
}

fn engine(rng: &mut Rng) -> Engine {
    let mut limits = Limits::js_api();
    match rng.below(8) {
        0 => limits.live_types = Some(rng.next() % 32),
        1 => limits.live_groups = Some(rng.next() % 32),
        2 => limits.live_bytes = Some(rng.next() * 32),
        3 => limits.group_size = rng.index(4),
        _ => {}
    }
    let features = Profile::Everything.features();
    match rng.below(4) {
        0 => Engine::with_weak_hash(limits, features, 0),
        1 => Engine::with_weak_hash(limits, features, 4),
        _ => Engine::new(limits, features),
    }
}

/// An engine, and all that is held in it.
struct Host {
    engine: Engine,
    modules: Vec<Module>,
    collections: Vec<Loaded>,
    handles: Vec<RegisteredType>,
    closed: Vec<DefType>,
    /// Indices seen, many of them stale.
    seen: Vec<SharedTypeIndex>,
}

impl Host {
    fn new(engine: Engine) -> Host {
        Host {
            engine,
            modules: Vec::new(),
            collections: Vec::new(),
            handles: Vec::new(),
            closed: Vec::new(),
            seen: Vec::new(),
        }
    }

    fn step(&mut self, rng: &mut Rng) {
        match rng.below(16) {
            0 | 1 => self.decode(rng),
            2 | 3 => self.load(rng),
            4 => remove(&mut self.collections, rng),
            5 => self.take(rng),
            6 | 7 => remove(&mut self.handles, rng),
            8 => {
                if let Some(handle) = pick(&self.handles, rng) {
                    let twin = handle.clone();
                    assert_eq!(&twin, handle);
                    self.keep([twin]);
                }
            }
            9 => self.root(rng),
            10 => self.build(rng),
            11 => self.register_again(rng),
            12 => self.ancestors(rng),
            13 => self.close(rng),
            14 => self.register_closed(rng),
            _ => self.relate(rng),
        }
    }

    fn keep(&mut self, handles: impl IntoIterator<Item = RegisteredType>) {
        for handle in handles {
            self.seen.push(handle.index());
            self.handles.push(handle);
        }
    }

    /// A new module, which may turn out invalid.
    fn decode(&mut self, rng: &mut Rng) {
        let mut section = section(rng, 4, true);
        for _ in 0..rng.below(3) {
            perturb(&mut section, rng);
        }
        let wasm = section.module(&mut Rng::new(0));
        if let Ok(module) = Profile::Everything.ours(&wasm) {
            self.modules.push(module);
        }
    }

    fn load(&mut self, rng: &mut Rng) {
        let Some(module) = pick(&self.modules, rng) else {
            return;
        };
        let before = self.state();
        match TypeCollection::new_for_module(&self.engine, module) {
            Ok(types) => {
                self.seen.extend(types.as_module_map());
                self.collections.push((types, module.clone()));
            }
            Err(error) => {
                assert!(matches!(error, Error::Limit { .. }), "{error}");
                assert_eq!(self.state(), before, "{error}");
            }
        }
    }

    /// A handle from a collection.
    fn take(&mut self, rng: &mut Rng) {
        let Some((types, _)) = pick(&self.collections, rng) else {
            return;
        };
        let local = ModuleTypeIndex(rng.index(16));
        let handle = types.registered_type(local);
        assert_eq!(handle.is_some(), (local.0 as usize) < types.len());
        if let Some(handle) = &handle {
            let index = handle.index();
            assert_eq!(types.shared_type(local), Some(index));
            let last = types.module_local_type(index).expect("own");
            assert!(last.is_some_and(|last| last >= local));
        }
        self.keep(handle);
    }

    fn root(&mut self, rng: &mut Rng) {
        let Some(&index) = pick(&self.seen, rng) else {
            return;
        };
        let registry = self.engine.registry();
        let is_live = registry.contains(index);
        assert_eq!(registry.borrow(index).expect("own").is_some(), is_live);
        let rooted = RegisteredType::root(&self.engine, index).expect("own");
        assert_eq!(rooted.is_some(), is_live);
        if let Some(handle) = &rooted {
            assert_eq!(handle.index(), index);
            let referrers = registry.referrers(index).expect("live");
            assert!(
                referrers
                    .iter()
                    .all(|&referrer| registry.contains(referrer))
            );
        }
        self.keep(rooted);
    }

    /// A group by hand, which refers to itself and to what is alive, or to what should not be
    /// there.
    fn build(&mut self, rng: &mut Rng) {
        let mut section = section(rng, 2, true);
        if rng.percent(30) {
            perturb(&mut section, rng);
        }
        let first: usize = section
            .groups
            .iter()
            .rev()
            .skip(1)
            .map(|group| group.members.len())
            .sum();
        let Some(group) = section.groups.pop() else {
            return;
        };
        let group = self.rewritten(&group, first as u32, rng);
        let before = self.state();
        match self.engine.register_group(&group) {
            Ok(handles) => {
                assert_eq!(handles.len(), group.members.len());
                self.keep(handles);
            }
            Err(error) => assert_eq!(self.state(), before, "{error}"),
        }
    }

    /// A group as written, with members by position and all else by indices that were seen.
    fn rewritten(&self, group: &Group, first: u32, rng: &mut Rng) -> RecGroup {
        let mut reference = |&index: &u32| {
            Ok::<TypeIndex, Infallible>(match index.checked_sub(first) {
                Some(position) => RecIndex(position).into(),
                None if rng.percent(25) && !self.closed.is_empty() => {
                    self.closed[rng.below(self.closed.len())].clone().into()
                }
                None => match pick(&self.seen, rng) {
                    Some(&seen) => seen.into(),
                    None => ModuleTypeIndex(index).into(),
                },
            })
        };
        RecGroup::new(group.members.iter().map(|member| {
            let Ok(composite) = member.composite.try_map(&mut reference);
            let Ok(supertype) = member.supertypes.first().map(&mut reference).transpose();
            SubType {
                composite,
                supertype,
                is_final: member.is_final,
            }
        }))
    }

    /// A group that is alive gives its own types.
    fn register_again(&mut self, rng: &mut Rng) {
        let Some(handle) = pick(&self.handles, rng) else {
            return;
        };
        let group = handle.group();
        let misses = self.engine.registry().stats().misses;
        match self.engine.register_group(&group) {
            Ok(again) => {
                assert_eq!(&again[handle.position() as usize], handle);
                assert_eq!(self.engine.registry().stats().misses, misses);
                self.keep(again);
            }
            Err(error) => assert!(matches!(error, Error::Limit { .. }), "{error}"),
        }
    }

    /// A type of a module on its own.
    fn close(&mut self, rng: &mut Rng) {
        if let Some(module) = pick(&self.modules, rng) {
            let ty = module.def_type(ModuleTypeIndex(rng.index(16)));
            self.closed.extend(ty);
        }
    }

    /// A closed type registered: what it leads to as well, and nothing where there is no room.
    fn register_closed(&mut self, rng: &mut Rng) {
        let Some(ty) = pick(&self.closed, rng) else {
            return;
        };
        let before = self.state();
        match self.engine.register_group(&ty.group()) {
            Ok(handles) => self.keep(handles),
            Err(error) => {
                assert!(matches!(error, Error::Limit { .. }), "{error}");
                assert_eq!(self.state(), before, "{error}");
            }
        }
    }

    fn ancestors(&mut self, rng: &mut Rng) {
        let Some(handle) = pick(&self.handles, rng) else {
            return;
        };
        let ancestors = handle.supertypes();
        for ancestor in &ancestors {
            assert_eq!(handle.is_subtype_of(ancestor), Ok(true));
            assert_eq!(ancestor.is_subtype_of(handle), Ok(false));
        }
        assert_eq!(handle.supertype().as_ref(), ancestors.first());
        self.keep(ancestors);
    }

    /// Two handles: equality, order and matching agree.
    fn relate(&mut self, rng: &mut Rng) {
        let (Some(a), Some(b)) = (pick(&self.handles, rng), pick(&self.handles, rng)) else {
            return;
        };
        let below = a.is_subtype_of(b).expect("one engine");
        let heap =
            |handle: &RegisteredType| Matchable::Heap(HeapType::Concrete(handle.index().into()));
        assert_eq!(self.engine.matches(&heap(a), &heap(b)), Ok(below));
        assert_eq!(a == b, below && b.is_subtype_of(a).expect("one engine"));
        assert_eq!(a == b, a.index() == b.index());
    }

    /// What must be as before where something was refused.
    fn state(&self) -> (Vec<SharedTypeIndex>, Stats) {
        let registry = self.engine.registry();
        let stats = Stats {
            hits: 0,
            misses: 0,
            capacity: 0,
            ..registry.stats()
        };
        (registry.indices(), stats)
    }

    /// The sums of clause K11.
    fn adds_up(&self) {
        let stats = self.engine.registry().stats();
        let occurrences = self.collections.iter().flat_map(occurrences).count();
        assert_eq!(stats.external, (self.handles.len() + occurrences) as u64);
        assert_eq!(stats.registrations, stats.external + stats.edges);
        assert!(stats.capacity >= stats.types && stats.types >= stats.groups);
    }
}

fn pick<'a, T>(list: &'a [T], rng: &mut Rng) -> Option<&'a T> {
    (!list.is_empty()).then(|| &list[rng.below(list.len())])
}

fn remove<T>(list: &mut Vec<T>, rng: &mut Rng) {
    if !list.is_empty() {
        drop(list.swap_remove(rng.below(list.len())));
    }
}
