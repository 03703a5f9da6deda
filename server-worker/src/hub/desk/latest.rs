//! What is told as it is now and not as it became so: the newest message of a type replaces the
//! one before it. All players are told when it has changed, once in [`LATEST_INTERVAL`] at most,
//! and each newcomer as soon as the hub has heard what is so since it came. It is never stored,
//! and a hub that has slept hears it again with its next report.

use crate::hub::{
    outbox::Outbox,
    sockets::connection::{Connection, ConnectionId},
    state::Hub,
};
use shardlink_shared::{
    limits::LATEST_INTERVAL,
    protocol::{MessageSet, ServerMessage},
    time::Millis,
};
use std::collections::BTreeSet;

/// The newest messages, one of each type that is told like this.
#[derive(Debug, Default)]
pub(in crate::hub) struct Latest {
    kept: Vec<Kept>,
    /// Players who have entered or resumed since the hub was last told what is so.
    newcomers: BTreeSet<ConnectionId>,
    /// Whether the hub has just been told what is so.
    is_fresh: bool,
}

#[derive(Debug)]
struct Kept {
    message: ServerMessage,
    /// Whether all players were told it. Newcomers may have been told what came in between, so
    /// what is as it was before is told again.
    all_know: bool,
    /// When all players were told last.
    told: Option<Millis>,
}

impl Kept {
    /// When all players are to be told, if they do not know it.
    fn due(&self) -> Option<Millis> {
        if self.all_know { None } else { Some(self.told.map_or(Millis(0), |at| at + LATEST_INTERVAL)) }
    }
}

impl Latest {
    /// Keeps the newest message of its type.
    pub(in crate::hub) fn keep(&mut self, message: ServerMessage) {
        self.is_fresh = true;
        let tag = message.message_type().tag;
        match self.kept.iter_mut().find(|one| one.message.message_type().tag == tag) {
            Some(kept) if kept.message == message => {}
            Some(kept) => (kept.message, kept.all_know) = (message, false),
            None => self.kept.push(Kept { message, all_know: false, told: None }),
        }
    }

    /// Somebody has entered or resumed.
    pub(in crate::hub) fn came(&mut self, id: ConnectionId) {
        self.newcomers.insert(id);
    }

    /// Somebody has left.
    pub(in crate::hub) fn left(&mut self, id: ConnectionId) {
        self.newcomers.remove(&id);
    }

    /// Whether somebody waits to be told.
    pub(in crate::hub) fn is_missed(&self) -> bool {
        !self.newcomers.is_empty()
    }
}

impl Hub {
    /// When all players are to be told what is so, if they do not know it.
    pub(in crate::hub) fn latest_due(&self) -> Option<Millis> {
        if self.characters.is_empty() {
            return None;
        }
        self.desk.latest.kept.iter().filter_map(Kept::due).min()
    }

    /// Tells players what they do not know yet: newcomers at once, all when it is time.
    pub(in crate::hub) fn tell_latest(&mut self, out: &Outbox) {
        let now = out.now;
        if !self.desk.latest.is_fresh && self.latest_due().is_none_or(|due| due > now) {
            return;
        }
        let is_fresh = std::mem::take(&mut self.desk.latest.is_fresh);
        let newcomers = if is_fresh { std::mem::take(&mut self.desk.latest.newcomers) } else { BTreeSet::new() };
        let mut kept = std::mem::take(&mut self.desk.latest.kept);
        for one in &mut kept {
            let all_are_told = !self.characters.is_empty() && one.due().is_some_and(|due| due <= now);
            if all_are_told {
                (one.told, one.all_know) = (Some(now), true);
            }
            let is_told = |to: &&Connection| {
                (all_are_told || newcomers.contains(&to.id))
                    && to.player().is_some()
                    && to.hears()
                    && to.reads(&one.message)
            };
            let audience: Vec<_> = self.connections.values().filter(is_told).map(|to| to.id).collect();
            if !audience.is_empty() {
                self.send_once(audience, &one.message, out);
            }
        }
        self.desk.latest.kept = kept;
    }
}
