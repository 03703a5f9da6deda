//! Which hub takes a player who comes: hubs report how many they hold, places are kept for
//! those on their way, and hubs whose storage is damaged get nobody.

use super::logic::{HUB_FORGOTTEN_AFTER, Reported, STORED_FOR, World, Write};
use crate::{
    calls::world::{Place, Population, Report, Reserve},
    effect::Context,
};
use shardlink_shared::{
    ids::PlayerId,
    limits::{MAX_RETIRED_HUBS, RESERVATION_LIFE},
    time::Millis,
};
use std::collections::VecDeque;

/// World remembers for this many milliseconds where it sent a party's last member: the others
/// may be on their way.
const PARTY_PLACED: u64 = 60_000;

impl World {
    pub(super) fn players_in(&self, hub: u32, now: Millis) -> u32 {
        self.hubs
            .get(&hub)
            .filter(|reported| now.since(reported.at) < HUB_FORGOTTEN_AFTER)
            .map_or(0, |reported| reported.population.players)
    }

    /// The number of players in a hub or on the way to it.
    pub(super) fn expected_in(&self, hub: u32, now: Millis) -> u32 {
        let reserved = self.reserved.get(&hub).map_or(0, VecDeque::len);
        self.players_in(hub, now).saturating_add(reserved as u32)
    }

    /// Chooses a hub: the one of the party's other members if it has room, else the fullest
    /// with room, so that people meet, else a new one. The place is kept for a while.
    pub(super) fn place(&mut self, context: &mut Context<'_, Write>, call: &Place) -> u32 {
        self.started(context);
        let now = context.now;
        self.release(call.who, now);
        let known = self.hubs.keys().chain(self.reserved.keys());
        let known = known.filter(|hub| !self.retired.contains_key(hub));
        let with_room = known.map(|hub| (self.expected_in(*hub, now), *hub)).filter(|(expected, _)| {
            // An empty hub is as good as a new one.
            (1..call.capacity).contains(expected)
        });
        let fullest = with_room.max_by_key(|(expected, hub)| (*expected, u32::MAX - hub));
        self.placed.retain(|_, (_, at)| now.since(*at) < PARTY_PLACED);
        let together = call.party.and_then(|party| self.placed.get(&party)).map(|(hub, _)| *hub).or(call.near);
        let together = together.filter(|hub| !self.retired.contains_key(hub));
        let together = together.filter(|hub| self.expected_in(*hub, now) < call.capacity);
        let hub = together.or(fullest.map(|(_, hub)| hub)).or_else(|| {
            (0..u32::MAX).find(|hub| !self.retired.contains_key(hub) && self.expected_in(*hub, now) == 0)
        });
        let hub = hub.unwrap_or(0);
        if let Some(who) = call.who {
            self.reserved.entry(hub).or_default().push_back((now, who));
        }
        self.placed.extend(call.party.map(|party| (party, (hub, now))));
        hub
    }

    /// Keeps a place for a player in the hub where it has signed in.
    pub(super) fn reserve(&mut self, now: Millis, call: &Reserve) {
        self.release(Some(call.who), now);
        if !self.retired.contains_key(&call.hub) {
            self.reserved.entry(call.hub).or_default().push_back((now, call.who));
        }
    }

    /// Gives up the places that have been kept too long, and the one of this player.
    fn release(&mut self, who: Option<PlayerId>, now: Millis) {
        for reserved in self.reserved.values_mut() {
            reserved.retain(|(since, whose)| now.since(*since) < RESERVATION_LIFE && Some(*whose) != who);
        }
        self.reserved.retain(|_, reserved| !reserved.is_empty());
    }

    /// Sends nobody to a hub any more. Its players are forgotten after a while, like those of a
    /// silent hub. Of more than [`MAX_RETIRED_HUBS`] retired hubs the first is used again.
    pub(super) fn retire(&mut self, context: &mut Context<'_, Write>, hub: u32) {
        if self.retired.contains_key(&hub) {
            return;
        }
        self.retired.insert(hub, context.now);
        context.writes.push(Write::Retired(hub, context.now));
        self.reserved.remove(&hub);
        self.placed.retain(|_, (placed, _)| *placed != hub);
        if self.retired.len() > MAX_RETIRED_HUBS
            && let Some(first) = self.retired.iter().min_by_key(|(_, at)| **at).map(|(hub, _)| *hub)
        {
            self.retired.remove(&first);
            context.writes.push(Write::Reinstated(first));
        }
    }

    pub(super) fn report(&mut self, context: &mut Context<'_, Write>, call: &Report) {
        // Each player who has arrived has taken a place that was kept.
        let came = call.population.players.saturating_sub(self.players_in(call.hub, context.now));
        if let Some(reserved) = self.reserved.get_mut(&call.hub) {
            reserved.drain(..reserved.len().min(came as usize));
        }
        let reported = Reported { population: call.population, at: context.now };
        let before = self.hubs.insert(call.hub, reported);
        let stored = self.stored.get(&call.hub).copied().unwrap_or_default();
        // What is stored says the same, and is not too old to be believed after a crash.
        if before.is_some_and(|before| before.population == call.population) && context.now.since(stored) < STORED_FOR
        {
            return;
        }
        self.stored.insert(call.hub, context.now);
        context.writes.push(Write::Hub(call.hub, reported));
    }

    pub(super) fn hubs(&self, now: Millis) -> Vec<u32> {
        let there = |(_, one): &(&u32, &Reported)| {
            let Population { players, sockets } = one.population;
            players + sockets > 0 && now.since(one.at) < HUB_FORGOTTEN_AFTER
        };
        self.hubs.iter().filter(there).map(|(hub, _)| *hub).collect()
    }
}
