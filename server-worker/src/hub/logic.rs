//! What happens to a hub, and which room decides about it: the table of contents of its rooms.

use super::{
    outbox::{Effect, Event, Outbox},
    post::PRESENCE_INTERVAL,
    sockets::{connection::Stage, heartbeats::PING},
    state::Hub,
};
use super::{report::REPORT_AGAIN, sockets::connection::Connection};
use crate::hub::{admission::tickets::Word, sockets::connection::ConnectionId};
use shardlink_shared::{ErrorCode, codec::Frame, time::Millis};

impl Hub {
    /// Decides about an event.
    pub fn handle(&mut self, event: Event<'_>, out: &mut Outbox) {
        self.decide(event, out);
        self.keep_pace(out);
        self.tell_latest(out);
        self.deliver(out);
        self.share_heartbeats(out);
    }

    fn decide(&mut self, event: Event<'_>, out: &mut Outbox) {
        if self.admission.tickets.is_any() {
            // What is remembered of tickets has to be forgotten in time, even if nobody comes in.
            self.post.presence_at.get_or_insert(out.now + PRESENCE_INTERVAL);
        }
        if !self.admission.crashed.is_empty() {
            let crashed = std::mem::take(&mut self.admission.crashed);
            crashed.into_iter().for_each(|id| out.push(Effect::Place(id)));
        }
        self.put_right(out);
        match event {
            Event::Opened { id, encoding, address, shown } => self.opened(id, encoding, address, shown, out),
            Event::Frame(id, Frame::Text(PING)) => self.heartbeat(id, out),
            Event::Frame(id, frame) => {
                self.load.heartbeats.active(out.now);
                self.frame(id, frame, out);
            }
            Event::Closed(id) => self.remove(id, out),
            Event::Lost(id) => self.lose(id, out),
            Event::Backlog(id, bytes) => self.backlog(id, bytes, out),
            Event::Answered { id, request, awaited, answer } => {
                let waiting = self.stop_waiting(id, awaited, out);
                self.answered(id, request, answer, &waiting, out);
                self.release_held(id, waiting.held, out);
            }
            Event::SessionEnded(session, code) => {
                self.admission.tickets.hear(session, Word::Ended(code), out);
                for id in self.of_session(session) {
                    self.close(id, code, out);
                }
            }
            Event::SessionRenewed(old, new) => self.renewed(old, new, out),
            Event::Selected(session, character) => {
                self.admission.tickets.hear(session, Word::Selected(character), out);
                for id in self.of_session(session) {
                    self.select(id, None, character, out);
                }
            }
            Event::Silenced(session, until) => self.silence(session, until, out),
            Event::Displaced(character, connection) => {
                if self.holds(character, connection) {
                    self.close(ConnectionId(connection), ErrorCode::SignedInElsewhere, out);
                }
            }
            Event::Served(asker, turn, result) => self.served(&asker, turn, result, out),
            Event::ServedTogether(lane, askers, results) => self.served_together(lane, askers, results, out),
            Event::Delivered(deliveries) => self.deliver_all(deliveries, out),
            Event::Carried(number, answer) => self.carried(number, &answer, out),
            Event::Unreported => {
                // What World has answered may be lost, too.
                self.characters.values().for_each(|id| self.desk.latest.came(*id));
                self.post.report_at.get_or_insert(out.now + REPORT_AGAIN);
            }
            Event::Unstored(rows) => self.unstored(&rows, out),
            Event::Stopping => self.stop(out),
            Event::Alarm => self.alarm(out),
            Event::Tick => self.tick(out),
        }
    }

    /// When the hub next wants to be woken.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Millis> {
        let connections = self.admission.pending.iter().filter_map(|id| self.connections.get(id));
        let pending = connections.filter_map(|one| match one.stage {
            // While a question is open its own timeout runs.
            Stage::Pending { until, .. } if one.waiting.is_none() => Some(until),
            _ => None,
        });
        let held = self.admission.held.first().map(|(until, _)| *until);
        let letters = self.post.letters.next_deadline();
        pending
            .chain(self.post.report_at)
            .chain(self.post.presence_at)
            .chain(held)
            .chain(self.map.places_due)
            .chain(letters)
            .min()
    }

    fn alarm(&mut self, out: &mut Outbox) {
        let now = out.now;
        self.give_up_places(out);
        self.store_places(out);
        self.carry(out);
        self.give_up_unanswered(out);
        let late = |one: &&Connection| {
            one.waiting.is_none() && matches!(one.stage, Stage::Pending { until, .. } if until <= now)
        };
        let pending = self.admission.pending.iter().filter_map(|id| self.connections.get(id));
        let late: Vec<_> = pending.filter(late).map(|one| one.id).collect();
        for id in late {
            self.close(id, ErrorCode::Unauthenticated, out);
        }
        self.report(out);
    }
}
