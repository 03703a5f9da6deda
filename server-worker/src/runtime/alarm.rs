//! An object's one alarm, set to its earliest deadline.

use super::clock;
use shardlink_shared::time::Millis;
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::{State, console_error};

/// An alarm is set anew when the real clock will show its deadline this many milliseconds
/// earlier or later than when it was set: the clock was set back, or forward again.
const OFF: u64 = 1_000;

/// What the alarm is set to, so that it is set only when that changes: its deadline, and what
/// the real clock, by which the runtime goes, will show then.
#[derive(Default)]
pub struct Alarm(Cell<Option<(Millis, Millis)>>);

impl Alarm {
    /// Sets the alarm to this deadline. Without one, an alarm that was set while the object was
    /// in memory is deleted, because it would wake the object for nothing.
    pub fn set(&self, state: &State, deadline: Option<Millis>) {
        let wanted = deadline.map(|due| (due, clock::on_the_real_clock(due)));
        let is_set = match (self.0.get(), wanted) {
            (Some((due, shown)), Some((wanted, will_show))) => due == wanted && shown.0.abs_diff(will_show.0) < OFF,
            (set, wanted) => set == wanted,
        };
        if is_set {
            return;
        }
        self.0.set(wanted);
        let storage = state.storage();
        let options = JsValue::UNDEFINED.unchecked_into();
        // This is called now and not in a task: once an alarm's handler has ended, it is too
        // late to set the next alarm.
        let promise = match wanted {
            Some((_, shown)) => {
                storage.as_raw().set_alarm(js_sys::Date::new(&JsValue::from_f64(shown.0 as f64)), options)
            }
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

    /// Notes that the alarm has fired and is no longer set.
    pub fn fired(&self) {
        self.0.set(None);
    }
}
