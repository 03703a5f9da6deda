//! The client in a real browser, against a server that is played here.
#![cfg(target_arch = "wasm32")]
// What clippy.toml allows in tests, it allows in those of `#[test]` only.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod accounts;
mod fake;
mod social;

use fake::{Server, URL, character, chat, pause, snapshot, token};
use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use shardlink_client::browser::{
    exports::{RawClient, canon},
    storage::{Kept, Place},
    stretch::{by_crate, by_web_crypto, stretch},
};
use shardlink_shared::{
    codec::{self, Encoded, Encoding, snapshot::Entries},
    crypto::scram::Challenge,
    protocol::{
        ClientMessage, Envelope, ServerMessage,
        movement::{OwnMove, PlayerJoinedArea, PlayerLeftArea, PositionCorrection, PositionFrame},
        trade::TradeUpdate,
    },
    rules::interest,
    text::Password,
    time::{FrameTime, Millis},
    vector::Vec3,
    world::NEXUS,
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
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
fn ask(client: &RawClient, name: &str, fields: &str) -> Result<Promise, JsValue> {
    client.request(name, &JSON::parse(fields).unwrap())
}

fn say(client: &RawClient, content: &str, channel: &str) -> Result<Promise, JsValue> {
    ask(client, "chat", &format!(r#"{{"content":"{content}","channel":"{channel}"}}"#))
}

fn thrown(result: Result<impl Sized, JsValue>) -> String {
    result.err().map_or_else(|| "nothing thrown".to_owned(), |error| text(&error, "code"))
}

/// Hears the events of a type, for as long as the client lives.
fn hear(client: &RawClient, event: &str) -> Rc<RefCell<Vec<JsValue>>> {
    let heard = Rc::new(RefCell::new(Vec::new()));
    let handler = Closure::<dyn Fn(JsValue)>::new({
        let heard = Rc::clone(&heard);
        move |message| heard.borrow_mut().push(message)
    });
    client.on(event.to_owned(), handler.into_js_value().unchecked_into());
    heard
}

fn states(heard: &RefCell<Vec<JsValue>>) -> Vec<String> {
    heard.borrow().iter().map(json).collect()
}

/// A client whose character stands in the Nexus, on the server's first socket.
async fn in_world(server: &Server) -> RawClient {
    server.is_friendly();
    let client = RawClient::new(URL, "none", None).unwrap();
    enter(&client, server).await;
    client
}

async fn enter(client: &RawClient, server: &Server) {
    JsFuture::from(client.connect("aria".into(), "secret".into())).await.unwrap();
    let selected = client.select_character(5.0);
    server.wait_for_sockets(1).await;
    server.lets_in(0);
    let character = JsFuture::from(selected).await.unwrap();
    assert_eq!((text(&character, "name"), text(&character, "class")), ("Aria".to_owned(), "Ranger".to_owned()));
}

fn clear_storage() {
    let window = web_sys::window().unwrap();
    window.local_storage().unwrap().unwrap().clear().unwrap();
    window.session_storage().unwrap().unwrap().clear().unwrap();
}

#[wasm_bindgen_test]
fn the_canon_is_complete_and_needs_no_server() {
    let canon = canon().unwrap();
    for (key, length) in [("factions", 6), ("races", 6), ("classes", 6), ("locations", 12), ("shards", 12)] {
        assert_eq!(Array::from(&get(&canon, key)).length(), length, "{key}");
    }
    assert_eq!(
        json(&get(&canon, "locations.1")),
        r#"{"id":2,"name":"Ember Volcano","zone":"dungeon","safe":false,"danger":8,"connections":[1]}"#
    );
    assert_eq!(json(&get(&canon, "bounds")), r#"{"min":-500,"max":500}"#);
    assert_eq!(json(&get(&canon, "factions.0")), r#"{"name":"Crimson Covenant"}"#);
    assert_eq!(
        json(&get(&canon, "shards.11")),
        r#"{"number":12,"name":"Entropy Engine","influence":"Chaos and Randomness","guardian":"Chaoticus the Random","location_id":2}"#
    );
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
fn a_token_is_kept_where_it_was_asked_for_and_forgotten_by_its_owner_alone() {
    clear_storage();
    let kept = |place, key: &str| Kept::new(place, key.to_owned());
    for place in [Place::Local, Place::Session] {
        let mine = kept(place, "a");
        mine.write(&token("s1_mine"));
        assert_eq!(kept(place, "a").read(), Some(token("s1_mine")));
        assert_eq!(kept(place, "b").read(), None);
        // Another tab signs in: my end is not its end.
        kept(place, "a").write(&token("s1_theirs"));
        mine.forget(&token("s1_mine"));
        assert_eq!(mine.read(), Some(token("s1_theirs")));
        mine.forget(&token("s1_theirs"));
        assert_eq!(mine.read(), None);
    }
    let nowhere = kept(Place::Nowhere, "a");
    nowhere.write(&token("s1_mine"));
    assert_eq!(nowhere.read(), None);
    // What somebody else wrote there must not reach a header.
    web_sys::window().unwrap().local_storage().unwrap().unwrap().set_item("a", "x\r\nEvil: 1").unwrap();
    assert_eq!(kept(Place::Local, "a").read(), None);
    clear_storage();
}

#[wasm_bindgen_test]
async fn a_server_that_is_not_there_is_unreachable() {
    let client = RawClient::new("http://127.0.0.1:9", "none", None).unwrap();
    assert_eq!(code(client.connect("aria".into(), "secret".into())).await, "UNREACHABLE");
    assert_eq!(code(client.get_world_state()).await, "UNREACHABLE");
}

#[wasm_bindgen_test]
async fn a_socket_that_cannot_be_opened_is_unreachable() {
    let server = Server::start();
    server.is_friendly();
    let client = RawClient::new(URL, "none", None).unwrap();
    let status = hear(&client, "status");
    JsFuture::from(client.connect("aria".into(), "secret".into())).await.unwrap();
    let selected = client.select_character(5.0);
    server.wait_for_sockets(1).await;
    server.ends(0, 1006, "");
    assert_eq!(code(selected).await, "UNREACHABLE");
    assert_eq!(states(&status), [r#"{"state":"connecting"}"#, r#"{"state":"closed","code":1006}"#]);
}

#[wasm_bindgen_test]
async fn what_cannot_be_asked_is_refused_here() {
    assert_eq!(thrown(RawClient::new("nonsense", "local", None)), "INVALID_FIELD");
    assert_eq!(thrown(RawClient::new(URL, "cloud", None)), "INVALID_FIELD");
    for delay in [-1.0, 1_001.0, f64::NAN] {
        assert_eq!(thrown(RawClient::new(URL, "none", Some(delay))), "INVALID_FIELD");
    }
    let server = Server::start();
    server.is_friendly();
    let client = RawClient::new(URL, "none", None).unwrap();
    for (username, password, field) in
        [("a b", "secret", "username"), ("ab", "secret", "username"), ("aria", "short", "password")]
    {
        for promise in
            [client.connect(username.into(), password.into()), client.register(username.into(), password.into())]
        {
            let error = JsFuture::from(promise).await.unwrap_err();
            assert_eq!((text(&error, "code"), text(&error, "field")), ("INVALID_FIELD".to_owned(), field.to_owned()));
        }
    }
    assert_eq!(code(client.get_characters()).await, "UNAUTHENTICATED");
    assert_eq!(code(client.select_character(5.0)).await, "UNAUTHENTICATED");
    for id in [0.0, -1.0, 1.5, f64::NAN, 1e300] {
        assert_eq!(code(client.delete_character(id)).await, "INVALID_FIELD");
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
    assert_eq!(client.nearby_motions()[1..], [0.0]);
    assert_eq!(json(&client.nearby_roster().unwrap()), "[]");
    assert_eq!((client.latency(), client.server_time()), (None, None));
    assert!(server.asked().is_empty());
}

#[wasm_bindgen_test]
async fn a_refusal_carries_its_code_sentence_field_and_wait() {
    let server = Server::start();
    server.is_friendly();
    server.refuses("POST /api/auth/scram/start", 429, r#"{"code":"RATE_LIMITED","detail":"Wait."}"#, "30");
    let client = RawClient::new(URL, "none", None).unwrap();
    let error = JsFuture::from(client.register("aria".into(), "secret".into())).await.unwrap_err();
    assert!(error.is_instance_of::<js_sys::Error>());
    assert_eq!((text(&error, "code"), text(&error, "field")), ("NAME_TAKEN".to_owned(), "username".to_owned()));
    assert_eq!(text(&error, "message"), "This name is taken.");
    let error = JsFuture::from(client.connect("aria".into(), "secret".into())).await.unwrap_err();
    assert_eq!((text(&error, "code"), number(&error, "retryAfter")), ("RATE_LIMITED".to_owned(), 30.0));
}

#[wasm_bindgen_test]
async fn web_crypto_and_the_crate_stretch_a_password_to_the_same_bytes() {
    let server = Server::start();
    let challenge = Challenge { salt: *b"salt of 16 bytes", iterations: 20_000 };
    let mut seen = Vec::new();
    for password in ["secret", "pässwörd \u{1F511}", &"x".repeat(64), &"x".repeat(65), &"x".repeat(256)] {
        let password = Password::parse(password).unwrap();
        let native = by_web_crypto(&password, challenge).await.unwrap();
        assert_eq!(native.0, by_crate(&password, challenge).await.0);
        seen.push(native.0);
    }
    seen.dedup();
    assert_eq!(seen.len(), 5);

    server.hides_web_crypto();
    let password = Password::parse("secret").unwrap();
    assert!(by_web_crypto(&password, challenge).await.is_none());
    assert_eq!(stretch(&password, challenge).await.0, seen[0]);
    drop(server);
    assert!(by_web_crypto(&password, challenge).await.is_some());
}

#[wasm_bindgen_test]
async fn the_page_goes_on_while_the_crate_stretches() {
    let turns = Rc::new(Cell::new(0));
    spawn_local({
        let turns = Rc::downgrade(&turns);
        async move {
            while let Some(turns) = turns.upgrade() {
                turns.set(turns.get() + 1);
                drop(turns);
                pause(0).await;
            }
        }
    });
    let challenge = Challenge { salt: [1; 16], iterations: 60_000 };
    by_crate(&Password::parse("secret").unwrap(), challenge).await;
    assert!(turns.get() >= 4, "{}", turns.get());
}

#[wasm_bindgen_test]
async fn who_signed_up_can_sign_in_and_the_password_never_travels() {
    let server = Server::start();
    server.is_friendly();
    let client = RawClient::new(URL, "none", None).unwrap();
    let registered = JsFuture::from(client.register("Bran".into(), "correct horse".into())).await.unwrap();
    assert_eq!(json(&registered), r#"{"playerId":2}"#);
    let session = JsFuture::from(client.connect("bran".into(), "correct horse".into())).await.unwrap();
    assert_eq!(json(&session), r#"{"username":"Bran","playerId":7,"characterId":null}"#);
    assert_eq!(code(client.connect("bran".into(), "battery staple".into())).await, "BAD_CREDENTIALS");
    assert_eq!(code(client.connect("nobody".into(), "correct horse".into())).await, "BAD_CREDENTIALS");
    let asked = server.asked();
    let paths: Vec<&str> = asked.iter().map(|asked| asked.split(' ').nth(1).unwrap()).collect();
    let exchange = ["/api/auth/scram/start", "/api/auth/scram/finish"];
    assert_eq!(paths, [&["/api/auth/scram/register"], &exchange[..], &exchange, &exchange].concat());
    for asked in asked {
        assert!(!asked.contains("horse") && !asked.contains("staple"), "{asked}");
    }
}

#[wasm_bindgen_test]
async fn a_server_that_cannot_prove_itself_gets_no_session() {
    clear_storage();
    let server = Server::start();
    server.is_friendly();
    server.accounts.borrow_mut().lies = true;
    let client = RawClient::new(URL, "local", None).unwrap();
    assert_eq!(code(client.connect("aria".into(), "secret".into())).await, "BAD_SERVER_PROOF");
    assert_eq!(code(client.get_characters()).await, "UNAUTHENTICATED");
    assert_eq!(web_sys::window().unwrap().local_storage().unwrap().unwrap().length().unwrap(), 0);
    pause(20).await;
    assert_eq!(server.asked().last().unwrap(), "POST /api/auth/logout Bearer s1_abc ");
}

#[wasm_bindgen_test]
async fn a_server_that_asks_for_too_little_stretching_learns_nothing() {
    let server = Server::start();
    server.is_friendly();
    server.accounts.borrow_mut().iterations = Some(599_999);
    let client = RawClient::new(URL, "none", None).unwrap();
    assert_eq!(code(client.connect("aria".into(), "secret".into())).await, "WEAK_SERVER");
    assert_eq!(server.asked().len(), 1);
}

#[wasm_bindgen_test]
async fn a_session_survives_a_reload_until_the_server_has_ended_it() {
    clear_storage();
    let server = Server::start();
    server.is_friendly();
    let first = RawClient::new(URL, "local", None).unwrap();
    let session = JsFuture::from(first.connect("aria".into(), "secret".into())).await.unwrap();
    assert_eq!(json(&session), r#"{"username":"aria","playerId":7,"characterId":null}"#);
    drop(first);

    let reloaded = RawClient::new(URL, "local", None).unwrap();
    assert_eq!(code(reloaded.restore()).await, "UNREACHABLE");
    server.answers(
        "GET /api/auth/session",
        200,
        r#"{"success":true,"username":"aria","player_id":7,"character_id":5}"#,
    );
    let session = JsFuture::from(reloaded.restore()).await.unwrap();
    assert_eq!(json(&session), r#"{"username":"aria","playerId":7,"characterId":5}"#);
    assert_eq!(server.asked().last().unwrap(), "GET /api/auth/session Bearer s1_abc ");
    // Another server's client has no part in it.
    assert!(
        JsFuture::from(RawClient::new("http://other.test", "local", None).unwrap().restore())
            .await
            .unwrap()
            .is_null()
    );

    server.answers("GET /api/auth/session", 401, r#"{"code":"SESSION_EXPIRED"}"#);
    assert!(JsFuture::from(reloaded.restore()).await.unwrap().is_null());
    let asked = server.asked().len();
    assert!(JsFuture::from(RawClient::new(URL, "local", None).unwrap().restore()).await.unwrap().is_null());
    assert_eq!(server.asked().len(), asked);
}

#[wasm_bindgen_test]
async fn signing_out_ends_the_session_here_and_there() {
    clear_storage();
    let server = Server::start();
    server.is_friendly();
    let client = RawClient::new(URL, "local", None).unwrap();
    enter(&client, &server).await;
    JsFuture::from(client.disconnect()).await.unwrap();
    assert!(server.asked().last().unwrap().starts_with("POST /api/auth/logout Bearer s1_abc"));
    assert_eq!(server.was_closed_with(0), Some(1000));
    assert!(matches!(server.received(0)[0].message, ClientMessage::Disconnect(_)));
    assert!(JsFuture::from(RawClient::new(URL, "local", None).unwrap().restore()).await.unwrap().is_null());
    assert_eq!(code(client.get_characters()).await, "UNAUTHENTICATED");
}

#[wasm_bindgen_test]
async fn a_character_enters_sees_and_is_told() {
    let server = Server::start();
    server.is_friendly();
    let client = RawClient::new(URL, "none", None).unwrap();
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
    let motions = client.nearby_motions();
    assert_eq!(motions[1..8], [1.0, 5.0, -2.5, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(motions.len(), 9);
    server.sends(
        0,
        None,
        &ServerMessage::PlayerLeftArea(PlayerLeftArea { character_id: fake::character(8), location_id: NEXUS }),
    );
    assert_eq!(json(&client.nearby_roster().unwrap()), "[]");
    assert!(client.nearby_motions()[0] != motions[0]);
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
    let (first, begun) = (client.nearby_motions(), performance_now());
    pause(200).await;
    let (then, walked) = (client.nearby_motions(), performance_now() - begun);
    assert!(first[2] >= 6.0 && first[5] == 6.0, "{first:?}");
    // It takes the time of the page's clock, in whole milliseconds.
    assert!((then[2] - first[2] - 0.006 * walked).abs() < 0.02, "{first:?} to {then:?} in {walked} ms");

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
        assert_eq!(client.nearby_motions().len(), 2 + 7 * 200);
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
async fn a_chat_is_answered_by_its_own_copy_and_a_ping_by_a_time() {
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
    pause(20).await;
    let request = server.received(0).remove(1).envelope.message_id.unwrap().as_number();
    server.sends(0, request, &ServerMessage::Pong(Default::default()));
    let milliseconds = JsFuture::from(ping).await.unwrap().as_f64().unwrap();
    assert!((15.0..1_000.0).contains(&milliseconds), "{milliseconds}");
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
async fn a_handler_that_throws_keeps_nobody_from_hearing() {
    let server = Server::start();
    let client = in_world(&server).await;
    client.on("chat".into(), Function::new_no_args("throw new Error('a bug of the game')"));
    let chats = hear(&client, "chat");
    server.sends(0, None, &chat("one"));
    server.sends(0, None, &chat("two"));
    assert_eq!(chats.borrow().len(), 2);
    assert_eq!(server.reported(), ["a bug of the game", "a bug of the game"]);
}

#[wasm_bindgen_test]
async fn who_has_unsubscribed_hears_nothing_more() {
    let server = Server::start();
    let client = Rc::new(in_world(&server).await);
    let count = Rc::new(RefCell::new(0));
    let counting = || -> Function {
        let count = Rc::clone(&count);
        Closure::<dyn Fn()>::new(move || *count.borrow_mut() += 1).into_js_value().unchecked_into()
    };
    let first = client.on("chat".into(), counting());
    let later = Rc::new(RefCell::new(0));
    // A handler may end another's subscription, and its own, while it is called.
    let ending = Closure::<dyn Fn()>::new({
        let (client, later) = (Rc::downgrade(&client), Rc::clone(&later));
        move || client.upgrade().unwrap().off(*later.borrow())
    });
    client.on("chat".into(), ending.into_js_value().unchecked_into());
    *later.borrow_mut() = client.on("chat".into(), counting());
    server.sends(0, None, &chat("one"));
    assert_eq!(*count.borrow(), 1);
    client.off(first);
    client.off(first);
    server.sends(0, None, &chat("two"));
    assert_eq!(*count.borrow(), 1);
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
            client.leave_world();
            assert!(client.own().unwrap().is_null());
        }
    });
    client.on("chat".into(), handler.into_js_value().unchecked_into());
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
    server.wait_for_sockets(2).await;
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
    assert!(JsFuture::from(client.restore()).await.unwrap().is_null());
    pause(700).await;
    assert_eq!(server.sockets(), 1);
}

#[wasm_bindgen_test]
async fn who_leaves_before_the_ticket_came_does_not_enter() {
    let server = Server::start();
    server.is_friendly();
    let client = RawClient::new(URL, "none", None).unwrap();
    JsFuture::from(client.connect("aria".into(), "secret".into())).await.unwrap();
    let selected = client.select_character(5.0);
    client.leave_world();
    assert_eq!(code(selected).await, "NOT_CONNECTED");
    // And who leaves while the socket is being opened learns it too.
    let selected = client.select_character(5.0);
    server.wait_for_sockets(1).await;
    client.leave_world();
    assert_eq!(code(selected).await, "NOT_CONNECTED");
    assert_eq!(server.sockets(), 1);
}

#[wasm_bindgen_test]
async fn noise_from_the_server_is_passed_over() {
    let server = Server::start();
    let client = in_world(&server).await;
    let chats = hear(&client, "chat");
    for noise in [vec![], vec![0, 1, 2], vec![255; 40], vec![3, 25, 0, 1]] {
        server.sends_raw(0, &js_sys::Uint8Array::from(noise.as_slice()));
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
