//! A machine's clock that is set back and forward under a hub.

use super::*;
use crate::monotonic::Monotonic;
use shardlink_shared::limits::PLACE_LIFE;

const HOUR: u64 = 3_600_000;

/// A hub on a machine. Its time is made of the real clock, and its timers and alarms come when
/// the real clock has gone on for as long as they had to wait when they were set.
struct Machine {
    world: World,
    real: u64,
    time: Monotonic,
    /// What each connection was told, by its type.
    told: Vec<(ConnectionId, &'static str)>,
}

impl Machine {
    fn new() -> Self {
        let world = World::with(Settings::default(), false);
        let mut machine = Self { world, real: 1_800_000_000_000, time: Monotonic::UNREAD, told: Vec::new() };
        machine.look();
        machine
    }

    fn look(&mut self) {
        self.world.now = self.time.read(Millis(self.real)).now.0;
    }

    /// Lets this much time pass, and whatever is due in it happen.
    fn run(&mut self, milliseconds: u64) {
        let mut left = milliseconds;
        loop {
            self.look();
            let now = Millis(self.world.now);
            let (tick, alarm) = (self.world.hub.next_tick(), self.world.hub.next_deadline());
            let Some(next) = tick.into_iter().chain(alarm).min() else { break };
            let wait = next.since(now);
            if wait > left {
                break;
            }
            self.real += wait;
            left -= wait;
            self.look();
            self.happens(|world| world.decide(if tick == Some(next) { Event::Tick } else { Event::Alarm }));
            if wait == 0 {
                let stuck = self.world.hub.next_tick().into_iter().chain(self.world.hub.next_deadline()).min();
                assert_ne!(stuck, Some(next), "what is due is done");
            }
        }
        self.real += left;
        self.look();
    }

    fn happens<T>(&mut self, event: impl FnOnce(&mut World) -> T) -> T {
        self.look();
        let done = event(&mut self.world);
        let ids: Vec<_> = self.world.attachments.keys().copied().collect();
        for id in ids {
            self.told.extend(self.world.types(id).into_iter().map(|name| (id, name)));
        }
        done
    }

    /// Whether somebody was told this within this many milliseconds.
    fn hears(&mut self, id: ConnectionId, name: &'static str, within: u64) -> bool {
        self.run(within);
        std::mem::take(&mut self.told).contains(&(id, name))
    }

    /// Asserts that Bran knows of it within a tenth of a second when somebody walks, says
    /// something or comes in.
    fn all_goes_on(&mut self, aria: ConnectionId, bran: ConnectionId, newcomer: u64, what: &str) {
        self.told.clear();
        let logged = self.world.log.last_key_value().map_or(0, |(seq, _)| *seq);
        let x = self.world.hub.connection(aria).unwrap().player().unwrap().motion.position.x;
        self.happens(|world| world.walk(aria, f64::from(x) / 100.0 + 0.1, 0.0));
        assert!(self.hears(bran, "position_frame", 100), "{what}: where Aria walks");
        self.happens(|world| world.send(aria, &say("is anybody there?", Channel::Global)));
        assert!(self.hears(bran, "chat", 100), "{what}: what Aria says");
        let numbers: Vec<_> = self.world.log.range(logged + 1..).collect();
        assert!(!numbers.is_empty(), "{what}: a number that rises");
        self.happens(|world| world.player(newcomer, &format!("Guest {newcomer}"), Encoding::Binary));
        assert!(self.hears(bran, "player_joined_area", 100), "{what}: who comes");
        let alarm = self.world.hub.next_deadline().unwrap();
        let wait = self.time.on_the_real_clock(alarm).since(Millis(self.real));
        assert!(wait <= PRESENCE_INTERVAL, "{what}: the alarm comes in {wait} ms");
    }
}

#[test]
fn a_clock_set_back_and_forward_silences_nobody() {
    for by in [20_000, HOUR, 400 * 24 * HOUR] {
        let mut machine = Machine::new();
        let aria = machine.happens(|world| world.player(2, "Aria", Encoding::Binary));
        let bran = machine.happens(|world| world.player(4, "Bran", Encoding::Binary));
        machine.run(5_000);
        machine.all_goes_on(aria, bran, 10, "before");
        machine.real -= by;
        machine.all_goes_on(aria, bran, 11, "set back");
        machine.run(30_000);
        machine.all_goes_on(aria, bran, 12, "half a minute later");
        machine.real += by;
        machine.all_goes_on(aria, bran, 13, "set right");
        assert!(machine.time.ahead() < 100);
    }
}

#[test]
fn what_was_waited_for_comes_when_it_would_have_come() {
    let mut machine = Machine::new();
    let aria = machine.happens(|world| world.player(2, "Aria", Encoding::Binary));
    let bran = machine.happens(|world| world.player(4, "Bran", Encoding::Binary));
    machine.run(5_000);
    machine.happens(|world| world.handle(Event::Lost(aria)));
    // Bran talks until its burst is spent.
    let refused = |machine: &mut Machine| {
        machine.happens(|world| world.send(bran, &say("hello", Channel::Global)));
        machine.world.error(bran) == Some(ErrorCode::RateLimited)
    };
    while !refused(&mut machine) {}
    machine.run(PLACE_LIFE / 2);
    machine.real -= HOUR;
    assert!(!refused(&mut machine), "what has refilled");
    while !refused(&mut machine) {}
    machine.run(2_000);
    assert!(!refused(&mut machine), "and goes on refilling");
    let stranger = machine.happens(|world| world.open(20, Encoding::Json));
    machine.run(PENDING_TIMEOUT + 10);
    assert!(machine.world.hub.connection(stranger).is_none(), "a silent socket is closed");
    assert!(machine.world.hub.connection(aria).is_some());
    machine.run(PLACE_LIFE / 2);
    assert!(machine.world.hub.connection(aria).is_none(), "a kept place is given up after its minute");
}

#[test]
fn a_hub_that_starts_again_with_a_clock_that_is_behind_goes_on_at_once() {
    let mut machine = Machine::new();
    let aria = machine.happens(|world| world.player(2, "Aria", Encoding::Binary));
    let bran = machine.happens(|world| world.player(4, "Bran", Encoding::Binary));
    machine.run(5_000);
    machine.all_goes_on(aria, bran, 10, "before");
    machine.happens(|world| world.handle(Event::Lost(bran)));
    // Its rows have the time of what it did last; what was said is forgotten.
    let stored = machine.time.said();
    let (last, _) = machine.world.log.pop_last().unwrap();
    machine.world.log.clear();
    machine.real -= HOUR;
    machine.time = Monotonic::UNREAD;
    machine.time.never_before(Millis(machine.real), stored);
    machine.look();
    machine.happens(|world| world.crash());
    let cleo = machine.happens(|world| world.player(6, "Cleo", Encoding::Binary));
    let dora = machine.happens(|world| world.player(8, "Dora", Encoding::Binary));
    machine.all_goes_on(cleo, dora, 11, "after the restart");
    assert!(machine.world.log.keys().all(|seq| *seq > last), "numbers go on rising");
    machine.run(PLACE_LIFE + 1_000);
    for lost in [aria, bran] {
        assert!(machine.world.hub.connection(lost).is_none(), "a place that nobody came back for");
    }
}
