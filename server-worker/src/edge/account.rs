//! Registering, signing in (by SCRAM or with the plain password), and what a session changes of
//! its own account.

use super::{
    bodies::{
        ChangePassword, Credentials, DeleteAccount, Done, LoggedIn, Logout, NoBody, OldPassword, PasswordChanged,
        Registered, ScramFinish, ScramFinished, ScramRegister, ScramStart, ScramStarted, SessionInfo,
    },
    http::Input,
};
use crate::{
    config::Config,
    runtime::clock,
    service::{self, NewPassword, Proof},
};
use shardlink_shared::{
    ErrorCode, Refusal,
    crypto::{scram::ClientFirst, token::Handshake},
};
use worker::Env;

pub async fn register(input: Input<Credentials>, env: &Env, config: &Config) -> service::Result<Registered> {
    let Credentials { username, password } = input.body;
    let player_id = service::register(env, config, &input.address, username, &password).await?;
    Ok(Registered { success: true, message: "Account created.", player_id })
}

pub async fn login(input: Input<Credentials>, env: &Env, config: &Config) -> service::Result<LoggedIn> {
    let Credentials { username, password } = input.body;
    let proof = Proof::Password(password);
    Ok(logged_in(service::sign_in(env, config, &input.address, &username, proof).await?))
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

pub async fn scram_start(input: Input<ScramStart>, env: &Env, config: &Config) -> service::Result<ScramStarted> {
    let first = ClientFirst::parse(input.body.client_first.as_str())
        .map_err(|error| Refusal::field("client_first", error.to_string()))?;
    let handshake = service::start_scram(env, config, &first).await?;
    let handshake_id = handshake.reveal(config.server_secret.as_bytes());
    Ok(ScramStarted { handshake_id, server_first: handshake.server_first })
}

fn read_handshake(config: &Config, text: &str) -> service::Result<Handshake> {
    let handshake = Handshake::parse(text, config.server_secret.as_bytes(), clock::now());
    handshake.ok_or(ErrorCode::BadCredentials.into())
}

pub async fn scram_finish(input: Input<ScramFinish>, env: &Env, config: &Config) -> service::Result<ScramFinished> {
    let ScramFinish { handshake_id, client_final } = input.body;
    let handshake = read_handshake(config, handshake_id.as_str())?;
    let client_final = client_final.as_str().to_owned();
    let mut signed_in = service::finish_scram(env, config, &input.address, handshake, client_final).await?;
    // A sign-in by SCRAM is answered with the server's proof.
    let server_final = signed_in.server_final.take().ok_or(ErrorCode::Internal)?;
    Ok(ScramFinished { server_final, session: logged_in(signed_in) })
}

pub async fn scram_register(input: Input<ScramRegister>, env: &Env, config: &Config) -> service::Result<Registered> {
    let (username, verifier) = input.body.into_verifier()?;
    let player_id = service::register_verifier(env, config, &input.address, username, verifier).await?;
    Ok(Registered { success: true, message: "Account created.", player_id })
}

pub async fn logout(input: Input<Logout>, env: &Env, config: &Config) -> service::Result<Done> {
    // First-generation clients send the token in the body, ours send it in the header.
    let identity = match (input.identity(), &input.body.session_token) {
        (Ok(identity), _) => identity,
        (Err(_), Some(token)) => service::identify(config, token.reveal())?,
        (Err(refusal), None) => return Err(refusal),
    };
    service::log_out(env, identity).await?;
    Ok(Done { success: true, message: "Logged out." })
}

pub async fn session(input: Input<NoBody>, env: &Env, _: &Config) -> service::Result<SessionInfo> {
    let identity = input.identity()?;
    let authenticated = service::authenticate(env, identity, None).await?;
    Ok(SessionInfo {
        success: true,
        player_id: identity.player,
        username: authenticated.username,
        character_id: authenticated.character,
        expires_at: authenticated.expires,
    })
}

pub async fn refresh(input: Input<NoBody>, env: &Env, config: &Config) -> service::Result<LoggedIn> {
    Ok(logged_in(service::refresh(env, config, input.identity()?).await?))
}

fn proof(config: &Config, old: OldPassword) -> service::Result<Proof> {
    Ok(match old {
        OldPassword::Plain(password) => Proof::Password(password),
        OldPassword::Scram(handshake, client_final) => {
            Proof::Scram(read_handshake(config, handshake.as_str())?, client_final.as_str().to_owned())
        }
    })
}

pub async fn change_password(
    input: Input<ChangePassword>,
    env: &Env,
    config: &Config,
) -> service::Result<PasswordChanged> {
    let identity = input.identity()?;
    let (old, new) = input.body.into_parts()?;
    let old = proof(config, old)?;
    let new = match new {
        Ok(password) => NewPassword::Plain(password),
        Err(verifier) => NewPassword::Stretched(verifier),
    };
    let server_final = service::change_password(env, config, &input.address, identity, old, new).await?;
    Ok(PasswordChanged { success: true, message: "Password changed.", server_final })
}

pub async fn delete_account(input: Input<DeleteAccount>, env: &Env, config: &Config) -> service::Result<Done> {
    let identity = input.identity()?;
    let proof = proof(config, input.body.into_proof()?)?;
    service::delete_account(env, config, &input.address, identity, proof).await?;
    Ok(Done { success: true, message: "Account deleted." })
}
