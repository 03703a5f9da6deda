//! A connection: a socket and what is known of who is at its other end.

use crate::hub::{admission::tickets::Nonce, area::evidence::Conduct, desk::bonds::Bonds, outbox::Question};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ErrorCode, Refusal,
    codec::Encoding,
    crypto::token::{ResumeToken, SessionId},
    ids::{CharacterId, PlayerId},
    limits::{ABUSE_WINDOW, CHAT_RATE, HEARTBEAT_RATE, MAX_QUEUED, MOVE_RATE, OTHER_RATE, PENDING_TIMEOUT, Rate},
    protocol::{ClientMessage, RequestId, ServerMessage, character::CharacterUpdate},
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

/// A connection's number in its hub: random, so that no two visits share one. Whoever
/// resumes has the same again, on another socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ConnectionId(pub u64);

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
    pub lane: Requests,
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
    /// Whether it does not take what it is sent as fast as it is: then it is told no
    /// positions.
    pub behind: bool,
    /// Whether a crash may have cost the hub a word of its session: the account is asked
    /// before the place goes on.
    pub doubted: bool,
}

/// A question is open: what came meanwhile.
#[derive(Debug, Clone, Default)]
pub struct Waiting {
    /// Messages in their order.
    pub held: Held,
    /// How many words of sessions the hub had heard when it was asked.
    pub heard: u64,
    /// The ticket it is about, and until when that is good.
    pub ticket: Option<(Nonce, Millis)>,
}

/// Requests that are done one after the other, because one may depend on the last.
#[derive(Debug, Clone, Default)]
pub struct Requests {
    under_way: bool,
    about_party: bool,
    waiting: VecDeque<(Option<RequestId>, Question)>,
}

impl Requests {
    /// Whether a request has to wait.
    #[must_use]
    pub const fn is_busy(&self) -> bool {
        self.under_way
    }

    /// Whether the one under way is about a party.
    #[must_use]
    pub const fn is_about_party(&self) -> bool {
        self.under_way && self.about_party
    }

    /// Adds one: it, if it may be asked now.
    ///
    /// # Errors
    /// RATE_LIMITED if too many wait.
    pub(in crate::hub) fn add(
        &mut self,
        request: Option<RequestId>,
        question: Question,
    ) -> Result<Option<(Option<RequestId>, Question)>, Refusal> {
        if !self.under_way {
            (self.under_way, self.about_party) = (true, matches!(question, Question::Party(..)));
            return Ok(Some((request, question)));
        }
        if self.waiting.len() >= MAX_QUEUED {
            return Err(ErrorCode::RateLimited.into());
        }
        self.waiting.push_back((request, question));
        Ok(None)
    }

    /// The last one is answered: the next.
    pub(in crate::hub) fn next(&mut self) -> Option<(Option<RequestId>, Question)> {
        let next = self.waiting.pop_front();
        self.under_way = next.is_some();
        self.about_party = next.as_ref().is_some_and(|(_, question)| matches!(question, Question::Party(..)));
        next
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
    /// What ties it to others.
    pub bonds: Bonds,
}

impl Player {
    /// A character at the entrance of where it was last.
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
            bonds: Bonds::default(),
        }
    }

    /// What others see of it, who see it at this position.
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
            lane: Requests::default(),
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
    pub const fn reads(&self, message: &ServerMessage) -> bool {
        !self.first_generation
            || !matches!(
                message,
                ServerMessage::Pace(_)
                    | ServerMessage::PositionCorrection(_)
                    | ServerMessage::ChatHistory(_)
                    | ServerMessage::Mute(_)
                    | ServerMessage::Resumed(_)
            )
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

/// How much a connection may send. Not kept in the attachment: a hub sleeps after 10 s
/// without a message at the soonest, and by then every bucket is full and every strike
/// forgotten (`attachment.rs` proves it).
#[derive(Debug, Clone, PartialEq)]
pub struct Allowance {
    chat: Bucket,
    moves: Bucket,
    /// Positions, where the hub's pace is lower than [`MOVE_RATE`].
    paced: Bucket,
    other: Bucket,
    heartbeats: Bucket,
    /// Undecodable messages lately.
    pub invalid: Strikes,
    /// Messages above the rate lately.
    pub refused: Strikes,
}

/// More than a connection may send.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Over {
    /// Above what always holds: the seconds to wait, and how many were lately.
    Rate(f64, u32),
    /// Above the pace that the hub sets: the seconds to wait.
    Pace(f64),
}

impl Allowance {
    /// Nothing used yet.
    #[must_use]
    pub fn full(now: Millis) -> Self {
        Self {
            chat: Bucket::full(CHAT_RATE, now),
            moves: Bucket::full(MOVE_RATE, now),
            paced: Bucket::full(MOVE_RATE, now),
            other: Bucket::full(OTHER_RATE, now),
            heartbeats: Bucket::full(HEARTBEAT_RATE, now),
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
    /// It is too many: how much above the rate there was lately.
    pub fn take_heartbeat(&mut self, now: Millis) -> Result<(), u32> {
        self.heartbeats.take(HEARTBEAT_RATE, now).map_err(|_| self.refused.count(ABUSE_WINDOW, now))
    }

    /// Counts any other message.
    fn take(&mut self, message: &ClientMessage, now: Millis) -> Result<(), Over> {
        let (bucket, rate): (&mut Bucket, Rate) = match message {
            ClientMessage::Chat(_)
            | ClientMessage::Whisper(_)
            | ClientMessage::PartyChat(_)
            | ClientMessage::FactionChat(_) => (&mut self.chat, CHAT_RATE),
            _ => (&mut self.other, OTHER_RATE),
        };
        bucket.take(rate, now).map_err(|seconds| Over::Rate(seconds, self.refused.count(ABUSE_WINDOW, now)))
    }
}
