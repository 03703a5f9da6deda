//! What hubs are told of the realm as it is now. A hub learns it as the answer to its reports.
//! One that is awake is also told when it changes elsewhere; one that sleeps is not woken for
//! it, and learns it with its next report (within 25 s, if it holds players).

use super::logic::{HUB_FORGOTTEN_AFTER, World};
use crate::calls::{
    hub::{Audience, Delivery, Key, Telling, WORLD_STATE},
    world::Report,
};
use shardlink_shared::{
    protocol::{ServerMessage, world::WorldState},
    time::Millis,
};
use std::collections::BTreeMap;

/// A hub is told of changes elsewhere once in so many milliseconds at most. (Its players are told
/// less often.)
const HUB_TOLD_AGAIN: u64 = 2_000;

/// What each hub was told last. It is not stored: after a crash every hub is told anew.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ToldHubs {
    last: BTreeMap<u32, LastTold>,
    /// The last number that a telling was given.
    number: u64,
    /// When a hub is to be told next.
    due: Option<Millis>,
}

#[derive(Debug, Clone, PartialEq)]
struct LastTold {
    state: WorldState,
    at: Millis,
    is_awake: bool,
}

impl ToldHubs {
    /// When a hub is to be told next, if one that is awake does not know what is so.
    pub(super) const fn due(&self) -> Option<Millis> {
        self.due
    }

    /// A hub may not have heard what it was told last: its next report is answered.
    pub(super) fn forget(&mut self, hub: u32) {
        self.last.remove(&hub);
    }

    fn delivery(&mut self, state: WorldState, now: Millis) -> Delivery {
        self.number = now.0.max(self.number + 1);
        Delivery {
            key: Key::InOrder { sender: WORLD_STATE, number: self.number },
            to: Audience::Everybody,
            from: None,
            answers: None,
            message: ServerMessage::WorldState(state),
            telling: Telling::Latest,
            change: None,
        }
    }
}

impl World {
    /// What the realm is like now.
    pub(super) fn state(&self, now: Millis) -> WorldState {
        WorldState::beginning(self.population(now).players)
    }

    /// What the hub that reports is told: nothing, if it was told before.
    pub(super) fn answer_report(&mut self, report: &Report, now: Millis) -> Vec<Delivery> {
        let state = self.state(now);
        let told_hubs = &mut self.told_hubs;
        if report.population.sockets == 0 {
            told_hubs.last.remove(&report.hub);
            return Vec::new();
        }
        let told = LastTold { state: state.clone(), at: now, is_awake: report.is_awake };
        let before = told_hubs.last.insert(report.hub, told);
        let is_known = before.is_some_and(|before| before.state == state);
        if is_known && !report.misses { Vec::new() } else { vec![told_hubs.delivery(state, now)] }
    }

    /// Tells the hubs that are awake what they do not know, each once in [`HUB_TOLD_AGAIN`] at most.
    pub(super) fn tell_hubs(&mut self, now: Millis) {
        let state = self.state(now);
        self.told_hubs.due = None;
        // A hub that is gone without a word is not woken for ever.
        let reported = |hub: &u32| self.hubs.get(hub).is_some_and(|one| now.since(one.at) < HUB_FORGOTTEN_AFTER);
        self.told_hubs.last.retain(|hub, _| reported(hub));
        let mut to = Vec::new();
        for (hub, told) in self.told_hubs.last.iter_mut().filter(|(_, told)| told.is_awake && told.state != state) {
            let due = told.at + HUB_TOLD_AGAIN;
            if due <= now {
                (told.state, told.at) = (state.clone(), now);
                to.push(*hub);
            } else {
                self.told_hubs.due = Some(self.told_hubs.due.map_or(due, |earlier| earlier.min(due)));
            }
        }
        if to.is_empty() {
            return;
        }
        let delivery = self.told_hubs.delivery(state, now);
        for hub in to {
            self.speech.send(hub, delivery.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{calls::world::Population, effect::Errands};

    /// A hub reports: how many players it is to tell of, if that is news.
    fn report(world: &mut World, now: u64, hub: u32, players: u32, is_awake: bool) -> Option<u32> {
        let report = Report { hub, population: Population { players, sockets: players }, is_awake, misses: false };
        ask(world, now, &report)
    }

    fn ask(world: &mut World, now: u64, report: &Report) -> Option<u32> {
        let mut entropy = shardlink_shared::entropy::Seeded::new(1);
        let mut context = crate::effect::Context::new(Millis(now), &mut entropy);
        world.report(&mut context, report);
        let answer = world.answer_report(report, Millis(now));
        world.tell_hubs(Millis(now));
        answer.iter().map(players).next()
    }

    fn players(delivery: &Delivery) -> u32 {
        match &delivery.message {
            ServerMessage::WorldState(state) => state.active_players,
            other => panic!("{other:?}"),
        }
    }

    /// Which hubs are told of how many now.
    fn told(world: &mut World, now: u64) -> Vec<(u32, Vec<u32>)> {
        world.tell_hubs(Millis(now));
        let errands = world.take_errands(Millis(now));
        let told = errands.iter().map(|(hub, deliveries)| (*hub, deliveries.iter().map(players).collect())).collect();
        let mut entropy = shardlink_shared::entropy::Seeded::new(1);
        for errand in errands {
            world.finish(&mut crate::effect::Context::new(Millis(now), &mut entropy), errand, Ok(()));
        }
        told
    }

    #[test]
    fn a_report_is_answered_what_is_so_if_that_is_news_or_missed() {
        let mut world = World::default();
        assert_eq!(report(&mut world, 0, 0, 1, true), Some(1));
        assert_eq!(report(&mut world, 10, 0, 1, false), None);
        assert_eq!(report(&mut world, 20, 0, 2, false), Some(2));
        let misses =
            Report { hub: 0, population: Population { players: 2, sockets: 2 }, is_awake: false, misses: true };
        assert_eq!(ask(&mut world, 30, &misses), Some(2));
        assert_eq!(told(&mut world, 60_000), [], "there is no other hub");
    }

    #[test]
    fn hubs_that_are_awake_are_told_every_two_seconds_and_those_that_sleep_are_not_woken() {
        let mut world = World::default();
        report(&mut world, 0, 0, 1, true);
        report(&mut world, 0, 1, 1, false);
        assert_eq!(world.told_hubs.due(), Some(Millis(HUB_TOLD_AGAIN)), "hub 0 does not know of hub 1");
        for now in 1..20 {
            report(&mut world, now * 10, 2, now as u32, true);
            assert_eq!(told(&mut world, now * 10), []);
        }
        assert_eq!(told(&mut world, HUB_TOLD_AGAIN), [(0, vec![21])]);
        assert_eq!((told(&mut world, 2 * HUB_TOLD_AGAIN), world.told_hubs.due()), (vec![], None));
        // With its next report the sleeper learns it.
        assert_eq!(report(&mut world, 25_000, 1, 1, false), Some(21));
        // A hub that has not reported for a minute is told nothing any more.
        report(&mut world, 25_000, 2, 20, true);
        assert_eq!(told(&mut world, 25_000), [(0, vec![22])]);
        report(&mut world, 90_000, 0, 5, true);
        assert_eq!(told(&mut world, 95_000), []);
        report(&mut world, 95_000, 2, 20, true);
        assert_eq!(told(&mut world, 95_000), [(0, vec![25])]);
        // Nor is one without sockets.
        report(&mut world, 95_001, 0, 0, true);
        assert_eq!(told(&mut world, 130_000), [(2, vec![20])]);
    }

    #[test]
    fn a_hub_that_may_not_have_heard_is_told_with_its_next_report() {
        let mut world = World::default();
        report(&mut world, 0, 0, 1, true);
        report(&mut world, 10_000, 1, 1, false);
        let mut entropy = shardlink_shared::entropy::Seeded::new(1);
        for errand in world.take_errands(Millis(10_000)) {
            let lost = Err(shardlink_shared::ErrorCode::Overloaded.into());
            world.finish(&mut crate::effect::Context::new(Millis(10_000), &mut entropy), errand, lost);
        }
        assert_eq!(report(&mut world, 11_000, 0, 1, true), Some(2));
        assert_eq!(report(&mut world, 12_000, 0, 1, true), None);
    }
}
