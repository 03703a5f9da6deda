//! Sessions that end or are renewed while their place is kept, with a crash between.

use super::*;
use crate::calls::account::Standing;
use shardlink_shared::{
    crypto::token::{ResumeToken, Ticket, Voucher},
    limits::TICKET_LIFE,
    protocol::account::{AuthResponse, Resume},
};

fn token(n: u64) -> ResumeToken {
    ResumeToken { session: identity(n).session, player: identity(n).player, hub: 3, stream: n }
}

/// A socket that shows a token, and resumes.
fn resume(world: &mut World, socket: u64, token: ResumeToken) -> ConnectionId {
    let id = ConnectionId(socket);
    let shown = Shown::Resume(token);
    world.handle(Event::Opened { id, encoding: Encoding::Binary, address: String::new(), shown });
    world.send(id, &ClientMessage::Resume(Resume { last_seq: 0 }));
    id
}

fn stands(n: u64) -> Result<Answer, Refusal> {
    Ok(Answer::Stands(Standing { session: identity(n).session, silenced: None }))
}

/// The auth_response that the last event sent to a connection.
fn response(world: &World, id: ConnectionId) -> AuthResponse {
    let response = |message| if let ServerMessage::AuthResponse(response) = message { Some(response) } else { None };
    world.sent(id).into_iter().find_map(response).unwrap()
}

fn token_in(response: &AuthResponse) -> ResumeToken {
    ResumeToken::parse(response.resume_token.as_ref().unwrap().reveal(), b"").unwrap()
}

#[test]
fn after_a_crash_the_account_is_asked_before_a_place_goes_on_and_frames_wait_for_it() {
    // This hub does not sleep: while a question is open the runtime keeps the object awake.
    let mut world = World::new(false);
    let aria = world.player(1, "Aria", Encoding::Binary);
    world.crash();
    let id = resume(&mut world, 7, token(1));
    assert_eq!((world.questions(), world.sent(aria)), (vec![&Question::Stands(identity(1))], vec![]));
    world.send(id, &say("after the crash", Channel::Global));
    assert_eq!(world.types(id), [""; 0]);
    world.answer(id, stands(1));
    assert!(world.last.contains(&Effect::Rebind(id, aria)));
    assert_eq!(world.types(aria), ["resumed", "location_update", "chat"]);
    // The account is asked once: from here on the hub is told of the session's end as before.
    world.handle(Event::Lost(aria));
    resume(&mut world, 8, token(1));
    assert_eq!((world.questions(), world.types(aria)[0]), (vec![], "resumed"));
}

#[test]
fn a_place_that_was_lost_before_the_crash_and_one_that_slept_after_it_are_in_doubt_too() {
    both(|mut world| {
        let aria = world.player(1, "Aria", Encoding::Binary);
        world.handle(Event::Lost(aria));
        world.crash();
        for _ in 0..3 {
            world.now += 11_000;
            world.handle(Event::Alarm);
        }
        resume(&mut world, 7, token(1));
        assert_eq!(world.questions(), [&Question::Stands(identity(1))]);
    });
}

#[test]
fn a_session_that_ended_in_a_crash_does_not_resume_and_its_place_is_given_up() {
    for code in [ErrorCode::SessionExpired, ErrorCode::SignedInElsewhere] {
        let mut world = World::new(false);
        world.player(1, "Aria", Encoding::Binary);
        world.crash();
        let id = resume(&mut world, 7, token(1));
        world.send(id, &say("from beyond", Channel::Global));
        world.answer(id, Err(code.into()));
        assert_eq!(world.closed(id), Some(code));
        assert_eq!((world.hub.population().players, world.places.len()), (0, 0));
        assert_eq!(world.log.len(), 0, "nothing was said");
        assert!(matches!(world.carried[..], [Letter::Left { .. }]));
    }
}

#[test]
fn where_the_account_does_not_answer_the_client_is_told_to_try_again_and_its_place_is_kept() {
    let mut world = World::new(false);
    world.player(1, "Aria", Encoding::Binary);
    world.crash();
    let id = resume(&mut world, 7, token(1));
    world.answer(id, Err(ErrorCode::Internal.into()));
    assert_eq!((world.closed(id), world.places.len()), (Some(ErrorCode::Restarting), 1));
    resume(&mut world, 8, token(1));
    assert_eq!(world.questions(), [&Question::Stands(identity(1))]);
}

#[test]
fn what_is_said_of_the_session_while_its_account_is_asked_holds() {
    let session = identity(1).session;
    let mut world = World::new(false);
    let aria = world.player(1, "Aria", Encoding::Binary);
    world.crash();
    let id = resume(&mut world, 7, token(1));
    world.handle(Event::SessionEnded(session, ErrorCode::LoggedOut));
    world.answer(id, stands(1));
    assert_eq!((world.hub.population().players, world.types(aria)), (0, vec![]));
    assert_eq!(world.questions(), [&Question::Admit(identity(1), None)], "it has no place any more");

    let mut world = World::new(false);
    let aria = world.player(1, "Aria", Encoding::Binary);
    world.crash();
    let id = resume(&mut world, 7, token(1));
    world.handle(Event::Silenced(session, Some(Millis(5_000_000))));
    world.answer(id, stands(1));
    assert_eq!(world.types(aria)[0], "resumed");
    assert_eq!(world.hub.connection(aria).unwrap().silenced, Some(Millis(5_000_000)));
}

#[test]
fn a_renewed_session_resumes_by_its_new_token_and_not_by_the_old_one() {
    for encoding in [Encoding::Binary, Encoding::Json] {
        both(|mut world| {
            let aria = world.player(1, "Aria", encoding);
            world.handle(Event::SessionRenewed(identity(1).session, identity(5).session));
            let renewed = response(&world, aria);
            assert!(renewed.success && renewed.session_token.is_none() && renewed.character.is_none());
            let new = ResumeToken { session: identity(5).session, ..token(1) };
            assert_eq!(token_in(&renewed), new);
            world.handle(Event::Lost(aria));
            let id = resume(&mut world, 7, token(1));
            assert_eq!(world.closed(id), Some(ErrorCode::Unauthenticated), "it has to come by a ticket");
            assert_eq!((world.questions(), world.places.len()), (vec![], 1));
            resume(&mut world, 8, new);
            assert_eq!(world.types(aria)[0], "resumed");
        });
    }
}

#[test]
fn a_crash_that_took_word_of_a_renewal_leaves_the_old_token_dead_as_well() {
    let mut world = World::new(false);
    world.player(1, "Aria", Encoding::Binary);
    world.crash();
    let id = resume(&mut world, 7, token(1));
    world.answer(id, stands(5));
    assert_eq!(world.closed(id), Some(ErrorCode::Unauthenticated));
    assert_eq!(world.places.len(), 1, "until its owner comes by a ticket");
    // The letter comes, and changes nothing.
    world.handle(Event::SessionRenewed(identity(1).session, identity(5).session));
    assert_eq!((world.places.len(), world.hub.population().players), (1, 1));
}

#[test]
fn a_session_that_is_renewed_while_it_is_admitted_is_given_the_newest_token() {
    let mut world = World::new(false);
    let id = world.open(1, Encoding::Binary);
    world.send(id, &auth());
    world.handle(Event::SessionRenewed(identity(1).session, identity(5).session));
    world.handle(Event::SessionRenewed(identity(5).session, identity(6).session));
    world.answer(id, Ok(admitted(1, Some(sheet(1, "Aria")))));
    assert_eq!(token_in(&response(&world, id)).session, identity(6).session);

    let id = world.open(2, Encoding::Binary);
    world.send(id, &auth());
    world.handle(Event::SessionRenewed(identity(2).session, identity(7).session));
    world.handle(Event::SessionEnded(identity(7).session, ErrorCode::LoggedOut));
    world.answer(id, Ok(admitted(2, Some(sheet(2, "Bran")))));
    assert_eq!(world.closed(id), Some(ErrorCode::LoggedOut), "under the name that it had by then");
}

#[test]
fn a_ticket_from_before_a_crash_is_not_vouched_for() {
    let voucher = Some(Voucher { character: Some(character(1)), silenced: None });
    let given = |world: &World| Ticket {
        session: identity(1).session,
        player: identity(1).player,
        voucher,
        hub: 3,
        expires: Millis(world.now + TICKET_LIFE),
        nonce: world.now.to_le_bytes(),
    };
    let mut world = World::new(false);
    let before = given(&world);
    world.now += 1;
    world.crash();
    let after = given(&world);
    for (n, ticket, vouched) in [(1, before, None), (2, after, voucher)] {
        assert!(world.hub.use_ticket(&ticket));
        let shown = Shown::Ticket(ticket);
        let id = ConnectionId(n);
        world.handle(Event::Opened { id, encoding: Encoding::Binary, address: String::new(), shown });
        assert_eq!(world.questions(), [&Question::Admit(identity(1), vouched)]);
    }
}
