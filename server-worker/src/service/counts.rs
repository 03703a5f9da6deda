//! Counting by a Throttle. If the one of the first name is damaged, the one of the second name
//! counts.

use super::{Platform, Result};
use crate::calls::{Call, throttle};
use shardlink_shared::{ErrorCode, Refusal};

/// Asks the Throttle that a key belongs to. What a damaged one has counted is forgotten:
/// it was a minute old at most.
///
/// # Errors
/// RATE_LIMITED; OVERLOADED also if both are damaged, because nothing that is to be counted may
/// go uncounted.
pub(super) async fn count<C: Call + Clone>(on: &impl Platform, key: &str, call: C) -> Result<C::Answer> {
    let shard = throttle::shard(key);
    if !on.known(|known| known.has_second_name(shard)) {
        match on.ask(&throttle::object_name(shard, false), call.clone()).await {
            Err(refusal) if refusal.code == ErrorCode::StorageCorrupt => {
                on.known(|known| known.use_second_name(shard));
            }
            answer => return answer,
        }
    }
    on.ask(&throttle::object_name(shard, true), call).await.map_err(|refusal| match refusal.code {
        ErrorCode::StorageCorrupt => Refusal::new(ErrorCode::Overloaded),
        _ => refusal,
    })
}
