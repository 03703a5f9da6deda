//! Flows over several objects, whole and cut off at every step.

use super::{
    realm::{Cut, Realm},
    *,
};
use crate::systems::party::{PartyAnswer, PartyRequest, party_request, view};
use crate::{
    calls::{
        account,
        character::{self, Visit},
        directory::{self, Kind},
    },
    config::Config,
    hub::sockets::connection::Identity,
    network::Network,
    text::names::character_keys,
};
use shardlink_shared::{
    ErrorCode,
    crypto::{
        scram::ClientFirst,
        token::{Ticket, Voucher},
    },
    ids::{CharacterId, PlayerId},
    limits::{BUDGET_WINDOW, PARTIES_PER_DAY, SESSION_IDLE},
    protocol::character::CharacterCreate,
    rules::character::roll_stats,
    sheet::Sheet,
    text::{CharacterName, UserName},
    world::{Class, Faction, NEXUS, Race},
};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const HOME: &str = "203.0.113.7";
const AWAY: &str = "198.51.100.9";

pub(crate) fn config() -> Config {
    let secret = |name: &str| (name == "SERVER_SECRET").then(|| "0123456789abcdef0123456789abcdef".to_owned());
    Config::read(secret).unwrap()
}

pub(crate) fn user(name: &str) -> UserName {
    UserName::parse(name).unwrap()
}

pub(crate) fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

pub(crate) fn sign_in_from(realm: &Realm, address: &str, name: &str, text: &str) -> Result<SignedIn> {
    realm.run(sign_in(realm, &config(), address, &user(name), Proof::Password(password(text))))
}

/// Registers and signs in.
pub(crate) fn player(realm: &Realm, name: &str) -> Identity {
    realm.run(register(realm, &config(), HOME, user(name), &password("hunter22"))).unwrap();
    sign_in_from(realm, HOME, name, "hunter22").unwrap().identity
}

fn hero(name: &str) -> CharacterCreate {
    CharacterCreate {
        name: CharacterName::parse(name).unwrap(),
        race: Race::Elf,
        class: Class::Ranger,
        faction: Faction::MoonlitCircle,
    }
}

pub(crate) fn create(realm: &Realm, identity: Identity, name: &str) -> Result<CharacterId> {
    realm.run(create_character(realm, identity, hero(name))).map(|sheet| sheet.id)
}

fn names_of(realm: &Realm, identity: Identity) -> Vec<String> {
    let sheets = realm.run(list_characters(realm, identity)).unwrap();
    sheets.into_iter().map(|sheet| sheet.name.as_str().to_owned()).collect()
}

/// Asserts, after everything has settled, that every name of a character belongs to one that
/// exists and that its account lists, and that every one that is listed has its name.
fn assert_names_agree(realm: &Realm, who: &[Identity], what: &str) {
    let (mut listed, mut ids) = (BTreeMap::new(), BTreeSet::new());
    for identity in who {
        for sheet in realm.run(list_characters(realm, *identity)).unwrap() {
            listed.extend(character_keys(&sheet.name).into_iter().map(|key| (key, sheet.id.get())));
            ids.insert(sheet.id.to_string());
        }
    }
    let names = realm.names.0.borrow();
    let held: BTreeMap<String, u64> = names
        .values()
        .filter(|entry| entry.kind == Kind::Character)
        .inspect(|entry| assert_eq!(entry.settles_at, None, "{what}: {} is still open", entry.key))
        .map(|entry| (entry.key.clone(), entry.id))
        .collect();
    assert_eq!(held, listed, "{what}");
    let characters = realm.characters.borrow();
    let existing = characters.iter().filter(|(_, one)| **one != Default::default()).map(|(id, _)| id.clone());
    assert_eq!(existing.collect::<BTreeSet<_>>(), ids, "{what}: records and lists");
}

/// Runs a flow cut off before and after each of its calls, in a new realm each time.
pub(crate) fn at_every_cut(mut scenario: impl FnMut(Cut, &str) -> bool) {
    for cut in [Cut::Before as fn(u32) -> Cut, Cut::After] {
        let steps = (0..).take_while(|step| {
            let what = format!("{:?}", cut(*step));
            scenario(cut(*step), &what)
        });
        assert!(steps.count() >= 3, "a flow of several calls");
    }
}

#[test]
fn a_creation_cut_off_anywhere_leaves_a_name_with_one_or_nobody() {
    at_every_cut(|cut, what| {
        let realm = Realm::new();
        let (aria, bran) = (player(&realm, "aria"), player(&realm, "bran"));
        realm.cut.set(cut);
        let made = create(&realm, aria, "Nightshade");
        // Somebody else wants the name at once: there are never two who have it.
        realm.cut.set(Cut::Never);
        let rival = create(&realm, bran, "nightshade");
        assert!(made.is_err() || rival.is_err(), "{what}");
        realm.settle();
        assert_names_agree(&realm, &[aria, bran], what);
        if made.is_ok() {
            assert_eq!(names_of(&realm, aria), ["Nightshade"], "{what}: it was acknowledged");
        }
        // Whatever was left, the name belongs to somebody or can be had.
        let all = [names_of(&realm, aria), names_of(&realm, bran)].concat();
        match all.len() {
            0 => drop(create(&realm, bran, "Nightshade").unwrap()),
            1 => assert_eq!(create(&realm, bran, "Nightshade").unwrap_err().code, ErrorCode::NameTaken, "{what}"),
            _ => panic!("{what}: {all:?}"),
        }
        made.is_err()
    });
}

#[test]
fn of_names_that_are_drawn_alike_one_is_given_and_all_are_free_again_with_it() {
    at_every_cut(|cut, what| {
        let realm = Realm::new();
        let (aria, bran) = (player(&realm, "aria"), player(&realm, "bran"));
        realm.cut.set(cut);
        let made = create(&realm, aria, "Illya");
        realm.cut.set(Cut::Never);
        realm.settle();
        for name in ["lllya", "1llya"] {
            match create(&realm, bran, name).map_err(|refusal| refusal.code) {
                Err(code) => assert_eq!(code, ErrorCode::NameTaken, "{what}: {name}"),
                Ok(id) => {
                    assert!(made.is_err(), "{what}: {name}");
                    realm.run(delete_character(&realm, bran, id)).unwrap();
                }
            }
            // A rival that is refused keeps nothing of what it claimed before that.
            assert_names_agree(&realm, &[aria, bran], what);
        }
        if let Ok(id) = made {
            realm.run(delete_character(&realm, aria, id)).unwrap();
            create(&realm, bran, "1llya").unwrap();
            assert_names_agree(&realm, &[aria, bran], what);
        }
        made.is_err()
    });
}

#[test]
fn new_names_of_users_and_characters_are_judged_and_the_field_is_named() {
    let realm = Realm::new();
    let aria = player(&realm, "aria");
    for (name, code) in [
        ("Admin1", ErrorCode::NameReserved),
        ("G0lden-Order", ErrorCode::NameReserved),
        ("---", ErrorCode::InvalidField),
    ] {
        let judged = |field, refusal: Refusal| {
            assert_eq!((refusal.code, refusal.field.as_deref()), (code, Some(field)), "{name}");
        };
        judged("name", create(&realm, aria, name).unwrap_err());
        let plain = realm.run(register(&realm, &config(), HOME, user(name), &password("hunter22")));
        judged("username", plain.unwrap_err());
        let verifier = realm
            .run(realm.stretch(
                Asker { network: Network::of(HOME), account: "aria".into() },
                &password("hunter22"),
                [7; 16],
            ))
            .unwrap();
        let stretched = realm.run(register_verifier(&realm, &config(), HOME, user(name), verifier));
        judged("username", stretched.unwrap_err());
    }
    assert_eq!(names_of(&realm, aria), [""; 0]);
}

#[test]
fn names_from_before_the_rule_sign_in_and_are_found_played_and_deleted() {
    let realm = Realm::new();
    let enter_name = |kind: Kind, key: String, id: u64, owner| {
        let record = directory::Record { kind, key: key.clone(), id, owner };
        realm.run(realm.ask(&directory::object_name(kind, &key), record)).unwrap();
    };
    // As an account and a character were made then: entered by their own keys alone.
    let owner = PlayerId::new(1 << 41).unwrap();
    let verifier = realm
        .run(realm.stretch(
            Asker { network: Network::of(HOME), account: "aria".into() },
            &password("hunter22"),
            [7; 16],
        ))
        .unwrap();
    let account = account::object_name(owner);
    let make = account::Create { player: owner, username: user("Admin1"), verifier };
    realm.run(realm.ask(&account, make)).unwrap();
    enter_name(Kind::User, "admin1".to_owned(), owner.get(), owner);
    let old = sign_in_from(&realm, HOME, "ADMIN1", "hunter22").unwrap();
    assert_eq!(old.username, user("Admin1"));

    let name = CharacterName::parse("'I'").unwrap();
    let reserve = account::ReserveCharacter { session: old.identity.session, name: name.clone() };
    let id = realm.run(realm.ask(&account, reserve)).unwrap();
    let stats = realm.draw(|entropy| roll_stats(Race::Elf, Class::Rogue, entropy));
    let sheet = Sheet::new(id, name.clone(), Race::Elf, Class::Rogue, Faction::GoldenOrder, stats, realm.now());
    realm.run(realm.ask(&character::object_name(id), character::Create { owner, sheet })).unwrap();
    realm.run(realm.ask(&account, account::CommitCharacter { character: id })).unwrap();
    enter_name(Kind::Character, "'i'".to_owned(), id.get(), owner);
    enter_name(Kind::CharacterId, id.to_string(), id.get(), owner);

    realm.settle();
    assert_eq!(names_of(&realm, old.identity), ["'I'"]);
    assert_eq!(realm.run(find_by_name(&realm, &name)), Ok(id));
    realm.run(select_character(&realm, old.identity, id)).unwrap();
    realm.run(enter(&realm, owner, id, Visit { hub: 0, connection: 1 })).unwrap();
    let leave = character::Leave { visit: Visit { hub: 0, connection: 1 }, location: NEXUS };
    realm.run(realm.ask(&character::object_name(id), leave)).unwrap();
    realm.run(delete_character(&realm, old.identity, id)).unwrap();
    assert_names_agree(&realm, &[old.identity], "at the end");
}

#[test]
fn a_deletion_cut_off_anywhere_is_finished_or_never_happened() {
    at_every_cut(|cut, what| {
        let realm = Realm::new();
        let aria = player(&realm, "aria");
        let id = create(&realm, aria, "Nightshade").unwrap();
        create(&realm, aria, "Daybreak").unwrap();
        realm.cut.set(cut);
        let deleted = realm.run(delete_character(&realm, aria, id));
        realm.settle();
        assert_names_agree(&realm, &[aria], what);
        if deleted.is_ok() {
            assert_eq!(names_of(&realm, aria), ["Daybreak"], "{what}");
        }
        deleted.is_err()
    });
}

#[test]
fn a_registration_cut_off_anywhere_leaves_the_name_to_one_or_to_whoever_comes_next() {
    at_every_cut(|cut, what| {
        let realm = Realm::new();
        realm.cut.set(cut);
        let made = realm.run(register(&realm, &config(), HOME, user("aria"), &password("hunter22")));
        realm.settle();
        let again = realm.run(register(&realm, &config(), HOME, user("Aria"), &password("hunter23")));
        let signed_in = |text| sign_in_from(&realm, HOME, "aria", text).is_ok();
        // Exactly one of the two passwords opens the account.
        assert_eq!((signed_in("hunter22"), signed_in("hunter23")), (again.is_err(), again.is_ok()), "{what}");
        assert!(made.is_err() || again.is_err(), "{what}: it was acknowledged");
        made.is_err()
    });
}

#[test]
fn an_account_whose_deletion_was_cut_off_anywhere_is_gone_with_all_that_was_its() {
    at_every_cut(|cut, what| {
        let realm = Realm::new();
        let (aria, bran) = (player(&realm, "aria"), player(&realm, "bran"));
        create(&realm, aria, "Nightshade").unwrap();
        create(&realm, aria, "Daybreak").unwrap();
        create(&realm, bran, "Bran").unwrap();
        realm.cut.set(cut);
        let proof = Proof::Password(password("hunter22"));
        let deleted = realm.run(delete_account(&realm, &config(), HOME, aria, proof));
        let cut_off = realm.cut.get() == Cut::Before(0);
        realm.settle();
        let begun = realm.run(authenticate(&realm, aria, None)).is_err();
        assert!(begun || deleted.is_err(), "{what}");
        if begun {
            assert_names_agree(&realm, &[bran], what);
            assert!(sign_in_from(&realm, HOME, "aria", "hunter22").is_err(), "{what}");
            // Its names are free, and nothing of it is inherited.
            let again = player(&realm, "Aria");
            assert_eq!(names_of(&realm, again), [""; 0], "{what}");
            create(&realm, again, "Nightshade").unwrap();
        } else {
            assert_names_agree(&realm, &[aria, bran], what);
        }
        cut_off
    });
}

/// A session whose socket a hub holds.
fn in_hub(realm: &Realm, identity: Identity, hub: u32) {
    realm.run(admit(realm, identity, Visit { hub, connection: 5 }, None)).unwrap();
    realm.sockets.borrow_mut().insert((hub, identity.session));
}

/// Asserts that after all letters are delivered no hub holds a socket of a session that REST
/// refuses, nor one by another name.
fn assert_sockets_are_good(realm: &Realm, player: PlayerId, what: &str) {
    for (hub, session) in realm.sockets.borrow().iter() {
        let found = realm.run(authenticate(realm, Identity { session: *session, player }, None));
        assert!(found.is_ok(), "{what}: hub {hub} holds what REST refuses");
        assert_eq!(found.unwrap().hub, Some(*hub), "{what}");
    }
    let waiting = realm.accounts.borrow().values().map(|account| account.waiting().count()).sum::<usize>();
    assert_eq!(waiting, 0, "{what}: there is still something to tell");
}

#[test]
fn a_session_that_ends_or_is_renewed_with_a_crash_anywhere_leaves_no_socket_that_rest_refuses() {
    type End = fn(&Realm, Identity) -> bool;
    let ends: [(&str, End); 6] = [
        ("a logout", |realm, aria| realm.run(log_out(realm, aria)).is_ok()),
        ("a sign-in elsewhere", |realm, _| sign_in_from(realm, AWAY, "aria", "hunter22").is_ok()),
        ("a renewal", |realm, aria| realm.run(refresh(realm, &config(), aria)).is_ok()),
        ("a logout after a renewal", |realm, aria| {
            // This holds whether or not its hub has heard of the renewal.
            let Ok(renewed) = realm.run(refresh(realm, &config(), aria)) else { return false };
            realm.run(log_out(realm, renewed.identity)).is_ok()
        }),
        ("a deletion", |realm, aria| {
            let proof = Proof::Password(password("hunter22"));
            realm.run(delete_account(realm, &config(), HOME, aria, proof)).is_ok()
        }),
        ("a socket elsewhere", |realm, aria| {
            realm.run(admit(realm, aria, Visit { hub: 4, connection: 6 }, None)).is_ok()
        }),
    ];
    for (name, end) in ends {
        for cut in [Cut::Before as fn(u32) -> Cut, Cut::After] {
            for step in 0.. {
                let realm = Realm::new();
                let aria = player(&realm, "aria");
                in_hub(&realm, aria, 3);
                realm.cut.set(cut(step));
                let done = end(&realm, aria);
                let is_cut = realm.cut.get() == Cut::Before(0);
                if done && !is_cut && name != "a renewal" {
                    assert_eq!(realm.sockets.borrow().len(), 0, "{name}: it is answered when the socket is closed");
                }
                realm.settle();
                assert_sockets_are_good(&realm, aria.player, &format!("{name} {:?}", cut(step)));
                if !is_cut {
                    assert!(step >= 2, "{name}: the account and its hub are asked at least");
                    break;
                }
            }
        }
    }
}

#[test]
fn the_socket_of_a_session_that_ends_for_want_of_use_is_closed_by_the_alarm() {
    let realm = Realm::new();
    let aria = player(&realm, "aria");
    in_hub(&realm, aria, 3);
    realm.now.set(realm.now.get() + SESSION_IDLE);
    realm.settle();
    assert!(realm.sockets.borrow().is_empty());
    assert!(realm.hub_calls.borrow().iter().any(|call| call.contains("SESSION_EXPIRED")));
}

#[test]
fn what_is_deleted_gives_its_storage_back_and_is_answered_for_as_what_never_was() {
    let realm = Realm::new();
    let aria = player(&realm, "aria");
    let id = create(&realm, aria, "Nightshade").unwrap();
    let actor = Actor { owner: aria.player, character: id };
    let visit = Visit { hub: 2, connection: 7 };
    realm.run(enter(&realm, aria.player, id, visit)).unwrap();
    let Ok(PartyAnswer::Update(party)) = realm.run(party_request(&realm, 4, actor, PartyRequest::Create(None)))
    else {
        panic!()
    };
    realm.run(party_request(&realm, 4, actor, PartyRequest::Disband(party.party_id))).unwrap();
    realm.hub_holds.set(false);
    realm.run(delete_character(&realm, aria, id)).unwrap();
    realm.settle();
    assert_eq!((realm.characters.borrow().len(), realm.parties.borrow().len()), (0, 0));
    let gone = [
        realm.run(sheet(&realm, aria.player, id)).map(drop),
        realm.run(view(&realm, id, party.party_id)).map(drop),
        realm.run(delete_character(&realm, aria, id)),
    ];
    let codes = gone.map(|one| one.unwrap_err().code);
    assert_eq!(codes, [ErrorCode::NotYourCharacter, ErrorCode::NotFound, ErrorCode::NotYourCharacter]);
    let proof = Proof::Password(password("hunter22"));
    realm.run(delete_account(&realm, &config(), HOME, aria, proof)).unwrap();
    realm.settle();
    assert_eq!(realm.accounts.borrow().len(), 0);
    assert_eq!(realm.run(authenticate(&realm, aria, None)).unwrap_err().code, ErrorCode::SessionExpired);
    assert_eq!((realm.characters.borrow().len(), realm.parties.borrow().len()), (0, 0), "nor does asking make one");
}

#[test]
fn more_parties_than_a_day_allows_are_refused_and_leave_no_seat() {
    let realm = Realm::new();
    let aria = player(&realm, "aria");
    let actor = Actor { owner: aria.player, character: create(&realm, aria, "Nightshade").unwrap() };
    let ask = |request| realm.run(party_request(&realm, 4, actor, request));
    for _ in 0..PARTIES_PER_DAY {
        let Ok(PartyAnswer::Update(party)) = ask(PartyRequest::Create(None)) else { panic!() };
        ask(PartyRequest::Leave(party.party_id)).unwrap();
    }
    let before = realm.addressed.borrow().len();
    let refused = ask(PartyRequest::Create(None)).unwrap_err();
    assert_eq!((refused.code, refused.retry_after.is_some()), (ErrorCode::RateLimited, true));
    assert_eq!(realm.addressed.borrow().len(), before, "no object is made");
    realm.now.set(realm.now.get() + BUDGET_WINDOW);
    ask(PartyRequest::Create(None)).unwrap();
}

#[test]
fn a_character_that_was_committed_too_late_leaves_nothing_behind() {
    let realm = Realm::new();
    let aria = player(&realm, "aria");
    // The slot is reserved, the name claimed, and then the creator sleeps.
    realm.cut.set(Cut::Before(2));
    assert!(create(&realm, aria, "Nightshade").is_err());
    realm.settle();
    // It wakes up and makes the character that nobody lists any more.
    let late = realm.addressed.borrow().iter().find(|(binding, _)| *binding == "CHARACTER").cloned();
    assert_eq!(names_of(&realm, aria), [""; 0]);
    if let Some((_, id)) = late {
        let id: CharacterId = id.parse().unwrap();
        let stats =
            realm.draw(|entropy| shardlink_shared::rules::character::roll_stats(Race::Elf, Class::Rogue, entropy));
        let name = CharacterName::parse("Nightshade").unwrap();
        let sheet = shardlink_shared::sheet::Sheet::new(
            id,
            name,
            Race::Elf,
            Class::Rogue,
            Faction::GoldenOrder,
            stats,
            realm.now(),
        );
        let create = crate::calls::character::Create { owner: aria.player, sheet };
        realm.run(realm.ask(&crate::calls::character::object_name(id), create)).unwrap();
    }
    realm.settle();
    assert_names_agree(&realm, &[aria], "a late creator");
}

#[test]
fn an_unknown_name_costs_the_same_work_and_gets_the_same_answer_as_a_known_one() {
    let realm = Realm::new();
    player(&realm, "aria");
    let work = |name| {
        let before = (realm.stretched.get(), realm.addressed.borrow().len());
        let refusal = sign_in_from(&realm, AWAY, name, "not the password").unwrap_err();
        (refusal, realm.stretched.get() - before.0)
    };
    let (known, unknown) = (work("aria"), work("nobody"));
    assert_eq!((known.0.code, known.1), (ErrorCode::BadCredentials, 1));
    assert_eq!(known, unknown);
}

#[test]
fn a_name_that_is_throttled_is_spared_for_the_addresses_its_owner_signed_in_from() {
    let realm = Realm::new();
    player(&realm, "aria");
    for name in ["aria", "nobody"] {
        for _ in 0..10 {
            assert_eq!(sign_in_from(&realm, AWAY, name, "wrong one").unwrap_err().code, ErrorCode::BadCredentials);
        }
        assert_eq!(sign_in_from(&realm, AWAY, name, "hunter22").unwrap_err().code, ErrorCode::RateLimited);
    }
    assert!(sign_in_from(&realm, HOME, "aria", "hunter22").is_ok());
    // A month later its owner's home is as strange as any other.
    realm.now.set(realm.now.get() + 31 * 24 * 3_600_000);
    for _ in 0..10 {
        let _ = sign_in_from(&realm, AWAY, "aria", "wrong one");
    }
    assert_eq!(sign_in_from(&realm, HOME, "aria", "hunter22").unwrap_err().code, ErrorCode::RateLimited);
}

#[test]
fn scanning_names_and_ids_addresses_no_object_that_they_name() {
    let realm = Realm::new();
    let aria = player(&realm, "aria");
    let before = realm.addressed.borrow().clone();
    for n in 1..10_000_u64 {
        let id = CharacterId::new(n << 20).unwrap();
        let refused = [
            realm.run(inventory(&realm, aria, id)).map(drop),
            realm.run(select_character(&realm, aria, id)).map(drop),
            realm.run(delete_character(&realm, aria, id)),
        ];
        assert!(refused.iter().all(|one| one.as_ref().is_err_and(|it| it.code == ErrorCode::NotYourCharacter)));
        let first = ClientFirst::parse(&format!("n,,n=scan{n},r=abc")).unwrap();
        realm.run(start_scram(&realm, &config(), &first)).unwrap();
        let address = format!("10.{}.{}.1", n >> 8, n & 255);
        assert!(sign_in_from(&realm, &address, &format!("scan{n}"), "hunter22").is_err());
    }
    let made: Vec<_> = realm.addressed.borrow().difference(&before).map(|(binding, _)| *binding).collect();
    assert!(made.iter().all(|binding| ["DIRECTORY", "THROTTLE"].contains(binding)), "{made:?}");
    assert!(made.len() <= 128, "two fixed sets of 64: {}", made.len());
}

#[test]
fn a_renewed_session_keeps_its_socket_and_a_changed_password_its_session() {
    let realm = Realm::new();
    let aria = player(&realm, "aria");
    realm.run(authenticate(&realm, aria, Some(3))).unwrap();
    let renewed = realm.run(refresh(&realm, &config(), aria)).unwrap();
    assert_eq!(realm.run(authenticate(&realm, aria, None)).unwrap_err().code, ErrorCode::SessionExpired);
    assert!(realm.hub_calls.borrow().iter().any(|call| call.contains("RenewSession")));
    let aria = renewed.identity;
    assert_eq!(identify(&config(), &renewed.token).unwrap(), aria);
    let change = |old: &str, new: &str| {
        let new = NewPassword::Plain(password(new));
        realm.run(change_password(&realm, &config(), HOME, aria, Proof::Password(password(old)), new))
    };
    assert_eq!(change("not that", "hunter23").unwrap_err().code, ErrorCode::BadCredentials);
    change("hunter22", "hunter23").unwrap();
    assert!(realm.run(authenticate(&realm, aria, None)).is_ok());
    assert!(sign_in_from(&realm, HOME, "aria", "hunter22").is_err());
    assert!(sign_in_from(&realm, HOME, "aria", "hunter23").is_ok());
}

#[test]
fn a_character_is_deleted_unless_its_hub_holds_it_and_a_hub_that_crashed_holds_nobody() {
    let realm = Realm::new();
    let aria = player(&realm, "aria");
    let id = create(&realm, aria, "Nightshade").unwrap();
    let visit = crate::calls::character::Visit { hub: 2, connection: 7 };
    realm.run(enter(&realm, aria.player, id, visit)).unwrap();
    let refused = realm.run(delete_character(&realm, aria, id));
    assert_eq!(refused.unwrap_err().code, ErrorCode::CharacterOnline);
    assert_eq!(names_of(&realm, aria), ["Nightshade"]);
    // The hub has crashed, and knows nothing of it.
    realm.hub_holds.set(false);
    realm.run(delete_character(&realm, aria, id)).unwrap();
    assert_names_agree(&realm, &[aria], "after the hub's crash");
}

/// A new ticket for a session.
fn ticket_of(realm: &Realm, identity: Identity) -> Ticket {
    let found = realm.run(authenticate(realm, identity, None)).unwrap();
    let (text, hub) = realm.run(ticket(realm, &config(), identity, &found)).unwrap();
    let read = Ticket::parse(&text, config().server_secret.as_bytes(), realm.now()).unwrap();
    assert_eq!(read.hub, hub);
    read
}

#[test]
fn a_ticket_vouches_for_a_session_whose_hub_is_told_what_becomes_of_it() {
    let realm = Realm::new();
    let aria = player(&realm, "aria");
    let character = create(&realm, aria, "Nightshade").unwrap();
    let first = ticket_of(&realm, aria);
    assert_eq!(first.voucher, Some(Voucher { character: None, silenced: None }));

    let found = realm.run(select_character(&realm, aria, character)).unwrap();
    assert_eq!((found.character, found.hub), (Some(character), Some(first.hub)), "the hub is told of the selection");
    let voucher = Some(Voucher { character: Some(character), silenced: None });
    assert_eq!(ticket_of(&realm, aria).voucher, voucher);

    realm.hub_calls.borrow_mut().clear();
    realm.run(log_out(&realm, aria)).unwrap();
    assert!(matches!(&realm.hub_calls.borrow()[..], [told] if told.contains("EndSession")), "before it has a socket");
}

#[test]
fn nobody_vouches_for_a_session_whose_socket_is_in_another_hub() {
    let realm = Realm::new();
    let aria = player(&realm, "aria");
    realm.run(authenticate(&realm, aria, Some(77))).unwrap();
    assert_eq!(ticket_of(&realm, aria).voucher, None);
    // That is so until the session has a socket in the ticket's hub.
    let visit = Visit { hub: ticket_of(&realm, aria).hub, connection: 5 };
    realm.run(admit(&realm, aria, visit, None)).unwrap();
    assert!(realm.hub_calls.borrow().iter().any(|told| told.contains("EndSession")));
    assert!(ticket_of(&realm, aria).voucher.is_some());
}

#[test]
fn a_voucher_lets_in_without_the_account_and_for_a_deleted_character_the_account_is_asked() {
    let realm = Realm::new();
    let aria = player(&realm, "aria");
    let character = create(&realm, aria, "Nightshade").unwrap();
    realm.run(select_character(&realm, aria, character)).unwrap();
    let ticket = ticket_of(&realm, aria);
    let visit = Visit { hub: ticket.hub, connection: 5 };
    realm.addressed.borrow_mut().clear();
    let (entrance, _) = realm.run(admit(&realm, aria, visit, ticket.voucher)).unwrap();
    assert_eq!(entrance.unwrap().sheet.id, character);
    assert!(realm.addressed.borrow().iter().all(|(binding, _)| *binding != "ACCOUNT"));

    let ticket = ticket_of(&realm, aria);
    realm.hub_holds.set(false);
    realm.run(delete_character(&realm, aria, character)).unwrap();
    let (entrance, _) = realm.run(admit(&realm, aria, visit, ticket.voucher)).unwrap();
    assert_eq!(entrance, None);
    // And if the session is gone too, so is the way in.
    realm.run(log_out(&realm, aria)).unwrap();
    assert_eq!(realm.run(admit(&realm, aria, visit, ticket.voucher)).unwrap_err().code, ErrorCode::SessionExpired);
}
