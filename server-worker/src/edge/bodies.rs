//! The bodies of REST, in the first generation's words: what a route may take, and
//! what each of them takes and answers, by family.

mod account;
mod admin;
mod canon;
mod characters;
mod parties;
mod problem;
mod realm;
mod scram;

pub use account::{
    ChangePassword, Credentials, DeleteAccount, LoggedIn, Logout, OldPassword, PasswordChanged, Registered,
    SessionInfo,
};
pub use admin::{AdminMute, YEAR};
pub use canon::{Bounds, Canon, CanonFaction, CanonLocation, CanonShard, Known};
pub use characters::{Characters, Created, Select, Selected, TicketBody};
pub use parties::{Invite, PartyBody, PartyFounded, PartyMemberBody};
pub use problem::Problem;
pub use realm::{Event, Events, EventsQuery, Ready, StatusBody};
pub use scram::{ScramFinish, ScramFinished, ScramRegister, ScramStart, ScramStarted};

use serde::{
    Serialize,
    de::{DeserializeOwned, IntoDeserializer, value},
};
use serde_json::{Map, Value};
use shardlink_shared::{
    ErrorCode, Refusal,
    codec::json,
    crypto::scram::MAX_MESSAGE,
    ids::{CharacterId, PartyId},
    protocol::{
        bounded::Text,
        character::CharacterCreate,
        chat::WorldAnnouncement,
        party::{PartyCreate, PartyName, PartyReference},
    },
    text::{CharacterName, Content, Password, UserName},
    world::{Class, Faction, Race},
};
use std::collections::BTreeMap;

/// Where a route's input is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Nowhere: the route takes none, and a body is not read.
    Nowhere,
    /// In a JSON body.
    Json,
    /// In a JSON body that may be left out.
    OptionalJson,
    /// In the address's query.
    Query,
}

/// What a route takes.
pub trait Body: Sized + Schema {
    /// Where it is found.
    const PLACE: Place;

    /// Whether what it asks for may be kept: the answer has an `ETag`, and 304 may stand for it.
    const IS_KEPT: bool = false;

    /// Reads it: the text of the body, or of the query.
    ///
    /// # Errors
    /// MALFORMED, TOO_DEEP, or INVALID_FIELD with the field.
    fn read(text: &str) -> Result<Self, Refusal>;
}

/// What the OpenAPI document describes, where it is made.
#[cfg(feature = "schema")]
pub trait Schema: schemars::JsonSchema {}
#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> Schema for T {}

/// What the OpenAPI document describes, where it is made: nothing here.
#[cfg(not(feature = "schema"))]
pub trait Schema {}
#[cfg(not(feature = "schema"))]
impl<T> Schema for T {}

/// JSON bodies, each with its fields. A body that cannot be read is refused with every field
/// that is at fault, not with the first alone.
macro_rules! json_bodies {
    ($($body:ty { $($field:ident: $type:ty),* $(,)? })*) => {
        $(
            impl Body for $body {
                const PLACE: Place = Place::Json;

                fn read(text: &str) -> Result<Self, Refusal> {
                    // This names all fields with their types: a list that differs from the
                    // struct does not compile.
                    let _ = |body: Self| {
                        let Self { $($field),* } = body;
                        let _: ($($type,)*) = ($($field,)*);
                    };
                    read_object(text, &[$((stringify!($field), wrong::<$type>)),*])
                }
            }
        )*
    };
}

json_bodies! {
    Credentials { username: UserName, password: Password }
    ScramStart { client_first: Text<MAX_MESSAGE> }
    ScramFinish { handshake_id: Text<2048>, client_final: Text<MAX_MESSAGE> }
    ScramRegister {
        username: UserName,
        salt: Text<64>,
        iterations: u32,
        stored_key: Text<64>,
        server_key: Text<64>,
    }
    ChangePassword {
        old_password: Option<Password>,
        new_password: Option<Password>,
        handshake_id: Option<Text<2048>>,
        client_final: Option<Text<MAX_MESSAGE>>,
        salt: Option<Text<64>>,
        iterations: Option<u32>,
        stored_key: Option<Text<64>>,
        server_key: Option<Text<64>>,
    }
    DeleteAccount {
        password: Option<Password>,
        handshake_id: Option<Text<2048>>,
        client_final: Option<Text<MAX_MESSAGE>>,
    }
    Select { character_id: CharacterId }
    CharacterCreate { name: CharacterName, race: Race, class: Class, faction: Faction }
    PartyCreate { party_name: Option<PartyName> }
    PartyReference { party_id: PartyId }
    Invite { party_id: PartyId, invitee_id: CharacterId }
    AdminMute { character_id: CharacterId, muted: bool, seconds: Option<u32> }
    WorldAnnouncement { content: Content, title: Option<Text<128>> }
}

/// Finds what is wrong with a field of an object, if anything is.
type Wrong = fn(&Map<String, Value>, &str) -> Option<Refusal>;

/// Reads an object that has these fields.
fn read_object<T: DeserializeOwned>(text: &str, fields: &[(&str, Wrong)]) -> Result<T, Refusal> {
    json::check_object(text)?;
    json::read(text).map_err(|first| match (first.code, serde_json::from_str(text)) {
        // Only a body that fails is read again, field by field.
        (ErrorCode::InvalidField, Ok(Value::Object(object))) => {
            first.and(fields.iter().filter_map(|(field, wrong)| wrong(&object, field)))
        }
        _ => first,
    })
}

fn wrong<T: DeserializeOwned>(object: &Map<String, Value>, field: &str) -> Option<Refusal> {
    let Some(value) = object.get(field) else {
        // A field that may be null may be left out.
        let is_optional = T::deserialize(().into_deserializer()).map_err(|_: value::Error| ()).is_ok();
        return (!is_optional).then(|| Refusal::field(field, format!("The field {field} is missing.")));
    };
    let alone = Map::from_iter([(field.to_owned(), value.clone())]);
    json::read::<BTreeMap<String, T>>(&Value::Object(alone).to_string()).err()
}

/// Nothing is taken.
#[derive(Debug)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NoBody {}

impl Body for NoBody {
    const PLACE: Place = Place::Nowhere;

    fn read(_: &str) -> Result<Self, Refusal> {
        Ok(Self {})
    }
}

/// That it worked.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct Done {
    pub success: bool,
    pub message: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told<T: Body + std::fmt::Debug>(text: &str) -> Vec<(String, String)> {
        let refusal = T::read(text).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::InvalidField, "{text}");
        refusal.problems().into_iter().map(|problem| (problem.field, problem.message)).collect()
    }

    #[test]
    fn all_fields_that_are_wrong_or_missing_are_told_at_once() {
        let told = told::<CharacterCreate>(r#"{"race":"Robot","class":5,"extra":{"deep":[1]}}"#);
        let expected = [
            ("race", "The field race must be Human, Elf, Dwarf, Tiefling, Dragonborn or Undead."),
            ("name", "The field name is missing."),
            ("class", "The field class must be a text."),
            ("faction", "The field faction is missing."),
        ];
        assert_eq!(told, expected.map(|(field, message)| (field.to_owned(), message.to_owned())));
    }

    #[test]
    fn what_may_be_left_out_is_not_missing_and_what_is_well_is_not_told() {
        let fields = |told: Vec<(String, String)>| told.into_iter().map(|(field, _)| field).collect::<Vec<_>>();
        let mute = told::<AdminMute>(r#"{"character_id":"x","muted":true,"seconds":-1}"#);
        assert_eq!(fields(mute), ["character_id", "seconds"]);
        assert_eq!(fields(told::<AdminMute>(r#"{"muted":"x","seconds":null}"#)), ["muted", "character_id"]);
        assert_eq!(fields(told::<PartyCreate>(r#"{"party_name":5}"#)), ["party_name"]);
        assert_eq!(fields(told::<Credentials>("{}")), ["username", "password"]);
        assert_eq!(fields(told::<ChangePassword>(r#"{"old_password":"x","salt":7}"#)), ["old_password", "salt"]);
        assert!(PartyCreate::read("{}").is_ok());
    }

    #[test]
    fn no_value_that_was_sent_is_repeated() {
        let told = told::<Credentials>(r#"{"username":"hunter22 hunter22","password":["hunter22"]}"#);
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|(_, message)| !message.contains("hunter22")), "{told:?}");
    }

    #[test]
    fn what_is_no_json_object_is_told_as_such_and_has_no_fields() {
        for text in ["", "{", "[]", "5", "null", r#"{"username":"a"} x"#, r#"{"username":"aria","username":"bran"}"#]
        {
            let refusal = Credentials::read(text).unwrap_err();
            assert_ne!(refusal.code, ErrorCode::Internal, "{text}");
            assert!(refusal.sentence().ends_with('.'), "{text}: {}", refusal.sentence());
        }
    }

    #[test]
    fn an_announcement_of_nothing_is_told_once_and_without_a_code_before_it() {
        let told = told::<WorldAnnouncement>(r#"{"content":"  "}"#);
        assert_eq!(told, [("content".to_owned(), "There is nothing to read in this text.".to_owned())]);
    }
}
