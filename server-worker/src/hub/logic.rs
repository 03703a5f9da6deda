//! Who is connected, and what becomes of what they send.

use super::{
    admission::resume::Rows,
    admission::tickets::{Tickets, Word},
    area::interest::{Area, Newcomer, stopped},
    area::slots::Slots,
    area::tick::Ticks,
    area::walk::{Step, Teller, walk},
    desk::bonds::Bonds,
    desk::memories::Memories,
    desk::post::Letter,
    desk::talk::Speech,
    outbox::{Effect, Event, Outbox, Question, visit},
    settings::Settings,
    sockets::connection::{Connection, ConnectionId, Identity, Over, Player, Stage},
    sockets::heartbeats::{Heartbeats, PING},
    sockets::pace::Pace,
    stream::disbelief::{self, Disbelieved},
    stream::lead::Leads,
    stream::log::Log,
    stream::reliable::Unsent,
};
use crate::{calls::world::Population, letters::Letters, service::Entrance};
use shardlink_shared::{
    ErrorCode, Refusal,
    codec::{Encoding, Frame, Incoming, Rejected, binary, decode},
    crypto::token::SessionId,
    ids::CharacterId,
    limits::{
        ABUSE_WINDOW, MAX_CLIENT_FRAME, MAX_HELD_FRAMES, MAX_INVALID, MAX_PENDING_FRAME, MAX_RATE_REFUSALS,
        PLACE_LIFE, PLACES_INTERVAL, POPULATION_DELAY,
    },
    protocol::{
        ClientMessage, Envelope, RequestId, ServerMessage,
        account::{Disconnect, Pong},
        chat::Channel,
        error::ErrorMessage,
        movement::OwnMove,
    },
    rules::movement::Motion,
    time::Millis,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How often a hub with players tells World that it lives, in milliseconds: twice
/// before World forgets it, and often enough that a crash, whose places are kept for a
/// minute from the next word on, leaves nobody online for more than 90 s.
pub const PRESENCE_INTERVAL: u64 = 25_000;

/// How often a hub says that its sessions are in use, in milliseconds: three times
/// before a session ends for want of use. Each word wakes an account.
pub const SESSION_USE_INTERVAL: u64 = 20 * 60_000;

/// World is told again who is here after this long, if it did not hear, in milliseconds.
const REPORT_AGAIN: u64 = 1_000;

/// The memory of a Hub.
#[derive(Debug)]
pub struct Hub {
    /// Its number in the realm.
    pub number: u32,
    pub(super) connections: BTreeMap<ConnectionId, Connection>,
    pub(super) characters: BTreeMap<CharacterId, ConnectionId>,
    pub(super) settings: Settings,
    pub(super) area: Area,
    pub(super) ticks: Ticks,
    /// The connections that have not authenticated.
    pub(super) pending: BTreeSet<ConnectionId>,
    /// The connections that are lost, by when their places are given up.
    pub(super) held: BTreeSet<(Millis, ConnectionId)>,
    pub(super) log: Log,
    pub(super) unsent: Unsent,
    pub(super) leads: Leads,
    pub(super) pace: Pace,
    pub(super) heartbeats: Heartbeats,
    /// When those who have moved are stored.
    pub(super) places_due: Option<Millis>,
    /// Until when nobody is let in, because the server stops.
    pub(super) stopping: Option<Millis>,
    /// Places that a crash has made lost ones, and whose rows do not say so yet.
    crashed: Vec<ConnectionId>,
    pub(super) disbelieved: Disbelieved,
    /// Whose place the socket has taken whose frame is being read.
    pub(super) succeeded: Option<ConnectionId>,
    slots: Slots,
    pub(super) tickets: Tickets,
    report_at: Option<Millis>,
    pub(super) presence_at: Option<Millis>,
    pub(super) letters: Letters<Letter>,
    pub(super) speech: Speech,
    pub(super) memories: Memories,
    /// The invitations that were told last.
    pub(super) invitations: VecDeque<u64>,
}

impl Hub {
    /// A hub with the connections that its sockets' attachments hold, and the places of
    /// those that have no socket any more: where a row does not say until when such a
    /// place is kept, a crash took the socket, and the time begins now.
    #[must_use]
    pub fn restore(
        number: u32,
        settings: Settings,
        connections: impl IntoIterator<Item = Connection>,
        mut rows: Rows,
        now: Millis,
    ) -> Self {
        let mut connections: BTreeMap<_, _> = connections.into_iter().map(|one| (one.id, one)).collect();
        let (mut held, mut crashed) = (BTreeSet::new(), Vec::new());
        for (until, mut place) in rows.places {
            if connections.contains_key(&place.id) {
                continue;
            }
            if until.is_none() {
                crashed.push(place.id);
            }
            place.doubted |= until.is_none();
            let until = until.unwrap_or(now + PLACE_LIFE);
            (place.held, place.behind) = (Some(until), false);
            held.insert((until, place.id));
            connections.insert(place.id, place);
        }
        // A number that somebody knows is not given again, whatever the clock says.
        let (known, disbelieved) = disbelief::sift(&mut rows.log, &mut connections, now);
        let characters: BTreeMap<_, _> =
            connections.values().filter_map(|one| Some((one.player()?.character, one.id))).collect();
        // A hub that wakes does not know when it last spoke: it speaks soon.
        let report_at = (!connections.is_empty()).then_some(now + POPULATION_DELAY);
        let authenticated = connections.values().any(|one| one.identity().is_some());
        let unstored = connections.values().filter_map(Connection::player).any(|player| player.unstored);
        let places_due = unstored.then_some(now);
        let tickets = Tickets::restore(rows.tickets, rows.words, rows.process);
        let presence_at = (authenticated || tickets.is_any()).then_some(now + PRESENCE_INTERVAL);
        let slots =
            Slots::restore(connections.values().filter_map(Connection::player).map(|player| player.slot), now);
        let is_pending = |one: &&Connection| matches!(one.stage, Stage::Pending { .. });
        let pending = connections.values().filter(is_pending).map(|one| one.id).collect();
        let mut area = Area::new(settings.area_cap);
        let mut ticks = Ticks::default();
        let walkers = connections.values().filter_map(|one| one.player().map(|player| (one, player)));
        let standing = |(one, player): (&Connection, &Player)| {
            let Motion { position, velocity, .. } = player.motion;
            (player.slot, Newcomer { position: stopped(one.encoding, position, velocity), ..newcomer(one, player) })
        };
        area.restore(walkers.clone().map(standing), now);
        for (_, player) in walkers.filter(|(one, _)| one.encoding == Encoding::Json && one.hears()) {
            ticks.listen(player.slot, area.tick(), false);
        }
        let log = Log::restore(rows.log, known);
        Self {
            number,
            connections,
            characters,
            settings,
            area,
            ticks,
            pending,
            held,
            log,
            unsent: Unsent::default(),
            leads: Leads::default(),
            pace: Pace::default(),
            heartbeats: Heartbeats::default(),
            places_due,
            stopping: None,
            crashed,
            disbelieved,
            succeeded: None,
            slots,
            tickets,
            report_at,
            presence_at,
            letters: Letters::restore(rows.letters),
            speech: Speech::default(),
            memories: Memories::default(),
            invitations: VecDeque::new(),
        }
    }

    /// Decides about an event.
    pub fn handle(&mut self, event: Event<'_>, out: &mut Outbox) {
        self.decide(event, out);
        self.keep_pace(out);
        self.deliver(out);
        self.share_heartbeats(out);
    }

    fn decide(&mut self, event: Event<'_>, out: &mut Outbox) {
        if self.tickets.is_any() {
            // What is remembered of them is forgotten in time, also where nobody comes in.
            self.presence_at.get_or_insert(out.now + PRESENCE_INTERVAL);
        }
        if !self.crashed.is_empty() {
            let crashed = std::mem::take(&mut self.crashed);
            crashed.into_iter().for_each(|id| out.push(Effect::Place(id)));
        }
        self.put_right(out);
        match event {
            Event::Opened { id, encoding, address, shown } => self.opened(id, encoding, address, shown, out),
            Event::Frame(id, Frame::Text(PING)) => self.heartbeat(id, out),
            Event::Frame(id, frame) => {
                self.heartbeats.active(out.now);
                self.frame(id, frame, out);
            }
            Event::Closed(id) => self.remove(id, out),
            Event::Lost(id) => self.lose(id, out),
            Event::Backlog(id, bytes) => self.backlog(id, bytes, out),
            Event::Answered { id, request, awaited, queued, answer } => {
                let waiting = self.stop_waiting(id, awaited, out);
                self.answered(id, request, answer, &waiting, out);
                if queued {
                    self.next_in_queue(id, out);
                }
                self.release_held(id, waiting.held, out);
            }
            Event::SessionEnded(session, code) => {
                self.tickets.hear(session, Word::Ended(code), out);
                for id in self.of_session(session) {
                    self.close(id, code, out);
                }
            }
            Event::SessionRenewed(old, new) => self.renewed(old, new, out),
            Event::Selected(session, character) => {
                self.tickets.hear(session, Word::Selected(character), out);
                for id in self.of_session(session) {
                    self.select(id, None, character, out);
                }
            }
            Event::Silenced(session, until) => self.silence(session, until, out),
            Event::Displaced(character, connection) => {
                if self.holds(character, connection) {
                    self.close(ConnectionId(connection), ErrorCode::SignedInElsewhere, out);
                }
            }
            Event::Said(lane, origins, answer) => self.said(lane, origins, answer, out),
            Event::News(news) => self.news(news, out),
            Event::PartyTalk(party, words) => self.party_words(party, words, out),
            Event::PartyChanged(update, to) => self.party_changed(&update, &to, out),
            Event::Invited(key, invite, connection) => self.invited(key, invite, connection, out),
            Event::Whisper(connection, chat) => self.whisper_from_elsewhere(connection, chat, out),
            Event::Recalled(answer) => self.recalled(answer, out),
            Event::Carried(number, answer) => self.carried(number, &answer, out),
            Event::Unreported => drop(self.report_at.get_or_insert(out.now + REPORT_AGAIN)),
            Event::Unstored(rows) => self.unstored(&rows, out),
            Event::Stopping => self.stop(out),
            Event::Alarm => self.alarm(out),
            Event::Tick => self.tick(out),
        }
    }

    /// When the hub next wants to be woken.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Millis> {
        let connections = self.pending.iter().filter_map(|id| self.connections.get(id));
        let pending = connections.filter_map(|one| match one.stage {
            // While a question is open its own timeout runs.
            Stage::Pending { until, .. } if one.waiting.is_none() => Some(until),
            _ => None,
        });
        let held = self.held.first().map(|(until, _)| *until);
        let letters = self.letters.next_deadline();
        pending.chain(self.report_at).chain(self.presence_at).chain(held).chain(self.places_due).chain(letters).min()
    }

    /// Whether a character is in the world on this connection.
    #[must_use]
    pub fn holds(&self, character: CharacterId, connection: u64) -> bool {
        self.characters.get(&character) == Some(&ConnectionId(connection))
    }

    /// Who is here.
    #[must_use]
    pub fn population(&self) -> Population {
        Population {
            players: self.characters.len() as u32,
            sockets: (self.connections.len() - self.held.len()) as u32,
        }
    }

    /// A connection, for the shell that writes its attachment.
    #[must_use]
    pub fn connection(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections.get(&id)
    }

    pub(super) fn of_session(&self, session: SessionId) -> Vec<ConnectionId> {
        let of_session = |one: &&Connection| one.identity().is_some_and(|identity| identity.session == session);
        self.connections.values().filter(of_session).map(|one| one.id).collect()
    }

    /// A session may not speak until then, or may again.
    fn silence(&mut self, session: SessionId, until: Option<Millis>, out: &mut Outbox) {
        self.tickets.hear(session, Word::Silenced(until), out);
        for id in self.of_session(session) {
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.silenced = until;
                out.push(Effect::Attach(id));
                out.push(Effect::Place(id));
            }
        }
    }

    pub(super) fn population_changed(&mut self, now: Millis) {
        self.report_at.get_or_insert(now + POPULATION_DELAY);
    }

    fn frame(&mut self, id: ConnectionId, frame: Frame<'_>, out: &mut Outbox) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if let (Frame::Binary(bytes), Stage::Playing(player), None) =
            (frame, &mut connection.stage, &connection.waiting)
            && let Some(step) = binary::read_only::<OwnMove>(bytes, OwnMove::TAG)
        {
            // Nearly every message is one of these: it is done where its connection is at hand.
            self.pace.count();
            connection.moves = connection.moves.saturating_add(1);
            match connection.allowance.take_move(self.pace.enforced(), out.now) {
                Ok(()) => {}
                Err(Over::Pace(_)) => return,
                Err(Over::Rate(seconds, refused)) => return self.over_rate(id, None, seconds, refused, out),
            }
            let (encoding, first_generation) = (connection.encoding, connection.first_generation);
            let teller = Teller { id, encoding, first_generation, request: None };
            let check = self.settings.movement_check;
            self.places_due.get_or_insert(out.now + PLACES_INTERVAL);
            if let Err(refusal) = walk(teller, player, &Step::from(&step), &mut self.area, check, out) {
                self.refuse(id, None, &refusal, out);
            }
            return;
        }
        let pending = matches!(connection.stage, Stage::Pending { .. });
        let max_len = if pending { MAX_PENDING_FRAME } else { MAX_CLIENT_FRAME };
        let mut id = id;
        for message in decode::<ClientMessage>(frame, max_len) {
            match message {
                Ok(incoming) => self.accept(id, incoming, out),
                Err(rejected) => self.reject(id, rejected, out),
            }
            // What follows a resume is of the connection that it continues.
            id = self.succeeded.take().unwrap_or(id);
        }
    }

    /// What could not be decoded: answered, counted, and too much of it closes.
    fn reject(&mut self, id: ConnectionId, rejected: Rejected, out: &mut Outbox) {
        self.pace.count();
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let message = ServerMessage::InvalidMessage(ErrorMessage::from(&rejected.refusal));
        out.send(id, connection.encoding, &Envelope::answering(rejected.message_id, out.now), &message);
        if connection.allowance.invalid.count(ABUSE_WINDOW, out.now) >= MAX_INVALID {
            self.close(id, ErrorCode::Malformed, out);
        }
    }

    /// What was decoded: counted against the connection's rates, then done, or
    /// held back while a question about the connection is open.
    fn accept(&mut self, id: ConnectionId, incoming: Incoming<ClientMessage>, out: &mut Outbox) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let Incoming { envelope: Envelope { message_id: request, .. }, message } = incoming;
        self.pace.count();
        match connection.take(&message, self.pace.enforced(), out.now) {
            Ok(()) => {}
            // A first-generation client does not know the pace: it is not at fault.
            Err(Over::Pace(_)) if request.is_none() => return,
            Err(Over::Pace(seconds)) => {
                return self.refuse(id, request, &Refusal::new(ErrorCode::RateLimited).after(seconds), out);
            }
            Err(Over::Rate(seconds, refused)) => return self.over_rate(id, request, seconds, refused, out),
        }
        if let Some(waiting) = connection.waiting.as_mut() {
            if waiting.held.len() < MAX_HELD_FRAMES {
                waiting.held.push_back((request, message));
            } else {
                self.refuse(id, request, &ErrorCode::RateLimited.into(), out);
            }
            return;
        }
        self.perform(id, request, message, out);
    }

    /// More than the connection may send: refused, and too much of it closes.
    fn over_rate(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        seconds: f64,
        refused: u32,
        out: &mut Outbox,
    ) {
        self.refuse(id, request, &Refusal::new(ErrorCode::RateLimited).after(seconds), out);
        if refused >= MAX_RATE_REFUSALS {
            self.close(id, ErrorCode::RateLimited, out);
        }
    }

    pub(super) fn perform(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        message: ClientMessage,
        out: &mut Outbox,
    ) {
        let Some(connection) = self.connections.get(&id) else { return };
        let identity = connection.identity();
        let encoding = connection.encoding;
        let refusal = match (message, identity) {
            (ClientMessage::Disconnect(_), _) => {
                // What answers its earlier requests comes before.
                self.deliver_now(out);
                out.send(
                    id,
                    encoding,
                    &Envelope::answering(request, out.now),
                    &ServerMessage::Disconnect(Disconnect::default()),
                );
                out.push(Effect::Goodbye(id));
                self.remove(id, out);
                return;
            }
            (ClientMessage::AuthRequest(auth), None) => {
                return self.ask(id, request, Question::Authenticate(auth), out);
            }
            (ClientMessage::Resume(resume), None) if connection.returning.is_some() => {
                return self.resume(id, request, resume.last_seq, out);
            }
            (_, None) => Refusal::new(ErrorCode::Unauthenticated),
            (ClientMessage::Resume(_), Some(_)) => Refusal::new(ErrorCode::AlreadyAuthenticated),
            (ClientMessage::Ack(_), Some(_)) if request.is_some() => {
                Refusal::field("message_id", "An ack has no answer: send it without a message_id.")
            }
            (ClientMessage::Ack(ack), Some(_)) => return self.acknowledge(id, ack.last_seq, out),
            (ClientMessage::AuthRequest(_), Some(_)) => Refusal::new(ErrorCode::AlreadyAuthenticated),
            (ClientMessage::Ping(_), Some(_)) => {
                let pong = ServerMessage::Pong(Pong::default());
                return out.send(id, encoding, &Envelope::answering(request, out.now), &pong);
            }
            (ClientMessage::CharacterList(_), Some(identity)) => {
                return out.ask(id, request, Question::List(identity));
            }
            (ClientMessage::CharacterCreate(create), Some(identity)) => {
                return out.ask(id, request, Question::Create(identity, create));
            }
            (ClientMessage::CharacterDelete(delete), Some(identity)) => {
                return out.ask(id, request, Question::Delete(identity, delete.character_id));
            }
            (ClientMessage::CharacterSelect(select), Some(_)) => {
                return self.select(id, request, select.character_id, out);
            }
            (message, Some(_)) => match self.play(id, request.clone(), message, out) {
                Ok(()) => return,
                Err(refusal) => refusal,
            },
        };
        self.refuse(id, request, &refusal, out);
    }

    /// What only a character in the world may do.
    fn play(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        message: ClientMessage,
        out: &mut Outbox,
    ) -> Result<(), Refusal> {
        let player = self.connections.get(&id).and_then(Connection::player).ok_or(ErrorCode::NoCharacter)?;
        match message {
            ClientMessage::Inventory(_) => {
                out.ask(id, request, Question::Inventory(player.identity, player.character));
                Ok(())
            }
            ClientMessage::Move(step) => self.step(id, request, &step, out),
            ClientMessage::OwnMove(step) => self.own_move(id, request, &step, out),
            ClientMessage::Chat(chat) => {
                let channel = chat.channel.unwrap_or_default();
                self.chat(id, request, channel, chat, out)
            }
            ClientMessage::Whisper(chat) => self.chat(id, request, Channel::Whisper, chat, out),
            ClientMessage::PartyChat(chat) => self.chat(id, request, Channel::Party, chat, out),
            ClientMessage::FactionChat(chat) => self.chat(id, request, Channel::Faction, chat, out),
            ClientMessage::ChatHistory(asked) => self.history(id, request, asked, out),
            // Parties, mutes; and messages of the protocol that this server does not serve yet.
            message => self.bond(id, request, message, out),
        }
    }

    /// Asks about a connection; its frames wait until the answer.
    pub(super) fn ask(&mut self, id: ConnectionId, request: Option<RequestId>, question: Question, out: &mut Outbox) {
        let waiting = self.waiting();
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.waiting.get_or_insert(waiting);
            out.ask(id, request, question);
        }
    }

    pub(super) fn select(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        character: CharacterId,
        out: &mut Outbox,
    ) {
        let Some(connection) = self.connections.get(&id) else { return };
        let Some(identity) = connection.identity() else { return };
        if let Some(player) = connection.player().filter(|player| player.character == character) {
            // Selected again, for example over REST and here: it is in the world already.
            let update = player.seen_at(player.motion.position);
            return self.tell_of_itself(id, request, update, out);
        }
        self.ask(id, request, Question::Select(identity, character), out);
    }

    /// Puts a character into the world.
    pub(super) fn enter(&mut self, id: ConnectionId, identity: Identity, entrance: &Entrance, out: &mut Outbox) {
        let sheet = &entrance.sheet;
        // It was here already, as another character or on another socket.
        self.leave_world(id, out);
        if let Some(other) = self.characters.get(&sheet.id).copied() {
            self.close(other, ErrorCode::SignedInElsewhere, out);
        }
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let slot = self.slots.take(out.now);
        let mut player = Box::new(Player::entering(identity, sheet, slot, out.now));
        player.bonds = Bonds::new(entrance.muted.clone());
        self.area.enter(slot, newcomer(connection, &player), out.now);
        if connection.encoding == Encoding::Json && connection.hears() {
            self.ticks.listen(slot, self.area.tick(), true);
        }
        connection.stage = Stage::Playing(player);
        connection.since = self.log.last();
        self.pending.remove(&id);
        self.characters.insert(sheet.id, id);
        self.presence_at.get_or_insert(out.now + PRESENCE_INTERVAL);
        self.population_changed(out.now);
        out.push(Effect::Attach(id));
        out.push(Effect::Place(id));
    }

    /// Takes a connection's character out of the world, if it has one there.
    fn leave_world(&mut self, id: ConnectionId, out: &mut Outbox) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let Some(identity) = connection.player().map(|player| player.identity) else { return };
        let before = std::mem::replace(&mut connection.stage, Stage::Authenticated(identity));
        if let Stage::Playing(player) = before {
            self.characters.remove(&player.character);
            self.slots.give_back(player.slot, out.now);
            self.area.leave(player.slot);
            self.ticks.forget(player.slot);
            let location = player.motion.location;
            self.post(Letter::Left { character: player.character, visit: visit(self.number, id), location }, out);
            out.push(Effect::Place(id));
            self.population_changed(out.now);
        }
    }

    pub(super) fn remove(&mut self, id: ConnectionId, out: &mut Outbox) {
        self.leave_world(id, out);
        self.pending.remove(&id);
        if let Some(connection) = self.connections.remove(&id) {
            if let Some(until) = connection.held {
                self.held.remove(&(until, id));
            }
            if let Some((nonce, expires)) = connection.waiting.and_then(|waiting| waiting.ticket) {
                out.push(Effect::UseTicket(nonce, expires));
            }
            self.population_changed(out.now);
        }
    }

    pub(super) fn close(&mut self, id: ConnectionId, code: ErrorCode, out: &mut Outbox) {
        self.deliver_now(out);
        out.push(Effect::Close(id, code));
        self.remove(id, out);
    }

    pub(super) fn refuse(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        refusal: &Refusal,
        out: &mut Outbox,
    ) {
        let Some(connection) = self.connections.get(&id) else { return };
        let message = ServerMessage::Error(ErrorMessage::from(refusal));
        if let Some(request) = request.clone().filter(|_| {
            // Above the rate nothing is written; and what nobody asked for nobody waits for.
            connection.player().is_some() && refusal.code != ErrorCode::RateLimited
        }) {
            return self.send_reliably(vec![id], Some((id, request)), &message, out);
        }
        out.send(id, connection.encoding, &Envelope::answering(request, out.now), &message);
    }

    fn alarm(&mut self, out: &mut Outbox) {
        let now = out.now;
        self.give_up_places(out);
        self.store_places(out);
        self.carry(out);
        self.give_up_unanswered(out);
        let late = |one: &&Connection| {
            one.waiting.is_none() && matches!(one.stage, Stage::Pending { until, .. } if until <= now)
        };
        let pending = self.pending.iter().filter_map(|id| self.connections.get(id));
        let late: Vec<_> = pending.filter(late).map(|one| one.id).collect();
        for id in late {
            self.close(id, ErrorCode::Unauthenticated, out);
        }
        if self.presence_at.is_some_and(|due| due <= now) {
            self.tickets.prune(out);
            let in_use: Vec<_> = self.connections.values().filter_map(Connection::identity).collect();
            let goes_on = !in_use.is_empty() || self.tickets.is_any();
            self.presence_at = goes_on.then_some(now + PRESENCE_INTERVAL);
            if !in_use.is_empty() {
                // World forgets hubs that it does not hear of.
                self.population_changed(now);
                // By the clock, because a hub that sleeps in between forgets when it last was.
                let round = |at: Millis| at.0 / SESSION_USE_INTERVAL;
                if round(now) != round(now - PRESENCE_INTERVAL) {
                    out.push(Effect::InUse(in_use));
                }
            }
        }
        if self.report_at.is_some_and(|due| due <= now) {
            self.report_at = None;
            out.push(Effect::Report(self.population()));
        }
    }
}

/// A player who comes to where it stands.
pub(super) fn newcomer(connection: &Connection, player: &Player) -> Newcomer {
    Newcomer {
        connection: connection.id,
        encoding: connection.encoding,
        hears: connection.hears(),
        character: player.character,
        faction: player.faction,
        party: player.bonds.party(),
        location: player.motion.location,
        position: player.motion.position,
        cell: player.cell,
    }
}
