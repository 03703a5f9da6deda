//! The bodies of routes about the realm: its state, and what happened in it.

use super::{Body, Place};
use serde::Serialize;
use shardlink_shared::{
    Refusal,
    limits::{EVENTS_PAGE, MAX_EVENTS_PAGE},
    sheet::iso8601,
    time::Millis,
    world::Faction,
};

#[cfg(feature = "schema")]
use shardlink_shared::schema::Iso8601;

/// The query of `GET /api/world/events`.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventsQuery {
    /// How many at most: 1 to 200, 50 if absent.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = MAX_EVENTS_PAGE)))]
    pub limit: u32,
    /// Where the last page ended: its `next_cursor`.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub cursor: Option<u64>,
}

impl Body for EventsQuery {
    const PLACE: Place = Place::Query;

    fn read(query: &str) -> Result<Self, Refusal> {
        let mut read = Self { limit: EVENTS_PAGE, cursor: None };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=MAX_EVENTS_PAGE).contains(limit));
                    let message = || format!("The field limit must be a whole number from 1 to {MAX_EVENTS_PAGE}.");
                    read.limit = limit.ok_or_else(|| Refusal::field("limit", message()))?;
                }
                "cursor" => {
                    let message = "The field cursor must be the next_cursor of an earlier answer.";
                    read.cursor = Some(value.parse().map_err(|_| Refusal::field("cursor", message))?);
                }
                // Unknown fields are ignored, here as elsewhere.
                _ => {}
            }
        }
        Ok(read)
    }
}

/// What happened in the realm.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Events {
    /// The newest first.
    pub events: Vec<Event>,
    /// What to ask the next page with; absent after the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Something that happened.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Event {
    /// Its number in the log, as text.
    pub id: String,
    /// What kind of event it is.
    pub event_type: String,
    /// What it is called.
    pub title: String,
    /// What happened.
    pub description: String,
    /// When.
    #[serde(with = "iso8601")]
    #[cfg_attr(feature = "schema", schemars(with = "Iso8601"))]
    pub timestamp: Millis,
    /// The faction it is about.
    pub faction: Option<Faction>,
}

/// `GET /readyz`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ready {
    /// Always true: otherwise the answer is a problem.
    pub ready: bool,
}

/// `GET /api/status`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct StatusBody {
    pub status: &'static str,
    pub version: &'static str,
    pub active_players: u32,
    pub active_sessions: u32,
    pub websocket_connections: u32,
    /// Seconds since the realm began.
    pub uptime: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_events_has_bounds_and_a_cursor() {
        let read = |query| EventsQuery::read(query).map_err(|refusal| refusal.field.unwrap());
        assert_eq!(read(""), Ok(EventsQuery { limit: 50, cursor: None }));
        assert_eq!(read("limit=2&cursor=17&other=1"), Ok(EventsQuery { limit: 2, cursor: Some(17) }));
        assert_eq!(read("l%69mit=%32&cursor=17&"), Ok(EventsQuery { limit: 2, cursor: Some(17) }));
        for query in ["limit=0", "limit=201", "limit=-1", "limit=many"] {
            assert_eq!(read(query), Err("limit".into()), "{query}");
        }
        assert_eq!(read("cursor=x"), Err("cursor".into()));
    }
}
