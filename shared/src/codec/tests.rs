//! Encoding and decoding, from both sides.

use super::*;
use crate::{
    ErrorCode,
    ids::{CharacterId, LocationId},
    limits::{MAX_CLIENT_FRAME, MAX_SERVER_FRAME},
    protocol::{
        ClientMessage, Envelope, MessageSet, RequestId, ServerMessage,
        account::{AuthRequest, AuthResponse, Disconnect, Ping, ProtocolRange},
        bounded::{List, Secret, Text},
        character::{CharacterCreate, CharacterList, CharacterUpdate},
        chat::{Channel, Chat, SendChat},
        envelope::Timestamp,
        error::ErrorMessage,
        movement::{LocationUpdate, MoveRequest, OwnMove, PlayerHere},
    },
    rules::character::roll_stats,
    sheet::Sheet,
    text::{CharacterName, Draft, UserName},
    time::Millis,
    vector::Vec3,
    world::{Class, Faction, NEXUS, Race},
};
use proptest::prelude::*;

fn from_client(frame: Frame<'_>) -> Vec<Result<Incoming<ClientMessage>, Rejected>> {
    decode(frame, MAX_CLIENT_FRAME).collect()
}

fn one(text: &str) -> Result<ClientMessage, (ErrorCode, Option<String>)> {
    let mut messages = from_client(Frame::Text(text));
    assert_eq!(messages.len(), 1);
    messages.remove(0).map(|incoming| incoming.message).map_err(|r| (r.refusal.code, r.refusal.field))
}

fn refused<T>(code: ErrorCode, field: &str) -> Result<T, (ErrorCode, Option<String>)> {
    Err((code, (!field.is_empty()).then(|| field.to_owned())))
}

fn character(id: u64) -> CharacterId {
    CharacterId::new(id).unwrap()
}

fn name(text: &str) -> CharacterName {
    CharacterName::parse(text).unwrap()
}

fn sheet() -> Sheet {
    let stats = roll_stats(Race::Elf, Class::Ranger, &mut crate::entropy::Seeded::new(5));
    Sheet::new(character(1 << 40), name("Aria"), Race::Elf, Class::Ranger, Faction::MoonlitCircle, stats, Millis(77))
}

#[test]
fn a_first_generation_clients_messages_are_understood() {
    let auth = r#"{"type":"auth_request","version":"1.0.0","timestamp":1732300000.123,"message_id":null,
        "priority":3,"username":"aria","password":"","session_token":"s1_abc"}"#;
    let Ok(ClientMessage::AuthRequest(auth)) = one(auth) else { panic!() };
    assert_eq!(auth.session_token.unwrap().reveal(), "s1_abc");

    let step = r#"{"type":"move","version":"1.0.0","timestamp":1.0,"priority":1,"character_id":12,
        "from_location_id":null,"to_location_id":0,"position":{"x":1.5,"y":-2.0,"z":0.0},"velocity":null}"#;
    let Ok(ClientMessage::Move(step)) = one(step) else { panic!() };
    assert_eq!((step.to_location_id, step.position), (None, Vec3::from_metres(1.5, -2.0, 0.0)));

    let chat = r#"{"type":"chat","version":"1.2.7","priority":1,"sender_id":12,"sender_name":"aria","channel":"global",
        "content":"hello \u00e9","recipient_id":null,"something_new":{"deep":[1,2]}}"#;
    let Ok(ClientMessage::Chat(chat)) = one(chat) else { panic!() };
    assert_eq!(chat.content.accept().unwrap().as_str(), "hello é");
}

#[test]
fn a_clients_timestamp_is_never_judged() {
    for timestamp in ["null", "\"yesterday\"", "-5", "1e300", "[{}]", "true", "{\"a\":1}"] {
        let text = format!(r#"{{"type":"ping","version":"1.0.0","timestamp":{timestamp}}}"#);
        assert_eq!(one(&text), Ok(ClientMessage::Ping(Ping {})), "{timestamp}");
    }
}

#[test]
fn what_cannot_be_decoded_is_refused_with_a_code_and_the_field() {
    use ErrorCode::{InvalidField, Malformed, NotAllowed, TooDeep, TooLarge, UnknownType, UnsupportedVersion};
    let with = |fields: &str| one(&format!(r#"{{"version":"1.0.0",{fields}}}"#));
    for text in ["", "nonsense", "{", "[1]", "5", "{}x", r#"{"type":"ping","version":"1.0.0"} {}"#, "{\"type\":NaN}"]
    {
        assert_eq!(one(text).map_err(|error| error.0), Err(Malformed), "{text}");
    }
    assert_eq!(with(r#""priority":1"#), refused(UnknownType, "type"));
    assert_eq!(with(r#""type":"dance""#), refused(UnknownType, "type"));
    assert_eq!(with(r#""type":5"#), refused(InvalidField, "type"));
    assert_eq!(with(r#""type":"auth_response""#), refused(NotAllowed, "type"));
    assert_eq!(one(r#"{"type":"ping"}"#), refused(InvalidField, "version"));
    assert_eq!(one(r#"{"type":"ping","version":"2.0.0"}"#), refused(UnsupportedVersion, "version"));
    assert_eq!(with(r#""type":"character_select""#), refused(InvalidField, "character_id"));
    assert_eq!(with(r#""type":"character_select","character_id":0"#), refused(InvalidField, "character_id"));
    assert_eq!(with(r#""type":"character_select","character_id":"7""#), refused(InvalidField, "character_id"));
    let far = r#""type":"move","to_location_id":0,"position":{"x":1e9,"y":0,"z":0}"#;
    assert_eq!(with(far), refused(InvalidField, "position"));
    let absent = r#""type":"move","to_location_id":0,"position":{"x":1}"#;
    assert_eq!(with(absent), refused(InvalidField, "position.y"));
    assert_eq!(with(r#""type":"chat","content":"x","channel":"shout""#), refused(InvalidField, "channel"));
    let nested = format!(r#""type":"ping","x":{}{}"#, "[".repeat(16), "]".repeat(16));
    assert_eq!(with(&nested), refused(TooDeep, ""));
    let long = format!(r#""type":"ping","x":"{}""#, "x".repeat(MAX_CLIENT_FRAME));
    assert_eq!(with(&long), refused(TooLarge, ""));
}

#[test]
fn an_array_where_an_object_is_wanted_is_refused_with_the_fields_of_the_object() {
    let words = |fields: &str| {
        let text = format!(r#"{{"version":"1.0.0",{fields}}}"#);
        let refusal = from_client(Frame::Text(&text)).remove(0).map_err(|rejected| rejected.refusal).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::InvalidField);
        (refusal.field.unwrap_or_default(), refusal.message.unwrap_or_default())
    };
    let (field, message) = words(r#""type":"move","to_location_id":0,"position":[1,0,0]"#);
    assert_eq!(field, "position");
    assert!(message.contains("an object with x, y and z"), "{message}");
    let (field, message) = words(r#""type":"own_move","client_seq":1,"position":{"x":1,"y":2},"velocity":[1,0,0]"#);
    assert_eq!(field, "velocity");
    assert!(message.contains("an object with x, y and z"), "{message}");
    let (field, message) = words(r#""type":"chat","content":"x","encrypted":[1,"a","b","c"]"#);
    assert_eq!(field, "encrypted");
    assert!(message.contains("an object with v, key_id, nonce and ciphertext"), "{message}");
    // A whole message must not be an array either, whichever type it would fit.
    for text in [r#"["ping","1.0.0"]"#, " [1]", "[]"] {
        assert_eq!(one(text).map_err(|error| error.0), Err(ErrorCode::Malformed), "{text}");
    }
}

#[test]
fn a_version_is_three_numbers_without_leading_zeros_and_any_minor_of_ours_will_do() {
    let ping = |version: &str| one(&format!(r#"{{"type":"ping","version":"{version}"}}"#));
    for version in ["1.0.0", "1.0.10", "1.2.7", "1.99999999999999999999.0"] {
        assert_eq!(ping(version), Ok(ClientMessage::Ping(Ping {})), "{version}");
    }
    for version in ["0.9.0", "2.0.0", "10.0.0", "11.0.0", "99999999999999999999.0.0"] {
        assert_eq!(ping(version), refused(ErrorCode::UnsupportedVersion, "version"), "{version}");
    }
    for version in [
        "",
        "1",
        "1.0",
        "1.0.0.0",
        "01.0.0",
        "1.00.0",
        "1.0.01",
        "+1.0.0",
        "-1.0.0",
        "1.0.0 ",
        " 1.0.0",
        "1.0.0-rc",
        "1..0",
        "1.0.",
        ".1.0",
        "1.0.x",
        "one",
        "v1.0.0",
        "\u{661}.0.0",
        "1,0,0",
    ] {
        assert_eq!(ping(version), refused(ErrorCode::InvalidField, "version"), "{version}");
    }
}

#[test]
fn a_refusal_names_the_message_it_answers() {
    let text = r#"{"type":"character_select","version":"1.0.0","message_id":"m-1","character_id":-4}"#;
    let rejected = from_client(Frame::Text(text)).remove(0).unwrap_err();
    assert_eq!(rejected.message_id, RequestId::from_text("m-1"));
}

#[test]
fn a_refusal_never_repeats_the_value_it_refuses() {
    for body in [
        r#"{"type":"character_select","version":"1.0.0","character_id":"hunter22, expected"}"#,
        r#"{"type":"character_create","version":"1.0.0","name":"hunter22hunter22hunter22hunter22","race":"Elf"}"#,
        r#"{"type":"character_create","version":"1.0.0","name":"Aria","race":"hunter22","class":"Rogue","faction":"Shadowborn"}"#,
        r#"{"type":"chat","version":"1.0.0","content":"hi","channel":"hunter22"}"#,
        r#"{"type":"hunter22","version":"1.0.0"}"#,
        r#"{"type":"ping","version":"hunter22"}"#,
        r#"hunter22"#,
    ] {
        let rejected = from_client(Frame::Text(body)).remove(0).unwrap_err();
        let said = format!("{:?}", rejected.refusal);
        assert!(!said.contains("hunter22"), "{said}");
    }
}

#[test]
fn a_server_message_is_one_flat_object_with_the_first_generations_fields() {
    let envelope =
        Envelope { seq: Some(9), ..Envelope::answering(RequestId::from_text("a\"b"), Millis(1_732_300_000_050)) };
    let error = ServerMessage::Error(ErrorMessage::from(ErrorCode::NameTaken));
    let Encoded::Text(text) = encode(Encoding::Json, &envelope, &error) else { panic!() };
    assert_eq!(
        text,
        r#"{"type":"error","version":"1.0.0","timestamp":1732300000.050,"priority":2,"reply_to":"a\"b","seq":9,"error_code":"NAME_TAKEN","error_message":"This name is taken.","details":null}"#
    );
    let Encoded::Text(pong) = encode(Encoding::Json, &Envelope::default(), &ServerMessage::Pong(Default::default()))
    else {
        panic!()
    };
    assert_eq!(pong, r#"{"type":"pong","version":"1.0.0","priority":0}"#);
}

fn client_messages() -> Vec<ClientMessage> {
    vec![
        ClientMessage::AuthRequest(AuthRequest {
            username: UserName::parse("aria").unwrap(),
            password: Secret::parse("hunter22").ok(),
            session_token: None,
        }),
        ClientMessage::Disconnect(Disconnect { reason: Some(Text::cut("bye")) }),
        ClientMessage::Ping(Ping {}),
        ClientMessage::CharacterCreate(CharacterCreate {
            name: name("Aria"),
            race: Race::Elf,
            class: Class::Rogue,
            faction: Faction::Shadowborn,
        }),
        ClientMessage::Move(MoveRequest {
            character_id: None,
            from_location_id: Some(NEXUS),
            to_location_id: LocationId::new(2),
            position: None,
            velocity: Some(Vec3::ZERO),
        }),
        ClientMessage::OwnMove(OwnMove {
            client_seq: u32::MAX,
            position: Vec3::from_metres(-500.0, 500.0, -50.0).unwrap(),
            velocity: Vec3::from_metres(-8.0, 8.0, 0.0).unwrap(),
        }),
        ClientMessage::FactionChat(SendChat::new("for the circle", Channel::Faction)),
    ]
}

fn server_messages() -> Vec<ServerMessage> {
    vec![
        ServerMessage::AuthResponse(AuthResponse {
            success: true,
            session_token: None,
            player_id: crate::ids::PlayerId::new(5),
            message: Some(Text::cut("Welcome")),
            server_time: Timestamp(Millis(1_732_300_000_050)),
            character: Some(Box::new(sheet())),
            resume_token: None,
            protocol: Some(ProtocolRange::ours()),
        }),
        ServerMessage::CharacterList(CharacterList { characters: List::of([sheet(), sheet()]) }),
        ServerMessage::CharacterUpdate(CharacterUpdate::of_sheet(&sheet())),
        ServerMessage::LocationUpdate(LocationUpdate {
            location_id: NEXUS,
            players: List::of([PlayerHere {
                character_id: character(8),
                character_name: name("Bran"),
                position: Vec3::from_metres(1.0, 2.0, 3.0).unwrap(),
                faction: Faction::GoldenOrder,
                level: 3,
                slot: 0,
            }]),
        }),
        ServerMessage::Whisper(Chat {
            sender_id: character(8),
            sender_name: name("Bran"),
            channel: Channel::Whisper,
            content: Draft::new("psst").accept().unwrap(),
            recipient_id: Some(character(9)),
            recipient_name: Some(name("Aria")),
            encrypted: None,
        }),
        ServerMessage::Error(ErrorMessage::from(&Refusal::new(ErrorCode::RateLimited).after(0.25).at("content"))),
    ]
}

fn round_trip<M: MessageSet + Clone + PartialEq + std::fmt::Debug>(messages: &[M]) {
    let envelope = Envelope {
        message_id: Some(RequestId::Number(70_000)),
        reply_to: Some(RequestId::Number(3)),
        seq: Some(1 << 40),
        timestamp: Some(Millis(1_732_300_000_050)),
    };
    for message in messages {
        for encoding in [Encoding::Json, Encoding::Binary] {
            let frame = encode(encoding, &envelope, message);
            let back: Vec<_> = decode::<M>(frame.as_frame(), MAX_SERVER_FRAME).collect();
            let Ok([incoming]) = <[_; 1]>::try_from(back).map(|[one]| [one.unwrap()]) else { panic!() };
            assert_eq!(&incoming.message, message, "{encoding:?}");
            assert_eq!(incoming.envelope.timestamp, envelope.timestamp);
            assert_eq!(incoming.envelope.reply_to.unwrap().as_number(), Some(3));
            assert_eq!(incoming.envelope.seq, envelope.seq);
        }
    }
}

#[test]
fn every_message_survives_both_encodings() {
    round_trip(&client_messages());
    round_trip(&server_messages());
}

#[test]
fn an_own_move_is_at_most_24_bytes() {
    let Encoded::Binary(bytes) = encode(Encoding::Binary, &Envelope::default(), &client_messages()[5]) else {
        panic!()
    };
    assert!(bytes.len() <= 24, "{}", bytes.len());
}

#[test]
fn a_chat_of_20_characters_is_at_most_40_bytes_from_the_client_and_64_from_the_server() {
    let text = "twenty characters ok";
    let request = Envelope { message_id: Some(RequestId::Number(100_000)), ..Envelope::default() };
    let said = ClientMessage::chat(SendChat::new(text, Channel::Global));
    assert!(encode(Encoding::Binary, &request, &said).len() <= 40);
    let heard = ServerMessage::chat(Chat {
        sender_id: character(crate::ids::MAX_ID),
        sender_name: name("Aria Moonfall"),
        channel: Channel::Global,
        content: Draft::new(text).accept().unwrap(),
        recipient_id: None,
        recipient_name: None,
        encrypted: None,
    });
    let numbered = Envelope { seq: Some(1_000_000), ..Envelope::at(Millis(1_795_408_030_625)) };
    assert!(encode(Encoding::Binary, &numbered, &heard).len() <= 64);
}

fn binary_frame(messages: &[ClientMessage]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for message in messages {
        binary::append(&mut bytes, &Envelope::default(), message);
    }
    bytes
}

#[test]
fn a_binary_frame_holds_several_messages_and_every_truncation_is_refused() {
    let messages = client_messages();
    let bytes = binary_frame(&messages);
    let back: Vec<_> = from_client(Frame::Binary(&bytes)).into_iter().map(|m| m.unwrap().message).collect();
    assert_eq!(back, messages);
    let mut boundaries = vec![];
    for n in 1..=messages.len() {
        boundaries.push(binary_frame(&messages[..n]).len());
    }
    for end in (0..bytes.len()).filter(|end| !boundaries.contains(end)) {
        let back = from_client(Frame::Binary(&bytes[..end]));
        assert_eq!(back.len(), 1);
        assert_eq!(back[0].as_ref().unwrap_err().refusal.code, ErrorCode::Malformed, "cut at {end}");
    }
}

#[test]
fn revisions_of_one_major_understand_each_other() {
    // A newer client appended a field to ping: surplus bytes are skipped.
    assert_eq!(
        from_client(Frame::Binary(&[5, 4, 0, 1, 2, 3]))[0].as_ref().unwrap().message,
        ClientMessage::Ping(Ping {})
    );
    // An older client knew no velocity: the missing trailing field takes its default.
    let own_move = from_client(Frame::Binary(&[6, 21, 0, 7, 2, 4, 0]));
    let expected = OwnMove { client_seq: 7, position: Vec3 { x: 1, y: 2, z: 0 }, velocity: Vec3::ZERO };
    assert_eq!(own_move[0].as_ref().unwrap().message, ClientMessage::OwnMove(expected));
    // Unknown tags are skipped, what follows is read.
    let messages = from_client(Frame::Binary(&[3, 200, 0, 9, 2, 4, 0]));
    assert_eq!(messages.len(), 1);
    assert!(messages[0].is_ok());
    // A type only the server sends, a missing field, a compressed frame.
    for (frame, code) in [
        (&[2, 5, 0][..], ErrorCode::NotAllowed),
        (&[2, 11, 0], ErrorCode::InvalidField),
        (&[0, 1, 2], ErrorCode::Malformed),
        (&[], ErrorCode::Malformed),
        (&[1, 4], ErrorCode::Malformed),
    ] {
        assert_eq!(from_client(Frame::Binary(frame))[0].as_ref().unwrap_err().refusal.code, code, "{frame:?}");
    }
}

#[test]
fn a_list_that_claims_a_million_items_reserves_none_of_them() {
    // character_list with a length of 2^32 and no items.
    let frame = [7, 10, 0, 0xff, 0xff, 0xff, 0xff, 0x0f];
    let messages: Vec<_> = decode::<ServerMessage>(Frame::Binary(&frame), MAX_SERVER_FRAME).collect();
    assert_eq!(messages[0].as_ref().unwrap_err().refusal.code, ErrorCode::InvalidField);
}

proptest! {
    #[test]
    fn noise_is_refused_and_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = from_client(Frame::Binary(&bytes));
        if let Ok(text) = std::str::from_utf8(&bytes) {
            let _ = from_client(Frame::Text(text));
        }
    }

    #[test]
    fn a_mutated_frame_never_panics(at in 0_usize..400, byte: u8) {
        let mut bytes = binary_frame(&client_messages());
        let place = at % bytes.len();
        bytes[place] = byte;
        let _ = from_client(Frame::Binary(&bytes));
    }

    #[test]
    fn any_own_move_survives(client_seq: u32, x in -500.0..500.0, y in -500.0..500.0, vx in -8.0..8.0) {
        round_trip(&[ClientMessage::OwnMove(OwnMove {
            client_seq,
            position: Vec3::from_metres(x, y, 0.0).unwrap(),
            velocity: Vec3::from_metres(vx, 0.0, 0.0).unwrap(),
        })]);
    }
}

#[test]
fn a_frame_of_one_message_without_a_head_is_read_at_once_and_any_other_is_not() {
    let step = OwnMove { client_seq: 9, position: Vec3 { x: 1, y: -2, z: 3 }, velocity: Vec3::ZERO };
    let frame = |envelope: &Envelope, messages: &[ClientMessage]| {
        let mut bytes = Vec::new();
        messages.iter().for_each(|message| binary::append(&mut bytes, envelope, message));
        bytes
    };
    let plain = Envelope::default();
    let numbered = Envelope { message_id: Some(RequestId::Number(1)), ..plain.clone() };
    let (one, ping) = (ClientMessage::OwnMove(step.clone()), ClientMessage::Ping(Ping {}));
    let tag = OwnMove::TAG;
    assert_eq!(one.message_type().tag, tag);
    let read = |bytes: &[u8]| binary::read_only::<OwnMove>(bytes, tag);
    assert_eq!(read(&frame(&plain, std::slice::from_ref(&one))), Some(step));
    for other in [
        frame(&plain, &[one.clone(), one.clone()]),
        frame(&plain, &[ping]),
        frame(&numbered, std::slice::from_ref(&one)),
        frame(&plain, &[one])[..5].to_vec(),
        vec![],
        vec![0x82, 0, 0],
        vec![3, tag, 0, 0xff],
    ] {
        assert_eq!(read(&other), None, "{other:?}");
    }
}
