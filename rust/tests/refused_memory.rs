//! What a registration that is refused leaves in memory. A binary of its own, because it counts
//! what the allocator gives out.

// A global allocator is the only way to see that.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicIsize, Ordering};

use typereg::{Engine, Features, Limits, Module, TypeCollection};
use wasm_encoder::{TypeSection, ValType};

/// Bytes given out and not yet taken back.
static LIVE: AtomicIsize = AtomicIsize::new(0);

struct Counting;

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: the caller's obligations are passed on with the arguments.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: the caller's obligations are passed on with the arguments.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

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
        let before = LIVE.load(Ordering::Relaxed);
        let refused = TypeCollection::new_for_module(&engine, &giant);
        assert!(refused.is_err());
        drop(refused);
        let kept = LIVE.load(Ordering::Relaxed) - before;
        assert!(kept < 64 * 1024, "{kept} bytes are kept");
    }
}
