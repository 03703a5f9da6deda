//! An object's one alarm, set to its earliest deadline.

use super::clock;
use crate::alarm::{Asked, Change};
use shardlink_shared::time::Millis;
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::{State, console_error};

/// The alarm that was asked for, so that it is asked for only when that changes.
#[derive(Default)]
pub struct Alarm(Cell<Option<Asked>>);

impl Alarm {
    /// Sets the alarm to this deadline. Without a deadline it deletes the alarm, if that was set
    /// while the object was in memory.
    pub fn set(&self, state: &State, deadline: Option<Millis>) {
        let change = clock::alarm(self.0.get(), deadline);
        let storage = state.storage();
        let options = JsValue::UNDEFINED.unchecked_into();
        // This is called now and not in a task: once an alarm's handler has ended, it is too
        // late to set the next alarm.
        let promise = match change {
            Change::Keep => return,
            Change::Set(asked) => {
                self.0.set(Some(asked));
                storage.as_raw().set_alarm(js_sys::Date::new(&JsValue::from_f64(asked.at.0 as f64)), options)
            }
            Change::Delete => {
                self.0.set(None);
                storage.as_raw().delete_alarm(options)
            }
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

    /// Notes that the alarm has fired and is no longer set.
    pub fn fired(&self) {
        self.0.set(None);
    }
}
