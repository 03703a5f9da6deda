//! A connection to the world, from the ticket to the goodbye.
//!
//! Owns the state of the connection, the requests that wait for answers, the
//! reliable messages over lost connections, one's own motion and who is near. Driven by whoever holds a socket (the browser's
//! shell, a bot): tell it what happened, perform what [`Session::next_effect`]
//! gives until there is nothing left, and call [`Session::tick`] when
//! [`Session::due`] has come.
//!
//! What is heard of others is in [`Session::nearby`]. The messages that tell of it are
//! events too, except position frames: twenty a second are events only for whoever
//! asked for them ([`Session::hear_frames`]). Whoever measures looks at each entry
//! with [`Session::frame_observed`].

use super::{
    clock::Clock,
    failure::{Failure, close_reason},
    nearby::{Nearby, News, Placed, Seen, Who},
    point::Point,
    predict::{Predict, Step},
    reconnect::{self, Backoff},
    requests::Requests,
    rest::Token,
    stream::{PLACE_KEPT, Stream},
};
use serde::Serialize;
use shardlink_shared::{
    ErrorCode,
    codec::{
        Encoded, Frame, Incoming,
        binary::{self, Frames},
    },
    entropy::Entropy,
    ids::{CharacterId, LocationId},
    limits::MAX_SERVER_FRAME,
    protocol::{
        ClientMessage, Envelope, MessageSet, Priority, RequestId, ServerMessage,
        account::{Ack, AuthResponse, Disconnect, Resume},
        movement::MoveRequest,
    },
    rules::character::walking_speed,
    sheet::Sheet,
    text::CharacterName,
    time::Millis,
    vector::Vec3,
    world::Faction,
};
use std::collections::VecDeque;

/// From asking for a socket to standing in the world, in milliseconds.
const ENTERING: u64 = 10_000;

/// Between two heartbeats, in milliseconds.
const HEARTBEAT: u64 = 25_000;

/// A heartbeat unanswered for this long means that the connection is lost, in
/// milliseconds: with [`HEARTBEAT`] the contract's 60 s of silence.
const UNANSWERED: u64 = 35_000;

/// Of the requests that waited for a lost connection this many are sent at once, and
/// the others one in each [`SPACING`]: within the pace that the server takes chat at.
const BURST: usize = 8;

/// See [`BURST`]; in milliseconds.
const SPACING: u64 = 250;

/// The close code of a goodbye.
pub const GOODBYE: u16 = 1000;

/// The close code for a connection that is silent: no goodbye, so that the server keeps
/// the character's place.
const SILENT: u16 = 4012;

/// What the runtime reports when a connection was lost without a goodbye.
const LOST: u16 = 1006;

/// What is to be done.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// Open a socket and offer this beside the subprotocol, a ticket or what resumes;
    /// [`Session::opened`], [`Session::frame`] and [`Session::closed`] tell how it goes.
    Open(Token),
    /// Send a frame.
    Send(Encoded),
    /// Close the socket with this code and forget it: nothing of it matters any more.
    Close(u16),
    /// Ask REST for a new ticket; [`Session::ticket`] takes the answer to this attempt.
    AskTicket(u32),
    /// The character stands in the world, or will not.
    Entered(Result<Box<Sheet>, Failure>),
    /// A request was answered.
    Answer(u32, Result<Box<Incoming<ServerMessage>>, Failure>),
    /// The game is told.
    Emit(Event),
    /// The token is worth nothing any more.
    SessionEnded,
}

/// What a game hears.
#[derive(Debug, PartialEq)]
pub enum Event {
    /// A message of the server; a position frame only if [`Session::hear_frames`] asked for it.
    Message(Box<Incoming<ServerMessage>>),
    /// The connection changed.
    Status(Status),
}

/// The state of the connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Which it is.
    pub state: State,
    /// The close code, if a close led here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// A sentence, if there is more to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether a lost connection goes on where it broke off: nothing was missed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub resumed: bool,
}

/// See [`Status`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
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

/// One's own character, as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    /// Whether the character was in the world already: what fails is retried.
    returning: bool,
    /// When the connection was lost that is being brought back.
    lost: Option<Millis>,
    stream: Stream,
    /// A ticket for when the last try to resume fails.
    spare: Option<Token>,
    requests: Requests,
    /// When the next of the requests that waited may be sent.
    send_due: Millis,
    /// The request that asks to go to another location, and to which.
    travel: Option<(u32, LocationId)>,
    sheet: Option<Box<Sheet>>,
    own: Option<Predict>,
    nearby: Nearby,
    clock: Clock,
    /// When the heartbeat was sent that is not answered yet.
    beat: Option<Millis>,
    /// The pace that the server has set on this connection, in moves a second.
    pace: Option<u8>,
    frames_heard: bool,
    backoff: Backoff,
    attempt: u32,
    effects: VecDeque<Effect>,
}

#[derive(Debug, Default)]
enum Link {
    #[default]
    Closed,
    /// A socket is being opened, or open and the character not placed yet.
    Entering(Entering),
    /// In the world.
    Open { since: Millis, heard: Millis, pinged: Millis },
    /// Lost; the next attempt comes when it is due.
    Waiting { due: Millis },
    /// A ticket was asked for.
    Asking,
}

#[derive(Debug)]
struct Entering {
    due: Millis,
    /// Whether it is to resume a connection that was lost.
    resuming: bool,
    authenticated: bool,
    placed: bool,
    /// Whether the server has all that was missed.
    whole: bool,
    refusal: Option<Failure>,
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
            Link::Entering(Entering { due, .. }) | Link::Waiting { due } => Some(*due),
            Link::Open { heard, pinged, .. } => Some(next_heartbeat(*heard, *pinged)),
        };
        let of_own = self.own.as_ref().and_then(Predict::due);
        let of_place = self.lost.filter(|_| !self.requests.is_empty()).map(|lost| lost + PLACE_KEPT);
        let of_stream = self.stream.ack_due().filter(|_| self.is_open());
        let of_queue = (self.is_open() && !self.requests.is_sent()).then_some(self.send_due);
        [of_link, of_own, self.requests.due(), of_place, of_stream, of_queue].into_iter().flatten().min()
    }

    /// Whether the character stands in the world.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.link, Link::Open { .. })
    }

    /// One's own character; `None` outside the world.
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

    /// Who else is here, as shown at this moment, in the order of their ids.
    pub fn nearby(&self, now: Millis) -> impl Iterator<Item = Seen<'_>> {
        self.nearby.seen(now)
    }

    /// Who is here, without where: in the same order, and the same as long as
    /// [`Self::roster_version`] is.
    pub fn roster(&self) -> impl ExactSizeIterator<Item = &Who> {
        self.nearby.roster()
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

    /// Leaves the world. Nothing happens outside of it.
    pub fn leave(&mut self) {
        match self.link {
            Link::Closed => return,
            Link::Open { .. } => {
                self.send(&ClientMessage::Disconnect(Disconnect::default()));
                self.effects.push_back(Effect::Close(GOODBYE));
            }
            Link::Entering(_) => self.effects.push_back(Effect::Close(GOODBYE)),
            Link::Waiting { .. } | Link::Asking => {}
        }
        self.end(Some(GOODBYE), "", Failure::not_connected());
    }

    /// Sends a request; [`Effect::Answer`] with this number tells the outcome. While a
    /// lost connection is brought back it waits, for as long as the server keeps the
    /// place; a ping does not, because it measures.
    ///
    /// # Errors
    /// NOT_CONNECTED; RATE_LIMITED where too many wait.
    pub fn request(&mut self, message: &ClientMessage, now: Millis) -> Result<u32, Failure> {
        let lasting = message.message_type().priority > Priority::Low;
        if !(self.is_open() || lasting && self.is_kept(now)) {
            return Err(Failure::not_connected());
        }
        let waits = lasting && !(self.is_open() && self.requests.is_sent());
        if waits && self.requests.is_full() {
            return Err(ErrorCode::RateLimited.into());
        }
        let request = self.requests.begin(Some(now).filter(|_| !waits), lasting);
        let message_id = Some(RequestId::Number(request));
        let bytes = encoded(&Envelope { message_id, ..Envelope::default() }, message);
        if waits {
            self.requests.keep(request, bytes);
        } else {
            self.effects.push_back(Effect::Send(Encoded::Binary(bytes)));
        }
        Ok(request)
    }

    /// Asks to go to another location.
    ///
    /// # Errors
    /// As [`Self::request`].
    pub fn travel(&mut self, to: LocationId, now: Millis) -> Result<u32, Failure> {
        // The last steps here are judged here.
        self.step(Predict::poll, now);
        let message = ClientMessage::Move(MoveRequest {
            character_id: None,
            from_location_id: self.own.as_ref().map(Predict::location),
            to_location_id: Some(to),
            position: None,
            velocity: None,
        });
        let request = self.request(&message, now)?;
        self.travel = Some((request, to));
        self.hold(self.requests.is_sent());
        Ok(request)
    }

    /// The game says where its character is and how it moves. While a
    /// lost connection is brought back nothing is sent, and then the newest counts.
    pub fn walk(&mut self, position: Vec3, velocity: Vec3, now: Millis) {
        self.step(|own, now| own.walk(position, velocity, now), now);
    }

    /// The game says where its character is, and leaves it to the client to see how
    /// it moves.
    pub fn walk_to(&mut self, position: Vec3, now: Millis) {
        self.step(|own, now| own.walk_to(position, now), now);
    }

    /// Nobody looks any more, so nobody steers: the character stands.
    pub fn hidden(&mut self, now: Millis) {
        self.step(Predict::stop, now);
    }

    /// The network is back, or somebody looks again: a lost connection is
    /// brought back at once.
    pub fn wake(&mut self, now: Millis) {
        if matches!(self.link, Link::Waiting { .. }) {
            self.come_back(now);
        }
    }

    /// The answer to [`Effect::AskTicket`].
    pub fn ticket(&mut self, attempt: u32, ticket: Result<Token, Failure>, now: Millis, entropy: &mut dyn Entropy) {
        if !matches!(self.link, Link::Asking) || attempt != self.attempt {
            return;
        }
        match ticket {
            Ok(ticket) => match self.stream.last_try().filter(|_| self.is_kept(now)).cloned() {
                Some(token) => {
                    self.spare = Some(ticket);
                    self.open(token, true, now);
                }
                None => self.open(ticket, false, now),
            },
            Err(failure) if failure.may_retry() => {
                if failure.is_of_network() {
                    self.stream.trust();
                }
                let asked = failure.retry_after.map_or(0, |seconds| (seconds.clamp(0.0, 300.0) * 1000.0) as u64);
                self.wait(asked, now, entropy);
            }
            Err(failure) => {
                if failure.ends_session() {
                    self.effects.push_back(Effect::SessionEnded);
                }
                let code = failure.known().and_then(|code| code.info().close);
                let reason = failure.message.clone();
                self.end(code, &reason, failure);
            }
        }
    }

    /// The socket is open. The server speaks first, unless a connection is resumed.
    pub fn opened(&mut self, now: Millis) {
        let Link::Entering(entering) = &mut self.link else {
            return;
        };
        entering.due = now + ENTERING;
        if entering.resuming {
            self.stream.trust();
            self.spare = None;
            let last_seq = self.stream.acknowledge();
            self.send(&ClientMessage::Resume(Resume { last_seq }));
        }
    }

    /// A frame came.
    pub fn frame(&mut self, frame: Frame<'_>, now: Millis) {
        self.frame_observed(frame, now, &mut |_| {});
    }

    /// A frame came; `observe` is shown each entry of its position frames that was
    /// taken in: those of players one knows of, without oneself.
    pub fn frame_observed(&mut self, frame: Frame<'_>, now: Millis, observe: &mut dyn FnMut(Placed)) {
        if let Link::Open { heard, .. } = &mut self.link {
            *heard = now;
        }
        // Text is the runtime's own answer to a heartbeat; messages are binary.
        let Frame::Binary(bytes) = frame else {
            if let Some(asked) = self.beat.take() {
                self.clock.answered(asked, true, now);
            }
            return;
        };
        let Ok(mut messages) = Frames::new(bytes, MAX_SERVER_FRAME) else {
            return;
        };
        while let Some(incoming) = messages.next_message::<ServerMessage>() {
            if !matches!(self.link, Link::Entering(_) | Link::Open { .. }) {
                return;
            }
            // What cannot be read is passed over: a request that it answered times out.
            if let Ok(incoming) = incoming {
                self.message(incoming, now, observe);
            }
        }
    }

    /// The socket closed, or could not be opened (1006).
    pub fn closed(&mut self, code: u16, reason: &str, now: Millis, entropy: &mut dyn Entropy) {
        match &mut self.link {
            Link::Entering(entering) if entering.resuming && !reconnect::ends_resume(code) => {
                self.resume_failed(code, now, entropy);
            }
            Link::Entering(entering) => {
                let failure = entering.refusal.take().unwrap_or_else(|| Failure::of_close(code, reason));
                if self.returning && !reconnect::is_final(code) {
                    self.stream.trust();
                    self.wait(0, now, entropy);
                } else {
                    self.ended(code, reason, failure);
                }
            }
            Link::Open { since, .. } => {
                if now.since(*since) >= reconnect::PROVEN_AFTER {
                    self.backoff.reset();
                }
                if reconnect::is_final(code) {
                    self.ended(code, reason, Failure::not_connected());
                } else {
                    self.lost = Some(now);
                    self.status(State::Reconnecting, Some(code), reason);
                    let lost = self.requests.cut();
                    self.fail(lost);
                    if !self.stream.is_resumable() {
                        self.fail_adrift();
                    }
                    if let Some(own) = &mut self.own {
                        own.set_away(true);
                    }
                    self.wait(0, now, entropy);
                }
            }
            Link::Closed | Link::Waiting { .. } | Link::Asking => {}
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

    /// Opens a socket by a ticket, or by what resumes.
    fn open(&mut self, token: Token, resuming: bool, now: Millis) {
        if !resuming {
            // Another connection may lead to another machine.
            self.clock = Clock::default();
        }
        self.beat = None;
        self.set_pace(None);
        let due = now + ENTERING;
        let entering = Entering { due, resuming, authenticated: false, placed: false, whole: false, refusal: None };
        self.link = Link::Entering(entering);
        self.effects.push_back(Effect::Open(token));
    }

    /// Whether the server may still keep the place of the connection that was lost.
    fn is_kept(&self, now: Millis) -> bool {
        self.lost.is_some_and(|lost| now.since(lost) < PLACE_KEPT)
    }

    /// Brings a lost connection back: where it broke off, or by a new ticket.
    fn come_back(&mut self, now: Millis) {
        match self.stream.token().filter(|_| self.is_kept(now)).cloned() {
            Some(token) => self.open(token, true, now),
            None => self.ask_ticket(),
        }
    }

    fn resume_failed(&mut self, code: u16, now: Millis, entropy: &mut dyn Entropy) {
        let refused = reconnect::refuses_resume(code);
        if refused {
            self.stream.refused();
        } else {
            self.stream.failed();
        }
        match self.spare.take() {
            Some(ticket) => self.open(ticket, false, now),
            None if refused => self.ask_ticket(),
            None => self.wait(0, now, entropy),
        }
    }

    fn wait(&mut self, at_least: u64, now: Millis, entropy: &mut dyn Entropy) {
        self.link = Link::Waiting { due: now + self.backoff.next(entropy).max(at_least) };
    }

    fn ask_ticket(&mut self) {
        self.attempt = self.attempt.wrapping_add(1);
        self.link = Link::Asking;
        self.effects.push_back(Effect::AskTicket(self.attempt));
    }

    /// The server ended it.
    fn ended(&mut self, code: u16, reason: &str, failure: Failure) {
        if reconnect::ends_session(code) {
            self.effects.push_back(Effect::SessionEnded);
        }
        self.end(Some(code), reason, failure);
    }

    fn end(&mut self, code: Option<u16>, reason: &str, failure: Failure) {
        let never_entered = !self.returning;
        self.fail_requests();
        self.link = Link::Closed;
        self.returning = false;
        (self.lost, self.spare, self.stream) = (None, None, Stream::default());
        self.nearby.clear();
        (self.sheet, self.own) = (None, None);
        self.status(State::Closed, code, reason);
        if never_entered {
            self.effects.push_back(Effect::Entered(Err(failure)));
        }
    }

    fn fail_requests(&mut self) {
        let requests = self.requests.all();
        self.fail(requests);
    }

    /// What was sent before the connection was lost will not be answered any more.
    fn fail_adrift(&mut self) {
        let requests = self.requests.adrift();
        self.fail(requests);
    }

    fn fail(&mut self, requests: Vec<u32>) {
        for request in requests {
            self.answer(request, Err(Failure::not_connected()));
        }
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
            self.send(&ClientMessage::Ack(Ack { last_seq }));
        }
    }

    fn answer(&mut self, request: u32, result: Result<Box<Incoming<ServerMessage>>, Failure>) {
        if self.travel.is_some_and(|(travel, _)| travel == request) {
            self.travel = None;
            self.hold(false);
        }
        self.effects.push_back(Effect::Answer(request, result));
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

    fn send(&mut self, message: &ClientMessage) {
        self.effects.push_back(Effect::Send(Encoded::Binary(encoded(&Envelope::default(), message))));
    }

    fn status(&mut self, state: State, code: Option<u16>, reason: &str) {
        let reason = Some(close_reason(code.unwrap_or(GOODBYE), reason)).filter(|reason| !reason.is_empty());
        self.effects.push_back(Effect::Emit(Event::Status(Status { state, code, reason, resumed: false })));
    }

    fn step(&mut self, step: impl FnOnce(&mut Predict, Millis) -> Option<Step>, now: Millis) {
        match self.own.as_mut().and_then(|own| step(own, now)) {
            None => {}
            Some(Step::Send(own_move)) => self.send(&ClientMessage::OwnMove(own_move)),
            Some(Step::Refused(correction)) => {
                let message = ServerMessage::PositionCorrection(correction);
                self.emit(Incoming { envelope: Envelope::at(now), message });
            }
        }
    }

    fn emit(&mut self, incoming: Incoming<ServerMessage>) {
        self.effects.push_back(Effect::Emit(Event::Message(Box::new(incoming))));
    }

    fn message(&mut self, mut incoming: Incoming<ServerMessage>, now: Millis, observe: &mut dyn FnMut(Placed)) {
        if let ServerMessage::PositionFrame(frame) = &incoming.message {
            let time = self.clock.moment(frame.time, now);
            self.clock.heard(time, now);
            let news = News { came: now, due: self.clock.arrival(time, now) };
            self.nearby.frame(frame, time, news, observe);
            if self.frames_heard {
                incoming.envelope.timestamp.get_or_insert(time);
                self.emit(incoming);
            }
            return;
        }
        let reliable = incoming.envelope.seq;
        if reliable.is_some_and(|seq| !self.stream.take(seq, now)) {
            return;
        }
        // What comes again on resuming was sent long ago: it tells no time.
        let again = reliable.is_some() && !self.is_open();
        let mut due = now;
        if let Some(sent) = incoming.envelope.timestamp.filter(|_| !again) {
            self.clock.heard(sent, now);
            due = self.clock.arrival(sent, now);
        }
        incoming.envelope.timestamp.get_or_insert(now);
        match &mut incoming.message {
            ServerMessage::AuthResponse(response) => {
                // 0 stands for a time that was left out.
                if response.server_time.0 > Millis(0) {
                    self.clock.heard(response.server_time.0, now);
                }
                self.authenticated(response);
            }
            ServerMessage::Resumed(resumed) => self.resumed(resumed.snapshot),
            ServerMessage::LocationUpdate(update) => self.arrived(update.location_id, now),
            ServerMessage::PositionCorrection(correction) => {
                // The game hears where it stands, once.
                let standing = self.own.as_mut().and_then(|own| own.correct(correction, now));
                let Some(standing) = standing else {
                    return;
                };
                *correction = standing;
            }
            ServerMessage::Pace(pace) => self.set_pace(Some(pace.max_position_rate)),
            ServerMessage::CharacterUpdate(update) => {
                if let Some(sheet) = self.sheet.as_mut().filter(|sheet| sheet.id == update.character_id) {
                    sheet.progression.level = update.level.unwrap_or(sheet.progression.level);
                    sheet.faction = update.faction.unwrap_or(sheet.faction);
                }
            }
            ServerMessage::Error(error) => {
                if let Link::Entering(entering) = &mut self.link {
                    entering.refusal = Some(error.clone().into());
                }
            }
            _ => {}
        }
        if let Some(own) = self.sheet.as_ref().map(|sheet| sheet.id) {
            self.nearby.apply(&incoming.message, own, News { came: now, due });
        }
        let request = incoming.envelope.reply_to.as_ref().and_then(RequestId::as_number);
        let request = request.or_else(|| self.travelled(&incoming.message));
        let begun = request.and_then(|request| Some((request, self.requests.end(request)?)));
        let request = begun.map(|(request, asked)| {
            // A ping is answered by the hub itself; for other answers it may have asked elsewhere.
            if let Some(asked) = asked {
                self.clock.answered(asked, matches!(incoming.message, ServerMessage::Pong(_)), now);
            }
            request
        });
        match (request, incoming.message) {
            // A refusal is its request's alone; every other answer is news to the whole game.
            (Some(request), ServerMessage::Error(error) | ServerMessage::InvalidMessage(error)) => {
                self.answer(request, Err(error.into()));
            }
            (request, message) => {
                let incoming = Incoming { envelope: incoming.envelope, message };
                if let Some(request) = request {
                    self.answer(request, Ok(Box::new(incoming.clone())));
                }
                self.emit(incoming);
            }
        }
        self.finish_entering(now);
        self.acknowledge(now);
    }

    /// The connection goes on, after what was missed or, where that was too much,
    /// without it.
    fn resumed(&mut self, missed: bool) {
        let Link::Entering(entering @ Entering { resuming: true, .. }) = &mut self.link else {
            return;
        };
        (entering.authenticated, entering.whole) = (true, !missed);
        if missed {
            self.fail_adrift();
        }
    }

    /// The journey that was asked for before the connection was lost, if the snapshot
    /// on resuming shows that one has arrived.
    fn travelled(&self, message: &ServerMessage) -> Option<u32> {
        let (request, to) = self.travel.filter(|(request, _)| self.requests.is_adrift(*request))?;
        matches!(message, ServerMessage::LocationUpdate(update) if update.location_id == to).then_some(request)
    }

    fn authenticated(&mut self, response: &AuthResponse) {
        let Link::Entering(entering) = &mut self.link else {
            return;
        };
        match &response.character {
            Some(sheet) if response.success => {
                entering.authenticated = true;
                self.sheet = Some(sheet.clone());
                if !entering.resuming {
                    self.stream = Stream::begun(response.resume_token.as_ref());
                    self.fail_adrift();
                }
            }
            // The server closes after a refusal, with a code that says more.
            _ => {
                entering.refusal.get_or_insert_with(|| {
                    let message = response.message.as_ref().map(|message| message.as_str().to_owned());
                    let failure = Failure::from(ErrorCode::Unauthenticated);
                    Failure { message: message.unwrap_or_else(|| failure.message.clone()), ..failure }
                });
            }
        }
    }

    fn arrived(&mut self, location: LocationId, now: Millis) {
        let Some(sheet) = &mut self.sheet else {
            return;
        };
        sheet.location_id = location;
        match &mut self.own {
            Some(own) => own.arrive(location, now),
            None => {
                let mut own = Predict::entering(location, walking_speed(&sheet.stats), now);
                own.pace(self.pace.unwrap_or(u8::MAX));
                self.own = Some(own);
            }
        }
        if let Link::Entering(entering) = &mut self.link {
            entering.placed = entering.authenticated;
        }
    }

    /// Who is authenticated and knows where it is stands in the world.
    fn finish_entering(&mut self, now: Millis) {
        let Link::Entering(Entering { authenticated: true, placed: true, whole, .. }) = self.link else {
            return;
        };
        let Some(sheet) = self.sheet.clone() else {
            return;
        };
        self.link = Link::Open { since: now, heard: now, pinged: now };
        self.lost = None;
        // The first heartbeat goes out at once: its answer says how far the server is.
        self.heartbeat(now);
        let status = Status { state: State::Connected, code: None, reason: None, resumed: whole };
        self.effects.push_back(Effect::Emit(Event::Status(status)));
        if !std::mem::replace(&mut self.returning, true) {
            self.effects.push_back(Effect::Entered(Ok(sheet)));
        }
        if let Some(own) = &mut self.own {
            own.set_away(false);
        }
        // Where one is says that a journey which was asked for did not begin.
        if let Some((request, _)) = self.travel.filter(|(request, _)| self.requests.is_adrift(*request)) {
            self.requests.end(request);
            self.fail(vec![request]);
        }
        self.requests.resume(now);
        for _ in 0..BURST {
            self.send_kept(now);
        }
    }
}

fn encoded(envelope: &Envelope, message: &ClientMessage) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    binary::append(&mut bytes, envelope, message);
    bytes
}

/// The next heartbeat, whatever else is heard (the server counts on it); or,
/// where the last one is unanswered, when that means that the connection is lost.
fn next_heartbeat(heard: Millis, pinged: Millis) -> Millis {
    pinged + if pinged > heard { UNANSWERED } else { HEARTBEAT }
}

#[cfg(test)]
mod tests;
