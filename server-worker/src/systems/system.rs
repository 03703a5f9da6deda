//! What a system is: how its messages are served, what a hub keeps of a player for it, and
//! what it keeps in a hub's memory.

use super::{Change, Facts, Remembered, Request};
use crate::calls::BatchNumber;
use crate::{
    calls::{
        character::{Entered, Visit},
        hub::{Delivery, Origin},
    },
    config::Config,
    service::{Actor, Platform, Result},
    text::filter::WordList,
};
use serde::{Serialize, de::DeserializeOwned};
use shardlink_shared::{
    ErrorCode, Refusal,
    ids::CharacterId,
    limits::{OTHER_RATE, Rate},
    protocol::{ClientMessage, RequestId, ServerMessage},
    text::CharacterName,
    time::Millis,
    world::Faction,
};
use std::fmt::Debug;

/// A folder of what players do beyond walking. A row of the table in `systems/mod.rs` names it.
#[allow(async_fn_in_trait)] // One thread: no future of ours has to be Send.
pub trait System {
    /// What a client may want of it.
    type Request: Clone + Debug + PartialEq;

    /// What a hub keeps of a player for it.
    type Fact: Fact;

    /// What it keeps in a hub's memory.
    type Local: Local;

    /// The request in a message.
    ///
    /// # Errors
    /// The message, if it is another system's.
    fn read(message: ClientMessage) -> std::result::Result<Self::Request, Box<ClientMessage>>;

    /// How often a connection may send those of its messages that have a rate of their own.
    const RATE: Rate = OTHER_RATE;

    /// Whether a message has the system's own rate, and not that of all others.
    fn has_own_rate(_message: &ClientMessage) -> bool {
        false
    }

    /// Decides in the hub, where nothing can be waited for, how a request is served.
    ///
    /// # Errors
    /// What the hub can refuse by itself.
    fn begin(here: &Here<'_>, local: &Self::Local, request: Self::Request) -> Result<Step<Self::Request>>;

    /// Serves a request that [`System::begin`] has sent on.
    ///
    /// # Errors
    /// What the objects that it asks refuse.
    async fn serve(on: &impl Platform, settings: &Settings, asker: &Asker, request: Self::Request) -> Result<Reply>;

    /// Serves requests that were gathered in a lane: for each of them, what came of it.
    ///
    /// # Errors
    /// What is refused to all of them.
    async fn serve_together(
        _on: &impl Platform,
        _batch: &Batch,
        _requests: &[(Asker, Self::Request)],
    ) -> Result<Vec<Result<Reply>>> {
        Err(ErrorCode::NotAvailable.into())
    }

    /// What a character that enters the world is told of what is going on for it: its party, its
    /// invitations, and so on. What cannot be found out now is left out.
    async fn introduce(_on: &impl Platform, _entered: &Entered) -> Vec<Told> {
        Vec::new()
    }

    /// The requests that the system itself has for somebody who has entered the world, or
    /// resumed, without its client having asked.
    fn unasked(_occasion: Occasion, _fact: &Self::Fact, _local: &Self::Local) -> Vec<Self::Request> {
        Vec::new()
    }
}

/// What a hub keeps of a player for a system: small, because it is written to the socket's
/// attachment and to the place's row. A hub asks of it these three things and no more.
pub trait Fact: Clone + Debug + Default + PartialEq + Eq + Serialize + DeserializeOwned {
    /// Word that changes it.
    type Change: Clone + Debug + PartialEq + Eq + Serialize + DeserializeOwned;

    /// Takes word of a change. Returns whether it is news.
    fn take(&mut self, me: CharacterId, change: &Self::Change) -> bool;

    /// The group that the player is in, whose members are always listed to each other.
    fn group(&self) -> Option<GroupId> {
        None
    }

    /// Whether the player hears a sender.
    fn hears(&self, _sender: CharacterId) -> bool {
        true
    }

    /// Why a message is refused to the player now, if it is.
    fn refuses(&self, _message: &ClientMessage) -> Option<Refusal> {
        None
    }
}

/// The fact of a system that keeps nothing of players.
impl Fact for () {
    type Change = ();

    fn take(&mut self, _: CharacterId, (): &()) -> bool {
        false
    }
}

/// What a system keeps in a hub's memory. A sleep loses it, so a system must be able to do
/// without it.
pub trait Local: Debug + Default {
    /// What a reply hands it.
    type Memory: Clone + Debug + PartialEq;

    /// Something is told in this hub, or would be if somebody were here who hears it.
    fn heard(&mut self, _delivery: &Delivery, _now: Millis) {}

    /// Keeps what a reply has brought.
    fn remember(&mut self, memory: Self::Memory);
}

impl Local for () {
    type Memory = ();

    fn remember(&mut self, (): ()) {}
}

/// A group of players, by the id of what makes them one: a party's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupId(pub u64);

/// When a system has requests that no client has made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// A character has entered the world.
    Entered,
    /// A lost connection was resumed. Word of its group may have been lost in a crash.
    Resumed,
}

/// What the operator sets for systems.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The most members of a party.
    pub party_size: u8,
    /// Words that are masked in what is said.
    pub word_filter: Option<WordList>,
}

impl Settings {
    /// The settings in a configuration.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self { party_size: config.party_size, word_filter: config.word_filter.clone() }
    }
}

/// Who asks, as its hub knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// The character, for its owner.
    pub actor: Actor,
    /// Its name.
    pub name: CharacterName,
    /// Its faction.
    pub faction: Faction,
    /// Its stay in the hub.
    pub visit: Visit,
    /// The client's own name for the request; without one nobody waits for an answer.
    pub request: Option<RequestId>,
    /// Whether its client has asked: a client that has not is told of no refusal.
    pub is_asked: bool,
    /// Until when it may not speak.
    pub silenced: Option<Millis>,
    /// What is kept of it for all systems.
    pub facts: Facts,
}

impl Asker {
    /// What a delivery needs to be the answer to this request.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin {
            hub: self.visit.hub,
            connection: self.visit.connection,
            request: self.request.as_ref().map(ToString::to_string),
        }
    }
}

/// The hub that a request has come to.
pub struct Here<'a> {
    /// Who asks.
    pub asker: &'a Asker,
    /// The time.
    pub now: Millis,
    /// What the operator has set.
    pub settings: &'a Settings,
    /// Who else is here.
    pub players: &'a dyn Players,
    /// Whether an earlier request of the asker's, which comes first, is still being served.
    pub is_busy: bool,
}

/// Who is in a hub.
pub trait Players {
    /// A character, if it is here.
    fn by_id(&self, character: CharacterId) -> Option<Present>;

    /// The character of this name, if it is here.
    fn by_name(&self, name: &CharacterName) -> Option<Present>;
}

/// A character that is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// Who.
    pub character: CharacterId,
    /// Its name.
    pub name: CharacterName,
    /// Its stay.
    pub visit: Visit,
}

/// How a request is served.
#[derive(Debug, Clone, PartialEq)]
pub enum Step<R> {
    /// It is served already.
    Done(Box<Reply>),
    /// Other objects are asked, whatever else is being asked for the connection.
    AtOnce(R),
    /// Other objects are asked, after what the connection has asked for before: one request
    /// may depend on the last.
    InTurn(R),
    /// Other objects are asked once for all requests of a lane, in their order: requests that
    /// come while they are being asked wait, and go together next.
    Together(Lane, R),
}

impl<R> Step<R> {
    /// The same step of another request.
    pub fn map<T>(self, map: impl FnOnce(R) -> T) -> Step<T> {
        match self {
            Self::Done(reply) => Step::Done(reply),
            Self::AtOnce(request) => Step::AtOnce(map(request)),
            Self::InTurn(request) => Step::InTurn(map(request)),
            Self::Together(lane, request) => Step::Together(lane, map(request)),
        }
    }
}

/// Where requests are gathered: the system's name for such lanes, and the number of one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lane(pub &'static str, pub u64);

/// Requests that go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// From which hub.
    pub hub: u32,
    /// Which lane they were gathered in.
    pub lane: Lane,
    /// What tells the batch from others.
    pub number: BatchNumber,
}

/// What comes of a request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reply {
    /// The answer. A request without one is answered by a delivery that names its origin.
    pub answer: Option<Told>,
    /// What its hub tells others because of it.
    pub also: Vec<Delivery>,
    /// What the system remembers of it in the hub.
    pub remembered: Option<Remembered>,
    /// The request that is to be begun again, now that the hub remembers more.
    pub again: Option<Request>,
}

impl Reply {
    /// A reply with this answer.
    #[must_use]
    pub fn answer(told: Told) -> Self {
        Self { answer: Some(told), ..Self::default() }
    }

    /// A reply without an answer: a delivery answers the request, one of these or a later one by
    /// the object that brings it into an order.
    #[must_use]
    pub fn later(also: Vec<Delivery>) -> Self {
        Self { also, ..Self::default() }
    }
}

/// Something that one player is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The message.
    pub message: ServerMessage,
    /// Whether it is stored before it is sent, and told again to whoever resumes.
    pub is_reliable: bool,
    /// How it changes what the hub keeps of the player. If that is no news, the message is told
    /// only as an answer.
    pub change: Option<Change>,
}

impl Told {
    /// Told reliably.
    #[must_use]
    pub const fn reliably(message: ServerMessage) -> Self {
        Self { message, is_reliable: true, change: None }
    }

    /// Told once, to whoever is there.
    #[must_use]
    pub const fn once(message: ServerMessage) -> Self {
        Self { message, is_reliable: false, change: None }
    }

    /// The same, which changes what the hub keeps.
    #[must_use]
    pub fn changing(self, change: Change) -> Self {
        Self { change: Some(change), ..self }
    }
}
