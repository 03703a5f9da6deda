//! Sockets that show a ticket, and what is said of their sessions meanwhile.

use super::*;
use shardlink_shared::crypto::token::{Ticket, Voucher};
use shardlink_shared::limits::TICKET_LIFE;

/// A ticket of the n-th player, whose account vouches for it or does not.
fn ticket(n: u64, vouched: bool, now: u64) -> Ticket {
    let voucher = vouched.then_some(Voucher { character: Some(character(n)), silenced: None });
    let Identity { session, player } = identity(n);
    let expires = Millis(now + TICKET_LIFE);
    Ticket { session, player, voucher, hub: 3, expires, nonce: n.to_le_bytes() }
}

/// A socket that shows a ticket, which the hub takes.
fn show(world: &mut World, n: u64, ticket: &Ticket) -> ConnectionId {
    assert!(world.hub.use_ticket(ticket));
    let id = ConnectionId(n);
    let shown = Shown::Ticket(ticket.clone());
    world.handle(Event::Opened { id, encoding: Encoding::Binary, address: String::new(), shown });
    id
}

fn asked(n: u64, vouched: bool) -> Question {
    Question::Admit(identity(n), ticket(n, vouched, 0).voucher)
}

#[test]
fn a_ticket_lets_in_at_once_and_by_its_voucher_without_the_account() {
    for vouched in [true, false] {
        let mut world = World::new(false);
        let ticket = ticket(1, vouched, world.now);
        let id = show(&mut world, 1, &ticket);
        assert_eq!(world.questions(), [&asked(1, vouched)]);
        world.answer(id, Ok(admitted(1, Some(sheet(1, "Aria")))));
        assert_eq!(world.types(id), ["auth_response", "location_update"]);
    }
}

#[test]
fn a_ticket_serves_once_also_over_a_crash() {
    let mut world = World::new(false);
    let ticket = ticket(1, true, world.now);
    let id = show(&mut world, 1, &ticket);
    assert!(!world.hub.use_ticket(&ticket), "before it is answered");
    world.answer(id, Ok(admitted(1, Some(sheet(1, "Aria")))));
    assert!(!world.hub.use_ticket(&ticket));
    world.crash();
    assert!(!world.hub.use_ticket(&ticket), "its row was written with the entrance");

    // When it could not be shown any more it is forgotten, and so is its row.
    world.now += TICKET_LIFE;
    world.handle(Event::Closed(id));
    let other = world.player(2, "Bran", Encoding::Binary);
    for _ in 0..3 {
        world.now += PRESENCE_INTERVAL;
        world.handle(Event::Alarm);
    }
    assert!(world.tickets.is_empty());
    assert!(world.hub.connection(other).is_some());
}

#[test]
fn a_ticket_whose_socket_goes_before_the_answer_has_served() {
    let mut world = World::new(false);
    let ticket = ticket(1, true, world.now);
    let id = show(&mut world, 1, &ticket);
    world.handle(Event::Closed(id));
    world.crash();
    assert!(!world.hub.use_ticket(&ticket));
}

#[test]
fn after_any_word_of_its_session_a_voucher_is_void_also_over_a_crash() {
    let session = identity(1).session;
    for event in [
        Event::SessionEnded(session, ErrorCode::LoggedOut),
        Event::SessionRenewed(session, identity(5).session),
        Event::Selected(session, character(9)),
        Event::Silenced(session, None),
    ] {
        for crash in [false, true] {
            let mut world = World::new(false);
            let mine = ticket(1, true, world.now);
            world.handle(event.clone());
            if crash {
                world.crash();
            }
            let other = ticket(2, true, world.now);
            show(&mut world, 1, &mine);
            assert_eq!(world.questions(), [&asked(1, false)], "{event:?}");
            show(&mut world, 2, &other);
            assert_eq!(world.questions(), [&asked(2, true)], "of another session nothing was said");
        }
    }
}

#[test]
fn what_was_said_before_the_question_is_in_the_answer_and_is_not_done_again() {
    let mut world = World::new(false);
    let session = identity(1).session;
    world.handle(Event::Silenced(session, Some(Millis(5_000_000))));
    world.handle(Event::Selected(session, character(9)));
    world.handle(Event::SessionEnded(session, ErrorCode::SignedInElsewhere));
    let ticket = ticket(1, true, world.now);
    let id = show(&mut world, 1, &ticket);
    world.answer(id, Ok(admitted(1, Some(sheet(1, "Aria")))));
    let connection = world.hub.connection(id).unwrap();
    assert_eq!((connection.silenced, connection.player().unwrap().character), (None, character(1)));
    assert_eq!(world.questions(), [] as [&Question; 0]);
}

#[test]
fn of_a_session_that_has_come_back_older_words_are_not_taken_for_new_ones() {
    let mut world = World::new(false);
    let session = identity(1).session;
    world.handle(Event::SessionEnded(session, ErrorCode::SignedInElsewhere));
    let ticket = ticket(1, false, world.now);
    let id = show(&mut world, 1, &ticket);
    world.handle(Event::Silenced(session, Some(Millis(5_000_000))));
    world.answer(id, Ok(admitted(1, Some(sheet(1, "Aria")))));
    assert_eq!(world.closed(id), None);
    assert_eq!(world.hub.connection(id).unwrap().silenced, Some(Millis(5_000_000)));
}

#[test]
fn many_words_of_a_session_are_written_now_and_then_and_forgotten_where_nobody_comes_in() {
    let mut world = World::new(false);
    let session = identity(1).session;
    let mut written = 0;
    for n in 0..100 {
        world.now += 100;
        world.handle(Event::Selected(session, character(n)));
        written += world.last.iter().filter(|effect| matches!(effect, Effect::Word(_))).count();
    }
    assert_eq!(written, 1, "in ten seconds");
    assert!(world.hub.use_ticket(&ticket(2, true, world.now)));
    for _ in 0..8 {
        let Some(due) = world.hub.next_deadline() else { break };
        world.now = world.now.max(due.0);
        world.handle(Event::Alarm);
    }
    assert_eq!((world.hub.next_deadline(), world.words.len(), world.tickets.len()), (None, 0, 0));
    let new = ticket(1, true, world.now);
    show(&mut world, 1, &new);
    assert_eq!(world.questions(), [&asked(1, true)], "a new ticket's voucher holds");
}

#[test]
fn what_is_said_while_the_question_is_open_holds() {
    let session = identity(1).session;
    let admit = |event: Event<'_>| {
        let mut world = World::new(false);
        let ticket = ticket(1, true, world.now);
        let id = show(&mut world, 1, &ticket);
        world.handle(event);
        world.answer(id, Ok(admitted(1, Some(sheet(1, "Aria")))));
        (world, id)
    };

    let (world, id) = admit(Event::SessionEnded(session, ErrorCode::LoggedOut));
    assert_eq!(world.closed(id), Some(ErrorCode::LoggedOut));
    assert!(world.hub.connection(id).is_none());
    assert!(matches!(world.carried[..], [Letter::Left { .. }]), "its character is not left in the world");

    let (world, id) = admit(Event::SessionRenewed(session, identity(5).session));
    assert_eq!(world.hub.connection(id).unwrap().identity().unwrap().session, identity(5).session);

    let (world, id) = admit(Event::Silenced(session, Some(Millis(5_000_000))));
    assert_eq!(world.hub.connection(id).unwrap().silenced, Some(Millis(5_000_000)));

    let (world, _) = admit(Event::Selected(session, character(9)));
    assert_eq!(world.questions(), [&Question::Select(identity(1), character(9))]);
}
