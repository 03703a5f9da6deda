//! An allocator that counts, for the tests that say what costs nothing.
#![allow(unsafe_code)] // GlobalAlloc is an unsafe trait; this one passes everything on.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

pub struct Counting;

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static BYTES: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

fn count(size: usize) {
    CALLS.set(CALLS.get() + 1);
    BYTES.set(BYTES.get() + size);
}

/// What `work` returns, how often it allocated on this thread, and how many bytes.
pub fn counted<T>(work: impl FnOnce() -> T) -> (T, usize, usize) {
    let before = (CALLS.get(), BYTES.get());
    let done = work();
    (done, CALLS.get() - before.0, BYTES.get() - before.1)
}
