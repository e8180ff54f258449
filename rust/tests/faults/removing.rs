//! What is dropped while there is no memory.

use typereg::faults::{Fault, inject};
use typereg::types::ModuleTypeIndex;
use typereg::{Engine, RegisteredType, TypeCollection};

use crate::picture::sums;
use crate::scene::engine;

/// Types that lead to many others, each of which dies with the last.
fn tree(engine: &Engine) -> RegisteredType {
    let mut text = String::from("(module");
    for level in 0..40 {
        text += &format!(
            "(type $leaf{level} (func (param {})))",
            "i32 ".repeat(level)
        );
        let below = match level {
            0 => String::new(),
            _ => format!(
                "(field (ref $node{})) (field (ref $leaf{}))",
                level - 1,
                level - 1
            ),
        };
        text += &format!("(type $node{level} (struct {below} (field (ref $leaf{level}))))");
    }
    let module = engine.decode_wat(&(text + ")")).unwrap();
    let types = TypeCollection::new_for_module(engine, &module).unwrap();
    types.registered_type(ModuleTypeIndex(79)).unwrap()
}

/// A drop cannot fail: without memory for the drop stack it takes another way to the same end.
#[test]
fn s13_f03_removal_without_memory_for_its_stack() {
    let mut n = 0;
    for fault in [Fault::Refusal, Fault::Drought] {
        for at in 0.. {
            let engine = engine();
            let root = tree(&engine);
            assert_eq!(sums(&engine)[0], 80);
            let copy = tree(&engine);
            drop(root);
            assert_eq!(sums(&engine)[0], 80);
            let ((), happened) = inject(fault, at, || drop(copy));
            assert_eq!(sums(&engine), [0; 6], "{fault:?} {at}");
            // Nothing is left that a later removal would stumble over.
            drop(tree(&engine));
            assert_eq!(sums(&engine), [0; 6], "{fault:?} {at}");
            if !happened {
                break;
            }
            n += 1;
        }
    }
    assert!(n > 0, "the stack never grew");
}
