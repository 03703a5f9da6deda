//! Clients of the first generation: what came into the protocol after them is said in
//! messages that they know, or not at all.

use super::*;
use shardlink_shared::{
    protocol::{
        character::CharacterUpdate,
        chat::Mute,
        movement::{MoveRequest, PlayerLeftArea},
    },
    rules::movement::DEAD_RECKONING,
};

/// The messages that such a client can parse, of those that a hub sends unasked.
const KNOWN: [&str; 16] = [
    "auth_response",
    "disconnect",
    "character_update",
    "move",
    "location_update",
    "player_joined_area",
    "player_left_area",
    "chat",
    "whisper",
    "party_chat",
    "faction_chat",
    "world_announcement",
    "party_invite",
    "party_update",
    "error",
    "invalid_message",
];

impl World {
    fn veteran(&mut self, n: u64, name: &str) -> ConnectionId {
        let (id, encoding) = (ConnectionId(n), Encoding::Json);
        self.handle(Event::Opened { id, encoding, address: "::1".into(), shown: Shown::FirstGeneration });
        self.handle(Event::Answered {
            id,
            request: None,
            awaited: true,

            answer: Ok(admitted(n, Some(sheet(n, name)))),
        });
        assert!(self.types(id).iter().all(|name| KNOWN.contains(name)), "{:?}", self.types(id));
        id
    }

    /// Says something as such a client does, without a message_id.
    fn says(&mut self, id: ConnectionId, message: &ClientMessage) {
        let frame = encode(Encoding::Json, &Envelope::default(), message);
        self.handle(Event::Frame(id, frame.as_frame()));
        assert!(self.types(id).iter().all(|name| KNOWN.contains(name)), "{:?}", self.types(id));
    }

    fn updates(&self, id: ConnectionId) -> Vec<CharacterUpdate> {
        let update = |message| if let ServerMessage::CharacterUpdate(update) = message { Some(update) } else { None };
        self.sent(id).into_iter().filter_map(update).collect()
    }
}

fn to(location: Option<u64>, x: f64) -> ClientMessage {
    ClientMessage::Move(MoveRequest {
        to_location_id: location.and_then(LocationId::new),
        ..MoveRequest::to_position(at(x, 0.0), Vec3::ZERO)
    })
}

fn place(world: &World, id: ConnectionId) -> (u64, Vec3) {
    let motion = world.hub.connection(id).unwrap().player().unwrap().motion;
    (motion.location.get(), motion.position)
}

#[test]
fn a_move_to_a_location_and_a_position_in_it_does_both_or_says_that_it_did_not() {
    both(|mut world| {
        let aria = world.veteran(2, "Aria");
        world.says(aria, &to(Some(2), 3.0));
        assert_eq!((world.types(aria), place(&world, aria)), (vec!["location_update"], (2, at(3.0, 0.0))));
        world.says(aria, &to(Some(1), 90.0));
        assert_eq!(
            (world.types(aria), place(&world, aria)),
            (vec!["location_update", "character_update"], (1, at(0.0, 0.0)))
        );
        assert_eq!(world.updates(aria)[0].position, Some(at(0.0, 0.0)));
        // Others are told of both at once.
        let bran = world.player(1, "Bran", Encoding::Json);
        world.send(bran, &travel(2));
        while world.tick() {}
        world.now += 1_000;
        world.says(aria, &to(Some(2), 4.0));
        world.tick();
        let ServerMessage::PlayerJoinedArea(joined) = &world.sent(bran)[0] else { panic!() };
        assert_eq!(joined.position, Some(at(4.0, 0.0)));
        // A client that gave the request a message_id has one answer to it.
        world.send(bran, &to(Some(1), 90.0));
        assert_eq!(world.types(bran), ["location_update", "position_correction"]);
    });
}

#[test]
fn a_correction_is_said_as_a_character_update() {
    both(|mut world| {
        let aria = world.veteran(2, "Aria");
        world.says(aria, &to(None, 2.0));
        world.says(aria, &to(None, 400.0));
        assert_eq!(world.types(aria), ["character_update", "error"]);
        let update = &world.updates(aria)[0];
        assert_eq!((update.character_id, update.position), (character(2), Some(at(2.0, 0.0))));
        // A JSON client that offered its subprotocol is told everything.
        let bran = world.player(1, "Bran", Encoding::Json);
        world.says_all(bran, &to(None, 400.0));
        assert_eq!(world.types(bran), ["position_correction", "error"]);
    });
}

#[test]
fn whoever_goes_elsewhere_is_told_of_there_and_whoever_leaves_is_not() {
    both(|mut world| {
        let aria = world.veteran(2, "Aria");
        let modern = world.player(4, "Cara", Encoding::Json);
        let bran = world.player(1, "Bran", Encoding::Binary);
        while world.tick() {}
        world.send(bran, &travel(2));
        world.tick();
        assert_eq!(
            (world.types(modern), world.types(aria)),
            (vec!["player_left_area"], vec!["player_left_area", "character_update"])
        );
        let left = ServerMessage::PlayerLeftArea(PlayerLeftArea { character_id: character(1), location_id: NEXUS });
        assert_eq!(world.sent(aria)[0], left);
        let [update] = &world.updates(aria)[..] else { panic!() };
        assert_eq!((update.character_id, update.location_id), (character(1), LocationId::new(2)));
        world.handle(Event::Closed(modern));
        world.tick();
        assert_eq!(world.types(aria), ["player_left_area"]);
    });
}

#[test]
fn it_is_never_told_of_itself_as_a_neighbour() {
    let mut world = World::new(false);
    let (aria, encoding) = (ConnectionId(2), Encoding::Json);
    world.handle(Event::Opened { id: aria, encoding, address: String::new(), shown: Shown::FirstGeneration });
    let answer = |answer| Event::Answered { id: aria, request: None, awaited: true, answer: Ok(answer) };
    world.handle(answer(admitted(2, None)));
    // It selects over REST, and its client does so over the socket as well.
    world.handle(Event::Selected(identity(2).session, character(2)));
    world.handle(answer(Answer::Entered(Box::new(entrance(sheet(2, "Aria"))))));
    assert_eq!(world.types(aria), ["location_update"]);
    world.says(aria, &ClientMessage::CharacterSelect(CharacterSelect { character_id: character(2) }));
    assert_eq!(world.sent(aria), []);
    let bran = world.player(1, "Bran", Encoding::Binary);
    for n in 0..20 {
        world.says(aria, &to(None, f64::from(n % 2)));
        world.walk(bran, f64::from(n % 2) / 10.0, 0.0);
        world.now += 500;
        world.tick();
        assert!(world.updates(aria).iter().all(|update| update.character_id == character(1)));
    }
}

#[test]
fn it_is_sent_nothing_that_it_cannot_read_but_what_it_asks_for() {
    let mut world = World::new(false);
    let bran = world.player(1, "Bran", Encoding::Json);
    world.send(bran, &say("before she came", Channel::Global));
    while world.tick() {}
    let (aria, encoding) = (ConnectionId(2), Encoding::Json);
    world.handle(Event::Opened { id: aria, encoding, address: String::new(), shown: Shown::FirstGeneration });
    let mute = ServerMessage::Mute(Mute { character_id: character(77), muted: true });
    let muting = Entrance { told: vec![Told::once(mute)], ..entrance(sheet(2, "Aria")) };
    let Answer::Admitted { identity, token, silenced, .. } = admitted(2, None) else { panic!() };
    let answer = Answer::Admitted { identity, token, silenced, entrance: Some(Box::new(muting)) };
    world.handle(Event::Answered { id: aria, request: None, awaited: true, answer: Ok(answer) });
    assert_eq!(world.types(aria), ["auth_response", "location_update", "character_update"]);
    // A client that is told everything is told what was said.
    let cara = world.player(4, "Cara", Encoding::Json);
    assert!(world.types(cara).contains(&"chat_history"), "{:?}", world.types(cara));
    let asked = shardlink_shared::protocol::chat::ChatHistoryRequest { channel: Channel::Global, before: None };
    world.send(aria, &ClientMessage::ChatHistory(asked));
    assert_eq!(world.types(aria), ["chat_history"]);
    world.send(aria, &ClientMessage::Mute(Mute { character_id: character(77), muted: false }));
    assert!(matches!(world.wanted()[..], [systems::Request::Chat(chat::Request::Mute(_))]));
}

#[test]
fn whoever_falls_silent_stands_where_it_said_it_was() {
    both(|mut world| {
        let aria = world.veteran(2, "Aria");
        let bran = world.player(1, "Bran", Encoding::Binary);
        let modern = world.player(4, "Cara", Encoding::Json);
        while world.tick() {}
        world.now += 10_000;
        let began = world.now;
        let step = MoveRequest::to_position(at(1.0, 0.0), at(5.0, 0.0));
        world.says(aria, &ClientMessage::Move(step));
        let (mut seen, mut told) = (Vec::new(), Vec::new());
        while world.tick() {
            for message in world.sent(bran) {
                if let ServerMessage::PositionFrame(frame) = message {
                    seen.extend(frame.positions().map(|(_, position, velocity)| (position, velocity)));
                }
            }
            told.extend(world.updates(modern).iter().filter_map(|update| update.position));
        }
        assert!(world.now - began <= DEAD_RECKONING + 2_000);
        assert_eq!(seen.last(), Some(&(at(1.0, 0.0), Vec3::ZERO)));
        assert!(told.iter().any(|position| *position == at(11.0, 0.0)), "it was walked on: {told:?}");
        assert_eq!(told.last(), Some(&at(1.0, 0.0)));
        // Somebody who comes later sees it there too.
        let dana = world.player(6, "Dana", Encoding::Binary);
        let ServerMessage::LocationUpdate(here) = &world.sent(dana)[1] else { panic!() };
        let there = here.players.iter().find(|one| one.character_id == character(2)).unwrap();
        assert_eq!(there.position, at(1.0, 0.0));
    });
}

#[test]
fn attachments_of_earlier_revisions_are_read_and_one_without_the_mark_is_of_a_client_that_is_told_everything() {
    let mut world = World::new(false);
    let aria = world.veteran(2, "Aria");
    let mut bytes = attachment::write(world.hub.connection(aria).unwrap());
    assert!(attachment::read(&bytes, Millis(0)).unwrap().first_generation);
    assert_eq!((bytes[0], bytes.pop()), (6, Some(0)), "it has no facts");
    bytes[0] = 5;
    assert!(attachment::read(&bytes, Millis(0)).unwrap().first_generation);
    assert_eq!(bytes.pop(), Some(1));
    bytes[0] = 4;
    let before = attachment::read(&bytes, Millis(0)).unwrap();
    assert!(!before.first_generation && before.player().unwrap().character == character(2));
}

#[test]
fn every_request_with_a_message_id_has_one_answer() {
    use shardlink_shared::protocol::account::Ack;
    both(|mut world| {
        let aria = world.player(2, "Aria", Encoding::Binary);
        let ask = |world: &mut World, message: &ClientMessage| {
            let envelope = Envelope { message_id: Some(RequestId::Number(7)), ..Envelope::default() };
            world.handle(Event::Frame(aria, encode(Encoding::Binary, &envelope, message).as_frame()));
            let messages = world.frames(aria).flat_map(|frame| decode::<ServerMessage>(frame, MAX_SERVER_FRAME));
            let answers =
                messages.map(Result::unwrap).filter(|one| one.envelope.reply_to == Some(RequestId::Number(7)));
            let answers: Vec<_> = answers.map(|one| one.message).collect();
            assert_eq!(answers.len(), 1, "{message:?}: {answers:?}");
            answers.into_iter().next().unwrap()
        };
        let ServerMessage::Move(moved) = ask(&mut world, &step(1, 1.0, 0.0, 0.0, 0.0)) else { panic!() };
        assert_eq!((moved.character_id, moved.position), (character(2), Some(at(1.0, 0.0))));
        let ServerMessage::PositionCorrection(correction) = ask(&mut world, &step(2, 400.0, 0.0, 0.0, 0.0)) else {
            panic!()
        };
        assert_eq!((correction.client_seq, correction.position), (2, at(1.0, 0.0)));
        let ServerMessage::Error(error) = ask(&mut world, &ClientMessage::Ack(Ack { last_seq: 1 })) else { panic!() };
        assert_eq!(error.error_code, ErrorCode::InvalidField);
        assert_eq!(error.details.unwrap().field.unwrap().as_str(), "message_id");
        for n in 3..40 {
            world.now += 100;
            ask(&mut world, &step(n, 400.0, 0.0, 0.0, 0.0));
        }
    });
}

impl World {
    /// Says something without a message_id, as a client that is told everything.
    fn says_all(&mut self, id: ConnectionId, message: &ClientMessage) {
        let frame = encode(Encoding::Json, &Envelope::default(), message);
        self.handle(Event::Frame(id, frame.as_frame()));
    }
}
