//! A hub whose memory is dropped between every two steps, and one that never slept.
//!
//! Both live through the same random steps, with time enough between them that the runtime could
//! have put the hub to sleep. What every client is told, what is asked, stored and done must be
//! the same.

use super::*;
use shardlink_shared::{
    crypto::token::ResumeToken,
    entropy::Entropy,
    limits::{BACKLOG_SKIPS, MAX_BACKLOG, PLACE_LIFE},
    protocol::account::{Ack, Resume},
};

const CHARACTERS: u64 = 6;

impl World {
    /// Adds what the last event did to the transcript, as its receivers understand it:
    /// by character and not by slot, because slots are given out differently after a sleep.
    pub(super) fn record(&mut self) {
        if self.transcript.is_none() {
            return;
        }
        let mut lines = Vec::new();
        let mut all: Vec<_> = self.hub.connections.keys().copied().collect();
        all.extend(self.attachments.keys().copied());
        all.sort_unstable();
        all.dedup();
        for id in all {
            lines.extend(self.sent(id).into_iter().map(|message| format!("{id:?} {}", self.by_character(message))));
        }
        for effect in &self.last {
            match effect {
                // A hub that wakes reports sooner how many are there, and writes again what has
                // not changed.
                Effect::Send(..)
                | Effect::Share(_)
                | Effect::Report { .. }
                | Effect::Attach(_)
                | Effect::Place(_) => {}
                // A hub that wakes has forgotten what was said before, and asks for it anew.
                Effect::ServeTogether(batch, _) if batch.lane == MEMORY => {}
                // Letters and batches are numbered anew if none is under way.
                Effect::Post(_, letter) => lines.push(format!("post {letter:?}")),
                Effect::Carry(_, letter) => lines.push(format!("carry {letter:?}")),
                Effect::ServeTogether(batch, requests) => {
                    lines.push(format!("together {:?} {:?}", batch.lane, taken_apart(requests).1));
                }
                Effect::Done(_) => {}
                Effect::Deliver(delivery) => lines.push(format!("{:?}", delivery.rows)),
                other => lines.push(format!("{other:?}")),
            }
        }
        self.transcript.get_or_insert_default().extend(lines);
    }

    fn by_character(&self, message: ServerMessage) -> String {
        let name = |slot: u16| {
            let players = self.hub.connections.values().filter_map(|one| one.player());
            players.filter(|player| player.slot == slot).map(|player| player.character).next()
        };
        match message {
            ServerMessage::PositionFrame(frame) => {
                let mut players: Vec<_> =
                    frame.players.iter().map(|one| (name(one.slot), one.position, one.velocity)).collect();
                players.sort_by_key(|one| one.0);
                format!("position_frame {:?} {players:?}", frame.location_id)
            }
            ServerMessage::LocationUpdate(mut update) => {
                let mut players: Vec<_> = std::mem::take(&mut update.players).iter().cloned().collect();
                players.iter_mut().for_each(|one| one.slot = 0);
                players.sort_by_key(|one| one.character_id);
                format!("location_update {:?} {players:?}", update.location_id)
            }
            ServerMessage::PlayerJoinedArea(joined) => {
                format!(
                    "{:?}",
                    ServerMessage::PlayerJoinedArea(shardlink_shared::protocol::movement::PlayerJoinedArea {
                        slot: 0,
                        ..joined
                    },)
                )
            }
            other => format!("{other:?}"),
        }
    }
}

/// What a client knows of its connection.
#[derive(Debug, Clone, Copy, Default)]
struct Client {
    /// Its connection's number; 0 where it has none.
    stream: u64,
    last_seq: u64,
    lost: bool,
    at: (f64, f64),
}

/// One step of the scenario, done to both hubs.
#[derive(Debug, Clone)]
enum Step {
    Join(u64, u64, Encoding),
    Say(ConnectionId, Channel, u64),
    Walk(ConnectionId, f64, f64, f64),
    Leap(ConnectionId),
    Travel(ConnectionId, u64),
    Ack(ConnectionId, u64),
    Lose(ConnectionId),
    Close(ConnectionId),
    Backlog(ConnectionId, usize),
    Resume { socket: u64, stream: u64, last_seq: u64, n: u64 },
    Renew(u64),
    End(u64),
    Alarm,
}

fn perform(world: &mut World, step: &Step) {
    match step.clone() {
        Step::Join(connection, n, encoding) => {
            let id = world.open(connection, encoding);
            world.answer(id, Ok(admitted(n, Some(sheet(n, &format!("Player {n}"))))));
        }
        Step::Say(id, channel, recipient) => {
            let chat = SendChat { recipient_id: Some(character(recipient)), ..SendChat::new("hello", channel) };
            world.send(id, &ClientMessage::Chat(SendChat { channel: Some(channel), ..chat }));
            if !world.wanted().is_empty() {
                // A hub does not sleep while it waits for an answer.
                let answer = Err(ErrorCode::RecipientOffline.into());
                world.handle_awake(Event::Served(Box::new(world.asker(id)), Turn::Taken, answer));
            }
        }
        Step::Walk(id, x, y, vx) => world.run(id, x, y, vx, 0.0),
        Step::Leap(id) => world.walk(id, 400.0, 400.0),
        Step::Travel(id, to) => world.send(id, &travel(to)),
        Step::Ack(id, last_seq) => world.send(id, &ClientMessage::Ack(Ack { last_seq })),
        Step::Lose(id) => world.handle(Event::Lost(id)),
        Step::Close(id) => world.handle(Event::Closed(id)),
        Step::Backlog(id, bytes) => world.handle(Event::Backlog(id, bytes)),
        Step::Resume { socket, stream, last_seq, n } => {
            let token = ResumeToken { session: identity(n).session, player: identity(n).player, hub: 3, stream };
            let (id, encoding) = (ConnectionId(socket), Encoding::Binary);
            world.handle(Event::Opened { id, encoding, address: String::new(), shown: Shown::Resume(token) });
            world.send(id, &ClientMessage::Resume(Resume { last_seq }));
            if world.questions().iter().any(|question| matches!(question, Question::Admit(_, None))) {
                world.answer(id, Ok(admitted(n, Some(sheet(n, &format!("Player {n}"))))));
            }
        }
        Step::Renew(n) => {
            // The session keeps its name: a renewal must change nothing else.
            let session = identity(n).session;
            world.handle(Event::SessionRenewed(session, session));
        }
        Step::End(n) => world.handle(Event::SessionEnded(identity(n).session, ErrorCode::LoggedOut)),
        Step::Alarm => world.handle(Event::Alarm),
    }
    while world.tick() {}
}

/// Chooses the next step by what the clients know.
fn choose(clients: &mut [Client], next: &mut u64, entropy: &mut Seeded) -> Step {
    let index = entropy.below(clients.len() as u32) as usize;
    let n = index as u64 + 1;
    let recipient = u64::from(entropy.below(CHARACTERS as u32)) + 1;
    let Some(client) = clients.get_mut(index) else { return Step::Alarm };
    let id = ConnectionId(client.stream);
    if client.stream == 0 {
        *next += 1;
        *client = Client { stream: *next, ..Client::default() };
        let encoding = if entropy.below(3) == 0 { Encoding::Json } else { Encoding::Binary };
        return Step::Join(*next, n, encoding);
    }
    if client.lost {
        client.lost = false;
        *next += 1;
        return Step::Resume { socket: *next, stream: client.stream, last_seq: client.last_seq, n };
    }
    match entropy.below(20) {
        0..=4 => {
            let channel = [Channel::Global, Channel::Faction, Channel::Whisper, Channel::Party];
            Step::Say(id, channel[entropy.below(4) as usize], recipient)
        }
        5..=9 => {
            let off = |entropy: &mut Seeded| f64::from(entropy.below(41)) / 10.0 - 2.0;
            client.at = (client.at.0 + off(entropy), client.at.1 + off(entropy));
            Step::Walk(id, client.at.0, client.at.1, if entropy.below(2) == 0 { 1.0 } else { 0.0 })
        }
        10 => Step::Leap(id),
        11 => Step::Travel(id, u64::from(entropy.below(12)) + 1),
        12 => Step::Ack(id, client.last_seq),
        13 | 14 => {
            client.lost = true;
            Step::Lose(id)
        }
        15 => {
            *client = Client::default();
            Step::Close(id)
        }
        16 => Step::Backlog(id, [0, BACKLOG_SKIPS + 1][entropy.below(2) as usize]),
        17 => {
            client.lost = true;
            Step::Backlog(id, MAX_BACKLOG + 1)
        }
        18 => Step::Renew(n),
        19 if entropy.below(3) == 0 => {
            *client = Client::default();
            Step::End(n)
        }
        _ => Step::Alarm,
    }
}

/// The state of a world, as far as its clients and other objects can tell.
fn state(world: &World) -> Vec<String> {
    let connections = world.hub.connections.values();
    let mut state: Vec<_> = connections
        .map(|one| {
            let player = one.player().map(|player| {
                (player.character, player.motion.location, player.motion.position, player.cell, player.step)
            });
            format!("{:?} {:?} {player:?} {:?} {} {}", one.id, one.encoding, one.held, one.behind, one.since)
        })
        .collect();
    state.push(format!("{:?}", world.hub.population()));
    state.push(format!("{:?}", world.log.keys()));
    state.push(format!("{:?}", world.places.iter().map(|(id, (until, ..))| (id, until)).collect::<Vec<_>>()));
    state
}

/// Asserts that both did the same. The order of lines may differ, because JSON clients are told
/// of several neighbours in the order of slots.
fn agree(awake: &[String], sleepy: &[String], context: &dyn Fn() -> String) {
    let alone = |one: &[String], other: &[String]| -> Vec<String> {
        one.iter().filter(|line| !other.contains(line)).cloned().collect()
    };
    let (only_awake, only_sleepy) = (alone(awake, sleepy), alone(sleepy, awake));
    let sorted = |lines: &[String]| {
        let mut lines = lines.to_vec();
        lines.sort_unstable();
        lines
    };
    assert!(
        sorted(awake) == sorted(sleepy),
        "{}\nawake alone: {only_awake:#?}\nasleep alone: {only_sleepy:#?}",
        context()
    );
}

#[test]
fn a_hub_whose_memory_is_dropped_between_every_two_steps_does_what_one_does_that_never_slept() {
    let mut kinds = std::collections::BTreeSet::new();
    for seed in 0..12 {
        let mut entropy = Seeded::new(seed);
        let mut awake = World::with(Settings::default(), false);
        let mut sleepy = World::with(Settings::default(), true);
        let mut clients = [Client::default(); CHARACTERS as usize];
        let mut next = 0;
        for count in 0..250 {
            // Time enough to sleep, and now and then for a place to be given up.
            let passes = if entropy.below(12) == 0 { PLACE_LIFE } else { 10_000 + u64::from(entropy.below(5_000)) };
            let now = awake.now.max(sleepy.now) + passes;
            let step = choose(&mut clients, &mut next, &mut entropy);
            kinds.insert(format!("{step:?}").split([' ', '(']).next().unwrap_or_default().to_owned());
            let mut transcripts = Vec::new();
            for world in [&mut awake, &mut sleepy] {
                // Deadlines are kept on the way.
                while let Some(due) = world.hub.next_deadline().filter(|due| due.0 <= now) {
                    world.now = world.now.max(due.0);
                    world.handle(Event::Alarm);
                    while world.tick() {}
                }
                world.now = world.now.max(now);
                world.transcript = Some(vec![]);
                perform(world, &step);
                transcripts.push(world.transcript.take().unwrap_or_default());
            }
            let context = || format!("seed {seed}, step {count}: {step:?}");
            agree(&transcripts[0], &transcripts[1], &context);
            agree(&state(&awake), &state(&sleepy), &context);
            for client in &mut clients {
                let told =
                    awake.log.values().rev().find(|row| {
                        awake.hub.connection(ConnectionId(client.stream)).is_some_and(|one| row.is_for(one))
                    });
                // The client has what was sent while it was there.
                if let Some(row) = told.filter(|_| !client.lost) {
                    client.last_seq = client.last_seq.max(row.seq);
                }
            }
        }
    }
    assert_eq!(kinds.len(), 13, "every kind of step was taken: {kinds:?}");
}
