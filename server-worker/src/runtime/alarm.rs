//! An object's one alarm, set to its earliest deadline.

use shardlink_shared::time::Millis;
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::{State, console_error};

/// Remembers what the alarm is set to, so that it is set only when that changes.
#[derive(Default)]
pub struct Alarm(Cell<Option<Millis>>);

impl Alarm {
    /// Sets the alarm to this deadline. Without a deadline a set alarm is left
    /// to fire once for nothing, which is cheaper than deleting it.
    pub fn set(&self, state: &State, deadline: Option<Millis>) {
        let Some(due) = deadline.filter(|due| self.0.get() != Some(*due)) else {
            return;
        };
        self.0.set(Some(due));
        let date = js_sys::Date::new(&JsValue::from_f64(due.0 as f64));
        // Called now and not in a task: what is set after an alarm's handler
        // has ended is too late for it.
        match state.storage().as_raw().set_alarm(date, JsValue::UNDEFINED.unchecked_into()) {
            Ok(promise) => state.wait_until(async move {
                if let Err(error) = JsFuture::from(promise).await {
                    console_error!("alarm: {error:?}");
                }
            }),
            Err(error) => console_error!("alarm: {error:?}"),
        }
    }

    /// The alarm fires: it is no longer set.
    pub fn fired(&self) {
        self.0.set(None);
    }
}
