//! What is said of a party, as its letters and its members' Characters store it. Clients are
//! told a [`PartyInvite`] and a [`PartyUpdate`] instead, which are made from these, so that
//! either may come to hold what the other does not. Ids, names and loot rules are spelled
//! here as they are on the wire: golden files pin both.

use crate::row::both_ways;
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ids::{CharacterId, PartyId},
    limits::MAX_PARTY,
    protocol::{
        Timestamp,
        bounded::List,
        party::{LootSharing, PartyInvite, PartyName, PartyUpdate},
    },
    text::CharacterName,
};

/// What an invitation says: the wire's invitation is made from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredInvite {
    party_id: PartyId,
    inviter_id: CharacterId,
    inviter_name: CharacterName,
    invitee_id: CharacterId,
    invitee_name: CharacterName,
    #[serde(default)]
    party_name: Option<PartyName>,
    /// Not said by builds that did not tell when an invitation ends.
    #[serde(default)]
    expires_at: Option<Timestamp>,
}

/// A party as it was when it had changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredUpdate {
    party_id: PartyId,
    #[serde(default)]
    party_name: Option<PartyName>,
    leader_id: CharacterId,
    member_ids: List<CharacterId, MAX_PARTY>,
    member_names: List<CharacterName, MAX_PARTY>,
    max_members: u8,
    loot_sharing: LootSharing,
    #[serde(default)]
    online: List<CharacterId, MAX_PARTY>,
    #[serde(default)]
    party_version: u64,
}

both_ways!(
    StoredInvite,
    PartyInvite { party_id, inviter_id, inviter_name, invitee_id, invitee_name, party_name, expires_at }
);

both_ways!(
    StoredUpdate,
    PartyUpdate {
        party_id,
        party_name,
        leader_id,
        member_ids,
        member_names,
        max_members,
        loot_sharing,
        online,
        party_version,
    }
);
