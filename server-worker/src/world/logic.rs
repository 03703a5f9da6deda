//! Who is where in the realm, and who fits where.

use super::speech::Speech;
use crate::calls::BatchNumber;
use crate::{
    calls::world::{
        Announce, CheckStorage, GetEvents, GetHubs, GetStatus, Happening, Listen, Place, Population, Report, Reserve,
        Retire, Say, Status, WorldCall,
    },
    effect::{Context, Logic, Reply, reply},
    systems::chat::Scope,
};
use shardlink_shared::{
    ids::{PartyId, PlayerId},
    limits::{MAX_RETIRED_HUBS, MAX_WORLD_EVENTS, RESERVATION_LIFE},
    protocol::chat::PastChat,
    time::Millis,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A hub that has not reported for this long holds nobody, in milliseconds:
/// more than twice the time in which hubs with players report.
pub const HUB_FORGOTTEN_AFTER: u64 = 60_000;

/// For so long World remembers where it sent a party's last member, in milliseconds: the
/// others may be on their way.
const PARTY_PLACED: u64 = 60_000;

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
    /// Something was said.
    Said(Scope, PastChat),
    /// Something that was said is forgotten.
    ForgetSaid(u64),
    /// A hub's batch was heard.
    Heard(u32, BatchNumber),
    /// A hub's number is given to nobody any more.
    Retired(u32, Millis),
    /// A retired number may be given again.
    Reinstated(u32),
}

/// The memory of a World.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct World {
    started: Option<Millis>,
    hubs: BTreeMap<u32, Reported>,
    /// By their number, which rises.
    events: BTreeMap<u64, Happening>,
    /// Places in hubs that were given out and not taken yet, the oldest first: one for each
    /// player at most, and none for strangers, who could take them all. A World that
    /// forgets them in a crash lets a hub be fuller by as many.
    reserved: BTreeMap<u32, VecDeque<(Millis, PlayerId)>>,
    /// Hubs whose storage is damaged, and when that was found.
    retired: BTreeMap<u32, Millis>,
    /// Where members of parties were sent, and when.
    placed: BTreeMap<PartyId, (u32, Millis)>,
    pub(super) speech: Speech,
}

impl World {
    /// The memory that these rows hold.
    #[must_use]
    pub const fn restore(
        started: Option<Millis>,
        hubs: BTreeMap<u32, Reported>,
        retired: BTreeMap<u32, Millis>,
        events: BTreeMap<u64, Happening>,
        speech: Speech,
    ) -> Self {
        Self { started, hubs, events, reserved: BTreeMap::new(), retired, placed: BTreeMap::new(), speech }
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

    /// Who is in a hub or on the way to it.
    fn expected_in(&self, hub: u32, now: Millis) -> u32 {
        let reserved = self.reserved.get(&hub).map_or(0, VecDeque::len);
        self.players_in(hub, now).saturating_add(reserved as u32)
    }

    /// The hub of the party's others, if it has room; else the fullest with room, so that
    /// people meet; a new one where none has. The place is kept for a while.
    fn place(&mut self, context: &mut Context<'_, Write>, call: &Place) -> u32 {
        self.started(context);
        let now = context.now;
        self.release(call.who, now);
        let known = self.hubs.keys().chain(self.reserved.keys());
        let known = known.filter(|hub| !self.retired.contains_key(hub));
        let with_room = known.map(|hub| (self.expected_in(*hub, now), *hub)).filter(|(expected, _)| {
            // One that holds nobody is as good as a new one.
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
    fn reserve(&mut self, now: Millis, call: &Reserve) {
        self.release(Some(call.who), now);
        if !self.retired.contains_key(&call.hub) {
            self.reserved.entry(call.hub).or_default().push_back((now, call.who));
        }
    }

    /// Gives up the places that were kept long enough, and the one of this player.
    fn release(&mut self, who: Option<PlayerId>, now: Millis) {
        for reserved in self.reserved.values_mut() {
            reserved.retain(|(since, whose)| now.since(*since) < RESERVATION_LIFE && Some(*whose) != who);
        }
        self.reserved.retain(|_, reserved| !reserved.is_empty());
    }

    /// Sends nobody to a hub any more. Who is believed to be there runs out as in a hub
    /// that is silent. Of more than [`MAX_RETIRED_HUBS`] the one that was retired first is
    /// tried again.
    fn retire(&mut self, context: &mut Context<'_, Write>, hub: u32) {
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

    fn report(&mut self, context: &mut Context<'_, Write>, call: &Report) {
        // Whoever has come has taken a place that was kept.
        let came = call.population.players.saturating_sub(self.players_in(call.hub, context.now));
        if let Some(reserved) = self.reserved.get_mut(&call.hub) {
            reserved.drain(..reserved.len().min(came as usize));
        }
        let reported = Reported { population: call.population, at: context.now };
        self.hubs.insert(call.hub, reported);
        context.writes.push(Write::Hub(call.hub, reported));
    }

    fn hubs(&self, now: Millis) -> Vec<u32> {
        let there = |(_, one): &(&u32, &Reported)| {
            let Population { players, sockets } = one.population;
            players + sockets > 0 && now.since(one.at) < HUB_FORGOTTEN_AFTER
        };
        self.hubs.iter().filter(there).map(|(hub, _)| *hub).collect()
    }

    /// The real clock has jumped. A hub that sleeps while its players are silent is woken by
    /// its alarm, which the jump has made late or World's time has passed: until it speaks
    /// again it would hold nobody and hear nothing. So it is woken from here, and heard of
    /// as if it listened. How many hubs that are.
    pub fn clock_jumped(&mut self, context: &mut Context<'_, Write>) -> usize {
        let with_sockets = self.hubs.iter().filter(|(_, hub)| hub.population.sockets > 0);
        let hubs: Vec<u32> = with_sockets.map(|(hub, _)| *hub).collect();
        for hub in &hubs {
            self.speech.wake(*hub, context.now);
        }
        hubs.len()
    }

    /// The hubs where somebody may hear what is said, and the speaker's.
    fn listening(&self, now: Millis, speaker: Option<u32>) -> BTreeSet<u32> {
        let peopled = self.hubs.keys().filter(|hub| self.players_in(**hub, now) > 0).copied();
        peopled.chain(self.speech.listening(now)).chain(speaker).collect()
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
            WorldCall::Reserve(call) => {
                self.reserve(context.now, &call);
                reply::<Reserve>(Ok(()))
            }
            WorldCall::Retire(call) => {
                self.retire(context, call.hub);
                reply::<Retire>(Ok(()))
            }
            WorldCall::GetHubs(_) => reply::<GetHubs>(Ok(self.hubs(context.now))),
            WorldCall::Report(call) => {
                self.report(context, &call);
                reply::<Report>(Ok(()))
            }
            WorldCall::Listen(call) => {
                self.speech.listens(call.hub, context.now);
                reply::<Listen>(Ok(self.speech.histories()))
            }
            WorldCall::Say(call) => {
                let hubs = self.listening(context.now, Some(call.hub));
                self.speech.say(context, call, &hubs);
                reply::<Say>(Ok(()))
            }
            WorldCall::Announce(call) => {
                let hubs = self.listening(context.now, None);
                self.speech.announce(context.now, call, &hubs);
                reply::<Announce>(Ok(()))
            }
            WorldCall::GetEvents(call) => reply::<GetEvents>(Ok(self.events(context, &call))),
            WorldCall::GetStatus(_) => reply::<GetStatus>(Ok(self.status(context))),
            WorldCall::CheckStorage(_) => {
                // The same row again: it costs a write, and no room.
                let started = self.started(context);
                context.writes.push(Write::Started(started));
                reply::<CheckStorage>(Ok(()))
            }
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

    #[test]
    fn a_check_of_the_storage_writes_each_time_and_changes_nothing() {
        let mut world = World::default();
        at(5, |context| drop(world.dispatch(context, WorldCall::GetStatus(GetStatus {}))));
        let before = world.clone();
        for now in [6, 7] {
            let writes = at(now, |context| {
                world.dispatch(context, WorldCall::CheckStorage(CheckStorage {}));
                std::mem::take(&mut context.writes)
            });
            assert_eq!(writes, [Write::Started(Millis(5))]);
        }
        assert_eq!(world, before);
    }

    fn report(world: &mut World, now: u64, hub: u32, players: u32) {
        let population = Population { players, sockets: players + 1 };
        at(now, |context| world.report(context, &Report { hub, population }));
    }

    fn player(n: u64) -> Option<PlayerId> {
        PlayerId::new(n + (1 << 40))
    }

    /// A place for a player of no party in hubs of this size.
    fn place(world: &mut World, now: u64, capacity: u32, who: u64) -> u32 {
        at(now, |context| world.place(context, &Place { capacity, party: None, near: None, who: player(who) }))
    }

    /// Where a stranger is sent in hubs of this size.
    fn stranger(world: &mut World, now: u64, capacity: u32) -> u32 {
        at(now, |context| world.place(context, &Place { capacity, party: None, near: None, who: None }))
    }

    #[test]
    fn twenty_three_players_in_hubs_of_five_fill_them_one_after_the_other() {
        let mut world = World::default();
        // All of them ask before anybody has arrived.
        let placed: Vec<u32> = (0..23).map(|n| place(&mut world, n, 5, n)).collect();
        assert_eq!(placed, (0..23).map(|n| n / 5).collect::<Vec<_>>());
        for hub in 0..5 {
            report(&mut world, 1_000, hub, if hub < 4 { 5 } else { 3 });
        }
        assert_eq!(place(&mut world, 1_001, 5, 101), 4);
        // Somebody leaves the first: the fullest with room is filled before the next.
        report(&mut world, 1_002, 0, 4);
        assert_eq!(place(&mut world, 1_003, 5, 102), 0);
        assert_eq!(place(&mut world, 1_004, 5, 103), 4);
        // All are full or spoken for: another one, never an error.
        assert_eq!(place(&mut world, 1_005, 5, 104), 5);
    }

    #[test]
    fn a_place_that_nobody_takes_is_free_again_after_ten_seconds() {
        let mut world = World::default();
        assert_eq!(place(&mut world, 0, 1, 1), 0);
        assert_eq!(place(&mut world, 1, 1, 2), 1);
        assert_eq!(place(&mut world, RESERVATION_LIFE, 1, 3), 0);
    }

    #[test]
    fn strangers_take_no_places_from_players() {
        let mut world = World::default();
        report(&mut world, 0, 0, 3);
        for n in 0..1_000 {
            assert_eq!(stranger(&mut world, n, 5), 0);
        }
        assert_eq!([place(&mut world, 1_000, 5, 1), place(&mut world, 1_000, 5, 2)], [0, 0]);
        assert_eq!(stranger(&mut world, 1_001, 5), 1, "and those places count");
    }

    #[test]
    fn a_player_has_one_place_however_it_was_sent() {
        let mut world = World::default();
        report(&mut world, 0, 0, 1);
        assert_eq!(place(&mut world, 1, 2, 7), 0);
        assert_eq!(place(&mut world, 2, 2, 7), 0, "its own place is not in its way");
        // It comes by a socket of its own, without a ticket, and signs in elsewhere.
        assert_eq!(stranger(&mut world, 3, 2), 1);
        at(4, |c| world.reserve(c.now, &Reserve { hub: 1, who: player(7).unwrap() }));
        assert_eq!((world.expected_in(0, Millis(5)), world.expected_in(1, Millis(5))), (1, 1));
        report(&mut world, 6, 1, 1);
        assert_eq!((world.expected_in(0, Millis(7)), world.expected_in(1, Millis(7))), (1, 1));
    }

    #[test]
    fn a_hub_that_died_is_forgotten_and_its_number_used_again() {
        let mut world = World::default();
        report(&mut world, 0, 0, 2);
        report(&mut world, 0, 1, 1);
        assert_eq!(place(&mut world, 1, 2, 1), 1);
        assert_eq!(world.hubs(Millis(1)), [0, 1]);
        assert_eq!(place(&mut world, HUB_FORGOTTEN_AFTER, 2, 2), 0);
        assert_eq!(world.hubs(Millis(HUB_FORGOTTEN_AFTER)), [0; 0]);
    }

    fn retire(world: &mut World, now: u64, hub: u32) -> Vec<Write> {
        at(now, |context| {
            world.retire(context, hub);
            std::mem::take(&mut context.writes)
        })
    }

    #[test]
    fn a_damaged_hubs_number_is_given_to_nobody_and_the_next_free_one_instead() {
        let party = PartyId::new(1 << 40);
        let alone = Place { capacity: 5, party: None, near: None, who: player(1) };
        let together = Place { capacity: 5, party, near: Some(0), who: player(2) };
        let mut world = World::default();
        report(&mut world, 0, 0, 3);
        assert_eq!(at(1, |c| world.place(c, &together)), 0);
        assert_eq!(retire(&mut world, 2, 0), [Write::Retired(0, Millis(2))]);
        assert_eq!(retire(&mut world, 3, 0), [], "a call that is repeated changes nothing");
        at(3, |_| world.reserve(Millis(3), &Reserve { hub: 0, who: PlayerId::new(9).unwrap() }));
        assert!(world.reserved.is_empty(), "no place is kept there");
        // Not to the fullest, not to the party's others, not to the first number.
        assert_eq!(at(4, |c| world.place(c, &alone)), 1);
        assert_eq!(at(5, |c| world.place(c, &together)), 1);
        assert_eq!(at(6, |c| world.place(c, &Place { near: None, ..together })), 1);
        // Nor when it is forgotten as every silent hub is, nor after a restart.
        let at_last = HUB_FORGOTTEN_AFTER + 10;
        assert_eq!(world.hubs(Millis(at_last)), [0; 0]);
        let mut restored =
            World::restore(None, BTreeMap::new(), world.retired.clone(), BTreeMap::new(), Speech::default());
        assert_eq!(at(at_last, |c| restored.place(c, &alone)), 1);
    }

    #[test]
    fn of_very_many_damaged_hubs_the_first_is_tried_again() {
        let mut world = World::default();
        for hub in 0..MAX_RETIRED_HUBS as u32 {
            assert_eq!(retire(&mut world, u64::from(hub), hub).len(), 1);
        }
        let one_more = MAX_RETIRED_HUBS as u32;
        let writes = retire(&mut world, 1_000, one_more);
        assert_eq!(writes, [Write::Retired(one_more, Millis(1_000)), Write::Reinstated(0)]);
        assert_eq!(world.retired.len(), MAX_RETIRED_HUBS);
        assert_eq!(at(1_001, |c| world.place(c, &Place { capacity: 5, party: None, near: None, who: None })), 0);
    }

    #[test]
    fn a_partys_members_are_sent_where_the_others_are_while_there_is_room() {
        let party = PartyId::new(1 << 40);
        let place = |who, near| Place { capacity: 4, party, near, who: player(who) };
        let alone = Place { capacity: 4, party: None, near: None, who: player(9) };
        let mut world = World::default();
        report(&mut world, 0, 0, 2);
        report(&mut world, 0, 1, 1);
        assert_eq!(at(1, |c| world.place(c, &alone)), 0, "others go to the fullest");
        assert_eq!(at(1, |c| world.place(c, &place(1, Some(1)))), 1);
        // The next is sent after it, also before it has arrived, or is known to be there.
        assert_eq!(at(2, |c| world.place(c, &place(2, None))), 1);
        assert_eq!(at(2, |c| world.place(c, &place(3, None))), 1);
        assert_eq!(at(2, |c| world.place(c, &place(4, None))), 0, "full is full");
    }

    #[test]
    fn the_status_adds_the_hubs_and_forgets_the_silent() {
        let mut world = World::default();
        report(&mut world, 0, 0, 2);
        report(&mut world, HUB_FORGOTTEN_AFTER - 20_000, 1, 3);
        assert_eq!(
            at(HUB_FORGOTTEN_AFTER - 1, |c| world.status(c)).population,
            Population { players: 5, sockets: 7 }
        );
        assert_eq!(at(HUB_FORGOTTEN_AFTER, |c| world.status(c)).population, Population { players: 3, sockets: 4 });
    }

    #[test]
    fn hubs_that_a_jump_of_the_clock_left_asleep_are_woken_and_hear_what_is_said_next() {
        use crate::effect::Errands;
        let mut world = World::default();
        report(&mut world, 0, 0, 2);
        report(&mut world, 0, 1, 1);
        at(0, |c| world.report(c, &Report { hub: 2, population: Population::default() }));
        let later = HUB_FORGOTTEN_AFTER * 60;
        assert_eq!(at(later, |c| world.clock_jumped(c)), 2);
        assert_eq!(world.listening(Millis(later), None), [0, 1].into());
        assert_eq!(world.take_errands(Millis(later)), [(0, vec![]), (1, vec![])]);
        assert_eq!(world.take_errands(Millis(later)), [], "once");
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
