//! Deep and wide structures: chains of a million types on a small stack, graphs with more paths
//! than anyone can walk.

use std::fmt::Write;
use std::thread;

use typereg::matching::Matchable;
use typereg::types::{HeapType, ModuleTypeIndex};
use typereg::{Engine, Features, Limits, Module, RegisteredType, TypeCollection, equal, matches};

use super::module;
use crate::support::{module_of, within};

const CHAIN: u32 = 1_000_000;

/// A million structures, each of which refers to the one before.
fn chain() -> Module {
    let mut section = vec![0xc0, 0x84, 0x3d, 0x5f, 0];
    for previous in 0..CHAIN - 1 {
        section.extend([0x5f, 1, 0x63]);
        let mut rest = previous;
        while rest >= 0x40 {
            section.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        section.extend([rest as u8, 0]);
    }
    Module::new(module_of(&section), &Limits::js_api(), &Features::default()).expect("valid")
}

fn on_a_small_stack(f: impl FnOnce() + Send) {
    within(300, "a chain of a million types", || {
        thread::scope(|scope| {
            let builder = thread::Builder::new().stack_size(256 * 1024);
            let small = builder.spawn_scoped(scope, f).expect("a thread");
            small.join().expect("no panic");
        });
    });
}

#[test]
fn s13_bug_drop_recursion_a_chain_of_a_million_types_drops_on_a_small_stack() {
    on_a_small_stack(|| {
        let (engine, module) = (Engine::default(), chain());
        // By the collection: the last type declared takes all others along.
        let types = TypeCollection::new_for_module(&engine, &module).expect("valid");
        assert_eq!(engine.registry().len(), CHAIN as usize);
        let last = types
            .registered_type(ModuleTypeIndex(CHAIN - 1))
            .expect("in range");
        drop(types);
        assert_eq!(engine.registry().len(), CHAIN as usize);
        assert_eq!(last.registrations(), 1);
        // By the one handle that is left.
        drop(last);
        assert!(engine.registry().is_empty());
    });
}

#[test]
fn s13_handles_on_a_chain_drop_in_either_order() {
    on_a_small_stack(|| {
        let (engine, module) = (Engine::default(), chain());
        for reverse in [false, true] {
            let types = TypeCollection::new_for_module(&engine, &module).expect("valid");
            let handle = |index| {
                types
                    .registered_type(ModuleTypeIndex(index))
                    .expect("in range")
            };
            let mut handles: Vec<RegisteredType> = (0..CHAIN).map(handle).collect();
            drop(types);
            assert_eq!(engine.registry().stats().external, u64::from(CHAIN));
            if reverse {
                handles.reverse();
            }
            drop(handles);
            assert!(engine.registry().is_empty());
        }
    });
}

const LEVELS: usize = 40;

/// Two graphs of forty levels: each type refers to the one a level below ten times. Those of the
/// second are declared below those of the first.
fn graphs() -> Module {
    let mut types = String::from("(type $a0 (sub (struct))) (type $b0 (sub $a0 (struct)))");
    for level in 1..LEVELS {
        let fields = |graph: char| format!("(field (ref ${graph}{})) ", level - 1).repeat(10);
        let (a, b) = (fields('a'), fields('b'));
        write!(types, "(type $a{level} (sub (struct {a}))) ").expect("a string");
        write!(types, "(type $b{level} (sub $a{level} (struct {b})))").expect("a string");
    }
    module(&types)
}

#[test]
fn g05_bug_exponential_match_forty_levels_of_ten_references_take_no_time() {
    within(60, "a graph of forty levels", || {
        let (one, two) = (graphs(), graphs());
        let defined = |index| Matchable::Heap(HeapType::Concrete(ModuleTypeIndex(index).into()));
        let top = one.type_count() - 2;
        let (a, b) = (defined(top), defined(top + 1));
        assert_eq!(equal(&one, &a, &two, &a), Ok(true));
        assert_eq!(equal(&one, &a, &two, &b), Ok(false));
        assert_eq!(matches(&one, &b, &two, &a), Ok(true));
        assert_eq!(matches(&one, &a, &two, &b), Ok(false));

        let engine = Engine::default();
        let ones = TypeCollection::new_for_module(&engine, &one).expect("valid");
        let twos = TypeCollection::new_for_module(&engine, &two).expect("valid");
        assert_eq!(ones.as_module_map(), twos.as_module_map());
        assert_eq!(engine.registry().len(), 2 * LEVELS);
        let handle = |index| {
            ones.registered_type(ModuleTypeIndex(index))
                .expect("in range")
        };
        let (a, b) = (handle(top), handle(top + 1));
        assert_eq!(b.is_subtype_of(&a), Ok(true));
        assert_eq!(a.is_subtype_of(&b), Ok(false));
        let group = b.group();
        assert_eq!(engine.register_group(&group).expect("known")[0], b);
        assert!(b.to_string().len() < 10_000);
        drop((ones, twos, a, b));
        assert!(engine.registry().is_empty());
    });
}
