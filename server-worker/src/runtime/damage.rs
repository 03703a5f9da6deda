//! What this isolate remembers of damaged storage, and its lines in the log.

use super::{clock, db};
use crate::damage::{self, Class, Fault, Known};
use shardlink_shared::Refusal;
use std::cell::RefCell;
use worker::{State, console_error};

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

/// Reads or changes what is remembered.
pub fn known<T>(look: impl FnOnce(&mut Known) -> T) -> T {
    KNOWN.with_borrow_mut(look)
}

/// Logs a fault that an object's shell met in its storage, and returns what it means and the
/// refusal for the caller.
pub fn report(state: &State, class: Class, fault: &db::Fault) -> (Fault, Refusal) {
    let meaning = Fault::of(&fault.0);
    match meaning {
        Fault::Damaged => {
            let id = state.id();
            say_damaged(class, &id.to_string(), &id.name().unwrap_or_default(), &fault.0);
        }
        Fault::DiskFull => say_full(&fault.0),
        _ => console_error!("{}: {fault}", class.name()),
    }
    (meaning, meaning.refusal(class))
}

/// Logs that an object is damaged, once a minute.
pub fn say_damaged(class: Class, id: &str, name: &str, text: &str) {
    if known(|known| known.may_say(id, clock::now())) {
        console_error!("{}", damage::line(class, id, name, text));
    }
}

/// Logs that the disk is full, once a minute.
pub fn say_full(text: &str) {
    if known(|known| known.may_say("full disk", clock::now())) {
        console_error!("{}", damage::full_disk_line(text));
    }
}
