//! The one table of routes: which address answers to which method, its input and its answer.
//! The dispatcher, the handlers' types and the OpenAPI document are made from it.

use super::{
    bodies::{self, Body, NoBody, Schema},
    budget::Cost,
};
use matchit::Router;
use serde::Serialize;
use shardlink_shared::{
    ErrorCode,
    protocol::{character::CharacterCreate, chat::WorldAnnouncement, party, trade, world},
};
use std::collections::BTreeMap;

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Anyone,
    /// The owner of a session, by its token.
    Session,
    /// Those who know the `ADMIN_TOKEN`. Where none is configured, the address does not exist.
    Admin,
}

/// A route as the table has it.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Which it is.
    pub route: Route,
    /// Its method. HEAD is answered where GET is, OPTIONS everywhere.
    pub method: &'static str,
    /// Its path; `{id}` stands for a number at its end or between two slashes.
    pub path: &'static str,
    /// Who may ask.
    pub access: Access,
    /// What a request takes from its sender's budgets.
    pub cost: Cost,
    /// The status of success.
    pub status: u16,
    /// The errors that it may answer, besides those of every route of its kind: RATE_LIMITED is
    /// one of all routes.
    pub refusals: &'static [ErrorCode],
    /// What it does, in a sentence.
    pub summary: &'static str,
}

/// What a route takes and answers.
pub trait Endpoint {
    /// What it takes.
    type Body: Body;
    /// What it answers.
    type Answer: Serialize + Schema;
    /// Its row of the table.
    const ENTRY: Entry;
}

macro_rules! routes {
    ($($name:ident: $method:ident $path:literal, $access:ident, $cost:ident, $body:ty => $status:literal $answer:ty, [$($refusal:ident),*], $summary:literal;)*) => {
        /// A route of the edge.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Route {
            $(#[doc = $summary] $name,)*
        }

        /// What each route takes and answers.
        pub mod endpoint {
            use super::*;
            $(
                #[doc = $summary]
                #[derive(Debug)]
                pub struct $name;

                impl Endpoint for $name {
                    type Body = $body;
                    type Answer = $answer;
                    const ENTRY: Entry = Entry {
                        route: Route::$name,
                        method: stringify!($method),
                        path: $path,
                        access: Access::$access,
                        cost: Cost::$cost,
                        status: $status,
                        refusals: &[$(ErrorCode::$refusal),*],
                        summary: $summary,
                    };
                }
            )*
        }

        /// All routes that answer JSON, in the order they are documented in.
        pub const ROUTES: &[Entry] = &[$(endpoint::$name::ENTRY),*];

        #[cfg(feature = "schema")]
        impl Route {
            /// The schemas of what the route takes and answers.
            #[must_use]
            pub fn schemas(self, generators: &mut super::openapi::Generators) -> super::openapi::Schemas {
                match self {
                    $(Self::$name => generators.of::<endpoint::$name>(),)*
                }
            }
        }
    };
}

routes! {
    Register: POST "/api/auth/register", Anyone, Heavy, bodies::Credentials => 201 bodies::Registered, [NameTaken, NameReserved, Overloaded],
        "Makes an account by a password.";
    Login: POST "/api/auth/login", Anyone, Heavy, bodies::Credentials => 200 bodies::LoggedIn, [BadCredentials, Overloaded],
        "Signs in by a password; the account's earlier session ends.";
    ScramRegister: POST "/api/auth/scram/register", Anyone, Heavy, bodies::ScramRegister => 201 bodies::Registered, [NameTaken, NameReserved],
        "Makes an account whose password never reaches the server.";
    ScramStart: POST "/api/auth/scram/start", Anyone, Light, bodies::ScramStart => 200 bodies::ScramStarted, [],
        "Begins a SCRAM-SHA-256 exchange (RFC 5802, RFC 7677).";
    ScramFinish: POST "/api/auth/scram/finish", Anyone, Light, bodies::ScramFinish => 200 bodies::ScramFinished, [BadCredentials],
        "Finishes a SCRAM exchange, once: signs in, and proves that the server knows the account.";
    Logout: POST "/api/auth/logout", Anyone, Light, bodies::Logout => 200 bodies::Done, [Unauthenticated],
        "Ends a session and closes its socket; the token stands in the header or in the body.";
    Session: GET "/api/auth/session", Session, Light, NoBody => 200 bodies::SessionInfo, [],
        "Who a token's session belongs to.";
    Refresh: POST "/api/auth/refresh", Session, Light, NoBody => 200 bodies::LoggedIn, [],
        "Gives the session a new token; the old one dies, the socket stays open.";
    ChangePassword: POST "/api/auth/password", Session, Heavy, bodies::ChangePassword => 200 bodies::PasswordChanged, [BadCredentials, Overloaded],
        "Changes the password and ends the account's other sessions.";
    DeleteAccount: DELETE "/api/auth/account", Session, Heavy, bodies::DeleteAccount => 200 bodies::Done, [BadCredentials, Overloaded],
        "Deletes the account with its sessions, characters and names.";
    ListCharacters: GET "/api/characters", Session, Light, NoBody => 200 bodies::Characters, [],
        "The account's characters, oldest first.";
    CreateCharacter: POST "/api/characters", Session, Heavy, CharacterCreate => 201 bodies::Created, [NameTaken, NameReserved, TooManyCharacters],
        "Makes a character; the server rolls its stats.";
    SelectCharacter: POST "/api/characters/select", Session, Light, bodies::Select => 200 bodies::Selected, [NotYourCharacter],
        "Selects the character to play; it enters the world on the session's socket, or by the ticket.";
    Inventory: GET "/api/characters/{id}/inventory", Session, Light, NoBody => 200 trade::Inventory, [NotYourCharacter],
        "What a character of the account holds.";
    DeleteCharacter: DELETE "/api/characters/{id}", Session, Light, NoBody => 200 bodies::Done, [NotYourCharacter, CharacterOnline, AlreadyInParty],
        "Deletes a character that is in neither the world nor a party, and frees its name.";
    Ticket: POST "/api/ws/ticket", Session, Light, NoBody => 200 bodies::TicketBody, [],
        "A ticket for the WebSocket: good once, for 30 s, offered as a subprotocol.";
    PartyCreate: POST "/api/party/create", Session, Heavy, party::PartyCreate => 200 bodies::PartyFounded, [NoCharacter, AlreadyInParty, NameReserved],
        "Founds a party, led by the selected character.";
    PartyInvite: POST "/api/party/invite", Session, Heavy, bodies::Invite => 200 bodies::Done, [NoCharacter, NotInParty, NotLeader, PartyFull, AlreadyInParty, RecipientOffline, NotFound],
        "Invites a character that is in the world into the party one leads.";
    PartyLeave: POST "/api/party/leave", Session, Light, party::PartyReference => 200 bodies::Done, [NoCharacter, NotInParty],
        "Leaves the party.";
    Party: GET "/api/party/{id}", Session, Light, NoBody => 200 bodies::PartyBody, [NotFound],
        "A party, to its members and to those who are invited.";
    Realm: GET "/api/realm", Anyone, Light, bodies::Known => 200 bodies::Canon, [],
        "What the realm is made of: whatever no player changes. It is kept, and asked for again by its hash.";
    WorldState: GET "/api/world/state", Anyone, Light, NoBody => 200 world::WorldState, [],
        "The realm as it is now.";
    WorldShards: GET "/api/world/shards", Anyone, Light, NoBody => 200 world::ShardStatus, [],
        "The twelve shards and who holds them.";
    WorldEvents: GET "/api/world/events", Anyone, Light, bodies::EventsQuery => 200 bodies::Events, [],
        "What happened in the realm, the newest first, in pages.";
    Status: GET "/api/status", Anyone, Light, NoBody => 200 bodies::StatusBody, [],
        "The server: version, who is in the world, since when it runs.";
    AdminMute: POST "/api/admin/mute", Admin, Light, bodies::AdminMute => 200 bodies::Done, [Overloaded],
        "Silences a character's account on every channel, or lets it speak again.";
    AdminAnnounce: POST "/api/admin/announce", Admin, Light, WorldAnnouncement => 200 bodies::Done, [],
        "Announces something to everybody in the world.";
    Ready: GET "/readyz", Anyone, Light, NoBody => 200 bodies::Ready, [Overloaded],
        "Whether the server is configured, and its objects answer and can store.";
}

/// What a path and a method lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matched<'a> {
    /// A route, with the text in the place of `{id}`.
    Route(Route, Option<&'a str>),
    /// The WebSocket.
    Socket,
    /// `GET /healthz`: the process lives.
    Health,
    /// `serve` announces that it is about to stop the process.
    Stop,
    /// The route that panics. It exists only where a test's configuration opens it.
    Panic,
    /// The address exists, but answers to these methods alone.
    OtherMethods(Vec<&'static str>),
    /// Nothing, under a prefix that is ours.
    NotFound,
    /// A page or a file.
    Page,
}

/// What a path has, by method.
#[derive(Debug, Default, Clone)]
struct Methods(Vec<(&'static str, Matched<'static>)>);

thread_local! {
    /// The paths of the table, and those that are no routes of it.
    static PATHS: Router<Methods> = paths();
}

#[allow(clippy::expect_used)] // The table is ours, and a test reads it.
fn paths() -> Router<Methods> {
    let others = [
        ("/ws", "GET", Matched::Socket),
        ("/healthz", "GET", Matched::Health),
        ("/internal/stop", "POST", Matched::Stop),
        ("/api/test/panic", "POST", Matched::Panic),
    ];
    let routes = ROUTES.iter().map(|entry| (entry.path, entry.method, Matched::Route(entry.route, None)));
    let mut by_path: BTreeMap<&str, Methods> = BTreeMap::new();
    for (path, method, matched) in routes.chain(others) {
        by_path.entry(path).or_default().0.push((method, matched));
    }
    let mut router = Router::new();
    for (path, methods) in by_path {
        router.insert(path.replace("{id}", ":id"), methods).expect("two paths of the table are in each other's way");
    }
    router
}

/// Finds what answers to a method and a path.
#[must_use]
pub fn find<'a>(method: &str, path: &'a str) -> Matched<'a> {
    // HEAD is answered as GET, without the body.
    let method = if method == "HEAD" { "GET" } else { method };
    let found = PATHS.with(|paths| {
        let found = paths.at(path).ok().filter(|found| found.params.get("id") != Some(""))?;
        let methods = &found.value.0;
        Some(match methods.iter().find(|(known, _)| *known == method) {
            Some((_, Matched::Route(route, _))) => Matched::Route(*route, found.params.get("id")),
            Some((_, other)) => other.clone(),
            None => Matched::OtherMethods(methods.iter().map(|(known, _)| *known).collect()),
        })
    });
    match found {
        Some(found) => found,
        None if path == "/api" || path.starts_with("/api/") => Matched::NotFound,
        None if method == "GET" => Matched::Page,
        None => Matched::OtherMethods(vec!["GET"]),
    }
}

/// The methods as a header lists them: with HEAD wherever there is GET, and with OPTIONS.
#[must_use]
pub fn allow(methods: &[&'static str]) -> String {
    let mut all = Vec::with_capacity(methods.len() + 2);
    for method in methods {
        all.push(*method);
        if *method == "GET" {
            all.push("HEAD");
        }
    }
    all.push("OPTIONS");
    all.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_and_a_method_find_their_route() {
        assert_eq!(find("POST", "/api/auth/login"), Matched::Route(Route::Login, None));
        assert_eq!(find("DELETE", "/api/characters/12"), Matched::Route(Route::DeleteCharacter, Some("12")));
        assert_eq!(find("GET", "/api/characters/12/inventory"), Matched::Route(Route::Inventory, Some("12")));
        assert_eq!(find("POST", "/api/characters/select"), Matched::Route(Route::SelectCharacter, None));
        assert_eq!(find("GET", "/api/party/12"), Matched::Route(Route::Party, Some("12")));
        assert_eq!(find("POST", "/api/party/leave"), Matched::Route(Route::PartyLeave, None));
        assert_eq!(find("HEAD", "/api/status"), Matched::Route(Route::Status, None));
        assert_eq!(find("HEAD", "/healthz"), Matched::Health);
        assert_eq!(find("GET", "/game.js"), Matched::Page);
    }

    #[test]
    fn a_wrong_method_is_told_the_right_ones() {
        assert_eq!(find("GET", "/api/auth/login"), Matched::OtherMethods(vec!["POST"]));
        assert_eq!(find("PUT", "/api/characters"), Matched::OtherMethods(vec!["GET", "POST"]));
        assert_eq!(find("POST", "/"), Matched::OtherMethods(vec!["GET"]));
        assert_eq!(find("DELETE", "/api/characters/select"), Matched::OtherMethods(vec!["POST"]));
        assert_eq!(allow(&["GET", "POST"]), "GET, HEAD, POST, OPTIONS");
    }

    #[test]
    fn what_is_not_there_is_not_a_page_under_api() {
        for path in ["/api", "/api/", "/api/nothing", "/api/characters/1/2", "/api/characters/"] {
            assert_eq!(find("GET", path), Matched::NotFound, "{path}");
        }
        assert_eq!(find("GET", "/api/characters//inventory"), Matched::NotFound);
    }

    #[test]
    fn whatever_makes_an_object_stretches_a_password_or_reaches_others_is_heavy() {
        let heavy: Vec<_> = ROUTES.iter().filter(|entry| entry.cost == Cost::Heavy).map(|entry| entry.path).collect();
        let expected = [
            "/api/auth/register",
            "/api/auth/login",
            "/api/auth/scram/register",
            "/api/auth/password",
            "/api/auth/account",
            "/api/characters",
            "/api/party/create",
            "/api/party/invite",
        ];
        assert_eq!(heavy, expected);
        assert!(ROUTES.iter().all(|entry| entry.method != "GET" || entry.cost == Cost::Light));
    }

    #[test]
    fn a_route_that_changes_something_of_an_account_needs_its_session() {
        for entry in ROUTES.iter().filter(|entry| entry.method != "GET" && entry.access == Access::Anyone) {
            assert!(entry.path.starts_with("/api/auth/"), "{}", entry.path);
        }
        for entry in ROUTES {
            assert_eq!(entry.access == Access::Admin, entry.path.starts_with("/api/admin/"), "{}", entry.path);
        }
    }
}
