//! Tickets: each serves once. A ticket that an account has vouched for lets its player in without
//! that account being asked again, because the hub is told what becomes of the session from when
//! the ticket was given out. After such a word the account is asked all the same.

use crate::hub::{
    outbox::{Effect, Outbox},
    sockets::connection::Nonce,
};
use shardlink_shared::{
    ErrorCode,
    crypto::token::{SessionId, Ticket},
    ids::CharacterId,
    limits::TICKET_LIFE,
    time::Millis,
};
use std::collections::BTreeMap;

/// How long it is remembered that there was word of a session, in milliseconds: by then every
/// ticket that was given out before the word has expired, whosever clock it was given out by.
const WORD_LIFE: u64 = 2 * TICKET_LIFE;

/// The tickets that have served and could be shown again, and what was said of sessions.
#[derive(Debug, Default)]
pub(in crate::hub) struct Tickets {
    pub(in crate::hub) used: BTreeMap<Nonce, Millis>,
    pub(in crate::hub) told: BTreeMap<SessionId, Told>,
    /// How many words there have been.
    pub(in crate::hub) count: u64,
    /// When the process began. A ticket that was given out before may have been followed by a
    /// word that a crash took, so its voucher does not count.
    pub(in crate::hub) process: Millis,
}

/// What becomes of a session.
#[derive(Debug, Clone, Copy)]
pub(in crate::hub) enum Word {
    /// It has ended, for this reason.
    Ended(ErrorCode),
    /// It has another name.
    Renewed(SessionId),
    /// It has selected this character.
    Selected(CharacterId),
    /// It may not speak until this time, or may speak again.
    Silenced(Option<Millis>),
}

/// The last words of a session, of each kind.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::hub) struct Words {
    pub ended: Option<ErrorCode>,
    pub renewed: Option<SessionId>,
    pub selected: Option<CharacterId>,
    pub silenced: Option<Option<Millis>>,
}

/// Words of a session, the last of each kind with its number.
#[derive(Debug, Default)]
pub(in crate::hub) struct Told {
    /// When its row was written.
    at: Millis,
    words: Vec<(u64, Word)>,
}

impl Tickets {
    /// What the rows hold: tickets and when each expires, sessions and when there was word of
    /// each.
    pub fn restore(used: Vec<(Nonce, Millis)>, words: Vec<(SessionId, Millis)>, process: Millis) -> Self {
        let told = |(session, at)| (session, Told { at, words: Vec::new() });
        let (used, told) = (used.into_iter().collect(), words.into_iter().map(told).collect());
        Self { used, told, count: 0, process }
    }

    /// How many words there have been: a question that is asked now is answered after all of
    /// them.
    pub const fn heard(&self) -> u64 {
        self.count
    }

    /// What was said of a session after the first `heard` words.
    pub fn since(&self, session: SessionId, heard: u64) -> Words {
        let mut words = Words::default();
        let mut name = Some(session);
        while let Some(told) = name.take().and_then(|name| self.told.get(&name)) {
            for (_, word) in told.words.iter().filter(|(number, _)| *number > heard) {
                match *word {
                    Word::Ended(code) => words.ended = Some(code),
                    // Later words are of the new name.
                    Word::Renewed(new) => (words.renewed, name) = (Some(new), Some(new)),
                    Word::Selected(character) => words.selected = Some(character),
                    Word::Silenced(until) => words.silenced = Some(until),
                }
            }
        }
        words
    }

    /// Whether no word of a ticket's session has come, and none can have been lost, since the
    /// ticket was given out.
    pub(in crate::hub) fn has_heard_all_of(&self, ticket: &Ticket) -> bool {
        ticket.expires >= self.process + TICKET_LIFE && !self.told.contains_key(&ticket.session)
    }

    /// Whether anything is remembered that is to be forgotten in time.
    pub fn is_any(&self) -> bool {
        !(self.used.is_empty() && self.told.is_empty())
    }

    /// Adds to what was said of a session. The session's row is not written again while it
    /// outlives every ticket that was given out by now.
    pub fn hear(&mut self, session: SessionId, word: Word, out: &mut Outbox) {
        self.count += 1;
        let told = self.told.entry(session).or_default();
        told.words.retain(|(_, before)| std::mem::discriminant(before) != std::mem::discriminant(&word));
        told.words.push((self.count, word));
        if out.now.since(told.at) >= TICKET_LIFE / 2 {
            told.at = out.now;
            out.push(Effect::Word(session));
        }
    }

    /// Forgets what need not be remembered any more, in memory and in the rows.
    pub fn prune(&mut self, out: &mut Outbox) {
        let before = self.used.len() + self.told.len();
        self.used.retain(|_, expires| *expires > out.now);
        self.told.retain(|_, told| out.now.since(told.at) < WORD_LIFE);
        if self.used.len() + self.told.len() < before {
            out.push(Effect::PruneTickets(out.now - WORD_LIFE));
        }
    }
}
