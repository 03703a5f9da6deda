//! Letters of an account to hubs: a hub learns what becomes of the sessions whose sockets it
//! holds, or whose tickets name it.

use super::logic::{Account, Change, Write};
use crate::{
    calls::hub,
    effect::{Context, Errands},
    letters,
    service::{Platform, Result},
};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ErrorCode,
    crypto::token::SessionId,
    limits::{MAX_SESSION_LETTERS, MAX_SESSION_NAMES},
    time::Millis,
};

/// A try within this many milliseconds of a letter's writing is its first: the first repetition
/// comes later.
const FIRST_TRY: u64 = 1_000;

/// What a hub must learn of a session. For a session that was renewed, `names` has every name
/// by which the hub may know it: the newest, and those of renewals that the hub has not
/// answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Which hub.
    pub hub: u32,
    /// The session's names, the oldest first.
    pub names: Vec<SessionId>,
    /// What became of it.
    pub fate: Fate,
}

/// What becomes of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// It has ended: its socket is closed, and the code says why.
    Ended(ErrorCode),
    /// Its socket is in another hub now.
    Moved,
    /// It was renewed: this is its name from here on.
    Renewed(SessionId),
}

/// A letter is to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    number: u64,
    letter: letters::Letter<Letter>,
    /// Whether this is the letter's first try: the call that led to it is answered only
    /// afterwards.
    is_first_try: bool,
}

impl Account {
    /// Writes to a session's hub what became of the session. Renewals of it that the hub has
    /// not answered are withdrawn, because this letter has their names.
    pub(super) fn tell_hub(&mut self, context: Change<'_, '_>, session: SessionId, hub: u32, fate: Fate) {
        let mut names = self.withdraw_renewals(context, session, hub);
        names.push(session);
        if names.len() > MAX_SESSION_NAMES {
            names.remove(0);
        }
        self.write_letter(context, Letter { hub, names, fate });
        let oldest = self.letters.iter().map(|(number, _)| number).next();
        if let Some(oldest) = oldest.filter(|_| self.letters.iter().count() > MAX_SESSION_LETTERS) {
            self.withdraw(context, oldest);
        }
    }

    /// A session's socket is in this hub, perhaps again: a letter that says that it has moved
    /// away is withdrawn.
    pub(super) fn socket_is_back(&mut self, context: Change<'_, '_>, session: SessionId, hub: u32) {
        let is_about = |letter: &Letter| letter.hub == hub && letter.names.contains(&session);
        let gone = self.letters.iter().find(|(_, letter)| letter.fate == Fate::Moved && is_about(letter));
        let Some((number, mut letter)) = gone.map(|(number, letter)| (number, letter.clone())) else { return };
        self.withdraw(context, number);
        letter.names.retain(|name| *name != session);
        if !letter.names.is_empty() {
            self.write_letter(context, letter);
        }
    }

    /// Withdraws the letter by which a hub would learn this name of a session, and returns the
    /// older names in it.
    fn withdraw_renewals(&mut self, context: Change<'_, '_>, session: SessionId, hub: u32) -> Vec<SessionId> {
        let is_renewal = |letter: &Letter| letter.hub == hub && letter.fate == Fate::Renewed(session);
        let renewal = self.letters.iter().find(|(_, letter)| is_renewal(letter));
        let Some((number, names)) = renewal.map(|(number, letter)| (number, letter.names.clone())) else {
            return Vec::new();
        };
        self.withdraw(context, number);
        names
    }

    fn write_letter(&mut self, context: Change<'_, '_>, says: Letter) {
        let (number, letter) = self.letters.post(context.now, says);
        context.writes.push(Write::Post(number, letter));
    }

    fn withdraw(&mut self, context: Change<'_, '_>, number: u64) {
        if self.letters.remove(number) {
            context.writes.push(Write::Done(number));
        }
    }

    /// The newest name of a session, for a hub that may not have heard of a renewal yet.
    pub(super) fn newest_name(&self, session: SessionId) -> SessionId {
        let renewed = self.letters.iter().find_map(|(_, letter)| match letter.fate {
            Fate::Renewed(new) if letter.names.contains(&session) => Some(new),
            _ => None,
        });
        renewed.unwrap_or(session)
    }
}

#[cfg(test)]
impl Account {
    /// The letters that have not been answered.
    pub fn waiting(&self) -> impl Iterator<Item = &Letter> {
        self.letters.iter().map(|(_, letter)| letter)
    }
}

impl Errands for Account {
    type Errand = Errand;
    type Outcome = Result<()>;

    fn take_errands(&mut self, now: Millis) -> Vec<Errand> {
        let errand = |(number, letter): (u64, letters::Letter<Letter>)| Errand {
            number,
            is_first_try: now.since(letter.posted) < FIRST_TRY,
            letter,
        };
        self.letters.take_due(now).into_iter().map(errand).collect()
    }

    fn is_awaited(errand: &Errand) -> bool {
        // A logout is answered after the socket is closed. A hub that does not answer delays
        // the answer only once.
        errand.is_first_try
    }

    async fn run(on: &impl Platform, errand: &Errand) -> Result<()> {
        let Letter { hub, names, fate } = &errand.letter.says;
        let object = hub::object_name(*hub);
        for session in names.iter().copied() {
            match *fate {
                Fate::Ended(code) => on.ask(&object, hub::EndSession { session, code }).await?,
                Fate::Moved => {
                    let code = ErrorCode::SignedInElsewhere;
                    on.ask(&object, hub::EndSession { session, code }).await?;
                }
                Fate::Renewed(new) => on.ask(&object, hub::RenewSession { old: session, new }).await?,
            }
        }
        Ok(())
    }

    fn finish(&mut self, context: &mut Context<'_, Write>, errand: Errand, outcome: Result<()>) {
        if self.letters.answered(errand.number, context.now, &outcome) {
            context.writes.push(Write::Done(errand.number));
        }
    }
}
