//! Which address answers to which method.

/// A route of the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // Named after what they do; PROTOCOL.md has the bodies.
pub enum Route {
    Register,
    Login,
    ScramStart,
    ScramFinish,
    ScramRegister,
    Logout,
    Session,
    ListCharacters,
    CreateCharacter,
    SelectCharacter,
    DeleteCharacter,
    Ticket,
    WorldState,
    WorldShards,
    Status,
    Health,
    Socket,
    /// A route that panics, where tests have opened it.
    Panic,
}

/// What a path and a method come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matched<'a> {
    /// A route, with what stands in the place of `{id}`.
    Route(Route, Option<&'a str>),
    /// The address exists, but answers to these methods alone.
    WrongMethod(Vec<&'static str>),
    /// Nothing of ours under a prefix of ours.
    NotFound,
    /// A page or a file.
    Page,
}

const ROUTES: &[(&str, &str, Route)] = &[
    ("POST", "/api/auth/register", Route::Register),
    ("POST", "/api/auth/login", Route::Login),
    ("POST", "/api/auth/scram/start", Route::ScramStart),
    ("POST", "/api/auth/scram/finish", Route::ScramFinish),
    ("POST", "/api/auth/scram/register", Route::ScramRegister),
    ("POST", "/api/auth/logout", Route::Logout),
    ("GET", "/api/auth/session", Route::Session),
    ("GET", "/api/characters", Route::ListCharacters),
    ("POST", "/api/characters", Route::CreateCharacter),
    ("POST", "/api/characters/select", Route::SelectCharacter),
    ("DELETE", "/api/characters/{id}", Route::DeleteCharacter),
    ("POST", "/api/ws/ticket", Route::Ticket),
    ("GET", "/api/world/state", Route::WorldState),
    ("GET", "/api/world/shards", Route::WorldShards),
    ("GET", "/api/status", Route::Status),
    ("GET", "/healthz", Route::Health),
    ("GET", "/ws", Route::Socket),
    ("POST", "/api/test/panic", Route::Panic),
];

/// Finds the route of a method and a path.
#[must_use]
pub fn find<'a>(method: &str, path: &'a str) -> Matched<'a> {
    let mut methods = Vec::new();
    for (route_method, pattern, route) in ROUTES {
        let Some(id) = matches(pattern, path) else { continue };
        // HEAD is answered as GET, without the body.
        if *route_method == method || (method == "HEAD" && *route_method == "GET") {
            return Matched::Route(*route, id);
        }
        methods.push(*route_method);
    }
    if !methods.is_empty() {
        return Matched::WrongMethod(methods);
    }
    if path == "/api" || path.starts_with("/api/") {
        return Matched::NotFound;
    }
    if method == "GET" || method == "HEAD" { Matched::Page } else { Matched::WrongMethod(vec!["GET", "HEAD"]) }
}

/// Whether a path fits a pattern, and what stands in the place of its `{id}`.
fn matches<'a>(pattern: &str, path: &'a str) -> Option<Option<&'a str>> {
    match pattern.strip_suffix("{id}") {
        None => (pattern == path).then_some(None),
        Some(prefix) => path.strip_prefix(prefix).filter(|id| !id.is_empty() && !id.contains('/')).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_and_a_method_find_their_route() {
        assert_eq!(find("POST", "/api/auth/login"), Matched::Route(Route::Login, None));
        assert_eq!(find("DELETE", "/api/characters/12"), Matched::Route(Route::DeleteCharacter, Some("12")));
        assert_eq!(find("POST", "/api/characters/select"), Matched::Route(Route::SelectCharacter, None));
        assert_eq!(find("HEAD", "/healthz"), Matched::Route(Route::Health, None));
        assert_eq!(find("GET", "/game.js"), Matched::Page);
    }

    #[test]
    fn a_wrong_method_is_told_the_right_ones() {
        assert_eq!(find("GET", "/api/auth/login"), Matched::WrongMethod(vec!["POST"]));
        assert_eq!(find("PUT", "/api/characters"), Matched::WrongMethod(vec!["GET", "POST"]));
        assert_eq!(find("POST", "/"), Matched::WrongMethod(vec!["GET", "HEAD"]));
    }

    #[test]
    fn what_is_not_there_is_not_a_page_under_api() {
        for path in ["/api", "/api/", "/api/nothing", "/api/characters/1/2", "/api/characters/"] {
            assert_eq!(find("GET", path), Matched::NotFound, "{path}");
        }
    }
}
