//! When this process began. What was told to an object before then and not stored is lost.

use super::clock;
use shardlink_shared::time::Millis;
use std::cell::Cell;

thread_local! {
    static BEGAN: Cell<Option<Millis>> = const { Cell::new(None) };
}

/// When an object was first made in this process.
pub fn began() -> Millis {
    BEGAN.with(|began| {
        let first = began.get().unwrap_or_else(clock::now);
        began.set(Some(first));
        first
    })
}
