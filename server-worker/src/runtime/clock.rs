//! The one place that reads the clock. The time made of it is one for the whole process,
//! because its objects compare each other's times.

use crate::alarm::{self, Asked, Change};
use crate::monotonic::{Jump, Monotonic, Reading, believes};
use shardlink_shared::time::Millis;
use std::cell::Cell;
use worker::console_error;

thread_local! {
    static TIME: Cell<Monotonic> = const { Cell::new(Monotonic::UNREAD) };
    static JUMPS: Cell<u64> = const { Cell::new(0) };
}

/// The time, which never goes back. On Cloudflare it stands still between I/O.
pub fn now() -> Millis {
    read(Monotonic::read)
}

/// The last time that was read: that of the decision that is being made.
pub fn said() -> Millis {
    TIME.get().said()
}

/// How often the real clock has jumped since the process began.
pub fn jumps() -> u64 {
    JUMPS.get()
}

/// What becomes of an object's alarm, when this is its earliest deadline.
pub fn alarm(asked: Option<Asked>, deadline: Option<Millis>) -> Change {
    alarm::change(asked, deadline, &TIME.get())
}

/// Raises the time to this one, which an object has used and stored.
pub fn never_before(stored: Millis) {
    if believes(real(), stored) {
        read(|time, real| time.never_before(real, stored));
    } else {
        console_error!("clock: a stored time is more than ten years ahead, and not believed: {}", stored.0);
    }
}

fn read(read: impl FnOnce(&mut Monotonic, Millis) -> Reading) -> Millis {
    let mut time = TIME.get();
    let Reading { now, jump } = read(&mut time, real());
    TIME.set(time);
    if let Some(jump) = jump {
        JUMPS.set(JUMPS.get() + 1);
        if let Jump::Back(by) = jump {
            let (by, ahead) = (by as f64 / 1000.0, time.ahead() as f64 / 1000.0);
            console_error!("clock: set back by {by} s; time goes on from what was said last, {ahead} s ahead of it");
        }
    }
    now
}

fn real() -> Millis {
    #[allow(clippy::disallowed_methods)] // This is the one place.
    Millis(js_sys::Date::now() as u64)
}
