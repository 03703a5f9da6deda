//! What is told as it is now and not as it became so: the newest message of a type replaces the
//! one before it. It is told when it has changed, once in a while at most, and to each player who
//! enters. It is never stored, and a hub that has slept asks for it again.

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

/// The newest messages, one of each type that is told like this.
#[derive(Debug, Default)]
pub(in crate::hub) struct Latest {
    kept: Vec<Kept>,
    /// Whether a player has entered since the hub has been loaded and was told nothing, because
    /// the hub knew nothing.
    pub(in crate::hub) is_missed: bool,
}

#[derive(Debug)]
struct Kept {
    message: ServerMessage,
    /// When all players were told last, and what.
    told: Option<(Millis, ServerMessage)>,
}

impl Kept {
    /// When all players are to be told, if they do not know it.
    fn due(&self) -> Option<Millis> {
        match &self.told {
            None => Some(Millis(0)),
            Some((at, told)) => (*told != self.message).then_some(*at + LATEST_INTERVAL),
        }
    }
}

impl Latest {
    /// Keeps the newest message of its type.
    fn keep(&mut self, message: ServerMessage) {
        let tag = message.message_type().tag;
        match self.kept.iter_mut().find(|one| one.message.message_type().tag == tag) {
            Some(kept) => kept.message = message,
            None => self.kept.push(Kept { message, told: None }),
        }
    }

    /// When all players are to be told something.
    pub(in crate::hub) fn due(&self) -> Option<Millis> {
        self.kept.iter().filter_map(Kept::due).min()
    }
}

impl Hub {
    /// Keeps the newest message of its type, and tells it when it is time.
    pub(in crate::hub) fn keep_latest(&mut self, message: ServerMessage, out: &mut Outbox) {
        self.desk.latest.keep(message);
        self.desk.latest.is_missed = false;
        self.tell_latest(out);
    }

    /// Tells all players what they do not know yet, if it is time.
    pub(in crate::hub) fn tell_latest(&mut self, out: &mut Outbox) {
        if self.desk.latest.due().is_none_or(|due| due > out.now) {
            return;
        }
        let mut all = std::mem::take(&mut self.desk.latest.kept);
        for one in all.iter_mut().filter(|one| one.due().is_some_and(|due| due <= out.now)) {
            one.told = Some((out.now, one.message.clone()));
            let is_told = |to: &&Connection| to.player().is_some() && to.hears() && to.reads(&one.message);
            let audience: Vec<_> = self.connections.values().filter(is_told).map(|to| to.id).collect();
            if !audience.is_empty() {
                self.send_once(audience, &one.message, out);
            }
        }
        self.desk.latest.kept = all;
    }

    /// Tells a player who has entered or resumed what is so now.
    pub(in crate::hub) fn tell_what_is_so(&mut self, id: ConnectionId, out: &mut Outbox) {
        self.desk.latest.is_missed |= self.desk.latest.kept.is_empty();
        for one in &self.desk.latest.kept {
            self.tell_unasked(id, &one.message, out);
        }
    }
}
