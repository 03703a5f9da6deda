//! What a hub may ask for. Effects are performed in their order, after the
//! decision and never inside it.

use super::{
    admission::questions::{Answer, Question},
    area::evidence::Evidence,
    rows::Letter,
    sockets::connection::{ConnectionId, Identity, Nonce},
    stream::log::Logged,
};
use crate::{
    calls::{hub::Delivery, world::Population},
    letters,
    service::Result,
    systems::{self, Asker, Batch, Reply, Request},
};
use shardlink_shared::{
    ErrorCode,
    codec::{Encoded, Encoding, encode},
    crypto::token::{ResumeToken, SessionId, Ticket},
    ids::{CharacterId, PlayerId},
    protocol::{Envelope, RequestId, ServerMessage},
    time::Millis,
};
use std::{ops::Range, rc::Rc};

/// Something for the shell to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Send one frame to these connections.
    Send(Vec<ConnectionId>, Encoded),
    /// Send a binary frame to connections; the outbox's memory has both.
    Share(Shared),
    /// Write the connection's attachment.
    Attach(ConnectionId),
    /// Write the row of the connection's place, or remove it if it has none.
    Place(ConnectionId),
    /// Store reliable messages, all or none, and send them once they are; what cannot be
    /// stored is not sent, and comes back as [`Event::Unstored`].
    Deliver(Reliable),
    /// Forget the reliable messages up to this one.
    Forget(u64),
    /// Forget the reliable messages above this number, which no hub can have given, and log how
    /// many messages and connections had such numbers.
    Disbelieve {
        /// The highest number that is believed.
        above: u64,
        /// Messages above it.
        rows: usize,
        /// Connections that knew a number above it.
        connections: usize,
    },
    /// Store that a ticket has served, and until when it is good.
    UseTicket(Nonce, Millis),
    /// Store that there is word of a session.
    Word(SessionId),
    /// Forget the tickets that are past their time, and the words that are not newer than this.
    PruneTickets(Millis),
    /// The first connection's socket is the second's from here on. An older socket of the second
    /// is closed.
    Rebind(ConnectionId, ConnectionId),
    /// Close a socket.
    Close(ConnectionId, ErrorCode),
    /// Close a socket that said goodbye.
    Goodbye(ConnectionId),
    /// Ask other objects, for a request; the answer comes back as [`Event::Answered`].
    Ask(ConnectionId, Option<RequestId>, Question),
    /// Store a letter.
    Post(u64, letters::Letter<Letter>),
    /// Deliver a letter that is stored; the answer comes back as [`Event::Carried`].
    Carry(u64, Letter),
    /// Remove a letter.
    Done(u64),
    /// Serve a system's request; what comes of it comes back as [`Event::Served`].
    Serve(Box<Asker>, Turn, Box<Request>),
    /// Serve the requests that were gathered in a lane; what comes of them comes back as
    /// [`Event::ServedTogether`].
    ServeTogether(Batch, Vec<(Asker, Request)>),
    /// Tell accounts that these sessions are in use: their sockets are open.
    InUse(Vec<Identity>),
    /// Report to World; what it answers comes back as [`Event::Delivered`].
    Report {
        /// How many are in the hub.
        population: Population,
        /// Whether the hub stays awake by itself.
        is_awake: bool,
        /// Whether a player has entered and was not told what the realm is like.
        misses: bool,
    },
    /// Have World keep a place for a player who has signed in here without having been sent here.
    Reserve(PlayerId),
    /// Have the runtime answer heartbeats, or leave them to the hub.
    AutoAnswer(bool),
    /// Log that a connection's moves are impossible too often.
    Evidence(Box<Evidence>),
}

/// Whether the connection's next request waits for this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It does not.
    None,
    /// It does.
    Taken,
}

/// Reliable messages, and the frames that are sent of them now. A player whose socket is lost is
/// told them when it resumes.
#[derive(Debug, Clone, PartialEq)]
pub struct Reliable {
    /// What is stored.
    pub rows: Vec<Rc<Logged>>,
    /// Frames, each with its receivers. A receiver gets its frames in this order.
    pub frames: Vec<(Vec<ConnectionId>, Encoded)>,
}

/// A frame and its receivers, as ranges of the outbox's memory: a tick sends many frames, and
/// uses the same memory for them every time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    to: Range<usize>,
    frame: Range<usize>,
    /// How many bytes at its beginning are reliable messages.
    lead: usize,
}

/// What a socket shows as it is opened.
#[derive(Debug, Clone, Default)]
pub enum Shown {
    /// Nothing: it authenticates by a message.
    #[default]
    Nothing,
    /// Nothing, and it offers no subprotocol: that is how a client of the first generation is
    /// known. It authenticates by a message.
    FirstGeneration,
    /// A ticket, which has been verified.
    Ticket(Ticket),
    /// A resume token, which has been verified.
    Resume(ResumeToken),
}

/// What happens to a hub.
#[derive(Debug, Clone)]
pub enum Event<'a> {
    /// A socket was accepted.
    Opened {
        /// Its number.
        id: ConnectionId,
        /// The encoding it speaks.
        encoding: Encoding,
        /// Where it came from.
        address: String,
        /// What it showed.
        shown: Shown,
    },
    /// A frame came in.
    Frame(ConnectionId, shardlink_shared::codec::Frame<'a>),
    /// A socket was closed by its other end: its player leaves.
    Closed(ConnectionId),
    /// A socket is lost: its player may come back.
    Lost(ConnectionId),
    /// This many bytes wait to be written to a socket that has been sent a lot.
    Backlog(ConnectionId, usize),
    /// Reliable messages could not be stored, and so were not sent.
    Unstored(Vec<Rc<Logged>>),
    /// A question was answered.
    Answered {
        /// The connection it was about.
        id: ConnectionId,
        /// The request it was asked for.
        request: Option<RequestId>,
        /// Whether frames wait for it: [`Question::is_awaited`].
        awaited: bool,
        /// What was answered.
        answer: Result<Answer>,
    },
    /// A session has ended elsewhere.
    SessionEnded(SessionId, ErrorCode),
    /// The first session has a new token, and is named by the second id from here on.
    SessionRenewed(SessionId, SessionId),
    /// A session may not speak until this time, or may speak again.
    Silenced(SessionId, Option<Millis>),
    /// A character is in another hub now.
    Displaced(CharacterId, u64),
    /// A system's request was served.
    Served(Box<Asker>, Turn, Result<Reply>),
    /// Requests that went together were served, or all of them were refused.
    ServedTogether(systems::Lane, Vec<Asker>, Result<Vec<Result<Reply>>>),
    /// Objects tell players something.
    Delivered(Vec<Delivery>),
    /// A letter was answered, or did not arrive.
    Carried(u64, Result<()>),
    /// World did not hear how many are here.
    Unreported,
    /// A session has selected a character elsewhere.
    Selected(SessionId, CharacterId),
    /// The server stops.
    Stopping,
    /// A deadline has passed.
    Alarm,
    /// A tick may be due.
    Tick,
}

/// Effects in their order, and the time they are decided at. It is used again for the
/// next event, so that what happens often allocates nothing.
#[derive(Debug, Default)]
pub struct Outbox {
    /// The time.
    pub now: Millis,
    /// What to do.
    pub effects: Vec<Effect>,
    /// The bytes of the frames that are shared.
    pub(super) bytes: Vec<u8>,
    receivers: Vec<ConnectionId>,
}

impl Outbox {
    /// Nothing to do yet.
    #[must_use]
    pub fn new(now: Millis) -> Self {
        Self { now, ..Self::default() }
    }

    /// Empties the outbox, for an event at this time.
    pub fn reset(&mut self, now: Millis) {
        self.now = now;
        self.effects.clear();
        self.bytes.clear();
        self.receivers.clear();
    }

    /// The receivers of a shared frame, and the frame: without the reliable messages in
    /// it, if those could not be stored.
    #[must_use]
    pub fn shared(&self, shared: &Shared, stored: bool) -> (&[ConnectionId], &[u8]) {
        let to = self.receivers.get(shared.to.clone()).unwrap_or_default();
        let frame = self.bytes.get(shared.frame.clone()).unwrap_or_default();
        (to, if stored { frame } else { frame.get(shared.lead..).unwrap_or_default() })
    }

    /// Sends a frame that lies in `bytes` to these connections, unless there are none or it is
    /// empty. Its first `lead` bytes are reliable messages, which an effect before this one
    /// stores.
    pub(super) fn share(&mut self, to: impl Iterator<Item = ConnectionId>, lead: usize, frame: Range<usize>) {
        if frame.is_empty() {
            return;
        }
        let start = self.receivers.len();
        self.receivers.extend(to);
        if self.receivers.len() > start {
            let to = start..self.receivers.len();
            self.push(Effect::Share(Shared { to, frame, lead }));
        }
    }

    /// Sends a message to these connections, which speak JSON, if there are any.
    pub(super) fn send_json(&mut self, to: Vec<ConnectionId>, message: &ServerMessage) {
        if !to.is_empty() {
            self.push(Effect::Send(to, encode(Encoding::Json, &Envelope::at(self.now), message)));
        }
    }

    /// Adds an effect.
    pub fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Asks other objects, for a request.
    pub fn ask(&mut self, id: ConnectionId, request: Option<RequestId>, question: Question) {
        self.push(Effect::Ask(id, request, question));
    }

    /// Sends a message to one connection.
    pub fn send(&mut self, to: ConnectionId, encoding: Encoding, envelope: &Envelope, message: &ServerMessage) {
        self.push(Effect::Send(vec![to], encode(encoding, envelope, message)));
    }
}
