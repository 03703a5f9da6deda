//! The one place that reads the clock.

use shardlink_shared::time::Millis;

/// The time. On Cloudflare it stands still between I/O.
pub fn now() -> Millis {
    #[allow(clippy::disallowed_methods)] // This is the one place.
    Millis(js_sys::Date::now() as u64)
}
