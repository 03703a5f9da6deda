//! Scenarios of a hub, with and without sleep between the steps.

mod clock;
mod cost;
mod delivery;
mod emote;
mod first_generation;
mod heartbeats;
mod introduced;
mod latest;
mod numbers;
mod pace;
mod resume;
mod sight;
mod sleep;
mod slow;
mod social;
mod standing;
mod strangers;
mod tickets;
mod ticks;
mod violations;

use super::{
    admission::questions::{Answer, Question},
    outbox::{Effect, Event, Outbox, Shown, Turn},
    post::PRESENCE_INTERVAL,
    report::SESSION_USE_INTERVAL,
    rows::Letter,
    rows::Rows,
    settings::Settings,
    sockets::attachment,
    sockets::connection::Nonce,
    sockets::connection::{Connection, ConnectionId, Identity},
    state::Hub,
    stream::log::Logged,
};
use crate::{
    calls::{
        character::Visit,
        hub::{Audience, Delivery},
        world::Histories,
    },
    letters,
    service::{Actor, Entrance},
    systems::{
        self, Asker, Batch, Reply, Told,
        chat::{self, MEMORY, Scope, Spoken, Utterance, WORLD, Whispered},
    },
};
use shardlink_shared::{
    ErrorCode, Refusal,
    codec::{Encoding, Frame, decode, encode},
    crypto::token::SessionId,
    entropy::Seeded,
    ids::{CharacterId, LocationId, PlayerId},
    limits::{MAX_HELD_FRAMES, MAX_SERVER_FRAME, PENDING_TIMEOUT, POPULATION_DELAY},
    protocol::{
        ClientMessage, Envelope, RequestId, ServerMessage,
        account::{AuthRequest, Ping},
        bounded::Secret,
        character::{CharacterListRequest, CharacterSelect},
        chat::{Channel, PastChat, SendChat},
        movement::{MoveRequest, OwnMove},
    },
    rules::character::roll_stats,
    sheet::Sheet,
    text::{CharacterName, UserName},
    time::Millis,
    vector::Vec3,
    world::{Class, Faction, NEXUS, Race},
};
use std::collections::BTreeMap;

/// Until when a place is kept, its connection, and when the process began that heard all of its
/// session.
type PlaceRow = (Option<Millis>, Vec<u8>, Option<Millis>);

/// A hub, a clock, and what the hub did. With `sleepy` the hub comes to rest before every event,
/// and its memory is dropped and rebuilt from the attachments and the rows.
pub(super) struct World {
    pub hub: Hub,
    pub now: u64,
    sleepy: bool,
    settings: Settings,
    attachments: BTreeMap<ConnectionId, Vec<u8>>,
    places: BTreeMap<ConnectionId, PlaceRow>,
    log: BTreeMap<u64, Logged>,
    letters: BTreeMap<u64, letters::Letter<Letter>>,
    tickets: BTreeMap<Nonce, Millis>,
    words: BTreeMap<SessionId, Millis>,
    /// When the process began: at the last crash.
    process: Millis,
    /// What the last event told Characters.
    pub carried: Vec<Letter>,
    pub last: Vec<Effect>,
    /// Whether the runtime answers heartbeats, as it was last told.
    auto_answer: Option<bool>,
    pub out: Outbox,
    steps: u32,
    /// What all connections were told, and what else was done, if that is recorded.
    transcript: Option<Vec<String>>,
    /// The last number that World has given to something said.
    number: u64,
    /// What World remembers.
    past: Vec<(Scope, PastChat)>,
}

impl World {
    fn new(sleepy: bool) -> Self {
        Self::with(at_once(), sleepy)
    }

    pub fn with(settings: Settings, sleepy: bool) -> Self {
        let hub = Hub::restore(3, settings.clone(), [], Rows::default(), Millis(0));
        let (attachments, places, log, letters, carried, out) = Default::default();
        let (tickets, words, process) = Default::default();
        let (now, last, steps, number) = (1_000_000, vec![], 0, 0);
        let transcript = None;
        Self {
            hub,
            now,
            sleepy,
            settings,
            attachments,
            places,
            log,
            letters,
            tickets,
            words,
            process,
            carried,
            last,
            auto_answer: None,
            out,
            steps,
            transcript,
            number,
            past: Vec::new(),
        }
    }

    /// Answers as World would to what the hub passed on: the words come back in World's order.
    fn play_world(&mut self) {
        let mut all = Vec::new();
        while !self.last.is_empty() {
            let effects = std::mem::take(&mut self.last);
            let mut events = Vec::new();
            for effect in effects {
                match effect {
                    Effect::ServeTogether(batch, requests) if batch.lane == WORLD => {
                        let (askers, said) = taken_apart(&requests);
                        let told = said.into_iter().map(|one| self.spoken(one)).map(news);
                        events.push(Event::Delivered(told.collect()));
                        events.push(Event::ServedTogether(batch.lane, askers, Ok(Vec::new())));
                    }
                    Effect::ServeTogether(batch, requests) if batch.lane == MEMORY => {
                        let mut channels: Vec<(Scope, Vec<PastChat>)> = Vec::new();
                        for (audience, chat) in &self.past {
                            match channels.iter_mut().find(|(found, _)| found == audience) {
                                Some((_, said)) => said.push(chat.clone()),
                                None => channels.push((*audience, vec![chat.clone()])),
                            }
                        }
                        events.push(recalled(requests, Histories { number: self.number, channels }));
                    }
                    Effect::Post(..) | Effect::Done(_) => {}
                    Effect::Carry(number, letter) => {
                        self.carried.push(letter);
                        events.push(Event::Carried(number, Ok(())));
                    }
                    other => all.push(other),
                }
            }
            for event in events {
                let before = std::mem::take(&mut self.last);
                self.decide_alone(event);
                self.last.splice(0..0, before);
            }
        }
        self.last = all;
    }

    fn spoken(&mut self, said: Utterance) -> Spoken {
        self.number += 1;
        let Utterance { audience, chat, origin } = said;
        let timestamp = shardlink_shared::protocol::Timestamp(Millis(self.now));
        self.past.push((audience, PastChat { number: self.number, timestamp, chat: chat.clone() }));
        Spoken { number: self.number, at: Millis(self.now), audience, chat, origin: Some(origin) }
    }

    pub fn handle(&mut self, event: Event<'_>) {
        if self.sleepy {
            while self.tick() {}
            let now = Millis(self.now);
            let connections = self.attachments.values().map(|bytes| attachment::read(bytes, now).unwrap());
            let connections: Vec<_> = connections.collect();
            self.hub = Hub::restore(3, self.settings.clone(), connections, self.rows(), now);
        }
        self.decide(event);
    }

    /// Handles an event without a sleep before it.
    pub fn handle_awake(&mut self, event: Event<'_>) {
        self.decide(event);
    }

    /// What the rows hold.
    fn rows(&self) -> Rows {
        let now = Millis(self.now);
        let place = |(until, bytes, process): &PlaceRow| {
            let connection = attachment::read(bytes, now).unwrap();
            (*until, Connection { doubted: *process != Some(self.process), ..connection })
        };
        Rows {
            places: self.places.values().map(place).collect(),
            log: self.log.values().cloned().collect(),
            letters: self.letters.clone().into_iter().collect(),
            tickets: self.tickets.clone().into_iter().collect(),
            words: self.words.clone().into_iter().collect(),
            process: self.process,
        }
    }

    /// All sockets are gone and so is the memory: what a `kill -9` leaves.
    pub fn crash(&mut self) {
        self.attachments.clear();
        self.process = Millis(self.now);
        self.hub = Hub::restore(3, self.settings.clone(), [], self.rows(), Millis(self.now));
    }

    /// Makes the next tick, when it is due. Returns whether there was one.
    pub fn tick(&mut self) -> bool {
        let Some(due) = self.hub.next_tick() else { return false };
        self.now = self.now.max(due.0);
        self.decide(Event::Tick);
        true
    }

    fn decide(&mut self, event: Event<'_>) {
        self.carried.clear();
        self.out.reset(Millis(self.now));
        self.decide_alone(event);
        let is_for_world = |effect: &Effect| {
            let is_worlds = |batch: &Batch| batch.lane == WORLD || batch.lane == MEMORY;
            match effect {
                Effect::ServeTogether(batch, _) => is_worlds(batch),
                other => matches!(other, Effect::Carry(..) | Effect::Done(_)),
            }
        };
        if self.last.iter().any(is_for_world) {
            self.play_world();
        }
    }

    /// Decides about an event; what earlier ones put into the outbox's memory stays there.
    fn decide_alone(&mut self, event: Event<'_>) {
        self.out.effects.clear();
        let gone = if let Event::Closed(id) | Event::Lost(id) = event { Some(id) } else { None };
        self.hub.handle(event, &mut self.out);
        for effect in &self.out.effects {
            match effect {
                Effect::Attach(id) => {
                    if let Some(connection) = self.hub.connection(*id) {
                        self.attachments.insert(*id, attachment::write(connection));
                    }
                }
                Effect::Close(id, _) | Effect::Goodbye(id) => drop(self.attachments.remove(id)),
                Effect::Rebind(from, _) => drop(self.attachments.remove(from)),
                Effect::Place(id) => match self.hub.connection(*id).filter(|one| one.player().is_some()) {
                    Some(place) => {
                        let process = (!place.doubted).then_some(self.process);
                        self.places.insert(*id, (place.held, attachment::write(place), process));
                    }
                    None => drop(self.places.remove(id)),
                },
                Effect::Deliver(delivery) => {
                    self.log.extend(delivery.rows.iter().map(|row| (row.seq, (**row).clone())));
                }
                Effect::Post(number, letter) => drop(self.letters.insert(*number, letter.clone())),
                Effect::Done(number) => drop(self.letters.remove(number)),
                Effect::Forget(seq) => self.log.retain(|logged, _| logged > seq),
                Effect::Disbelieve { above, .. } => self.log.retain(|logged, _| logged <= above),
                Effect::UseTicket(nonce, expires) => drop(self.tickets.insert(*nonce, *expires)),
                Effect::Word(session) => drop(self.words.insert(*session, Millis(self.now))),
                Effect::PruneTickets(before) => {
                    self.tickets.retain(|_, expires| expires.0 > self.now);
                    self.words.retain(|_, at| *at > *before);
                }
                _ => {}
            }
        }
        if let Some(id) = gone {
            self.attachments.remove(&id);
        }
        let answers = |effect: &Effect| if let Effect::AutoAnswer(answers) = effect { Some(*answers) } else { None };
        self.auto_answer = self.out.effects.iter().rev().find_map(answers).or(self.auto_answer);
        self.last = self.out.effects.iter().filter(|effect| answers(effect).is_none()).cloned().collect();
        self.record();
    }

    /// A step of the binary client, numbered, standing where it ends.
    pub fn walk(&mut self, id: ConnectionId, x: f64, y: f64) {
        self.run(id, x, y, 0.0, 0.0);
    }

    /// A step of the binary client, numbered, at this velocity.
    pub fn run(&mut self, id: ConnectionId, x: f64, y: f64, vx: f64, vy: f64) {
        self.steps += 1;
        self.send(id, &step(self.steps, x, y, vx, vy));
    }

    fn open(&mut self, n: u64, encoding: Encoding) -> ConnectionId {
        let id = ConnectionId(n);
        self.handle(Event::Opened { id, encoding, address: "::1".into(), shown: Shown::Nothing });
        id
    }

    pub fn send(&mut self, id: ConnectionId, message: &ClientMessage) {
        // Messages that are sent often ask for no answer.
        let asks = !matches!(message, ClientMessage::OwnMove(_) | ClientMessage::Ack(_));
        let envelope = Envelope { message_id: asks.then_some(RequestId::Number(9)), ..Envelope::default() };
        let frame = encode(Encoding::Binary, &envelope, message);
        self.handle(Event::Frame(id, frame.as_frame()));
    }

    fn answer(&mut self, id: ConnectionId, answer: Result<Answer, Refusal>) {
        let awaited = !matches!(answer, Ok(Answer::Characters(_) | Answer::Created(_)));
        self.handle(Event::Answered { id, request: Some(RequestId::Number(9)), awaited, answer });
    }

    /// Hands the hub what has come of a system's request that was served in turn.
    fn serve(&mut self, id: ConnectionId, result: Result<Reply, Refusal>) {
        self.handle(Event::Served(Box::new(self.asker(id)), Turn::Taken, result));
    }

    /// Who asked on this connection, which plays a character.
    fn asker(&self, id: ConnectionId) -> Asker {
        let player = self.hub.connection(id).and_then(Connection::player).unwrap();
        Asker {
            actor: Actor { owner: player.identity.player, character: player.character },
            name: player.name.clone(),
            faction: player.faction,
            visit: Visit { hub: 3, connection: id.0 },
            request: Some(RequestId::Number(9)),
            is_asked: true,
            silenced: None,
            facts: player.facts.clone(),
        }
    }

    /// A socket whose character is in the world.
    pub fn player(&mut self, n: u64, name: &str, encoding: Encoding) -> ConnectionId {
        let id = self.open(n, encoding);
        self.answer(id, Ok(admitted(n, Some(sheet(n, name)))));
        id
    }

    /// The frames that the last event sent to a connection.
    fn frames(&self, id: ConnectionId) -> impl Iterator<Item = Frame<'_>> {
        self.last.iter().flat_map(move |effect| match effect {
            Effect::Send(to, frame) if to.contains(&id) => vec![frame.as_frame()],
            Effect::Deliver(delivery) => {
                let frames = delivery.frames.iter().filter(|(to, _)| to.contains(&id));
                frames.map(|(_, frame)| frame.as_frame()).collect()
            }
            Effect::Share(shared) => {
                let (to, frame) = self.out.shared(shared, true);
                to.contains(&id).then_some(Frame::Binary(frame)).into_iter().collect()
            }
            _ => vec![],
        })
    }

    /// What the last event sent to a connection.
    pub fn sent(&self, id: ConnectionId) -> Vec<ServerMessage> {
        let messages = self.frames(id).flat_map(|frame| decode::<ServerMessage>(frame, MAX_SERVER_FRAME));
        messages.map(|message| message.unwrap().message).collect()
    }

    pub fn types(&self, id: ConnectionId) -> Vec<&'static str> {
        use shardlink_shared::protocol::MessageSet;
        self.sent(id).iter().map(|message| message.message_type().name).collect()
    }

    pub fn error(&self, id: ConnectionId) -> Option<ErrorCode> {
        self.sent(id).iter().find_map(|message| match message {
            ServerMessage::Error(error) | ServerMessage::InvalidMessage(error) => Some(error.error_code),
            _ => None,
        })
    }

    fn closed(&self, id: ConnectionId) -> Option<ErrorCode> {
        self.last.iter().find_map(|effect| match effect {
            Effect::Close(closed, code) if *closed == id => Some(*code),
            _ => None,
        })
    }

    /// What the last event asked of systems.
    fn wanted(&self) -> Vec<&systems::Request> {
        let wanted = self.last.iter().filter_map(|effect| match effect {
            Effect::Serve(_, _, request) => Some(&**request),
            _ => None,
        });
        wanted.collect()
    }

    fn questions(&self) -> Vec<&Question> {
        self.last
            .iter()
            .filter_map(|effect| if let Effect::Ask(_, _, question) = effect { Some(question) } else { None })
            .collect()
    }
}

/// The askers of requests that go together, and what they say.
fn taken_apart(requests: &[(Asker, systems::Request)]) -> (Vec<Asker>, Vec<Utterance>) {
    let said = requests.iter().filter_map(|(_, request)| match request {
        systems::Request::Chat(chat::Request::Utter(utterance)) => Some((**utterance).clone()),
        _ => None,
    });
    (requests.iter().map(|(asker, _)| asker.clone()).collect(), said.collect())
}

/// The delivery by which World has hubs tell of something said.
fn news(spoken: Spoken) -> Delivery {
    let to = match spoken.audience {
        Scope::Faction(faction) => Audience::Faction(faction),
        _ => Audience::Everybody,
    };
    spoken.delivery(0, to)
}

/// World's answer to the requests that wait for its last words.
fn recalled(requests: Vec<(Asker, systems::Request)>, histories: Histories) -> Event<'static> {
    let mut histories = Some(histories);
    let replies = requests.iter().map(|(_, request)| {
        let remembered = histories.take().map(systems::Remembered::Chat);
        Ok(Reply { remembered, again: Some(request.clone()), ..Reply::default() })
    });
    let replies = replies.collect();
    let askers = requests.into_iter().map(|(asker, _)| asker).collect();
    Event::ServedTogether(MEMORY, askers, Ok(replies))
}

fn identity(n: u64) -> Identity {
    let mut session = [0; 32];
    session[..8].copy_from_slice(&n.to_le_bytes());
    Identity { session: SessionId(session), player: PlayerId::new(n + (1 << 40)).unwrap() }
}

pub(super) fn character(n: u64) -> CharacterId {
    CharacterId::new(n + (1 << 41)).unwrap()
}

fn sheet(n: u64, name: &str) -> Sheet {
    let stats = roll_stats(Race::Human, Class::Warrior, &mut Seeded::new(n));
    let name = CharacterName::parse(name).unwrap();
    let faction = if n.is_multiple_of(2) { Faction::GoldenOrder } else { Faction::Shadowborn };
    Sheet::new(character(n), name, Race::Human, Class::Warrior, faction, stats, Millis(0))
}

/// The entrance of a character in no party.
fn entrance(sheet: Sheet) -> Entrance {
    Entrance { sheet, told: Vec::new() }
}

fn admitted(n: u64, sheet: Option<Sheet>) -> Answer {
    let entrance = sheet.map(|sheet| Box::new(entrance(sheet)));
    Answer::Admitted { identity: identity(n), token: None, entrance, silenced: None }
}

fn auth() -> ClientMessage {
    ClientMessage::AuthRequest(AuthRequest {
        username: UserName::parse("aria").unwrap(),
        password: None,
        session_token: Secret::parse("s1_x").ok(),
    })
}

pub(super) fn at(x: f64, y: f64) -> Vec3 {
    Vec3::from_metres(x, y, 0.0).unwrap()
}

pub(super) fn step(client_seq: u32, x: f64, y: f64, vx: f64, vy: f64) -> ClientMessage {
    ClientMessage::OwnMove(OwnMove { client_seq, position: at(x, y), velocity: at(vx, vy) })
}

pub(super) fn travel(to: u64) -> ClientMessage {
    ClientMessage::Move(MoveRequest {
        character_id: None,
        from_location_id: None,
        to_location_id: LocationId::new(to),
        position: None,
        velocity: None,
    })
}

fn say(text: &str, channel: Channel) -> ClientMessage {
    ClientMessage::Chat(SendChat::new(text, channel))
}

/// Settings with which what is said is delivered at once, so that a test sees what a step led to.
fn at_once() -> Settings {
    Settings { delivery_interval: 0, ..Settings::default() }
}

/// Every scenario is played twice: by a hub that never sleeps and by one that
/// sleeps between every two events.
pub(super) fn both(scenario: impl Fn(World)) {
    both_with(at_once(), scenario);
}

/// Every scenario is played twice, as by [`both`], with these settings.
pub(super) fn both_with(settings: Settings, scenario: impl Fn(World)) {
    scenario(World::with(settings.clone(), false));
    scenario(World::with(settings, true));
}

#[test]
fn a_socket_that_does_not_authenticate_is_closed_after_5_seconds() {
    both(|mut world| {
        let id = world.open(1, Encoding::Json);
        world.now += PENDING_TIMEOUT - 1;
        world.handle(Event::Alarm);
        assert_eq!(world.closed(id), None);
        world.now += 1;
        world.handle(Event::Alarm);
        assert_eq!(world.closed(id), Some(ErrorCode::Unauthenticated));
    });
}

#[test]
fn before_it_is_authenticated_a_socket_gets_nothing_but_a_refusal() {
    both(|mut world| {
        let stranger = world.open(1, Encoding::Binary);
        let aria = world.player(2, "Aria", Encoding::Binary);
        for message in [say("hi", Channel::Global), step(1, 1.0, 1.0, 0.0, 0.0), ClientMessage::Ping(Ping {})] {
            world.send(stranger, &message);
            assert_eq!(world.error(stranger), Some(ErrorCode::Unauthenticated));
            assert_eq!(world.sent(aria), []);
        }
        world.send(aria, &say("hi", Channel::Global));
        assert_eq!(world.sent(stranger), []);
    });
}

#[test]
fn frames_that_come_while_authentication_is_checked_wait_for_it_in_their_order() {
    // This hub does not sleep: while a question is open the runtime keeps the object awake.
    let mut world = World::new(false);
    let id = world.open(1, Encoding::Binary);
    world.send(id, &auth());
    assert!(matches!(world.questions()[..], [Question::Authenticate(_)]));
    for n in 0..MAX_HELD_FRAMES {
        world.send(id, &say(&format!("held {n}"), Channel::Global));
        assert_eq!(world.sent(id), []);
    }
    world.send(id, &say("one too many", Channel::Global));
    assert_eq!(world.error(id), Some(ErrorCode::RateLimited));
    world.answer(id, Ok(admitted(1, Some(sheet(1, "Aria")))));
    let types = world.types(id);
    assert_eq!(types[..2], ["auth_response", "location_update"]);
    let said: Vec<_> = world
        .sent(id)
        .into_iter()
        .filter_map(|m| if let ServerMessage::Chat(chat) = m { Some(chat.content.as_str().to_owned()) } else { None })
        .collect();
    let expected: Vec<_> = (0..MAX_HELD_FRAMES).map(|n| format!("held {n}")).collect();
    assert_eq!(said, expected);
}

#[test]
fn a_failed_authentication_may_be_repeated_twice() {
    let mut world = World::new(false);
    let id = world.open(1, Encoding::Json);
    for attempt in 1..=3 {
        world.send(id, &auth());
        world.answer(id, Err(ErrorCode::BadCredentials.into()));
        assert_eq!(world.types(id), ["auth_response"]);
        assert_eq!(world.closed(id).is_some(), attempt == 3);
    }
}

#[test]
fn those_in_a_location_see_who_comes_walks_and_goes() {
    both(|mut world| {
        let bran = world.player(1, "Bran", Encoding::Json);
        world.tick();
        let aria = world.player(2, "Aria", Encoding::Binary);
        assert_eq!(world.types(aria), ["auth_response", "location_update"]);
        let ServerMessage::LocationUpdate(snapshot) = &world.sent(aria)[1] else { panic!() };
        assert_eq!(snapshot.players[0].character_id, character(1));
        world.tick();
        assert_eq!(world.types(bran), ["player_joined_area", "character_update"]);

        world.now += 1_000;
        world.walk(aria, 3.0, 0.0);
        assert_eq!((world.types(bran), world.types(aria)), (vec![], vec![]));
        world.tick();
        // Nobody is told of its own step.
        assert_eq!((world.types(bran), world.types(aria)), (vec!["move", "character_update"], vec![]));

        world.send(aria, &travel(2));
        assert_eq!(world.types(aria), ["location_update"]);
        world.tick();
        assert_eq!(world.types(bran), ["player_left_area"]);
        world.walk(aria, 1.0, 0.0);
        world.tick();
        assert_eq!(world.sent(bran), []);

        world.send(bran, &travel(2));
        world.tick();
        assert_eq!(world.types(aria), ["player_joined_area", "position_frame"]);
        world.handle(Event::Closed(bran));
        let carried = world.carried.clone();
        world.tick();
        assert_eq!(world.types(aria), ["player_left_area"]);
        assert!(
            matches!(carried[..], [Letter::Left { character: who, location, .. }]
                if who == character(1) && location.get() == 2),
            "{carried:?}"
        );
    });
}

#[test]
fn an_impossible_step_is_corrected_and_nobody_else_hears_of_it() {
    both(|mut world| {
        let bran = world.player(1, "Bran", Encoding::Binary);
        let aria = world.player(2, "Aria", Encoding::Binary);
        while world.tick() {}
        world.walk(aria, 400.0, 0.0);
        let [ServerMessage::PositionCorrection(correction)] = &world.sent(aria)[..] else { panic!() };
        assert_eq!((correction.client_seq, correction.position), (1, Vec3::ZERO));
        assert_eq!(world.sent(bran), []);
        assert_eq!(world.hub.next_tick(), None);
    });
}

#[test]
fn everybody_hears_global_chat_a_faction_its_own_and_a_whisper_its_recipient() {
    both(|mut world| {
        let aria = world.player(2, "Aria", Encoding::Binary);
        let bran = world.player(1, "Bran", Encoding::Json);
        let cara = world.player(4, "Cara", Encoding::Binary);
        world.send(aria, &say("all", Channel::Global));
        assert_eq!(
            (world.types(aria), world.types(bran), world.types(cara)),
            (vec!["chat"], vec!["chat"], vec!["chat"])
        );
        world.send(aria, &say("ours", Channel::Faction));
        assert_eq!((world.types(bran), world.types(cara)), (vec![], vec!["faction_chat"]));
        let whisper = |name: &str| {
            ClientMessage::Whisper(SendChat {
                recipient_name: Some(shardlink_shared::protocol::bounded::Text::cut(name)),
                ..SendChat::new("psst", Channel::Global)
            })
        };
        world.send(aria, &whisper("BRAN"));
        assert_eq!((world.types(bran), world.types(cara)), (vec!["whisper"], vec![]));
        // A recipient who is not in this hub is looked for elsewhere.
        world.send(aria, &whisper("Nobody"));
        assert!(matches!(
            world.wanted()[..],
            [systems::Request::Chat(chat::Request::Whisper(_, Whispered::Name(_)))]
        ));
        world.serve(aria, Err(ErrorCode::RecipientOffline.into()));
        assert_eq!(world.error(aria), Some(ErrorCode::RecipientOffline));
        world.send(aria, &say("friends?", Channel::Party));
        assert_eq!(world.error(aria), Some(ErrorCode::NotInParty));
        for unseen in [" \u{202e} ", "\u{200B}", "\u{3164}", "\u{2800}"] {
            world.send(aria, &say(unseen, Channel::Global));
            assert_eq!(world.error(aria), Some(ErrorCode::Empty), "{unseen:?}");
        }
        world.send(aria, &say("da\u{200B}rn\nit", Channel::Global));
        let heard = world.sent(bran);
        assert!(matches!(&heard[..], [ServerMessage::Chat(chat)] if chat.content.as_str() == "darn it"), "{heard:?}");
    });
}

#[test]
fn naming_another_character_as_ones_own_is_refused() {
    both(|mut world| {
        let aria = world.player(2, "Aria", Encoding::Binary);
        let chat = SendChat { sender_id: Some(character(1)), ..SendChat::new("x", Channel::Global) };
        world.send(aria, &ClientMessage::Chat(chat));
        assert_eq!(world.error(aria), Some(ErrorCode::NotYourCharacter));
        let ClientMessage::Move(step) = travel(2) else { panic!() };
        let foreign = MoveRequest { character_id: Some(character(1)), ..step.clone() };
        world.send(aria, &ClientMessage::Move(foreign));
        assert_eq!(world.error(aria), Some(ErrorCode::NotYourCharacter));
        let elsewhere = MoveRequest { from_location_id: LocationId::new(5), ..step };
        world.send(aria, &ClientMessage::Move(elsewhere));
        assert_eq!(world.error(aria), Some(ErrorCode::NotThere));
    });
}

#[test]
fn the_newest_socket_of_a_session_wins_and_a_character_stands_in_one_place() {
    both(|mut world| {
        let older = world.player(1, "Aria", Encoding::Binary);
        let newer = world.open(7, Encoding::Binary);
        world.answer(newer, Ok(admitted(1, Some(sheet(1, "Aria")))));
        assert_eq!(world.closed(older), Some(ErrorCode::SignedInElsewhere));
        assert_eq!(world.hub.population().players, 1);
        // The same character by another session of its account.
        let other = world.open(8, Encoding::Binary);
        world.answer(other, Ok(admitted(9, Some(sheet(1, "Aria")))));
        assert_eq!(world.closed(newer), Some(ErrorCode::SignedInElsewhere));
        assert_eq!(world.hub.population().players, 1);
    });
}

#[test]
fn a_session_that_ends_elsewhere_closes_its_socket() {
    both(|mut world| {
        let aria = world.player(1, "Aria", Encoding::Binary);
        world.handle(Event::SessionEnded(identity(2).session, ErrorCode::LoggedOut));
        assert!(matches!(world.last[..], [Effect::Word(_)]));
        world.handle(Event::SessionEnded(identity(1).session, ErrorCode::LoggedOut));
        assert_eq!(world.closed(aria), Some(ErrorCode::LoggedOut));
    });
}

#[test]
fn a_character_selected_later_enters_on_the_same_socket_and_may_be_changed() {
    let mut world = World::new(false);
    let id = world.open(1, Encoding::Binary);
    world.answer(id, Ok(admitted(1, None)));
    assert_eq!(world.types(id), ["auth_response"]);
    world.walk(id, 1.0, 1.0);
    assert_eq!(world.error(id), Some(ErrorCode::NoCharacter));
    world.send(id, &ClientMessage::CharacterSelect(CharacterSelect { character_id: character(1) }));
    assert_eq!(world.questions(), [&Question::Select(identity(1), character(1))]);
    world.answer(id, Ok(Answer::Entered(Box::new(entrance(sheet(1, "Aria"))))));
    assert_eq!(world.types(id), ["character_update", "location_update"]);
    // Selecting it again changes nothing; another one takes its place.
    world.handle(Event::Selected(identity(1).session, character(1)));
    assert_eq!((world.questions().len(), world.types(id)), (0, vec!["character_update"]));
    world.handle(Event::Selected(identity(1).session, character(2)));
    world.answer(id, Ok(Answer::Entered(Box::new(entrance(sheet(2, "Bran"))))));
    assert!(
        world
            .carried
            .iter()
            .any(|letter| matches!(letter, Letter::Left { character: who, .. } if *who == character(1)))
    );
    assert_eq!(world.hub.population().players, 1);
}

#[test]
fn a_character_selected_while_the_socket_is_still_being_checked_enters_too() {
    let mut world = World::new(false);
    let id = world.open(1, Encoding::Binary);
    world.send(id, &auth());
    // The account has answered already, the answer is on its way, and REST was faster.
    world.handle(Event::Selected(identity(1).session, character(1)));
    world.send(id, &say("I am here", Channel::Global));
    world.answer(id, Ok(admitted(1, None)));
    assert_eq!(world.types(id), ["auth_response"]);
    assert_eq!(world.questions(), [&Question::Select(identity(1), character(1))]);
    // What was held waits for this question too.
    world.answer(id, Ok(Answer::Entered(Box::new(entrance(sheet(1, "Aria"))))));
    assert_eq!(world.types(id), ["character_update", "location_update", "chat"]);
}

#[test]
fn who_entered_while_the_socket_closed_has_left() {
    let mut world = World::new(false);
    let id = world.open(1, Encoding::Binary);
    world.send(id, &auth());
    world.handle(Event::Closed(id));
    world.answer(id, Ok(admitted(1, Some(sheet(1, "Aria")))));
    assert!(matches!(world.carried[..], [Letter::Left { location, .. }] if location == NEXUS), "{:?}", world.carried);
    assert_eq!(world.hub.population().sockets, 0);
}

#[test]
fn questions_in_the_world_are_asked_for_the_session_and_answered_by_request() {
    let mut world = World::new(false);
    let aria = world.player(1, "Aria", Encoding::Binary);
    world.send(aria, &ClientMessage::CharacterList(CharacterListRequest {}));
    assert_eq!(world.questions(), [&Question::List(identity(1))]);
    world.answer(aria, Ok(Answer::Characters(vec![sheet(1, "Aria")])));
    assert_eq!(world.types(aria), ["character_list"]);
    world.send(aria, &auth());
    assert_eq!(world.error(aria), Some(ErrorCode::AlreadyAuthenticated));
}

#[test]
fn the_tenth_undecodable_message_is_answered_and_closes() {
    let mut world = World::new(false);
    let aria = world.player(1, "Aria", Encoding::Json);
    for n in 1..=10 {
        world.handle(Event::Frame(aria, Frame::Text("noise")));
        assert_eq!(world.error(aria), Some(ErrorCode::Malformed));
        assert_eq!(world.closed(aria).is_some(), n == 10);
    }
}

#[test]
fn the_hub_reports_its_population_after_a_moment_and_that_it_lives_regularly() {
    let mut world = World::new(false);
    let aria = world.player(1, "Aria", Encoding::Binary);
    assert_eq!(world.hub.next_deadline(), Some(Millis(world.now + POPULATION_DELAY)));
    world.now += POPULATION_DELAY;
    world.handle(Event::Alarm);
    assert!(matches!(world.last[..], [Effect::Report { population, .. }] if population.players == 1));
    // An open socket counts as use of its session, every 20 minutes.
    let mut used = 0;
    for _ in 0..SESSION_USE_INTERVAL / PRESENCE_INTERVAL * 3 {
        world.now += PRESENCE_INTERVAL;
        world.handle(Event::Alarm);
        used += world.last.iter().filter(|effect| **effect == Effect::InUse(vec![identity(1)])).count();
        world.now += POPULATION_DELAY;
        world.handle(Event::Alarm);
        assert!(matches!(world.last[..], [Effect::Report { population, .. }] if population.players == 1));
    }
    assert_eq!(used, 3);
    assert!(world.hub.holds(character(1), aria.0) && !world.hub.holds(character(1), aria.0 + 1));
    world.handle(Event::Closed(aria));
    assert!(!world.hub.holds(character(1), aria.0));
    world.now += PRESENCE_INTERVAL;
    world.handle(Event::Alarm);
    assert!(matches!(world.last[..], [Effect::Report { population, .. }] if population.players == 0));
    assert_eq!(world.hub.next_deadline(), None);
}

#[test]
fn an_attachment_keeps_a_connection_and_is_small() {
    let mut world = World::new(false);
    let aria = world.player(1, &"A".repeat(24), Encoding::Binary);
    let bytes = attachment::write(world.hub.connection(aria).unwrap());
    assert!(bytes.len() < 256, "{}", bytes.len());
    let back = attachment::read(&bytes, Millis(world.now)).unwrap();
    assert_eq!(attachment::write(&back), bytes);
    for end in 0..bytes.len() {
        assert!(attachment::read(&bytes[..end], Millis(0)).is_none(), "cut at {end}");
    }
    assert!(attachment::read(&[99, 1, 2], Millis(0)).is_none());
}

#[test]
fn one_frame_is_encoded_once_for_all_who_speak_its_encoding() {
    let mut world = World::new(false);
    let aria = world.player(100, "Aria", Encoding::Binary);
    for n in 0..10 {
        world.player(n, &format!("Other {n}"), if n % 2 == 0 { Encoding::Json } else { Encoding::Binary });
    }
    world.send(aria, &say("hello", Channel::Global));
    let mut receivers = Vec::new();
    for effect in &world.last {
        match effect {
            Effect::Deliver(delivery) => receivers.extend(delivery.frames.iter().map(|(to, _)| to.len())),
            Effect::Share(shared) => receivers.push(world.out.shared(shared, true).0.len()),
            other => panic!("{other:?}"),
        }
    }
    receivers.sort_unstable();
    assert_eq!(receivers, [1, 5, 5]);
}
