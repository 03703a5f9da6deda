//! What REST and the socket both do for a player, where it takes several
//! objects. Each step is idempotent; what a crash leaves between two of them is
//! settled by the alarms of Account and Directory.
//!
//! Written against [`Platform`], so that the tests run every flow natively,
//! over objects in memory, and cut it off at every step.

pub mod at_once;
mod characters;
mod counts;
mod passwords;
mod people;
mod readiness;
mod realm_wide;
mod sessions;
pub mod turns;

#[cfg(test)]
mod clock_tests;
#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod password_tests;
#[cfg(test)]
pub(crate) mod realm;
#[cfg(test)]
pub(crate) mod tests;

pub use characters::{
    Entrance, create_character, delete_character, enter, inventory, list_characters, select_character, settle, sheet,
    undo,
};
pub use passwords::{Attempt, Proof, SignedIn, finish_scram, register, register_verifier, sign_in, start_scram};
pub use people::{Actor, find, find_by_name, owner_of};
pub use readiness::check_storage;
pub use realm_wide::{announce, silence};
pub use sessions::{
    NewPassword, admit, authenticate, change_password, delete_account, finish_account_deletion, identify, is_usable,
    log_out, place, refresh, stands, stop, ticket,
};

use crate::{calls::Call, damage::Known};
use shardlink_shared::{
    Refusal,
    crypto::password::{Salt, Verifier},
    entropy::Entropy,
    text::Password,
    time::Millis,
};
use turns::Asker;

/// The result of whatever may be refused.
pub type Result<T> = std::result::Result<T, Refusal>;

/// What a service needs of wherever it runs.
#[allow(async_fn_in_trait)] // One thread: no future of ours has to be Send.
pub trait Platform {
    /// Asks an object. A hub whose storage is damaged answers as one that holds nobody.
    ///
    /// # Errors
    /// What the object refuses; OVERLOADED or INTERNAL if it did not answer;
    /// STORAGE_CORRUPT if its storage is damaged.
    async fn ask<C: Call>(&self, object: &str, call: C) -> Result<C::Answer>;

    /// What is remembered of damaged storage.
    fn known<T>(&self, look: impl FnOnce(&mut Known) -> T) -> T;

    /// The verifier of a password under a salt: the costly part, for which askers take
    /// turns.
    ///
    /// # Errors
    /// OVERLOADED when too many wait for it already.
    async fn stretch(&self, asker: Asker, password: &Password, salt: Salt) -> Result<Verifier>;

    /// The time.
    fn now(&self) -> Millis;

    /// Draws something at random.
    fn draw<T>(&self, draw: impl FnOnce(&mut dyn Entropy) -> T) -> T;
}
