//! What must not be lost is numbered and stored, then sent to all who are there, and told again
//! to a client that resumes. Where little is said, it is delivered at once. Where much is said,
//! it is gathered for as long as a tick: the one thread of all objects waits for every write, so
//! many messages share one write, and a receiver gets them in one frame.

use crate::hub::stream::Stream;
use crate::hub::stream::{
    disbelief::{Disbelieved, highest_believable},
    unsent::BURST,
};
use crate::hub::{
    outbox::{Effect, Outbox, Reliable},
    sockets::connection::{Connection, ConnectionId},
    state::Hub,
    stream::log::{Audience, Logged},
};
use shardlink_shared::{
    ErrorCode, Refusal,
    codec::{Encoded, Encoding, binary},
    protocol::{Envelope, RequestId, ServerMessage, error::ErrorMessage},
    time::Millis,
};
use std::{collections::BTreeMap, rc::Rc};

/// Which of the messages a connection is told, and whether each answers a request of its own: an
/// answer names the request, so it has other bytes.
type Told = Vec<(usize, bool)>;

/// Nothing that was said waits longer than this for its delivery, in milliseconds: as long as
/// the news of those who come and go.
const LONGEST_WAIT: u64 = 100;

impl Hub {
    /// When what is unsent is to be delivered by itself; not at all, if a tick comes soon enough
    /// to deliver it.
    pub(in crate::hub) fn delivery_due(&self) -> Option<Millis> {
        let interval = self.settings.delivery_interval;
        let due = self.stream.unsent.due(interval)?;
        if interval == 0 || !self.map.area.is_dirty() {
            return Some(due);
        }
        let latest = self.stream.unsent.since()? + LONGEST_WAIT;
        self.tick_due().is_none_or(|tick| tick > latest).then_some(latest)
    }

    /// Says something reliably to these, with the next delivery. `answers` is whose
    /// request it answers.
    pub(in crate::hub) fn send_reliably(
        &mut self,
        mut audience: Vec<ConnectionId>,
        answers: Option<(ConnectionId, RequestId)>,
        message: &ServerMessage,
        out: &Outbox,
    ) {
        let seq = self.stream.log.next(out.now);
        let envelope = Envelope { seq: Some(seq), ..Envelope::at(out.now) };
        let mut bytes = Vec::with_capacity(64);
        binary::append(&mut bytes, &envelope, message);
        audience.sort_unstable();
        let is_player = |id: &ConnectionId| self.connections.get(id).is_some_and(|one| one.player().is_some());
        let everybody = audience.len() == self.characters.len() && audience.iter().all(is_player);
        // A message for everybody who is in the world does not name them.
        let audience = if everybody { Audience::All } else { Audience::Of(audience) };
        self.stream.unsent.rows.push(Rc::new(Logged { seq, at: out.now, audience, answers, bytes }));
    }

    /// Tells these something with the next delivery, without storing it: whoever resumes is not
    /// told it again. Gathered like what is said reliably, it costs a receiver one frame for each
    /// delivery, however many say something.
    pub(in crate::hub) fn send_once(
        &mut self,
        mut audience: Vec<ConnectionId>,
        message: &ServerMessage,
        out: &Outbox,
    ) {
        let mut bytes = Vec::with_capacity(32);
        binary::append(&mut bytes, &Envelope::at(out.now), message);
        audience.sort_unstable();
        let audience = Audience::Of(audience);
        self.stream.unsent.once.push(Rc::new(Logged { seq: 0, at: out.now, audience, answers: None, bytes }));
    }

    /// Delivers what is unsent, if it is time: at the end of every decision.
    pub(in crate::hub) fn deliver(&mut self, out: &mut Outbox) {
        if self.delivery_due().is_some_and(|due| due <= out.now) {
            self.deliver_now(out);
        }
    }

    /// Delivers what is unsent.
    pub(in crate::hub) fn deliver_now(&mut self, out: &mut Outbox) {
        self.deliver_with_tick(out);
        self.stream.leads.finish(out);
    }

    /// Delivers what is unsent: players who speak binary are told with their next frame,
    /// or when the leads are finished.
    pub(in crate::hub) fn deliver_with_tick(&mut self, out: &mut Outbox) {
        if !self.stream.unsent.is_any() {
            return;
        }
        let mut rows = std::mem::take(&mut self.stream.unsent.rows);
        let stored = rows.len();
        rows.append(&mut self.stream.unsent.once);
        let interval = self.settings.delivery_interval;
        self.stream.unsent.spent = (self.stream.unsent.spent.max(out.now) + interval).min(out.now + BURST * interval);
        let frames = self.frames(&rows);
        let frames = self.lead_with(frames);
        rows.truncate(stored);
        if rows.is_empty() {
            return out.effects.extend(frames.into_iter().map(|(to, frame)| Effect::Send(to, frame)));
        }
        rows.iter().for_each(|row| self.stream.log.push(Rc::clone(row)));
        out.push(Effect::Deliver(Reliable { rows, frames }));
        self.prune_log(out);
    }

    /// The frames of messages: one for all who get the same in the same encoding.
    fn frames(&self, rows: &[Rc<Logged>]) -> Vec<(Vec<ConnectionId>, Encoded)> {
        let mut alike: BTreeMap<(bool, Told), Vec<ConnectionId>> = BTreeMap::new();
        let mut receive = |one: &Connection| {
            let told = rows.iter().enumerate().filter(|(_, row)| row.is_for(one));
            let told: Told = told.map(|(index, row)| (index, row.answers(one.id))).collect();
            if !told.is_empty() && one.held.is_none() {
                alike.entry((one.encoding == Encoding::Binary, told)).or_default().push(one.id);
            }
        };
        let mut named = Vec::new();
        let all_named = rows.iter().all(|row| match &row.audience {
            Audience::Of(these) => {
                named.extend_from_slice(these);
                true
            }
            Audience::All => false,
        });
        if all_named {
            named.sort_unstable();
            named.dedup();
            named.iter().filter_map(|id| self.connections.get(id)).for_each(receive);
        } else {
            self.connections.values().for_each(&mut receive);
        }
        let mut all = Vec::with_capacity(alike.len());
        for ((is_binary, told), to) in alike {
            let encoding = if is_binary { Encoding::Binary } else { Encoding::Json };
            let Some(first) = to.first().copied() else { continue };
            let mut frames = Vec::new();
            for row in told.iter().filter_map(|(index, _)| rows.get(*index)) {
                row.append_for(first, encoding, &mut frames);
            }
            all.extend(frames.into_iter().map(|frame| (to.clone(), frame)));
        }
        all
    }

    /// Keeps those of these frames as leads that can be joined with a tick's: the last one in
    /// binary for each player. Returns the rest.
    fn lead_with(&mut self, all: Vec<(Vec<ConnectionId>, Encoded)>) -> Vec<(Vec<ConnectionId>, Encoded)> {
        let Self { connections, stream: Stream { leads, .. }, .. } = self;
        let mut rest = Vec::new();
        let mut all = all.into_iter().peekable();
        while let Some((to, frame)) = all.next() {
            let is_last = all.peek().is_none_or(|(next, _)| *next != to);
            let slot = |id: &ConnectionId| Some((connections.get(id)?.player()?.slot, *id));
            match frame {
                Encoded::Binary(bytes) if is_last && to.iter().all(|id| slot(id).is_some()) => {
                    leads.give(to.iter().filter_map(slot), bytes);
                }
                frame => rest.push((to, frame)),
            }
        }
        rest
    }

    /// What could not be stored has not been said to anybody, so it has no number either. A
    /// client that asked for it is told so, by an answer that is not numbered. A refusal is
    /// itself that answer.
    pub(in crate::hub) fn unstored(&mut self, rows: &[Rc<Logged>], out: &mut Outbox) {
        if let Some(first) = rows.first() {
            self.stream.log.take_back(first.seq);
        }
        for row in rows {
            let Some((asker, request)) = row.answers.clone() else { continue };
            let Some(connection) = self.connections.get(&asker) else { continue };
            let error = match row.message() {
                Some(message @ ServerMessage::Error(_)) => message,
                _ => ServerMessage::Error(ErrorMessage::from(&Refusal::new(ErrorCode::Internal))),
            };
            out.send(asker, connection.encoding, &Envelope::answering(Some(request), out.now), &error);
        }
    }

    /// `ack`: a client has every reliable message up to this one. A number that has not been
    /// given says no more than the last one that has.
    pub(in crate::hub) fn acknowledge(&mut self, id: ConnectionId, last_seq: u64, out: &mut Outbox) {
        let last_seq = last_seq.min(self.stream.log.last());
        if let Some(connection) = self.connections.get_mut(&id) {
            if connection.acked.is_none() {
                // That it acknowledges at all must outlive a sleep; each number need not.
                out.push(Effect::Attach(id));
            }
            connection.acked = connection.acked.max(Some(last_seq));
        }
    }

    /// Forgets what is too old or too much, and remembers who had not had it.
    fn prune_log(&mut self, out: &mut Outbox) {
        let dropped = self.stream.log.prune(out.now);
        let Some(last) = dropped.last() else { return };
        out.push(Effect::Forget(last.seq));
        for (id, connection) in &mut self.connections {
            let lost = dropped.iter().rev().find(|row| row.is_for(connection)).map_or(0, |row| row.seq);
            let held = connection.held.is_some();
            // A client that never acknowledges counts as having what was written to it while it
            // was there.
            let lacks = connection.acked.map_or(held, |acked| acked < lost);
            if lacks && lost > connection.forgotten {
                connection.forgotten = lost;
                // If its socket is gone, its row keeps it.
                out.push(if held { Effect::Place(*id) } else { Effect::Attach(*id) });
            }
        }
    }
}

impl Hub {
    /// Puts right in the rows and the attachments what was found at load.
    pub(in crate::hub) fn put_right(&mut self, out: &mut Outbox) {
        let Disbelieved { rows, connections, deaf } = std::mem::take(&mut self.stream.disbelieved);
        if rows == 0 && connections.is_empty() {
            return;
        }
        out.push(Effect::Disbelieve { above: highest_believable(out.now), rows, connections: connections.len() });
        for id in connections {
            out.push(Effect::Attach(id));
            out.push(Effect::Place(id));
        }
        for id in deaf {
            if self.connections.get(&id).is_some_and(|one| one.held.is_none()) {
                // Its client comes back, and because of the number that it shows it is admitted
                // anew.
                out.push(Effect::Close(id, ErrorCode::Restarting));
                self.lose(id, out);
            }
        }
    }
}
