//! The Hub: sockets and who stands where.

use super::{character::Place, packed};
use crate::{
    effect::{Reply, reply},
    systems::Change,
};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ErrorCode,
    crypto::token::SessionId,
    ids::CharacterId,
    protocol::{RequestId, ServerMessage},
    time::Millis,
    world::Faction,
};

/// Which request a delivery answers: the asker's own copy is the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The asker's hub.
    pub hub: u32,
    /// The asker's connection there.
    pub connection: u64,
    /// The asker's own name for the request.
    pub request: Option<String>,
}

impl Origin {
    /// The request that is answered on this connection of this hub.
    #[must_use]
    pub fn request(&self) -> Option<RequestId> {
        self.request.as_deref().and_then(RequestId::from_text)
    }
}

/// Who in a hub is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Audience {
    /// These, each on this visit and no other.
    Places(Vec<Place>),
    /// Everybody.
    Everybody,
    /// A faction.
    Faction(Faction),
    /// Whoever sees this character.
    WhoSees(CharacterId),
}

/// What tells a delivery from others, so that one that comes twice is told once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Key {
    /// Its place in a sender's order: what is not after the last is not told. World is
    /// [`WORLD_SPEAKS`] and [`WORLD_STATE`], and any other sender the id that is its name.
    InOrder {
        /// The sender.
        sender: u64,
        /// Rises with each.
        number: u64,
    },
    /// Drawn at random for it.
    Once(u64),
    /// It comes once; or the facts that it changes know whether it is news.
    Unkeyed,
}

/// How players are told something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Telling {
    /// It is stored before it is sent, and told again to a player who resumes.
    Reliably,
    /// It is sent once to those who are there, and never stored.
    Once,
    /// Likewise, and only the newest of its type counts: it is told when it differs from what
    /// was told last, every [`LATEST_INTERVAL`] at most, and to each player who enters or resumes.
    ///
    /// [`LATEST_INTERVAL`]: shardlink_shared::limits::LATEST_INTERVAL
    Latest,
}

/// World's number as a sender of what is said and announced.
pub const WORLD_SPEAKS: u64 = 0;

/// World's number as a sender of what the realm is like.
pub const WORLD_STATE: u64 = 1;

/// Something that players in a hub are told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// What tells it from others.
    pub key: Key,
    /// Who is told.
    pub to: Audience,
    /// Whose word it is: whoever does not want to hear that character is not told.
    pub from: Option<CharacterId>,
    /// Whose request it answers: that one is told too.
    pub answers: Option<Origin>,
    /// What.
    #[serde(with = "packed")]
    pub message: ServerMessage,
    /// How.
    pub telling: Telling,
    /// How it changes what the hub keeps of whoever is told: those to whom that is no news are
    /// not told.
    pub change: Option<Change>,
}

impl Delivery {
    /// Those who are told by name.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        if let Audience::Places(places) = &self.to { places } else { &[] }
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
        HubCall::Deliver(call) => {
            reply::<Deliver>(Ok(call.deliveries.iter().flat_map(Delivery::places).copied().collect()))
        }
        HubCall::EndSession(_)
        | HubCall::RenewSession(_)
        | HubCall::EnterWorld(_)
        | HubCall::Stop(_)
        | HubCall::Displaced(_)
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
        /// Players in it are told something, in this order: the one way by which objects speak to
        /// players. Those of the places named who are not here.
        Deliver { deliveries: Vec<Delivery> } -> Vec<Place>;
        /// A session may not speak until then, or may again.
        Silence { session: SessionId, until: Option<Millis> } -> ();
    }
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::{Call, character::Visit};
    use shardlink_shared::{Refusal, protocol::account::Pong};

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
        let delivery = |to| Delivery {
            key: Key::Once(1),
            to,
            from: None,
            answers: None,
            message: ServerMessage::Pong(Pong::default()),
            telling: Telling::Reliably,
            change: None,
        };
        let to = vec![(character, Visit { hub: 0, connection: 1 })];
        let deliveries = vec![delivery(Audience::Places(to.clone())), delivery(Audience::Everybody)];
        assert_eq!(ask(Deliver { deliveries }), to);
    }
}
