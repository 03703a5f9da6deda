//! A connection to the world, from the ticket to the goodbye.
//!
//! Owns the state of the connection, the requests that wait for answers, the reliable
//! messages over lost connections, the player's own motion and the players nearby. What
//! players do beyond that belongs to the systems, of which it knows none ([`Systems`]).
//!
//! The holder of a socket (the browser's shell, a bot) drives it: tell it what happened,
//! perform what [`Session::next_effect`] gives until there is nothing left, and call
//! [`Session::tick`] when [`Session::due`] has come.
//!
//! Other players are in [`Session::nearby`]. The messages that tell of them are events too,
//! except position frames: twenty a second are events only after [`Session::hear_frames`].
//! A program that measures looks at each entry with [`Session::frame_observed`].

mod ask;
mod heard;
mod link;

use super::{
    clock::Clock,
    failure::{Failure, close_reason},
    nearby::{Nearby, Seen, Who},
    point::Point,
    predict::{Predict, Step},
    reconnect::Backoff,
    requests::Requests,
    stream::{PLACE_KEPT, Stream},
    systems::{News, Systems},
    token::Token,
    told::Told,
};
pub use link::GOODBYE;
use link::{LOST, Link, SILENT, next_heartbeat};
use serde::Serialize;
use shardlink_shared::{
    codec::{Encoded, binary, table::Wire},
    entropy::Entropy,
    ids::{CharacterId, LocationId},
    protocol::{
        ClientMessage, Envelope, MessageSet, MessageType,
        account::{Ack, Disconnect},
    },
    sheet::Sheet,
    text::CharacterName,
    time::Millis,
    vector::Vec3,
    world::Faction,
};
use std::collections::VecDeque;

/// This many of the requests that waited for a lost connection are sent at once, the others
/// one in each [`SPACING`]: within the rate of chat that the server takes.
const BURST: usize = 8;

/// The time between the requests after the [`BURST`], in milliseconds.
const SPACING: u64 = 250;

/// What is to be done.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// Open a socket and offer this beside the subprotocol: a ticket, or a token that resumes;
    /// [`Session::opened`], [`Session::frame`] and [`Session::closed`] tell how it goes.
    Open(Token),
    /// Send a frame.
    Send(Encoded),
    /// Close the socket with this code and forget it: nothing that it tells matters any more.
    Close(u16),
    /// Ask REST for a new ticket; [`Session::ticket`] takes the answer to this attempt.
    AskTicket(u32),
    /// The character stands in the world, or will not.
    Entered(Result<Box<Sheet>, Failure>),
    /// A request was answered.
    Answer(u32, Result<Box<Told>, Failure>),
    /// The game is told.
    Emit(Event),
    /// The token is worth nothing any more.
    SessionEnded,
}

/// What a game hears.
#[derive(Debug, PartialEq)]
pub enum Event {
    /// A message of the server; a position frame only if [`Session::hear_frames`] asked for it.
    Message(Box<Told>),
    /// The connection changed.
    Status(Status),
    /// Something that a system tells.
    News(News),
}

/// The state of the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The state.
    pub state: State,
    /// The close code, if a close led here.
    pub code: Option<u16>,
    /// A sentence, if there is more to say.
    pub reason: Option<String>,
    /// Whether a lost connection goes on where it broke off: nothing was missed.
    pub resumed: bool,
}

/// See [`Status`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The first socket is being opened.
    Connecting,
    /// The character stands in the world.
    Connected,
    /// The connection was lost and is being brought back.
    Reconnecting,
    /// It ended, for good.
    Closed,
}

impl State {
    /// Its name, as a game is told it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Reconnecting => "reconnecting",
            Self::Closed => "closed",
        }
    }
}

/// The player's own character, as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Wire)]
#[allow(missing_docs)]
pub struct Own {
    pub character_id: CharacterId,
    pub character_name: CharacterName,
    pub location_id: LocationId,
    /// In metres.
    pub position: Point,
    /// Walking speed, in metres a second.
    pub speed: f64,
    pub level: u32,
    pub faction: Faction,
}

/// A connection to the world.
#[derive(Debug, Default)]
pub struct Session {
    link: Link,
    /// Whether the character was in the world already: then a connection that fails is retried.
    returning: bool,
    /// When the connection that is being brought back was lost.
    lost: Option<Millis>,
    stream: Stream,
    /// A ticket to use when the last try to resume fails.
    spare: Option<Token>,
    requests: Requests,
    /// When the next of the requests that waited may be sent.
    send_due: Millis,
    /// The request that asks to go to another location, and that location.
    travel: Option<(u32, LocationId)>,
    sheet: Option<Box<Sheet>>,
    own: Option<Predict>,
    nearby: Nearby,
    systems: Systems,
    clock: Clock,
    /// When the heartbeat that is not answered yet was sent.
    beat: Option<Millis>,
    /// The pace that the server has set on this connection, in moves a second.
    pace: Option<u8>,
    frames_heard: bool,
    backoff: Backoff,
    attempt: u32,
    effects: VecDeque<Effect>,
}

impl Session {
    /// What is to be done next, if anything.
    pub fn next_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When [`Self::tick`] has something to do.
    #[must_use]
    pub fn due(&self) -> Option<Millis> {
        let of_link = match &self.link {
            Link::Closed | Link::Asking => None,
            Link::Entering(link::Entering { due, .. }) | Link::Waiting { due } => Some(*due),
            Link::Open { heard, pinged, .. } => Some(next_heartbeat(*heard, *pinged)),
        };
        let of_own = self.own.as_ref().and_then(Predict::due);
        let of_place = self.lost.filter(|_| !self.requests.is_empty()).map(|lost| lost + PLACE_KEPT);
        let of_stream = self.stream.ack_due().filter(|_| self.is_open());
        let of_queue = (self.is_open() && !self.requests.is_sent()).then_some(self.send_due);
        let others = [self.requests.due(), self.systems.due()];
        [of_link, of_own, of_place, of_stream, of_queue].into_iter().chain(others).flatten().min()
    }

    /// Whether the character stands in the world.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.link, Link::Open { .. })
    }

    /// The player's own character; `None` outside the world.
    #[must_use]
    pub fn own(&self, now: Millis) -> Option<Own> {
        let (sheet, own) = (self.sheet.as_ref()?, self.own.as_ref()?);
        Some(Own {
            character_id: sheet.id,
            character_name: sheet.name.clone(),
            location_id: own.location(),
            position: own.shown(now),
            speed: own.speed(),
            level: sheet.progression.level,
            faction: sheet.faction,
        })
    }

    /// What the systems keep.
    #[must_use]
    pub const fn systems(&self) -> &Systems {
        &self.systems
    }

    /// Who else is here, as shown at this moment, in the order of their ids.
    pub fn nearby(&self, now: Millis) -> impl Iterator<Item = Seen<'_>> {
        self.nearby.seen(now)
    }

    /// The other players without their places: in the order of [`Self::nearby`], and unchanged
    /// as long as [`Self::roster_version`] is.
    pub fn roster(&self) -> impl ExactSizeIterator<Item = &Who> {
        self.nearby.roster()
    }

    /// The location that they and the player's own character are in; `None` outside the world.
    #[must_use]
    pub const fn location(&self) -> Option<LocationId> {
        self.nearby.location()
    }

    /// Changes whenever [`Self::roster`] does.
    #[must_use]
    pub const fn roster_version(&self) -> u32 {
        self.nearby.version()
    }

    /// How far in the past others are shown, in milliseconds; at most
    /// [`LONGEST_DELAY`](super::nearby::LONGEST_DELAY).
    pub fn set_interpolation_delay(&mut self, milliseconds: u64) {
        self.nearby.set_delay(milliseconds);
    }

    /// Whether position frames are events.
    pub const fn hear_frames(&mut self, heard: bool) {
        self.frames_heard = heard;
    }

    /// Milliseconds to the server and back, lately; `None` before it was measured.
    #[must_use]
    pub const fn round_trip(&self) -> Option<f64> {
        self.clock.round_trip()
    }

    /// The server's time at this moment; `None` before it was heard of.
    #[must_use]
    pub fn server_time(&self, now: Millis) -> Option<Millis> {
        self.clock.server_time(now)
    }

    /// Enters the world with a ticket; [`Effect::Entered`] tells the outcome.
    pub fn enter(&mut self, ticket: Token, now: Millis) {
        self.leave();
        self.backoff.reset();
        self.status(State::Connecting, None, "");
        self.open(ticket, false, now);
    }

    /// Leaves the world; outside of it this does nothing.
    pub fn leave(&mut self) {
        match self.link {
            Link::Closed => return,
            Link::Open { .. } => {
                self.send("disconnect", &Disconnect::default());
                self.effects.push_back(Effect::Close(GOODBYE));
            }
            Link::Entering(_) => self.effects.push_back(Effect::Close(GOODBYE)),
            Link::Waiting { .. } | Link::Asking => {}
        }
        self.end(Some(GOODBYE), "", Failure::not_connected());
    }

    /// The game says where its character is and how it moves. While a lost connection is
    /// brought back nothing is sent; afterwards the newest is.
    pub fn walk(&mut self, position: Vec3, velocity: Vec3, now: Millis) {
        self.step(|own, now| own.walk(position, velocity, now), now);
    }

    /// The game says where its character is, and the client measures how it moves.
    pub fn walk_to(&mut self, position: Vec3, now: Millis) {
        self.step(|own, now| own.walk_to(position, now), now);
    }

    /// The page is hidden, so nobody steers: the character stands.
    pub fn hidden(&mut self, now: Millis) {
        self.step(Predict::stop, now);
    }

    /// The network is back or the page is shown again: a lost connection is brought back at
    /// once.
    pub fn wake(&mut self, now: Millis) {
        if matches!(self.link, Link::Waiting { .. }) {
            self.come_back(now);
        }
    }

    /// Does what is due.
    pub fn tick(&mut self, now: Millis, entropy: &mut dyn Entropy) {
        for request in self.requests.expired(now) {
            self.answer(request, Err(Failure::timeout()));
        }
        if self.lost.is_some() && !self.is_kept(now) {
            self.fail_requests();
        }
        let news = self.systems.tick(now);
        self.tell(news);
        self.step(Predict::poll, now);
        self.acknowledge(now);
        if self.is_open() && self.send_due <= now {
            self.send_kept(now);
        }
        match &mut self.link {
            Link::Entering(entering) if entering.due <= now => {
                entering.refusal.get_or_insert_with(Failure::timeout);
                let code = if entering.resuming { SILENT } else { GOODBYE };
                if entering.resuming {
                    self.stream.unanswered();
                }
                self.effects.push_back(Effect::Close(code));
                self.closed(LOST, "", now, entropy);
            }
            Link::Waiting { due } if *due <= now => self.come_back(now),
            Link::Open { heard, pinged, .. } if next_heartbeat(*heard, *pinged) <= now => {
                if pinged > heard {
                    self.effects.push_back(Effect::Close(SILENT));
                    self.closed(LOST, "", now, entropy);
                } else {
                    *pinged = now;
                    self.heartbeat(now);
                }
            }
            _ => {}
        }
    }

    fn heartbeat(&mut self, now: Millis) {
        self.beat = Some(now);
        self.effects.push_back(Effect::Send(Encoded::Text("ping".to_owned())));
    }

    /// Sends the next of the requests that waited for the connection.
    fn send_kept(&mut self, now: Millis) {
        let Some((request, bytes)) = self.requests.next_kept(now) else {
            return;
        };
        if self.travel.is_some_and(|(travel, _)| travel == request) {
            self.step(Predict::poll, now);
            self.hold(true);
        }
        self.send_due = now + SPACING;
        self.effects.push_back(Effect::Send(Encoded::Binary(bytes)));
    }

    /// Tells the server what was handled, when that is due.
    fn acknowledge(&mut self, now: Millis) {
        if self.is_open() && self.stream.ack_due().is_some_and(|due| due <= now) {
            let last_seq = self.stream.acknowledge();
            self.send("ack", &Ack { last_seq });
        }
    }

    fn answer(&mut self, request: u32, result: Result<Box<Told>, Failure>) {
        if self.travel.is_some_and(|(travel, _)| travel == request) {
            self.travel = None;
            self.hold(false);
        }
        let news = self.systems.settled(request, result.as_ref().err());
        self.effects.push_back(Effect::Answer(request, result));
        self.tell(news);
    }

    fn set_pace(&mut self, pace: Option<u8>) {
        self.pace = pace;
        if let Some(own) = &mut self.own {
            own.pace(pace.unwrap_or(u8::MAX));
        }
    }

    fn hold(&mut self, held: bool) {
        if let Some(own) = &mut self.own {
            own.hold(held);
        }
    }

    /// Sends something of the client's own that nothing answers.
    fn send<T: Serialize>(&mut self, name: &str, fields: &T) {
        if let Some(row) = ClientMessage::type_of_name(name) {
            let mut body = Vec::new();
            binary::append_body(&mut body, fields);
            self.effects.push_back(Effect::Send(Encoded::Binary(encoded(&Envelope::default(), row, &body))));
        }
    }

    fn status(&mut self, state: State, code: Option<u16>, reason: &str) {
        let reason = Some(close_reason(code.unwrap_or(GOODBYE), reason)).filter(|reason| !reason.is_empty());
        self.effects.push_back(Effect::Emit(Event::Status(Status { state, code, reason, resumed: false })));
    }

    fn step(&mut self, step: impl FnOnce(&mut Predict, Millis) -> Option<Step>, now: Millis) {
        match self.own.as_mut().and_then(|own| step(own, now)) {
            None => {}
            Some(Step::Send(own_move)) => self.send("own_move", &own_move),
            Some(Step::Refused(correction)) => {
                self.emit(Told::of("position_correction", Envelope::at(now), &correction));
            }
        }
    }

    fn emit(&mut self, message: Option<Told>) {
        self.effects.extend(message.map(|message| Effect::Emit(Event::Message(Box::new(message)))));
    }

    /// Tells the game what the systems have to say.
    fn tell(&mut self, news: Vec<News>) {
        for news in news {
            self.systems.noticed(&news);
            self.effects.push_back(Effect::Emit(Event::News(news)));
        }
    }
}

fn encoded(envelope: &Envelope, row: &MessageType, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16 + body.len());
    binary::append_raw(&mut bytes, envelope, row.tag, body);
    bytes
}

#[cfg(test)]
mod tests;
