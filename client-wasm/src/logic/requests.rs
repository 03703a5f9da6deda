//! Requests that wait for their answer, by the number the answer repeats.
//!
//! While a lost connection is brought back, time does not count. New requests wait to be
//! sent. Requests that were sent before drift: the server may have handled them, and their
//! answers may come when the connection is resumed. They are never sent again, because that
//! might say everything twice.

use super::small_map::SmallMap;
use shardlink_shared::time::Millis;
use std::collections::VecDeque;

/// A request is given up after this long, in milliseconds.
pub(super) const DEADLINE: u64 = 10_000;

/// The most requests that wait to be sent: what a player may say in a dozen seconds.
const QUEUE: usize = 64;

/// What is waited for.
#[derive(Debug, Default)]
pub(super) struct Requests {
    last: u32,
    waiting: SmallMap<u32, Waiting>,
    /// What is to be sent, in order.
    queue: VecDeque<(u32, Vec<u8>)>,
}

#[derive(Debug)]
struct Waiting {
    /// Since when time counts; `None` while it does not.
    since: Option<Millis>,
    /// Sent on a connection that was lost.
    adrift: bool,
    /// Whether its answer may still come once a connection was lost.
    lasting: bool,
}

impl Requests {
    /// A number for a new request. Its time counts from `since`, or from when it is sent. A
    /// request that is not `lasting` fails when its connection is lost.
    pub(super) fn begin(&mut self, since: Option<Millis>, lasting: bool) -> u32 {
        loop {
            // 0 is left out: it reads as "none" in too many places.
            self.last = self.last.wrapping_add(1).max(1);
            if self.waiting.get(&self.last).is_none() {
                self.waiting.insert(self.last, Waiting { since, adrift: false, lasting });
                return self.last;
            }
        }
    }

    /// Ends the wait for this number. If a request was waited for, gives when it was begun,
    /// with `None` inside if that says nothing about the way to the server and back.
    pub(super) fn end(&mut self, request: u32) -> Option<Option<Millis>> {
        self.waiting.remove(&request).map(|waiting| waiting.since.filter(|_| !waiting.adrift))
    }

    /// Takes the requests whose time is up.
    pub(super) fn expired(&mut self, now: Millis) -> Vec<u32> {
        self.take(|waiting| waiting.since.is_some_and(|since| since + DEADLINE <= now))
    }

    /// Takes all requests.
    pub(super) fn all(&mut self) -> Vec<u32> {
        self.queue.clear();
        self.take(|_| true)
    }

    /// Takes the requests that drift.
    pub(super) fn adrift(&mut self) -> Vec<u32> {
        self.take(|waiting| waiting.adrift)
    }

    /// The connection was lost: requests that were sent drift from now on. Takes those whose
    /// answers are lost with the connection.
    pub(super) fn cut(&mut self) -> Vec<u32> {
        for waiting in self.waiting.values_mut().filter(|waiting| waiting.since.is_some()) {
            (waiting.since, waiting.adrift) = (None, true);
        }
        self.take(|waiting| waiting.adrift && !waiting.lasting)
    }

    /// The connection is back: time counts for what drifts.
    pub(super) fn resume(&mut self, now: Millis) {
        for waiting in self.waiting.values_mut().filter(|waiting| waiting.adrift) {
            waiting.since = Some(now);
        }
    }

    /// Whether a request drifts.
    pub(super) fn is_adrift(&self, request: u32) -> bool {
        self.waiting.get(&request).is_some_and(|waiting| waiting.adrift)
    }

    /// Whether anything is waited for.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether nothing waits to be sent.
    pub(super) fn is_sent(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether nothing more can wait to be sent.
    pub(super) fn is_full(&self) -> bool {
        self.queue.len() >= QUEUE
    }

    /// Keeps a request to be sent later.
    pub(super) fn keep(&mut self, request: u32, bytes: Vec<u8>) {
        self.queue.push_back((request, bytes));
    }

    /// The next that is to be sent, which counts as sent.
    pub(super) fn next_kept(&mut self, now: Millis) -> Option<(u32, Vec<u8>)> {
        let (request, bytes) = self.queue.pop_front()?;
        if let Some(waiting) = self.waiting.get_mut(&request) {
            waiting.since = Some(now);
        }
        Some((request, bytes))
    }

    /// When the next one's time is up.
    pub(super) fn due(&self) -> Option<Millis> {
        self.waiting.iter().filter_map(|(_, waiting)| waiting.since).min().map(|since| since + DEADLINE)
    }

    fn take(&mut self, which: impl Fn(&Waiting) -> bool) -> Vec<u32> {
        let taken = self.waiting.iter().filter(|(_, waiting)| which(waiting)).map(|(request, _)| *request).collect();
        self.waiting.retain(|_, waiting| !which(waiting));
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(requests: &mut Requests, now: u64) -> u32 {
        requests.begin(Some(Millis(now)), true)
    }

    #[test]
    fn numbers_rise_wrap_and_skip_those_in_use() {
        let mut requests = Requests { last: u32::MAX - 1, ..Requests::default() };
        assert_eq!(begin(&mut requests, 0), u32::MAX);
        assert_eq!(begin(&mut requests, 0), 1);
        requests.last = u32::MAX;
        assert_eq!(begin(&mut requests, 0), 2);
    }

    #[test]
    fn a_request_is_given_up_after_ten_seconds() {
        let mut requests = Requests::default();
        let (first, second) = (begin(&mut requests, 0), begin(&mut requests, 1));
        assert_eq!(requests.due(), Some(Millis(10_000)));
        assert!(requests.expired(Millis(9_999)).is_empty());
        assert_eq!(requests.expired(Millis(10_000)), [first]);
        assert_eq!((requests.end(second), requests.end(second)), (Some(Some(Millis(1))), None));
        assert_eq!(requests.due(), None);
    }

    #[test]
    fn what_was_sent_drifts_over_a_cut_and_its_time_begins_again_and_measures_nothing() {
        let mut requests = Requests::default();
        let sent = begin(&mut requests, 0);
        let ping = requests.begin(Some(Millis(0)), false);
        let kept = requests.begin(None, true);
        requests.keep(kept, vec![7]);
        assert_eq!(requests.cut(), [ping]);
        assert_eq!((requests.due(), requests.is_adrift(sent), requests.is_adrift(kept)), (None, true, false));
        assert!(requests.expired(Millis(99_999)).is_empty());
        requests.resume(Millis(70_000));
        assert_eq!(requests.next_kept(Millis(71_000)), Some((kept, vec![7])));
        assert_eq!(requests.due(), Some(Millis(80_000)));
        assert_eq!(requests.end(sent), Some(None));
        assert_eq!(requests.due(), Some(Millis(81_000)));
        // What was sent on the next connection drifts when that is lost.
        assert!(requests.cut().is_empty());
        assert_eq!(requests.adrift(), [kept]);
        assert!(requests.is_empty() && requests.is_sent());
    }
}
