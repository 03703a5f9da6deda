use super::*;
use shardlink_shared::codec::binary;
use shardlink_shared::{
    codec::table::{Kind, Wire, write},
    entropy::{Entropy, Seeded},
    protocol::{
        ClientMessage, MessageSet,
        bounded::List,
        party::{LootSharing, PartyLoot, PartyMember},
    },
};

fn character(id: u64) -> CharacterId {
    CharacterId::new(id).unwrap()
}

fn party(id: u64) -> PartyId {
    PartyId::new(id).unwrap()
}

fn name(id: u64) -> CharacterName {
    CharacterName::parse(&format!("Hero {id}")).unwrap()
}

fn me() -> CharacterId {
    character(1)
}

/// Party 7 in this version, led by its first member; all but those of `away` are online.
fn update(version: u64, members: &[u64], away: &[u64]) -> PartyUpdate {
    PartyUpdate {
        party_id: party(7),
        party_name: None,
        leader_id: character(members.first().copied().unwrap_or(9)),
        member_ids: List::of(members.iter().copied().map(character)),
        member_names: List::of(members.iter().copied().map(name)),
        max_members: 4,
        loot_sharing: LootSharing::Equal,
        online: List::of(members.iter().copied().filter(|id| !away.contains(id)).map(character)),
        party_version: version,
    }
}

fn invite(into: u64) -> PartyInvite {
    PartyInvite {
        party_id: party(into),
        inviter_id: character(2),
        inviter_name: name(2),
        invitee_id: me(),
        invitee_name: name(1),
        party_name: None,
        expires_at: None,
    }
}

fn members(parties: &Parties) -> Vec<u64> {
    parties.own().into_iter().flat_map(|own| &own.members).map(|member| member.character_id.get()).collect()
}

fn outcomes(news: impl IntoIterator<Item = News>) -> Vec<(u64, Outcome)> {
    let ended = news.into_iter().filter_map(|news| match news {
        News::Ended(ended) => Some((ended.party_id.get(), ended.outcome)),
        _ => None,
    });
    ended.collect()
}

fn refused(code: ErrorCode) -> Failure {
    code.into()
}

#[test]
fn an_older_version_changes_nothing_nor_does_the_same_again() {
    let mut parties = Parties::default();
    assert_eq!(parties.update(&update(3, &[2, 1, 3], &[]), me()).len(), 1);
    for older in [update(2, &[2, 1], &[]), update(3, &[2, 1], &[]), update(1, &[2], &[])] {
        assert_eq!(parties.update(&older, me()), []);
    }
    assert_eq!(members(&parties), [2, 1, 3]);
    assert_eq!(parties.update(&update(5, &[2, 1], &[]), me()).len(), 1);
    assert_eq!((members(&parties), parties.own().unwrap().version), (vec![2, 1], 5));
}

#[test]
fn whatever_the_order_the_newest_version_is_what_stays() {
    for seed in 0..200 {
        let mut entropy = Seeded::new(seed);
        let mut updates: Vec<_> = (1..=9_u64)
            .map(|version| {
                if version % 3 == 0 {
                    update(version, &[2], &[])
                } else {
                    update(version, &[2, 1, 10 + version], &[])
                }
            })
            .collect();
        updates.extend(updates.clone());
        let newest = update(10, &[1, 2], &[2]);
        updates.push(newest.clone());
        let mut parties = Parties::default();
        while !updates.is_empty() {
            let at = entropy.next_u64() as usize % updates.len();
            parties.update(&updates.swap_remove(at), me());
        }
        assert_eq!(members(&parties), [1, 2], "seed {seed}");
        assert_eq!(parties.own().unwrap().version, 10, "seed {seed}");
    }
}

#[test]
fn whoever_is_out_stays_out_of_it_even_if_older_news_comes_late() {
    let mut parties = Parties::default();
    parties.update(&update(1, &[2, 1], &[]), me());
    assert_eq!(parties.update(&update(3, &[2], &[]), me()), [News::Party(None)]);
    assert_eq!(parties.update(&update(2, &[2, 1, 3], &[]), me()), []);
    assert_eq!(parties.own(), None);
    // The player was invited again and is back.
    parties.update(&update(4, &[2, 1], &[]), me());
    assert_eq!(members(&parties), [2, 1]);
}

#[test]
fn members_who_come_and_go_are_told_and_those_who_join_or_leave_are_not_told_twice() {
    let mut parties = Parties::default();
    parties.update(&update(1, &[2, 1, 3], &[3]), me());
    let news = parties.update(&update(2, &[2, 1, 3, 4], &[2, 4]), me());
    let presences: Vec<_> = news
        .iter()
        .filter_map(|news| match news {
            News::Presence(one) => Some((one.character_id.get(), one.online)),
            _ => None,
        })
        .collect();
    assert_eq!(presences, [(2, false), (3, true)]);
    let own = parties.own().unwrap();
    assert_eq!(
        own.members.iter().map(|one| (one.is_leader, one.online)).collect::<Vec<_>>(),
        [(true, false), (false, true), (false, true), (false, false),]
    );
}

#[test]
fn an_invitation_is_good_until_its_time_is_over() {
    let mut parties = Parties::default();
    assert!(parties.invited(&invite(7), me(), Millis(5_000)).is_some());
    assert!(parties.invited(&invite(8), me(), Millis(4_000)).is_some());
    assert_eq!(parties.due(), Some(Millis(4_000)));
    assert_eq!(parties.expire(Millis(3_999)), []);
    assert_eq!(outcomes(parties.expire(Millis(4_000))), [(8, Outcome::Expired)]);
    assert_eq!(serde_json::to_value(parties.invitations()[0].open(Millis(3_500))).unwrap()["seconds_left"], 1.5);
    // An invitation that is told again stands once, with its new time.
    parties.invited(&invite(7), me(), Millis(9_000));
    assert_eq!((parties.invitations().len(), parties.due()), (1, Some(Millis(9_000))));
    assert_eq!(outcomes(parties.expire(Millis(10_000))), [(7, Outcome::Expired)]);
    assert_eq!(parties.due(), None);
}

#[test]
fn of_many_invitations_the_oldest_are_forgotten() {
    let mut parties = Parties::default();
    for into in 1..=25 {
        parties.invited(&invite(into), me(), Millis(1_000));
    }
    assert_eq!(parties.invitations().len(), MAX_INVITED);
    assert_eq!(parties.invitations()[0].party_id, party(6));
}

#[test]
fn ones_own_copy_of_an_invitation_invites_nobody() {
    let mut parties = Parties::default();
    assert_eq!(parties.invited(&PartyInvite { invitee_id: character(5), ..invite(7) }, me(), Millis(1)), None);
    assert!(parties.invitations().is_empty());
}

#[test]
fn an_invitation_ends_as_it_was_answered() {
    let mut parties = Parties::default();
    let until = Millis(1_000);
    for into in 7..=10 {
        parties.invited(&invite(into), me(), until);
    }
    let answer = |parties: &mut Parties, number, request, party_id| {
        let mut body = Vec::new();
        binary::append_body(&mut body, &PartyReference { party_id: party(party_id) });
        parties.asked(number, request, &body);
    };
    answer(&mut parties, 1, "party_decline", 8);
    assert_eq!(outcomes(parties.answered(1, None)), [(8, Outcome::Declined)]);
    // A full party may have room later; a party that is gone will not.
    answer(&mut parties, 2, "party_accept", 9);
    assert_eq!(parties.answered(2, Some(&refused(ErrorCode::PartyFull))), None);
    answer(&mut parties, 3, "party_accept", 9);
    assert_eq!(outcomes(parties.answered(3, Some(&refused(ErrorCode::NotFound)))), [(9, Outcome::Withdrawn)]);
    // A lost connection says nothing about it.
    answer(&mut parties, 4, "party_accept", 10);
    assert_eq!(parties.answered(4, Some(&Failure::not_connected())), None);
    answer(&mut parties, 5, "party_accept", 7);
    assert_eq!(outcomes(parties.answered(5, None)), [(7, Outcome::Accepted)]);
    assert_eq!(parties.answered(5, None), None);
    assert_eq!(parties.invitations().len(), 1);
}

#[test]
fn an_invitation_ends_with_the_partys_news() {
    let mut parties = Parties::default();
    parties.invited(&invite(7), me(), Millis(1_000));
    assert_eq!(outcomes(parties.update(&update(2, &[2, 3], &[]), me())), [(7, Outcome::Withdrawn)]);
    parties.invited(&invite(7), me(), Millis(1_000));
    let news = parties.update(&update(4, &[2, 1], &[]), me());
    assert_eq!(outcomes(news.clone()), [(7, Outcome::Accepted)]);
    assert!(matches!(news.last(), Some(News::Party(Some(_)))));
    // Word from before the invitation does not end it.
    parties.update(&update(5, &[2], &[]), me());
    parties.invited(&invite(7), me(), Millis(1_000));
    assert_eq!(parties.update(&update(5, &[2], &[]), me()), []);
    assert_eq!(parties.invitations().len(), 1);
}

/// The message that a request with these fields becomes.
fn prepared(parties: &Parties, request: &str, fields: &[(&str, Value)]) -> Result<ClientMessage, Failure> {
    let mut fields = Value::Object(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect());
    parties.prepare(request, &mut fields)?;
    let row = ClientMessage::type_of_name(request).unwrap();
    let mut body = Vec::new();
    write(row.fields, &fields, &mut body)?;
    Ok(ClientMessage::from_binary(row.tag, &body).unwrap().unwrap())
}

#[test]
fn what_is_wanted_of_ones_party_names_it_and_without_one_is_refused() {
    let mut parties = Parties::default();
    let (five, text) = (Value::Whole(5), |text: &str| Value::Text(text.to_owned()));
    let wishes: [(&str, &[(&str, Value)]); 8] = [
        ("party_invite", &[("invitee_id", five.clone())]),
        ("party_invite", &[("invitee_id", Value::Null), ("invitee_name", text(" Bran "))]),
        ("party_withdraw", &[("character_id", five.clone())]),
        ("party_leave", &[]),
        ("party_kick", &[("character_id", five.clone())]),
        ("party_disband", &[]),
        ("party_promote", &[("character_id", five)]),
        ("party_loot", &[("loot_sharing", text("roll"))]),
    ];
    for (request, fields) in wishes {
        assert_eq!(prepared(&parties, request, fields).unwrap_err().code, "NOT_IN_PARTY");
    }
    assert!(prepared(&parties, "party_create", &[]).is_ok());
    parties.update(&update(1, &[1, 5], &[]), me());
    let [by_id, by_name, withdraw, leave, kick, disband, promote, loot] =
        wishes.map(|(request, fields)| prepared(&parties, request, fields).unwrap());
    let ClientMessage::PartyInvite(invite) = by_id else { panic!("{by_id:?}") };
    assert_eq!((invite.party_id, invite.invitee_id, invite.invitee_name), (party(7), Some(character(5)), None));
    let ClientMessage::PartyInvite(invite) = by_name else { panic!("{by_name:?}") };
    assert_eq!((invite.invitee_id, invite.invitee_name.unwrap().as_str()), (None, "Bran"));
    let (own, member) =
        (PartyReference { party_id: party(7) }, PartyMember { party_id: party(7), character_id: character(5) });
    assert_eq!((leave, disband), (ClientMessage::PartyLeave(own.clone()), ClientMessage::PartyDisband(own)));
    assert_eq!(
        (withdraw, kick),
        (ClientMessage::PartyWithdraw(member.clone()), ClientMessage::PartyKick(member.clone()))
    );
    assert_eq!(promote, ClientMessage::PartyPromote(member));
    assert_eq!(loot, ClientMessage::PartyLoot(PartyLoot { party_id: party(7), loot_sharing: LootSharing::Roll }));
}

#[test]
fn a_party_that_is_named_is_left_as_it_is_and_a_name_that_nobody_can_have_is_refused() {
    let parties = Parties::default();
    let leave = prepared(&parties, "party_leave", &[("party_id", Value::Whole(9))]).unwrap();
    assert_eq!(leave, ClientMessage::PartyLeave(PartyReference { party_id: party(9) }));
    for wrong in [Value::Text("?".to_owned()), Value::Null, Value::Whole(7)] {
        let refused = prepared(&parties, "party_invite", &[("invitee_name", wrong)]).unwrap_err();
        assert_eq!((refused.code.as_ref(), refused.field.as_deref()), ("INVALID_FIELD", Some("invitee_name")));
    }
}

#[test]
fn what_has_become_of_an_invitation_is_shown_by_its_name() {
    let all = [Outcome::Accepted, Outcome::Declined, Outcome::Withdrawn, Outcome::Expired];
    let Kind::Names(names) = Outcome::KIND else { panic!() };
    let written = all.map(|outcome| serde_json::to_value(outcome).unwrap());
    assert_eq!(written.iter().filter_map(|name| name.as_str()).collect::<Vec<_>>(), *names);
}

#[test]
fn health_is_shown_where_it_was_heard_of_and_kept_for_members_alone() {
    let mut parties = Parties::default();
    let health = |who, health| CharacterUpdate {
        health: Some(health),
        max_health: Some(90),
        ..CharacterUpdate::of(character(who), name(who))
    };
    assert_eq!(parties.vitals(&health(1, 80), me()), None);
    assert_eq!(parties.vitals(&health(2, 70), me()), None);
    parties.update(&update(1, &[1, 2], &[]), me());
    let shown = |parties: &Parties| -> Vec<_> {
        parties.own().unwrap().members.iter().map(|member| (member.health, member.max_health)).collect()
    };
    assert_eq!(shown(&parties), [(Some(80), Some(90)), (None, None)]);
    assert!(matches!(parties.vitals(&health(2, 70), me()), Some(News::Party(Some(_)))));
    assert_eq!(parties.vitals(&health(2, 70), me()), None);
    // An update about a member that says nothing of health changes no health.
    assert_eq!(parties.vitals(&CharacterUpdate::of(character(2), name(2)), me()), None);
    assert_eq!(shown(&parties), [(Some(80), Some(90)), (Some(70), Some(90))]);
    parties.update(&update(2, &[1], &[]), me());
    parties.update(&update(3, &[1, 2], &[]), me());
    assert_eq!(shown(&parties), [(Some(80), Some(90)), (None, None)]);
}

#[test]
fn a_new_stay_hears_the_same_version_again_and_keeps_invitations_but_leaving_does_not() {
    let mut parties = Parties::default();
    parties.update(&update(3, &[2, 1], &[]), me());
    parties.invited(&invite(8), me(), Millis(1_000));
    assert_eq!(parties.begin_anew(), Some(News::Party(None)));
    assert_eq!((parties.own(), parties.invitations().len()), (None, 1));
    parties.update(&update(3, &[2, 1], &[]), me());
    assert_eq!(members(&parties), [2, 1]);
    assert_eq!(parties.forget(), Some(News::Party(None)));
    assert_eq!((parties.invitations().len(), parties.due()), (0, None));
}

#[test]
fn the_time_of_an_invitation_is_the_servers() {
    // The server's clock is an hour ahead.
    let (server, now) = (Millis(3_610_000), Millis(10_000));
    let at = |moment| Some(Timestamp(Millis(moment)));
    assert_eq!(expiry(at(3_640_000), Some(Millis(3_600_000)), server, now), Millis(40_000));
    assert_eq!(expiry(None, Some(Millis(3_600_000)), server, now), Millis(300_000));
    assert_eq!(expiry(None, None, server, now), Millis(310_000));
    // Over already.
    assert_eq!(expiry(at(1), None, server, now), now);
}
