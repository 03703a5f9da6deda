//! Parties and chat as JavaScript sees them.

use crate::{
    ask, code,
    fake::{NOW, Player, Server, character, chat, name, pause, sheet},
    get, hear, in_world, json, number, states, text, thrown,
};
use shardlink_shared::{
    ErrorCode, Refusal,
    ids::PartyId,
    protocol::{
        ClientMessage, MessageSet, ServerMessage, Timestamp,
        bounded::List,
        chat::{Channel, Chat, ChatHistory, Mute, PastChat},
        error::ErrorMessage,
        party::{LootSharing, PartyInvite, PartyUpdate},
    },
};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

fn party(id: u64) -> PartyId {
    PartyId::new(id).unwrap()
}

/// Party 7, led by Bran, with oneself in it or not.
fn update(version: u64, with_me: bool, bran_online: bool) -> ServerMessage {
    let mut members = vec![(character(8), name("Bran"))];
    if with_me {
        members.push((sheet().id, sheet().name));
    }
    let online = members.iter().map(|(id, _)| *id).filter(|id| bran_online || *id != character(8));
    ServerMessage::PartyUpdate(PartyUpdate {
        party_id: party(7),
        party_name: None,
        leader_id: character(8),
        online: List::of(online.collect::<Vec<_>>()),
        member_ids: List::of(members.iter().map(|(id, _)| *id)),
        member_names: List::of(members.iter().map(|(_, name)| name.clone())),
        max_members: 4,
        loot_sharing: LootSharing::Equal,
        party_version: version,
    })
}

fn invite(into: u64, expires: u64) -> ServerMessage {
    ServerMessage::PartyInvite(PartyInvite {
        party_id: party(into),
        inviter_id: character(8),
        inviter_name: name("Bran"),
        invitee_id: sheet().id,
        invitee_name: sheet().name,
        party_name: None,
        expires_at: Some(Timestamp(NOW + expires)),
    })
}

/// The number of the request that was sent last, and the request.
fn asked(server: &Server) -> (Option<u32>, ClientMessage) {
    let request = server.received(0).pop().unwrap();
    (request.envelope.message_id.unwrap().as_number(), request.message)
}

fn members(client: &Player) -> String {
    let party = client.kept("party").unwrap();
    if party.is_null() { "none".to_owned() } else { json(&get(&party, "members")) }
}

#[wasm_bindgen_test]
async fn an_invitation_is_accepted_and_the_party_is_known_when_the_promise_resolves() {
    let server = Server::start();
    let client = in_world(&server).await;
    let (parties, invitations, ended) =
        (hear(&client, "party"), hear(&client, "invitation"), hear(&client, "invitation_ended"));
    assert_eq!((members(&client), json(&client.kept("invitations").unwrap())), ("none".to_owned(), "[]".to_owned()));
    server.sends(0, None, &invite(7, 60_000));
    let open = client.kept("invitations").unwrap();
    assert_eq!(text(&open, "0.inviter_name"), "Bran");
    assert!((58.0..=60.0).contains(&number(&open, "0.seconds_left")), "{}", json(&open));
    assert_eq!(number(&invitations.borrow()[0], "party_id"), 7.0);
    let accept = ask(&client, "party_accept", r#"{"party_id":7}"#).unwrap();
    let (request, message) = asked(&server);
    assert!(matches!(message, ClientMessage::PartyAccept(_)));
    server.sends(0, request, &update(2, true, true));
    let answer = JsFuture::from(accept).await.unwrap();
    assert_eq!((text(&answer, "type"), number(&answer, "party_version")), ("party_update".to_owned(), 2.0));
    let bran = r#"{"character_id":8,"character_name":"Bran","is_leader":true,"online":true,"health":null,"max_health":null}"#;
    assert!(members(&client).starts_with(&format!("[{bran},")), "{}", members(&client));
    assert_eq!(number(&client.kept("party").unwrap(), "members.1.health"), f64::from(sheet().resources.health));
    assert_eq!(json(&client.kept("invitations").unwrap()), "[]");
    assert_eq!(
        states(&ended),
        [r#"{"party_id":7,"party_name":null,"inviter_id":8,"inviter_name":"Bran","outcome":"accepted"}"#]
    );

    // A member goes offline; older news changes nothing; then one is put out.
    let presence = hear(&client, "party_presence");
    for message in [update(4, true, false), update(3, true, true)] {
        server.sends(0, None, &message);
    }
    assert_eq!(states(&presence), [r#"{"party_id":7,"character_id":8,"character_name":"Bran","online":false}"#]);
    server.sends(0, None, &update(5, false, false));
    assert_eq!(members(&client), "none");
    assert_eq!((parties.borrow().len(), json(parties.borrow().last().unwrap())), (3, r#"{"party":null}"#.to_owned()));
}

#[wasm_bindgen_test]
async fn an_invitation_that_nobody_answers_expires_by_itself() {
    let server = Server::start();
    let client = in_world(&server).await;
    let ended = hear(&client, "invitation_ended");
    server.sends(0, None, &invite(9, 150));
    assert_eq!(json(&get(&client.kept("invitations").unwrap(), "length")), "1");
    pause(400).await;
    assert_eq!(json(&client.kept("invitations").unwrap()), "[]");
    assert_eq!(text(&ended.borrow()[0], "outcome"), "expired");
}

#[wasm_bindgen_test]
async fn what_is_asked_of_a_party_names_it_and_a_refusal_keeps_its_code_and_field() {
    let server = Server::start();
    let client = in_world(&server).await;
    assert_eq!(thrown(ask(&client, "party_leave", "{}")), "NOT_IN_PARTY");
    assert_eq!(thrown(ask(&client, "party_invite", r#"{"invitee_id":null,"invitee_name":"x"}"#)), "INVALID_FIELD");
    assert_eq!(thrown(ask(&client, "party_kick", r#"{"character_id":1.5}"#)), "INVALID_FIELD");
    assert_eq!(thrown(ask(&client, "party_loot", r#"{"loot_sharing":"mine"}"#)), "INVALID_FIELD");
    assert_eq!(
        thrown(ask(&client, "party_create", &format!(r#"{{"party_name":"{}"}}"#, "x".repeat(161)))),
        "INVALID_FIELD"
    );
    let create = ask(&client, "party_create", "{\"party_name\":\"Caf\u{e9}\"}").unwrap();
    let (request, message) = asked(&server);
    assert!(
        matches!(message, ClientMessage::PartyCreate(create) if create.party_name.as_ref().unwrap().as_str() == "Caf\u{e9}")
    );
    server.sends(0, request, &update(1, true, true));
    JsFuture::from(create).await.unwrap();

    let invited = ask(&client, "party_invite", r#"{"invitee_name":"Cara "}"#).unwrap();
    let (request, message) = asked(&server);
    let ClientMessage::PartyInvite(sent) = message else { panic!("{message:?}") };
    assert_eq!((sent.party_id, sent.invitee_name.unwrap().as_str()), (party(7), "Cara"));
    let refusal = Refusal::new(ErrorCode::RecipientOffline).at("invitee_name");
    server.sends(0, request, &ServerMessage::Error(ErrorMessage::from(&refusal)));
    let error = JsFuture::from(invited).await.unwrap_err();
    assert_eq!(
        (text(&error, "code"), text(&error, "field")),
        ("RECIPIENT_OFFLINE".to_owned(), "invitee_name".to_owned())
    );

    for (name, fields) in [
        ("party_kick", r#"{"character_id":8}"#),
        ("party_promote", r#"{"character_id":8}"#),
        ("party_withdraw", r#"{"character_id":9}"#),
        ("party_loot", r#"{"loot_sharing":"roll"}"#),
        ("party_disband", "{}"),
        ("party_leave", "{}"),
        ("party_decline", r#"{"party_id":9}"#),
    ] {
        let asking = ask(&client, name, fields).unwrap();
        let (request, message) = asked(&server);
        assert_eq!(message.message_type().name, name);
        server.sends(0, request, &ServerMessage::Error(ErrorMessage::from(&Refusal::new(ErrorCode::NotLeader))));
        assert_eq!(code(asking).await, "NOT_LEADER", "{name}");
    }
}

#[wasm_bindgen_test]
async fn what_was_asked_on_a_connection_that_ends_for_good_is_rejected() {
    let server = Server::start();
    let client = in_world(&server).await;
    let create = ask(&client, "party_create", "{}").unwrap();
    let history = ask(&client, "chat_history", r#"{"channel":"global"}"#).unwrap();
    server.ends(0, 4004, "LOGGED_OUT");
    assert_eq!((code(create).await, code(history).await), ("NOT_CONNECTED".to_owned(), "NOT_CONNECTED".to_owned()));
    assert_eq!(thrown(ask(&client, "party_create", "{}")), "NOT_CONNECTED");
}

#[wasm_bindgen_test]
async fn a_channel_shows_its_history_and_what_was_heard_once_and_nobody_who_is_muted() {
    let server = Server::start();
    let client = in_world(&server).await;
    let ServerMessage::Chat(said) = chat("hello") else { panic!() };
    server.sends(0, None, &chat("hello"));
    let past = |number, at, content: &str| {
        let ServerMessage::Chat(chat) = chat(content) else { panic!() };
        PastChat { number, timestamp: Timestamp(at), chat }
    };
    let told = ChatHistory {
        channel: Channel::Global,
        messages: List::of([
            past(3, shardlink_shared::time::Millis(NOW.0 - 60_000), "before"),
            past(4, NOW, "hello"),
        ]),
    };
    let history = ask(&client, "chat_history", r#"{"channel":"global","before":5}"#).unwrap();
    let (request, message) = asked(&server);
    assert!(matches!(message, ClientMessage::ChatHistory(ask) if ask.before == Some(5)));
    server.sends(0, request, &ServerMessage::ChatHistory(told));
    let answer = JsFuture::from(history).await.unwrap();
    assert_eq!((number(&answer, "messages.length"), number(&answer, "messages.0.number")), (2.0, 3.0));
    let lines = client.kept("messages:global").unwrap();
    assert_eq!(number(&lines, "length"), 2.0);
    assert_eq!(
        (text(&lines, "0.content"), text(&lines, "1.content"), number(&lines, "1.number")),
        ("before".to_owned(), "hello".to_owned(), 4.0)
    );
    assert_eq!(number(&lines, "1.timestamp"), NOW.as_seconds());

    // Whispers are kept here alone.
    server.sends(0, None, &ServerMessage::chat(Chat { channel: Channel::Whisper, ..said }));
    let whispers = client.kept("messages:whisper").unwrap();
    assert_eq!((number(&whispers, "length"), text(&whispers, "0.content")), (1.0, "hello".to_owned()));
    assert_eq!(thrown(client.kept("messages:shout")), "INVALID_FIELD");
    assert_eq!(thrown(client.kept("secrets")), "INVALID_FIELD");
    assert_eq!(thrown(ask(&client, "chat_history", r#"{"channel":"shout"}"#)), "INVALID_FIELD");

    let muting = ask(&client, "mute", r#"{"character_id":8,"muted":true}"#).unwrap();
    let (request, message) = asked(&server);
    let mute = Mute { character_id: character(8), muted: true };
    assert_eq!(message, ClientMessage::Mute(mute.clone()));
    server.sends(0, request, &ServerMessage::Mute(mute));
    JsFuture::from(muting).await.unwrap();
    assert_eq!(json(&client.kept("muted").unwrap()), "[8]");
    assert_eq!(number(&client.kept("messages:global").unwrap(), "length"), 0.0);
}
