//! The browser's clock, randomness and timers: the only file of the client
//! that reads any of them.

use js_sys::Function;
use shardlink_shared::{entropy::Entropy, time::Millis};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_namespace = performance, js_name = timeOrigin)]
    static TIME_ORIGIN: f64;
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn since_origin() -> f64;
    #[wasm_bindgen(catch, js_namespace = crypto, js_name = getRandomValues)]
    fn get_random_values(bytes: &mut [u8]) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, milliseconds: f64) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

/// The time. It never steps back, unlike the system's clock.
#[must_use]
pub fn now() -> Millis {
    Millis((TIME_ORIGIN.with(|origin| *origin) + since_origin()) as u64)
}

/// The browser's CSPRNG.
#[derive(Debug)]
pub struct Browser;

impl Entropy for Browser {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(65_536) {
            // It fails for more than 65,536 bytes only.
            let _ = get_random_values(chunk);
        }
    }
}

/// Does something when what runs now is over.
pub fn later(what: impl FnOnce() + 'static) {
    set_timeout(Closure::once_into_js(what).unchecked_ref(), 0.0);
}

/// One timer that calls the same function whenever it is due.
pub struct Timer {
    callback: Closure<dyn Fn()>,
    armed: Option<(Millis, JsValue)>,
}

impl Timer {
    /// A timer that is not armed.
    #[must_use]
    pub fn new(callback: impl Fn() + 'static) -> Self {
        Self { callback: Closure::new(callback), armed: None }
    }

    /// Calls at this moment, or earlier if it was armed for an earlier one: an early call costs
    /// less than arming a timer at every frame.
    pub fn arm(&mut self, due: Option<Millis>) {
        let Some(due) = due else {
            return self.disarm();
        };
        if self.armed.as_ref().is_some_and(|(armed, _)| *armed <= due) {
            return;
        }
        self.disarm();
        let timer = set_timeout(self.callback.as_ref().unchecked_ref(), due.since(now()) as f64);
        self.armed = Some((due, timer));
    }

    /// Must be called once the timer has called: it is not armed any more then.
    pub fn fired(&mut self) {
        self.armed = None;
    }

    fn disarm(&mut self) {
        if let Some((_, timer)) = self.armed.take() {
            clear_timeout(&timer);
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.disarm();
    }
}
