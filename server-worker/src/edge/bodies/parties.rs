//! The bodies of routes about parties.

use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ids::{CharacterId, PartyId},
    protocol::party::{LootSharing, PartyName, PartyUpdate},
    text::CharacterName,
};

/// `POST /api/party/invite`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Invite {
    /// The party one leads.
    pub party_id: PartyId,
    /// Who is invited.
    pub invitee_id: CharacterId,
}

/// A party that was founded.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct PartyFounded {
    pub success: bool,
    pub party_id: PartyId,
    pub party_name: Option<PartyName>,
}

/// A party.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PartyBody {
    /// The party.
    pub id: PartyId,
    /// Its name.
    pub party_name: Option<PartyName>,
    /// Who leads it.
    pub leader_id: CharacterId,
    /// Always true: a party that has ended is not found.
    pub is_active: bool,
    /// How many members it may have.
    pub max_members: u8,
    /// How many it has.
    pub member_count: usize,
    /// The loot rule.
    pub loot_sharing: LootSharing,
    /// The longest first.
    pub members: Vec<PartyMemberBody>,
}

/// A member of a party.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PartyMemberBody {
    /// Who.
    pub character_id: CharacterId,
    /// Its name.
    pub name: CharacterName,
    /// Whether it is in the world.
    pub online: bool,
}

impl From<PartyUpdate> for PartyBody {
    fn from(update: PartyUpdate) -> Self {
        let members = update.member_ids.iter().zip(update.member_names.iter());
        let members = members.map(|(id, name)| PartyMemberBody {
            character_id: *id,
            name: name.clone(),
            online: update.online.contains(id),
        });
        Self {
            id: update.party_id,
            leader_id: update.leader_id,
            is_active: true,
            max_members: update.max_members,
            member_count: update.member_ids.len(),
            loot_sharing: update.loot_sharing,
            members: members.collect(),
            party_name: update.party_name,
        }
    }
}
