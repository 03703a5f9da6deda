//! Parties over all objects: whole, cut off at every step, and over a wire that doubles,
//! delays and loses.

use super::{PartyAnswer, PartyRequest, look_at_party, party_request};
use crate::{
    calls::character::{self, Visit},
    service::{
        realm::{Chaos, Cut, Realm},
        tests::{HOME, at_every_cut, config, create, password, player},
        *,
    },
};
use shardlink_shared::{
    ErrorCode,
    entropy::{Entropy, Seeded},
    ids::{CharacterId, PartyId},
    limits::INVITATION_LIFE,
    protocol::ServerMessage,
    protocol::party::{LootSharing, PartyName, PartyUpdate},
};

/// A character that is in a hub.
#[derive(Debug, Clone, Copy)]
struct Hero {
    actor: Actor,
    visit: Visit,
}

fn hero(realm: &Realm, name: &str, hub: u32) -> Hero {
    let identity = player(realm, name);
    let character = create(realm, identity, name).unwrap();
    let hero = Hero {
        actor: Actor { owner: identity.player, character },
        visit: Visit { hub, connection: u64::from(hub) * 100 + u64::from(name.as_bytes()[0]) },
    };
    come(realm, hero);
    hero
}

/// The hero comes again, on another visit.
fn come_back(realm: &Realm, hero: &mut Hero) {
    hero.visit.connection += 1_000;
    come(realm, *hero);
}

fn come(realm: &Realm, hero: Hero) {
    realm.stand(hero.actor.character, hero.visit, true);
    realm.run(enter(realm, hero.actor.owner, hero.actor.character, hero.visit)).unwrap();
}

fn go(realm: &Realm, hero: Hero) {
    realm.stand(hero.actor.character, hero.visit, false);
    let leave = character::Leave { visit: hero.visit, location: shardlink_shared::world::NEXUS };
    realm.run(realm.ask(&character::object_name(hero.actor.character), leave)).unwrap();
}

fn ask(realm: &Realm, hero: Hero, request: PartyRequest) -> Result<PartyAnswer> {
    realm.run(party_request(realm, 4, hero.actor, request))
}

fn update(answer: Result<PartyAnswer>) -> PartyUpdate {
    match answer.unwrap() {
        PartyAnswer::Update(update) => update,
        PartyAnswer::Invite(invite) => panic!("{invite:?}"),
    }
}

fn found(realm: &Realm, hero: Hero) -> PartyId {
    update(ask(realm, hero, PartyRequest::Create(None))).party_id
}

/// What a hero was told last of its party.
fn told(realm: &Realm, hero: Hero) -> Option<PartyUpdate> {
    let hubs = realm.hubs.borrow();
    let heard = hubs.get(&crate::calls::hub::object_name(hero.visit.hub))?;
    let heard = heard.get(&(hero.actor.character, hero.visit))?;
    heard.iter().rev().find_map(|told| match told {
        ServerMessage::PartyUpdate(update) => Some(update.clone()),
        _ => None,
    })
}

fn seat(realm: &Realm, hero: Hero) -> Option<character::Seat> {
    let question = character::GetParties { owner: hero.actor.owner };
    realm.run(realm.ask(&character::object_name(hero.actor.character), question)).unwrap().seat
}

/// Asserts, after everything has settled, that a hero with a seat is known by it in that party,
/// and that all members of a party have their seats.
fn assert_seats_agree(realm: &Realm, heroes: &[Hero], what: &str) {
    let mut seated = Vec::new();
    for hero in heroes {
        if let Some(seat) = seat(realm, *hero) {
            seated.push((seat.party.to_string(), hero.actor.character, seat.key));
        }
    }
    let parties = realm.parties.borrow();
    let mut members: Vec<_> = parties
        .iter()
        .flat_map(|(id, party)| party.members().map(move |member| (id.clone(), member.character, member.seat)))
        .collect();
    seated.sort();
    members.sort();
    assert_eq!(seated, members, "{what}");
    for (id, party) in parties.iter() {
        assert_eq!(party.waiting().count(), 0, "{what}: party {id} has still to tell others");
    }
}

#[test]
fn a_party_is_founded_joined_and_left_and_each_is_told_in_its_hub() {
    let realm = Realm::new();
    let (aria, bran, cleo) = (hero(&realm, "aria", 0), hero(&realm, "bran", 1), hero(&realm, "cleo", 0));
    let party = found(&realm, aria);
    for guest in [bran, cleo] {
        ask(&realm, aria, PartyRequest::Invite(party, guest.actor.character)).unwrap();
        let joined = update(ask(&realm, guest, PartyRequest::Accept(party)));
        assert!(joined.member_ids.contains(&guest.actor.character));
    }
    let all = told(&realm, aria).unwrap();
    assert_eq!((all.member_ids.len(), all.online.len()), (3, 3));
    assert_eq!((told(&realm, bran), told(&realm, cleo)), (Some(all.clone()), Some(all)));
    let left = update(ask(&realm, aria, PartyRequest::Leave(party)));
    assert_eq!(left.leader_id, bran.actor.character);
    assert_eq!([aria, bran, cleo].map(|hero| told(&realm, hero)), [(); 3].map(|()| Some(left.clone())));
    assert_eq!(ask(&realm, aria, PartyRequest::Leave(party)).unwrap_err().code, ErrorCode::NotInParty);
    assert_seats_agree(&realm, &[aria, bran, cleo], "at the end");
}

#[test]
fn a_party_is_named_in_letters_that_can_be_read_or_not_founded() {
    let realm = Realm::new();
    let aria = hero(&realm, "aria", 0);
    let name = |text: &str| PartyRequest::Create(PartyName::parse(text).ok());
    for (text, code) in [
        ("   ", ErrorCode::InvalidField),
        ("One\nTwo", ErrorCode::InvalidField),
        ("\u{202E}evil", ErrorCode::InvalidField),
        ("\u{3164}", ErrorCode::InvalidField),
        ("Admin", ErrorCode::NameReserved),
    ] {
        let refusal = ask(&realm, aria, name(text)).unwrap_err();
        assert_eq!((refusal.code, refusal.field.as_deref()), (code, Some("party_name")), "{text:?}");
    }
    // Nothing was claimed for any of them: the next is founded, and named in NFC.
    let party = update(ask(&realm, aria, name("E\u{301}lan")));
    assert_eq!(party.party_name.unwrap().as_str(), "Élan");
    assert_seats_agree(&realm, &[aria], "at the end");
}

#[test]
fn nobody_reaches_a_party_that_is_not_on_their_list() {
    let realm = Realm::new();
    let (aria, bran) = (hero(&realm, "aria", 0), hero(&realm, "bran", 0));
    let party = found(&realm, aria);
    let before = realm.addressed.borrow().clone();
    for named in [party, PartyId::new(1 << 45).unwrap()] {
        let requests = [
            PartyRequest::Invite(named, aria.actor.character),
            PartyRequest::Accept(named),
            PartyRequest::Decline(named),
            PartyRequest::Leave(named),
            PartyRequest::Disband(named),
            PartyRequest::Kick(named, aria.actor.character),
            PartyRequest::Withdraw(named, aria.actor.character),
            PartyRequest::Promote(named, aria.actor.character),
            PartyRequest::Loot(named, LootSharing::Roll),
        ];
        for request in requests {
            let code = ask(&realm, bran, request.clone()).unwrap_err().code;
            assert!([ErrorCode::NotInParty, ErrorCode::NotFound].contains(&code), "{request:?} {code}");
        }
        let looked = realm.run(look_at_party(&realm, bran.actor, named));
        assert_eq!(looked.unwrap_err().code, ErrorCode::NotFound);
    }
    // Nor a character that does not exist.
    let nobody = CharacterId::new(1 << 46).unwrap();
    let invited = ask(&realm, aria, PartyRequest::Invite(party, nobody)).unwrap_err();
    assert_eq!((invited.code, invited.field.as_deref()), (ErrorCode::NotFound, Some("invitee_id")));
    let addressed = realm.addressed.borrow();
    let made: Vec<_> = addressed.difference(&before).filter(|(binding, _)| *binding != "DIRECTORY").collect();
    assert!(made.is_empty(), "{made:?}");
}

#[test]
fn an_invitation_reaches_who_is_in_the_world_in_no_party_and_has_not_muted_its_sender() {
    let realm = Realm::new();
    let (aria, mut bran, cleo) = (hero(&realm, "aria", 0), hero(&realm, "bran", 1), hero(&realm, "cleo", 1));
    let party = found(&realm, aria);
    let invite = |guest: Hero| ask(&realm, aria, PartyRequest::Invite(party, guest.actor.character));
    go(&realm, bran);
    assert_eq!(invite(bran).unwrap_err().code, ErrorCode::RecipientOffline);
    come_back(&realm, &mut bran);
    invite(bran).unwrap();
    let heard = |guest: Hero| realm.hubs.borrow()["main-1"][&(guest.actor.character, guest.visit)].clone();
    assert!(
        matches!(&heard(bran)[..], [ServerMessage::PartyInvite(invite)] if invite.party_id == party),
        "{:?}",
        heard(bran)
    );
    found(&realm, bran);
    assert_eq!(invite(bran).unwrap_err().code, ErrorCode::AlreadyInParty);
    let mute = character::Mute { owner: cleo.actor.owner, character: aria.actor.character, muted: true };
    realm.run(realm.ask(&character::object_name(cleo.actor.character), mute)).unwrap();
    // The sender is not told of it.
    invite(cleo).unwrap();
    assert_eq!(heard(cleo), []);
    assert_eq!(ask(&realm, cleo, PartyRequest::Accept(party)).unwrap_err().code, ErrorCode::NotFound);
}

#[test]
fn somebody_is_invited_by_name_wherever_it_is_and_told_again_when_it_enters_anew() {
    let realm = Realm::new();
    let (aria, mut bran) = (hero(&realm, "aria", 0), hero(&realm, "bran", 1));
    let party = found(&realm, aria);
    let invite = |name: &str| ask(&realm, aria, PartyRequest::InviteByName(party, name.to_owned()));
    for (name, code, field) in [
        ("", ErrorCode::InvalidField, "invitee_id"),
        ("?", ErrorCode::InvalidField, "invitee_name"),
        ("nobody", ErrorCode::NotFound, "invitee_name"),
        ("aria", ErrorCode::AlreadyInParty, "invitee_name"),
    ] {
        let refusal = invite(name).unwrap_err();
        assert_eq!((refusal.code, refusal.field.as_deref()), (code, Some(field)), "{name}");
    }
    let PartyAnswer::Invite(invited) = invite("BRAN").unwrap() else { panic!() };
    assert_eq!(invited.invitee_id, bran.actor.character);
    assert_eq!(invited.expires_at.unwrap().0.0, realm.now.get() + INVITATION_LIFE);
    let told_anew = |bran: &mut Hero| {
        go(&realm, *bran);
        bran.visit.connection += 1;
        realm.stand(bran.actor.character, bran.visit, true);
        let entrance = realm.run(enter(&realm, bran.actor.owner, bran.actor.character, bran.visit)).unwrap();
        entrance.told.into_iter().map(|told| told.message).collect::<Vec<_>>()
    };
    assert_eq!(told_anew(&mut bran), [ServerMessage::PartyInvite(invited)]);
    realm.now.set(realm.now.get() + INVITATION_LIFE);
    assert_eq!(told_anew(&mut bran), []);
}

#[test]
fn invitations_that_are_repeated_reach_their_victim_once_and_ten_a_minute_are_sent_at_most() {
    let realm = Realm::new();
    let (aria, bran) = (hero(&realm, "aria", 0), hero(&realm, "bran", 1));
    let mut party = found(&realm, aria);
    let invite = |party| ask(&realm, aria, PartyRequest::Invite(party, bran.actor.character));
    let heard = || realm.hubs.borrow()["main-1"][&(bran.actor.character, bran.visit)].clone();
    let invitations = || heard().iter().filter(|told| matches!(told, ServerMessage::PartyInvite(_))).count();
    let first = invite(party).unwrap();
    for _ in 1..10 {
        assert_eq!(invite(party).as_ref(), Ok(&first));
    }
    assert_eq!(invitations(), 1);
    let refusal = invite(party).unwrap_err();
    assert_eq!((refusal.code, refusal.retry_after), (ErrorCode::RateLimited, Some(6.0)));
    // Neither another party nor taking the invitation back gives more of them.
    ask(&realm, aria, PartyRequest::Withdraw(party, bran.actor.character)).unwrap();
    assert_eq!(invite(party).unwrap_err().code, ErrorCode::RateLimited);
    ask(&realm, aria, PartyRequest::Disband(party)).unwrap();
    party = found(&realm, aria);
    assert_eq!(invite(party).unwrap_err().code, ErrorCode::RateLimited);
    let by_name = ask(&realm, aria, PartyRequest::InviteByName(party, "bran".into()));
    assert_eq!(by_name.unwrap_err().code, ErrorCode::RateLimited);
    let mut sent = 0;
    for _ in 0..600 {
        realm.now.set(realm.now.get() + 100);
        sent += u32::from(invite(party).is_ok());
        let _ = ask(&realm, aria, PartyRequest::Withdraw(party, bran.actor.character));
    }
    assert_eq!((sent, invitations()), (10, 11));
    // Invitations by somebody else are counted apart.
    let cleo = hero(&realm, "cleo", 0);
    let theirs = found(&realm, cleo);
    assert!(ask(&realm, cleo, PartyRequest::Invite(theirs, bran.actor.character)).is_ok());
}

#[test]
fn who_is_invited_is_told_that_the_party_has_ended() {
    let realm = Realm::new();
    let (aria, bran) = (hero(&realm, "aria", 0), hero(&realm, "bran", 1));
    let party = found(&realm, aria);
    ask(&realm, aria, PartyRequest::Invite(party, bran.actor.character)).unwrap();
    ask(&realm, aria, PartyRequest::Disband(party)).unwrap();
    let ended = told(&realm, bran).unwrap();
    assert_eq!((ended.party_id, ended.member_ids.len()), (party, 0));
}

#[test]
fn a_founding_or_an_acceptance_cut_off_anywhere_leaves_both_ends_of_one_mind() {
    at_every_cut(|cut, what| {
        let realm = Realm::new();
        let aria = hero(&realm, "aria", 0);
        realm.cut.set(cut);
        let founded = ask(&realm, aria, PartyRequest::Create(None));
        let cut_off = realm.cut.get() == Cut::Before(0);
        realm.settle();
        assert_seats_agree(&realm, &[aria], what);
        assert!(founded.is_err() || seat(&realm, aria).is_some(), "{what}: it was acknowledged");
        // Whatever was left does not stand in the way.
        if seat(&realm, aria).is_none() {
            found(&realm, aria);
        }
        cut_off
    });
    at_every_cut(|cut, what| {
        let realm = Realm::new();
        let (aria, bran) = (hero(&realm, "aria", 0), hero(&realm, "bran", 1));
        let party = found(&realm, aria);
        ask(&realm, aria, PartyRequest::Invite(party, bran.actor.character)).unwrap();
        realm.cut.set(cut);
        let accepted = ask(&realm, bran, PartyRequest::Accept(party));
        let cut_off = realm.cut.get() == Cut::Before(0);
        // The player tries again at once.
        realm.cut.set(Cut::Never);
        let again = ask(&realm, bran, PartyRequest::Accept(party));
        realm.settle();
        assert_seats_agree(&realm, &[aria, bran], what);
        assert!(accepted.is_ok() || again.is_ok(), "{what}: {again:?}");
        assert_eq!(told(&realm, aria).unwrap().member_ids.len(), 2, "{what}");
        cut_off
    });
}

#[test]
fn who_comes_goes_or_crashes_shows_as_such_to_its_party() {
    let realm = Realm::new();
    let (aria, mut bran) = (hero(&realm, "aria", 0), hero(&realm, "bran", 1));
    let party = found(&realm, aria);
    ask(&realm, aria, PartyRequest::Invite(party, bran.actor.character)).unwrap();
    ask(&realm, bran, PartyRequest::Accept(party)).unwrap();
    go(&realm, bran);
    assert_eq!(told(&realm, aria).unwrap().online.into_vec(), [aria.actor.character]);
    // It comes back, in another hub, and its party knew before it was let in.
    let elsewhere = Hero { visit: Visit { hub: 2, connection: 7 }, ..bran };
    realm.stand(bran.actor.character, elsewhere.visit, true);
    let flow = enter(&realm, bran.actor.owner, bran.actor.character, elsewhere.visit);
    let entrance = realm.run(flow).unwrap();
    let ServerMessage::PartyUpdate(update) = &entrance.told[0].message else { panic!("{:?}", entrance.told) };
    assert_eq!(update.online.len(), 2);
    // It signs in elsewhere again: it has one presence, and the earlier hub is told to let go.
    come_back(&realm, &mut bran);
    assert!(realm.hub_calls.borrow().iter().any(|call| call.contains("Displaced") && call.contains(":7")));
    assert_eq!(told(&realm, aria).unwrap().online.len(), 2);
    // Its hub crashes and knows nobody: with the next change the party finds out.
    realm.hubs.borrow_mut().remove("main-1");
    ask(&realm, aria, PartyRequest::Loot(party, LootSharing::Roll)).unwrap();
    realm.now.set(realm.now.get() + 11_000);
    realm.run(async {});
    assert_eq!(told(&realm, aria).unwrap().online.into_vec(), [aria.actor.character]);
}

#[test]
fn a_character_in_a_party_is_not_deleted_but_goes_with_its_account() {
    let realm = Realm::new();
    let (aria, bran) = (hero(&realm, "aria", 0), hero(&realm, "bran", 1));
    let identity = player(&realm, "cleo");
    let cleo = create(&realm, identity, "cleo").unwrap();
    let cleo = Hero { actor: Actor { owner: identity.player, character: cleo }, visit: bran.visit };
    let party = found(&realm, cleo);
    let deleted = realm.run(delete_character(&realm, identity, cleo.actor.character));
    assert_eq!(deleted.unwrap_err().code, ErrorCode::AlreadyInParty);
    ask(&realm, cleo, PartyRequest::Invite(party, aria.actor.character)).unwrap();
    ask(&realm, aria, PartyRequest::Accept(party)).unwrap();
    let proof = Proof::Password(password("hunter22"));
    realm.run(delete_account(&realm, &config(), HOME, identity, proof)).unwrap();
    realm.settle();
    assert_eq!(told(&realm, aria).unwrap().member_ids.into_vec(), [aria.actor.character]);
    assert_seats_agree(&realm, &[aria, bran], "after the deletion");
}

/// What has become of all heroes, by names, because ids are drawn anew in every realm.
fn outcome(realm: &Realm, heroes: &[Hero]) -> Vec<(Vec<String>, usize, Option<LootSharing>, bool)> {
    heroes
        .iter()
        .map(|hero| match seat(realm, *hero) {
            None => (Vec::new(), 0, None, false),
            Some(seat) => {
                let update = realm.run(look_at_party(realm, hero.actor, seat.party)).unwrap();
                let names = update.member_names.iter().map(|name| name.as_str().to_owned()).collect();
                (names, update.online.len(), Some(update.loot_sharing), update.leader_id == hero.actor.character)
            }
        })
        .collect()
}

/// Plays a random story of four heroes; who may do what is decided by the story alone,
/// so that it is the same over any wire.
fn story(realm: &Realm, seed: u64) -> Vec<(Vec<String>, usize, Option<LootSharing>, bool)> {
    let mut dice = Seeded::new(seed);
    let mut heroes: Vec<Hero> = ["aria", "bran", "cleo", "dara"].iter().map(|name| hero(realm, name, 0)).collect();
    let mut present = [true; 4];
    for _ in 0..24 {
        let (one, other) = (dice.below(4) as usize, dice.below(4) as usize);
        let (hero, guest) = (heroes[one], heroes[other]);
        let own = seat(realm, hero).map(|seat| seat.party);
        // Letters are delivered between the steps of the story. If it asks for something too
        // early, the refusal is part of it.
        match (dice.below(9), own) {
            (0, None) => drop(ask(realm, hero, PartyRequest::Create(None))),
            (1..=3, Some(party)) if one != other => {
                let invited = ask(realm, hero, PartyRequest::Invite(party, guest.actor.character));
                settle_letters(realm);
                if invited.is_ok() {
                    drop(ask(realm, guest, PartyRequest::Accept(party)));
                }
            }
            (4, Some(party)) => drop(ask(realm, hero, PartyRequest::Leave(party))),
            (5, Some(party)) => drop(ask(realm, hero, PartyRequest::Kick(party, guest.actor.character))),
            (6, Some(party)) => drop(ask(realm, hero, PartyRequest::Promote(party, guest.actor.character))),
            (7, Some(party)) => {
                let loot = LootSharing::ALL[dice.below(3) as usize];
                drop(ask(realm, hero, PartyRequest::Loot(party, loot)));
            }
            (8, _) => {
                present[one] = !present[one];
                if present[one] {
                    come_back(realm, &mut heroes[one]);
                } else {
                    go(realm, hero);
                }
            }
            _ => {}
        }
        settle_letters(realm);
    }
    realm.calm();
    realm.settle();
    assert_seats_agree(realm, &heroes, &format!("seed {seed}"));
    outcome(realm, &heroes)
}

/// Lets time pass until every letter has had its tries.
fn settle_letters(realm: &Realm) {
    for _ in 0..12 {
        realm.now.set(realm.now.get() + 8_000);
        realm.run(async {});
    }
}

#[test]
fn calls_that_come_twice_late_or_in_vain_end_in_the_same_state() {
    for seed in 0..50 {
        let expected = story(&Realm::new(), seed);
        for chaos in [
            Chaos { doubled: 60, unanswered: 0, delayed: 0 },
            Chaos { doubled: 0, unanswered: 40, delayed: 40 },
            Chaos { doubled: 40, unanswered: 30, delayed: 30 },
        ] {
            let realm = Realm::unreliable(seed, chaos);
            assert_eq!(story(&realm, seed), expected, "seed {seed} {chaos:?}");
        }
    }
}
