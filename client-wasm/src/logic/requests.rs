//! Requests that wait for their answer, by the number the answer repeats.

use shardlink_shared::time::Millis;
use std::collections::BTreeMap;

/// A request is given up after this long, in milliseconds.
pub(super) const DEADLINE: u64 = 10_000;

/// What is waited for.
#[derive(Debug, Default)]
pub(super) struct Requests {
    last: u32,
    due: BTreeMap<u32, Millis>,
}

impl Requests {
    /// A number for a new request.
    pub(super) fn begin(&mut self, now: Millis) -> u32 {
        loop {
            // 0 is left out: it reads as "none" in too many places.
            self.last = self.last.wrapping_add(1).max(1);
            if let std::collections::btree_map::Entry::Vacant(place) = self.due.entry(self.last) {
                place.insert(now + DEADLINE);
                return self.last;
            }
        }
    }

    /// When the number was begun, if it was waited for; it no longer is.
    pub(super) fn end(&mut self, request: u32) -> Option<Millis> {
        self.due.remove(&request).map(|due| due - DEADLINE)
    }

    /// Takes those whose time is up.
    pub(super) fn expired(&mut self, now: Millis) -> Vec<u32> {
        let late: Vec<u32> = self.due.iter().filter(|(_, due)| **due <= now).map(|(request, _)| *request).collect();
        self.due.retain(|_, due| *due > now);
        late
    }

    /// Takes all.
    pub(super) fn all(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.due).into_keys().collect()
    }

    /// When the next one's time is up.
    pub(super) fn due(&self) -> Option<Millis> {
        self.due.values().min().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_wrap_and_skip_those_in_use() {
        let mut requests = Requests { last: u32::MAX - 1, ..Requests::default() };
        assert_eq!(requests.begin(Millis(0)), u32::MAX);
        assert_eq!(requests.begin(Millis(0)), 1);
        requests.last = u32::MAX;
        assert_eq!(requests.begin(Millis(0)), 2);
    }

    #[test]
    fn a_request_is_given_up_after_ten_seconds() {
        let mut requests = Requests::default();
        let (first, second) = (requests.begin(Millis(0)), requests.begin(Millis(1)));
        assert_eq!(requests.due(), Some(Millis(10_000)));
        assert!(requests.expired(Millis(9_999)).is_empty());
        assert_eq!(requests.expired(Millis(10_000)), [first]);
        assert_eq!((requests.end(second), requests.end(second)), (Some(Millis(1)), None));
        assert_eq!(requests.due(), None);
    }
}
