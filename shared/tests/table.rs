//! The table-driven codec against the typed one: what either reads, writes or refuses, the
//! other does too, over the golden files, made-up messages, and what is damaged of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // Tests, helpers too.

mod support;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json, json};
use shardlink_shared::{
    ErrorCode,
    codec::{
        Encoded, Encoding, Frame,
        binary::read_body,
        decode, encode,
        table::{Nothing, Sink, TakeBody, Value, read, write},
    },
    entropy::{Entropy, Seeded},
    limits::MAX_SERVER_FRAME,
    protocol::{
        Body, ClientMessage, Envelope, MessageSet, MessageType, ServerMessage, account, character, chat, error,
        movement, party,
    },
};
use std::{fmt::Debug, fs, path::PathBuf};
use support::{Named, damage, made_up};

/// Builds JSON of what it is told.
#[derive(Default)]
struct Builder {
    done: Option<Json>,
    open: Vec<(Json, Option<String>)>,
}

impl Builder {
    fn add(&mut self, value: Json) {
        match self.open.last_mut() {
            None => self.done = Some(value),
            Some((Json::Array(items), _)) => items.push(value),
            Some((Json::Object(members), key)) => {
                assert!(members.insert(key.take().expect("a key comes first"), value).is_none());
            }
            other => panic!("{other:?}"),
        }
    }
}

impl Sink for Builder {
    fn null(&mut self) {
        self.add(Json::Null);
    }
    fn boolean(&mut self, value: bool) {
        self.add(value.into());
    }
    fn whole(&mut self, value: u64) {
        self.add(value.into());
    }
    fn number(&mut self, value: f64) {
        self.add(json!(value));
    }
    fn text(&mut self, text: &str) {
        self.add(text.into());
    }
    fn begin_list(&mut self) {
        self.open.push((json!([]), None));
    }
    fn begin_object(&mut self) {
        self.open.push((json!({}), None));
    }
    fn key(&mut self, name: &str) {
        self.open.last_mut().unwrap().1 = Some(name.to_owned());
    }
    fn end(&mut self) {
        let (value, key) = self.open.pop().unwrap();
        assert_eq!(key, None);
        self.add(value);
    }
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => number.as_u64().map_or_else(|| Value::Number(number.as_f64().unwrap()), Value::Whole),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(value).collect()),
        Json::Object(members) => {
            Value::Object(members.iter().map(|(key, member)| (key.clone(), value(member))).collect())
        }
    }
}

/// A message's fields in binary.
fn body<M: MessageSet>(message: &M) -> Vec<u8> {
    let Encoded::Binary(frame) = encode(Encoding::Binary, &Envelope::default(), message) else { panic!() };
    let length = frame.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
    frame[length + 2..].to_vec()
}

/// A message's fields in JSON, with −1 as −1.0: a sink is told no whole numbers below 0.
fn json<M: MessageSet>(message: &M) -> Json {
    fn with_floats(json: Json) -> Json {
        match json {
            Json::Number(number) if number.is_i64() && !number.is_u64() => json!(number.as_f64()),
            Json::Array(items) => items.into_iter().map(with_floats).collect(),
            Json::Object(members) => members.into_iter().map(|(key, member)| (key, with_floats(member))).collect(),
            other => other,
        }
    }
    with_floats(serde_json::to_value(Body(message)).unwrap())
}

/// What the table reads.
fn by_table(row: &MessageType, body: &[u8]) -> Option<Json> {
    let mut builder = Builder::default();
    let read = read(row.fields, body, &mut builder);
    assert_eq!(read, self::read(row.fields, body, &mut Nothing));
    read.map(|()| builder.done.expect("what began has ended"))
}

/// Checks that a struct that can be taken is what serde reads, or refused by both. Gives whether
/// this message has such a struct.
fn taken_alike<M: Named>(row: &MessageType, body: &[u8]) -> bool {
    fn check<T: TakeBody + DeserializeOwned + PartialEq + Debug>(body: &[u8]) -> bool {
        assert_eq!(T::take_body(body), read_body::<T>(body).ok(), "{body:02x?}");
        true
    }
    match (M::FOLDER, row.name) {
        ("server", "auth_response") => check::<account::AuthResponse>(body),
        ("server", "resumed") => check::<account::Resumed>(body),
        ("server", "pace") => check::<account::Pace>(body),
        ("server", "location_update") => check::<movement::LocationUpdate>(body),
        ("server", "position_correction") => check::<movement::PositionCorrection>(body),
        ("server", "position_frame") => check::<movement::PositionFrame>(body),
        ("server", "player_joined_area") => check::<movement::PlayerJoinedArea>(body),
        ("server", "player_left_area") => check::<movement::PlayerLeftArea>(body),
        ("server", "move") => check::<movement::Move>(body),
        ("client", "move") => check::<movement::MoveRequest>(body),
        ("server", "character_update") => check::<character::CharacterUpdate>(body),
        ("server", "error") => check::<error::ErrorMessage>(body),
        ("server", "party_update") => check::<party::PartyUpdate>(body),
        ("server", "party_invite") => check::<party::PartyInvite>(body),
        ("client", "party_accept") => check::<party::PartyReference>(body),
        ("server", "chat") => check::<chat::Chat>(body),
        ("server", "chat_history") => check::<chat::ChatHistory>(body),
        ("server", "mute") => check::<chat::Mute>(body),
        _ => false,
    }
}

fn agree<M: Named>(row: &MessageType, message: &M) {
    let (bytes, json) = (body(message), json(message));
    // Made of the same numbers: what is a float in one is in the other.
    assert_eq!(by_table(row, &bytes).as_ref(), Some(&json), "{}", row.name);
    taken_alike::<M>(row, &bytes);
    if M::FOLDER == "client" {
        let mut written = Vec::new();
        write(row.fields, &value(&json), &mut written).unwrap_or_else(|refusal| panic!("{}: {refusal}", row.name));
        assert_eq!(written, bytes, "{}: {json}", row.name);
    }
}

fn golden<M: Named>(row: &MessageType) -> M {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(M::FOLDER);
    let text = fs::read_to_string(folder.join(format!("{}.json", row.name))).unwrap();
    decode::<M>(Frame::Text(text.trim_end()), MAX_SERVER_FRAME).next().unwrap().unwrap().message
}

#[test]
fn every_golden_and_every_made_up_message_is_read_and_written_alike() {
    fn check<M: Named>() {
        for row in M::TYPES {
            agree::<M>(row, &golden(row));
            (0..100).for_each(|seed| agree::<M>(row, &made_up(row.tag, seed)));
        }
    }
    check::<ClientMessage>();
    check::<ServerMessage>();
}

#[test]
fn what_a_browser_thinks_about_is_among_the_messages() {
    fn count<M: Named>() -> usize {
        M::TYPES.iter().filter(|row| taken_alike::<M>(row, &body(&golden::<M>(row)))).count()
    }
    assert_eq!((count::<ClientMessage>(), count::<ServerMessage>()), (2, 16));
}

#[test]
fn what_is_damaged_in_binary_is_refused_or_read_alike() {
    fn check<M: Named>(entropy: &mut Seeded) -> [u32; 2] {
        let mut counts = [0; 2];
        for row in M::TYPES {
            for seed in 0..40 {
                let intact = body::<M>(&made_up(row.tag, seed));
                for end in 0..intact.len() {
                    compare::<M>(row, &intact[..end], &mut counts);
                }
                for _ in 0..40 {
                    let mut bytes = intact.clone();
                    damage(&mut bytes, entropy);
                    compare::<M>(row, &bytes, &mut counts);
                }
            }
        }
        counts
    }
    fn compare<M: Named>(row: &MessageType, bytes: &[u8], counts: &mut [u32; 2]) {
        let typed = M::from_binary(row.tag, bytes).unwrap();
        counts[usize::from(typed.is_ok())] += 1;
        assert_eq!(by_table(row, bytes), typed.ok().as_ref().map(json), "{} {bytes:02x?}", row.name);
        taken_alike::<M>(row, bytes);
    }
    let mut entropy = Seeded::new(0xda3a);
    for [refused, read] in [check::<ClientMessage>(&mut entropy), check::<ServerMessage>(&mut entropy)] {
        assert!(refused > 10_000 && read > 10_000, "{refused} refused, {read} read");
    }
}

/// What is put in place of a value.
fn wrong(entropy: &mut Seeded) -> Json {
    let long = "x".repeat(entropy.below(3_000) as usize);
    let all = [
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(-1),
        json!(7.0),
        json!(1.5),
        json!(255),
        json!(256),
        json!(65_536),
        json!(4_294_967_296_u64),
        json!(9_007_199_254_740_991_u64),
        json!(9_007_199_254_740_992_u64),
        json!(1e300),
        json!("x"),
        json!("Crimson covenant"),
        json!("two  spaces"),
        json!(long),
        json!(" \u{202e}hidden\n "),
        json!([]),
        json!([1, 2]),
        json!({}),
        json!({ "x": 1, "y": -2.5 }),
    ];
    all[entropy.below(all.len() as u32) as usize].clone()
}

/// Changes one member of an object, at any depth.
fn change(json: &mut Json, entropy: &mut Seeded) {
    match json {
        Json::Object(members) if !members.is_empty() => {
            let index = entropy.below(members.len() as u32) as usize;
            let key = members.keys().nth(index).unwrap().clone();
            match entropy.below(4) {
                0 => drop(members.remove(&key)),
                1 => drop(members.insert(key, wrong(entropy))),
                2 => drop(members.insert("unknown".to_owned(), wrong(entropy))),
                _ => change(&mut members[&key], entropy),
            }
        }
        Json::Array(items) if !items.is_empty() => {
            let index = entropy.below(items.len() as u32) as usize;
            if entropy.below(3) == 0 {
                *items = std::iter::repeat_n(items[index].clone(), entropy.below(30) as usize).collect();
            } else {
                change(&mut items[index], entropy);
            }
        }
        other => *other = wrong(entropy),
    }
}

#[test]
fn what_is_wrong_in_json_is_refused_with_the_same_field_and_sentence_or_written_alike() {
    let mut entropy = Seeded::new(0xbad);
    let mut counts = [0; 2];
    for row in ClientMessage::TYPES {
        for seed in 0..400 {
            let mut json = json::<ClientMessage>(&made_up(row.tag, seed));
            change(&mut json, &mut entropy);
            let typed = ClientMessage::from_json(row.name, &json.to_string()).unwrap();
            let mut written = Vec::new();
            let by_table = write(row.fields, &value(&json), &mut written);
            counts[usize::from(typed.is_ok())] += 1;
            match (typed, by_table) {
                (Ok(message), Ok(())) => assert_eq!(written, body(&message), "{} {json}", row.name),
                (Err(typed), Err(by_table)) => {
                    assert_eq!((typed.code, &typed.field), (by_table.code, &by_table.field), "{} {json}", row.name);
                    // Of a number from 1 serde says that it is "a nonzero u32".
                    if typed.field.is_some() && !typed.sentence().contains("nonzero") {
                        assert_eq!(typed.sentence(), by_table.sentence(), "{} {json}", row.name);
                    }
                }
                (typed, by_table) => panic!("{}: {typed:?} and {by_table:?} of {json}", row.name),
            }
        }
    }
    let [refused, read] = counts;
    assert!(refused > 2_000 && read > 2_000, "{refused} refused, {read} read");
}

#[test]
fn what_is_no_object_is_refused_and_what_only_servers_send_is_not_written() {
    let fields = |name: &str| ClientMessage::type_of_name(name).unwrap().fields;
    for wrong in [Value::Null, Value::List(Vec::new()), Value::Text("ping".to_owned())] {
        let refusal = write(fields("mute"), &wrong, &mut Vec::new()).unwrap_err();
        assert_eq!((refusal.code, refusal.sentence()), (ErrorCode::Malformed, "A message is an object."));
    }
    write(fields("ping"), &Value::Object(Vec::new()), &mut Vec::new()).unwrap();
    let frame: ServerMessage = golden(ServerMessage::type_of_name("position_frame").unwrap());
    let Json::Object(members) = json(&frame) else { panic!() };
    let members: Map<String, Json> = members;
    let refusal = write(frame.message_type().fields, &value(&Json::Object(members)), &mut Vec::new()).unwrap_err();
    assert_eq!(refusal.field.as_deref(), Some("cell.x"));
}
