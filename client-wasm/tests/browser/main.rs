//! The client in a real browser, against a server that is played here.
#![cfg(target_arch = "wasm32")]
// What clippy.toml allows in tests, it allows in those of `#[test]` only.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod fake;
mod social;

use fake::{Player, Server, character, chat, pause, snapshot};
use js_sys::{Array, Function, JSON, Object, Promise, Reflect, Uint8Array};
use shardlink_client::browser::scram::{Scram, Stretching, new_password, password_checks};
use shardlink_shared::{
    codec::{self, Encoded, Encoding, snapshot::Entries},
    crypto::{
        password::{SaltedPassword, Verifier},
        scram::{ClientFirst, verify},
    },
    protocol::{
        ClientMessage, Envelope, ServerMessage,
        movement::{OwnMove, PlayerJoinedArea, PlayerLeftArea, PositionCorrection, PositionFrame},
        trade::TradeUpdate,
    },
    rules::interest,
    time::{FrameTime, Millis},
    vector::Vec3,
    world::NEXUS,
};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

fn get(object: &JsValue, path: &str) -> JsValue {
    path.split('.').fold(object.clone(), |value, key| Reflect::get(&value, &key.into()).unwrap())
}

fn text(object: &JsValue, path: &str) -> String {
    get(object, path).as_string().unwrap_or_else(|| format!("{:?}", get(object, path)))
}

fn number(object: &JsValue, path: &str) -> f64 {
    get(object, path).as_f64().unwrap_or(f64::NAN)
}

fn json(value: &JsValue) -> String {
    JSON::stringify(value).unwrap().into()
}

/// The error that a promise rejects with, or what it resolves with.
async fn code(promise: Promise) -> String {
    match JsFuture::from(promise).await {
        Ok(value) => format!("resolved: {value:?}"),
        Err(error) => text(&error, "code"),
    }
}

/// A request with the fields of this JSON.
fn ask(client: &Player, name: &str, fields: &str) -> Result<Promise, JsValue> {
    client.request(name, &JSON::parse(fields).unwrap())
}

fn say(client: &Player, content: &str, channel: &str) -> Result<Promise, JsValue> {
    ask(client, "chat", &format!(r#"{{"content":"{content}","channel":"{channel}"}}"#))
}

/// The numbers as the facade sees them, without each player's id.
fn motions(client: &Player) -> Vec<f64> {
    let at = client.write_positions();
    let count = client.positions_count();
    let memory: js_sys::WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    let numbers =
        js_sys::Float64Array::new_with_byte_offset_and_length(&memory.buffer(), at as u32, count as u32).to_vec();
    let players = numbers[2..].chunks(8).flat_map(|player| &player[1..]).copied();
    numbers[..2].iter().copied().chain(players).collect()
}

fn thrown(result: Result<impl Sized, JsValue>) -> String {
    result.err().map_or_else(|| "nothing thrown".to_owned(), |error| text(&error, "code"))
}

/// Hears the events of a type, for as long as the client lives.
fn hear(client: &Player, event: &str) -> Rc<RefCell<Vec<JsValue>>> {
    let heard = Rc::new(RefCell::new(Vec::new()));
    let handler = Closure::<dyn Fn(JsValue)>::new({
        let heard = Rc::clone(&heard);
        move |message| heard.borrow_mut().push(message)
    });
    client.on(event, handler.into_js_value().unchecked_ref());
    heard
}

fn states(heard: &RefCell<Vec<JsValue>>) -> Vec<String> {
    heard.borrow().iter().map(json).collect()
}

/// A client whose character stands in the Nexus, on the server's first socket.
async fn in_world(server: &Server) -> Player {
    let client = Player::new();
    enter(&client, server).await;
    client
}

async fn enter(client: &Player, server: &Server) {
    let entering = client.enter("t1_first").unwrap();
    server.lets_in(0);
    let character = JsFuture::from(entering).await.unwrap();
    assert_eq!((text(&character, "name"), text(&character, "class")), ("Aria".to_owned(), "Ranger".to_owned()));
}

/// The same bytes are compared natively (src/logic/session/tests.rs).
#[wasm_bindgen_test]
fn an_own_step_has_the_same_golden_bytes_as_natively() {
    let own_move = OwnMove {
        client_seq: 300,
        position: Vec3 { x: 12_345, y: -678, z: 0 },
        velocity: Vec3::from_metres(-6.0, 0.0, 0.0).unwrap(),
    };
    let frame = codec::encode(Encoding::Binary, &Envelope::default(), &ClientMessage::OwnMove(own_move));
    let golden = vec![14, 21, 0, 0xac, 0x02, 0xf2, 0xc0, 0x01, 0xcb, 0x0a, 0, 0xaf, 0x09, 0, 0];
    assert_eq!(frame, Encoded::Binary(golden));
}

#[wasm_bindgen_test]
async fn a_socket_that_cannot_be_opened_is_unreachable() {
    let server = Server::start();
    let client = Player::new();
    let status = hear(&client, "status");
    let entering = client.enter("t1_first").unwrap();
    server.ends(0, 1006, "");
    assert_eq!(code(entering).await, "UNREACHABLE");
    assert_eq!(states(&status), [r#"{"state":"connecting"}"#, r#"{"state":"closed","code":1006}"#]);
}

#[wasm_bindgen_test]
fn what_cannot_be_asked_is_refused_here() {
    let server = Server::start();
    let client = Player::new();
    assert_eq!(thrown(client.enter("t1 first\r\n")), "BAD_RESPONSE");
    for id in [0.0, -1.0, 1.5, f64::NAN, 1e300] {
        // 0 is a place within the location; the facade asks for none.
        let fields = Object::new();
        Reflect::set(&fields, &"to_location_id".into(), &id.into()).unwrap();
        let expected = if id == 0.0 { "NOT_CONNECTED" } else { "INVALID_FIELD" };
        assert_eq!(thrown(client.request("move", &fields)), expected, "{id}");
    }
    assert_eq!(thrown(ask(&client, "move", r#"{"to_location_id":2}"#)), "NOT_CONNECTED");
    assert_eq!(thrown(client.ping()), "NOT_CONNECTED");
    assert_eq!(thrown(say(&client, "hi", "global")), "NOT_CONNECTED");
    assert_eq!(thrown(say(&client, " ", "global")), "EMPTY");
    assert_eq!(thrown(say(&client, &"x".repeat(501), "global")), "TOO_LONG");
    assert_eq!(thrown(say(&client, "hi", "shout")), "INVALID_FIELD");
    assert_eq!(
        thrown(client.send_position_update(f64::NAN, 0.0, 0.0, Some(0.0), Some(0.0), Some(0.0))),
        "INVALID_FIELD"
    );
    assert!(client.send_position_update(1.0, 0.0, 0.0, Some(0.0), Some(0.0), Some(0.0)).is_ok());
    assert!(client.own().unwrap().is_null());
    assert_eq!(motions(&client)[1..], [0.0]);
    assert_eq!(json(&client.nearby_roster().unwrap()), "[]");
    assert_eq!((client.latency(), client.server_time()), (None, None));
    assert_eq!(server.sockets(), 0);
}

/// `hashlib.pbkdf2_hmac("sha256", b"secret", bytes([7] * 16), 600_000)` in Python.
const SECRET: SaltedPassword = SaltedPassword([
    0x6d, 0xe7, 0xbe, 0xde, 0xb6, 0x82, 0x8b, 0x54, 0x65, 0xbc, 0x8a, 0x51, 0x64, 0x80, 0x13, 0xad, 0x2d, 0xb9, 0x31,
    0x33, 0xd1, 0x5a, 0x65, 0x84, 0x57, 0xa7, 0xae, 0x2e, 0xff, 0x75, 0xe2, 0xa9,
]);

/// What the module gives for a salt of sevens and so many iterations.
fn asked(iterations: u32) -> Vec<u8> {
    [[7; 16].as_slice(), &iterations.to_le_bytes()].concat()
}

#[wasm_bindgen_test]
fn a_password_is_stretched_in_slices_to_what_python_makes_of_it() {
    let mut stretching = Stretching::new(b"secret", &asked(600_000));
    for _ in 0..5_999 {
        assert_eq!(stretching.advance(100), None);
    }
    assert_eq!(stretching.advance(100), Some(SECRET.0.to_vec()));
    // What asks for nothing that can be stretched gives nothing.
    assert_eq!(Stretching::new(b"secret", b"short").advance(100), None);
}

/// The whole exchange, with SCRAM's real other side; the server may know a wrong key.
fn signs_in(server_key: Option<[u8; 32]>) -> bool {
    let mut known: Verifier = SECRET.verifier([7; 16], 600_000);
    known.server_key = server_key.unwrap_or(known.server_key);
    let mut scram = Scram::new("aria", "secret").unwrap();
    let first = ClientFirst::parse(&scram.first().unwrap()).unwrap();
    let answer = first.answer([3; 18], &[7; 16], 600_000);
    assert_eq!(scram.challenge(&answer).unwrap(), asked(600_000));
    assert!(!scram.proves("v="), "nothing is proved yet");
    let client_final = scram.finish(&SECRET.0).unwrap();
    let server_final = verify(&known, &first.bare, &answer, &client_final).unwrap();
    scram.proves(&server_final)
}

#[wasm_bindgen_test]
fn both_sides_prove_what_they_know() {
    assert!(signs_in(None));
    assert!(!signs_in(Some([0; 32])));
}

#[wasm_bindgen_test]
fn the_steps_of_a_sign_in_are_taken_in_their_order_and_a_weak_server_learns_nothing() {
    let mut scram = Scram::new("aria", "secret").unwrap();
    assert_eq!(thrown(scram.finish(&SECRET.0)), "BAD_RESPONSE");
    let first = ClientFirst::parse(&scram.first().unwrap()).unwrap();
    assert_eq!(thrown(scram.challenge(&first.answer([3; 18], &[7; 16], 599_999))), "WEAK_SERVER");
    assert_eq!(thrown(scram.finish(&SECRET.0)), "BAD_RESPONSE");
    assert_eq!(scram.first(), None);
    for (username, password, field) in
        [("a b", "secret", "username"), ("ab", "secret", "username"), ("aria", "short", "password")]
    {
        for error in [Scram::new(username, password).err().unwrap(), new_password(username, password).unwrap_err()] {
            assert_eq!((text(&error, "code"), text(&error, "field")), ("INVALID_FIELD".to_owned(), field.to_owned()));
        }
    }
}

#[wasm_bindgen_test]
fn a_server_is_told_what_checks_a_new_password() {
    let fresh = new_password("aria", "secret").unwrap();
    assert_eq!((fresh.len(), &fresh[16..]), (20, &600_000_u32.to_le_bytes()[..]));
    assert_ne!(fresh, new_password("aria", "secret").unwrap());
    let [salt, stored, server] = &password_checks(&asked(600_000), &SECRET.0).unwrap()[..] else { panic!() };
    let window = web_sys::window().unwrap();
    let decoded = |text: &str| window.atob(text).unwrap().chars().map(|c| c as u8).collect::<Vec<_>>();
    let verifier = SECRET.verifier([7; 16], 600_000);
    assert_eq!(decoded(salt), [7; 16]);
    assert_eq!((decoded(stored), decoded(server)), (verifier.stored_key.to_vec(), verifier.server_key.to_vec()));
    assert_eq!(password_checks(&asked(600_000), b"short"), None);
}

#[wasm_bindgen_test]
async fn a_character_enters_sees_and_is_told() {
    let server = Server::start();
    let client = Player::new();
    let (status, updates) = (hear(&client, "status"), hear(&client, "location_update"));
    enter(&client, &server).await;
    assert_eq!(server.offered(0), ["shardlink.v1.bin", "t1_first"]);
    assert_eq!(states(&status), [r#"{"state":"connecting"}"#, r#"{"state":"connected"}"#]);
    assert_eq!(
        json(&updates.borrow()[0]),
        r#"{"location_id":1,"players":[{"character_id":8,"character_name":"Bran","position":{"x":5,"y":-2.5,"z":0},"faction":"Golden Order","level":3,"slot":0}],"type":"location_update","timestamp":1732300000.05}"#
    );
    let own = client.own().unwrap();
    assert_eq!((text(&own, "character_name"), number(&own, "location_id")), ("Aria".to_owned(), 1.0));
    assert_eq!(json(&get(&own, "position")), r#"{"x":0,"y":0,"z":0}"#);
    let roster = client.nearby_roster().unwrap();
    assert_eq!(json(&roster), r#"[{"character_id":8,"character_name":"Bran","faction":"Golden Order","level":3}]"#);
    let seen = motions(&client);
    assert_eq!(seen[1..8], [1.0, 5.0, -2.5, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(seen.len(), 9);
    server.sends(
        0,
        None,
        &ServerMessage::PlayerLeftArea(PlayerLeftArea { character_id: fake::character(8), location_id: NEXUS }),
    );
    assert_eq!(json(&client.nearby_roster().unwrap()), "[]");
    assert!(motions(&client)[0] != seen[0]);
}

/// Somebody of the slot of the snapshot's player walks east.
fn frame(time: Millis, x: f64) -> ServerMessage {
    let cell = interest::Cell::new(0, 0).unwrap();
    let players = [(0, Vec3::from_metres(x, 0.0, 0.0).unwrap(), Vec3::from_metres(6.0, 0.0, 0.0).unwrap())];
    ServerMessage::PositionFrame(PositionFrame {
        location_id: NEXUS,
        time: FrameTime::of(time),
        cell,
        full: false,
        players: Entries::of(players, cell.centre()),
    })
}

#[wasm_bindgen_test]
async fn who_walks_is_seen_walking_and_frames_are_events_for_who_asked() {
    let server = Server::start();
    let client = in_world(&server).await;
    server.sends(0, None, &frame(fake::NOW + 50, 6.0));
    pause(300).await;
    let timed = || (performance_now(), motions(&client), performance_now());
    let (first_begun, first, first_ended) = timed();
    pause(200).await;
    let (then_begun, then, then_ended) = timed();
    assert!(first[2] >= 6.0 && first[5] == 6.0, "{first:?}");
    // It takes the time of the page's clock, in whole milliseconds.
    let walked = (then[2] - first[2]) / 0.006;
    let (least, most) = (then_begun - first_ended - 3.0, then_ended - first_begun + 3.0);
    assert!((least..most).contains(&walked), "{first:?} to {then:?}: {walked} ms, not {least} to {most}");

    let frames = hear(&client, "position_frame");
    server.sends(0, None, &frame(fake::NOW + 1_000, 9.0));
    assert_eq!(frames.borrow().len(), 1);
    assert_eq!(number(&frames.borrow()[0], "players.0.slot"), 0.0);
}

#[wasm_bindgen_test]
async fn the_first_heartbeat_measures_the_way_and_the_servers_time_is_known() {
    let server = Server::start();
    let client = in_world(&server).await;
    pause(30).await;
    server.sends_raw(0, &"pong".into());
    let latency = client.latency().unwrap();
    assert!((25.0..1_000.0).contains(&latency), "{latency}");
    let ahead = client.server_time().unwrap() - fake::NOW.0 as f64;
    assert!((0.0..2_000.0).contains(&ahead), "{ahead}");
}

/// What 200 players cost at every frame of a game, printed and bounded generously: a
/// frame at 60 a second has 16 ms.
#[wasm_bindgen_test]
async fn two_hundred_players_are_read_within_a_small_part_of_a_frame() {
    let server = Server::start();
    let client = in_world(&server).await;
    for number in 1..200_u16 {
        let message = ServerMessage::PlayerJoinedArea(PlayerJoinedArea {
            character_id: fake::character(100 + u64::from(number)),
            character_name: fake::name(&format!("Walker {number}")),
            location_id: NEXUS,
            position: Vec3::from_metres(f64::from(number), 0.0, 0.0),
            faction: None,
            level: Some(1),
            slot: number,
        });
        server.sends(0, None, &message);
    }
    let begun = performance_now();
    for _ in 0..200 {
        assert_eq!(motions(&client).len(), 2 + 7 * 200);
    }
    let each = (performance_now() - begun) / 200.0;
    wasm_bindgen_test::console_log!("200 players' numbers: {:.1} µs", each * 1000.0);
    assert!(each < 4.0, "{each} ms");
}

#[wasm_bindgen_test]
async fn any_request_is_made_by_its_type_and_any_message_heard_though_the_client_thinks_of_neither() {
    let server = Server::start();
    let client = in_world(&server).await;
    let updates = hear(&client, "trade_update");
    let offer = r#"{"trade_id":"t","items":[{"item_id":1,"quantity":2}],"souls":3,"unknown":[{}]}"#;
    let asking = ask(&client, "trade_update", offer).unwrap();
    let request = server.received(0).pop().unwrap();
    let ClientMessage::TradeUpdate(sent) = request.message else { panic!("{request:?}") };
    assert_eq!((sent.trade_id.as_str(), sent.items[0].quantity.get(), sent.souls), ("t", 2, 3));
    let told = |souls| {
        ServerMessage::TradeUpdate(TradeUpdate {
            trade_id: sent.trade_id.clone(),
            character_id: character(8),
            items: sent.items.clone(),
            souls,
            offer_version: 4,
        })
    };
    server.sends(0, request.envelope.message_id.unwrap().as_number(), &told(3));
    let answer = JsFuture::from(asking).await.unwrap();
    assert_eq!(
        json(&answer).split(r#","timestamp""#).next().unwrap(),
        r#"{"trade_id":"t","character_id":8,"items":[{"item_id":1,"quantity":2}],"souls":3,"offer_version":4,"type":"trade_update""#
    );
    // What no number of JavaScript's holds is told to nobody.
    server.sends(0, None, &told(1 << 53));
    assert_eq!(updates.borrow().len(), 1);
}

#[wasm_bindgen_test]
async fn a_request_that_cannot_be_made_says_why() {
    let server = Server::start();
    let client = in_world(&server).await;
    let refused = |result: Result<Promise, JsValue>| {
        let error = result.unwrap_err();
        (text(&error, "code"), get(&error, "field").as_string().unwrap_or_default())
    };
    let expected = |code: &str, field: &str| (code.to_owned(), field.to_owned());
    for name in ["no_such", "ack", "disconnect", "party_update"] {
        assert_eq!(refused(ask(&client, name, "{}")), expected("UNKNOWN_TYPE", "type"), "{name}");
    }
    for (name, fields, field) in [
        ("party_accept", "{}", "party_id"),
        ("party_accept", r#"{"party_id":"7"}"#, "party_id"),
        ("trade_update", r#"{"trade_id":"t","items":[{"item_id":1}],"souls":0}"#, "items[0].quantity"),
        ("trade_update", r#"{"trade_id":"t","items":[],"souls":-1}"#, "souls"),
    ] {
        assert_eq!(refused(ask(&client, name, fields)), expected("INVALID_FIELD", field), "{name} {fields}");
    }
    let error = ask(&client, "mute", r#"{"character_id":0,"muted":true}"#).unwrap_err();
    let sentence = "The field character_id must be a whole number from 1 to 9007199254740991.";
    assert_eq!(text(&error, "message"), sentence);
    let circle = Object::new();
    Reflect::set(&circle, &"reason".into(), &circle).unwrap();
    assert_eq!(refused(client.request("ping", &circle)), expected("TOO_DEEP", ""));
    let function = Object::new();
    Reflect::set(&function, &"reason".into(), &Function::new_no_args("")).unwrap();
    assert_eq!(refused(client.request("ping", &function)), expected("MALFORMED", ""));
    for nothing in [JsValue::UNDEFINED, JsValue::NULL, "ping".into(), Array::new().into()] {
        assert_eq!(refused(client.request("ping", &nothing)), expected("MALFORMED", ""), "{nothing:?}");
    }
    assert!(server.received(0).is_empty());
}

#[wasm_bindgen_test]
async fn a_chat_is_answered_by_its_own_copy_and_a_ping_by_a_pong() {
    let server = Server::start();
    let client = in_world(&server).await;
    let chats = hear(&client, "chat");
    let said = ask(&client, "chat", r#"{"content":"hello","channel":"global","recipient_name":"Bran"}"#).unwrap();
    let request = server.received(0).remove(0);
    assert!(matches!(&request.message, ClientMessage::Chat(chat) if chat.recipient_name.is_some()));
    server.sends(0, request.envelope.message_id.unwrap().as_number(), &chat("hello"));
    let copy = JsFuture::from(said).await.unwrap();
    assert_eq!(
        json(&copy),
        r#"{"sender_id":8,"sender_name":"Bran","channel":"global","content":"hello","recipient_id":null,"recipient_name":null,"encrypted":null,"type":"chat","timestamp":1732300000.05}"#
    );
    assert_eq!(json(&chats.borrow()[0]), json(&copy));

    let ping = client.ping().unwrap();
    let request = server.received(0).remove(1).envelope.message_id.unwrap().as_number();
    server.sends(0, request, &ServerMessage::Pong(Default::default()));
    assert_eq!(text(&JsFuture::from(ping).await.unwrap(), "type"), "pong");
}

#[wasm_bindgen_test]
async fn steps_are_sent_twenty_times_a_second_and_the_last_one_always() {
    let server = Server::start();
    let client = in_world(&server).await;
    for step in 1..=30 {
        client.send_position_update(0.1 * f64::from(step), 0.0, 0.0, Some(6.0), Some(0.0), Some(0.0)).unwrap();
        pause(10).await;
    }
    client.send_position_update(3.0, 0.0, 0.0, Some(0.0), Some(0.0), Some(0.0)).unwrap();
    pause(120).await;
    let moves = server.received(0);
    assert!((4..=12).contains(&moves.len()), "{}", moves.len());
    let ClientMessage::OwnMove(last) = &moves.last().unwrap().message else { panic!() };
    assert_eq!((last.position.x, last.velocity), (300, Vec3::ZERO));

    let corrections = hear(&client, "position_correction");
    let position = Vec3::from_metres(1.0, 0.0, 0.0).unwrap();
    let correction = PositionCorrection { client_seq: last.client_seq, position, velocity: Vec3::ZERO };
    server.sends(0, None, &ServerMessage::PositionCorrection(correction));
    assert_eq!(corrections.borrow().len(), 1);
    assert_eq!(number(&client.own().unwrap(), "position.x"), 1.0);
}

#[wasm_bindgen_test]
async fn a_handler_may_call_back() {
    let server = Server::start();
    let client = Rc::new(in_world(&server).await);
    let handler = Closure::<dyn Fn()>::new({
        let client = Rc::downgrade(&client);
        move || {
            let client = client.upgrade().unwrap();
            let _ = say(&client, "an answer", "global").unwrap();
            client.leave();
            assert!(client.own().unwrap().is_null());
        }
    });
    client.on("chat", handler.into_js_value().unchecked_ref());
    server.sends(0, None, &chat("a question"));
    let received = server.received(0);
    assert!(matches!(received[0].message, ClientMessage::Chat(_)));
    assert!(matches!(received[1].message, ClientMessage::Disconnect(_)));
    assert_eq!(server.was_closed_with(0), Some(1000));
    assert!(!server.is_heard(0));
}

#[wasm_bindgen_test]
async fn a_lost_connection_comes_back_with_a_new_ticket() {
    let server = Server::start();
    let client = in_world(&server).await;
    let status = hear(&client, "status");
    let ping = client.ping().unwrap();
    server.ends(0, 1012, "");
    assert_eq!(code(ping).await, "NOT_CONNECTED");
    assert_eq!(thrown(client.ping()), "NOT_CONNECTED");
    assert!(!client.own().unwrap().is_null());
    for _ in 0..200 {
        if !client.asked().is_empty() {
            break;
        }
        pause(10).await;
    }
    // A server that is away for a moment is asked again.
    client.no_ticket(client.asked()[0], "UNREACHABLE".to_owned(), String::new(), None);
    for _ in 0..500 {
        if client.asked().len() == 2 {
            break;
        }
        pause(10).await;
    }
    // An answer to an earlier attempt opens nothing.
    client.ticket(client.asked()[0], "t1_late");
    assert_eq!(server.sockets(), 1);
    client.ticket(client.asked()[1], "t1_next");
    assert_eq!(server.offered(1), ["shardlink.v1.bin", "t1_next"]);
    server.lets_in(1);
    let reconnecting = r#"{"state":"reconnecting","code":1012,"reason":"The server restarts. Resume."}"#;
    assert_eq!(states(&status), [reconnecting, r#"{"state":"connected"}"#]);
    client.send_position_update(0.5, 0.0, 0.0, Some(0.0), Some(0.0), Some(0.0)).unwrap();
    pause(60).await;
    assert!(matches!(server.received(1)[0].message, ClientMessage::OwnMove(_)));
}

#[wasm_bindgen_test]
async fn a_sign_in_elsewhere_is_final() {
    let server = Server::start();
    let client = in_world(&server).await;
    let status = hear(&client, "status");
    server.ends(0, 4002, "");
    assert_eq!(states(&status), [r#"{"state":"closed","code":4002,"reason":"Signed in elsewhere."}"#]);
    assert_eq!(client.ended(), 1);
    pause(700).await;
    assert_eq!((server.sockets(), client.asked().len()), (1, 0));
}

#[wasm_bindgen_test]
async fn who_leaves_while_the_socket_is_being_opened_does_not_enter() {
    let server = Server::start();
    let client = Player::new();
    let entering = client.enter("t1_first").unwrap();
    client.leave();
    assert_eq!(code(entering).await, "NOT_CONNECTED");
    // And who enters again is not in the way of itself.
    let (first, second) = (client.enter("t1_second").unwrap(), client.enter("t1_third").unwrap());
    assert_eq!(code(first).await, "NOT_CONNECTED");
    server.lets_in(2);
    assert_eq!(text(&JsFuture::from(second).await.unwrap(), "name"), "Aria");
}

#[wasm_bindgen_test]
async fn noise_from_the_server_is_passed_over() {
    let server = Server::start();
    let client = in_world(&server).await;
    let chats = hear(&client, "chat");
    for noise in [vec![], vec![0, 1, 2], vec![255; 40], vec![3, 25, 0, 1]] {
        server.sends_raw(0, &Uint8Array::from(noise.as_slice()));
    }
    server.sends_raw(0, &"pong".into());
    server.sends_raw(0, &"{}".into());
    server.sends(0, None, &snapshot());
    server.sends(0, None, &chat("still here"));
    assert_eq!(chats.borrow().len(), 1);
}

#[wasm_bindgen_test]
async fn a_client_that_is_freed_says_goodbye() {
    let server = Server::start();
    let client = in_world(&server).await;
    drop(client);
    assert_eq!(server.was_closed_with(0), Some(1000));
    assert!(!server.is_heard(0));
    pause(20).await;
}
