//! The numbers of reliable messages are the hub's, whatever clients say of them.

use super::*;
use shardlink_shared::{
    crypto::token::ResumeToken,
    protocol::account::{Ack, Resume},
};

/// The highest number that JSON and SQLite's floats can tell from its neighbours.
const HUGE: u64 = (1 << 53) - 1;

fn token(n: u64) -> ResumeToken {
    ResumeToken { session: identity(n).session, player: identity(n).player, hub: 3, stream: n }
}

impl World {
    fn resume_by(&mut self, socket: u64, n: u64, last_seq: u64) {
        let (id, encoding) = (ConnectionId(socket), Encoding::Binary);
        self.handle(Event::Opened { id, encoding, address: String::new(), shown: Shown::Resume(token(n)) });
        self.send(id, &ClientMessage::Resume(Resume { last_seq }));
    }

    /// The same after a crash: the player's account says that the session stands.
    fn resume_in_doubt_by(&mut self, socket: u64, n: u64, last_seq: u64) {
        self.resume_by(socket, n, last_seq);
        self.stands(ConnectionId(socket), identity(n).session);
    }

    /// Says ten things, and returns their numbers, which must rise and stay close to the clock.
    fn says_ten_things(&mut self, id: ConnectionId) -> Vec<u64> {
        let before: Vec<u64> = self.log.keys().copied().collect();
        for n in 0..10 {
            self.now += 1_000;
            self.send(id, &say(&format!("word {n}"), Channel::Global));
            assert_eq!(self.types(id), ["chat"]);
        }
        let numbers: Vec<u64> = self.log.keys().copied().filter(|seq| !before.contains(seq)).collect();
        assert_eq!(numbers.len(), 10);
        assert!(before.iter().all(|seq| seq < &numbers[0]) && numbers[9] < self.now + 1_000, "{numbers:?}");
        numbers
    }
}

#[test]
fn a_client_that_acknowledges_more_than_it_was_sent_changes_no_number() {
    both(|mut world| {
        let aria = world.player(1, "Aria", Encoding::Binary);
        let bran = world.player(2, "Bran", Encoding::Json);
        world.says_ten_things(bran);
        world.send(aria, &ClientMessage::Ack(Ack { last_seq: HUGE }));
        assert_eq!((world.error(aria), world.closed(aria)), (None, None));
        let last = *world.log.keys().next_back().unwrap();
        assert_eq!(world.hub.connection(aria).unwrap().acked, Some(last));
        // Its row, which a crash leaves, has no such number either.
        world.handle(Event::Lost(aria));
        world.crash();
        world.resume_in_doubt_by(7, 2, 0);
        world.says_ten_things(bran);
    });
}

#[test]
fn a_client_that_resumes_after_a_number_that_was_never_given_begins_anew_and_changes_no_number() {
    both(|mut world| {
        let aria = world.player(1, "Aria", Encoding::Binary);
        let bran = world.player(2, "Bran", Encoding::Json);
        world.handle(Event::Lost(aria));
        world.resume_by(7, 1, HUGE);
        assert_eq!(world.questions(), [&Question::Admit(identity(1), None)]);
        world.crash();
        world.resume_in_doubt_by(8, 2, world.now + 60_000);
        assert_eq!(world.types(bran)[0], "resumed", "a number just ahead says no more than the last");
        world.says_ten_things(bran);
    });
}

/// A hub as earlier builds left it after such an acknowledgement and a restart: its rows, places
/// and attachments have numbers from there on.
fn poisoned(sleepy: bool) -> (World, [ConnectionId; 3]) {
    let mut world = World::new(sleepy);
    let all @ [aria, bran, cara] =
        [(1, "Aria"), (2, "Bran"), (3, "Cara")].map(|(n, name)| world.player(n, name, Encoding::Binary));
    world.says_ten_things(aria);
    let (_, row) = world.log.last_key_value().unwrap();
    let row = row.clone();
    for n in 0..3 {
        let seq = HUGE + n;
        world.log.insert(seq, Logged { seq, ..row.clone() });
    }
    for (id, acked, since) in [(aria, Some(HUGE), 0), (bran, None, HUGE), (cara, Some(HUGE + 2), HUGE + 1)] {
        let connection = world.hub.connections.get_mut(&id).unwrap();
        (connection.acked, connection.since, connection.forgotten) = (acked, since, since);
        let bytes = attachment::write(connection);
        world.attachments.insert(id, bytes.clone());
        world.places.insert(id, (None, bytes, None));
    }
    (world, all)
}

#[test]
fn a_hub_with_numbers_that_it_cannot_have_given_heals_when_it_wakes() {
    let (mut world, [aria, bran, cara]) = poisoned(true);
    world.now += 1_000;
    world.handle(Event::Alarm);
    assert!(
        world.last.iter().any(|effect| matches!(effect, Effect::Disbelieve { rows: 3, connections: 3, .. })),
        "{:?}",
        world.last
    );
    // Clients that know such numbers come back to get others; nobody loses its place.
    let closed = [aria, bran, cara].map(|id| world.closed(id));
    assert_eq!(closed, [Some(ErrorCode::Restarting), None, Some(ErrorCode::Restarting)]);
    assert_eq!(world.hub.population().players, 3);
    world.says_ten_things(bran);
    world.resume_by(7, 1, HUGE);
    assert_eq!(world.questions(), [&Question::Admit(identity(1), None)]);
    world.handle(Event::Alarm);
    assert!(!world.last.iter().any(|effect| matches!(effect, Effect::Disbelieve { .. })), "it is put right once");
}

#[test]
fn a_hub_with_numbers_that_it_cannot_have_given_heals_after_a_crash() {
    let (mut world, [_, bran, _]) = poisoned(false);
    world.crash();
    world.resume_in_doubt_by(7, 2, 0);
    assert!(world.log.keys().all(|seq| *seq <= world.now), "{:?}", world.log.keys());
    world.says_ten_things(bran);
    // Its rows have healed too.
    world.crash();
    world.resume_in_doubt_by(8, 2, 0);
    assert_eq!(world.types(bran)[0], "resumed");
    world.says_ten_things(bran);
}
