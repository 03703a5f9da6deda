//! A connection: a socket and what is known of who is at its other end.

use crate::{
    calls::{character::Visit, hub::Delivery},
    hub::area::evidence::Conduct,
    systems::{self, Facts, Request},
};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ErrorCode, Refusal,
    codec::Encoding,
    crypto::token::{ResumeToken, SessionId},
    ids::{CharacterId, PlayerId},
    limits::{ABUSE_WINDOW, HEARTBEAT_RATE, MAX_QUEUED, MOVE_RATE, OTHER_RATE, PENDING_TIMEOUT, Rate},
    protocol::{ClientMessage, MessageSet, RequestId, ServerMessage, character::CharacterUpdate},
    rules::{
        character::walking_speed,
        interest::Cell,
        movement::Motion,
        rate::{Bucket, Strikes},
    },
    sheet::{ENTRANCE, Sheet},
    text::CharacterName,
    time::Millis,
    vector::Vec3,
    world::Faction,
};
use std::collections::VecDeque;

/// A connection's number in its hub: random, so that no two visits share one. A client that
/// resumes has the same number again, on another socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ConnectionId(pub u64);

impl ConnectionId {
    /// The stay of a character on it, in this hub.
    #[must_use]
    pub const fn visit(self, hub: u32) -> Visit {
        Visit { hub, connection: self.0 }
    }
}

/// The tags of the messages that clients of the first generation can read. They know of none that
/// came after them.
const FIRST_GENERATION: &[u8] = &[
    2, 3, 5, 10, 13, 20, 22, 23, 24, 26, 30, 31, 32, 33, 34, 41, 50, 55, 56, 59, 60, 61, 62, 70, 71, 72, 73, 74, 80,
    83, 84, 85, 90, 92, 100, 110, 120, 121,
];

/// What tells a ticket from others.
pub type Nonce = [u8; 8];

/// A socket and who is at its other end.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Its number.
    pub id: ConnectionId,
    /// The encoding it speaks.
    pub encoding: Encoding,
    /// Whether its client is of the first generation: it speaks JSON, and offered no
    /// subprotocol. Such a client cannot read what came into the protocol after it.
    pub first_generation: bool,
    /// The address it came from, for the limit on pending sockets.
    pub address: String,
    /// How far it has come.
    pub stage: Stage,
    /// What is being asked about it, while frames wait.
    pub waiting: Option<Waiting>,
    /// How much it may send.
    pub allowance: Allowance,
    /// The requests that are done one after the other.
    pub turns: Turns,
    /// Until when it may not speak.
    pub silenced: Option<Millis>,
    /// Until when its place is kept, since its socket was lost.
    pub held: Option<Millis>,
    /// What it showed to resume, until it has.
    pub returning: Option<ResumeToken>,
    /// The last reliable message before its character entered the world.
    pub since: u64,
    /// The last reliable message that its client says it has.
    pub acked: Option<u64>,
    /// The last reliable message for it that was forgotten before its client had it.
    pub forgotten: u64,
    /// Positions that came from it since the hub's pace was last looked at.
    pub moves: u32,
    /// Whether it does not keep up with what it is sent: then it is told no positions.
    pub behind: bool,
    /// Whether a crash may have cost the hub a word of its session: the account is asked
    /// before the place is resumed.
    pub doubted: bool,
}

/// What has come while a question is open.
#[derive(Debug, Clone, Default)]
pub struct Waiting {
    /// Messages in their order.
    pub held: Held,
    /// How many words of sessions the hub had heard when the question was asked.
    pub heard: u64,
    /// The ticket it is about, and until when that is good.
    pub ticket: Option<(Nonce, Millis)>,
}

/// A request of a system's that has to wait.
#[derive(Debug, Clone, PartialEq)]
pub struct Queued {
    /// The client's own name for it.
    pub request: Option<RequestId>,
    /// Whether the client has asked.
    pub is_asked: bool,
    /// What is asked for.
    pub wanted: Request,
}

/// Requests that are done one after the other, because one may depend on the last.
#[derive(Debug, Clone, Default)]
pub struct Turns {
    /// The system whose request is being served.
    under_way: Option<u8>,
    waiting: VecDeque<Queued>,
    /// Deliveries that have come from systems of which a request is open: the answer to a request
    /// comes before what others tell of the same thing.
    deferred: Vec<Delivery>,
}

/// The most deliveries that wait for answers. Of more, the oldest is dropped: the newer ones have
/// its facts too.
const MAX_DEFERRED: usize = 16;

impl Turns {
    /// Whether a request has to wait.
    #[must_use]
    pub const fn is_busy(&self) -> bool {
        self.under_way.is_some()
    }

    /// Adds a request, and returns it if it may be served now.
    ///
    /// # Errors
    /// RATE_LIMITED if too many wait.
    pub(in crate::hub) fn add(&mut self, queued: Queued) -> Result<Option<Queued>, Refusal> {
        if self.under_way.is_none() {
            self.under_way = Some(queued.wanted.system());
            return Ok(Some(queued));
        }
        if self.waiting.len() >= MAX_QUEUED {
            return Err(ErrorCode::RateLimited.into());
        }
        self.waiting.push_back(queued);
        Ok(None)
    }

    /// The last request is answered. Returns the next one.
    pub(in crate::hub) fn next(&mut self) -> Option<Queued> {
        let next = self.waiting.pop_front();
        self.under_way = next.as_ref().map(|queued| queued.wanted.system());
        next
    }

    /// Whether a request of this system is open.
    #[must_use]
    pub(in crate::hub) fn is_open(&self, system: u8) -> bool {
        self.under_way == Some(system) || self.waiting.iter().any(|queued| queued.wanted.system() == system)
    }

    /// Keeps a delivery, to be told after the answer.
    pub(in crate::hub) fn defer(&mut self, delivery: Delivery) {
        if self.deferred.len() >= MAX_DEFERRED {
            self.deferred.remove(0);
        }
        self.deferred.push(delivery);
    }

    /// Takes out the deliveries that have no answer to wait for any more.
    pub(in crate::hub) fn take_deferred(&mut self) -> Vec<Delivery> {
        let is_open = |delivery: &Delivery| delivery.change.as_ref().is_some_and(|one| self.is_open(one.system()));
        let (rest, free) = self.deferred.iter().cloned().partition(is_open);
        self.deferred = rest;
        free
    }
}

/// Messages that wait, each with its request.
pub type Held = VecDeque<(Option<RequestId>, ClientMessage)>;

/// How far a connection has come.
#[derive(Debug, Clone)]
pub enum Stage {
    /// Not authenticated: closed at this time.
    Pending {
        /// When it is closed.
        until: Millis,
        /// How often authentication has failed.
        failed: u8,
    },
    /// Authenticated, without a character.
    Authenticated(Identity),
    /// In the world.
    Playing(Box<Player>),
}

/// Who is at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The session.
    pub session: SessionId,
    /// Its account.
    pub player: PlayerId,
}

/// A character in the world.
#[derive(Debug, Clone)]
pub struct Player {
    /// Who plays it.
    pub identity: Identity,
    /// The character.
    pub character: CharacterId,
    /// Its name.
    pub name: CharacterName,
    /// Its faction.
    pub faction: Faction,
    /// Its level.
    pub level: u32,
    /// Its highest speed in metres a second.
    pub speed: f64,
    /// Where it is.
    pub motion: Motion,
    /// The cell that it is seen in: which one depends, at a border, on where it came from.
    pub cell: Cell,
    /// Its number in position frames.
    pub slot: u16,
    /// The number of its last accepted step, if it numbers them.
    pub step: Option<u32>,
    /// How it has moved lately.
    pub conduct: Conduct,
    /// When its place was last written into the attachment.
    pub attached: Millis,
    /// Whether it has moved since.
    pub unsaved: bool,
    /// Whether it has moved since its place was last written into its row.
    pub unstored: bool,
    /// What is kept of it for systems.
    pub facts: Facts,
}

impl Player {
    /// A character at the entrance of the location where it was last.
    #[must_use]
    pub fn entering(identity: Identity, sheet: &Sheet, slot: u16, now: Millis) -> Self {
        Self {
            identity,
            character: sheet.id,
            name: sheet.name.clone(),
            faction: sheet.faction,
            level: sheet.progression.level,
            speed: walking_speed(&sheet.stats),
            motion: Motion::entering(sheet.location_id, now),
            cell: Cell::of(ENTRANCE),
            slot,
            step: None,
            conduct: Conduct::default(),
            attached: now,
            unsaved: false,
            unstored: false,
            facts: Facts::default(),
        }
    }

    /// What others see of it when they see it at this position.
    #[must_use]
    pub fn seen_at(&self, position: Vec3) -> CharacterUpdate {
        CharacterUpdate {
            location_id: Some(self.motion.location),
            position: Some(position),
            level: Some(self.level),
            faction: Some(self.faction),
            ..CharacterUpdate::of(self.character, self.name.clone())
        }
    }
}

impl Connection {
    /// A socket that has just been opened.
    #[must_use]
    pub fn pending(id: ConnectionId, encoding: Encoding, address: String, now: Millis) -> Self {
        Self {
            id,
            encoding,
            first_generation: false,
            address,
            stage: Stage::Pending { until: now + PENDING_TIMEOUT, failed: 0 },
            waiting: None,
            allowance: Allowance::full(now),
            turns: Turns::default(),
            silenced: None,
            held: None,
            returning: None,
            since: 0,
            acked: None,
            forgotten: 0,
            moves: 0,
            behind: false,
            doubted: false,
        }
    }

    /// Counts a message.
    ///
    /// # Errors
    /// It is more than the connection may send.
    pub fn take(&mut self, message: &ClientMessage, pace: Option<Rate>, now: Millis) -> Result<(), Over> {
        let is_position = match message {
            ClientMessage::Move(step) => step.to_location_id.is_none(),
            ClientMessage::OwnMove(_) => true,
            _ => false,
        };
        if is_position {
            self.moves = self.moves.saturating_add(1);
            return self.allowance.take_move(pace, now);
        }
        self.allowance.take(message, now)
    }

    /// Who is at the other end, if that is known.
    #[must_use]
    pub fn identity(&self) -> Option<Identity> {
        match &self.stage {
            Stage::Pending { .. } => None,
            Stage::Authenticated(identity) => Some(*identity),
            Stage::Playing(player) => Some(player.identity),
        }
    }

    /// Whether its client can read a message that it has not asked for.
    #[must_use]
    pub fn reads(&self, message: &ServerMessage) -> bool {
        !self.first_generation || FIRST_GENERATION.contains(&message.message_type().tag)
    }

    /// Whether it is told what it sees.
    #[must_use]
    pub const fn hears(&self) -> bool {
        !self.behind && self.held.is_none()
    }

    /// Names the session by its new token.
    pub fn renew(&mut self, session: SessionId) {
        match &mut self.stage {
            Stage::Pending { .. } => {}
            Stage::Authenticated(identity) => identity.session = session,
            Stage::Playing(player) => player.identity.session = session,
        }
    }

    /// The character in the world, to be changed.
    pub(in crate::hub) fn player_mut(&mut self) -> Option<&mut Player> {
        match &mut self.stage {
            Stage::Playing(player) => Some(player),
            _ => None,
        }
    }

    /// The character in the world.
    #[must_use]
    pub fn player(&self) -> Option<&Player> {
        match &self.stage {
            Stage::Playing(player) => Some(player),
            _ => None,
        }
    }
}

/// How much a connection may send. It is not kept in the attachment: a hub sleeps after 10 s
/// without a message at the soonest, and by then every bucket is full and every strike forgotten
/// (`attachment.rs` proves it).
#[derive(Debug, Clone, PartialEq)]
pub struct Allowance {
    moves: Bucket,
    /// Positions, where the hub's pace is lower than [`MOVE_RATE`].
    paced: Bucket,
    other: Bucket,
    heartbeats: Bucket,
    /// For messages whose system has a rate of its own: a bucket by the system's number, made
    /// when the first one comes.
    own: Vec<(u8, Bucket)>,
    /// Undecodable messages lately.
    pub invalid: Strikes,
    /// Messages above the rate lately.
    pub refused: Strikes,
}

/// More than a connection may send.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Over {
    /// Above the rate that always holds: the seconds to wait, and how many messages were above it
    /// lately.
    Rate(f64, u32),
    /// Above the pace that the hub sets: the seconds to wait.
    Pace(f64),
}

impl Allowance {
    /// Nothing used yet.
    #[must_use]
    pub fn full(now: Millis) -> Self {
        Self {
            moves: Bucket::full(MOVE_RATE, now),
            paced: Bucket::full(MOVE_RATE, now),
            other: Bucket::full(OTHER_RATE, now),
            heartbeats: Bucket::full(HEARTBEAT_RATE, now),
            own: Vec::new(),
            invalid: Strikes::default(),
            refused: Strikes::default(),
        }
    }

    /// Counts a position, at this pace if one is set.
    ///
    /// # Errors
    /// It is too many.
    pub fn take_move(&mut self, pace: Option<Rate>, now: Millis) -> Result<(), Over> {
        self.moves
            .take(MOVE_RATE, now)
            .map_err(|seconds| Over::Rate(seconds, self.refused.count(ABUSE_WINDOW, now)))?;
        match pace {
            Some(rate) => self.paced.take(rate, now).map_err(Over::Pace),
            None => Ok(()),
        }
    }

    /// Counts a heartbeat.
    ///
    /// # Errors
    /// It is too many: how many messages were above the rate lately.
    pub fn take_heartbeat(&mut self, now: Millis) -> Result<(), u32> {
        self.heartbeats.take(HEARTBEAT_RATE, now).map_err(|_| self.refused.count(ABUSE_WINDOW, now))
    }

    /// Counts any other message.
    fn take(&mut self, message: &ClientMessage, now: Millis) -> Result<(), Over> {
        let taken = match systems::own_rate(message) {
            Some((system, rate)) => self.own_bucket(system, rate, now).take(rate, now),
            None => self.other.take(OTHER_RATE, now),
        };
        taken.map_err(|seconds| Over::Rate(seconds, self.refused.count(ABUSE_WINDOW, now)))
    }

    fn own_bucket(&mut self, system: u8, rate: Rate, now: Millis) -> &mut Bucket {
        let at = self.own.iter().position(|(known, _)| *known == system).unwrap_or_else(|| {
            self.own.push((system, Bucket::full(rate, now)));
            self.own.len() - 1
        });
        // It is there: it was found or has just been added.
        #[allow(clippy::indexing_slicing)]
        &mut self.own[at].1
    }
}
