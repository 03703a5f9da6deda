//! Register, sign in (by SCRAM or plainly), log out.

use super::{
    bodies::{
        Credentials, Done, LoggedIn, Logout, Registered, ScramFinish, ScramFinished, ScramRegister, ScramStart,
        ScramStarted, SessionInfo,
    },
    http,
};
use crate::{config::Config, runtime::clock, service};
use shardlink_shared::{
    ErrorCode, Refusal,
    codec::json,
    crypto::{scram::ClientFirst, token::Handshake},
};
use worker::{Env, Request};

pub async fn register(mut request: Request, env: &Env, config: &Config) -> service::Result<Registered> {
    let Credentials { username, password } = http::body(&mut request).await?;
    let address = http::client_address(&request, config);
    let player_id = service::register(env, config, &address, username, &password).await?;
    Ok(Registered { success: true, message: "Account created.", player_id })
}

pub async fn login(mut request: Request, env: &Env, config: &Config) -> service::Result<LoggedIn> {
    let Credentials { username, password } = http::body(&mut request).await?;
    let address = http::client_address(&request, config);
    let signed_in = service::sign_in(env, config, &address, &username, &password).await?;
    Ok(logged_in(signed_in))
}

fn logged_in(signed_in: service::SignedIn) -> LoggedIn {
    LoggedIn {
        success: true,
        session_token: signed_in.token,
        player_id: signed_in.identity.player,
        username: signed_in.username,
        message: "Signed in.",
        expires_at: signed_in.expires,
    }
}

pub async fn scram_start(mut request: Request, env: &Env, config: &Config) -> service::Result<ScramStarted> {
    let ScramStart { client_first } = http::body(&mut request).await?;
    let first = ClientFirst::parse(client_first.as_str())
        .map_err(|error| Refusal::field("client_first", error.to_string()))?;
    let handshake = service::start_scram(env, config, &first).await?;
    let handshake_id = handshake.reveal(config.server_secret.as_bytes());
    Ok(ScramStarted { handshake_id, server_first: handshake.server_first })
}

pub async fn scram_finish(mut request: Request, env: &Env, config: &Config) -> service::Result<ScramFinished> {
    let ScramFinish { handshake_id, client_final } = http::body(&mut request).await?;
    let handshake = Handshake::parse(handshake_id.as_str(), config.server_secret.as_bytes(), clock::now())
        .ok_or(ErrorCode::BadCredentials)?;
    let client_final = client_final.as_str().to_owned();
    let address = http::client_address(&request, config);
    let (signed_in, server_final) = service::finish_scram(env, config, &address, handshake, client_final).await?;
    Ok(ScramFinished { server_final, session: logged_in(signed_in) })
}

pub async fn scram_register(mut request: Request, env: &Env, config: &Config) -> service::Result<Registered> {
    let (username, verifier) = http::body::<ScramRegister>(&mut request).await?.into_verifier()?;
    let address = http::client_address(&request, config);
    let player_id = service::register_verifier(env, config, &address, username, verifier).await?;
    Ok(Registered { success: true, message: "Account created.", player_id })
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
