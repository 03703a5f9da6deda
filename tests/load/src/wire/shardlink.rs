//! Shardlink's protocol, by the client's own logic.

use super::{Micros, State, Wire};
use crate::{clock::Clock, meter::Meter, walk::Step};
use shardlink_client::logic::{
    session::{Effect, Event, Session},
    token::Token,
};
use shardlink_shared::{
    codec::{self, Encoded, Frame, binary},
    entropy::Seeded,
    ids::CharacterId,
    limits::{FULL_FRAME_INTERVAL, MAX_CLIENT_FRAME},
    protocol::{
        ClientMessage, Envelope, SUBPROTOCOL_BINARY, ServerMessage,
        chat::{Channel, SendChat},
        movement::OwnMove,
    },
    time::Millis,
    vector::Vec3,
};
use std::{collections::HashMap, rc::Rc};

/// The numbers of the bots, by their characters.
pub type Cast = Rc<HashMap<CharacterId, u32>>;

/// What a chat of a bot begins with; when it was said follows.
const SAID_AT: &str = "said at ";

/// Whoever was in no frame for this long is out of sight: full frames come every
/// 2 s, and may be some ticks late. In microseconds.
const IN_SIGHT: Micros = FULL_FRAME_INTERVAL * 1_000 + 250_000;

/// Which steps are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// What the client's logic thinks worth sending.
    Suppressed,
    /// Every step.
    Every,
}

/// One bot.
#[derive(Debug)]
pub struct Shardlink {
    number: usize,
    session: Session,
    ticket: Option<Token>,
    entropy: Seeded,
    clock: Clock,
    sending: Sending,
    last_seq: u32,
    ear: Ear,
    state: State,
}

impl Shardlink {
    /// The bot of this number, with a ticket.
    pub fn new(number: usize, ticket: Token, sending: Sending, cast: Cast, clock: Clock) -> Self {
        let mut session = Session::default();
        session.enter(ticket, clock.millis(clock.micros()));
        let last_heard = vec![(None, 0); cast.len()];
        let ear = Ear { number, cast, last_heard };
        let mut wire = Self {
            number,
            session,
            ticket: None,
            entropy: Seeded::new(number as u64),
            clock,
            sending,
            last_seq: 0,
            ear,
            state: State::default(),
        };
        // It asks for a socket and says that it is connecting; neither is measured.
        wire.perform(&mut Meter::new(0), 0);
        wire
    }

    fn millis(&self, now: Micros) -> Millis {
        self.clock.millis(now)
    }

    /// Performs what the client's logic has decided.
    fn perform(&mut self, meter: &mut Meter, now: Micros) {
        while let Some(effect) = self.session.next_effect() {
            match effect {
                Effect::Open(ticket) => self.ticket = Some(ticket),
                Effect::Send(frame) => self.send(frame, meter, now),
                Effect::Entered(Ok(_)) => self.state.in_world = true,
                Effect::Entered(Err(failure)) => self.over(&failure.message),
                Effect::Close(code) => self.over(&format!("closed with {code}")),
                // A bot does not come back: a connection that is lost is counted as lost.
                Effect::AskTicket(_) | Effect::SessionEnded => self.over("the connection was lost"),
                Effect::Emit(Event::Message(told)) => {
                    if let Some(message) = told.message() {
                        self.observe(&message, meter, now);
                    }
                }
                Effect::Emit(Event::Status(_) | Event::News(_)) | Effect::Answer(..) => {}
            }
        }
    }

    fn over(&mut self, why: &str) {
        self.state.over.get_or_insert_with(|| why.to_owned());
    }

    fn send(&mut self, frame: Encoded, meter: &mut Meter, now: Micros) {
        for incoming in codec::decode::<ClientMessage>(frame.as_frame(), MAX_CLIENT_FRAME).flatten() {
            if let ClientMessage::OwnMove(own_move) = incoming.message {
                meter.moved(self.number, own_move.velocity, now);
            }
        }
        self.state.outgoing.push_back(frame);
    }

    /// Counts what a message tells of other players.
    fn observe(&mut self, message: &ServerMessage, meter: &mut Meter, now: Micros) {
        match message {
            ServerMessage::Move(step) => {
                if let Some(velocity) = step.velocity {
                    self.ear.entry(step.character_id, velocity, None, meter, now);
                }
            }
            ServerMessage::PositionCorrection(correction) => {
                self.state.corrected = Some(correction.position);
                meter.count(|counts| counts.corrections += 1);
            }
            ServerMessage::Chat(chat) => {
                let said_at = chat.content.as_str().strip_prefix(SAID_AT).and_then(|at| at.parse::<Micros>().ok());
                let by = self.ear.cast.get(&chat.sender_id).map(|bot| *bot as usize);
                if let Some(said_at) = said_at.filter(|_| by.is_some_and(|bot| bot != self.number)) {
                    meter.chat(now.saturating_sub(said_at));
                }
            }
            _ => {}
        }
    }
}

/// What a bot has heard of the others.
#[derive(Debug)]
struct Ear {
    number: usize,
    cast: Cast,
    /// The last send of each that was heard of, and when a frame last had it.
    last_heard: Vec<(Option<u32>, Micros)>,
}

impl Ear {
    /// An entry of a position frame.
    fn entry(
        &mut self,
        character: CharacterId,
        velocity: Vec3,
        tick: Option<Millis>,
        meter: &mut Meter,
        now: Micros,
    ) {
        let bot = self.cast.get(&character).map(|bot| *bot as usize).filter(|bot| *bot != self.number);
        let Some(bot) = bot else { return };
        if let Some((heard, seen)) = self.last_heard.get_mut(bot) {
            if !is_recent(*seen, now) {
                *heard = None;
            }
            *seen = now;
            meter.entry(bot, velocity, tick, heard, now);
        }
    }
}

impl Wire for Shardlink {
    fn subprotocols(&self) -> Option<String> {
        self.ticket.as_ref().map(|ticket| format!("{SUBPROTOCOL_BINARY}, {}", ticket.reveal()))
    }

    fn opened(&mut self, meter: &mut Meter, now: Micros) {
        self.session.opened(self.millis(now));
        self.perform(meter, now);
    }

    fn heard(&mut self, frame: Frame<'_>, meter: &mut Meter, now: Micros) {
        if let Frame::Binary(bytes) = frame
            && meter.is_open()
        {
            let of_positions = position_bytes(bytes);
            meter.count(|counts| counts.position_bytes += of_positions);
        }
        let millis = self.millis(now);
        let ear = &mut self.ear;
        self.session.frame_observed(frame, millis, &mut |placed| {
            ear.entry(placed.character_id, placed.velocity, Some(placed.time), meter, now);
        });
        self.perform(meter, now);
    }

    fn walk(&mut self, step: Step, meter: &mut Meter, now: Micros) {
        match self.sending {
            Sending::Suppressed => self.session.walk(step.position, step.velocity, self.millis(now)),
            Sending::Every => {
                self.last_seq = self.last_seq.wrapping_add(1);
                let own_move =
                    OwnMove { client_seq: self.last_seq, position: step.position, velocity: step.velocity };
                let mut bytes = Vec::with_capacity(24);
                binary::append(&mut bytes, &Envelope::default(), &ClientMessage::OwnMove(own_move));
                self.send(Encoded::Binary(bytes), meter, now);
            }
        }
        self.perform(meter, now);
    }

    fn say(&mut self, meter: &mut Meter, now: Micros) {
        let chat = ClientMessage::Chat(SendChat::new(&format!("{SAID_AT}{now}"), Channel::Global));
        // Refused only while there is no connection, which is counted as lost.
        let _ = self.session.request(&chat, self.millis(now));
        self.perform(meter, now);
    }

    fn leave(&mut self, meter: &mut Meter, now: Micros) {
        self.session.leave();
        self.perform(meter, now);
    }

    fn due(&self) -> Option<Micros> {
        self.session.due().map(|due| self.clock.micros_of(due))
    }

    fn tick(&mut self, meter: &mut Meter, now: Micros) {
        let millis = self.millis(now);
        self.session.tick(millis, &mut self.entropy);
        self.perform(meter, now);
    }

    /// Who walks is in every full frame of those who see it. Whom one knows to be
    /// here are more: those of one's own faction are listed out of sight too.
    fn neighbours(&self, now: Micros) -> usize {
        self.ear.last_heard.iter().filter(|(_, seen)| is_recent(*seen, now)).count()
    }

    fn state(&mut self) -> &mut State {
        &mut self.state
    }
}

/// Whether somebody who was in a frame then (never is 0) is in sight still.
const fn is_recent(seen: Micros, now: Micros) -> bool {
    seen > 0 && now.saturating_sub(seen) <= IN_SIGHT
}

/// How many bytes of a frame tell of positions. The messages are looked at and
/// not decoded once more: each begins with its length and its tag.
fn position_bytes(mut frame: &[u8]) -> u64 {
    let mut bytes = 0;
    while let Some((length, after)) = split_varint(frame) {
        let Some((message, rest)) = after.split_at_checked(length) else { break };
        if message.first().is_some_and(|tag| POSITION_TAGS.contains(tag)) {
            bytes += frame.len() - rest.len();
        }
        frame = rest;
    }
    bytes as u64
}

/// The tags of `move` and `position_frame`.
const POSITION_TAGS: [u8; 2] = [20, 26];

fn split_varint(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let last = bytes.iter().take(5).position(|byte| byte & 0x80 == 0)?;
    let (varint, rest) = bytes.split_at_checked(last + 1)?;
    Some((varint.iter().rev().fold(0, |value, byte| value << 7 | usize::from(byte & 0x7f)), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shardlink_shared::protocol::{
        MessageSet,
        account::Pong,
        movement::{Move, PositionCorrection},
    };

    fn id(number: u64) -> CharacterId {
        CharacterId::new(number).unwrap()
    }

    fn bot(number: usize) -> Shardlink {
        let cast = Rc::new(HashMap::from([(id(10), 0), (id(11), 1)]));
        Shardlink::new(number, Token::parse("t1_x").unwrap(), Sending::Every, cast, Clock::start())
    }

    #[test]
    fn the_ticket_stands_beside_the_subprotocol() {
        assert_eq!(bot(0).subprotocols().as_deref(), Some("shardlink.v1.bin, t1_x"));
    }

    #[test]
    fn the_tags_of_positions_are_the_protocols() {
        let named = |name: &str| ServerMessage::TYPES.iter().find(|row| row.name == name).unwrap().tag;
        assert_eq!(POSITION_TAGS, [named("move"), named("position_frame")]);
    }

    #[test]
    fn of_a_frame_only_what_tells_of_positions_is_counted_as_such() {
        let step = ServerMessage::Move(Move::to_position(id(11), Vec3::ZERO, Vec3::ZERO));
        let mut frame = Vec::new();
        binary::append(&mut frame, &Envelope::default(), &step);
        let length = frame.len() as u64;
        assert_eq!(position_bytes(&frame), length);
        binary::append(&mut frame, &Envelope::default(), &ServerMessage::Pong(Pong::default()));
        binary::append(&mut frame, &Envelope::default(), &step);
        assert_eq!(position_bytes(&frame), 2 * length);
        assert_eq!(position_bytes(&frame[..3]), 0);
    }

    #[test]
    fn every_step_is_sent_and_recognised_by_whom_it_reaches() {
        let mut meter = Meter::new(2);
        meter.open();
        let (mut one, mut another) = (bot(0), bot(1));
        let velocity = Vec3 { x: 300, y: 100, z: 0 };
        let told = |velocity| ServerMessage::Move(Move::to_position(id(10), Vec3::ZERO, velocity));
        another.observe(&told(Vec3::ZERO), &mut meter, 500);
        one.walk(Step { position: Vec3::ZERO, velocity }, &mut meter, 1_000);
        assert_eq!(one.state.outgoing.len(), 1);
        another.observe(&told(velocity), &mut meter, 41_000);
        one.observe(&told(velocity), &mut meter, 41_000);
        assert_eq!((one.neighbours(50_000), another.neighbours(50_000), another.neighbours(3_000_000)), (0, 1, 0));
        assert_eq!((meter.counts().moves, meter.counts().entries, meter.counts().updates), (1, 2, 1));
        assert_eq!(meter.times().position.unwrap().max, 40.1);
    }

    #[test]
    fn whoever_was_put_back_is_told_where() {
        let mut meter = Meter::new(2);
        let mut one = bot(0);
        let correction =
            PositionCorrection { client_seq: 1, position: Vec3 { x: 5, y: 6, z: 0 }, velocity: Vec3::ZERO };
        one.observe(&ServerMessage::PositionCorrection(correction), &mut meter, 1);
        assert_eq!(one.state.corrected, Some(Vec3 { x: 5, y: 6, z: 0 }));
    }
}
