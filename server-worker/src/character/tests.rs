//! A character's owner, its visits, its parties.

use super::*;
use crate::effect::Errands;
use shardlink_shared::{
    entropy::Seeded,
    ids::PartyId,
    rules::character::roll_stats,
    sheet::Sheet,
    world::{Class, Faction, NEXUS, Race},
};

fn owner() -> PlayerId {
    PlayerId::new(1 << 40).unwrap()
}

fn visit(connection: u64) -> Visit {
    Visit { hub: 0, connection }
}

fn created() -> Character {
    let stats = roll_stats(Race::Elf, Class::Rogue, &mut Seeded::new(1));
    let id = CharacterId::new(1 << 41).unwrap();
    let name = CharacterName::parse("Aria").unwrap();
    let sheet = Sheet::new(id, name, Race::Elf, Class::Rogue, Faction::Shadowborn, stats, Millis(0));
    let mut character = Character::default();
    at(0, |context| character.create(context, Create { owner: owner(), sheet })).0.unwrap();
    character
}

fn at<T>(now: u64, decide: impl FnOnce(Change<'_, '_>) -> T) -> (T, Vec<Write>) {
    let mut entropy = Seeded::new(now);
    let mut context = Context::new(Millis(now), &mut entropy);
    let decided = decide(&mut context);
    (decided, context.writes)
}

#[test]
fn a_character_is_read_and_entered_by_its_owner_alone() {
    let mut character = created();
    let stranger = PlayerId::new(5).unwrap();
    assert!(character.owned_by(owner()).is_ok());
    assert_eq!(character.owned_by(stranger).unwrap_err().code, ErrorCode::NotYourCharacter);
    let (refused, writes) = at(1, |c| character.enter(c, &Enter { owner: stranger, visit: visit(1) }));
    assert_eq!((refused.unwrap_err().code, writes.len()), (ErrorCode::NotYourCharacter, 0));
}

#[test]
fn the_newest_visit_wins_and_an_older_ones_word_changes_nothing() {
    let mut character = created();
    at(1, |c| character.enter(c, &Enter { owner: owner(), visit: visit(1) })).0.unwrap();
    at(2, |c| character.enter(c, &Enter { owner: owner(), visit: visit(2) })).0.unwrap();
    let elsewhere = LocationId::new(5).unwrap();
    let ((), writes) = at(3, |c| character.leave(c, &Leave { visit: visit(1), location: elsewhere }));
    assert_eq!(writes, []);
    let ((), writes) = at(4, |c| character.leave(c, &Leave { visit: visit(2), location: elsewhere }));
    assert_eq!(writes.len(), 2);
    assert_eq!(character.owned_by(owner()).unwrap().sheet.location_id, elsewhere);
}

#[test]
fn it_starts_with_three_potions_and_the_weapon_of_its_class() {
    let character = created();
    let inventory = character.inventory(&GetInventory { owner: owner() }).unwrap();
    let held: Vec<_> = inventory.items.iter().map(|item| (item.name.as_str(), item.quantity)).collect();
    assert_eq!(held, [("Healing Potion", 3), ("Twin Daggers", 1)]);
    assert_eq!(inventory.souls, 0);
    let stranger = GetInventory { owner: PlayerId::new(5).unwrap() };
    assert_eq!(character.inventory(&stranger).unwrap_err().code, ErrorCode::NotYourCharacter);
}

#[test]
fn one_that_its_account_does_not_list_vanishes_and_one_that_it_lists_stays() {
    let due = Millis(CLAIM_SETTLES_AFTER);
    let mut character = created();
    assert_eq!((character.next_deadline(), character.unsettled(due - 1).is_some()), (Some(due), false));
    at(due.0, |c| character.settle(c, Settlement::Wait));
    assert_eq!(character.next_deadline(), Some(due + CLAIM_SETTLES_AFTER));
    at(2 * due.0, |c| character.settle(c, Settlement::Keep));
    assert_eq!(character.next_deadline(), None);
    at(3 * due.0, |c| character.settle(c, Settlement::Release));
    assert!(character.owned_by(owner()).is_ok());
    let mut orphan = created();
    at(due.0, |c| orphan.settle(c, Settlement::Release));
    assert_eq!(orphan, Character::default());
}

#[test]
fn it_goes_with_its_account_even_while_online() {
    let mut character = created();
    at(1, |c| character.enter(c, &Enter { owner: owner(), visit: visit(1) })).0.unwrap();
    at(2, |c| character.delete(c, &Delete { owner: owner(), even_online: true })).0.unwrap();
    assert_eq!(character, Character::default());
}

#[test]
fn it_cannot_be_deleted_while_online() {
    let mut character = created();
    at(1, |c| character.enter(c, &Enter { owner: owner(), visit: visit(1) })).0.unwrap();
    let delete = Delete { owner: owner(), even_online: false };
    let (refused, writes) = at(149_999, |c| character.delete(c, &delete));
    assert_eq!((refused.unwrap_err().code, writes.len()), (ErrorCode::CharacterOnline, 0));
    assert_eq!(character.whereabouts(&Whereabouts { owner: owner() }), Ok(Some(visit(1))));
    at(150_000, |c| character.leave(c, &Leave { visit: visit(1), location: NEXUS }));
    assert!(at(150_001, |c| character.delete(c, &delete)).0.is_ok());
    // Repeated calls are no errors.
    assert!(at(150_002, |c| character.delete(c, &delete)).0.is_ok());
    assert_eq!(character, Character::default());
}

#[test]
fn a_deleted_character_is_finished_once_its_party_knows() {
    let mut character = created();
    assert!(!character.is_finished(Millis(1)));
    let claim = Claim { owner: owner(), party: PartyId::new(9).unwrap(), key: 7 };
    at(1, |c| character.claim(c, &claim)).0.unwrap();
    at(2, |c| character.delete(c, &Delete { owner: owner(), even_online: true })).0.unwrap();
    assert!(!character.is_finished(Millis(2)));
    for errand in character.take_errands(Millis(2)) {
        at(3, |c| character.finish(c, errand, Ok(true)));
    }
    assert!(character.is_finished(Millis(3)) && Character::default().is_finished(Millis(3)));
}

#[test]
fn an_invitation_is_counted_once_however_often_its_request_comes_and_a_clock_set_back_locks_nobody_out() {
    let mut character = created();
    let party = PartyId::new(1 << 42).unwrap();
    let begin = |key| BeginInvite { owner: owner(), party, key };
    let early = at(0, |c| character.begin_invite(c, &begin(1))).0;
    assert_eq!(early.unwrap_err().code, ErrorCode::NotInParty);
    at(0, |c| character.claim(c, &Claim { owner: owner(), party, key: 9 })).0.unwrap();
    let now = 10_000_000;
    let mut invite = |now, key| at(now, |c| character.begin_invite(c, &begin(key))).0.is_ok();
    assert!((0..50).all(|_| invite(now, 7)));
    assert_eq!((100..150).filter(|key| invite(now, *key)).count(), 9);
    assert!(!invite(now + 5_999, 200) && invite(now + 6_000, 201) && !invite(now + 6_000, 202));
    assert_eq!((300..350).filter(|key| invite(now - 3_600_000, *key)).count(), 10);
}

#[test]
fn a_row_from_before_invitations_were_counted_is_read() {
    let row = r#"{"seat":null,"settles_at":null,"invited":[],"muted":[]}"#;
    assert_eq!(serde_json::from_str::<Social>(row).unwrap(), Default::default());
}
