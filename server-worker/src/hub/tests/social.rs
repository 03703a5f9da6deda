//! What a hub does for those in it who speak, band together, or do not want to hear.

use super::*;
use crate::{
    calls::{
        character::Place,
        hub::{Key, Origin, Telling},
    },
    systems::{
        Change,
        chat::lane_of,
        party::{self, PartyRequest, errand::change},
    },
};
use shardlink_shared::{
    ids::PartyId,
    limits::UNANSWERED_CHAT,
    protocol::{
        bounded::List,
        chat::{ChatHistory, ChatHistoryRequest, Mute},
        party::{PartyCreate, PartyInvite, PartyUpdate, SendPartyInvite},
    },
};

fn party(n: u64) -> PartyId {
    PartyId::new(n + (1 << 42)).unwrap()
}

fn update(version: u64, members: &[u64]) -> PartyUpdate {
    PartyUpdate {
        party_id: party(1),
        party_name: None,
        leader_id: character(1),
        member_ids: List::of(members.iter().map(|n| character(*n))),
        member_names: List::default(),
        max_members: 4,
        loot_sharing: Default::default(),
        online: List::default(),
        party_version: version,
    }
}

fn place(n: u64) -> Place {
    (character(n), Visit { hub: 3, connection: n })
}

fn changed(version: u64, members: &[u64], to: &[u64]) -> Event<'static> {
    Event::Delivered(vec![change(update(version, members), to.iter().map(|n| place(*n)).collect())])
}

/// What answers a request about a party.
fn told(update: PartyUpdate) -> Reply {
    let change = Change::Party((&update).into());
    Reply::answer(Told::reliably(ServerMessage::PartyUpdate(update)).changing(change))
}

fn muted(mute: Mute) -> Reply {
    Reply::answer(Told::reliably(ServerMessage::Mute(mute.clone())).changing(Change::Chat(mute)))
}

/// The delivery by which a party has a hub tell of something said.
fn words(spoken: Spoken, to: &[u64]) -> Delivery {
    spoken.delivery(party(1).get(), Audience::Places(to.iter().map(|n| place(*n)).collect()))
}

/// The requests that the last event had wait for World's last words.
fn waiting_for_memory(world: &World) -> Vec<(Asker, systems::Request)> {
    let waiting = world.last.iter().find_map(|effect| match effect {
        Effect::ServeTogether(batch, requests) if batch.lane == MEMORY => Some(requests.clone()),
        _ => None,
    });
    waiting.unwrap()
}

fn wants(request: PartyRequest) -> systems::Request {
    systems::Request::Party(party::Request::Do(request, None))
}

fn spoken(world: &mut World, by: u64, text: &str, audience: Scope, origin: Option<Origin>) -> Spoken {
    let spoken = world.spoken(Utterance {
        audience,
        chat: shardlink_shared::protocol::chat::Chat {
            sender_id: character(by),
            sender_name: CharacterName::parse("Speaker").unwrap(),
            channel: if audience == Scope::Party { Channel::Party } else { Channel::Global },
            content: shardlink_shared::text::Draft::new(text).accept().unwrap(),
            recipient_id: None,
            recipient_name: None,
            encrypted: None,
        },
        origin: Origin { hub: 9, connection: 0, request: None },
    });
    Spoken { origin, ..spoken }
}

#[test]
fn a_change_of_ones_party_is_told_once_and_its_answer_before_other_word_of_it() {
    let mut world = World::new(false);
    let aria = world.player(1, "Aria", Encoding::Binary);
    world.send(aria, &ClientMessage::PartyCreate(PartyCreate::default()));
    assert_eq!(world.wanted(), [&wants(PartyRequest::Create(None))]);
    // Word of it comes before the answer does.
    world.handle(changed(1, &[1], &[1]));
    assert_eq!(world.types(aria), [""; 0]);
    world.serve(aria, Ok(told(update(1, &[1]))));
    assert_eq!(world.types(aria), ["party_update"]);
    both(|mut world| {
        let aria = world.player(1, "Aria", Encoding::Json);
        let bran = world.player(2, "Bran", Encoding::Binary);
        world.handle(changed(3, &[1, 2], &[1, 2]));
        assert_eq!((world.types(aria), world.types(bran)), (vec!["party_update"], vec!["party_update"]));
        world.handle(changed(3, &[1, 2], &[1, 2]));
        world.handle(changed(2, &[1], &[1, 2]));
        assert_eq!((world.types(aria), world.types(bran)), (vec![], vec![]));
        world.handle(changed(4, &[1], &[1, 2]));
        assert_eq!((world.types(aria), world.types(bran)), (vec!["party_update"], vec!["party_update"]));
        // Late word from when it was still a member does not bring it back.
        world.handle(changed(3, &[1, 2], &[2]));
        assert_eq!(world.types(bran), [""; 0]);
        assert_eq!(world.hub.absent(&[place(1), place(7)]), [place(7)]);
    });
}

#[test]
fn requests_about_a_party_are_done_one_after_the_other() {
    let mut world = World::new(false);
    let aria = world.player(1, "Aria", Encoding::Binary);
    let invite = |n| ClientMessage::PartyInvite(SendPartyInvite::new(party(1), character(n)));
    world.send(aria, &invite(2));
    world.send(aria, &invite(3));
    assert_eq!(world.wanted(), [] as [&systems::Request; 0]);
    world.serve(aria, Err(ErrorCode::NotLeader.into()));
    assert_eq!(world.error(aria), Some(ErrorCode::NotLeader));
    assert_eq!(world.wanted(), [&wants(PartyRequest::Invite(party(1), character(3)))]);
    let foreign = SendPartyInvite { inviter_id: Some(character(9)), ..SendPartyInvite::new(party(1), character(2)) };
    world.send(aria, &ClientMessage::PartyInvite(foreign));
    assert_eq!(world.error(aria), Some(ErrorCode::NotYourCharacter));
}

#[test]
fn an_invitation_is_told_once_to_whom_it_is_for() {
    let mut world = World::new(false);
    let aria = world.player(1, "Aria", Encoding::Binary);
    let invite = PartyInvite {
        party_id: party(1),
        inviter_id: character(2),
        inviter_name: CharacterName::parse("Bran").unwrap(),
        invitee_id: character(1),
        invitee_name: CharacterName::parse("Aria").unwrap(),
        party_name: None,
        expires_at: None,
    };
    let invited = |key, connection| {
        Event::Delivered(vec![Delivery {
            key: Key::Once(key),
            to: Audience::Places(vec![(character(1), Visit { hub: 3, connection })]),
            from: None,
            answers: None,
            message: ServerMessage::PartyInvite(invite.clone()),
            telling: Telling::Reliably,
            change: None,
        }])
    };
    world.handle(invited(7, 1));
    assert_eq!(world.types(aria), ["party_invite"]);
    world.handle(invited(7, 1));
    world.handle(invited(8, 99));
    assert_eq!(world.types(aria), [""; 0]);
}

#[test]
fn party_chat_goes_to_the_party_and_comes_back_as_the_answer() {
    both(|mut world| {
        let aria = world.player(1, "Aria", Encoding::Binary);
        let bran = world.player(2, "Bran", Encoding::Json);
        let cara = world.player(4, "Cara", Encoding::Binary);
        world.handle(changed(1, &[1, 2], &[1, 2]));
        world.send(aria, &say("to arms", Channel::Party));
        let [Effect::ServeTogether(batch, requests)] = &world.last[..] else { panic!("{:?}", world.last) };
        let (lane, (askers, said)) = (batch.lane, taken_apart(requests));
        let origin = said[0].origin.clone();
        assert_eq!((lane, origin.hub, origin.connection), (lane_of(party(1)), 3, 1));
        let spoken = spoken(&mut world, 1, "to arms", Scope::Party, Some(origin));
        world.handle(Event::Delivered(vec![words(spoken, &[1, 2])]));
        let heard = [aria, bran, cara].map(|id| world.types(id).len());
        assert_eq!(heard, [1, 1, 0]);
        world.handle(Event::ServedTogether(lane, askers, Ok(vec![Ok(Reply::default())])));
        assert_eq!(world.types(aria), [""; 0]);
    });
}

#[test]
fn what_a_party_refuses_is_answered_and_what_was_heard_already_is_not_answered_again() {
    let mut world = World::new(false);
    let aria = world.player(1, "Aria", Encoding::Binary);
    world.handle(changed(1, &[1], &[1]));
    let passed_on = |world: &World| {
        world.last.iter().find_map(|effect| match effect {
            Effect::ServeTogether(_, requests) => Some(taken_apart(requests)),
            _ => None,
        })
    };
    let lane = lane_of(party(1));
    world.send(aria, &say("one", Channel::Party));
    let (first, _) = passed_on(&world).unwrap();
    // The next waits for the answer.
    world.send(aria, &say("two", Channel::Party));
    assert_eq!(world.last, []);
    world.handle(Event::ServedTogether(lane, first, Ok(vec![Err(ErrorCode::NotInParty.into())])));
    assert_eq!(world.error(aria), Some(ErrorCode::NotInParty));
    let (second, said) = passed_on(&world).unwrap();
    let spoken = spoken(&mut world, 1, "two", Scope::Party, Some(said[0].origin.clone()));
    world.handle(Event::Delivered(vec![words(spoken, &[1])]));
    assert_eq!(world.types(aria), ["party_chat"]);
    world.handle(Event::ServedTogether(lane, second, Err(ErrorCode::Internal.into())));
    assert_eq!(world.types(aria), [""; 0], "its answer was the copy");
}

#[test]
fn what_never_comes_back_is_answered_in_the_end() {
    let mut world = World::new(false);
    let aria = world.player(1, "Aria", Encoding::Binary);
    world.handle(changed(1, &[1], &[1]));
    world.send(aria, &say("lost", Channel::Party));
    world.now += UNANSWERED_CHAT - 1;
    world.handle(Event::Alarm);
    assert_eq!(world.error(aria), None);
    world.now += 1;
    world.handle(Event::Alarm);
    assert_eq!(world.error(aria), Some(ErrorCode::Internal));
}

#[test]
fn news_is_heard_once_in_its_order_by_those_it_is_for() {
    let mut world = World::new(false);
    // Heroes of even numbers are of one faction, of odd numbers of the other.
    let (aria, bran) = (world.player(1, "Aria", Encoding::Binary), world.player(2, "Bran", Encoding::Binary));
    let everybody = spoken(&mut world, 9, "all", Scope::Everybody, None);
    let ours = spoken(&mut world, 9, "ours", Scope::Faction(Faction::GoldenOrder), None);
    let both = vec![news(everybody), news(ours)];
    world.handle(Event::Delivered(both.clone()));
    assert_eq!((world.types(aria).len(), world.types(bran).len()), (1, 2));
    world.handle(Event::Delivered(both));
    assert_eq!((world.types(aria).len(), world.types(bran).len()), (0, 0));
}

#[test]
fn whoever_is_muted_is_not_heard_on_any_channel_also_after_a_sleep() {
    both(|mut world| {
        let aria = world.player(1, "Aria", Encoding::Binary);
        let bran = world.player(2, "Bran", Encoding::Binary);
        let mute = |muted| Mute { character_id: character(2), muted };
        world.send(aria, &ClientMessage::Mute(mute(true)));
        assert_eq!(world.wanted(), [&systems::Request::Chat(chat::Request::Mute(mute(true)))]);
        world.serve(aria, Ok(muted(mute(true))));
        assert_eq!(world.types(aria), ["mute"]);
        world.send(bran, &say("all", Channel::Global));
        assert_eq!((world.types(aria).len(), world.types(bran).len()), (0, 1));
        let whisper = SendChat { recipient_id: Some(character(1)), ..SendChat::new("psst", Channel::Whisper) };
        world.send(bran, &ClientMessage::Whisper(whisper));
        assert_eq!((world.types(aria).len(), world.types(bran)), (0, vec!["whisper"]));
        world.serve(aria, Ok(muted(mute(false))));
        world.send(bran, &say("all", Channel::Global));
        assert_eq!(world.types(aria), ["chat"]);
    });
}

#[test]
fn whom_the_realm_silences_speaks_nowhere_until_then() {
    both(|mut world| {
        let aria = world.player(1, "Aria", Encoding::Binary);
        let until = Millis(world.now + 60_000);
        world.handle(Event::Silenced(identity(1).session, Some(until)));
        for channel in [Channel::Global, Channel::Faction, Channel::Party, Channel::Whisper] {
            world.send(aria, &say("let me", channel));
            assert_eq!(world.error(aria), Some(ErrorCode::Muted), "{channel:?}");
        }
        world.now += 60_000;
        world.send(aria, &say("at last", Channel::Global));
        assert_eq!(world.types(aria), ["chat"]);
    });
}

#[test]
fn words_of_the_filters_list_are_masked() {
    let word_filter = Some(crate::text::filter::WordList::parse("darn"));
    let systems = systems::Settings { word_filter, ..Default::default() };
    let mut world = World::with(Settings { systems, delivery_interval: 0, ..Settings::default() }, false);
    let aria = world.player(1, "Aria", Encoding::Binary);
    world.send(aria, &say("Darn it", Channel::Global));
    let [ServerMessage::Chat(chat)] = &world.sent(aria)[..] else { panic!() };
    assert_eq!(chat.content.as_str(), "**** it");
}

#[test]
fn whoever_joins_is_handed_what_was_said_and_nothing_twice() {
    let mut world = World::new(false);
    world.player(2, "Bran", Encoding::Binary);
    let past = spoken(&mut world, 2, "before", Scope::Everybody, None);
    world.handle(Event::Delivered(vec![news(past)]));
    // After a sleep World is asked anew, and its answer comes after something was said.
    world.hub = Hub::restore(3, Settings::default(), [], Rows::default(), Millis(world.now));
    let id = world.open(5, Encoding::Binary);
    world.decide_alone(Event::Answered {
        id,
        request: None,
        awaited: true,
        answer: Ok(admitted(5, Some(sheet(5, "Eris")))),
    });
    // A newcomer asks for both of its channels, and World is asked once for all who wait.
    let first = waiting_for_memory(&world);
    let live = spoken(&mut world, 2, "live", Scope::Everybody, None);
    world.decide_alone(Event::Delivered(vec![news(live.clone())]));
    let before = spoken(&mut world, 2, "earlier", Scope::Everybody, None);
    let before = Spoken { number: live.number - 1, ..before };
    let channels = vec![(Scope::Everybody, vec![before.past(), live.past()])];
    world.decide_alone(recalled(first, Histories { number: live.number, channels }));
    let [ServerMessage::ChatHistory(history)] = &world.sent(id)[..] else { panic!("{:?}", world.sent(id)) };
    let texts: Vec<_> = history.messages.iter().map(|past| past.chat.content.as_str().to_owned()).collect();
    assert_eq!(texts, ["earlier"], "it has heard the other itself");
    world.send(id, &ClientMessage::ChatHistory(ChatHistoryRequest { channel: Channel::Global, before: None }));
    let [ServerMessage::ChatHistory(history)] = &world.sent(id)[..] else { panic!() };
    assert_eq!(history.messages.len(), 2);
}

#[test]
fn whoever_enters_is_told_of_its_party_and_hears_what_was_said_there() {
    let mut world = World::new(false);
    let id = world.open(1, Encoding::Binary);
    let past = spoken(&mut world, 2, "before", Scope::Party, None).past();
    let history = ChatHistory { channel: Channel::Party, messages: List::of([past]) };
    let told = vec![told(update(4, &[1, 2])).answer.unwrap(), Told::once(ServerMessage::ChatHistory(history))];
    let entrance = Some(Box::new(Entrance { sheet: sheet(1, "Aria"), told }));
    let answer = Answer::Admitted { identity: identity(1), token: None, entrance, silenced: None };
    world.answer(id, Ok(answer));
    assert_eq!(world.types(id), ["auth_response", "location_update", "chat_history", "party_update"]);
}

#[test]
fn a_character_that_is_in_another_hub_now_is_let_go_and_no_other_visit_of_it() {
    let mut world = World::new(false);
    let aria = world.player(1, "Aria", Encoding::Binary);
    world.handle(Event::Displaced(character(1), 77));
    assert_eq!(world.closed(aria), None);
    world.handle(Event::Displaced(character(1), 1));
    assert_eq!(world.closed(aria), Some(ErrorCode::SignedInElsewhere));
}

#[test]
fn members_list_each_other_as_present_however_far_they_are() {
    both(|mut world| {
        // Of two factions, and out of each other's sight.
        let aria = world.player(1, "Aria", Encoding::Binary);
        let bran = world.player(2, "Bran", Encoding::Json);
        for n in 1..=60 {
            world.now += 1_000;
            world.walk(aria, f64::from(n) * 4.0, 0.0);
        }
        while world.tick() {}
        world.handle(changed(1, &[1, 2], &[1, 2]));
        assert_eq!(world.types(aria), ["player_joined_area", "party_update"]);
        assert_eq!(world.types(bran), ["player_joined_area", "party_update"]);
        // When one comes back to the location, they list each other at once.
        world.send(bran, &travel(2));
        world.tick();
        assert_eq!(world.types(aria), ["player_left_area"]);
        world.send(bran, &travel(1));
        world.tick();
        assert!(world.types(aria).contains(&"player_joined_area"), "{:?}", world.types(aria));
        world.handle(changed(2, &[1], &[1, 2]));
        assert_eq!(world.types(aria), ["player_left_area", "party_update"]);
        assert_eq!(world.types(bran), ["player_left_area", "party_update"]);
    });
}

#[test]
fn what_a_character_must_learn_is_sent_until_it_has() {
    let mut world = World::new(false);
    let aria = world.player(1, "Aria", Encoding::Binary);
    world.decide_alone(Event::Closed(aria));
    let Some((number, letter)) = world.last.iter().find_map(|effect| match effect {
        Effect::Carry(number, letter) => Some((*number, *letter)),
        _ => None,
    }) else {
        panic!("{:?}", world.last)
    };
    assert!(world.last.iter().any(|effect| matches!(effect, Effect::Post(stored, _) if *stored == number)));
    world.decide_alone(Event::Carried(number, Err(ErrorCode::Internal.into())));
    assert!(!world.last.contains(&Effect::Done(number)));
    // After a crash it is sent again.
    world.crash();
    world.now += 1;
    world.decide_alone(Event::Alarm);
    assert!(world.last.contains(&Effect::Carry(number, letter)), "{:?}", world.last);
    world.decide_alone(Event::Carried(number, Ok(())));
    assert!(world.last.contains(&Effect::Done(number)));
}

#[test]
fn a_hub_that_world_did_not_hear_reports_again() {
    let mut world = World::new(false);
    world.player(1, "Aria", Encoding::Binary);
    world.now += POPULATION_DELAY;
    world.handle(Event::Alarm);
    assert!(matches!(world.last[..], [Effect::Report { .. }]));
    world.handle(Event::Unreported);
    world.now += 1_000;
    world.handle(Event::Alarm);
    assert!(matches!(world.last[..], [Effect::Report { .. }]));
}
