//! The party one is in and the invitations one has, from what the server tells.
//!
//! What is true of a party comes with a version that rises with every change: what is
//! older than something heard before changes nothing, in whichever order it comes.

use super::failure::Failure;
use serde::Serialize;
use shardlink_shared::{
    ErrorCode,
    ids::{CharacterId, PartyId},
    limits::{INVITATION_LIFE, MAX_INVITED, MAX_PARTY},
    protocol::{
        ClientMessage, Timestamp,
        bounded::Text,
        character::CharacterUpdate,
        party::{
            LootSharing, PartyCreate, PartyInvite, PartyLoot, PartyMember, PartyName, PartyReference, PartyUpdate,
            SendPartyInvite,
        },
    },
    text::CharacterName,
    time::Millis,
};
use std::collections::{BTreeMap, VecDeque};

/// Parties whose last version is remembered. Word of an old one is late by seconds, and
/// nobody is in more than a few in that time.
const REMEMBERED: usize = 8;

/// The party one is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Party {
    /// Its id.
    pub party_id: PartyId,
    /// Its name, if it has one.
    pub party_name: Option<PartyName>,
    /// Who leads it.
    pub leader_id: CharacterId,
    /// Who is in it, the longest first.
    pub members: Vec<Member>,
    /// How many may be.
    pub max_members: u8,
    /// Who gets what an enemy leaves.
    pub loot_sharing: LootSharing,
    /// Rises with every change.
    pub version: u64,
}

/// Somebody in one's party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// Who.
    pub character_id: CharacterId,
    /// Its name.
    pub character_name: CharacterName,
    /// Whether it leads.
    pub is_leader: bool,
    /// Whether it is in the world.
    pub online: bool,
    /// Health left, if that was heard of.
    pub health: Option<u32>,
    /// Health at most, if that was heard of.
    pub max_health: Option<u32>,
}

/// An invitation that may be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Into which party.
    pub party_id: PartyId,
    /// Its name, if it has one.
    pub party_name: Option<PartyName>,
    /// Who invites.
    pub inviter_id: CharacterId,
    /// The inviter's name.
    pub inviter_name: CharacterName,
    /// Until when, by this side's clock.
    pub expires: Millis,
}

/// An invitation as a game is told of it.
#[derive(Debug, Serialize)]
pub struct Open<'a> {
    party_id: PartyId,
    party_name: Option<&'a PartyName>,
    inviter_id: CharacterId,
    inviter_name: &'a CharacterName,
    /// At the moment that it is read, in seconds.
    seconds_left: f64,
}

impl Invitation {
    /// What a game is told of it at this moment.
    #[must_use]
    pub fn open(&self, now: Millis) -> Open<'_> {
        Open {
            party_id: self.party_id,
            party_name: self.party_name.as_ref(),
            inviter_id: self.inviter_id,
            inviter_name: &self.inviter_name,
            seconds_left: self.expires.since(now) as f64 / 1000.0,
        }
    }
}

/// What has become of an invitation that is open no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// One is in the party.
    Accepted,
    /// One has turned it down.
    Declined,
    /// The leader has taken it back, or the party has ended.
    Withdrawn,
    /// Its time is over.
    Expired,
}

/// What a game is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The party has changed; `None` if one is in none any more.
    Party(Option<Box<Party>>),
    /// A member has come into the world or left it.
    Presence(Presence),
    /// One is invited.
    Invited(Invitation),
    /// An invitation is open no more.
    Ended(Ended),
}

/// See [`News::Presence`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Presence {
    pub party_id: PartyId,
    pub character_id: CharacterId,
    pub character_name: CharacterName,
    pub online: bool,
}

/// See [`News::Ended`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Ended {
    pub party_id: PartyId,
    pub party_name: Option<PartyName>,
    pub inviter_id: CharacterId,
    pub inviter_name: CharacterName,
    pub outcome: Outcome,
}

/// Somebody, by id or by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// By id.
    Id(CharacterId),
    /// By name.
    Name(Text<256>),
}

/// What a player wants of a party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// To found one.
    Create(Option<PartyName>),
    /// To invite somebody.
    Invite(Whom),
    /// To take an invitation back.
    Withdraw(CharacterId),
    /// To join by an invitation.
    Accept(PartyId),
    /// To turn an invitation down.
    Decline(PartyId),
    /// To leave.
    Leave,
    /// To put a member out.
    Kick(CharacterId),
    /// To end it.
    Disband,
    /// To make a member the leader.
    Promote(CharacterId),
    /// To change the loot rule.
    Loot(LootSharing),
}

/// Health left and at most.
type Vitals = (Option<u32>, Option<u32>);

/// What is known of parties.
#[derive(Debug, Default)]
pub struct Parties {
    own: Option<Party>,
    /// The last versions heard of, the newest last.
    versions: VecDeque<(PartyId, u64)>,
    /// Of the party's members and of oneself.
    vitals: BTreeMap<CharacterId, Vitals>,
    /// The oldest first.
    invitations: Vec<Invitation>,
    /// Requests that answer an invitation.
    answering: BTreeMap<u32, (PartyId, Outcome)>,
}

impl Parties {
    /// The party one is in.
    #[must_use]
    pub const fn own(&self) -> Option<&Party> {
        self.own.as_ref()
    }

    /// The invitations one has, the oldest first.
    #[must_use]
    pub fn invitations(&self) -> &[Invitation] {
        &self.invitations
    }

    /// The message that says what one wants.
    ///
    /// # Errors
    /// NOT_IN_PARTY, for what can be wanted of one's own party alone.
    pub(super) fn message(&self, wish: Wish) -> Result<ClientMessage, Failure> {
        let party_id = || self.own.as_ref().map(|party| party.party_id).ok_or(Failure::from(ErrorCode::NotInParty));
        let own = || party_id().map(|party_id| PartyReference { party_id });
        let member = |character_id| party_id().map(|party_id| PartyMember { party_id, character_id });
        Ok(match wish {
            Wish::Create(party_name) => ClientMessage::PartyCreate(PartyCreate { party_name }),
            Wish::Invite(Whom::Id(id)) => ClientMessage::PartyInvite(SendPartyInvite::new(party_id()?, id)),
            Wish::Invite(Whom::Name(name)) => ClientMessage::PartyInvite(SendPartyInvite::by_name(party_id()?, name)),
            Wish::Accept(party_id) => ClientMessage::PartyAccept(PartyReference { party_id }),
            Wish::Decline(party_id) => ClientMessage::PartyDecline(PartyReference { party_id }),
            Wish::Leave => ClientMessage::PartyLeave(own()?),
            Wish::Disband => ClientMessage::PartyDisband(own()?),
            Wish::Kick(character) => ClientMessage::PartyKick(member(character)?),
            Wish::Withdraw(character) => ClientMessage::PartyWithdraw(member(character)?),
            Wish::Promote(character) => ClientMessage::PartyPromote(member(character)?),
            Wish::Loot(loot_sharing) => ClientMessage::PartyLoot(PartyLoot { party_id: party_id()?, loot_sharing }),
        })
    }

    /// A request is under way.
    pub(super) fn asked(&mut self, request: u32, message: &ClientMessage) {
        match message {
            ClientMessage::PartyAccept(party) => {
                self.answering.insert(request, (party.party_id, Outcome::Accepted));
            }
            ClientMessage::PartyDecline(party) => {
                self.answering.insert(request, (party.party_id, Outcome::Declined));
            }
            _ => {}
        }
    }

    /// A request was answered, or will not be.
    pub(super) fn answered(&mut self, request: u32, refused: Option<&Failure>) -> Option<News> {
        let (party, outcome) = self.answering.remove(&request)?;
        match refused {
            None => self.take_invitation(party, outcome),
            Some(failure) if failure.known() == Some(ErrorCode::NotFound) => {
                self.take_invitation(party, Outcome::Withdrawn)
            }
            Some(_) => None,
        }
    }

    /// A party is like this now.
    pub(super) fn update(&mut self, update: &PartyUpdate, me: CharacterId) -> Vec<News> {
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

    /// One is invited, until then. Of more than [`MAX_INVITED`] the oldest is forgotten,
    /// as the server does.
    pub(super) fn invited(&mut self, invite: &PartyInvite, me: CharacterId, expires: Millis) -> Option<News> {
        // One's own are told too, to whoever sends them.
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

    /// Somebody's health.
    pub(super) fn vitals(&mut self, update: &CharacterUpdate, me: CharacterId) -> Option<News> {
        let who = update.character_id;
        let is_member = |party: &Party| party.members.iter().any(|member| member.character_id == who);
        let heard = update.health.is_some() || update.max_health.is_some();
        if !heard || (who != me && !self.own.as_ref().is_some_and(is_member)) {
            return None;
        }
        let vitals = self.vitals.entry(who).or_default();
        *vitals = (update.health.or(vitals.0), update.max_health.or(vitals.1));
        let (health, max_health) = *vitals;
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
    pub(super) fn begin_anew(&mut self) -> Option<News> {
        self.versions.clear();
        self.vitals.clear();
        self.own.take().map(|_| News::Party(None))
    }

    /// The character has left the world for good.
    pub(super) fn forget(&mut self) -> Option<News> {
        let own = self.begin_anew();
        self.invitations.clear();
        self.answering.clear();
        own
    }

    /// When the next invitation's time is over.
    pub(super) fn due(&self) -> Option<Millis> {
        self.invitations.iter().map(|open| open.expires).min()
    }

    /// Ends the invitations whose time is over.
    pub(super) fn expire(&mut self, now: Millis) -> Vec<News> {
        let (over, open) = std::mem::take(&mut self.invitations).into_iter().partition(|one| one.expires <= now);
        self.invitations = open;
        over.into_iter().map(|one: Invitation| ended(one, Outcome::Expired)).collect()
    }

    /// Whether this version of a party was not heard of, nor a newer one.
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

fn ended(invitation: Invitation, outcome: Outcome) -> News {
    let Invitation { party_id, party_name, inviter_id, inviter_name, .. } = invitation;
    News::Ended(Ended { party_id, party_name, inviter_id, inviter_name, outcome })
}

/// Who has come and gone between two states of a party.
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

/// When an invitation ends by this side's clock: five minutes after it was sent, where
/// it does not say itself. Times of the server's are relative to
/// what its clock is thought to show `now`.
pub(super) fn expiry(ends: Option<Timestamp>, sent: Option<Millis>, server: Millis, now: Millis) -> Millis {
    let ends = ends.map_or_else(|| sent.unwrap_or(server) + INVITATION_LIFE, |Timestamp(moment)| moment);
    now + ends.since(server)
}

/// For events: an object with the party or null.
#[derive(Debug, Serialize)]
pub struct PartyEvent<'a> {
    /// The party one is in.
    pub party: Option<&'a Party>,
}

#[cfg(test)]
mod tests;
