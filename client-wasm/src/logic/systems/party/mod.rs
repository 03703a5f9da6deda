//! Parties: the player's own party and its invitations, from what the server tells.
//!
//! The state of a party comes with a version that rises with every change. A state that is
//! older than one heard before changes nothing, so the order of arrival does not matter.

mod shown;

use super::{Around, News as AnyNews, System};
use crate::logic::{
    failure::Failure,
    small_map::SmallMap,
    told::{Shown, Told},
};
use shardlink_shared::{
    ErrorCode, Refusal,
    codec::table::{TakeBody, Value},
    ids::{CharacterId, MAX_ID, PartyId},
    limits::{INVITATION_LIFE, MAX_INVITED, MAX_PARTY},
    protocol::{
        Timestamp,
        character::CharacterUpdate,
        party::{PartyInvite, PartyReference, PartyUpdate},
    },
    sheet::Sheet,
    text::CharacterName,
    time::Millis,
};
use shown::ended;
pub use shown::{Ended, Invitation, Member, News, Open, Outcome, Party, PartyEvent, Presence};
use std::collections::VecDeque;

/// The parties whose last version is remembered. News of a former party is late by seconds,
/// and a player is in no more than a few parties in that time.
const REMEMBERED: usize = 8;

/// The requests that concern the player's own party, which they need not name.
const OF_ONES_OWN: [&str; 7] =
    ["party_disband", "party_invite", "party_kick", "party_leave", "party_loot", "party_promote", "party_withdraw"];

/// Health left and at most.
type Vitals = (Option<u32>, Option<u32>);

/// What is known of parties.
#[derive(Debug, Default)]
pub struct Parties {
    own: Option<Party>,
    /// The last versions heard of, the newest last.
    versions: VecDeque<(PartyId, u64)>,
    /// The health of the party's members and of the player's own character.
    vitals: SmallMap<CharacterId, Vitals>,
    /// The oldest first.
    invitations: Vec<Invitation>,
    /// Requests that answer an invitation, by their numbers: whose it is, and how it ends.
    answering: SmallMap<u32, (PartyId, Outcome)>,
}

impl Parties {
    /// The party that the player is in.
    #[must_use]
    pub const fn own(&self) -> Option<&Party> {
        self.own.as_ref()
    }

    /// The player's invitations, the oldest first.
    #[must_use]
    pub fn invitations(&self) -> &[Invitation] {
        &self.invitations
    }

    /// A request was answered, or will not be.
    fn answered(&mut self, request: u32, refused: Option<&Failure>) -> Option<News> {
        let (party, outcome) = self.answering.remove(&request)?;
        match refused {
            None => self.take_invitation(party, outcome),
            Some(failure) if failure.known() == Some(ErrorCode::NotFound) => {
                self.take_invitation(party, Outcome::Withdrawn)
            }
            Some(_) => None,
        }
    }

    /// The server tells what a party is like now.
    fn update(&mut self, update: &PartyUpdate, me: CharacterId) -> Vec<News> {
        if !self.is_news(update.party_id, update.party_version) {
            return Vec::new();
        }
        let before = self.own.as_ref().filter(|own| own.party_id == update.party_id);
        if !update.member_ids.contains(&me) {
            return if before.is_some() {
                self.set_own(None, me)
            } else {
                self.take_invitation(update.party_id, Outcome::Withdrawn).into_iter().collect()
            };
        }
        let party = self.shown(update);
        let mut news: Vec<News> = before.into_iter().flat_map(|before| presences(before, &party)).collect();
        news.extend(self.take_invitation(update.party_id, Outcome::Accepted));
        news.extend(self.set_own(Some(party), me));
        news
    }

    /// The player is invited until `expires`. An invitation beyond [`MAX_INVITED`] replaces the
    /// oldest, as it does at the server.
    fn invited(&mut self, invite: &PartyInvite, me: CharacterId, expires: Millis) -> Option<News> {
        // The sender of an invitation is told a copy of it.
        if invite.invitee_id != me {
            return None;
        }
        let invitation = Invitation {
            party_id: invite.party_id,
            party_name: invite.party_name.clone(),
            inviter_id: invite.inviter_id,
            inviter_name: invite.inviter_name.clone(),
            expires,
        };
        self.invitations.retain(|open| open.party_id != invitation.party_id);
        if self.invitations.len() >= MAX_INVITED {
            self.invitations.remove(0);
        }
        self.invitations.push(invitation.clone());
        Some(News::Invited(invitation))
    }

    /// The server tells somebody's health.
    fn vitals(&mut self, update: &CharacterUpdate, me: CharacterId) -> Option<News> {
        let who = update.character_id;
        let is_member = |party: &Party| party.members.iter().any(|member| member.character_id == who);
        let heard = update.health.is_some() || update.max_health.is_some();
        if !heard || (who != me && !self.own.as_ref().is_some_and(is_member)) {
            return None;
        }
        let known = self.vitals.get(&who).copied().unwrap_or_default();
        let (health, max_health) = (update.health.or(known.0), update.max_health.or(known.1));
        self.vitals.insert(who, (health, max_health));
        let party = self.own.as_mut()?;
        let member = party.members.iter_mut().find(|member| member.character_id == who)?;
        if (member.health, member.max_health) == (health, max_health) {
            return None;
        }
        (member.health, member.max_health) = (health, max_health);
        Some(News::Party(Some(Box::new(party.clone()))))
    }

    /// A new stay in the world begins: the server tells what is true. Invitations stand
    /// until their time is over.
    fn begin_anew(&mut self) -> Option<News> {
        self.versions.clear();
        self.vitals.clear();
        self.own.take().map(|_| News::Party(None))
    }

    /// The character has left the world for good.
    fn forget(&mut self) -> Option<News> {
        let own = self.begin_anew();
        self.invitations.clear();
        self.answering.clear();
        own
    }

    /// Ends the invitations whose time is over.
    fn expire(&mut self, now: Millis) -> Vec<News> {
        let (over, open) = std::mem::take(&mut self.invitations).into_iter().partition(|one| one.expires <= now);
        self.invitations = open;
        over.into_iter().map(|one: Invitation| ended(one, Outcome::Expired)).collect()
    }

    /// Whether neither this version of a party nor a newer one was heard before; remembers it.
    fn is_news(&mut self, party: PartyId, version: u64) -> bool {
        let known = self.versions.iter().position(|(id, _)| *id == party);
        if known.and_then(|at| self.versions.get(at)).is_some_and(|(_, known)| *known >= version) {
            return false;
        }
        match known {
            Some(at) => drop(self.versions.remove(at)),
            None if self.versions.len() >= REMEMBERED => drop(self.versions.pop_front()),
            None => {}
        }
        self.versions.push_back((party, version));
        true
    }

    fn shown(&self, update: &PartyUpdate) -> Party {
        let members = update.member_ids.iter().zip(update.member_names.iter()).map(|(id, name)| {
            let (health, max_health) = self.vitals.get(id).copied().unwrap_or_default();
            Member {
                character_id: *id,
                character_name: name.clone(),
                is_leader: *id == update.leader_id,
                online: update.online.contains(id),
                health,
                max_health,
            }
        });
        Party {
            party_id: update.party_id,
            party_name: update.party_name.clone(),
            leader_id: update.leader_id,
            members: members.take(MAX_PARTY).collect(),
            max_members: update.max_members,
            loot_sharing: update.loot_sharing,
            version: update.party_version,
        }
    }

    fn set_own(&mut self, own: Option<Party>, me: CharacterId) -> Vec<News> {
        let is_member =
            |who: &CharacterId| own.iter().flat_map(|party| &party.members).any(|one| one.character_id == *who);
        self.vitals.retain(|who, _| *who == me || is_member(who));
        self.own.clone_from(&own);
        vec![News::Party(own.map(Box::new))]
    }

    fn take_invitation(&mut self, party: PartyId, outcome: Outcome) -> Option<News> {
        let at = self.invitations.iter().position(|open| open.party_id == party)?;
        Some(ended(self.invitations.remove(at), outcome))
    }
}

impl System for Parties {
    fn prepare(&self, request: &str, fields: &mut Value) -> Result<(), Failure> {
        if request == "party_invite" && matches!(fields.get("invitee_id"), None | Some(Value::Null)) {
            // A text that no character can have as its name is refused here.
            let name = CharacterName::parse(fields.text("invitee_name").unwrap_or_default().trim());
            let name = name.map_err(|why| Refusal::field("invitee_name", format!("A name {why}.")))?;
            fields.set("invitee_name", Value::Text(name.as_str().to_owned()));
        }
        if OF_ONES_OWN.contains(&request) && fields.get("party_id").is_none() {
            let own = self.own.as_ref().map(|own| own.party_id.get());
            fields.set("party_id", Value::Whole(own.unwrap_or(MAX_ID)));
            own.ok_or(ErrorCode::NotInParty)?;
        }
        Ok(())
    }

    fn asked(&mut self, number: u32, request: &str, body: &[u8]) {
        let outcome = match request {
            "party_accept" => Outcome::Accepted,
            "party_decline" => Outcome::Declined,
            _ => return,
        };
        if let Some(PartyReference { party_id }) = TakeBody::take_body(body) {
            self.answering.insert(number, (party_id, outcome));
        }
    }

    fn settled(&mut self, number: u32, refused: Option<&Failure>, news: &mut Vec<AnyNews>) {
        news.extend(self.answered(number, refused).map(AnyNews::Party));
    }

    fn heard(&mut self, message: &Told, around: &Around, news: &mut Vec<AnyNews>) {
        let told = match message.name() {
            "character_update" => {
                message.read().and_then(|update| self.vitals(&update, around.me)).into_iter().collect()
            }
            "party_update" => message.read().map(|update| self.update(&update, around.me)).unwrap_or_default(),
            "party_invite" => message
                .read()
                .and_then(|invite: PartyInvite| {
                    let expires = expiry(invite.expires_at, message.envelope.timestamp, around.server, around.now);
                    self.invited(&invite, around.me, expires)
                })
                .into_iter()
                .collect(),
            _ => Vec::new(),
        };
        news.extend(told.into_iter().map(AnyNews::Party));
    }

    fn due(&self) -> Option<Millis> {
        self.invitations.iter().map(|open| open.expires).min()
    }

    fn tick(&mut self, now: Millis, news: &mut Vec<AnyNews>) {
        news.extend(self.expire(now).into_iter().map(AnyNews::Party));
    }

    fn entered(&mut self, sheet: &Sheet, news: &mut Vec<AnyNews>) {
        news.extend(self.begin_anew().map(AnyNews::Party));
        let (health, max_health) = (Some(sheet.resources.health), Some(sheet.resources.max_health));
        let own = CharacterUpdate { health, max_health, ..CharacterUpdate::of(sheet.id, sheet.name.clone()) };
        self.vitals(&own, sheet.id);
    }

    fn left(&mut self, news: &mut Vec<AnyNews>) {
        news.extend(self.forget().map(AnyNews::Party));
    }

    fn show(&self, name: &str, now: Millis) -> Option<Result<Shown, Failure>> {
        match name {
            "party" => Some(Ok(Shown::of(&self.own()))),
            "invitations" => {
                let open: Vec<Open<'_>> = self.invitations.iter().map(|invitation| invitation.open(now)).collect();
                Some(Ok(Shown::of(&open)))
            }
            _ => None,
        }
    }
}

/// The members that came into the world or left it between two states of a party.
fn presences(before: &Party, after: &Party) -> Vec<News> {
    let was_online =
        |who| before.members.iter().find(|member| member.character_id == who).map(|member| member.online);
    let changed = after.members.iter().filter(|member| was_online(member.character_id) == Some(!member.online));
    changed
        .map(|member| {
            News::Presence(Presence {
                party_id: after.party_id,
                character_id: member.character_id,
                character_name: member.character_name.clone(),
                online: member.online,
            })
        })
        .collect()
}

/// When an invitation ends, by this side's clock: when it says, or five minutes after it was
/// sent. `server` is what the server's clock is thought to show at `now`.
fn expiry(ends: Option<Timestamp>, sent: Option<Millis>, server: Millis, now: Millis) -> Millis {
    let ends = ends.map_or_else(|| sent.unwrap_or(server) + INVITATION_LIFE, |Timestamp(moment)| moment);
    now + ends.since(server)
}

#[cfg(test)]
mod tests;
