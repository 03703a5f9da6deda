//! What a game is told and shown of its party and its invitations.

use crate::logic::told::Shown;
use serde::Serialize;
use shardlink_shared::{
    codec::table::{Kind, Wire},
    ids::{CharacterId, PartyId},
    protocol::{
        envelope::Seconds,
        party::{LootSharing, PartyName},
    },
    text::CharacterName,
    time::Millis,
};

/// The player's party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Wire)]
pub struct Party {
    /// Its id.
    pub party_id: PartyId,
    /// Its name, if it has one.
    pub party_name: Option<PartyName>,
    /// Who leads it.
    pub leader_id: CharacterId,
    /// Who is in it, the longest first.
    pub members: Vec<Member>,
    /// How many members it may have.
    pub max_members: u8,
    /// Who gets what an enemy leaves.
    pub loot_sharing: LootSharing,
    /// Rises with every change.
    pub version: u64,
}

/// A member of the player's party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Wire)]
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
#[derive(Debug, Serialize, Wire)]
pub struct Open<'a> {
    party_id: PartyId,
    party_name: Option<&'a PartyName>,
    inviter_id: CharacterId,
    inviter_name: &'a CharacterName,
    /// At the moment that it is read.
    seconds_left: Seconds,
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
            seconds_left: Seconds::at_least(self.expires.since(now) as f64 / 1000.0),
        }
    }
}

/// How an invitation has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The player has joined the party.
    Accepted,
    /// The player has turned it down.
    Declined,
    /// The leader has taken it back, or the party has ended.
    Withdrawn,
    /// Its time is over.
    Expired,
}

/// What a game is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The party has changed; `None` if the player is in none any more.
    Party(Option<Box<Party>>),
    /// A member has come into the world or left it.
    Presence(Presence),
    /// The player is invited.
    Invited(Invitation),
    /// An invitation has ended.
    Ended(Ended),
}

/// See [`News::Presence`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Wire)]
#[allow(missing_docs)]
pub struct Presence {
    pub party_id: PartyId,
    pub character_id: CharacterId,
    pub character_name: CharacterName,
    pub online: bool,
}

/// See [`News::Ended`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Wire)]
#[allow(missing_docs)]
pub struct Ended {
    pub party_id: PartyId,
    pub party_name: Option<PartyName>,
    pub inviter_id: CharacterId,
    pub inviter_name: CharacterName,
    pub outcome: Outcome,
}

pub(super) fn ended(invitation: Invitation, outcome: Outcome) -> News {
    let Invitation { party_id, party_name, inviter_id, inviter_name, .. } = invitation;
    News::Ended(Ended { party_id, party_name, inviter_id, inviter_name, outcome })
}

/// For events: an object with the party or null.
#[derive(Debug, Serialize, Wire)]
pub struct PartyEvent<'a> {
    /// The player's party.
    pub party: Option<&'a Party>,
}

impl News {
    /// The event that the game hears, by its name, and what it holds at this moment.
    #[must_use]
    pub fn shown(&self, now: Millis) -> (&'static str, Shown) {
        match self {
            Self::Party(party) => ("party", Shown::of(&PartyEvent { party: party.as_deref() })),
            Self::Presence(presence) => ("party_presence", Shown::of(presence)),
            Self::Invited(invitation) => ("invitation", Shown::of(&invitation.open(now))),
            Self::Ended(ended) => ("invitation_ended", Shown::of(ended)),
        }
    }
}

impl Wire for Outcome {
    const KIND: &'static Kind = &Kind::Names(&["accepted", "declined", "withdrawn", "expired"]);
}
