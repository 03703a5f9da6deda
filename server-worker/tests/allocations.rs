//! What happens thousands of times a second allocates nothing: a move, and a tick that
//! tells of moves alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // Tests, helpers too.

#[path = "../../shared/tests/support/counting.rs"]
mod counting;

use counting::{Counting, counted};
use shardlink_server::hub::{
    admission::questions::Answer,
    outbox::{Effect, Event, Outbox, Shown},
    rows::Rows,
    settings::Settings,
    sockets::connection::{ConnectionId, Identity},
    state::Hub,
};
use shardlink_server::service::Entrance;
use shardlink_shared::{
    codec::{Encoding, Frame, binary},
    crypto::token::SessionId,
    entropy::Seeded,
    ids::{CharacterId, PlayerId},
    protocol::{ClientMessage, Envelope, movement::OwnMove},
    rules::character::roll_stats,
    sheet::Sheet,
    text::CharacterName,
    time::Millis,
    vector::Vec3,
    world::{Class, Faction, Race},
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const PLAYERS: u64 = 200;

/// A hub whose players all stand at the entrance.
fn crowd(now: Millis) -> Hub {
    // What a crowd costs is the subject, and not how it is slowed.
    let settings = Settings { message_budget: u32::MAX, ..Settings::default() };
    let mut hub = Hub::restore(1, settings, [], Rows::default(), now);
    let mut out = Outbox::new(now);
    for n in 0..PLAYERS {
        let id = ConnectionId(n);
        let stats = roll_stats(Race::Human, Class::Warrior, &mut Seeded::new(n));
        let (character, name) =
            (CharacterId::new(n + 1).unwrap(), CharacterName::parse(&format!("Player {n}")).unwrap());
        let sheet =
            Sheet::new(character, name, Race::Human, Class::Warrior, Faction::ALL[n as usize % 6], stats, now);
        let identity = Identity { session: SessionId([n as u8; 32]), player: PlayerId::new(n + 1).unwrap() };
        let entrance = Some(Box::new(Entrance { sheet, told: Vec::new() }));
        let answer = Ok(Answer::Admitted { identity, token: None, entrance, silenced: None });
        hub.handle(
            Event::Opened { id, encoding: Encoding::Binary, address: String::new(), shown: Shown::Nothing },
            &mut out,
        );
        hub.handle(Event::Answered { id, request: None, awaited: true, answer }, &mut out);
    }
    hub
}

fn step(client_seq: u32) -> Vec<u8> {
    let position = Vec3 { x: client_seq as i32, y: 0, z: 0 };
    let mut frame = Vec::new();
    let step = ClientMessage::OwnMove(OwnMove { client_seq, position, velocity: Vec3 { x: 20, y: 0, z: 0 } });
    binary::append(&mut frame, &Envelope::default(), &step);
    frame
}

#[test]
fn a_move_and_a_tick_allocate_nothing_once_their_memory_is_there() {
    let mut now = Millis(1_000_000);
    let mut hub = crowd(now);
    let mut out = Outbox::new(now);
    // Over more than a full frame's and an attachment's interval, a tick of moves each.
    for tick in 1..=60 {
        let frame = step(tick);
        now = now + 50;
        for n in 0..PLAYERS {
            out.reset(now);
            let ((), calls, _) =
                counted(|| hub.handle(Event::Frame(ConnectionId(n), Frame::Binary(&frame)), &mut out));
            assert!(
                out.effects.iter().all(|effect| matches!(effect, Effect::Attach(_) | Effect::AutoAnswer(_))),
                "{:?}",
                out.effects
            );
            assert!(tick < 25 || calls == 0, "a move of tick {tick}: {calls}");
        }
        out.reset(now);
        let ((), calls, _) = counted(|| hub.handle(Event::Tick, &mut out));
        let sent: usize = out
            .effects
            .iter()
            .map(|effect| if let Effect::Share(shared) = effect { out.shared(shared, true).0.len() } else { 0 })
            .sum();
        assert_eq!(sent as u64, PLAYERS, "tick {tick}");
        assert!(tick < 45 || calls == 0, "tick {tick}: {calls}");
    }
}
