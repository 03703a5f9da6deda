//! What a party is: the part that is stored as it stands.

use crate::calls::character::{Presence, Visit};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ids::{CharacterId, PartyId},
    protocol::{
        Timestamp,
        bounded::List,
        party::{LootSharing, PartyInvite, PartyName, PartyUpdate},
    },
    text::CharacterName,
    time::Millis,
};

/// A party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Its id.
    pub id: PartyId,
    /// Its name.
    pub name: Option<PartyName>,
    /// How many members it may have.
    pub max_members: u8,
    /// The loot rule.
    pub loot: LootSharing,
    /// Who leads; who led last, once it has ended.
    pub leader: CharacterId,
    /// Rises with every change.
    pub version: u64,
    /// Whether it has ended. It stays so until it is forgotten: a repeated founding must
    /// not revive it.
    pub ended: bool,
    /// When it ended.
    #[serde(default)]
    pub ended_at: Option<Millis>,
    /// Since when none of its members is in the world.
    pub deserted: Option<Millis>,
    /// The longest first.
    pub members: Vec<Member>,
    /// The oldest first.
    pub invitations: Vec<Invitation>,
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub character: CharacterId,
    /// Its name.
    pub name: CharacterName,
    /// The key of the request by which it joined.
    pub seat: u64,
    /// Where it is.
    pub presence: Presence,
}

/// An open invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Who is invited.
    pub character: CharacterId,
    /// Its name.
    pub name: CharacterName,
    /// The key of the request by which it was invited.
    pub key: u64,
    /// Until when it is good.
    pub expires: Millis,
    /// Where it was when it was invited.
    pub visit: Visit,
}

impl State {
    /// The party as its members are told of it.
    #[must_use]
    pub fn update(&self) -> PartyUpdate {
        let online = self.members.iter().filter(|member| member.presence.visit.is_some());
        PartyUpdate {
            party_id: self.id,
            party_name: self.name.clone(),
            leader_id: self.leader,
            member_ids: List::of(self.members.iter().map(|member| member.character)),
            member_names: List::of(self.members.iter().map(|member| member.name.clone())),
            max_members: self.max_members,
            loot_sharing: self.loot,
            online: List::of(online.map(|member| member.character)),
            party_version: self.version,
        }
    }

    /// A member.
    #[must_use]
    pub fn member(&self, character: CharacterId) -> Option<&Member> {
        self.members.iter().find(|member| member.character == character)
    }

    /// Whether there is no room.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.members.len() >= usize::from(self.max_members)
    }

    /// An invitation that is good at this time.
    #[must_use]
    pub fn invitation(&self, character: CharacterId, now: Millis) -> Option<&Invitation> {
        self.invitations.iter().find(|open| open.character == character && open.expires > now)
    }

    /// An invitation as the invited is told of it; from the leader, who alone invites.
    #[must_use]
    pub fn invite(&self, invitee: CharacterId, name: &CharacterName, expires: Option<Millis>) -> Option<PartyInvite> {
        Some(PartyInvite {
            party_id: self.id,
            inviter_id: self.leader,
            inviter_name: self.member(self.leader)?.name.clone(),
            invitee_id: invitee,
            invitee_name: name.clone(),
            party_name: self.name.clone(),
            expires_at: expires.map(Timestamp),
        })
    }

    /// Where those members are who are in the world.
    pub fn places(&self) -> impl Iterator<Item = (CharacterId, Visit)> {
        self.members.iter().filter_map(|member| Some((member.character, member.presence.visit?)))
    }
}
