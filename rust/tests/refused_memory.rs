//! What a registration that is refused leaves in memory. A binary of its own, because it counts
//! what the allocator gives out.

use typereg::{Engine, Features, Limits, Module, TypeCollection};
use wasm_encoder::{TypeSection, ValType};

#[path = "support/allocator.rs"]
mod allocator;

use allocator::live;

/// So many function types, all different.
fn module(types: u32) -> Module {
    let mut section = TypeSection::new();
    for index in 0..types {
        let params = (0..20).map(|bit| match index >> bit & 1 {
            0 => ValType::I32,
            _ => ValType::I64,
        });
        section.ty().function(params, []);
    }
    let mut module = wasm_encoder::Module::new();
    module.section(&section);
    Module::new(module.finish(), &Limits::spec(), &Features::default()).expect("a valid module")
}

#[test]
fn f03_g09_a_refused_giant_leaves_no_memory_behind() {
    let giant = module(100_000);
    let quotas: [fn(&mut Limits); 3] = [
        |limits| limits.live_types = Some(100),
        |limits| limits.live_groups = Some(100),
        |limits| limits.live_bytes = Some(10_000),
    ];
    for quota in quotas {
        let mut limits = Limits::spec();
        quota(&mut limits);
        let engine = Engine::new(limits, Features::default());
        // Whatever an engine keeps for the next registration is there from the first on.
        drop(TypeCollection::new_for_module(&engine, &module(50)).expect("within the quota"));
        let before = live();
        let refused = TypeCollection::new_for_module(&engine, &giant);
        assert!(refused.is_err());
        drop(refused);
        let kept = live() - before;
        assert!(kept < 64 * 1024, "{kept} bytes are kept");
    }
}
