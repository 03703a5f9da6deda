//! Register, log in, log out.

use super::{
    bodies::{Credentials, Done, LoggedIn, Logout, Registered, SessionInfo},
    http,
};
use crate::{config::Config, service};
use shardlink_shared::{ErrorCode, codec::json};
use worker::{Env, Request};

pub async fn register(mut request: Request, env: &Env) -> service::Result<Registered> {
    let Credentials { username, password } = http::body(&mut request).await?;
    let player_id = service::register(env, username, &password).await?;
    Ok(Registered { success: true, message: "Account created.", player_id })
}

pub async fn login(mut request: Request, env: &Env, config: &Config) -> service::Result<LoggedIn> {
    let Credentials { username, password } = http::body(&mut request).await?;
    let signed_in = service::sign_in(env, config, &username, &password).await?;
    Ok(LoggedIn {
        success: true,
        session_token: signed_in.token,
        player_id: signed_in.identity.player,
        username: signed_in.username,
        message: "Signed in.",
        expires_at: signed_in.expires,
    })
}

pub async fn logout(mut request: Request, env: &Env, config: &Config) -> service::Result<Done> {
    // The first generation sends the token in the body; ours in the header.
    let identity = match http::identity(&request, config) {
        Ok(identity) => identity,
        Err(refusal) => {
            let text = http::text(&mut request).await?;
            let body: Logout = if text.is_empty() { Logout::default() } else { json::read(&text)? };
            let token = body.session_token.ok_or(refusal)?;
            service::identify(config, token.reveal())?
        }
    };
    service::log_out(env, identity).await?;
    Ok(Done { success: true, message: "Logged out." })
}

pub async fn session(request: Request, env: &Env, config: &Config) -> service::Result<SessionInfo> {
    let identity = http::identity(&request, config)?;
    let authenticated = service::authenticate(env, identity, None).await?;
    Ok(SessionInfo {
        success: true,
        player_id: identity.player,
        username: authenticated.username,
        character_id: authenticated.character,
        expires_at: authenticated.expires,
    })
}

/// The route that panics, where a test's configuration has opened it.
pub fn panic(config: &Config) -> service::Result<Done> {
    if config.test_panic {
        panic!("a test asked for this");
    }
    Err(ErrorCode::NotFound.into())
}
