//! Any bytes as a type section: wasmparser's verdict and, of a valid one, its notion of which types
//! are equal and which are below which, whatever the hash; digests and closed types agree (clauses
//! G1, G4, G5, G7, G10, D4).

use typereg::matching::Matchable;
use typereg::types::{HeapType, ModuleTypeIndex};
use typereg::{DefType, Engine, Limits, TypeCollection};

use super::decode::says_what_is_wrong;
use crate::support::{Oracle, Profile, Verdict, judge, module_of, report};

/// How many types are compared with each other.
const COMPARED: u32 = 40;

pub(crate) fn run(section: &[u8]) {
    let wasm = module_of(section);
    for profile in Profile::ALL {
        match judge(profile, &wasm) {
            Ok(Verdict::Valid | Verdict::Differing) => {}
            Ok(Verdict::Refused(error)) => says_what_is_wrong(&error, wasm.len()),
            Err(difference) => report(0, &[difference]),
        }
    }
    if Profile::Everything.ours(&wasm).is_err() {
        return;
    }
    let (limits, features) = (Limits::js_api(), Profile::Everything.features());
    for engine in [
        Engine::new(limits.clone(), features),
        Engine::with_weak_hash(limits, features, 1),
    ] {
        identity(&engine, &wasm);
        assert!(engine.registry().is_empty());
    }
}

fn identity(engine: &Engine, wasm: &[u8]) {
    let oracle = Oracle::new(wasm);
    let module = engine.decode(wasm.to_vec()).expect("judged valid");
    let types = TypeCollection::new_for_module(engine, &module).expect("judged valid");
    let map = types.as_module_map();
    let digests = module.type_digests().expect("small");
    let closed = |index| {
        let ty = module.def_type(ModuleTypeIndex(index));
        ty.expect("in range")
    };
    let defined = |index| Matchable::Heap(HeapType::Concrete(ModuleTypeIndex(index).into()));
    let compared = 0..oracle.types().min(COMPARED);
    for a in compared.clone() {
        for b in compared.clone() {
            let same = oracle.id(a) == oracle.id(b);
            assert_eq!(
                map[a as usize] == map[b as usize],
                same,
                "types {a} and {b}"
            );
            assert_eq!(digests[a as usize] == digests[b as usize], same);
            assert_eq!(closed(a) == closed(b), same);
            let below = types.matches(&defined(a), &defined(b)).expect("in range");
            assert_eq!(below, oracle.is_subtype(a, b), "type {a} below {b}");
        }
        // Closed, written, read back and registered, it is the type that it was.
        let (ty, handle) = (closed(a), types.registered_type(ModuleTypeIndex(a)));
        let again = DefType::from_wasm(ty.to_wasm().expect("small"), ty.position());
        assert_eq!(again.as_ref(), Ok(&ty));
        let registered = engine.register_group(&ty.group()).expect("known");
        assert_eq!(handle.as_ref(), registered.get(ty.position() as usize));
    }
}
