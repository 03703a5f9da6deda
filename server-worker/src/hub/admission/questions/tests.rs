//! A hub's questions over a realm in memory: who is let in and by what, and what a session
//! may do with characters.

use super::*;
use crate::{
    calls::character::{self, Visit},
    service::{
        SignedIn, authenticate as session_of, log_out,
        realm::Realm,
        refresh, silence,
        tests::{HOME, config, create, player, sign_in_from, user},
    },
};
use shardlink_shared::{
    crypto::token::SessionToken,
    items::starting_goods,
    protocol::bounded::Secret,
    text::CharacterName,
    world::{Class, Faction, Race},
};

const HUB: u32 = 3;
const AWAY: &str = "198.51.100.9";

/// The connection that asks, where it makes no difference which.
const ID: ConnectionId = ConnectionId(5);

fn ask_from(realm: &Realm, address: &str, id: ConnectionId, question: Question) -> Result<Answer> {
    realm.run(question.find_out(realm, &config(), About { hub: HUB, id, address }))
}

fn ask(realm: &Realm, question: Question) -> Result<Answer> {
    ask_from(realm, HOME, ID, question)
}

fn code(answer: Result<Answer>) -> ErrorCode {
    answer.unwrap_err().code
}

fn auth(name: &str, password: Option<&str>, token: Option<&str>) -> Question {
    let secret = |text: &str| Secret::parse(text).unwrap();
    let (password, session_token) = (password.map(secret), token.map(secret));
    Question::Authenticate(AuthRequest { username: user(name), password, session_token })
}

/// Who was admitted, and with what token.
fn admitted(answer: Result<Answer>) -> (Identity, Option<String>) {
    match answer.unwrap() {
        Answer::Admitted { identity, token, .. } => (identity, token),
        other => panic!("{other:?}"),
    }
}

/// The character that entered the world with its player.
fn entered(answer: Result<Answer>) -> Option<CharacterId> {
    match answer.unwrap() {
        Answer::Admitted { entrance, .. } => entrance.map(|entrance| entrance.sheet.id),
        Answer::Entered(entrance) => Some(entrance.sheet.id),
        other => panic!("{other:?}"),
    }
}

fn names(answer: Result<Answer>) -> Vec<String> {
    match answer.unwrap() {
        Answer::Characters(sheets) => sheets.iter().map(|sheet| sheet.name.as_str().to_owned()).collect(),
        other => panic!("{other:?}"),
    }
}

/// Registers, and signs in anew over REST.
fn signed_in(realm: &Realm, name: &str) -> SignedIn {
    player(realm, name);
    sign_in_from(realm, HOME, name, "hunter22").unwrap()
}

/// Where a character is in the world.
fn whereabouts(realm: &Realm, owner: Identity, character: CharacterId) -> Option<Visit> {
    let question = character::Whereabouts { owner: owner.player };
    realm.run(realm.ask(&character::object_name(character), question)).unwrap()
}

/// The objects of a kind that were addressed.
fn addressed(realm: &Realm, kind: &str) -> usize {
    realm.addressed.borrow().iter().filter(|(binding, _)| *binding == kind).count()
}

#[test]
fn a_right_password_begins_a_session_in_this_hub_and_a_wrong_one_ends_none() {
    let realm = Realm::new();
    let before = signed_in(&realm, "aria").identity;
    // Too short to be anybody's: nothing is stretched for it.
    let stretched = realm.stretched.get();
    assert_eq!(code(ask(&realm, auth("aria", Some("x"), None))), ErrorCode::BadCredentials);
    assert_eq!(realm.stretched.get(), stretched);
    for name in ["aria", "nobody"] {
        assert_eq!(code(ask(&realm, auth(name, Some("hunter23"), None))), ErrorCode::BadCredentials, "{name}");
    }
    assert_eq!(realm.stretched.get(), stretched + 2);
    assert!(realm.run(session_of(&realm, before, None)).is_ok(), "a guess signs nobody out");

    let (identity, token) = admitted(ask(&realm, auth("aria", Some("hunter22"), None)));
    assert_eq!(service::identify(&config(), &token.unwrap()), Ok(identity));
    assert_eq!(realm.run(session_of(&realm, identity, None)).unwrap().hub, Some(HUB));
    assert_eq!(code(ask(&realm, Question::Admit(before, None))), ErrorCode::SessionExpired, "the newest is the one");
}

#[test]
fn wrong_passwords_are_counted_against_the_address_that_the_connection_came_from() {
    let realm = Realm::new();
    player(&realm, "aria");
    let guess = |address, password| ask_from(&realm, address, ID, auth("aria", Some(password), None));
    for _ in 0..10 {
        assert_eq!(code(guess(AWAY, "hunter23")), ErrorCode::BadCredentials);
    }
    assert_eq!(code(guess(AWAY, "hunter22")), ErrorCode::RateLimited);
    assert!(guess(HOME, "hunter22").is_ok());
}

#[test]
fn a_token_says_whose_it_is_whatever_name_and_password_come_with_it() {
    let realm = Realm::new();
    let aria = signed_in(&realm, "aria");
    player(&realm, "bran");
    let (stretched, counted) = (realm.stretched.get(), addressed(&realm, "THROTTLE"));
    for (name, password) in
        [("aria", None), ("aria", Some("hunter23")), ("aria", Some("x")), ("bran", Some("hunter22"))]
    {
        let (identity, token) = admitted(ask(&realm, auth(name, password, Some(&aria.token))));
        assert_eq!((identity, token), (aria.identity, None), "{name} {password:?}");
    }
    assert_eq!(
        (realm.stretched.get(), addressed(&realm, "THROTTLE")),
        (stretched, counted),
        "no password is looked at"
    );
}

#[test]
fn a_token_that_was_not_issued_is_refused_whatever_password_comes_with_it_and_nobody_is_asked() {
    let realm = Realm::new();
    let aria = signed_in(&realm, "aria");
    let bran = player(&realm, "bran");
    let forged =
        realm.draw(|entropy| SessionToken::generate(bran.player, entropy)).reveal(b"another server's secret");
    // Another's name under the signature of one's own.
    let altered = format!("{}A{}", &aria.token[..12], &aria.token[13..]);
    assert_ne!(altered, aria.token);
    let before = realm.addressed.borrow().clone();
    for garbage in ["", "hunter22", "s1_", &forged, &altered, &aria.token[1..]] {
        let refused = ask(&realm, auth("aria", Some("hunter22"), Some(garbage)));
        assert_eq!(code(refused), ErrorCode::Unauthenticated, "{garbage}");
    }
    assert_eq!(*realm.addressed.borrow(), before);
    // One that was issued, of a session that is none any more.
    realm.run(log_out(&realm, aria.identity)).unwrap();
    let late = ask(&realm, auth("aria", Some("hunter22"), Some(&aria.token)));
    assert_eq!(code(late), ErrorCode::SessionExpired);
}

#[test]
fn a_name_alone_lets_nobody_in_and_asks_nobody() {
    let realm = Realm::new();
    player(&realm, "aria");
    let before = realm.addressed.borrow().clone();
    assert_eq!(code(ask(&realm, auth("aria", None, None))), ErrorCode::BadCredentials);
    assert_eq!(*realm.addressed.borrow(), before);
}

#[test]
fn who_has_selected_no_character_is_admitted_without_one_and_who_has_comes_in_with_it() {
    let realm = Realm::new();
    let aria = player(&realm, "aria");
    let character = create(&realm, aria, "Nightshade").unwrap();
    assert_eq!(entered(ask(&realm, Question::Admit(aria, None))), None);
    assert_eq!(whereabouts(&realm, aria, character), None);

    assert_eq!(entered(ask(&realm, Question::Select(aria, character))), Some(character));
    assert_eq!(whereabouts(&realm, aria, character), Some(ID.visit(HUB)));
    // On its next connection it need not be selected again, and is there on this visit.
    let next = ConnectionId(6);
    assert_eq!(entered(ask_from(&realm, HOME, next, Question::Admit(aria, None))), Some(character));
    assert_eq!(whereabouts(&realm, aria, character), Some(next.visit(HUB)));
    realm.run(log_out(&realm, aria)).unwrap();
    assert_eq!(code(ask(&realm, Question::Admit(aria, None))), ErrorCode::SessionExpired);
}

#[test]
fn who_may_not_speak_is_admitted_with_that() {
    let realm = Realm::new();
    let aria = player(&realm, "aria");
    let character = create(&realm, aria, "Nightshade").unwrap();
    let until = realm.now() + 60_000;
    realm.run(silence(&realm, character, Some(until))).unwrap();
    let Answer::Admitted { silenced, .. } = ask(&realm, Question::Admit(aria, None)).unwrap() else { panic!() };
    assert_eq!(silenced, Some(until));
}

#[test]
fn a_selection_that_is_refused_changes_nothing_of_who_is_in_the_world() {
    let realm = Realm::new();
    let (aria, bran) = (player(&realm, "aria"), player(&realm, "bran"));
    let (own, others) = (create(&realm, aria, "Nightshade").unwrap(), create(&realm, bran, "Daybreak").unwrap());
    ask(&realm, Question::Select(aria, own)).unwrap();
    let characters = addressed(&realm, "CHARACTER");
    let nobody = CharacterId::new(1 << 46).unwrap();
    for (connection, character) in [(ID, others), (ConnectionId(6), others), (ID, nobody)] {
        let refused = ask_from(&realm, HOME, connection, Question::Select(aria, character));
        assert_eq!(code(refused), ErrorCode::NotYourCharacter, "{character}");
    }
    assert_eq!(addressed(&realm, "CHARACTER"), characters, "who is nobody does not come to be by a name");
    assert_eq!(whereabouts(&realm, aria, own), Some(ID.visit(HUB)), "the one before is still there");
    assert_eq!(whereabouts(&realm, bran, others), None);
    assert_eq!(realm.run(session_of(&realm, aria, None)).unwrap().character, Some(own));
    assert_eq!(realm.run(session_of(&realm, bran, None)).unwrap().character, None);
}

fn making(name: &str, class: Class) -> CharacterCreate {
    let name = CharacterName::parse(name).unwrap();
    CharacterCreate { name, race: Race::Elf, class, faction: Faction::MoonlitCircle }
}

#[test]
fn a_character_is_made_as_it_was_asked_for_and_is_listed_until_it_is_deleted() {
    let realm = Realm::new();
    let (aria, bran) = (player(&realm, "aria"), player(&realm, "bran"));
    assert_eq!(names(ask(&realm, Question::List(aria))), [""; 0]);
    let created = ask(&realm, Question::Create(aria, making("Nightshade", Class::Rogue))).unwrap();
    let Answer::Created(first) = created else { panic!("{created:?}") };
    assert_eq!((first.name.as_str(), first.race, first.class), ("Nightshade", Race::Elf, Class::Rogue));
    assert_eq!(first.faction, Faction::MoonlitCircle);
    assert_eq!(ask(&realm, Question::List(aria)), Ok(Answer::Characters(vec![*first.clone()])));

    let refused = ask(&realm, Question::Create(bran, making("nightshade", Class::Rogue))).unwrap_err();
    assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::NameTaken, Some("name")));
    ask(&realm, Question::Create(aria, making("Daybreak", Class::Paladin))).unwrap();
    assert_eq!(names(ask(&realm, Question::List(aria))), ["Nightshade", "Daybreak"]);
    assert_eq!(names(ask(&realm, Question::List(bran))), [""; 0]);

    assert_eq!(names(ask(&realm, Question::Delete(aria, first.id))), ["Daybreak"]);
    assert_eq!(names(ask(&realm, Question::List(aria))), ["Daybreak"]);
    assert_eq!(code(ask(&realm, Question::Delete(aria, first.id))), ErrorCode::NotYourCharacter);
    ask(&realm, Question::Create(bran, making("nightshade", Class::Rogue))).unwrap();
}

#[test]
fn a_deletion_that_is_refused_deletes_nothing() {
    let realm = Realm::new();
    let (aria, bran) = (player(&realm, "aria"), player(&realm, "bran"));
    let (own, others) = (create(&realm, aria, "Nightshade").unwrap(), create(&realm, bran, "Daybreak").unwrap());
    ask(&realm, Question::Select(aria, own)).unwrap();
    assert_eq!(code(ask(&realm, Question::Delete(aria, own))), ErrorCode::CharacterOnline);
    assert_eq!(code(ask(&realm, Question::Delete(aria, others))), ErrorCode::NotYourCharacter);
    realm.settle();
    assert_eq!(names(ask(&realm, Question::List(aria))), ["Nightshade"]);
    assert_eq!(names(ask(&realm, Question::List(bran))), ["Daybreak"]);
    assert_eq!(whereabouts(&realm, aria, own), Some(ID.visit(HUB)));
}

#[test]
fn what_a_character_holds_is_told_to_its_own_player_alone() {
    let realm = Realm::new();
    let (aria, bran) = (player(&realm, "aria"), player(&realm, "bran"));
    let Answer::Created(made) = ask(&realm, Question::Create(aria, making("Nightshade", Class::Rogue))).unwrap()
    else {
        panic!()
    };
    let Answer::Inventory(held) = ask(&realm, Question::Inventory(aria, made.id)).unwrap() else { panic!() };
    let held: Vec<_> = held.items.iter().map(|item| (item.item_id, item.quantity, item.equipped)).collect();
    let goods = starting_goods(Class::Rogue);
    assert_eq!(held, goods.iter().map(|stack| (stack.item, stack.quantity, stack.equipped)).collect::<Vec<_>>());

    assert_eq!(code(ask(&realm, Question::Inventory(bran, made.id))), ErrorCode::NotYourCharacter);
    // Nor by a session that is none any more.
    realm.run(log_out(&realm, aria)).unwrap();
    assert_eq!(code(ask(&realm, Question::Inventory(aria, made.id))), ErrorCode::SessionExpired);
}

#[test]
fn a_session_stands_in_the_hub_that_has_its_socket_by_its_newest_name_until_it_ends() {
    let realm = Realm::new();
    let aria = signed_in(&realm, "aria").identity;
    let stands = |identity| ask(&realm, Question::Stands(identity));
    assert_eq!(code(stands(aria)), ErrorCode::SignedInElsewhere, "it was never here");
    ask(&realm, Question::Admit(aria, None)).unwrap();
    assert_eq!(stands(aria), Ok(Answer::Stands(Standing { session: aria.session, silenced: None })));
    let elsewhere = About { hub: HUB + 1, id: ID, address: HOME };
    let refused = realm.run(Question::Stands(aria).find_out(&realm, &config(), elsewhere));
    assert_eq!(code(refused), ErrorCode::SignedInElsewhere);
    assert!(stands(aria).is_ok(), "to have been asked about elsewhere moves it nowhere");

    let renewed = realm.run(refresh(&realm, &config(), aria)).unwrap().identity;
    assert_eq!(stands(renewed), Ok(Answer::Stands(Standing { session: renewed.session, silenced: None })));
    realm.run(log_out(&realm, renewed)).unwrap();
    for name in [aria, renewed] {
        assert_eq!(code(stands(name)), ErrorCode::SessionExpired);
    }
}
