//! Connections that are lost and come back.

use super::*;
use crate::{calls::account::Standing, hub::outbox::Reliable};
use shardlink_shared::{
    crypto::token::{ResumeToken, SessionId},
    limits::{LOG_LIFE, PLACE_LIFE},
    protocol::account::{Ack, Resume, Resumed},
};

const HOUR: u64 = 3_600_000;

fn token(n: u64) -> ResumeToken {
    ResumeToken { session: identity(n).session, player: identity(n).player, hub: 3, stream: n }
}

impl World {
    /// A socket that shows a connection's token and resumes after this message.
    fn resume(&mut self, socket: u64, token: ResumeToken, last_seq: u64) {
        let id = ConnectionId(socket);
        let shown = Shown::Resume(token);
        self.handle(Event::Opened { id, encoding: Encoding::Binary, address: String::new(), shown });
        self.send(id, &ClientMessage::Resume(Resume { last_seq }));
    }

    /// The same after a crash: the player's account says that the session stands.
    fn resume_in_doubt(&mut self, socket: u64, token: ResumeToken, last_seq: u64) {
        let session = token.session;
        self.resume(socket, token, last_seq);
        self.stands(ConnectionId(socket), session);
    }

    /// The account of the player who resumes on a socket says that the session stands.
    pub(super) fn stands(&mut self, id: ConnectionId, session: SessionId) {
        let answer = Ok(Answer::Stands(Standing { session, silenced: None }));
        // While a question is open the runtime keeps the hub awake.
        self.handle_awake(Event::Answered { id, request: None, awaited: true, answer });
    }

    fn resumed(&self, id: ConnectionId) -> Resumed {
        let resumed = |message| if let ServerMessage::Resumed(resumed) = message { Some(resumed) } else { None };
        self.sent(id).into_iter().find_map(resumed).unwrap()
    }

    fn said(&self, id: ConnectionId) -> Vec<String> {
        let said = |message| if let ServerMessage::Chat(chat) = message { Some(chat) } else { None };
        self.sent(id).into_iter().filter_map(said).map(|chat| chat.content.as_str().to_owned()).collect()
    }

    /// The numbers of what the last event sent to a connection.
    fn seqs(&self, id: ConnectionId) -> Vec<u64> {
        let messages = self.frames(id).flat_map(|frame| decode::<ServerMessage>(frame, MAX_SERVER_FRAME));
        messages.filter_map(|message| message.unwrap().envelope.seq).collect()
    }
}

#[test]
fn whoever_is_lost_stands_where_it_stood_and_is_told_what_it_missed_in_order_when_it_resumes() {
    both(|mut world| {
        let aria = world.player(1, "Aria", Encoding::Binary);
        let bran = world.player(2, "Bran", Encoding::Json);
        world.walk(aria, 1.0, 0.0);
        while world.tick() {}
        world.send(bran, &say("first", Channel::Global));
        let [seen] = world.seqs(aria)[..] else { panic!() };
        world.handle(Event::Lost(aria));
        assert_eq!(world.hub.population().players, 2);
        while world.tick() {
            assert_eq!(world.sent(bran), []);
        }
        for n in 0..5 {
            world.send(bran, &say(&format!("missed {n}"), Channel::Global));
            assert_eq!(world.sent(aria), []);
        }
        world.now += PLACE_LIFE - 1;
        world.handle(Event::Alarm);
        world.resume(7, token(1), seen);
        assert!(world.last.contains(&Effect::Rebind(ConnectionId(7), aria)));
        let types = world.types(aria);
        assert_eq!(types, ["resumed", "chat", "chat", "chat", "chat", "chat", "location_update"]);
        assert_eq!(world.resumed(aria), Resumed { replayed: 5, snapshot: false });
        assert_eq!(world.said(aria), (0..5).map(|n| format!("missed {n}")).collect::<Vec<_>>());
        assert!(world.seqs(aria).is_sorted() && world.seqs(aria)[0] > seen);
        // It is there as before, and nobody has noticed.
        while world.tick() {
            assert_eq!(world.sent(bran), []);
        }
        world.now += HOUR;
        world.handle(Event::Alarm);
        world.walk(aria, 1.5, 0.0);
        world.tick();
        assert_eq!(world.types(bran), ["move", "character_update"]);
        world.send(bran, &say("hello again", Channel::Global));
        assert_eq!(world.said(aria), ["hello again"]);
    });
}

#[test]
fn whoever_does_not_come_back_within_a_minute_leaves() {
    both(|mut world| {
        let aria = world.player(1, "Aria", Encoding::Binary);
        let bran = world.player(2, "Bran", Encoding::Binary);
        while world.tick() {}
        world.handle(Event::Lost(aria));
        world.now += PLACE_LIFE;
        assert!(world.hub.next_deadline().unwrap() <= Millis(world.now));
        world.handle(Event::Alarm);
        assert!(world.carried.iter().any(|letter| matches!(letter, Letter::Left { .. })));
        world.tick();
        assert_eq!(world.types(bran), ["player_left_area"]);
        assert_eq!((world.hub.population().players, world.places.len()), (1, 1));
    });
}

#[test]
fn who_resumes_too_late_is_admitted_anew_and_told_so() {
    both(|mut world| {
        let aria = world.player(1, "Aria", Encoding::Binary);
        world.handle(Event::Closed(aria));
        let id = ConnectionId(7);
        let shown = Shown::Resume(token(1));
        world.handle(Event::Opened { id, encoding: Encoding::Binary, address: String::new(), shown });
        world.send(id, &ClientMessage::Resume(Resume { last_seq: 5 }));
        assert_eq!(world.questions(), [&Question::Admit(identity(1), None)]);
        world.decide(Event::Answered {
            id,
            request: None,
            awaited: true,

            answer: Ok(admitted(1, Some(sheet(1, "Aria")))),
        });
        assert_eq!(world.types(id), ["auth_response", "resumed", "location_update"]);
        assert_eq!(world.resumed(id), Resumed { replayed: 0, snapshot: true });
    });
}

#[test]
fn a_dead_session_does_not_resume() {
    both(|mut world| {
        let aria = world.player(1, "Aria", Encoding::Binary);
        world.handle(Event::Lost(aria));
        world.handle(Event::SessionEnded(identity(1).session, ErrorCode::LoggedOut));
        assert_eq!((world.hub.population().players, world.places.len()), (0, 0));
        let id = ConnectionId(7);
        world.resume(7, token(1), 0);
        assert_eq!(world.questions(), [&Question::Admit(identity(1), None)]);
        let answer = Err(ErrorCode::SessionExpired.into());
        world.decide(Event::Answered { id, request: None, awaited: true, answer });
        assert_eq!(world.closed(id).map(|code| code.info().close), Some(Some(4004)));
    });
}

#[test]
fn a_crash_keeps_places_and_messages_and_the_minute_begins_with_the_restart() {
    both(|mut world| {
        let aria = world.player(1, "Aria", Encoding::Binary);
        let bran = world.player(2, "Bran", Encoding::Binary);
        world.walk(aria, 1.0, 0.0);
        while world.tick() {}
        world.now += HOUR;
        world.handle(Event::Alarm);
        world.send(bran, &say("just before", Channel::Global));
        world.crash();
        world.now += PLACE_LIFE - 1;
        world.handle(Event::Alarm);
        world.resume_in_doubt(7, token(1), 0);
        assert_eq!(world.said(aria), ["just before"]);
        let ServerMessage::LocationUpdate(snapshot) = world.sent(aria).pop().unwrap() else { panic!() };
        assert_eq!(snapshot.players[0].character_id, character(2));
        world.resume_in_doubt(8, token(2), 0);
        // Its own words answer its request, after the crash too.
        assert_eq!(world.said(bran), ["just before"]);
        let ServerMessage::LocationUpdate(snapshot) = world.sent(bran).pop().unwrap() else { panic!() };
        assert_eq!((snapshot.players[0].character_id, snapshot.players[0].position), (character(1), at(1.0, 0.0)));
    });
}

#[test]
fn a_socket_that_lingers_gives_way_to_the_one_that_resumes_and_numbers_go_on() {
    both(|mut world| {
        let aria = world.player(1, "Aria", Encoding::Binary);
        world.send(aria, &say("one", Channel::Global));
        let first = world.seqs(aria)[0];
        world.resume(7, token(1), first);
        assert_eq!(world.types(aria), ["resumed", "location_update"]);
        world.send(aria, &say("two", Channel::Global));
        assert!(world.seqs(aria)[0] > first);
        assert_eq!(world.hub.population().sockets, 1);
    });
}

#[test]
fn somebody_elses_place_cannot_be_resumed() {
    both(|mut world| {
        world.player(1, "Aria", Encoding::Binary);
        world.resume(7, ResumeToken { stream: 1, ..token(2) }, 0);
        assert_eq!(world.questions(), [&Question::Admit(identity(2), None)]);
    });
}

#[test]
fn what_was_forgotten_before_its_client_had_it_is_told_as_a_gap() {
    for acked in [false, true] {
        both(|mut world| {
            let aria = world.player(1, "Aria", Encoding::Binary);
            let bran = world.player(2, "Bran", Encoding::Binary);
            world.send(aria, &ClientMessage::Ack(Ack { last_seq: 1 }));
            world.send(bran, &say("old", Channel::Global));
            let seq = world.seqs(aria)[0];
            if acked {
                world.send(aria, &ClientMessage::Ack(Ack { last_seq: seq }));
            }
            world.now += LOG_LIFE;
            world.send(bran, &say("new", Channel::Global));
            assert_eq!(world.log.len(), 1);
            world.handle(Event::Lost(aria));
            world.resume(7, token(1), if acked { seq } else { 1 });
            assert_eq!(world.resumed(aria), Resumed { replayed: 1, snapshot: !acked });
        });
    }
}

#[test]
fn messages_behind_a_resume_in_the_same_frame_are_of_the_resumed_connection() {
    let mut world = World::new(false);
    let aria = world.player(1, "Aria", Encoding::Binary);
    world.handle(Event::Lost(aria));
    let id = ConnectionId(7);
    let shown = Shown::Resume(token(1));
    world.handle(Event::Opened { id, encoding: Encoding::Binary, address: String::new(), shown });
    let mut frame = Vec::new();
    let resume = ClientMessage::Resume(Resume { last_seq: 0 });
    for message in [resume, say("back", Channel::Global)] {
        shardlink_shared::codec::binary::append(&mut frame, &Envelope::default(), &message);
    }
    world.handle(Event::Frame(id, Frame::Binary(&frame)));
    assert_eq!(world.types(aria), ["resumed", "location_update", "chat"]);
}

#[test]
fn what_cannot_be_stored_is_said_to_nobody_and_its_sender_is_told_so() {
    let mut world = World::new(false);
    let aria = world.player(1, "Aria", Encoding::Binary);
    let bran = world.player(2, "Bran", Encoding::Json);
    world.send(aria, &say("stored", Channel::Global));
    for (message, code) in
        [(say("lost", Channel::Global), ErrorCode::Internal), (say("refused", Channel::Party), ErrorCode::NotInParty)]
    {
        world.send(aria, &message);
        let [Effect::Deliver(Reliable { rows, .. }), ..] = &world.last[..] else { panic!("{:?}", world.last) };
        let rows = rows.clone();
        world.log.retain(|seq, _| *seq < rows[0].seq);
        world.handle(Event::Unstored(rows));
        assert_eq!((world.error(aria), world.seqs(aria)), (Some(code), vec![]));
        assert_eq!(world.sent(bran), []);
    }
    // Nor is it told later.
    world.handle(Event::Lost(bran));
    world.resume(7, token(2), 0);
    assert_eq!(world.said(bran), ["stored"]);
}

#[test]
fn a_server_that_stops_tells_what_was_said_sends_all_away_to_resume_and_lets_nobody_in() {
    both_with(Settings::default(), |mut world| {
        let aria = world.player(1, "Aria", Encoding::Binary);
        let bran = world.player(2, "Bran", Encoding::Json);
        let pending = world.open(3, Encoding::Json);
        world.send(bran, &say("before", Channel::Global));
        while world.tick() {}
        world.handle(Event::Lost(bran));
        world.send(aria, &say("at the end", Channel::Global));
        world.handle(Event::Stopping);
        let closed = [aria, bran, pending].map(|id| world.closed(id));
        assert_eq!(closed, [Some(ErrorCode::Restarting), None, Some(ErrorCode::Restarting)]);
        assert!(world.hub.is_stopping(Millis(world.now)));
        assert_eq!((world.hub.population().players, world.hub.population().sockets), (2, 0));
        world.crash();
        assert!(!world.hub.is_stopping(Millis(world.now)));
        world.resume_in_doubt(8, token(2), 0);
        assert_eq!(world.said(bran), ["before", "at the end"]);
        world.resume_in_doubt(9, token(1), 0);
        assert_eq!(world.said(aria), ["before", "at the end"]);
    });
}
