//! A session against a server that the tests play, in virtual time.

mod resume;
mod social;

use super::*;
use shardlink_shared::{
    ErrorCode, Refusal,
    codec::{self, Encoding, Frame, Incoming, snapshot::Entries, table::Value},
    entropy::Seeded,
    protocol::{
        RequestId, ServerMessage,
        account::{AuthResponse, Pace, Pong, Resume},
        bounded::List,
        chat::{Channel, Chat, SendChat},
        error::ErrorMessage,
        movement::{
            LocationUpdate, OwnMove, PlayerHere, PlayerJoinedArea, PlayerLeftArea, PositionCorrection, PositionFrame,
        },
    },
    rules::{
        character::{roll_stats, walking_speed},
        interest::Cell,
    },
    text::Draft,
    time::FrameTime,
    world::{Class, NEXUS, Race},
};

const START: Millis = Millis(1_732_300_000_000);

fn character(id: u64) -> CharacterId {
    CharacterId::new(id).unwrap()
}

fn name(text: &str) -> CharacterName {
    CharacterName::parse(text).unwrap()
}

fn at(x: f64) -> Vec3 {
    Vec3::from_metres(x, 0.0, 0.0).unwrap()
}

fn volcano() -> LocationId {
    LocationId::new(2).unwrap()
}

fn sheet() -> Sheet {
    let stats = roll_stats(Race::Elf, Class::Ranger, &mut Seeded::new(5));
    Sheet::new(character(1 << 40), name("Aria"), Race::Elf, Class::Ranger, Faction::MoonlitCircle, stats, Millis(77))
}

fn token(text: &str) -> Token {
    Token::parse(text).unwrap()
}

fn auth_response(character: Option<Sheet>) -> ServerMessage {
    ServerMessage::AuthResponse(accepted(character))
}

fn accepted(character: Option<Sheet>) -> AuthResponse {
    AuthResponse {
        success: character.is_some(),
        session_token: None,
        player_id: None,
        message: None,
        server_time: shardlink_shared::protocol::Timestamp(START),
        character: character.map(Box::new),
        resume_token: None,
        protocol: None,
    }
}

fn snapshot(location_id: LocationId) -> ServerMessage {
    ServerMessage::LocationUpdate(LocationUpdate {
        location_id,
        players: List::of([PlayerHere {
            character_id: character(8),
            character_name: name("Bran"),
            position: at(5.0),
            faction: Faction::GoldenOrder,
            level: 3,
            slot: 0,
        }]),
    })
}

fn chat(content: &str) -> ServerMessage {
    ServerMessage::Chat(Chat {
        sender_id: character(8),
        sender_name: name("Bran"),
        channel: Channel::Global,
        content: Draft::new(content).accept().unwrap(),
        recipient_id: None,
        recipient_name: None,
        encrypted: None,
    })
}

/// A session, its clock and the other end of its socket.
struct Player {
    session: Session,
    now: Millis,
    entropy: Seeded,
}

impl Player {
    fn new() -> Self {
        Self { session: Session::default(), now: START, entropy: Seeded::new(1) }
    }

    /// In the Nexus, with everything that led there taken.
    fn in_world() -> Self {
        let mut player = Self::new();
        player.session.enter(token("t1_a"), player.now);
        player.let_in();
        player.effects();
        player
    }

    fn let_in(&mut self) {
        self.session.opened(self.now);
        self.hear(None, &auth_response(Some(sheet())));
        self.hear(None, &snapshot(NEXUS));
    }

    fn effects(&mut self) -> Vec<Effect> {
        std::iter::from_fn(|| self.session.next_effect()).collect()
    }

    fn hear(&mut self, reply_to: Option<u32>, message: &ServerMessage) {
        let envelope = Envelope::answering(reply_to.map(RequestId::Number), self.now);
        let frame = codec::encode(Encoding::Binary, &envelope, message);
        self.session.frame(frame.as_frame(), self.now);
    }

    /// Asks to go to another location.
    fn travels(&mut self, to: LocationId) -> u32 {
        let fields = Value::Object(vec![("to_location_id".to_owned(), Value::Whole(to.get()))]);
        self.session.ask("move", fields, self.now).unwrap()
    }

    fn lose(&mut self, code: u16) {
        self.session.closed(code, "", self.now, &mut self.entropy);
    }

    fn answer_ticket(&mut self, attempt: u32, ticket: Result<Token, Failure>) {
        self.session.ticket(attempt, ticket, self.now, &mut self.entropy);
    }

    /// Lets time pass, ticking whenever something is due; gives what was done.
    fn wait(&mut self, milliseconds: u64) -> Vec<Effect> {
        let end = self.now + milliseconds;
        let mut done = Vec::new();
        while let Some(due) = self.session.due().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.session.tick(self.now, &mut self.entropy);
            done.extend(self.effects());
        }
        self.now = end;
        done
    }
}

/// The messages among what was sent.
fn sent(effects: &[Effect]) -> Vec<Incoming<ClientMessage>> {
    let frames = effects.iter().filter_map(|effect| match effect {
        Effect::Send(frame @ Encoded::Binary(_)) => Some(frame),
        _ => None,
    });
    frames.flat_map(|frame| codec::decode(frame.as_frame(), 16_384)).map(Result::unwrap).collect()
}

fn seen(player: &Player) -> Vec<Seen<'_>> {
    player.session.nearby(player.now).collect()
}

fn statuses(effects: &[Effect]) -> Vec<(State, Option<u16>)> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Emit(Event::Status(status)) => Some((status.state, status.code)),
            _ => None,
        })
        .collect()
}

fn emitted(effects: &[Effect]) -> Vec<ServerMessage> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Emit(Event::Message(told)) => told.message(),
            _ => None,
        })
        .collect()
}

fn answers(effects: &[Effect]) -> Vec<(u32, Result<ServerMessage, &str>)> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Answer(request, result) => {
                let told = result.as_ref().map(|told| told.message().unwrap());
                Some((*request, told.map_err(|failure| failure.code.as_ref())))
            }
            _ => None,
        })
        .collect()
}

fn entered(effects: &[Effect]) -> Option<Result<CharacterId, String>> {
    effects.iter().find_map(|effect| match effect {
        Effect::Entered(result) => Some(result.as_ref().map(|sheet| sheet.id).map_err(|f| f.code.to_string())),
        _ => None,
    })
}

#[test]
fn one_is_in_the_world_once_authenticated_and_placed() {
    let mut player = Player::new();
    player.session.enter(token("t1_a"), player.now);
    let effects = player.effects();
    assert_eq!(statuses(&effects), [(State::Connecting, None)]);
    assert!(effects.contains(&Effect::Open(token("t1_a"))));

    player.session.opened(player.now);
    player.hear(None, &auth_response(Some(sheet())));
    assert_eq!(entered(&player.effects()), None);
    player.hear(None, &snapshot(NEXUS));
    let effects = player.effects();
    assert_eq!(entered(&effects), Some(Ok(sheet().id)));
    assert_eq!(statuses(&effects), [(State::Connected, None)]);
    assert!(sent(&effects).is_empty());

    let own = player.session.own(player.now).unwrap();
    assert_eq!((own.location_id, own.position, own.faction), (NEXUS, Point::default(), Faction::MoonlitCircle));
    assert!((own.speed - walking_speed(&sheet().stats)).abs() < 1e-9);
    assert_eq!(seen(&player)[0].who.character_id, character(8));
}

#[test]
fn who_is_not_let_in_learns_why() {
    let refused = |close, message: Option<&ServerMessage>| {
        let mut player = Player::new();
        player.session.enter(token("t1_a"), player.now);
        if let Some(message) = message {
            player.session.opened(player.now);
            player.hear(None, message);
        }
        player.lose(close);
        let effects = player.effects();
        assert_eq!(statuses(&effects).last(), Some(&(State::Closed, Some(close))));
        assert_eq!(player.session.due(), None);
        entered(&effects).unwrap().unwrap_err()
    };
    assert_eq!(refused(1006, None), "UNREACHABLE");
    assert_eq!(refused(1013, None), "OVERLOADED");
    assert_eq!(refused(4001, None), "UNAUTHENTICATED");
    let error = ServerMessage::Error(ErrorMessage::from(ErrorCode::InvalidTicket));
    assert_eq!(refused(4001, Some(&error)), "INVALID_TICKET");
    assert_eq!(refused(1006, Some(&auth_response(None))), "UNAUTHENTICATED");
}

#[test]
fn entering_is_given_up_after_ten_seconds() {
    let mut player = Player::new();
    player.session.enter(token("t1_a"), player.now);
    player.session.opened(player.now);
    player.hear(None, &auth_response(Some(sheet())));
    let effects = player.wait(10_000);
    assert_eq!(entered(&effects), Some(Err("TIMEOUT".to_owned())));
    assert!(effects.contains(&Effect::Close(GOODBYE)));
}

#[test]
fn an_answer_goes_to_its_request_and_to_the_game_and_a_refusal_to_its_request_alone() {
    let mut player = Player::in_world();
    let message = ClientMessage::Chat(SendChat::new("hello", Channel::Global));
    let first = player.session.request(&message, player.now).unwrap();
    let second = player.session.request(&message, player.now).unwrap();
    let requests = sent(&player.effects());
    assert_eq!(requests[0].envelope.message_id.as_ref().unwrap().as_number(), Some(first));
    assert_eq!(requests[1].message, message);

    player.hear(Some(second), &ServerMessage::Error((&Refusal::new(ErrorCode::RateLimited).after(0.2)).into()));
    player.hear(Some(first), &chat("hello"));
    player.hear(Some(first), &chat("an answer only counts once"));
    player.hear(Some(77), &ServerMessage::Error(ErrorCode::Internal.into()));
    let effects = player.effects();
    assert_eq!(answers(&effects), [(second, Err("RATE_LIMITED")), (first, Ok(chat("hello")))]);
    assert_eq!(emitted(&effects).len(), 3);
}

#[test]
fn an_undecodable_request_is_answered_too() {
    let mut player = Player::in_world();
    let request = player.session.request(&ClientMessage::Ping(Default::default()), player.now).unwrap();
    player.hear(Some(request), &ServerMessage::InvalidMessage(ErrorCode::InvalidField.into()));
    assert_eq!(answers(&player.effects()), [(request, Err("INVALID_FIELD"))]);
}

#[test]
fn a_request_nobody_answers_times_out_and_its_late_answer_is_only_news() {
    let mut player = Player::in_world();
    let request = player.session.request(&ClientMessage::Ping(Default::default()), player.now).unwrap();
    assert_eq!(answers(&player.wait(9_999)), []);
    assert_eq!(answers(&player.wait(1)), [(request, Err("TIMEOUT"))]);
    player.hear(Some(request), &ServerMessage::Pong(Pong {}));
    assert_eq!(answers(&player.effects()), []);
}

#[test]
fn outside_the_world_requests_fail_and_steps_are_forgotten() {
    let mut player = Player::new();
    let failure = player.session.request(&ClientMessage::Ping(Default::default()), player.now).unwrap_err();
    assert_eq!(failure.code, "NOT_CONNECTED");
    player.session.walk(at(1.0), at(6.0), player.now);
    player.session.hidden(player.now);
    player.session.wake(player.now);
    player.session.leave();
    assert_eq!(player.effects(), []);
    assert_eq!(player.session.due(), None);
}

#[test]
fn an_own_step_carries_no_id_and_a_refused_one_snaps_back() {
    let mut player = Player::in_world();
    player.session.walk(at(3.0), at(6.0), player.now);
    let steps = sent(&player.effects());
    let expected = ClientMessage::OwnMove(OwnMove { client_seq: 1, position: at(3.0), velocity: at(6.0) });
    assert_eq!((&steps[0].envelope.message_id, &steps[0].message), (&None, &expected));

    let correction = PositionCorrection { client_seq: 1, position: at(1.0), velocity: Vec3::ZERO };
    player.hear(None, &ServerMessage::PositionCorrection(correction));
    assert_eq!(emitted(&player.effects()).len(), 1);
    assert!((player.session.own(player.now).unwrap().position.x - 1.0).abs() < 1e-9);

    // A leap never reaches the server; the game hears the same message.
    player.session.walk(at(400.0), Vec3::ZERO, player.now + 100);
    let effects = player.effects();
    assert!(sent(&effects).is_empty());
    assert!(matches!(emitted(&effects)[..], [ServerMessage::PositionCorrection(_)]));
}

#[test]
fn a_hidden_walker_stops() {
    let mut player = Player::in_world();
    player.session.walk(at(3.0), at(6.0), player.now);
    player.effects();
    player.session.hidden(player.now + 100);
    let ClientMessage::OwnMove(stop) = &sent(&player.effects())[0].message else { panic!() };
    assert_eq!((stop.position, stop.velocity), (at(3.6), Vec3::ZERO));
    assert!(sent(&player.wait(20_000)).is_empty());
}

#[test]
fn a_journey_ends_at_the_entrance_of_the_next_location() {
    let mut player = Player::in_world();
    player.session.walk(at(3.0), at(6.0), player.now);
    player.effects();
    let request = player.travels(volcano());
    player.session.walk(at(3.3), at(6.0), player.now + 60);
    let messages = sent(&player.effects());
    assert_eq!(messages.len(), 1);
    let ClientMessage::Move(step) = &messages[0].message else { panic!() };
    assert_eq!((step.from_location_id, step.to_location_id), (Some(NEXUS), Some(volcano())));

    player.hear(Some(request), &snapshot(volcano()));
    let effects = player.effects();
    assert_eq!(answers(&effects), [(request, Ok(snapshot(volcano())))]);
    assert_eq!(emitted(&effects), [snapshot(volcano())]);
    let own = player.session.own(player.now + 500).unwrap();
    assert_eq!((own.location_id, own.position), (volcano(), Point::default()));
    assert_eq!(seen(&player)[0].location_id, volcano());
}

#[test]
fn a_refused_journey_leaves_one_walking_where_one_was() {
    let mut player = Player::in_world();
    let request = player.travels(LocationId::new(3).unwrap());
    player.hear(Some(request), &ServerMessage::Error(ErrorCode::NotAdjacent.into()));
    player.effects();
    player.session.walk(at(1.0), at(6.0), player.now);
    assert_eq!(sent(&player.effects()).len(), 1);
    assert_eq!(player.session.own(player.now).unwrap().location_id, NEXUS);
}

#[test]
fn a_lost_connection_comes_back_with_a_new_ticket_where_one_was() {
    let mut player = Player::in_world();
    player.session.walk(at(3.0), Vec3::ZERO, player.now);
    let request = player.session.request(&ClientMessage::Ping(Default::default()), player.now).unwrap();
    player.effects();
    player.lose(1012);
    let effects = player.effects();
    assert_eq!(statuses(&effects), [(State::Reconnecting, Some(1012))]);
    assert_eq!(answers(&effects), [(request, Err("NOT_CONNECTED"))]);
    assert!(player.session.request(&ClientMessage::Ping(Default::default()), player.now).is_err());
    assert!(player.session.own(player.now).is_some());

    let effects = player.wait(500);
    assert_eq!(effects, [Effect::AskTicket(1)]);
    player.answer_ticket(1, Ok(token("t1_b")));
    assert_eq!(player.effects(), [Effect::Open(token("t1_b"))]);
    player.session.opened(player.now);
    player.hear(None, &auth_response(Some(sheet())));
    assert!(!player.session.is_open());
    player.hear(None, &snapshot(NEXUS));
    let effects = player.effects();
    assert_eq!(statuses(&effects), [(State::Connected, None)]);
    assert_eq!(entered(&effects), None);
    assert!((player.session.own(player.now).unwrap().position.x - 3.0).abs() < 1e-9);
    let steps = sent(&player.wait(0));
    let here = OwnMove { client_seq: 2, position: at(3.0), velocity: Vec3::ZERO };
    assert_eq!(steps[0].message, ClientMessage::OwnMove(here));
}

#[test]
fn attempts_go_on_with_growing_waits_until_one_succeeds() {
    let mut player = Player::in_world();
    player.lose(1006);
    player.effects();
    for attempt in 1..=40 {
        let effects = player.wait(15_000);
        assert_eq!(effects, [Effect::AskTicket(attempt)]);
        match attempt % 3 {
            0 => player.answer_ticket(attempt, Err(Failure::unreachable())),
            1 => {
                player.answer_ticket(attempt, Ok(token("t1_x")));
                player.lose(1006);
            }
            _ => player.answer_ticket(attempt, Err(ErrorCode::Overloaded.into())),
        }
        assert_eq!(statuses(&player.effects()), []);
    }
    player.wait(15_000);
    player.answer_ticket(41, Ok(token("t1_y")));
    player.let_in();
    assert_eq!(statuses(&player.effects()), [(State::Connected, None)]);
}

#[test]
fn a_server_that_asks_for_patience_gets_it() {
    let mut player = Player::in_world();
    player.lose(1006);
    player.wait(500);
    player.answer_ticket(1, Err(Refusal::new(ErrorCode::RateLimited).after(30.0).into()));
    assert_eq!(player.wait(29_999), []);
    assert_eq!(player.wait(1), [Effect::AskTicket(2)]);
}

#[test]
fn whoever_wakes_does_not_wait_for_the_backoff() {
    let mut player = Player::in_world();
    player.lose(1006);
    player.effects();
    player.session.wake(player.now);
    player.session.wake(player.now);
    assert_eq!(player.effects(), [Effect::AskTicket(1)]);
}

#[test]
fn a_final_close_is_not_retried_and_says_whether_the_session_ended() {
    for (code, ended) in [(4001, false), (4002, true), (4003, true), (4004, true), (4008, false), (1000, false)] {
        let mut player = Player::in_world();
        player.lose(code);
        let effects = player.effects();
        assert_eq!(statuses(&effects), [(State::Closed, Some(code))], "{code}");
        assert_eq!(effects.contains(&Effect::SessionEnded), ended, "{code}");
        assert_eq!((player.session.due(), player.session.own(player.now)), (None, None));
        assert!(seen(&player).is_empty());
    }
}

#[test]
fn a_session_that_ended_meanwhile_is_not_retried() {
    let mut player = Player::in_world();
    player.lose(1006);
    player.wait(500);
    player.answer_ticket(1, Err(ErrorCode::SessionExpired.into()));
    let effects = player.effects();
    assert_eq!(statuses(&effects), [(State::Closed, Some(4004))]);
    assert!(effects.contains(&Effect::SessionEnded));
    assert_eq!(player.session.due(), None);
}

#[test]
fn leaving_says_goodbye_and_ends_what_is_waiting() {
    let mut player = Player::in_world();
    let request = player.session.request(&ClientMessage::Ping(Default::default()), player.now).unwrap();
    player.effects();
    player.session.leave();
    let effects = player.effects();
    assert!(matches!(sent(&effects)[0].message, ClientMessage::Disconnect(_)));
    assert!(effects.contains(&Effect::Close(GOODBYE)));
    assert_eq!(answers(&effects), [(request, Err("NOT_CONNECTED"))]);
    assert_eq!(statuses(&effects), [(State::Closed, Some(GOODBYE))]);
    assert_eq!(entered(&effects), None);
    // A ticket that comes after the goodbye opens nothing.
    player.answer_ticket(0, Ok(token("t1_late")));
    assert_eq!(player.effects(), []);
}

#[test]
fn leaving_while_coming_back_ends_the_attempts() {
    let mut player = Player::in_world();
    player.lose(1006);
    player.wait(500);
    player.session.leave();
    assert_eq!(statuses(&player.effects()), [(State::Closed, Some(GOODBYE))]);
    player.answer_ticket(1, Ok(token("t1_late")));
    assert_eq!(player.effects(), []);
    // And the next entrance is a first one again.
    player.session.enter(token("t1_c"), player.now);
    player.let_in();
    assert_eq!(entered(&player.effects()), Some(Ok(sheet().id)));
}

#[test]
fn a_heartbeat_goes_out_every_25_seconds_and_silence_ends_the_connection() {
    let mut player = Player::in_world();
    for _ in 0..5 {
        assert_eq!(player.wait(25_000), [Effect::Send(Encoded::Text("ping".to_owned()))]);
        player.now = player.now + 20;
        player.session.frame(Frame::Text("pong"), player.now);
        player.now = player.now - 20;
        assert_eq!(player.effects(), []);
    }
    let effects = player.wait(60_000);
    assert_eq!(effects[0], Effect::Send(Encoded::Text("ping".to_owned())));
    // No goodbye: the place is kept.
    assert_eq!(effects[1], Effect::Close(SILENT));
    assert_eq!(statuses(&effects), [(State::Reconnecting, Some(LOST))]);
}

#[test]
fn a_page_that_was_frozen_asks_before_it_believes_the_connection_lost() {
    let mut player = Player::in_world();
    player.now = player.now + 600_000;
    player.session.tick(player.now, &mut player.entropy);
    assert_eq!(player.effects(), [Effect::Send(Encoded::Text("ping".to_owned()))]);
}

#[test]
fn noise_from_the_server_is_passed_over() {
    let mut player = Player::in_world();
    for noise in [&[][..], &[0, 1, 2], &[255; 40], &[3, 25, 0, 1]] {
        player.session.frame(Frame::Binary(noise), player.now);
    }
    player.session.frame(Frame::Text("{}"), player.now);
    let gone = ServerMessage::PlayerLeftArea(PlayerLeftArea { character_id: character(8), location_id: NEXUS });
    player.hear(None, &gone);
    assert_eq!(emitted(&player.effects()), [gone]);
    assert!(seen(&player).is_empty());
}

#[test]
fn a_frame_without_a_timestamp_gets_the_time_it_came() {
    let mut player = Player::in_world();
    let frame = codec::encode(Encoding::Binary, &Envelope::default(), &chat("hi"));
    player.session.frame(frame.as_frame(), player.now);
    let effects = player.effects();
    let Effect::Emit(Event::Message(incoming)) = &effects[0] else { panic!() };
    assert_eq!(incoming.envelope.timestamp, Some(player.now));
}

/// The same bytes are compared in the browser (tests/browser.rs).
#[test]
fn an_own_step_has_its_golden_bytes() {
    let own_move = OwnMove { client_seq: 300, position: Vec3 { x: 12_345, y: -678, z: 0 }, velocity: at(-6.0) };
    let frame = codec::encode(Encoding::Binary, &Envelope::default(), &ClientMessage::OwnMove(own_move));
    assert_eq!(
        frame,
        Encoded::Binary(vec![14, 21, 0, 0xac, 0x02, 0xf2, 0xc0, 0x01, 0xcb, 0x0a, 0, 0xaf, 0x09, 0, 0])
    );
}

/// A frame of these slots, places and speeds.
fn position_frame(time: Millis, players: impl IntoIterator<Item = (u16, f64, f64)>) -> ServerMessage {
    let cell = Cell::new(0, 0).unwrap();
    let players = players.into_iter().map(|(slot, x, speed)| (slot, at(x), at(speed)));
    ServerMessage::PositionFrame(PositionFrame {
        location_id: NEXUS,
        time: FrameTime::of(time),
        cell,
        full: false,
        players: Entries::of(players, cell.centre()),
    })
}

fn frame_of(message: &ServerMessage) -> Encoded {
    codec::encode(Encoding::Binary, &Envelope::default(), message)
}

#[test]
fn the_first_heartbeat_goes_out_on_entering_and_measures_the_way() {
    let mut player = Player::new();
    player.session.enter(token("t1_a"), player.now);
    player.let_in();
    assert!(player.effects().contains(&Effect::Send(Encoded::Text("ping".to_owned()))));
    assert_eq!((player.session.round_trip(), player.session.server_time(player.now)), (None, Some(START)));
    player.now = player.now + 80;
    player.session.frame(Frame::Text("pong"), player.now);
    assert_eq!(player.session.round_trip(), Some(80.0));
    // Half of it is the way here, which the server's message had already come.
    assert_eq!(player.session.server_time(player.now), Some(player.now + 40));
    // A pong that nobody asked for measures nothing.
    player.session.frame(Frame::Text("pong"), player.now + 900);
    assert_eq!(player.session.round_trip(), Some(80.0));
}

#[test]
fn a_ping_measures_the_way_too() {
    let mut player = Player::in_world();
    let request = player.session.request(&ClientMessage::Ping(Default::default()), player.now).unwrap();
    player.now = player.now + 60;
    player.hear(Some(request), &ServerMessage::Pong(Pong {}));
    assert_eq!(player.session.round_trip(), Some(60.0));
}

#[test]
fn position_frames_place_others_are_observed_and_are_events_for_whoever_asked() {
    let mut player = Player::in_world();
    let frame = frame_of(&position_frame(START + 50, [(0, 8.0, 6.0), (9, 1.0, 0.0)]));
    let mut placed = Vec::new();
    player.session.frame_observed(frame.as_frame(), START + 50, &mut |one| placed.push(one));
    assert_eq!(
        placed.iter().map(|one| (one.character_id, one.slot, one.time)).collect::<Vec<_>>(),
        [(character(8), 0, START + 50)]
    );
    assert_eq!(emitted(&player.effects()), [] as [ServerMessage; 0]);
    player.now = player.now + 350;
    assert!((seen(&player)[0].position.x - 9.2).abs() < 1e-9);

    player.session.hear_frames(true);
    player.session.frame(frame.as_frame(), player.now);
    let effects = player.effects();
    assert!(matches!(emitted(&effects)[..], [ServerMessage::PositionFrame(_)]));
}

#[test]
fn a_correction_is_told_once_with_where_one_stands() {
    let mut player = Player::in_world();
    for step in 1..=4_u64 {
        // To and fro, so that each step is told.
        player.session.walk(at(if step % 2 == 0 { 0.3 } else { 0.0 }), Vec3::ZERO, player.now + 50 * step);
        assert_eq!(sent(&player.effects()).len(), usize::from(step > 1));
    }
    player.now = player.now + 250;
    let correction = |client_seq| {
        ServerMessage::PositionCorrection(PositionCorrection { client_seq, position: at(-9.0), velocity: Vec3::ZERO })
    };
    player.hear(None, &correction(1));
    // Since the first of the three moves the character has walked 0.3 m there and back, so it
    // stands where the server says.
    let effects = player.effects();
    let [ServerMessage::PositionCorrection(standing)] = &emitted(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!(player.session.own(player.now).unwrap().position, standing.position.into());
    for client_seq in [2, 3] {
        player.hear(None, &correction(client_seq));
        assert_eq!(emitted(&player.effects()), [] as [ServerMessage; 0]);
    }
    let confirmed = sent(&player.wait(50));
    let ClientMessage::OwnMove(confirmed) = &confirmed[0].message else { panic!() };
    assert_eq!((confirmed.client_seq, confirmed.position), (4, standing.position));
}

#[test]
fn a_pace_holds_for_its_connection() {
    let mut player = Player::in_world();
    player.hear(None, &ServerMessage::Pace(Pace { max_position_rate: 4 }));
    player.session.walk(at(0.5), Vec3::ZERO, player.now);
    player.session.walk(at(0.1), Vec3::ZERO, player.now);
    player.effects();
    assert!(sent(&player.wait(249)).is_empty());
    assert_eq!(sent(&player.wait(1)).len(), 1);

    player.lose(1006);
    player.wait(500);
    player.answer_ticket(1, Ok(token("t1_b")));
    player.let_in();
    player.wait(0);
    player.session.walk(at(0.5), Vec3::ZERO, player.now);
    assert_eq!(sent(&player.wait(50)).len(), 1);
}

/// What 200 players in sight cost: `cargo test --release -p shardlink-client --lib
/// -- --ignored --nocapture costs`.
#[test]
#[ignore = "a measurement"]
#[allow(clippy::disallowed_methods)]
fn what_a_crowd_costs() {
    let mut player = Player::in_world();
    for number in 1..200_u16 {
        player.hear(
            None,
            &ServerMessage::PlayerJoinedArea(PlayerJoinedArea {
                character_id: character(100 + u64::from(number)),
                character_name: name("Walker"),
                location_id: NEXUS,
                position: Some(at(f64::from(number) / 10.0)),
                faction: None,
                level: None,
                slot: number,
            }),
        );
    }
    let frames: Vec<Encoded> = (1..=2_000_u64)
        .map(|tick| {
            let crowd = (0..200_u16).map(|slot| (slot, f64::from(slot) / 10.0 + tick as f64 * 0.001, 6.0));
            frame_of(&position_frame(START + 50 * tick, crowd))
        })
        .collect();
    let begun = std::time::Instant::now();
    for (tick, frame) in (1..).zip(&frames) {
        player.session.frame(frame.as_frame(), START + 50 * tick);
    }
    let applied = begun.elapsed().as_secs_f64() / (frames.len() * 200) as f64;
    let begun = std::time::Instant::now();
    let mut sum = 0.0;
    for read in 0..2_000_u64 {
        let now = START + 50 * 2_000 + read % 100;
        sum += player.session.nearby(now).map(|seen| seen.position.x).sum::<f64>();
    }
    let read = begun.elapsed().as_secs_f64() / 2_000.0;
    println!("an entry applied: {:.0} ns; 200 players read: {:.1} µs ({sum})", applied * 1e9, read * 1e6);
}
