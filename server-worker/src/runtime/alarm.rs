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
    /// Sets the alarm to this deadline; without one it is deleted, if it was set
    /// while the object was in memory: it would wake the object for nothing.
    pub fn set(&self, state: &State, deadline: Option<Millis>) {
        if self.0.replace(deadline) == deadline {
            return;
        }
        let storage = state.storage();
        let options = JsValue::UNDEFINED.unchecked_into();
        // Called now and not in a task: what is set after an alarm's handler
        // has ended is too late for it.
        let promise = match deadline {
            Some(due) => storage.as_raw().set_alarm(js_sys::Date::new(&JsValue::from_f64(due.0 as f64)), options),
            None => storage.as_raw().delete_alarm(options),
        };
        match promise {
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
