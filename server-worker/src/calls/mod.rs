//! The contracts between objects: what each may be asked, and what it answers.
//! Every call is idempotent, because the runtime retries calls by itself.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use shardlink_shared::time::Millis;

/// A question to an object, or an instruction.
pub trait Call: Serialize {
    /// What comes back if it is not refused.
    type Answer: Serialize + DeserializeOwned;

    /// The binding of the object's namespace.
    const BINDING: &'static str;

    /// The JSON that the object decodes.
    fn encode(self) -> String;
}

/// A batch of a hub's, by what tells it from others: each load of a hub is an epoch, in
/// which its batches are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BatchNumber {
    /// When the hub began to count.
    pub epoch: Millis,
    /// The batch's number, from 1.
    pub number: u64,
}

macro_rules! calls {
    ($binding:literal, $(#[$set_doc:meta])* $set:ident {
        $($(#[$doc:meta])* $call:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty),* $(,)? } -> $answer:ty;)*
    }) => {
        $(#[$set_doc])*
        #[derive(Debug, Serialize, Deserialize)]
        #[allow(missing_docs)] // Each is documented at its struct.
        pub enum $set {
            $($call($call),)*
        }

        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Serialize, Deserialize)]
            #[allow(missing_docs)]
            pub struct $call {
                $($(#[$field_doc])* pub $field: $ty,)*
            }

            impl $crate::calls::Call for $call {
                type Answer = $answer;
                const BINDING: &'static str = $binding;

                fn encode(self) -> String {
                    crate::effect::to_json(&$set::$call(self))
                }
            }
        )*
    };
}

/// Which of `shards` objects a text belongs to, by its FNV-1a hash.
fn spread(text: &str, shards: u64) -> u64 {
    let step = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    // The low bits of FNV-1a of short texts are its weakest.
    (hash ^ (hash >> 32)) % shards
}

pub mod account;
pub mod character;
pub mod directory;
pub mod hub;
mod packed;
pub mod throttle;
pub mod world;

#[cfg(test)]
mod tests {
    use super::directory::{Kind, SHARDS, object_name};
    use std::collections::HashMap;

    #[test]
    fn names_spread_evenly_over_a_fixed_set_of_directories() {
        let mut counts: HashMap<String, u32> = HashMap::new();
        for n in 0..6_400 {
            *counts.entry(object_name(Kind::User, &format!("player{n}"))).or_default() += 1;
        }
        assert_eq!(counts.len() as u64, SHARDS);
        assert!(counts.values().all(|count| (50..200).contains(count)), "{counts:?}");
    }
}
