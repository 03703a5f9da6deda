//! A realm whose clock is set back and forward, while it runs and while it does not.

use super::{
    realm::{Cut, Realm},
    tests::{config, create, password, player},
    *,
};
use crate::calls::BatchNumber;
use crate::{
    calls::{
        character::Visit,
        hub::Origin,
        world::{self, Announce, GetStatus, Listen, Place},
    },
    hub::sockets::connection::Identity,
    systems::{
        chat::{Scope, Utterance, Whispered, whisper},
        party::{PartyAnswer, PartyRequest, party_request},
    },
};
use shardlink_shared::{
    ErrorCode,
    ids::CharacterId,
    limits::{INVITATION_LIFE, RESERVATION_LIFE, SESSION_IDLE, THROTTLE_WINDOW},
    protocol::chat::{Channel, Chat, WorldAnnouncement},
    text::{CharacterName, Draft, UserName},
};

const AWAY: &str = "198.51.100.9";
const HOUR: u64 = 3_600_000;
const START: u64 = 1_800_000_000_000;

struct Hero {
    identity: Identity,
    actor: Actor,
}

fn hero(realm: &Realm, name: &str, connection: u64) -> Hero {
    let identity = player(realm, name);
    let character = create(realm, identity, name).unwrap();
    let visit = Visit { hub: 1, connection };
    realm.stand(character, visit, true);
    realm.run(enter(realm, identity.player, character, visit)).unwrap();
    Hero { identity, actor: Actor { owner: identity.player, character } }
}

/// Lets this much time pass. The realm reads its clock every few seconds meanwhile.
fn pass(realm: &Realm, milliseconds: u64) {
    let end = realm.now.get() + milliseconds;
    while realm.now.get() < end {
        realm.now.set(end.min(realm.now.get() + 7_000));
        realm.now();
    }
}

fn sign_in_as(realm: &Realm, name: &str, text: &str) -> Result<SignedIn> {
    let proof = Proof::Password(password(text));
    realm.run(sign_in(realm, &config(), AWAY, &UserName::parse(name).unwrap(), proof))
}

fn chat(from: CharacterId) -> Chat {
    Chat {
        sender_id: from,
        sender_name: CharacterName::parse("Aria").unwrap(),
        channel: Channel::Global,
        content: Draft::new("is anybody there?").accept().unwrap(),
        recipient_id: None,
        recipient_name: None,
        encrypted: None,
    }
}

/// Says something to everybody, and returns its number in World's order.
fn say(realm: &Realm, from: &Hero, batch: u64) -> u64 {
    let origin = Origin { hub: 1, connection: 1, request: None };
    let utterance = Utterance { audience: Scope::Everybody, chat: chat(from.actor.character), origin };
    let batch = BatchNumber { epoch: realm.now(), number: batch };
    let said = world::Say { hub: 1, batch, utterances: vec![utterance] };
    realm.run(realm.ask(&world::object_name(), said)).unwrap();
    realm.run(realm.ask(&world::object_name(), Listen { hub: 1 })).unwrap().number
}

/// What a realm does before and goes on with after a jump.
struct Scenario {
    realm: Realm,
    aria: Hero,
    bran: Hero,
    cleo: Hero,
    party: shardlink_shared::ids::PartyId,
    said: u64,
    reserved: u32,
    started: Millis,
}

fn ask(realm: &Realm, hero: &Hero, request: PartyRequest) -> Result<PartyAnswer> {
    realm.run(party_request(realm, 4, hero.actor, request))
}

impl Scenario {
    fn begin() -> Self {
        let realm = Realm::new();
        realm.now.set(START);
        let (aria, bran, cleo) = (hero(&realm, "aria", 1), hero(&realm, "bran", 2), hero(&realm, "cleo", 3));
        let PartyAnswer::Update(party) = ask(&realm, &aria, PartyRequest::Create(None)).unwrap() else { panic!() };
        let party = party.party_id;
        for guest in [&bran, &cleo] {
            ask(&realm, &aria, PartyRequest::Invite(party, guest.actor.character)).unwrap();
        }
        // Too many wrong passwords, and a creation that is cut off where its name is claimed.
        while sign_in_as(&realm, "aria", "wrong one").unwrap_err().code != ErrorCode::RateLimited {}
        realm.cut.set(Cut::Before(2));
        assert!(create(&realm, bran.identity, "Nightshade").is_err());
        realm.cut.set(Cut::Never);
        let said = say(&realm, &aria, 1);
        let place = Place { capacity: 1, party: None, near: None, who: Some(aria.identity.player) };
        let reserved = realm.run(realm.ask(&world::object_name(), place)).unwrap();
        let started = realm.run(realm.ask(&world::object_name(), GetStatus {})).unwrap().started;
        Self { realm, aria, bran, cleo, party, said, reserved, started }
    }

    /// Asserts that everything goes on, and that whatever was waited for comes when it would have
    /// come.
    fn goes_on(self, what: &str) {
        let Self { realm, aria, bran, cleo, party, said, reserved, started } = self;
        // At once: accounts, characters, names, parties, whispers, what is said to everybody.
        realm.run(authenticate(&realm, aria.identity, None)).unwrap();
        let dora = hero(&realm, "dora", 4);
        ask(&realm, &bran, PartyRequest::Accept(party)).unwrap();
        ask(&realm, &aria, PartyRequest::Promote(party, bran.actor.character)).unwrap();
        realm.run(whisper(&realm, chat(dora.actor.character), Whispered::Id(aria.actor.character))).unwrap();
        let again = say(&realm, &aria, 2);
        assert!(again > said, "{what}: the order goes on");
        let content = Draft::new("The clock jumped").accept().unwrap();
        let announcement = WorldAnnouncement { content, title: None };
        realm.run(realm.ask(&world::object_name(), Announce { key: 1, announcement })).unwrap();
        assert!(say(&realm, &dora, 3) > again + 1, "{what}: and with it what is announced");
        let status = realm.run(realm.ask(&world::object_name(), GetStatus {})).unwrap();
        assert_eq!(status.started, started, "{what}");

        pass(&realm, RESERVATION_LIFE + 1_000);
        let place = Place { capacity: 1, party: None, near: None, who: Some(bran.identity.player) };
        assert_eq!(realm.run(realm.ask(&world::object_name(), place)).unwrap(), reserved, "{what}: a place is free");
        pass(&realm, THROTTLE_WINDOW);
        sign_in_as(&realm, "aria", "hunter22").unwrap_or_else(|refusal| panic!("{what}: {refusal:?}"));
        realm.settle();
        create(&realm, dora.identity, "Nightshade").unwrap_or_else(|refusal| panic!("{what}: {refusal:?}"));
        pass(&realm, INVITATION_LIFE);
        assert!(ask(&realm, &cleo, PartyRequest::Accept(party)).is_err(), "{what}: an invitation is over");
        pass(&realm, SESSION_IDLE);
        let over = realm.run(authenticate(&realm, cleo.identity, None)).unwrap_err();
        assert_eq!(over.code, ErrorCode::SessionExpired, "{what}: a session that nobody uses");
    }
}

#[test]
fn set_back_while_it_runs_a_realm_goes_on_at_once() {
    for by in [20_000, HOUR, 24 * HOUR] {
        let scenario = Scenario::begin();
        scenario.realm.now.set(START - by);
        scenario.goes_on(&format!("set back by {by} ms"));
    }
}

#[test]
fn started_again_with_a_clock_that_is_behind_a_realm_goes_on_at_once() {
    for by in [20_000, HOUR, 24 * HOUR] {
        let scenario = Scenario::begin();
        scenario.realm.now.set(START - by);
        scenario.realm.restart();
        scenario.goes_on(&format!("started again {by} ms behind"));
    }
}

#[test]
fn set_forward_and_right_again_ten_times_a_realm_ends_a_session_early_by_the_jump_once() {
    let realm = Realm::new();
    realm.now.set(START);
    let aria = player(&realm, "aria");
    let jump = SESSION_IDLE / 2;
    for _ in 0..10 {
        realm.now.set(realm.now.get() + jump);
        pass(&realm, 30_000);
        realm.now.set(realm.now.get() - jump);
        pass(&realm, 30_000);
    }
    pass(&realm, SESSION_IDLE - jump - 10 * 60_000 - 30_000);
    realm.run(authenticate(&realm, aria, None)).unwrap();
    pass(&realm, SESSION_IDLE + 10_000);
    assert_eq!(realm.run(authenticate(&realm, aria, None)).unwrap_err().code, ErrorCode::SessionExpired);
}
