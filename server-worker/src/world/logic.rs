//! The memory of a World, and the answers to its calls. `placement.rs` has which hub takes a
//! player, `speech.rs` what is said.

use super::{speech::Speech, telling::ToldHubs};
use crate::calls::BatchNumber;
use crate::{
    calls::world::{
        Announce, CheckStorage, GetEvents, GetHubs, GetState, GetStatus, Happening, Listen, Place, Population,
        Report, Reserve, Retire, Say, Status, WorldCall,
    },
    effect::{Context, Logic, Reply, reply},
    systems::chat::Scope,
};
use shardlink_shared::{
    ids::{PartyId, PlayerId},
    limits::MAX_WORLD_EVENTS,
    protocol::chat::PastChat,
    time::Millis,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A hub that has not reported for this long holds nobody, in milliseconds:
/// more than twice the time in which hubs with players report.
pub const HUB_FORGOTTEN_AFTER: u64 = 60_000;

/// A hub's row that says the same is not written again for this many milliseconds. After a crash
/// World counts a hub's silence from its row, so from up to this much too early; hubs with
/// players report every 25 s.
pub(super) const STORED_FOR: u64 = 20_000;

/// What a hub said last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reported {
    /// How many are there.
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
    /// The events up to this number are removed.
    ForgetEvents(u64),
    /// Something was said.
    Said(Scope, PastChat),
    /// Something that was said is removed.
    ForgetSaid(u64),
    /// A hub's batch was heard.
    Heard(u32, BatchNumber),
    /// A hub is retired: nobody is sent to it any more.
    Retired(u32, Millis),
    /// A retired hub may be used again.
    Reinstated(u32),
}

/// The memory of a World.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct World {
    started: Option<Millis>,
    pub(super) hubs: BTreeMap<u32, Reported>,
    /// By their number, which rises.
    events: BTreeMap<u64, Happening>,
    /// Places in hubs that were given out and not taken yet, the oldest first: at most one for
    /// each player, and none for strangers, who could take them all. If a crash loses them, a
    /// hub may become fuller by as many players.
    pub(super) reserved: BTreeMap<u32, VecDeque<(Millis, PlayerId)>>,
    /// Hubs whose storage is damaged, and when that was found.
    pub(super) retired: BTreeMap<u32, Millis>,
    /// Where members of parties were sent, and when.
    pub(super) placed: BTreeMap<PartyId, (u32, Millis)>,
    pub(super) speech: Speech,
    pub(super) told_hubs: ToldHubs,
    /// When each hub's row was written.
    pub(super) stored: BTreeMap<u32, Millis>,
}

impl World {
    /// The memory of a World with these rows.
    #[must_use]
    pub fn restore(
        started: Option<Millis>,
        hubs: BTreeMap<u32, Reported>,
        retired: BTreeMap<u32, Millis>,
        events: BTreeMap<u64, Happening>,
        speech: Speech,
    ) -> Self {
        Self {
            started,
            hubs,
            events,
            reserved: BTreeMap::new(),
            retired,
            placed: BTreeMap::new(),
            speech,
            told_hubs: ToldHubs::default(),
            stored: BTreeMap::new(),
        }
    }

    pub(super) fn started(&mut self, context: &mut Context<'_, Write>) -> Millis {
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

    /// Adds an event to the log. The oldest is removed from a full log.
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

    /// Wakes the hubs after the real clock has jumped, and returns how many they are. A hub
    /// that sleeps while its players are silent is woken by its alarm. The jump may have made
    /// that late, or have moved World's time past its last report: then World would take the
    /// hub for empty, and pass on nothing to it, until it reports again. So World wakes it, and
    /// treats it meanwhile as one that listens.
    pub fn clock_jumped(&mut self, context: &mut Context<'_, Write>) -> usize {
        let with_sockets = self.hubs.iter().filter(|(_, hub)| hub.population.sockets > 0);
        let hubs: Vec<u32> = with_sockets.map(|(hub, _)| *hub).collect();
        for hub in &hubs {
            self.speech.wake(*hub, context.now);
        }
        hubs.len()
    }

    /// The hubs that are told what is said: those with players, those that listen, and the
    /// speaker's.
    fn listening(&self, now: Millis, speaker: Option<u32>) -> BTreeSet<u32> {
        let peopled = self.hubs.keys().filter(|hub| self.players_in(**hub, now) > 0).copied();
        peopled.chain(self.speech.listening(now)).chain(speaker).collect()
    }

    fn status(&mut self, context: &mut Context<'_, Write>) -> Status {
        let started = self.started(context);
        Status { started, population: self.population(context.now) }
    }

    /// Who is in all hubs together.
    pub(super) fn population(&self, now: Millis) -> Population {
        let mut all = Population::default();
        for reported in self.hubs.values().filter(|hub| now.since(hub.at) < HUB_FORGOTTEN_AFTER) {
            all.players = all.players.saturating_add(reported.population.players);
            all.sockets = all.sockets.saturating_add(reported.population.sockets);
        }
        all
    }

    /// The alarm has come.
    pub fn alarm(&mut self, context: &mut Context<'_, Write>) {
        self.tell_hubs(context.now);
    }
}

impl Logic for World {
    type Call = WorldCall;
    type Write = Write;

    fn next_deadline(&self) -> Option<Millis> {
        self.told_hubs.due()
    }

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
                let told = self.answer_report(&call, context.now);
                self.tell_hubs(context.now);
                reply::<Report>(Ok(told))
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
            WorldCall::GetState(_) => reply::<GetState>(Ok(self.state(context.now))),
            WorldCall::GetStatus(_) => reply::<GetStatus>(Ok(self.status(context))),
            WorldCall::CheckStorage(_) => {
                // This writes the same row again: it costs a write, and no space.
                let started = self.started(context);
                context.writes.push(Write::Started(started));
                reply::<CheckStorage>(Ok(()))
            }
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
