//! Whether what players do can be stored.

use super::{Platform, Result, counts::count};
use crate::calls::{throttle, world};
use shardlink_shared::{ErrorCode, Refusal};

/// Stores something in the World and in a Throttle. It is another Throttle each second:
/// one that has slept opens its files anew, which is what every sign-in needs and what
/// a full disk refuses first, while a file that is open may have room left in it.
///
/// # Errors
/// OVERLOADED: nobody can enter now. STORAGE_CORRUPT: nor will anybody until World is
/// restored. The log has what failed.
pub async fn check_storage(on: &impl Platform) -> Result<()> {
    let second = on.now().0 / 1000;
    let key = format!("ready:{}", second % throttle::SHARDS);
    let take = throttle::Take { key: key.clone(), limit: u32::MAX };
    let stored = match count(on, &key, take).await {
        Ok(()) => on.ask(&world::object_name(), world::CheckStorage {}).await,
        Err(refusal) => Err(refusal),
    };
    stored.map_err(|refusal| match refusal.code {
        ErrorCode::StorageCorrupt => refusal,
        _ => Refusal::new(ErrorCode::Overloaded).after(1.0).saying("The server cannot store anything right now."),
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::realm::{Cut, Realm},
        *,
    };

    #[test]
    fn the_world_and_ever_another_throttle_must_store_something() {
        let realm = Realm::new();
        for _ in 0..300 {
            assert_eq!(realm.run(check_storage(&realm)), Ok(()));
            realm.now.set(realm.now.get() + 1_000);
        }
        let addressed = realm.addressed.borrow();
        assert!(addressed.contains(&("WORLD", world::object_name())));
        let throttles = addressed.iter().filter(|(binding, _)| *binding == "THROTTLE").count();
        assert!((20..=64).contains(&throttles), "{throttles}: many, and no more than there are");
    }

    #[test]
    fn whichever_of_them_fails_the_server_is_not_ready() {
        for cut in [Cut::Before(0), Cut::After(0), Cut::Before(1), Cut::After(1)] {
            let realm = Realm::new();
            realm.cut.set(cut);
            let refusal = realm.run(check_storage(&realm)).unwrap_err();
            assert_eq!((refusal.code, refusal.retry_after), (ErrorCode::Overloaded, Some(1.0)), "{cut:?}");
        }
    }

    #[test]
    fn a_damaged_world_is_told_from_a_full_disk_and_a_damaged_throttle_matters_to_nobody() {
        let realm = Realm::new();
        for shard in 0..throttle::SHARDS {
            realm.damaged.borrow_mut().insert(("THROTTLE", throttle::object_name(shard, false)));
        }
        assert_eq!(realm.run(check_storage(&realm)), Ok(()));
        realm.damaged.borrow_mut().insert(("WORLD", world::object_name()));
        assert_eq!(realm.run(check_storage(&realm)).unwrap_err().code, ErrorCode::StorageCorrupt);
    }
}
