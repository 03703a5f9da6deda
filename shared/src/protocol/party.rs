//! Parties: who is in one, who is invited, who leads.
//!
//! Every change is told to every member as a [`PartyUpdate`], which also answers the request
//! for the change.

use super::{
    bounded::{List, Text},
    envelope::Timestamp,
};
use crate::{
    codec::table::{Take, Wire},
    ids::{CharacterId, PartyId},
    limits::{MAX_PARTY, MAX_PARTY_NAME},
    text::CharacterName,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use strum::{VariantArray, VariantNames};

/// A party's name, at most [`MAX_PARTY_NAME`] bytes. [`PartyCreate`] says what else the server
/// asks of a new name.
pub type PartyName = Text<MAX_PARTY_NAME>;

/// Who gets what an enemy leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, VariantArray, VariantNames)]
#[strum(serialize_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename_all = "lowercase"))]
pub enum LootSharing {
    /// Everybody the same.
    #[default]
    Equal,
    /// The leader decides.
    Leader,
    /// The dice decide.
    Roll,
}

wire_enum!(LootSharing, "must be equal, leader or roll");

/// `party_create`, client to server: founds a party. INVALID_FIELD and
/// NAME_RESERVED concern its name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PartyCreate {
    /// The party's name: at least a letter or a digit, single spaces between words, each word
    /// in one script; no invisible characters, no more than four marks on a letter.
    #[serde(default)]
    pub party_name: Option<PartyName>,
}

/// `party_invite`, client to server: an invitation by the leader. The answer is a copy of
/// it. RATE_LIMITED while sixteen are open, INVALID_FIELD if it names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SendPartyInvite {
    /// The party that the player leads.
    pub party_id: PartyId,
    /// Who is invited, by id.
    #[serde(default)]
    pub invitee_id: Option<CharacterId>,
    /// The player's own character; may be left out.
    #[serde(default)]
    pub inviter_id: Option<CharacterId>,
    /// Overwritten with the truth.
    #[serde(default)]
    pub inviter_name: Option<Text<256>>,
    /// Who is invited, by name, where there is no id; with one it is overwritten with the truth.
    #[serde(default)]
    pub invitee_name: Option<Text<256>>,
    /// Overwritten with the truth.
    #[serde(default)]
    pub party_name: Option<Text<256>>,
}

impl SendPartyInvite {
    /// An invitation of this character.
    #[must_use]
    pub const fn new(party_id: PartyId, invitee_id: CharacterId) -> Self {
        Self::of(party_id, Some(invitee_id), None)
    }

    /// An invitation of the character of this name.
    #[must_use]
    pub const fn by_name(party_id: PartyId, invitee_name: Text<256>) -> Self {
        Self::of(party_id, None, Some(invitee_name))
    }

    const fn of(party_id: PartyId, invitee_id: Option<CharacterId>, invitee_name: Option<Text<256>>) -> Self {
        Self { party_id, invitee_id, inviter_id: None, inviter_name: None, invitee_name, party_name: None }
    }
}

/// `party_invite`, server to client: an invitation, good for five minutes and once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PartyInvite {
    /// The party.
    pub party_id: PartyId,
    /// Its leader.
    pub inviter_id: CharacterId,
    /// The leader's name.
    pub inviter_name: CharacterName,
    /// Who is invited.
    pub invitee_id: CharacterId,
    /// The invited's name.
    pub invitee_name: CharacterName,
    /// The party's name.
    #[serde(default)]
    pub party_name: Option<PartyName>,
    /// When it ends.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// `party_accept`, `party_decline`, `party_leave` and `party_disband`, client to
/// server. Only the leader may disband a party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PartyReference {
    /// The party.
    pub party_id: PartyId,
}

/// `party_kick`, `party_withdraw` and `party_promote`, client to server, by the
/// leader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PartyMember {
    /// The party that the player leads.
    pub party_id: PartyId,
    /// Whom it concerns.
    pub character_id: CharacterId,
}

/// `party_loot`, client to server: the leader changes the loot rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PartyLoot {
    /// The party that the player leads.
    pub party_id: PartyId,
    /// The rule from now on.
    pub loot_sharing: LootSharing,
}

/// `party_update`, server to client: the party as it is now. Every change is told to
/// every member, also that an invitation was declined or taken back, and that a member came
/// into the world or left it. A character that is out, or whose party has ended, gets a last
/// one without itself in it; so does a character that has declined an invitation or whose
/// invitation was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Take, Wire)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PartyUpdate {
    /// The party.
    pub party_id: PartyId,
    /// Its name.
    #[serde(default)]
    pub party_name: Option<PartyName>,
    /// Who leads it.
    pub leader_id: CharacterId,
    /// Its members, the longest first.
    pub member_ids: List<CharacterId, MAX_PARTY>,
    /// Their names, in the same order.
    pub member_names: List<CharacterName, MAX_PARTY>,
    /// How many it may have.
    pub max_members: u8,
    /// The loot rule.
    pub loot_sharing: LootSharing,
    /// Which members are in the world.
    #[serde(default)]
    pub online: List<CharacterId, MAX_PARTY>,
    /// Rises with every change and never goes back. (Not `version`: in JSON that
    /// is the envelope's.)
    #[serde(default)]
    pub party_version: u64,
}
