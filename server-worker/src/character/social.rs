//! A character among others: its seat in a party, its invitations, its mutes, and its letters
//! to other objects.

use super::{
    logic::{Change, Character, Write},
    record::StoredInvitation,
};
use crate::{
    calls::{
        character::{BeginInvite, Claim, Found, Invite, Invited, Joiner, Mute, Parties, Presence, Seat, Visit},
        hub::{self, Audience, Deliver, Delivery, Key, Telling},
    },
    effect::{Context, Errands},
    letters,
    service::{Platform, Result},
    systems::party::{contract as party, record::StoredInvite},
};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ErrorCode, Refusal,
    ids::{CharacterId, PartyId, PlayerId},
    limits::{CLAIM_SETTLES_AFTER, INVITE_WINDOW, INVITES_PER_WINDOW, MAX_INVITED, MAX_MUTES},
    protocol::{ServerMessage, party::PartyInvite},
    time::Millis,
};
use std::collections::VecDeque;

/// The last things that are over, remembered in memory alone: the runtime repeats a call within
/// seconds, and an object leaves memory only after ten seconds without a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past<T>(VecDeque<T>);

impl<T> Default for Past<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T: PartialEq> Past<T> {
    const MOST: usize = 16;

    /// Nothing is over.
    #[must_use]
    pub const fn new() -> Self {
        Self(VecDeque::new())
    }

    /// Whether this is over.
    pub(super) fn contains(&self, one: &T) -> bool {
        self.0.contains(one)
    }

    fn push(&mut self, one: T) {
        self.0.push_back(one);
        if self.0.len() > Self::MOST {
            self.0.pop_front();
        }
    }
}

/// The stored part of what a character is among others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Social {
    seat: Option<Seat>,
    /// When the party is asked whether it knows of the seat. `None` once it is known to.
    settles_at: Option<Millis>,
    invited: Vec<StoredInvitation>,
    /// By rising id.
    pub(super) muted: Vec<CharacterId>,
    /// The invitations that it has sent lately.
    #[serde(default)]
    sent: Sent,
}

/// How many invitations a character has sent lately.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Sent {
    /// When it may send the full number again.
    whole_at: Millis,
    /// The request that was counted last: repeated, it is not counted again.
    key: u64,
}

impl Sent {
    /// The milliseconds until one more invitation may be sent, for each that was sent.
    const PRICE: u64 = INVITE_WINDOW / INVITES_PER_WINDOW;

    /// Counts a request.
    ///
    /// # Errors
    /// The milliseconds until there is one more.
    fn count(&mut self, now: Millis, key: u64) -> std::result::Result<(), u64> {
        if self.key == key {
            return Ok(());
        }
        // A debt is never longer than the window. Where it seems so, the clock was set back.
        let is_owed = self.whole_at > now && self.whole_at <= now + INVITE_WINDOW;
        let whole_at = if is_owed { self.whole_at } else { now } + Self::PRICE;
        match whole_at.since(now + INVITE_WINDOW) {
            0 => *self = Self { whole_at, key },
            late => return Err(late),
        }
        Ok(())
    }
}

impl Social {
    /// Its party.
    #[must_use]
    pub fn party(&self) -> Option<PartyId> {
        self.seat.map(|seat| seat.party)
    }

    /// The invitations that are open at this time, as clients are told of them.
    pub(super) fn invitations(&self, now: Millis) -> Vec<PartyInvite> {
        self.invited.iter().filter(|open| open.expires > now).map(|open| open.invite.clone().into()).collect()
    }

    pub(super) const fn settles_at(&self) -> Option<Millis> {
        self.settles_at
    }
}

/// What another object must learn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Letter {
    /// To its party: where it is.
    Report(Seat, CharacterId, Presence),
    /// To its party: it was deleted.
    Resign {
        /// The seat that becomes free.
        seat: Seat,
        /// What tells the request from others.
        key: u64,
        /// Whose it was.
        character: CharacterId,
    },
    /// To the hub of an earlier visit: it is in another hub now.
    Displaced(CharacterId, Visit),
    /// To its hub: is it there?
    Check(CharacterId, Visit),
    /// To its hub: it is invited.
    Invited {
        /// What tells the invitation from others.
        key: u64,
        /// What is told of it.
        invite: StoredInvite,
        /// Where it is.
        visit: Visit,
    },
}

/// Something to be done with another object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// A letter is to be delivered.
    Letter(u64, letters::Letter<Letter>),
    /// A party is asked whether it knows of a seat.
    Settle(Seat, CharacterId),
}

impl Character {
    /// Notes that it is in the world, on this visit.
    pub(super) fn appear(&mut self, context: Change<'_, '_>, visit: Visit) {
        let before = self.presence;
        self.moves(context, Some(visit));
        let Some(id) = self.id() else { return };
        // Within one hub, the newer connection closes the older by itself.
        if let Some(before) = before.filter(|before| before.hub != visit.hub) {
            self.post(context, Letter::Displaced(id, before));
        }
    }

    /// Notes that it has left the world.
    pub(super) fn disappear(&mut self, context: Change<'_, '_>) {
        self.moves(context, None);
    }

    /// Asks its hub whether it is there, because somebody doubts it.
    pub(super) fn doubted(&mut self, context: Change<'_, '_>, visit: Visit) {
        if let (true, Some(id)) = (self.presence == Some(visit), self.id()) {
            self.post(context, Letter::Check(id, visit));
        }
    }

    /// Applies its hub's answer to that.
    fn checked(&mut self, context: Change<'_, '_>, visit: Visit, is_there: bool) {
        if self.presence == Some(visit) {
            // The party believes the new report that follows from this.
            self.moves(context, is_there.then_some(visit));
        }
    }

    fn moves(&mut self, context: Change<'_, '_>, presence: Option<Visit>) {
        let before = std::mem::replace(&mut self.presence, presence);
        if let Some(ended) = before.filter(|_| before != presence) {
            self.ended.push(ended);
        }
        self.moved = context.now.0.max(self.moved + 1);
        context.writes.push(Write::Presence(presence));
        if let (Some(seat), Some(id)) = (self.social.seat, self.id()) {
            self.post(context, Letter::Report(seat, id, Presence { number: self.moved, visit: presence }));
        }
    }

    fn id(&self) -> Option<CharacterId> {
        self.record.as_ref().map(|record| record.sheet.id)
    }

    fn post(&mut self, context: Change<'_, '_>, says: Letter) {
        let (number, letter) = self.letters.post(context.now, says);
        context.writes.push(Write::Post(number, letter));
    }

    fn store_social(&self, context: Change<'_, '_>) {
        context.writes.push(Write::Social(self.social.clone()));
    }

    /// Leaves its party, because it is being deleted.
    pub(super) fn resign(&mut self, context: Change<'_, '_>) {
        if let (Some(seat), Some(character)) = (self.social.seat.take(), self.id()) {
            let key = context.entropy.next_u64();
            self.post(context, Letter::Resign { seat, key, character });
        }
    }

    pub(super) fn found(&self) -> Result<Found> {
        let record = self.record.as_ref().ok_or(ErrorCode::NotFound)?;
        Ok(Found { name: record.sheet.name.clone(), visit: self.presence, party: self.social.party() })
    }

    pub(super) fn parties(&self, now: Millis, owner: PlayerId) -> Result<Parties> {
        self.owned_by(owner)?;
        let open = self.social.invited.iter().filter(|open| open.expires > now).cloned();
        let told =
            |StoredInvitation { party, invite, key, expires }| Invited { party, invite: invite.into(), key, expires };
        Ok(Parties { seat: self.social.seat, invited: open.map(told).collect() })
    }

    pub(super) fn begin_invite(&mut self, context: Change<'_, '_>, call: &BeginInvite) -> Result<()> {
        self.owned_by(call.owner)?;
        if self.social.party() != Some(call.party) {
            return Err(ErrorCode::NotInParty.into());
        }
        let counted = self.social.sent.count(context.now, call.key);
        counted.map_err(|wait| {
            let refusal = Refusal::new(ErrorCode::RateLimited).after(wait as f64 / 1000.0);
            refusal.saying("You have invited too many lately. Wait a moment.")
        })?;
        self.store_social(context);
        Ok(())
    }

    pub(super) fn claim(&mut self, context: Change<'_, '_>, call: &Claim) -> Result<Joiner> {
        let sheet = &self.owned_by(call.owner)?.sheet;
        let (character, name) = (sheet.id, sheet.name.clone());
        let seat = Seat { party: call.party, key: call.key };
        if self.released.contains(&call.key) {
            // A repeated call, too late: the seat was given back already.
            return Err(ErrorCode::NotFound.into());
        }
        match self.social.seat {
            // A repeated call.
            Some(claimed) if claimed == seat => {}
            Some(_) => return Err(ErrorCode::AlreadyInParty.into()),
            None => {
                self.social.seat = Some(seat);
                self.social.settles_at = Some(context.now + CLAIM_SETTLES_AFTER);
                self.store_social(context);
            }
        }
        Ok(Joiner { character, name, presence: Presence { number: self.moved, visit: self.presence } })
    }

    pub(super) fn seated(&mut self, context: Change<'_, '_>, key: u64) {
        let Some(seat) = self.social.seat.filter(|seat| seat.key == key) else { return };
        self.social.settles_at = None;
        self.social.invited.retain(|open| open.party != seat.party);
        self.store_social(context);
    }

    pub(super) fn release(&mut self, context: Change<'_, '_>, key: u64) {
        if !self.released.contains(&key) {
            self.released.push(key);
        }
        if self.social.seat.is_some_and(|seat| seat.key == key) {
            (self.social.seat, self.social.settles_at) = (None, None);
            self.store_social(context);
        }
    }

    pub(super) fn invited(&mut self, context: Change<'_, '_>, call: Invite) {
        let Invite { key, expires, invite } = call;
        let (now, party) = (context.now, invite.party_id);
        let is_known = self.social.invited.iter().any(|open| open.key == key);
        if self.record.is_none() || is_known || expires <= now || self.has_muted(invite.inviter_id) {
            return;
        }
        self.social.invited.retain(|open| open.expires > now && open.party != party);
        if self.social.invited.len() >= MAX_INVITED {
            self.social.invited.remove(0);
        }
        let invite = StoredInvite::from(invite);
        self.social.invited.push(StoredInvitation { party, key, expires, invite: invite.clone() });
        self.store_social(context);
        if let Some(visit) = self.presence {
            self.post(context, Letter::Invited { key, invite, visit });
        }
    }

    pub(super) fn uninvited(&mut self, context: Change<'_, '_>, key: u64) {
        let before = self.social.invited.len();
        self.social.invited.retain(|open| open.key != key);
        if self.social.invited.len() != before {
            self.store_social(context);
        }
    }

    fn has_muted(&self, character: CharacterId) -> bool {
        self.social.muted.binary_search(&character).is_ok()
    }

    pub(super) fn mute(&mut self, context: Change<'_, '_>, call: &Mute) -> Result<()> {
        self.owned_by(call.owner)?;
        let muted = &mut self.social.muted;
        match (muted.binary_search(&call.character), call.muted) {
            (Ok(_), true) | (Err(_), false) => return Ok(()),
            (Err(_), true) if muted.len() >= MAX_MUTES => return Err(ErrorCode::TooManyMuted.into()),
            (Err(at), true) => muted.insert(at, call.character),
            (Ok(at), false) => drop(muted.remove(at)),
        }
        self.store_social(context);
        Ok(())
    }

    /// Applies the party's answer about a seat that it claimed.
    fn seat_settled(&mut self, context: Change<'_, '_>, seat: Seat, holds: &Result<bool>) {
        if self.social.seat != Some(seat) || self.social.settles_at.is_none() {
            return;
        }
        match holds {
            Ok(true) => self.seated(context, seat.key),
            Ok(false) => self.release(context, seat.key),
            // The party is asked again.
            Err(_) => {}
        }
    }
}

impl Errands for Character {
    type Errand = Errand;
    /// Whether the party knows of the seat, or the hub of the visit, where that was the
    /// question.
    type Outcome = Result<bool>;

    fn take_errands(&mut self, now: Millis) -> Vec<Errand> {
        let letters = self.letters.take_due(now);
        let mut errands: Vec<_> =
            letters.into_iter().map(|(number, letter)| Errand::Letter(number, letter)).collect();
        if let (Some(seat), Some(id), Some(due)) = (self.social.seat, self.id(), self.social.settles_at)
            && due <= now
        {
            // This is changed in memory alone: after a crash the party is asked at once.
            self.social.settles_at = Some(now + CLAIM_SETTLES_AFTER);
            errands.push(Errand::Settle(seat, id));
        }
        errands
    }

    fn is_awaited(errand: &Errand) -> bool {
        // The party is told where the character is before the hub tells it that it has entered.
        matches!(errand, Errand::Letter(_, letter) if matches!(letter.says, Letter::Report(..)))
    }

    async fn run(on: &impl Platform, errand: &Errand) -> Result<bool> {
        let letter = match errand {
            Errand::Settle(seat, character) => {
                let holds = party::Holds { character: *character, seat: seat.key };
                return on.ask(&party::object_name(seat.party), holds).await;
            }
            Errand::Letter(_, letter) => letter.says.clone(),
        };
        match letter {
            Letter::Report(seat, character, presence) => {
                let report = party::Report { character, seat: seat.key, presence };
                on.ask(&party::object_name(seat.party), report).await.map(|()| true)
            }
            Letter::Resign { seat, key, character } => {
                let leave = party::Leave { key, character };
                on.ask(&party::object_name(seat.party), leave).await.map(|_| true)
            }
            Letter::Displaced(character, visit) => {
                let displaced = hub::Displaced { character, connection: visit.connection };
                on.ask(&hub::object_name(visit.hub), displaced).await.map(|()| true)
            }
            Letter::Check(character, visit) => {
                let holds = hub::Holds { character, connection: visit.connection };
                on.ask(&hub::object_name(visit.hub), holds).await
            }
            Letter::Invited { key, invite, visit } => {
                let invite = PartyInvite::from(invite);
                let delivery = Delivery {
                    key: Key::Once(key),
                    to: Audience::Places(vec![(invite.invitee_id, visit)]),
                    from: None,
                    answers: None,
                    message: ServerMessage::PartyInvite(invite),
                    telling: Telling::Reliably,
                    change: None,
                };
                let absent = on.ask(&hub::object_name(visit.hub), Deliver { deliveries: vec![delivery] }).await;
                absent.map(|absent| absent.is_empty())
            }
        }
    }

    fn finish(&mut self, context: &mut Context<'_, Write>, errand: Errand, outcome: Result<bool>) {
        let (number, letter) = match errand {
            Errand::Settle(seat, _) => return self.seat_settled(context, seat, &outcome),
            Errand::Letter(number, letter) => (number, letter),
        };
        let is_unknown = |refusal: &Refusal| refusal.code == ErrorCode::NotInParty;
        if let Letter::Report(seat, ..) = letter.says
            && self.social.seat == Some(seat)
            && outcome.as_ref().is_err_and(is_unknown)
        {
            if self.social.settles_at.is_some() {
                // It is still joining: the party will know of the seat in a moment, or never.
                return self.letters.put_off(number, context.now, 1_000, letter.says);
            }
            // The party does not know of a seat that it gave: one more question makes that
            // certain.
            self.social.settles_at = Some(context.now);
            self.store_social(context);
        }
        if let (Letter::Check(_, visit), Ok(is_there)) = (&letter.says, &outcome) {
            self.checked(context, *visit, *is_there);
        }
        if self.letters.answered(number, context.now, &outcome) {
            context.writes.push(Write::Done(number));
        }
    }
}
