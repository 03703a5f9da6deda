//! Numbers of reliable messages that no hub can have given. Numbers are times, so one far ahead
//! of the clock came from a client: hubs once took over what clients acknowledged. Numbers are
//! bound to SQLite as floats, so above 2^53 two numbers are the same to it, and nothing more
//! could be stored. A hub that finds such numbers in its rows puts them right.

use crate::hub::{
    sockets::connection::{Connection, ConnectionId},
    stream::log::Logged,
};
use shardlink_shared::time::Millis;
use std::collections::BTreeMap;

/// No number is farther ahead of the clock than this, in milliseconds: a number is the
/// time, or one more than the last, and no hub says a thousand things a second for a day.
const AHEAD_AT_MOST: u64 = 24 * 60 * 60 * 1000;

/// The highest number that a hub can have given by now.
#[must_use]
pub(in crate::hub) const fn highest_believable(now: Millis) -> u64 {
    now.0.saturating_add(AHEAD_AT_MOST)
}

/// What was found at load and is not believed, until the first decision has put it right in
/// the rows and the attachments.
#[derive(Debug, Default)]
pub(in crate::hub) struct Disbelieved {
    pub(in crate::hub) rows: usize,
    pub(in crate::hub) connections: Vec<ConnectionId>,
    /// Those of them whose clients know such numbers: they would take a message with a lower
    /// number for one that they have had.
    pub(in crate::hub) deaf: Vec<ConnectionId>,
}

/// Takes what is not believable out of a log and of connections. Returns the highest number
/// that is known to have been given, and what was found.
pub(in crate::hub) fn sift(
    log: &mut Vec<Logged>,
    connections: &mut BTreeMap<ConnectionId, Connection>,
    now: Millis,
) -> (u64, Disbelieved) {
    let highest = highest_believable(now);
    let before = log.len();
    log.retain(|row| row.seq <= highest);
    let known = connections.values().flat_map(|one| [one.since, one.acked.unwrap_or(0), one.forgotten]);
    let known = known.filter(|number| *number <= highest).chain(log.last().map(|row| row.seq)).max().unwrap_or(0);
    let mut found = Disbelieved { rows: before - log.len(), ..Disbelieved::default() };
    for (id, one) in connections {
        if one.since.max(one.forgotten).max(one.acked.unwrap_or(0)) <= highest {
            continue;
        }
        found.connections.push(*id);
        if one.acked.is_some_and(|acked| acked > highest) {
            found.deaf.push(*id);
        }
        let believe = |number: u64| if number > highest { known } else { number };
        (one.since, one.forgotten, one.acked) = (believe(one.since), believe(one.forgotten), one.acked.map(believe));
    }
    (known, found)
}
