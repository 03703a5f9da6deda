//! Who is where in the realm, and who fits where.

use crate::{
    calls::world::{GetEvents, GetStatus, Happening, Place, Population, Report, Status, WorldCall},
    effect::{Context, Logic, Reply, reply},
};
use shardlink_shared::{limits::MAX_WORLD_EVENTS, time::Millis};
use std::collections::BTreeMap;

/// A hub that has not reported for this long holds nobody, in milliseconds:
/// more than twice the time in which hubs with players report.
pub const HUB_FORGOTTEN_AFTER: u64 = 120_000;

/// What a hub said last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reported {
    /// Who is there.
    pub population: Population,
    /// When it said so.
    pub at: Millis,
}

/// A row that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// When the realm began.
    Started(Millis),
    /// What a hub said.
    Hub(u32, Reported),
    /// Something happened.
    Event(u64, Happening),
    /// The events up to this number are forgotten.
    ForgetEvents(u64),
}

/// The memory of a World.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct World {
    started: Option<Millis>,
    hubs: BTreeMap<u32, Reported>,
    /// By their number, which rises.
    events: BTreeMap<u64, Happening>,
}

impl World {
    /// The memory that these rows hold.
    #[must_use]
    pub const fn restore(
        started: Option<Millis>,
        hubs: BTreeMap<u32, Reported>,
        events: BTreeMap<u64, Happening>,
    ) -> Self {
        Self { started, hubs, events }
    }

    fn started(&mut self, context: &mut Context<'_, Write>) -> Millis {
        if let Some(started) = self.started {
            return started;
        }
        let now = context.now;
        self.started = Some(now);
        context.writes.push(Write::Started(now));
        self.record(
            context,
            Happening {
                event_type: "realm_started".into(),
                title: "The realm awakens".into(),
                description: "Twelve Crystal Shards lie free, each with its guardian, and reality is Neutral.".into(),
                at: now,
                faction: None,
            },
        );
        now
    }

    /// Adds to the log; of a full one the oldest is forgotten.
    fn record(&mut self, context: &mut Context<'_, Write>, happening: Happening) {
        let number = self.events.last_key_value().map_or(0, |(last, _)| *last) + 1;
        context.writes.push(Write::Event(number, happening.clone()));
        self.events.insert(number, happening);
        if self.events.len() > MAX_WORLD_EVENTS
            && let Some((oldest, _)) = self.events.pop_first()
        {
            context.writes.push(Write::ForgetEvents(oldest));
        }
    }

    fn events(&mut self, context: &mut Context<'_, Write>, call: &GetEvents) -> Vec<(u64, Happening)> {
        self.started(context);
        let older = self.events.range(..call.before.unwrap_or(u64::MAX)).rev();
        older.take(call.limit as usize).map(|(number, event)| (*number, event.clone())).collect()
    }

    fn players_in(&self, hub: u32, now: Millis) -> u32 {
        self.hubs
            .get(&hub)
            .filter(|reported| now.since(reported.at) < HUB_FORGOTTEN_AFTER)
            .map_or(0, |reported| reported.population.players)
    }

    /// The first hub with room: hubs fill in their order, so that people meet.
    fn place(&mut self, context: &mut Context<'_, Write>, call: &Place) -> u32 {
        self.started(context);
        (0..u32::MAX).find(|hub| self.players_in(*hub, context.now) < call.capacity).unwrap_or(0)
    }

    fn report(&mut self, context: &mut Context<'_, Write>, call: &Report) {
        let reported = Reported { population: call.population, at: context.now };
        self.hubs.insert(call.hub, reported);
        context.writes.push(Write::Hub(call.hub, reported));
    }

    fn status(&mut self, context: &mut Context<'_, Write>) -> Status {
        let started = self.started(context);
        let mut all = Population::default();
        for reported in self.hubs.values().filter(|hub| context.now.since(hub.at) < HUB_FORGOTTEN_AFTER) {
            all.players = all.players.saturating_add(reported.population.players);
            all.sockets = all.sockets.saturating_add(reported.population.sockets);
        }
        Status { started, population: all }
    }
}

impl Logic for World {
    type Call = WorldCall;
    type Write = Write;

    fn dispatch(&mut self, context: &mut Context<'_, Write>, call: WorldCall) -> Reply {
        match call {
            WorldCall::Place(call) => reply::<Place>(Ok(self.place(context, &call))),
            WorldCall::Report(call) => {
                self.report(context, &call);
                reply::<Report>(Ok(()))
            }
            WorldCall::GetEvents(call) => reply::<GetEvents>(Ok(self.events(context, &call))),
            WorldCall::GetStatus(_) => reply::<GetStatus>(Ok(self.status(context))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shardlink_shared::entropy::Seeded;

    fn at<T>(now: u64, decide: impl FnOnce(&mut Context<'_, Write>) -> T) -> T {
        let mut entropy = Seeded::new(now);
        decide(&mut Context::new(Millis(now), &mut entropy))
    }

    fn report(world: &mut World, now: u64, hub: u32, players: u32) {
        let population = Population { players, sockets: players + 1 };
        at(now, |context| world.report(context, &Report { hub, population }));
    }

    #[test]
    fn hubs_fill_in_their_order() {
        let mut world = World::default();
        let two = Place { capacity: 2 };
        assert_eq!(at(0, |c| world.place(c, &two)), 0);
        report(&mut world, 0, 0, 2);
        assert_eq!(at(1, |c| world.place(c, &two)), 1);
        report(&mut world, 1, 1, 1);
        report(&mut world, 2, 0, 1);
        assert_eq!(at(3, |c| world.place(c, &two)), 0);
    }

    #[test]
    fn the_status_adds_the_hubs_and_forgets_the_silent() {
        let mut world = World::default();
        report(&mut world, 0, 0, 2);
        report(&mut world, 100_000, 1, 3);
        assert_eq!(at(119_999, |c| world.status(c)).population, Population { players: 5, sockets: 7 });
        assert_eq!(at(120_000, |c| world.status(c)).population, Population { players: 3, sockets: 4 });
    }

    #[test]
    fn the_realm_begins_once() {
        let mut world = World::default();
        assert_eq!(at(7, |c| world.status(c)).started, Millis(7));
        assert_eq!(at(9, |c| world.status(c)).started, Millis(7));
    }

    #[test]
    fn events_are_read_in_pages_the_newest_first_and_the_oldest_are_forgotten() {
        let mut world = World::default();
        let page = |world: &mut World, before, limit| {
            let page = at(1, |c| world.events(c, &GetEvents { before, limit }));
            page.into_iter().map(|(number, _)| number).collect::<Vec<_>>()
        };
        // The first is the realm's beginning.
        assert_eq!(page(&mut world, None, 50), [1]);
        let happening = world.events[&1].clone();
        for n in 0..4 {
            at(n, |c| world.record(c, happening.clone()));
        }
        assert_eq!(page(&mut world, None, 2), [5, 4]);
        assert_eq!(page(&mut world, Some(4), 2), [3, 2]);
        assert_eq!(page(&mut world, Some(2), 2), [1]);
        assert_eq!(page(&mut world, Some(1), 2), [0; 0]);
        for n in 0..MAX_WORLD_EVENTS as u64 {
            at(n, |c| world.record(c, happening.clone()));
        }
        assert_eq!(world.events.len(), MAX_WORLD_EVENTS);
        assert_eq!(page(&mut world, None, 1), [MAX_WORLD_EVENTS as u64 + 5]);
    }
}
