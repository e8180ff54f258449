//! The system's allocator, counting: the only way to see what the crate keeps. For binaries of
//! their own, the benchmark among them: whoever takes this file takes the allocator.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// For each thread, so that no atomic operation stands beside each allocation: in a benchmark
    /// it would take longer than the allocation, waiting for all that was stored before.
    static LIVE: Cell<isize> = const { Cell::new(0) };
}

/// Bytes given out on this thread, without those that were taken back on it.
pub(crate) fn live() -> isize {
    LIVE.get()
}

fn count(bytes: usize, before: usize) {
    LIVE.set(LIVE.get() + bytes as isize - before as isize);
}

struct Counting;

// SAFETY: every call is passed on to the system's allocator unchanged. The counter is made without
// allocating, and has no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: the caller's obligations are passed on with the arguments.
        unsafe { System.alloc(layout) }
    }

    // This and growing have shorter ways in the system's allocator than what they stand for.
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size());
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(0, layout.size());
        // SAFETY: the caller's obligations are passed on with the arguments.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;
