//! The Hub: sockets and who stands where.

use super::party::{Place, Word};
use crate::{
    chat::Spoken,
    effect::{Reply, reply},
};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ErrorCode,
    crypto::token::SessionId,
    ids::{CharacterId, PartyId},
    protocol::{
        chat::{Chat, WorldAnnouncement},
        party::{PartyInvite, PartyUpdate},
    },
    time::Millis,
};

/// What the World has to say to everybody in a hub, in its order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum News {
    /// Somebody said something.
    Spoken(Spoken),
    /// Those who run the realm announce something.
    Announced {
        /// Its number, rising with those of what is said.
        number: u64,
        /// What.
        announcement: WorldAnnouncement,
    },
}

impl News {
    /// Its number in the World's order.
    #[must_use]
    pub const fn number(&self) -> u64 {
        match self {
            Self::Spoken(spoken) => spoken.number,
            Self::Announced { number, .. } => *number,
        }
    }
}

/// A hub's object, by its number in the realm.
#[must_use]
pub fn object_name(number: u32) -> String {
    format!("{}-{number}", super::world::REALM)
}

/// The number that a hub's name ends with.
#[must_use]
pub fn number_of(name: &str) -> Option<u32> {
    name.rsplit('-').next().and_then(|number| number.parse().ok())
}

/// What a hub that holds nobody answers: a damaged one does, so that what others believe
/// to be there runs out, and letters to it are done with.
#[must_use]
pub fn answer_of_nobody(call: HubCall) -> Reply {
    match call {
        HubCall::Open(_) => reply::<Open>(Ok(false)),
        HubCall::Holds(_) => reply::<Holds>(Ok(false)),
        HubCall::Invited(_) => reply::<Invited>(Ok(false)),
        HubCall::Whisper(_) => reply::<Whisper>(Ok(false)),
        HubCall::PartyChanged(call) => reply::<PartyChanged>(Ok(call.to)),
        HubCall::EndSession(_)
        | HubCall::RenewSession(_)
        | HubCall::EnterWorld(_)
        | HubCall::Stop(_)
        | HubCall::Displaced(_)
        | HubCall::Broadcast(_)
        | HubCall::PartyTalk(_)
        | HubCall::Silence(_) => reply::<Stop>(Ok(())),
    }
}

calls!("HUB",
    /// What a Hub is asked by other objects.
    HubCall {
        /// Whether it takes players: a damaged hub does not.
        Open {} -> bool;
        /// A session has ended: its socket is closed, and the code says why.
        EndSession { session: SessionId, code: ErrorCode } -> ();
        /// Whether a character is in the world on this connection.
        Holds { character: CharacterId, connection: u64 } -> bool;
        /// A session has another token: its socket stays.
        RenewSession { old: SessionId, new: SessionId } -> ();
        /// A session has selected a character: it enters the world on the
        /// session's socket.
        EnterWorld { session: SessionId, character: CharacterId } -> ();
        /// The server stops: all sockets are closed, to resume, and none is let in
        /// for some seconds.
        Stop {} -> ();
        /// A character is in another hub now: its connection here is closed.
        Displaced { character: CharacterId, connection: u64 } -> ();
        /// What was said and announced, in the World's order.
        Broadcast { news: Vec<News> } -> ();
        /// What was said in parties.
        PartyTalk { party: PartyId, words: Vec<Word> } -> ();
        /// A party as it is now, for these who are in it or were; those of them who are
        /// not here.
        PartyChanged { update: PartyUpdate, to: Vec<Place> } -> Vec<Place>;
        /// Somebody is invited into a party. Whether it is here.
        Invited { key: u64, invite: PartyInvite, connection: u64 } -> bool;
        /// Somebody is whispered to. Whether it is here.
        Whisper { chat: Chat, connection: u64 } -> bool;
        /// A session may not speak until then, or may again.
        Silence { session: SessionId, until: Option<Millis> } -> ();
    }
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::{Call, character::Visit};
    use shardlink_shared::{
        Refusal,
        protocol::{bounded::List, party::LootSharing},
    };

    #[test]
    fn a_damaged_hub_answers_as_one_that_holds_nobody() {
        fn ask<C: Call>(call: C) -> C::Answer {
            let Reply(text) = answer_of_nobody(serde_json::from_str(&call.encode()).unwrap());
            serde_json::from_str::<Result<C::Answer, Refusal>>(&text).unwrap().unwrap()
        }
        let character = CharacterId::new(7).unwrap();
        assert!(!ask(Open {}));
        assert!(!ask(Holds { character, connection: 1 }));
        ask(Stop {});
        ask(Displaced { character, connection: 1 });
        let to = vec![(character, Visit { hub: 0, connection: 1 })];
        let update = PartyUpdate {
            party_id: PartyId::new(1 << 40).unwrap(),
            party_name: None,
            leader_id: character,
            member_ids: List::default(),
            member_names: List::default(),
            max_members: 4,
            loot_sharing: LootSharing::default(),
            online: List::default(),
            party_version: 1,
        };
        assert_eq!(ask(PartyChanged { update, to: to.clone() }), to);
    }
}
