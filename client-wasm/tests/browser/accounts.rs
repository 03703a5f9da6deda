//! The accounts of the server that the tests play: SCRAM's real other side.

use serde_json::{Value, json};
use shardlink_shared::{
    crypto::{
        password::{SaltedPassword, Verifier, made_up_salt},
        scram::{ClientFirst, verify},
    },
    entropy::{self, Seeded},
    text::UserName,
};
use std::collections::BTreeMap;

/// `hashlib.pbkdf2_hmac("sha256", b"secret", bytes([7] * 16), 600_000)` in Python.
const SECRET: SaltedPassword = SaltedPassword([
    0x6d, 0xe7, 0xbe, 0xde, 0xb6, 0x82, 0x8b, 0x54, 0x65, 0xbc, 0x8a, 0x51, 0x64, 0x80, 0x13, 0xad, 0x2d, 0xb9, 0x31,
    0x33, 0xd1, 0x5a, 0x65, 0x84, 0x57, 0xa7, 0xae, 0x2e, 0xff, 0x75, 0xe2, 0xa9,
]);

/// A status and a body.
pub type Reply = (u16, String);

pub struct Accounts {
    known: BTreeMap<String, (UserName, Verifier)>,
    begun: BTreeMap<String, (ClientFirst, String)>,
    entropy: Seeded,
    /// What it asks for instead of what an account was made with.
    pub iterations: Option<u32>,
    /// It knows no server keys.
    pub lies: bool,
}

impl Accounts {
    /// Knows aria, whose password is "secret".
    pub fn new() -> Self {
        let aria = (UserName::parse("aria").unwrap(), SECRET.verifier([7; 16], 600_000));
        let known = BTreeMap::from([("aria".to_owned(), aria)]);
        Self { known, begun: BTreeMap::new(), entropy: Seeded::new(1), iterations: None, lies: false }
    }

    pub fn register(&mut self, body: &Value) -> Reply {
        let username = UserName::parse(text(body, "username")).unwrap();
        let key = username.key();
        if self.known.contains_key(&key) {
            let errors = json!([{ "field": "username", "message": "taken" }]);
            return refusal(409, "NAME_TAKEN", &json!({ "detail": "This name is taken.", "errors": errors }));
        }
        assert_eq!(body["iterations"], 600_000);
        let verifier = Verifier {
            salt: bytes(body, "salt"),
            iterations: 600_000,
            stored_key: bytes(body, "stored_key"),
            server_key: bytes(body, "server_key"),
        };
        self.known.insert(key, (username, verifier));
        (201, json!({ "success": true, "message": "Welcome.", "player_id": self.known.len() }).to_string())
    }

    pub fn start(&mut self, body: &Value) -> Reply {
        let first = ClientFirst::parse(text(body, "client_first")).unwrap();
        let key = first.username.key();
        let salt = self.known.get(&key).map_or_else(|| made_up_salt(b"secret", &key), |(_, known)| known.salt);
        let nonce = entropy::bytes(&mut self.entropy);
        let answer = first.answer(nonce, &salt, self.iterations.unwrap_or(600_000));
        let id = format!("h1_{}", self.begun.len());
        self.begun.insert(id.clone(), (first, answer.clone()));
        (200, json!({ "handshake_id": id, "server_first": answer }).to_string())
    }

    pub fn finish(&mut self, body: &Value) -> Reply {
        let (first, answer) = self.begun.remove(text(body, "handshake_id")).unwrap();
        let account = self.known.get(&first.username.key());
        let proven = account.and_then(|(username, verifier)| {
            let mut verifier = verifier.clone();
            if self.lies {
                verifier.server_key = [0; 32];
            }
            let server_final = verify(&verifier, &first.bare, &answer, text(body, "client_final")).ok()?;
            Some((username, server_final))
        });
        let Some((username, server_final)) = proven else {
            let detail = "The user name or the password is wrong.";
            return refusal(401, "BAD_CREDENTIALS", &json!({ "detail": detail }));
        };
        let body = json!({
            "server_final": server_final, "success": true, "session_token": "s1_abc", "player_id": 7,
            "username": username, "message": "Welcome.", "expires_at": "2026-11-23T03:18:00.000Z",
        });
        (200, body.to_string())
    }
}

fn refusal(status: u16, code: &str, more: &Value) -> Reply {
    let mut body = json!({ "type": "about:blank", "status": status, "code": code, "success": false });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    (status, body.to_string())
}

fn text<'a>(body: &'a Value, field: &str) -> &'a str {
    body[field].as_str().unwrap()
}

fn bytes<const N: usize>(body: &Value, field: &str) -> [u8; N] {
    let decoded = web_sys::window().unwrap().atob(text(body, field)).unwrap();
    decoded.chars().map(|c| c as u8).collect::<Vec<_>>().try_into().unwrap()
}
