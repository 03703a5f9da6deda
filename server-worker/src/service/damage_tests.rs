//! What becomes of a realm in which the storage of one object is damaged.

use super::{
    realm::Realm,
    tests::{HOME, config, create, password, player},
    *,
};
use crate::{
    calls::{
        account, character,
        character::Visit,
        directory::{self, Kind},
        hub, throttle, world,
    },
    hub::sockets::connection::Identity,
};
use shardlink_shared::{ErrorCode, limits::MAX_HUBS_TRIED, text::UserName};

const AWAY: &str = "198.51.100.9";

fn damage(realm: &Realm, binding: &'static str, object: String) {
    realm.damaged.borrow_mut().insert((binding, object));
}

fn try_sign_in(realm: &Realm, name: &str, text: &str) -> Result<SignedIn> {
    let name = UserName::parse(name).unwrap();
    realm.run(sign_in(realm, &config(), HOME, &name, Proof::Password(password(text))))
}

/// A wrong sign-in to aria's account.
fn try_from(realm: &Realm, address: &str) -> Option<ErrorCode> {
    let name = UserName::parse("aria").unwrap();
    code(realm.run(sign_in(realm, &config(), address, &name, Proof::Password(password("wrong wrong")))))
}

fn code<T>(result: Result<T>) -> Option<ErrorCode> {
    result.err().map(|refusal| refusal.code)
}

fn damage_throttle(realm: &Realm, key: &str, second: bool) -> String {
    let name = throttle::object_name(throttle::shard(key), second);
    damage(realm, "THROTTLE", name.clone());
    name
}

fn was_addressed(realm: &Realm, object: &str) -> bool {
    realm.addressed.borrow().iter().any(|(_, name)| name == object)
}

/// Where somebody is sent now.
fn placed(realm: &Realm) -> Result<u32> {
    realm.run(place(realm, &config(), None, None))
}

fn ticket_of(realm: &Realm, identity: Identity) -> Result<u32> {
    realm.run(async {
        let found = authenticate(realm, identity, None).await?;
        ticket(realm, &config(), identity, &found).await.map(|(_, hub)| hub)
    })
}

#[test]
fn a_damaged_hub_is_retired_and_players_are_sent_to_the_next() {
    let realm = Realm::new();
    let aria = player(&realm, "aria");
    assert_eq!(ticket_of(&realm, aria), Ok(0));
    damage(&realm, "HUB", hub::object_name(0));
    // It was trusted a moment ago: that lasts a minute, or until a socket finds it damaged.
    assert_eq!(ticket_of(&realm, aria), Ok(0));
    assert_eq!(realm.run(is_usable(&realm, 0)), Ok(false));
    assert_eq!(ticket_of(&realm, aria), Ok(1));
    // Its file may be whole again: the number stays retired.
    realm.damaged.borrow_mut().clear();
    assert_eq!(placed(&realm), Ok(1));
}

#[test]
fn several_damaged_hubs_are_passed_over_at_once_and_very_many_are_overload() {
    let realm = Realm::new();
    let tried = MAX_HUBS_TRIED as u32;
    (0..tried - 1).for_each(|number| damage(&realm, "HUB", hub::object_name(number)));
    assert_eq!(placed(&realm), Ok(tried - 1));
    let realm = Realm::new();
    (0..tried).for_each(|number| damage(&realm, "HUB", hub::object_name(number)));
    assert_eq!(code(placed(&realm)), Some(ErrorCode::Overloaded));
    // What was tried is retired, so the next attempt gets further.
    assert_eq!(placed(&realm), Ok(tried));
}

#[test]
fn who_was_in_a_damaged_hub_is_not_in_the_world_any_more() {
    let realm = Realm::new();
    let aria = player(&realm, "aria");
    let hero = create(&realm, aria, "Nightshade").unwrap();
    let visit = Visit { hub: 0, connection: 5 };
    realm.run(enter(&realm, aria.player, hero, visit)).unwrap();
    realm.stand(hero, visit, true);
    assert_eq!(code(realm.run(delete_character(&realm, aria, hero))), Some(ErrorCode::CharacterOnline));
    damage(&realm, "HUB", hub::object_name(0));
    assert_eq!(realm.run(delete_character(&realm, aria, hero)), Ok(()));
}

#[test]
fn a_damaged_throttle_counts_by_its_second_name_and_is_not_asked_again() {
    let realm = Realm::new();
    player(&realm, "aria");
    let first = damage_throttle(&realm, "name:aria", false);
    realm.addressed.borrow_mut().clear();
    for _ in 0..config().failures_per_name {
        assert_eq!(try_from(&realm, AWAY), Some(ErrorCode::BadCredentials));
    }
    // Sign-ins go on, and they are counted.
    assert!(was_addressed(&realm, &throttle::object_name(throttle::shard("name:aria"), true)));
    assert!(realm.known(|known| known.has_second_name(throttle::shard("name:aria"))));
    // They are counted there even when the first can be read again, or half of the counts would
    // be in each.
    realm.damaged.borrow_mut().clear();
    assert_eq!(try_from(&realm, AWAY), Some(ErrorCode::RateLimited));
    assert!(!was_addressed(&realm, &first));
}

#[test]
fn where_both_of_a_throttles_names_are_damaged_nobody_signs_in_uncounted() {
    let realm = Realm::new();
    player(&realm, "aria");
    damage_throttle(&realm, "name:aria", false);
    damage_throttle(&realm, "name:aria", true);
    let stretched = realm.stretched.get();
    assert_eq!(code(try_sign_in(&realm, "aria", "hunter22")), Some(ErrorCode::Overloaded));
    assert_eq!(try_from(&realm, AWAY), Some(ErrorCode::Overloaded));
    assert_eq!(realm.stretched.get(), stretched, "no password was judged");
}

#[test]
fn a_damaged_account_is_refused_alone_and_in_words() {
    let realm = Realm::new();
    let (aria, bran) = (player(&realm, "aria"), player(&realm, "bran"));
    damage(&realm, "ACCOUNT", account::object_name(aria.player));
    for refusal in [
        try_sign_in(&realm, "aria", "hunter22").unwrap_err(),
        ticket_of(&realm, aria).unwrap_err(),
        create(&realm, aria, "Nightshade").unwrap_err(),
    ] {
        assert_eq!(refusal.code, ErrorCode::StorageCorrupt);
        assert!(refusal.sentence().starts_with("The data of this account is damaged."), "{refusal}");
    }
    assert!(create(&realm, bran, "Bran the Bold").is_ok());
    assert_eq!(ticket_of(&realm, bran), Ok(0));
}

#[test]
fn a_damaged_directory_refuses_its_own_names_alone() {
    let realm = Realm::new();
    let aria = player(&realm, "aria");
    let bran = player(&realm, "bran");
    damage(&realm, "DIRECTORY", directory::object_name(Kind::User, "aria"));
    assert_ne!(directory::object_name(Kind::User, "aria"), directory::object_name(Kind::User, "bran"));
    assert_eq!(code(try_sign_in(&realm, "aria", "hunter22")), Some(ErrorCode::StorageCorrupt));
    assert!(try_sign_in(&realm, "bran", "hunter22").is_ok());
    // A player who is signed in does not need its name.
    assert_eq!(ticket_of(&realm, aria), Ok(0));
    assert_ne!(aria, bran);
}

#[test]
fn a_damaged_character_leaves_the_accounts_others_playable() {
    let realm = Realm::new();
    let aria = player(&realm, "aria");
    let first = create(&realm, aria, "Nightshade").unwrap();
    let second = create(&realm, aria, "Dawn").unwrap();
    damage(&realm, "CHARACTER", character::object_name(first));
    let listed = realm.run(list_characters(&realm, aria)).unwrap();
    assert_eq!(listed.iter().map(|sheet| sheet.id).collect::<Vec<_>>(), [second]);
    let visit = Visit { hub: 0, connection: 5 };
    assert!(realm.run(enter(&realm, aria.player, second, visit)).is_ok());
    assert_eq!(code(realm.run(enter(&realm, aria.player, first, visit))), Some(ErrorCode::StorageCorrupt));
    damage(&realm, "CHARACTER", character::object_name(second));
    assert_eq!(code(realm.run(list_characters(&realm, aria))), Some(ErrorCode::StorageCorrupt));
}

#[test]
fn a_damaged_world_sends_nobody_anywhere_while_accounts_go_on() {
    let realm = Realm::new();
    let aria = player(&realm, "aria");
    damage(&realm, "WORLD", world::object_name());
    let refusal = ticket_of(&realm, aria).unwrap_err();
    assert_eq!(refusal.code, ErrorCode::StorageCorrupt);
    assert!(refusal.sentence().contains("the realm itself"), "{refusal}");
    assert!(try_sign_in(&realm, "aria", "hunter22").is_ok());
    assert!(create(&realm, player(&realm, "bran"), "Nightshade").is_ok());
}
