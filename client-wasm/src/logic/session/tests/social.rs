//! Parties, invitations and chat over a connection that may break.

use super::*;
use crate::logic::systems::{
    News as AnyNews,
    party::{Invitation, News, Outcome, Party},
};
use shardlink_shared::{
    ids::PartyId,
    protocol::{
        account::Resumed,
        bounded::Secret,
        chat::{ChatHistory, ChatHistoryRequest, Mute, PastChat},
        party::{LootSharing, PartyInvite, PartyReference, PartyUpdate},
    },
};

/// An object of whole numbers.
fn object(fields: impl IntoIterator<Item = (&'static str, u64)>) -> Value {
    Value::Object(fields.into_iter().map(|(name, number)| (name.to_owned(), Value::Whole(number))).collect())
}

fn party(id: u64) -> PartyId {
    PartyId::new(id).unwrap()
}

fn me() -> CharacterId {
    sheet().id
}

/// Party 7 with these members.
fn update(version: u64, members: &[CharacterId]) -> ServerMessage {
    ServerMessage::PartyUpdate(PartyUpdate {
        party_id: party(7),
        party_name: None,
        leader_id: members[0],
        member_ids: List::of(members.iter().copied()),
        member_names: List::of(members.iter().map(|_| name("Bran"))),
        max_members: 4,
        loot_sharing: LootSharing::Equal,
        online: List::of(members.iter().copied()),
        party_version: version,
    })
}

fn invite(into: u64, expires_at: Option<Millis>) -> ServerMessage {
    ServerMessage::PartyInvite(PartyInvite {
        party_id: party(into),
        inviter_id: character(8),
        inviter_name: name("Bran"),
        invitee_id: me(),
        invitee_name: name("Aria"),
        party_name: None,
        expires_at: expires_at.map(shardlink_shared::protocol::Timestamp),
    })
}

fn news(effects: &[Effect]) -> Vec<&News> {
    let news = effects.iter().filter_map(|effect| match effect {
        Effect::Emit(Event::News(AnyNews::Party(news))) => Some(news),
        _ => None,
    });
    news.collect()
}

/// The requests among what was sent, with their numbers.
fn requests(effects: &[Effect]) -> Vec<(u32, ClientMessage)> {
    let asked = sent(effects).into_iter().filter_map(|incoming| {
        Some((incoming.envelope.message_id.as_ref().and_then(RequestId::as_number)?, incoming.message))
    });
    asked.collect()
}

fn answers(effects: &[Effect]) -> Vec<(u32, Result<&str, &str>)> {
    let answers = effects.iter().filter_map(|effect| match effect {
        Effect::Answer(request, Ok(told)) => Some((*request, Ok(told.name()))),
        Effect::Answer(request, Err(failure)) => Some((*request, Err(failure.code.as_ref()))),
        _ => None,
    });
    answers.collect()
}

impl Player {
    fn asks(&mut self, request: &str, fields: impl IntoIterator<Item = (&'static str, u64)>) -> u32 {
        self.session.ask(request, object(fields), self.now).unwrap()
    }

    fn loots(&mut self, rule: &str) -> u32 {
        let fields = Value::Object(vec![("loot_sharing".to_owned(), Value::Text(rule.to_owned()))]);
        self.session.ask("party_loot", fields, self.now).unwrap()
    }

    fn party(&self) -> Option<&Party> {
        self.session.systems().party.own()
    }

    fn invitations(&self) -> &[Invitation] {
        self.session.systems().party.invitations()
    }

    fn lines(&self, channel: Channel) -> usize {
        self.session.systems().chat.lines(channel).count()
    }

    fn members(&self) -> Vec<u64> {
        let party = self.party();
        party.into_iter().flat_map(|party| &party.members).map(|member| member.character_id.get()).collect()
    }

    /// In the world of a server that resumes.
    fn social() -> Self {
        let mut player = Self::new();
        player.session.enter(token("t1_a"), player.now);
        player.session.opened(player.now);
        let resume_token = Some(Secret::parse("r1_a").unwrap());
        player.hear(None, &ServerMessage::AuthResponse(AuthResponse { resume_token, ..accepted(Some(sheet())) }));
        player.hear(None, &snapshot(NEXUS));
        player.effects();
        player
    }

    /// The connection breaks, and another socket is open.
    fn breaks(&mut self) -> Vec<Effect> {
        self.lose(1006);
        let lost = self.effects();
        self.wait(500);
        self.session.opened(self.now);
        self.effects();
        lost
    }
}

#[test]
fn a_request_settles_with_the_answer_to_it_and_the_party_is_known_by_then() {
    let mut player = Player::social();
    let create = player.asks("party_create", []);
    assert_eq!(requests(&player.effects())[0].0, create);
    player.hear(Some(create), &update(1, &[me()]));
    let effects = player.effects();
    assert_eq!(answers(&effects), [(create, Ok("party_update"))]);
    // The message first, then what it means.
    let emitted = effects.iter().filter(|effect| matches!(effect, Effect::Emit(_))).collect::<Vec<_>>();
    assert!(matches!(
        emitted[..],
        [Effect::Emit(Event::Message(_)), Effect::Emit(Event::News(AnyNews::Party(News::Party(Some(_)))))]
    ));
    let own = player.party().unwrap();
    assert_eq!((own.party_id, own.leader_id), (party(7), me()));
    // The player's own health is known from the sheet.
    assert_eq!(own.members[0].health, Some(sheet().resources.health));

    let invites = player.asks("party_invite", [("invitee_id", 8)]);
    let kicks = player.asks("party_kick", [("character_id", 9)]);
    let refusal = Refusal::new(ErrorCode::NotFound).at("character_id");
    player.hear(Some(kicks), &ServerMessage::Error(ErrorMessage::from(&refusal)));
    let mut copy = invite(7, None);
    if let ServerMessage::PartyInvite(invite) = &mut copy {
        (invite.inviter_id, invite.invitee_id) = (me(), character(8));
    }
    player.hear(Some(invites), &copy);
    let effects = player.effects();
    assert_eq!(answers(&effects), [(kicks, Err("NOT_FOUND")), (invites, Ok("party_invite"))]);
    let failed = effects.iter().find_map(|effect| match effect {
        Effect::Answer(_, Err(failure)) => failure.field.clone(),
        _ => None,
    });
    assert_eq!(failed.as_deref(), Some("character_id"));
    assert!(news(&effects).is_empty());
}

#[test]
fn outside_of_a_party_nothing_is_asked_of_one_and_outside_of_the_world_nothing_at_all() {
    let mut player = Player::social();
    assert_eq!(player.session.ask("party_leave", object([]), player.now).unwrap_err().code, "NOT_IN_PARTY");
    assert!(sent(&player.effects()).is_empty());
    player.session.leave();
    assert_eq!(player.session.ask("party_create", object([]), player.now).unwrap_err().code, "NOT_CONNECTED");
    assert_eq!(player.session.ask("party_leave", object([]), player.now).unwrap_err().code, "NOT_CONNECTED");
}

#[test]
fn an_answer_that_was_lost_with_the_connection_comes_when_it_is_resumed() {
    let mut player = Player::social();
    player.hear(None, &update(1, &[me(), character(8)]));
    let promote = player.asks("party_promote", [("character_id", 8)]);
    player.effects();
    let lost = player.breaks();
    assert_eq!(answers(&lost), []);
    // Requests that are made meanwhile wait.
    let loot = player.loots("roll");
    let say = player.session.request(&ClientMessage::chat(SendChat::new("hm", Channel::Party)), player.now).unwrap();
    assert!(sent(&player.effects()).is_empty());
    player.hear(None, &ServerMessage::Resumed(Resumed { replayed: 1, snapshot: false }));
    player.hear(Some(promote), &update(2, &[character(8), me()]));
    player.hear(None, &snapshot(NEXUS));
    let effects = player.effects();
    assert_eq!(answers(&effects), [(promote, Ok("party_update"))]);
    let waited: Vec<_> = requests(&effects).into_iter().map(|(request, _)| request).collect();
    assert_eq!(waited, [loot, say]);
    assert_eq!(player.members(), [8, me().get()]);
    // A refusal of one of these requests is heard only by the game that made it.
    player.hear(Some(loot), &ServerMessage::Error(ErrorMessage::from(&Refusal::new(ErrorCode::NotLeader))));
    let effects = player.effects();
    assert_eq!((answers(&effects), emitted(&effects).len()), (vec![(loot, Err("NOT_LEADER"))], 0));
}

#[test]
fn a_replayed_update_changes_nothing_that_is_newer() {
    let mut player = Player::social();
    player.hear(None, &update(3, &[me(), character(8)]));
    player.breaks();
    player.hear(None, &ServerMessage::Resumed(Resumed { replayed: 2, snapshot: false }));
    player.hear(None, &update(2, &[me()]));
    player.hear(None, &update(3, &[me(), character(8)]));
    player.hear(None, &snapshot(NEXUS));
    assert_eq!(player.members(), [me().get(), 8]);
    assert!(news(&player.effects()).is_empty());
}

#[test]
fn a_new_stay_knows_no_party_until_it_is_told_and_gives_up_what_was_asked() {
    let mut player = Player::social();
    player.hear(None, &update(3, &[me(), character(8)]));
    player.hear(None, &invite(9, None));
    let kick = player.asks("party_kick", [("character_id", 8)]);
    player.effects();
    player.lose(1006);
    player.wait(500);
    // The server does not know the connection any more.
    player.lose(4001);
    let Some(Effect::AskTicket(attempt)) = player.effects().pop() else { panic!("no ticket is asked for") };
    player.answer_ticket(attempt, Ok(token("t1_b")));
    player.let_in();
    let effects = player.effects();
    assert_eq!(answers(&effects), [(kick, Err("NOT_CONNECTED"))]);
    assert_eq!(news(&effects), [&News::Party(None)]);
    assert_eq!((player.party(), player.invitations().len()), (None, 1));
    player.hear(None, &update(3, &[me(), character(8)]));
    assert_eq!(player.members(), [me().get(), 8]);
}

#[test]
fn an_invitation_ticks_away_by_the_servers_clock_also_while_the_connection_is_lost() {
    let mut player = Player::social();
    player.hear(None, &invite(9, Some(player.now + 30_000)));
    player.hear(None, &invite(10, Some(player.now + 100_000)));
    assert_eq!(player.invitations()[0].expires, player.now + 30_000);
    player.effects();
    player.lose(1006);
    let effects = player.wait(40_000);
    let ended: Vec<_> = news(&effects)
        .into_iter()
        .map(|news| match news {
            News::Ended(ended) => (ended.party_id.get(), ended.outcome),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ended, [(9, Outcome::Expired)]);
    player.session.leave();
    assert!(player.invitations().is_empty());
    assert!(news(&player.effects()).is_empty());
}

#[test]
fn an_invitation_is_declined_once_and_accepted_with_the_party() {
    let mut player = Player::social();
    for into in [7, 9] {
        player.hear(None, &invite(into, None));
    }
    player.effects();
    let decline = player.asks("party_decline", [("party_id", 9)]);
    let asked = requests(&player.effects());
    assert_eq!(asked, [(decline, ClientMessage::PartyDecline(PartyReference { party_id: party(9) }))]);
    let ServerMessage::PartyUpdate(other) = update(5, &[character(8)]) else { panic!() };
    player.hear(Some(decline), &ServerMessage::PartyUpdate(PartyUpdate { party_id: party(9), ..other }));
    let effects = player.effects();
    assert!(matches!(news(&effects)[..], [News::Ended(ended)] if ended.outcome == Outcome::Declined));
    let accept = player.asks("party_accept", [("party_id", 7)]);
    player.hear(Some(accept), &update(2, &[character(8), me()]));
    let effects = player.effects();
    assert_eq!(answers(&effects), [(accept, Ok("party_update"))]);
    assert!(
        matches!(news(&effects)[..], [News::Ended(ended), News::Party(Some(_))] if ended.outcome == Outcome::Accepted)
    );
    assert!(player.invitations().is_empty());
}

#[test]
fn the_talk_of_a_party_is_forgotten_with_it_and_the_rest_is_kept_over_a_break() {
    let mut player = Player::social();
    player.hear(None, &update(1, &[character(8), me()]));
    let say = |channel| {
        let ServerMessage::Chat(said) = chat("hello") else { panic!() };
        ServerMessage::chat(Chat { channel, ..said })
    };
    for channel in Channel::ALL {
        player.hear(None, &say(*channel));
    }
    let lines =
        |player: &Player| -> Vec<usize> { Channel::ALL.iter().map(|channel| player.lines(*channel)).collect() };
    assert_eq!(lines(&player), [1, 1, 1, 1]);
    player.breaks();
    player.hear(None, &ServerMessage::Resumed(Resumed { replayed: 0, snapshot: false }));
    player.hear(None, &snapshot(NEXUS));
    assert_eq!(lines(&player), [1, 1, 1, 1]);
    player.hear(None, &update(2, &[character(8)]));
    assert_eq!(lines(&player), [1, 0, 1, 1]);
    player.session.leave();
    assert_eq!(lines(&player), [0, 0, 0, 0]);
}

#[test]
fn a_history_and_a_mute_settle_their_requests_and_are_taken_in() {
    let mut player = Player::social();
    let ask = ClientMessage::ChatHistory(ChatHistoryRequest { channel: Channel::Global, before: None });
    let asked = player.session.request(&ask, player.now).unwrap();
    let ServerMessage::Chat(said) = chat("before you came") else { panic!() };
    let past = PastChat { number: 4, timestamp: shardlink_shared::protocol::Timestamp(START), chat: said };
    let told = ServerMessage::ChatHistory(ChatHistory { channel: Channel::Global, messages: List::of([past]) });
    player.hear(Some(asked), &told);
    assert_eq!(answers(&player.effects()), [(asked, Ok("chat_history"))]);
    assert_eq!(player.lines(Channel::Global), 1);
    let mute = Mute { character_id: character(8), muted: true };
    let muting = player.session.request(&ClientMessage::Mute(mute.clone()), player.now).unwrap();
    assert_eq!(player.lines(Channel::Global), 1);
    player.hear(Some(muting), &ServerMessage::Mute(mute));
    assert_eq!(answers(&player.effects()), [(muting, Ok("mute"))]);
    assert_eq!((player.lines(Channel::Global), player.session.systems().chat.muted().len()), (0, 1));
}
