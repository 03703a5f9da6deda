//! Scenarios of a party's life.

use super::{
    contract::{Accept, Create, Decline, Disband, Gather, Invite, Kick, Leave, Look, Promote, Report, Say, Withdraw},
    errand::{Errand, Letter},
    logic::{Party, Write},
    state::State,
};
use crate::calls::BatchNumber;
use crate::{
    calls::{
        Call,
        character::{Joiner, Presence, Visit},
        hub::Origin,
    },
    effect::{Context, Errands, Logic},
    systems::chat::{Scope, Utterance},
};
use shardlink_shared::{
    ErrorCode, Refusal,
    entropy::Seeded,
    ids::{CharacterId, PartyId},
    limits::{INVITATION_LIFE, MAX_INVITATIONS, MEMBER_MISSING, PARTY_DESERTED, PARTY_FORGOTTEN_AFTER},
    protocol::{
        ServerMessage,
        chat::{Channel, Chat},
        party::PartyUpdate,
    },
    text::{CharacterName, Draft},
    time::Millis,
};

pub(super) fn character(n: u64) -> CharacterId {
    CharacterId::new((1 << 40) + n).unwrap()
}

pub(super) fn name(n: u64) -> CharacterName {
    CharacterName::parse(&format!("Hero {n}")).unwrap()
}

fn party_id() -> PartyId {
    PartyId::new(1 << 41).unwrap()
}

/// A visit to a hub; each hub has a hundred connection numbers of its own.
pub(super) fn visit(hub: u32, n: u64) -> Visit {
    Visit { hub, connection: u64::from(hub) * 100 + n }
}

pub(super) fn joiner(n: u64, visit: Option<Visit>) -> Joiner {
    Joiner { character: character(n), name: name(n), presence: Presence { number: 0, visit } }
}

/// Asks a party, in the JSON that calls have.
pub(super) fn ask<C: Call>(party: &mut Party, now: u64, call: C) -> (Result<C::Answer, Refusal>, Vec<Write>) {
    let mut entropy = Seeded::new(now);
    let mut context = Context::new(Millis(now), &mut entropy);
    let reply = party.dispatch(&mut context, serde_json::from_str(&call.encode()).unwrap());
    (serde_json::from_str(&reply.0).unwrap(), context.writes)
}

fn done<C: Call>(party: &mut Party, now: u64, call: C) -> C::Answer {
    ask(party, now, call).0.unwrap()
}

fn refused<C: Call<Answer: std::fmt::Debug>>(party: &mut Party, now: u64, call: C) -> ErrorCode {
    ask(party, now, call).0.unwrap_err().code
}

/// The letters that a party has to send. All of them are answered at once.
fn letters(party: &mut Party, now: u64) -> Vec<Letter> {
    let errands = party.take_errands(Millis(now));
    let mut entropy = Seeded::new(now);
    let mut context = Context::new(Millis(now), &mut entropy);
    errands
        .into_iter()
        .filter_map(|errand| {
            let letter = match &errand {
                Errand::Letter(_, letter) => Some(letter.says.clone()),
                Errand::Words(..) => None,
            };
            party.finish(&mut context, errand, Ok(Vec::new()));
            letter
        })
        .collect()
}

fn updates(party: &mut Party, now: u64) -> Vec<(u32, PartyUpdate, Vec<CharacterId>)> {
    let update = |letter| match letter {
        Letter::Update { hub, update, to } => {
            Some((hub, update.into(), to.into_iter().map(|(who, _)| who).collect()))
        }
        _ => None,
    };
    letters(party, now).into_iter().filter_map(update).collect()
}

fn create(n: u64) -> Create {
    Create {
        key: 1000 + n,
        party: party_id(),
        name: None,
        max_members: 4,
        founder: joiner(n, Some(visit(0, n))),
        until: Millis(30_000),
    }
}

fn invite(key: u64, by: u64, n: u64) -> Invite {
    Invite { key, by: character(by), invitee: character(n), name: name(n), visit: visit(1, n) }
}

fn accept(key: u64, invitation: u64, n: u64) -> Accept {
    Accept { key, invitation, joiner: joiner(n, Some(visit(1, n))) }
}

/// Hero 1 leads heroes 2 and 3.
fn three() -> Party {
    let mut party = Party::default();
    done(&mut party, 0, create(1));
    for n in [2, 3] {
        done(&mut party, n, invite(10 + n, 1, n));
        done(&mut party, n, accept(20 + n, 10 + n, n));
    }
    letters(&mut party, 5);
    party
}

fn state(party: &Party) -> &State {
    party.state.as_ref().unwrap()
}

fn members(party: &Party) -> Vec<u64> {
    state(party).members.iter().map(|member| member.character.get() - (1 << 40)).collect()
}

#[test]
fn a_party_is_founded_joined_by_invitation_and_every_change_is_told_in_each_hub_once() {
    let mut party = Party::default();
    let founded = done(&mut party, 0, create(1));
    assert_eq!((founded.party_version, founded.leader_id, founded.online.len()), (1, character(1), 1));
    let invited = done(&mut party, 1, invite(11, 1, 2));
    assert_eq!((invited.inviter_name, invited.invitee_id), (name(1), character(2)));
    assert_eq!(updates(&mut party, 1).len(), 1, "of the founding alone");
    let joined = done(&mut party, 2, accept(21, 11, 2));
    assert_eq!((joined.party_version, joined.member_ids.len()), (2, 2));
    let told = updates(&mut party, 2);
    let whom: Vec<_> = told.iter().map(|(hub, update, to)| (*hub, update == &joined, to.clone())).collect();
    assert_eq!(whom, [(0, true, vec![character(1)]), (1, true, vec![character(2)])]);
}

#[test]
fn an_invitation_lasts_five_minutes_and_serves_once() {
    let mut party = Party::default();
    done(&mut party, 0, create(1));
    done(&mut party, 0, invite(12, 1, 2));
    assert_eq!(refused(&mut party, INVITATION_LIFE, accept(22, 12, 2)), ErrorCode::NotFound);
    let second = INVITATION_LIFE;
    done(&mut party, second, invite(13, 1, 2));
    assert_eq!(refused(&mut party, second + 1, accept(23, 12, 2)), ErrorCode::NotFound, "it has ended");
    assert_eq!(refused(&mut party, second + 1, accept(24, 13, 3)), ErrorCode::NotFound, "it is hero 2's");
    done(&mut party, second + INVITATION_LIFE - 1, accept(25, 13, 2));
    done(&mut party, second + INVITATION_LIFE, Leave { key: 30, character: character(2) });
    assert_eq!(refused(&mut party, second + INVITATION_LIFE, accept(26, 13, 2)), ErrorCode::NotFound);
}

#[test]
fn whoever_is_invited_again_while_an_invitation_is_open_hears_nothing_and_keeps_the_first() {
    let mut party = Party::default();
    done(&mut party, 0, create(1));
    let first = done(&mut party, 0, invite(12, 1, 2));
    letters(&mut party, 0);
    for key in 13..500 {
        assert_eq!(done(&mut party, key, invite(key, 1, 2)), first);
    }
    assert_eq!(letters(&mut party, 1_000).len(), 0, "nobody is told");
    assert_eq!(state(&party).invitations.len(), 1);
    // The first is still the one that lets in.
    done(&mut party, 1_000, accept(600, 12, 2));
    // Somebody who turned an invitation down may be invited again.
    done(&mut party, 1_000, invite(601, 1, 3));
    done(&mut party, 1_000, Decline { key: 602, character: character(3), invitation: 601 });
    letters(&mut party, 1_000);
    done(&mut party, 1_001, invite(603, 1, 3));
    assert!(letters(&mut party, 1_001).iter().any(|letter| matches!(letter, Letter::Invited { key: 603, .. })));
}

#[test]
fn an_invitation_ends_by_being_declined_or_withdrawn_and_both_are_told() {
    let mut party = Party::default();
    done(&mut party, 0, create(1));
    for (n, key) in [(2, 12), (3, 13)] {
        done(&mut party, 0, invite(key, 1, n));
    }
    letters(&mut party, 0);
    let declined = done(&mut party, 1, Decline { key: 40, character: character(2), invitation: 12 });
    assert_eq!(declined.party_version, 2);
    assert_eq!(updates(&mut party, 1).len(), 1, "the leader hears of it");
    done(&mut party, 2, Withdraw { key: 41, by: character(1), character: character(3) });
    let told: Vec<_> = updates(&mut party, 2).into_iter().map(|(hub, _, to)| (hub, to)).collect();
    assert_eq!(told, [(0, vec![character(1)]), (1, vec![character(3)])]);
    for (key, invitation, n) in [(42, 12, 2), (43, 13, 3)] {
        assert_eq!(refused(&mut party, 3, accept(key, invitation, n)), ErrorCode::NotFound);
    }
}

#[test]
fn only_the_leader_invites_kicks_promotes_withdraws_changes_loot_and_disbands() {
    let mut party = three();
    let by = character(2);
    let codes = [
        refused(&mut party, 9, invite(50, 2, 4)),
        refused(&mut party, 9, Kick { key: 51, by, character: character(3) }),
        refused(&mut party, 9, Promote { key: 52, by, character: by }),
        refused(&mut party, 9, Withdraw { key: 53, by, character: character(3) }),
        refused(&mut party, 9, Disband { key: 54, by }),
    ];
    assert_eq!(codes, [ErrorCode::NotLeader; 5]);
    assert_eq!(refused(&mut party, 9, Disband { key: 55, by: character(9) }), ErrorCode::NotInParty);
    done(&mut party, 10, Promote { key: 56, by: character(1), character: by });
    assert_eq!(refused(&mut party, 11, Disband { key: 57, by: character(1) }), ErrorCode::NotLeader);
    assert_eq!(done(&mut party, 12, Disband { key: 58, by }).member_ids.len(), 0);
}

#[test]
fn the_longest_member_leads_when_the_leader_leaves_and_the_last_one_out_ends_it() {
    let mut party = three();
    let leave = |key, n| Leave { key, character: character(n) };
    assert_eq!(done(&mut party, 6, leave(60, 1)).leader_id, character(2));
    done(&mut party, 7, leave(61, 2));
    letters(&mut party, 7);
    let last = done(&mut party, 8, leave(62, 3));
    assert_eq!((last.member_ids.len(), state(&party).ended), (0, true));
    assert_eq!(updates(&mut party, 8), [(1, last, vec![character(3)])], "it gets a last one without itself");
    assert_eq!(refused(&mut party, 9, leave(63, 3)), ErrorCode::NotFound);
    // A founding that comes late does not revive it.
    done(&mut party, 10, create(1));
    assert!(state(&party).ended);
}

#[test]
fn an_ended_party_is_forgotten_a_minute_after_all_know_and_a_founding_that_late_is_refused() {
    let mut party = three();
    assert!(!party.is_finished(Millis(u64::MAX)));
    done(&mut party, 9, Disband { key: 58, by: character(1) });
    let due = Millis(9 + PARTY_FORGOTTEN_AFTER);
    assert!(!party.is_finished(due), "three have to be told");
    letters(&mut party, 10);
    assert_eq!(party.next_deadline(), Some(due));
    assert!(!party.is_finished(due - 1) && party.is_finished(due));
    // A request that comes then finds a party that never was.
    let mut party = Party::default();
    assert!(party.is_finished(due));
    assert_eq!(refused(&mut party, due.0, create(1)), ErrorCode::NotFound);
    assert_eq!(refused(&mut party, due.0, Disband { key: 58, by: character(1) }), ErrorCode::NotFound);
}

#[test]
fn whoever_is_out_gets_a_last_update_and_its_seat_back() {
    let mut party = three();
    let kicked = done(&mut party, 9, Kick { key: 70, by: character(1), character: character(3) });
    assert_eq!(members(&party), [1, 2]);
    let sent = letters(&mut party, 9);
    assert!(sent.contains(&Letter::Released { character: character(3), seat: 23 }), "{sent:?}");
    let to = vec![(character(2), visit(1, 2)), (character(3), visit(1, 3))];
    assert!(sent.contains(&Letter::Update { hub: 1, update: kicked.into(), to }), "{sent:?}");
}

#[test]
fn there_is_room_for_four_and_for_so_many_invitations() {
    let mut party = three();
    for n in 0..MAX_INVITATIONS as u64 {
        done(&mut party, 9, invite(100 + n, 1, 10 + n));
    }
    assert_eq!(refused(&mut party, 9, invite(150, 1, 99)), ErrorCode::RateLimited);
    done(&mut party, 9, accept(160, 100, 10));
    assert_eq!(refused(&mut party, 9, accept(161, 101, 11)), ErrorCode::PartyFull);
    assert_eq!(refused(&mut party, 9, invite(162, 1, 99)), ErrorCode::PartyFull);
    done(&mut party, 9, Leave { key: 163, character: character(10) });
    done(&mut party, 9, accept(164, 101, 11));
}

#[test]
fn a_request_that_comes_twice_is_served_once_and_answered_alike() {
    let mut party = three();
    let kick = Kick { key: 80, by: character(1), character: character(3) };
    let first = done(&mut party, 9, kick.clone());
    done(&mut party, 10, invite(81, 1, 3));
    done(&mut party, 11, accept(82, 81, 3));
    let version = state(&party).version;
    // The kick comes again after its victim is back.
    let again = done(&mut party, 12, kick);
    assert_eq!((members(&party), state(&party).version), (vec![1, 2, 3], version));
    assert!(again.party_version > first.party_version, "with the party as it is now");
    // What was refused stays refused, though it would be right by now.
    let promote = Promote { key: 83, by: character(2), character: character(3) };
    assert_eq!(refused(&mut party, 13, promote.clone()), ErrorCode::NotLeader);
    done(&mut party, 14, Promote { key: 84, by: character(1), character: character(2) });
    assert_eq!(refused(&mut party, 15, promote), ErrorCode::NotLeader);
}

#[test]
fn members_who_are_offline_show_as_such_and_an_older_word_changes_nothing() {
    let mut party = three();
    let report = |number, visit| Report { character: character(2), seat: 22, presence: Presence { number, visit } };
    done(&mut party, 9, report(5, None));
    assert_eq!(state(&party).update().online.into_vec(), [character(1), character(3)]);
    let version = state(&party).version;
    done(&mut party, 10, report(4, Some(visit(1, 2))));
    done(&mut party, 11, report(5, Some(visit(1, 2))));
    assert_eq!(state(&party).version, version);
    done(&mut party, 12, report(6, Some(visit(2, 2))));
    done(&mut party, 13, report(7, Some(visit(0, 2))));
    assert_eq!(state(&party).version, version + 1, "another hub is no news to the others");
    let stranger = Report { character: character(2), seat: 9, presence: Presence { number: 8, visit: None } };
    assert_eq!(refused(&mut party, 14, stranger), ErrorCode::NotInParty);
    assert_eq!(done(&mut party, 15, Gather { character: character(1) }), Some(0));
}

#[test]
fn a_party_of_which_nobody_is_there_for_a_day_ends() {
    let mut party = three();
    for n in [1, 2, 3] {
        let seat = if n == 1 { 1001 } else { 20 + n };
        done(
            &mut party,
            9 + n,
            Report { character: character(n), seat, presence: Presence { number: 1, visit: None } },
        );
    }
    letters(&mut party, 13);
    let due = Millis(12 + PARTY_DESERTED);
    assert_eq!(party.next_deadline(), Some(due));
    let mut entropy = Seeded::new(1);
    let mut context = Context::new(due - 1, &mut entropy);
    party.expire(&mut context);
    assert!(!state(&party).ended);
    context.now = due;
    party.expire(&mut context);
    assert!(state(&party).ended);
    assert_eq!(letters(&mut party, due.0).len(), 3, "three seats are given back");
}

#[test]
fn a_member_whom_its_hub_does_not_find_for_ten_seconds_is_offline() {
    let mut party = three();
    done(&mut party, 100, Promote { key: 90, by: character(1), character: character(2) });
    let mut entropy = Seeded::new(1);
    let mut now = 100;
    while state(&party).places().count() == 3 {
        for errand in party.take_errands(Millis(now)) {
            let missing = match &errand {
                Errand::Letter(_, letter) => match &letter.says {
                    Letter::Update { hub: 1, to, .. } => {
                        to.iter().filter(|(who, _)| *who == character(3)).copied().collect()
                    }
                    _ => Vec::new(),
                },
                Errand::Words(..) => Vec::new(),
            };
            party.finish(&mut Context::new(Millis(now), &mut entropy), errand, Ok(missing));
        }
        now += 250;
        assert!(now < 100 + 2 * MEMBER_MISSING, "it takes too long");
    }
    assert!(now > 100 + MEMBER_MISSING);
    assert_eq!(state(&party).update().online.into_vec(), [character(1), character(2)]);
}

fn utterance(n: u64, text: &str) -> Utterance {
    let chat = Chat {
        sender_id: character(n),
        sender_name: name(n),
        channel: Channel::Party,
        content: Draft::new(text).accept().unwrap(),
        recipient_id: None,
        recipient_name: None,
        encrypted: None,
    };
    let origin = Origin { hub: 1, connection: n, request: Some("7".into()) };
    Utterance { audience: Scope::Party, chat, origin }
}

#[test]
fn what_is_said_is_heard_by_members_once_and_by_nobody_else() {
    let mut party = three();
    let say = |number, utterances| Say { hub: 1, batch: BatchNumber { epoch: Millis(1), number }, utterances };
    let heard = done(&mut party, 9, say(1, vec![utterance(2, "one"), utterance(9, "stranger"), utterance(3, "two")]));
    assert_eq!(heard, [None, Some(ErrorCode::NotInParty), None]);
    let words: Vec<_> = party
        .take_errands(Millis(9))
        .into_iter()
        .filter_map(|errand| match errand {
            Errand::Words(hub, words) => Some((hub, words)),
            Errand::Letter(..) => None,
        })
        .collect();
    let text = |word: &crate::calls::hub::Delivery| match &word.message {
        ServerMessage::PartyChat(chat) => chat.content.as_str().to_owned(),
        other => panic!("{other:?}"),
    };
    let texts = |hub: usize| words[hub].1.iter().map(text).collect::<Vec<_>>();
    assert_eq!(
        (words.len(), texts(0), texts(1)),
        (2, vec!["one".into(), "two".into()], vec!["one".into(), "two".into()])
    );
    assert_eq!(words[1].1[0].places(), [(character(2), visit(1, 2)), (character(3), visit(1, 3))]);
    // The batch again: nothing new.
    done(&mut party, 10, say(1, vec![utterance(2, "one")]));
    let view = done(&mut party, 11, Look { character: character(1) });
    assert_eq!(view.history.iter().map(|past| past.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(refused(&mut party, 11, Look { character: character(9) }), ErrorCode::NotFound);
}
