//! The `Platform` of the running server: the runtime's bindings.

use super::{call::call, clock, damage, entropy::System, hashing};
use crate::{
    calls::Call,
    damage::Known,
    service::{Platform, Result, turns::Asker},
};
use shardlink_shared::{
    crypto::password::{Salt, Verifier},
    entropy::Entropy,
    text::Password,
    time::Millis,
};
use worker::Env;

impl Platform for Env {
    async fn ask<C: Call>(&self, object: &str, question: C) -> Result<C::Answer> {
        call(self, object, question).await
    }

    fn known<T>(&self, look: impl FnOnce(&mut Known) -> T) -> T {
        damage::known(look)
    }

    async fn stretch(&self, asker: Asker, password: &Password, salt: Salt) -> Result<Verifier> {
        hashing::stretch(asker, password, salt).await
    }

    fn now(&self) -> Millis {
        clock::now()
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut dyn Entropy) -> T) -> T {
        draw(&mut System)
    }
}
