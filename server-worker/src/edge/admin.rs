//! Requests of those who run the realm.

use super::{
    bodies::{AdminMute, Done, YEAR},
    http::Input,
};
use crate::{config::Config, service};
use shardlink_shared::{Refusal, protocol::chat::WorldAnnouncement, time::Millis};
use worker::Env;

pub async fn mute(input: Input<AdminMute>, env: &Env, _: &Config) -> service::Result<Done> {
    let AdminMute { character_id, muted, seconds } = input.body;
    if seconds.is_some_and(|seconds| !(1..=YEAR).contains(&seconds)) {
        return Err(Refusal::field("seconds", format!("The field seconds must be a whole number from 1 to {YEAR}.")));
    }
    let until = muted.then(|| match seconds {
        Some(seconds) => service::Platform::now(env) + u64::from(seconds) * 1000,
        None => Millis::LAST,
    });
    service::silence(env, character_id, until).await?;
    Ok(Done { success: true, message: if muted { "Silenced." } else { "May speak again." } })
}

pub async fn announce(input: Input<WorldAnnouncement>, env: &Env, _: &Config) -> service::Result<Done> {
    service::announce(env, input.body).await?;
    Ok(Done { success: true, message: "Announced." })
}
