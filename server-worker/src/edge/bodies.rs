//! The bodies of REST, in the first generation's words: what a route may take, and
//! what each of them takes and answers, by family.

mod account;
mod admin;
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
pub use characters::{Characters, Created, Select, Selected, TicketBody};
pub use parties::{Invite, PartyBody, PartyFounded, PartyMemberBody};
pub use problem::{FieldProblem, Problem};
pub use realm::{Event, Events, EventsQuery, Ready, StatusBody};
pub use scram::{ScramFinish, ScramFinished, ScramRegister, ScramStart, ScramStarted};

use serde::Serialize;
use shardlink_shared::{
    Refusal,
    codec::json,
    protocol::{
        character::CharacterCreate,
        chat::WorldAnnouncement,
        party::{PartyCreate, PartyReference},
    },
};

/// Where a route's input stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It takes none: a body is not read.
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
    /// Where it stands.
    const PLACE: Place;

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

macro_rules! json_bodies {
    ($($body:ty),* $(,)?) => {
        $(
            impl Body for $body {
                const PLACE: Place = Place::Json;

                fn read(text: &str) -> Result<Self, Refusal> {
                    json::check_object(text)?;
                    json::read(text)
                }
            }
        )*
    };
}

json_bodies!(
    Credentials,
    ScramStart,
    ScramFinish,
    ScramRegister,
    ChangePassword,
    DeleteAccount,
    Select,
    CharacterCreate,
    PartyCreate,
    PartyReference,
    Invite,
    AdminMute,
    WorldAnnouncement
);

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
