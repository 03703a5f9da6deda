//! The server that the tests play; see `fake.js`.

use js_sys::{Array, Function, Promise, Uint8Array};
use shardlink_client::browser::{exports::RawClient, perform::Host};
use shardlink_shared::{
    codec::{self, Encoded, Encoding, Incoming},
    entropy::Seeded,
    ids::CharacterId,
    protocol::{
        ClientMessage, Envelope, RequestId, ServerMessage, Timestamp,
        account::AuthResponse,
        bounded::List,
        chat::{Channel, Chat},
        movement::{LocationUpdate, PlayerHere},
    },
    rules::character::roll_stats,
    sheet::Sheet,
    text::{CharacterName, Draft},
    time::Millis,
    vector::Vec3,
    world::{Class, Faction, NEXUS, Race},
};
use std::ops::Deref;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(module = "/tests/browser/fake.js")]
extern "C" {
    #[derive(Clone)]
    type FakeHost;
    #[wasm_bindgen(constructor)]
    fn new() -> FakeHost;
    #[wasm_bindgen(method)]
    fn hear(this: &FakeHost, event: &str, handler: &Function);
    #[wasm_bindgen(method, getter)]
    fn asked(this: &FakeHost) -> Vec<u32>;
    #[wasm_bindgen(method, getter)]
    fn ended(this: &FakeHost) -> u32;

    fn install();
    fn uninstall();
    fn opened() -> u32;
    fn protocols(index: u32) -> Array;
    fn sent(index: u32) -> Array;
    #[wasm_bindgen(js_name = closedWith)]
    fn closed_with(index: u32) -> Option<u16>;
    fn open(index: u32);
    fn deliver(index: u32, data: &JsValue);
    fn end(index: u32, code: u16, reason: &str);
    fn heard(index: u32) -> bool;
    fn sleep(milliseconds: u32) -> Promise;
}

/// The socket's address in these tests: nobody listens there.
const URL: &str = "ws://shardlink.test/ws";

pub const NOW: Millis = Millis(1_732_300_000_050);

/// A client, and who holds it in the facade's place.
pub struct Player {
    raw: RawClient,
    host: FakeHost,
}

impl Player {
    pub fn new() -> Self {
        let host = FakeHost::new();
        Self { raw: RawClient::new(URL.to_owned(), 100, host.clone().unchecked_into::<Host>()), host }
    }

    pub fn on(&self, event: &str, handler: &Function) {
        self.host.hear(event, handler);
        self.raw.hear_frames(event == "position_frame");
    }

    /// The attempts in which it has asked for a ticket.
    pub fn asked(&self) -> Vec<u32> {
        self.host.asked()
    }

    /// How many times it was told that its session has ended.
    pub fn ended(&self) -> u32 {
        self.host.ended()
    }
}

impl Deref for Player {
    type Target = RawClient;

    fn deref(&self) -> &RawClient {
        &self.raw
    }
}

/// Installed until it is dropped.
pub struct Server;

impl Server {
    pub fn start() -> Self {
        install();
        Self
    }

    pub fn sockets(&self) -> u32 {
        opened()
    }

    pub fn offered(&self, socket: u32) -> Vec<String> {
        strings(&protocols(socket))
    }

    /// The binary messages that came over a socket.
    pub fn received(&self, socket: u32) -> Vec<Incoming<ClientMessage>> {
        let frames =
            sent(socket).into_iter().filter_map(|frame| frame.dyn_into::<Uint8Array>().ok().map(|a| a.to_vec()));
        let frames = frames.map(Encoded::Binary);
        frames
            .flat_map(|frame| codec::decode(frame.as_frame(), 16_384).map(Result::unwrap).collect::<Vec<_>>())
            .collect()
    }

    pub fn sends(&self, socket: u32, reply_to: Option<u32>, message: &ServerMessage) {
        let envelope = Envelope::answering(reply_to.map(RequestId::Number), NOW);
        match codec::encode(Encoding::Binary, &envelope, message) {
            Encoded::Binary(bytes) => deliver(socket, &Uint8Array::from(bytes.as_slice())),
            Encoded::Text(text) => deliver(socket, &text.into()),
        }
    }

    pub fn sends_raw(&self, socket: u32, data: &JsValue) {
        deliver(socket, data);
    }

    /// Opens the socket and puts the character into the Nexus.
    pub fn lets_in(&self, socket: u32) {
        open(socket);
        self.sends(socket, None, &auth_response());
        self.sends(socket, None, &snapshot());
    }

    pub fn ends(&self, socket: u32, code: u16, reason: &str) {
        end(socket, code, reason);
    }

    pub fn was_closed_with(&self, socket: u32) -> Option<u16> {
        closed_with(socket)
    }

    pub fn is_heard(&self, socket: u32) -> bool {
        heard(socket)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        uninstall();
    }
}

fn strings(array: &Array) -> Vec<String> {
    array.iter().map(|value| value.as_string().unwrap_or_default()).collect()
}

pub async fn pause(milliseconds: u32) {
    JsFuture::from(sleep(milliseconds)).await.unwrap();
}

pub fn character(id: u64) -> CharacterId {
    CharacterId::new(id).unwrap()
}

pub fn name(text: &str) -> CharacterName {
    CharacterName::parse(text).unwrap()
}

pub fn sheet() -> Sheet {
    let stats = roll_stats(Race::Elf, Class::Ranger, &mut Seeded::new(5));
    Sheet::new(character(1 << 40), name("Aria"), Race::Elf, Class::Ranger, Faction::MoonlitCircle, stats, NOW)
}

pub fn auth_response() -> ServerMessage {
    ServerMessage::AuthResponse(AuthResponse {
        success: true,
        session_token: None,
        player_id: None,
        message: None,
        server_time: Timestamp(NOW),
        character: Some(Box::new(sheet())),
        resume_token: None,
        protocol: None,
    })
}

pub fn snapshot() -> ServerMessage {
    ServerMessage::LocationUpdate(LocationUpdate {
        location_id: NEXUS,
        players: List::of([PlayerHere {
            character_id: character(8),
            character_name: name("Bran"),
            position: Vec3::from_metres(5.0, -2.5, 0.0).unwrap(),
            faction: Faction::GoldenOrder,
            level: 3,
            slot: 0,
        }]),
    })
}

pub fn chat(content: &str) -> ServerMessage {
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
