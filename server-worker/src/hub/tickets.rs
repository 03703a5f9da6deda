//! Tickets: each serves once. One that an account has vouched for lets its player in
//! without that account being asked again: from when the ticket was given out the hub is
//! told what becomes of the session. After such a word the account is asked.

use super::{
    connection::{Identity, Waiting},
    logic::Hub,
    outbox::{Effect, Outbox, Question},
};
use shardlink_shared::{
    ErrorCode,
    crypto::token::{SessionId, Ticket},
    ids::CharacterId,
    limits::TICKET_LIFE,
    time::Millis,
};
use std::collections::BTreeMap;

/// How long it is remembered that there was word of a session, in milliseconds: every
/// ticket that was given out before has ended by then, whoever's clock it was by.
const WORD_LIFE: u64 = 2 * TICKET_LIFE;

/// What tells a ticket from others.
pub type Nonce = [u8; 8];

/// The tickets that have served and could be shown again, and what was said of sessions.
#[derive(Debug, Default)]
pub(super) struct Tickets {
    used: BTreeMap<Nonce, Millis>,
    words: BTreeMap<SessionId, Word>,
    /// How many words there have been.
    count: u64,
}

/// What was said of a session lately.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Word {
    at: Millis,
    number: u64,
    /// It has ended, for this reason.
    pub ended: Option<ErrorCode>,
    /// It has another name.
    pub renewed: Option<SessionId>,
    /// It has selected this character.
    pub selected: Option<CharacterId>,
    /// It may not speak until then, or may again.
    pub silenced: Option<Option<Millis>>,
}

impl Tickets {
    /// What rows hold: tickets with their ends, and sessions with when there was word of them.
    pub fn restore(used: Vec<(Nonce, Millis)>, words: Vec<(SessionId, Millis)>) -> Self {
        let word = |(session, at)| (session, Word { at, ..Word::default() });
        Self { used: used.into_iter().collect(), words: words.into_iter().map(word).collect(), count: 0 }
    }

    /// How many words there have been: what is asked from now on is answered after them.
    pub const fn heard(&self) -> u64 {
        self.count
    }

    /// What was said of a session after so many words.
    pub fn since(&self, session: SessionId, heard: u64) -> Word {
        self.words.get(&session).filter(|word| word.number > heard).copied().unwrap_or_default()
    }

    /// Adds to what was said of a session.
    pub fn hear(&mut self, session: SessionId, say: impl FnOnce(&mut Word), out: &mut Outbox) {
        self.words.retain(|_, word| out.now.since(word.at) < WORD_LIFE);
        self.count += 1;
        let word = self.words.entry(session).or_default();
        (word.at, word.number) = (out.now, self.count);
        say(word);
        out.push(Effect::Word(session));
    }

    /// Forgets what need not be remembered any more: whoever stores it forgets it too.
    pub fn prune(&mut self, out: &mut Outbox) {
        let before = self.used.len() + self.words.len();
        self.used.retain(|_, expires| *expires > out.now);
        self.words.retain(|_, word| out.now.since(word.at) < WORD_LIFE);
        if self.used.len() + self.words.len() < before {
            out.push(Effect::PruneTickets(out.now - WORD_LIFE));
        }
    }
}

impl Hub {
    /// Takes a ticket: whether it is shown for the first time. Its row is written when it
    /// has let somebody in: a crash before that leaves nobody inside.
    pub fn use_ticket(&mut self, ticket: &Ticket) -> bool {
        self.tickets.used.insert(ticket.nonce, ticket.expires).is_none()
    }

    /// What is to be asked about whoever shows a ticket.
    pub(super) fn redeem(&self, ticket: &Ticket) -> (Waiting, Question) {
        let identity = Identity { session: ticket.session, player: ticket.player };
        let voucher = ticket.voucher.filter(|_| !self.tickets.words.contains_key(&ticket.session));
        let waiting = Waiting { ticket: Some((ticket.nonce, ticket.expires)), ..self.waiting() };
        (waiting, Question::Admit(identity, voucher))
    }

    /// A question is open from now on.
    pub(super) fn waiting(&self) -> Waiting {
        Waiting { heard: self.tickets.heard(), ..Waiting::default() }
    }
}
