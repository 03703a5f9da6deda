//! A crowd that wants more than the hub's budget.

use super::*;
use shardlink_shared::limits::{BUDGET_SHARE, MESSAGE_BUDGET};

/// Clients that would like to send their position twenty times a second, and keep to the
/// pace that they are told.
struct Crowd {
    world: World,
    clients: Vec<Client>,
    /// How many messages have come in, in the current second.
    heard: u32,
}

struct Client {
    id: ConnectionId,
    pace: u8,
    due: u64,
    steps: u32,
    sent: u32,
    walks: bool,
    obeys: bool,
}

impl Crowd {
    fn new(count: u64) -> Self {
        let mut world = World::with(Settings::default(), false);
        let clients = (1..=count).map(|n| {
            let id = world.player(n, &format!("Player {n}"), Encoding::Binary);
            let due = world.now + n * 7 % 50;
            Client { id, pace: 20, due, steps: 0, sent: 0, walks: true, obeys: true }
        });
        Self { clients: clients.collect(), world, heard: 0 }
    }

    /// Lets a second pass; each of these says something in it. Returns how many messages came in.
    fn second(&mut self, talkers: &[usize]) -> u32 {
        self.heard = 0;
        self.clients.iter_mut().for_each(|client| client.sent = 0);
        let until = self.world.now + 1_000;
        let mut said = 0;
        while self.world.now < until {
            for index in 0..self.clients.len() {
                let client = &mut self.clients[index];
                if client.walks && client.due <= self.world.now {
                    (client.steps, client.sent) = (client.steps + 1, client.sent + 1);
                    client.due += 1_000_u64.div_ceil(if client.obeys { client.pace.into() } else { 20 });
                    let (id, x) = (client.id, f64::from(client.steps % 2) * 0.1);
                    let frame = encode(Encoding::Binary, &Envelope::default(), &step(client.steps, x, 0.0, 0.0, 0.0));
                    self.heard += 1;
                    self.world.handle(Event::Frame(id, frame.as_frame()));
                    self.listen();
                }
            }
            if let Some(talker) = talkers.get(said) {
                said += 1;
                self.heard += 1;
                self.talk(self.clients[*talker].id);
            }
            self.world.now += 5;
            if self.world.hub.next_tick().is_some_and(|due| due.0 <= self.world.now) {
                self.world.handle(Event::Tick);
                self.listen();
            }
        }
        self.heard
    }

    /// Somebody says something, and all hear it with the next delivery.
    fn talk(&mut self, id: ConnectionId) {
        self.world.send(id, &say("hello", Channel::Global));
        for _ in 0..11 {
            if self.world.last.iter().any(|effect| matches!(effect, Effect::Deliver(_))) {
                let told = |id| self.world.types(id).contains(&"chat");
                assert!(self.clients.iter().all(|client| told(client.id)));
                return;
            }
            self.listen();
            self.world.now += 5;
            self.world.handle(Event::Tick);
        }
        panic!("chat waits");
    }

    /// Has the clients hear what they are told of the pace.
    fn listen(&mut self) {
        for effect in &self.world.last {
            let Effect::Send(to, frame) = effect else { continue };
            for message in decode::<ServerMessage>(frame.as_frame(), MAX_SERVER_FRAME) {
                if let ServerMessage::Pace(pace) = message.unwrap().message {
                    for client in self.clients.iter_mut().filter(|client| to.contains(&client.id)) {
                        client.pace = pace.max_position_rate;
                    }
                }
            }
        }
    }

    fn paces(&self) -> (u8, u8) {
        let paces = || self.clients.iter().map(|client| client.pace);
        (paces().min().unwrap(), paces().max().unwrap())
    }
}

#[test]
fn a_crowd_that_wants_more_than_the_budget_is_held_fairly_chat_is_unharmed_and_the_rate_comes_back() {
    let mut crowd = Crowd::new(200);
    // 4,000 positions a second are wanted.
    assert!(crowd.second(&[]) > 3_000);
    crowd.second(&[]);
    let most = f64::from(MESSAGE_BUDGET) * BUDGET_SHARE;
    for _ in 0..10 {
        let heard = crowd.second(&[0, 50, 100, 150, 199]);
        assert!(f64::from(heard) <= most, "{heard} came in");
        assert!(heard > MESSAGE_BUDGET / 3, "{heard} is less than need be");
        let (lowest, highest) = crowd.paces();
        assert_eq!(lowest, highest, "the same for all");
        let sent = || crowd.clients.iter().map(|client| client.sent);
        assert!(sent().max().unwrap() - sent().min().unwrap() <= 1);
    }
    // All but twenty stand still: the twenty have what they want again.
    crowd.clients.iter_mut().skip(20).for_each(|client| client.walks = false);
    let took = (1..).find(|_| {
        crowd.second(&[]);
        crowd.paces() == (20, 20)
    });
    assert!(took.unwrap() <= 15, "{took:?} seconds");
    assert!(crowd.second(&[]) >= 390);
}

#[test]
fn whoever_sends_little_is_not_slowed_by_those_who_send_much_and_a_newcomer_is_told_the_pace() {
    let mut crowd = Crowd::new(100);
    crowd.clients.iter_mut().skip(30).for_each(|client| client.walks = false);
    crowd.second(&[]);
    // Thirty at 20 a second are 600: over 560, so they are told 18.
    crowd.second(&[]);
    assert_eq!(crowd.paces(), (18, 18));
    let newcomer = crowd.world.player(500, "Newcomer", Encoding::Json);
    let told = crowd.world.sent(newcomer).into_iter().find_map(|message| match message {
        ServerMessage::Pace(pace) => Some(pace.max_position_rate),
        _ => None,
    });
    assert_eq!(told, Some(18));
}

#[test]
fn whoever_does_not_keep_to_the_pace_is_held_to_it_and_is_not_closed_for_it() {
    let mut crowd = Crowd::new(200);
    crowd.clients[0].obeys = false;
    for _ in 0..4 {
        crowd.second(&[]);
    }
    let (lowest, _) = crowd.paces();
    assert!(lowest <= 2, "{lowest}");
    let deaf = crowd.clients[0].id;
    for _ in 0..10 {
        crowd.second(&[]);
        assert_eq!(crowd.world.closed(deaf), None);
    }
    assert!(crowd.clients[0].sent >= 19);
    let accepted = crowd.world.accepted(deaf, 20);
    assert!(accepted <= u32::from(lowest) + 1, "{accepted} of 20");
}

#[test]
fn a_hub_does_not_sleep_before_everybody_has_the_full_rate() {
    let mut crowd = Crowd::new(200);
    for _ in 0..3 {
        crowd.second(&[]);
    }
    assert!(crowd.paces().1 < 20);
    crowd.clients.iter_mut().for_each(|client| client.walks = false);
    let began = crowd.world.now;
    while crowd.world.tick() {
        crowd.listen();
    }
    assert_eq!(crowd.paces(), (20, 20));
    assert!(crowd.world.now - began < 15_000);
}

impl World {
    /// How many of `count` positions, sent within a second, were taken.
    fn accepted(&mut self, id: ConnectionId, count: u32) -> u32 {
        let last = |world: &Self| world.hub.connection(id).unwrap().player().unwrap().step.unwrap();
        let first = last(self);
        let mut taken = 0;
        for n in 1..=count {
            self.now += 1_000 / u64::from(count);
            let number = first + 1_000 + n;
            let frame = encode(Encoding::Binary, &Envelope::default(), &step(number, 0.0, 0.0, 0.0, 0.0));
            self.handle(Event::Frame(id, frame.as_frame()));
            taken += u32::from(last(self) == number);
        }
        taken
    }
}
