//! The Party: members, invitations, who leads.

use crate::calls::BatchNumber;
use crate::{
    calls::character::{Joiner, Presence, Visit},
    systems::chat::Utterance,
};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ErrorCode,
    ids::{CharacterId, PartyId},
    protocol::{
        chat::PastChat,
        party::{LootSharing, PartyInvite, PartyName, PartyUpdate},
    },
    text::CharacterName,
    time::Millis,
};

/// A party's object.
#[must_use]
pub fn object_name(party: PartyId) -> String {
    party.to_string()
}

/// What somebody who joins or looks is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// The party as it is.
    pub update: PartyUpdate,
    /// What was said last; only members are told.
    pub history: Vec<PastChat>,
}

calls!("PARTY",
    /// What a Party is asked. A `key` tells a request from all others: one that comes
    /// twice is served once. The key of the request by which somebody joins names the
    /// seat. Somebody who is not a member is refused with NOT_IN_PARTY, and a member who does not
    /// lead, where only the leader may, with NOT_LEADER.
    PartyCall {
        /// Founds the party. From `until` on it is refused with NOT_FOUND: by then the founder's
        /// Character has given its claim up, and the party may have come and gone.
        Create {
            key: u64,
            party: PartyId,
            name: Option<PartyName>,
            max_members: u8,
            founder: Joiner,
            until: Millis,
        } -> PartyUpdate;
        /// The party, to a member or somebody who is invited. Refused with NOT_FOUND.
        Look { character: CharacterId } -> View;
        /// Invites. Refused with PARTY_FULL, ALREADY_IN_PARTY, RATE_LIMITED.
        Invite { key: u64, by: CharacterId, invitee: CharacterId, name: CharacterName, visit: Visit } -> PartyInvite;
        /// Joins by an invitation. Refused with NOT_FOUND, PARTY_FULL.
        Accept { key: u64, invitation: u64, joiner: Joiner } -> PartyUpdate;
        /// Turns an invitation down. Refused with NOT_FOUND.
        Decline { key: u64, character: CharacterId, invitation: u64 } -> PartyUpdate;
        /// Leaves. The longest member leads if the leader has left. The party ends when the last
        /// member leaves.
        Leave { key: u64, character: CharacterId } -> PartyUpdate;
        /// Puts a member out. Refused with NOT_FOUND.
        Kick { key: u64, by: CharacterId, character: CharacterId } -> PartyUpdate;
        /// Takes an invitation back. Refused with NOT_FOUND.
        Withdraw { key: u64, by: CharacterId, character: CharacterId } -> PartyUpdate;
        /// Makes a member the leader. Refused with NOT_FOUND.
        Promote { key: u64, by: CharacterId, character: CharacterId } -> PartyUpdate;
        /// Changes the loot rule.
        SetLoot { key: u64, by: CharacterId, loot: LootSharing } -> PartyUpdate;
        /// Ends the party.
        Disband { key: u64, by: CharacterId } -> PartyUpdate;
        /// Whether a character has this seat.
        Holds { character: CharacterId, seat: u64 } -> bool;
        /// Where a member is. Refused with NOT_IN_PARTY if the seat is nobody's (yet).
        Report { character: CharacterId, seat: u64, presence: Presence } -> ();
        /// The hub where most of the others are. Refused with NOT_IN_PARTY.
        Gather { character: CharacterId } -> Option<u32>;
        /// Members say something. The answer has, for each utterance, why it was refused, if it
        /// was.
        Say { hub: u32, batch: BatchNumber, utterances: Vec<Utterance> } -> Vec<Option<ErrorCode>>;
    }
);
