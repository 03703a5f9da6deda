//! What a hub may ask for. Effects are performed in their order, after the
//! decision and never inside it.

use super::{
    admission::tickets::Nonce,
    area::evidence::Evidence,
    desk::post::Letter,
    desk::talk::Lane,
    sockets::connection::{ConnectionId, Identity},
    stream::log::Logged,
};
use crate::{
    calls::{
        account::Standing,
        character::Visit,
        hub::News,
        party::{Place, Word},
        world::{Histories, Population},
    },
    chat::{BatchNumber, Origin, Utterance},
    letters,
    service::{Actor, Entrance, PartyAnswer, PartyRequest},
};
use shardlink_shared::{
    ErrorCode, Refusal,
    codec::{Encoded, Encoding, encode},
    crypto::token::{ResumeToken, SessionId, Ticket, Voucher},
    ids::{CharacterId, PartyId, PlayerId},
    protocol::{
        Envelope, RequestId, ServerMessage,
        account::AuthRequest,
        character::CharacterCreate,
        chat::{Chat, Mute, PastChat},
        party::{PartyInvite, PartyUpdate},
        trade::Inventory,
    },
    sheet::Sheet,
    text::CharacterName,
    time::Millis,
};
use std::{ops::Range, rc::Rc};

/// Something for the shell to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Send one frame to these connections.
    Send(Vec<ConnectionId>, Encoded),
    /// Send a binary frame that lies in the outbox to connections that lie there.
    Share(Shared),
    /// Write the connection's attachment.
    Attach(ConnectionId),
    /// Write the row of the connection's place, or remove it if it has none.
    Place(ConnectionId),
    /// Store reliable messages, all or none, and send them once they are; what cannot be
    /// stored is not sent, and comes back as [`Event::Unstored`].
    Deliver(Delivery),
    /// Forget the reliable messages up to this one.
    Forget(u64),
    /// Forget the reliable messages above this number, which nobody can have given: so many
    /// were found, and so many connections that knew such numbers. It is logged.
    Disbelieve {
        /// The highest number that is believed.
        above: u64,
        /// Messages above it.
        rows: usize,
        /// Connections that knew a number above it.
        connections: usize,
    },
    /// Store that a ticket has served, which is good until then.
    UseTicket(Nonce, Millis),
    /// Store that there is word of a session.
    Word(SessionId),
    /// Forget the tickets that are past their time, and the words from before then.
    PruneTickets(Millis),
    /// The first one's socket is the second one's from here on; an older one of that is closed.
    Rebind(ConnectionId, ConnectionId),
    /// Close a socket.
    Close(ConnectionId, ErrorCode),
    /// Close a socket that said goodbye.
    Goodbye(ConnectionId),
    /// Ask other objects, for a request; the answer comes back as an event.
    Ask(ConnectionId, Option<RequestId>, Question),
    /// Store a letter.
    Post(u64, letters::Letter<Letter>),
    /// Deliver a letter that is stored; the answer comes back as [`Event::Carried`].
    Carry(u64, Letter),
    /// Remove a letter.
    Done(u64),
    /// Pass on what was said; the answer comes back as [`Event::Said`].
    Say(Lane, BatchNumber, Vec<Utterance>),
    /// Ask World what was said, and hear what is said from here on; the answer comes back
    /// as [`Event::Recalled`].
    Listen,
    /// These sessions are in use: their sockets are open.
    InUse(Vec<Identity>),
    /// Who is in the hub.
    Report(Population),
    /// A player has signed in who was not sent here: World keeps a place for it.
    Reserve(PlayerId),
    /// Have the runtime answer heartbeats, or leave them to the hub.
    AutoAnswer(bool),
    /// Log that a connection's moves are impossible too often.
    Evidence(Box<Evidence>),
}

/// Reliable messages and what is sent of them now: whoever is lost is told when it resumes.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// What is stored.
    pub rows: Vec<Rc<Logged>>,
    /// Frames, each with its receivers, which get theirs in this order.
    pub frames: Vec<(Vec<ConnectionId>, Encoded)>,
}

/// A frame and its receivers, as places in the outbox: a tick sends many, and uses the
/// same memory for them every time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    to: Range<usize>,
    frame: Range<usize>,
    /// So many bytes at its beginning are reliable messages.
    lead: usize,
}

/// What a hub has to ask other objects about a connection.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// Who is this? Answered by [`Answer::Admitted`].
    Authenticate(AuthRequest),
    /// Is this session good, if nobody vouches for it? Answered by [`Answer::Admitted`].
    Admit(Identity, Option<Voucher>),
    /// Does this session stand, whose place was kept over a crash? Answered by
    /// [`Answer::Stands`].
    Stands(Identity),
    /// Select this character and enter the world. Answered by [`Answer::Entered`].
    Select(Identity, CharacterId),
    /// Which characters are there? Answered by [`Answer::Characters`].
    List(Identity),
    /// What does this one hold? Answered by [`Answer::Inventory`].
    Inventory(Identity, CharacterId),
    /// Make one. Answered by [`Answer::Created`].
    Create(Identity, CharacterCreate),
    /// Delete one. Answered by [`Answer::Characters`].
    Delete(Identity, CharacterId),
    /// Do this with a party. Answered by [`Answer::Party`].
    Party(Actor, PartyRequest),
    /// What was said in this party, before this number? Answered by [`Answer::PartyHistory`].
    PartyHistory(CharacterId, PartyId, Option<u64>),
    /// Where is the party by now? Answered by [`Answer::PartyNow`].
    PartyNow(CharacterId, PartyId),
    /// Whisper this. Answered by [`Answer::Whispered`].
    Whisper(Box<Chat>, Whispered),
    /// Mute somebody, or hear it again. Answered by [`Answer::Muted`].
    Mute(Actor, Mute),
}

impl Question {
    /// Whether the connection's frames wait for the answer: it decides who is at
    /// the other end.
    #[must_use]
    pub const fn is_awaited(&self) -> bool {
        matches!(self, Self::Authenticate(_) | Self::Admit(..) | Self::Stands(_) | Self::Select(..))
    }

    /// Whether the connection's next request of the kind waits for the answer.
    #[must_use]
    pub const fn is_queued(&self) -> bool {
        matches!(self, Self::Party(..) | Self::PartyHistory(..) | Self::Whisper(..) | Self::Mute(..))
    }
}

/// What other objects answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The session is good.
    Admitted {
        /// Who it is.
        identity: Identity,
        /// The session's token, if the question began the session.
        token: Option<String>,
        /// The character that entered the world, if one was selected.
        entrance: Option<Box<Entrance>>,
        /// Until when the account may not speak.
        silenced: Option<Millis>,
    },
    /// The session stands.
    Stands(Standing),
    /// The character may enter the world.
    Entered(Box<Entrance>),
    /// The account's characters.
    Characters(Vec<Sheet>),
    /// What the character holds.
    Inventory(Inventory),
    /// The character that was made.
    Created(Box<Sheet>),
    /// What came of a request about a party.
    Party(PartyAnswer),
    /// What was said in a party.
    PartyHistory(Vec<PastChat>),
    /// A party as it is.
    PartyNow(PartyUpdate),
    /// The whisper, with who heard it.
    Whispered(Chat),
    /// What was muted.
    Muted(Mute),
}

/// Whom a whisper is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whispered {
    /// The character of this id.
    Id(CharacterId),
    /// The character of this name.
    Name(CharacterName),
}

/// What a socket shows as it is opened.
#[derive(Debug, Clone, Default)]
pub enum Shown {
    /// Nothing: it authenticates by a message.
    #[default]
    Nothing,
    /// Nothing, and no subprotocol either, by which one may know a client of the first
    /// generation: it authenticates by a message.
    FirstGeneration,
    /// A ticket, which has been verified.
    Ticket(Ticket),
    /// A resume token, likewise.
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
    /// So many bytes wait to be written to a socket that has been sent a lot.
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
        /// Whether other requests wait for it: [`Question::is_queued`].
        queued: bool,
        /// What was answered.
        answer: Result<Answer, Refusal>,
    },
    /// A session has ended elsewhere.
    SessionEnded(SessionId, ErrorCode),
    /// A session has another token, and is named by it from here on.
    SessionRenewed(SessionId, SessionId),
    /// A session may not speak until then, or may again.
    Silenced(SessionId, Option<Millis>),
    /// A character is in another hub now.
    Displaced(CharacterId, u64),
    /// A batch of what was said was taken, or not: for each, whether it was refused.
    Said(Lane, Vec<Origin>, Result<Vec<Option<ErrorCode>>, Refusal>),
    /// News from World.
    News(Vec<News>),
    /// What was said in a party.
    PartyTalk(PartyId, Vec<Word>),
    /// A party has changed, for these.
    PartyChanged(PartyUpdate, Vec<Place>),
    /// Somebody on this connection is invited into a party.
    Invited(u64, PartyInvite, u64),
    /// Somebody on this connection is whispered to.
    Whisper(u64, Chat),
    /// What was said before, from World.
    Recalled(Result<Histories, Refusal>),
    /// A letter was answered, or did not arrive.
    Carried(u64, Result<(), Refusal>),
    /// World did not hear who is here.
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

    /// Nothing to do again, at this time.
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

    /// Sends a frame that lies in `bytes` to these, if there are any and there is one.
    /// Its first `lead` bytes are reliable messages, which an effect before this one stores.
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

    /// Sends a message to these, who speak JSON, if there are any.
    pub(super) fn send_json(&mut self, to: Vec<ConnectionId>, message: &ServerMessage) {
        if !to.is_empty() {
            self.push(Effect::Send(to, encode(Encoding::Json, &Envelope::at(self.now), message)));
        }
    }

    /// Does this too.
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

/// The visit of a connection to a hub.
#[must_use]
pub const fn visit(hub: u32, id: ConnectionId) -> Visit {
    Visit { hub, connection: id.0 }
}
