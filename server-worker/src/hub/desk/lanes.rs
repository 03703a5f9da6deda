//! Requests that go to other objects together. Those of a lane go in their order, a batch at a
//! time: the next batch goes only when the last has been answered, so that a slow object gets
//! larger batches and not more of them.

use crate::calls::BatchNumber;
use crate::{
    hub::{
        outbox::{Effect, Outbox},
        sockets::connection::ConnectionId,
    },
    service::Result,
    systems::{Asker, Batch, Lane, Request},
};
use shardlink_shared::{
    ErrorCode,
    limits::{MAX_LANE, UNANSWERED_CHAT},
    protocol::RequestId,
    time::Millis,
};
use std::collections::{BTreeMap, VecDeque};

/// The requests of a lane.
#[derive(Debug, Default)]
struct Gathered {
    waiting: Vec<(Asker, Request)>,
    under_way: bool,
}

/// All lanes.
#[derive(Debug, Default)]
pub(in crate::hub) struct Lanes {
    lanes: BTreeMap<Lane, Gathered>,
    /// When this memory of the hub began to number its batches.
    epoch: Millis,
    batches: u64,
    /// The requests that have been passed on and have not come back: when each was passed on,
    /// from which connection, and the client's name for it, which comes back as text.
    unanswered: VecDeque<(Millis, ConnectionId, String)>,
}

impl Lanes {
    /// Adds a request to a lane.
    ///
    /// # Errors
    /// OVERLOADED if too many wait in it.
    pub fn gather(&mut self, lane: Lane, asker: Asker, wanted: Request) -> Result<()> {
        let gathered = self.lanes.entry(lane).or_default();
        if gathered.waiting.len() >= MAX_LANE {
            return Err(ErrorCode::Overloaded.into());
        }
        gathered.waiting.push((asker, wanted));
        Ok(())
    }

    /// Sends what waits in a lane, if the last batch was answered.
    pub fn pass_on(&mut self, lane: Lane, hub: u32, out: &mut Outbox) {
        let Some(gathered) = self.lanes.get_mut(&lane).filter(|gathered| !gathered.under_way) else { return };
        if gathered.waiting.is_empty() {
            self.lanes.remove(&lane);
            return;
        }
        gathered.under_way = true;
        let requests = std::mem::take(&mut gathered.waiting);
        if self.epoch == Millis(0) {
            self.epoch = out.now;
        }
        self.batches += 1;
        let asked = requests.iter().filter_map(|(asker, _)| {
            Some((out.now, ConnectionId(asker.visit.connection), asker.request.as_ref()?.to_string()))
        });
        self.unanswered.extend(asked);
        let number = BatchNumber { epoch: self.epoch, number: self.batches };
        out.push(Effect::ServeTogether(Batch { hub, lane, number }, requests));
    }

    /// The batch that was under way was answered.
    pub fn answered(&mut self, lane: Lane) {
        if let Some(gathered) = self.lanes.get_mut(&lane) {
            gathered.under_way = false;
        }
    }

    /// A request is being answered. Returns whether it was waiting for that.
    pub fn is_answered(&mut self, id: ConnectionId, request: Option<&RequestId>) -> bool {
        let Some(request) = request.map(ToString::to_string) else { return false };
        let at = self.unanswered.iter().position(|(_, asker, asked)| *asker == id && *asked == request);
        at.is_some_and(|at| self.unanswered.remove(at).is_some())
    }

    /// Gives up the requests that have not come back for too long, and names them.
    pub fn take_late(&mut self, now: Millis) -> Vec<(ConnectionId, RequestId)> {
        let is_late = |(at, ..): &(Millis, ConnectionId, String)| now.since(*at) >= UNANSWERED_CHAT;
        let late = self.unanswered.iter().take_while(|one| is_late(one)).count();
        self.unanswered
            .drain(..late)
            .filter_map(|(_, id, request)| Some((id, RequestId::from_text(&request)?)))
            .collect()
    }
}
