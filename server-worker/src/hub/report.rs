//! What a hub tells other objects by itself, and when: how many are here, which sessions are in
//! use, and letters to Characters.

use super::{
    admission::tickets::Word,
    outbox::{Effect, Outbox},
    post::PRESENCE_INTERVAL,
    rows::Letter,
    sockets::connection::Connection,
    state::Hub,
};
use shardlink_shared::{Refusal, crypto::token::SessionId, limits::POPULATION_DELAY, time::Millis};

/// How often a hub says that its sessions are in use, in milliseconds: three times
/// before a session ends for want of use. Each time wakes an account.
pub const SESSION_USE_INTERVAL: u64 = 20 * 60_000;

/// A hub whose report did not reach World reports again after this long, in milliseconds.
pub(super) const REPORT_AGAIN: u64 = 1_000;

impl Hub {
    /// Writes a letter, and sends it once it is stored.
    pub(in crate::hub) fn post(&mut self, says: Letter, out: &mut Outbox) {
        let (number, letter) = self.post.letters.post(out.now, says);
        out.push(Effect::Post(number, letter));
        self.carry(out);
    }

    /// Sends the letters that are due.
    pub(in crate::hub) fn carry(&mut self, out: &mut Outbox) {
        for (number, letter) in self.post.letters.take_due(out.now) {
            out.push(Effect::Carry(number, letter.says));
        }
    }

    /// A letter was answered, or did not arrive.
    pub(in crate::hub) fn carried(&mut self, number: u64, answer: &Result<(), Refusal>, out: &mut Outbox) {
        if self.post.letters.answered(number, out.now, answer) {
            out.push(Effect::Done(number));
        }
    }

    /// A session may not speak until this time, or may speak again.
    pub(in crate::hub) fn silence(&mut self, session: SessionId, until: Option<Millis>, out: &mut Outbox) {
        self.admission.tickets.hear(session, Word::Silenced(until), out);
        for id in self.of_session(session) {
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.silenced = until;
                out.push(Effect::Attach(id));
                out.push(Effect::Place(id));
            }
        }
    }

    pub(in crate::hub) fn population_changed(&mut self, now: Millis) {
        self.post.report_at.get_or_insert(now + POPULATION_DELAY);
    }

    /// Tells what is due: World, that the hub lives and how many are here; accounts, that their
    /// sessions are in use.
    pub(in crate::hub) fn report(&mut self, out: &mut Outbox) {
        let now = out.now;
        if self.post.presence_at.is_some_and(|due| due <= now) {
            self.admission.tickets.prune(out);
            let in_use: Vec<_> = self.connections.values().filter_map(Connection::identity).collect();
            let goes_on = !in_use.is_empty() || self.admission.tickets.is_any();
            self.post.presence_at = goes_on.then_some(now + PRESENCE_INTERVAL);
            if !in_use.is_empty() {
                // World forgets hubs that it does not hear from.
                self.population_changed(now);
                // Rounds are counted by the clock, because a hub that sleeps in between forgets
                // when it last told of use.
                let round = |at: Millis| at.0 / SESSION_USE_INTERVAL;
                if round(now) != round(now - PRESENCE_INTERVAL) {
                    out.push(Effect::InUse(in_use));
                }
            }
        }
        if self.post.report_at.is_some_and(|due| due <= now) {
            self.post.report_at = None;
            self.report_now(out);
        }
    }

    /// Tells World who is here, and is told what players here do not know.
    pub(in crate::hub) fn report_now(&self, out: &mut Outbox) {
        out.push(Effect::Report {
            population: self.population(),
            is_awake: self.is_awake(),
            misses: self.desk.latest.is_missed(),
        });
    }
}
