//! The game's handlers, by the type of event that they hear.

use js_sys::Function;
use std::cell::{Cell, RefCell};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Reports an error to the page's `error` event and the console, as if nobody had caught
    /// it.
    #[wasm_bindgen(catch, js_name = reportError)]
    fn report_error(error: &JsValue) -> Result<(), JsValue>;
}

/// The game's handlers.
#[derive(Debug, Default)]
pub struct Subscriptions {
    last: Cell<u32>,
    all: RefCell<Vec<Subscription>>,
}

#[derive(Debug, Clone)]
struct Subscription {
    number: u32,
    event: String,
    handler: Function,
}

impl Subscriptions {
    /// Calls the handler with every event of this type, until [`Self::remove`] is given the
    /// number.
    pub fn add(&self, event: String, handler: Function) -> u32 {
        let number = self.last.get().wrapping_add(1);
        self.last.set(number);
        self.all.borrow_mut().push(Subscription { number, event, handler });
        number
    }

    /// Ends a subscription.
    pub fn remove(&self, number: u32) {
        self.all.borrow_mut().retain(|subscription| subscription.number != number);
    }

    /// Whether somebody hears this type of event.
    pub fn has(&self, event: &str) -> bool {
        self.all.borrow().iter().any(|subscription| subscription.event == event)
    }

    /// Calls the handlers of this type of event in the order they came. One that throws is
    /// reported, and the others are still called. The event is made only if there is a
    /// handler.
    pub fn dispatch(&self, event: &str, make: impl FnOnce() -> Option<JsValue>) {
        let listening: Vec<Subscription> =
            self.all.borrow().iter().filter(|subscription| subscription.event == event).cloned().collect();
        if listening.is_empty() {
            return;
        }
        let Some(value) = make() else {
            return;
        };
        for subscription in listening {
            // An earlier handler may have ended a later one.
            if !self.all.borrow().iter().any(|one| one.number == subscription.number) {
                continue;
            }
            if let Err(error) = subscription.handler.call1(&JsValue::UNDEFINED, &value) {
                let _ = report_error(&error);
            }
        }
    }
}
