//! Who else is here: the players of one's own location, and where they are
//! between the moments the server told.
//!
//! What is shown lies a little in the past ([`DELAY`], unless the game chooses
//! another), so that it usually lies between two known positions. Samples are stamped
//! with when their news would have come had nothing held it up (`clock.rs`), so the
//! network's jitter does not move them.
//!
//! A sender is silent while its last velocity leads to within 0.1 m of the truth, and
//! promises to speak every [`KEEPALIVE`](shardlink_shared::rules::movement::KEEPALIVE)
//! while it walks. So a player is walked on along its velocity for as long as that
//! promise holds, and 250 ms beyond it, for news that is late; then the connection is
//! in trouble and the player stands. ([`DEAD_RECKONING`] is both, and the hub reckons
//! by it too.) To stop after 250 ms altogether would freeze whoever walks straight on.

use super::point::Point;
use serde::Serialize;
use shardlink_shared::{
    ids::{CharacterId, LocationId},
    protocol::{
        ServerMessage,
        character::CharacterUpdate,
        movement::{LocationUpdate, PositionFrame},
    },
    rules::movement::DEAD_RECKONING,
    text::CharacterName,
    time::Millis,
    vector::Vec3,
    world::{Faction, LOCATION_REACH},
};
use std::collections::VecDeque;

/// What is shown is this old unless the game chooses otherwise, in milliseconds: two
/// ticks of 20 Hz, so that one late frame does not show.
pub const DELAY: u64 = 100;

/// The longest delay that a game may choose, in milliseconds.
pub const LONGEST_DELAY: u64 = 1_000;

/// Between two samples a player is taken to have walked on by the earlier one until
/// this long before the later one, in milliseconds, and straight to it from there: what
/// dead reckoning had not foreseen happened just before it was told.
const TURN: u64 = 250;

/// What is shown eases to where news says it should be over this time, in milliseconds.
const EASE: u64 = 150;

/// News within this of what was known already changes nothing, in metres.
const FORESEEN: f64 = 1e-3;

/// Who is where one thought within this, in metres, when a connection is back, goes on
/// as one thought: what a walker covers in a tick, and a snapshot tells no velocities.
const EXPECTED: f64 = 0.5;

/// Nobody walks this far unheard, in metres: what is shown leaps there.
const LEAP: f64 = 20.0;

/// Samples kept of a player: those of [`LONGEST_DELAY`] at 20 Hz, and those around them.
const MAX_SAMPLES: usize = 24;

/// In place of the index of a player, for a slot that is nobody's.
const NOBODY: u32 = u32::MAX;

/// What is known of a player besides where it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Who {
    /// Who.
    pub character_id: CharacterId,
    /// Its name.
    pub character_name: CharacterName,
    /// Its faction, if it was told.
    pub faction: Option<Faction>,
    /// Its level, if it was told.
    pub level: Option<u32>,
}

/// A player as it is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen<'a> {
    /// Who.
    pub who: &'a Who,
    /// Where it is.
    pub location_id: LocationId,
    /// In metres.
    pub position: Point,
    /// In metres a second.
    pub velocity: Point,
    /// When something was last heard of it.
    pub last_seen: Millis,
}

/// An entry of a position frame that was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Whose.
    pub character_id: CharacterId,
    /// Its slot in the hub.
    pub slot: u16,
    /// In metres.
    pub position: Vec3,
    /// In metres a second.
    pub velocity: Vec3,
    /// When it was there, by the server's clock.
    pub time: Millis,
}

/// When news came, by the clock here.
#[derive(Debug, Clone, Copy)]
pub struct News {
    /// When it did.
    pub came: Millis,
    /// When it would have, had nothing held it up: never later.
    pub due: Millis,
}

/// The players of one location.
#[derive(Debug)]
pub struct Nearby {
    location: Option<LocationId>,
    /// By rising id.
    players: Vec<Player>,
    /// The index of each slot's player.
    slots: Vec<u32>,
    version: u32,
    delay: u64,
}

#[derive(Debug)]
struct Player {
    who: Who,
    slot: Option<u16>,
    last_seen: Millis,
    samples: VecDeque<Sample>,
    /// How far what is shown is off what is known, since when.
    off: Point,
    off_since: Millis,
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Millis,
    position: Vec3,
    velocity: Vec3,
}

impl Default for Nearby {
    fn default() -> Self {
        Self { location: None, players: Vec::new(), slots: Vec::new(), version: 0, delay: DELAY }
    }
}

impl Nearby {
    /// The location they are in.
    #[must_use]
    pub const fn location(&self) -> Option<LocationId> {
        self.location
    }

    /// Shows them this many milliseconds in the past, at most [`LONGEST_DELAY`].
    pub fn set_delay(&mut self, milliseconds: u64) {
        self.delay = milliseconds.min(LONGEST_DELAY);
    }

    /// Forgets everybody.
    pub fn clear(&mut self) {
        *self = Self { version: self.version.wrapping_add(1), delay: self.delay, ..Self::default() };
    }

    /// Changes whenever [`Self::roster`] does.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Everybody who is here, in the order of their ids.
    pub fn roster(&self) -> impl ExactSizeIterator<Item = &Who> {
        self.players.iter().map(|player| &player.who)
    }

    /// Everybody, as shown at this moment; in the order of their ids. Nothing is copied.
    pub fn seen(&self, now: Millis) -> impl Iterator<Item = Seen<'_>> {
        let here = self.location.map(|location_id| {
            self.players.iter().map(move |player| {
                let (position, velocity) = player.shown(now, self.delay);
                Seen { who: &player.who, location_id, position, velocity, last_seen: player.last_seen }
            })
        });
        here.into_iter().flatten()
    }

    /// Takes in what a message tells of others; `own` is oneself.
    pub fn apply(&mut self, message: &ServerMessage, own: CharacterId, news: News) {
        match message {
            ServerMessage::LocationUpdate(update) => self.enter(update, own, news),
            ServerMessage::PlayerJoinedArea(joined)
                if Some(joined.location_id) == self.location && joined.character_id != own =>
            {
                let who = Who {
                    character_id: joined.character_id,
                    character_name: joined.character_name.clone(),
                    faction: joined.faction,
                    level: joined.level,
                };
                let mut player = Player::new(who, Some(joined.slot), news);
                player.place(joined.position.unwrap_or_default(), Vec3::ZERO, news, self.delay);
                self.insert(player);
            }
            // A late farewell from the place one has left says nothing about this one.
            ServerMessage::PlayerLeftArea(left) if Some(left.location_id) == self.location => {
                self.remove(left.character_id);
            }
            ServerMessage::Move(step) => {
                if step.to_location_id.is_some() && step.to_location_id != self.location {
                    self.remove(step.character_id);
                } else if let (delay, Some(player)) = (self.delay, self.get_mut(step.character_id)) {
                    player.last_seen = news.came;
                    if let Some(position) = step.position {
                        player.place(position, step.velocity.unwrap_or_default(), news, delay);
                    }
                }
            }
            ServerMessage::CharacterUpdate(update) if update.character_id != own => self.update(update, news),
            _ => {}
        }
    }

    /// Takes in a position frame of this moment of the server's; `observe` sees every
    /// entry that was. Slots that nobody is known by are passed over: oneself, and
    /// whoever has just left.
    pub fn frame(&mut self, frame: &PositionFrame, time: Millis, news: News, observe: &mut dyn FnMut(Placed)) {
        if Some(frame.location_id) != self.location {
            return;
        }
        for (slot, position, velocity) in frame.positions() {
            let index = self.slots.get(usize::from(slot)).map_or(NOBODY, |index| *index);
            let Some(player) = self.players.get_mut(index as usize) else {
                continue;
            };
            player.last_seen = news.came;
            player.place(position, velocity, news, self.delay);
            observe(Placed { character_id: player.who.character_id, slot, position, velocity, time });
        }
    }

    fn enter(&mut self, update: &LocationUpdate, own: CharacterId, news: News) {
        let stays = self.location.replace(update.location_id) == Some(update.location_id);
        // Of the same location it comes when a connection is back: who is still here is
        // shown without a jump.
        let mut known = std::mem::take(&mut self.players);
        for here in update.players.iter().filter(|player| player.character_id != own) {
            let who = Who {
                character_id: here.character_id,
                character_name: here.character_name.clone(),
                faction: Some(here.faction),
                level: Some(here.level),
            };
            let mut player = Player::new(who, Some(here.slot), news);
            let before = known.binary_search_by_key(&here.character_id, |player| player.who.character_id);
            if let Some(before) = before.ok().filter(|_| stays).and_then(|index| known.get_mut(index)) {
                player.samples = std::mem::take(&mut before.samples);
                (player.off, player.off_since) = (before.off, before.off_since);
            }
            let off = player.known(news.due).0.minus(here.position.into()).length();
            if player.samples.is_empty() || off > EXPECTED {
                player.place(here.position, Vec3::ZERO, news, self.delay);
            }
            self.players.push(player);
        }
        self.players.sort_unstable_by_key(|player| player.who.character_id);
        self.changed();
    }

    fn update(&mut self, update: &CharacterUpdate, news: News) {
        if update.location_id.is_some() && update.location_id != self.location {
            self.remove(update.character_id);
            return;
        }
        if update.location_id.is_some() && self.find(update.character_id).is_err() {
            let (character_id, character_name) = (update.character_id, update.character_name.clone());
            let who = Who { character_id, character_name, faction: None, level: None };
            self.insert(Player::new(who, None, news));
        }
        let delay = self.delay;
        let Some(player) = self.get_mut(update.character_id) else {
            return;
        };
        player.last_seen = news.came;
        let known = (player.who.faction, player.who.level);
        player.who.faction = update.faction.or(player.who.faction);
        player.who.level = update.level.or(player.who.level);
        let changed = known != (player.who.faction, player.who.level);
        if let Some(position) = update.position {
            let velocity = player.samples.back().map_or(Vec3::ZERO, |last| last.velocity);
            player.place(position, velocity, news, delay);
        }
        if changed {
            self.version = self.version.wrapping_add(1);
        }
    }

    fn find(&self, id: CharacterId) -> Result<usize, usize> {
        self.players.binary_search_by_key(&id, |player| player.who.character_id)
    }

    fn get_mut(&mut self, id: CharacterId) -> Option<&mut Player> {
        let index = self.find(id).ok()?;
        self.players.get_mut(index)
    }

    fn insert(&mut self, player: Player) {
        match self.find(player.who.character_id) {
            Ok(index) => {
                if let Some(known) = self.players.get_mut(index) {
                    *known = player;
                }
            }
            Err(index) => self.players.insert(index, player),
        }
        self.changed();
    }

    fn remove(&mut self, id: CharacterId) {
        if let Ok(index) = self.find(id) {
            self.players.remove(index);
            self.changed();
        }
    }

    /// Somebody came or left: indices are others now.
    fn changed(&mut self) {
        self.version = self.version.wrapping_add(1);
        self.slots.fill(NOBODY);
        for (index, player) in (0..).zip(&self.players) {
            let Some(slot) = player.slot.map(usize::from) else {
                continue;
            };
            if slot >= self.slots.len() {
                self.slots.resize(slot + 1, NOBODY);
            }
            if let Some(place) = self.slots.get_mut(slot) {
                *place = index;
            }
        }
    }
}

impl Player {
    const fn new(who: Who, slot: Option<u16>, news: News) -> Self {
        let (off, off_since) = (Point { x: 0.0, y: 0.0, z: 0.0 }, news.came);
        Self { who, slot, last_seen: news.came, samples: VecDeque::new(), off, off_since }
    }

    /// Takes in a sample, after which what is shown goes on from where it was.
    fn place(&mut self, position: Vec3, velocity: Vec3, news: News, delay: u64) {
        let sample = Sample { at: news.due, position, velocity };
        let shown = news.came - delay;
        let first = self.samples.is_empty();
        let knew = self.known(shown).0;
        // Of two of the same time the later one counts.
        while self.samples.back().is_some_and(|last| last.at >= sample.at) {
            self.samples.pop_back();
        }
        // What is before the sample that is shown from will not be shown again.
        while self.samples.len() == MAX_SAMPLES || self.samples.get(1).is_some_and(|second| second.at <= shown) {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        // News that was foreseen leaves alone what is easing already.
        let known = self.known(shown).0;
        if !first && known.minus(knew).length() > FORESEEN {
            let off = self.eased(knew, news.came).minus(known);
            self.off = if off.length() > LEAP { Point::default() } else { off };
            self.off_since = news.came;
        }
    }

    fn shown(&self, now: Millis, delay: u64) -> (Point, Point) {
        let (position, velocity) = self.known(now - delay);
        (self.eased(position, now), velocity)
    }

    /// Where it is shown that is known to be at this position.
    fn eased(&self, position: Point, now: Millis) -> Point {
        let eased = now.since(self.off_since);
        if eased >= EASE {
            return position;
        }
        position.plus(self.off, 1.0 - eased as f64 / EASE as f64)
    }

    /// Where it was at this moment, as far as that is known, and its velocity.
    fn known(&self, at: Millis) -> (Point, Point) {
        let mut newer: Option<&Sample> = None;
        for sample in self.samples.iter().rev() {
            if sample.at <= at {
                return newer.map_or_else(|| sample.on_at(at), |next| sample.before(next, at));
            }
            newer = Some(sample);
        }
        // Seen for less than the delay: it stands where it was first seen.
        newer.map_or_else(Default::default, |first| (first.position.into(), Point::default()))
    }
}

impl Sample {
    /// Where it is after this sample, when nothing newer is known.
    fn on_at(&self, at: Millis) -> (Point, Point) {
        let beyond = at.since(self.at);
        if beyond > DEAD_RECKONING || self.velocity == Vec3::ZERO {
            return (self.walked_on(beyond), Point::default());
        }
        (self.walked_on(beyond), self.velocity.into())
    }

    /// As [`shardlink_shared::rules::movement::walked_on`] has it, between the hundredths.
    fn walked_on(&self, beyond: u64) -> Point {
        let walked = Point::from(self.position).after(self.velocity.into(), beyond.min(DEAD_RECKONING));
        let within = |n: f64| n.clamp(-LOCATION_REACH, LOCATION_REACH);
        Point { x: within(walked.x), y: within(walked.y), z: walked.z }
    }

    /// Where it is between this sample and the next one.
    fn before(&self, next: &Self, at: Millis) -> (Point, Point) {
        let turn = (next.at - TURN).max(self.at);
        if at <= turn {
            return self.on_at(at);
        }
        let (from, _) = self.on_at(turn);
        let to = Point::from(next.position);
        let span = next.at.since(turn) as f64;
        let velocity = Point::default().plus(to.minus(from), 1000.0 / span);
        (from.towards(to, at.since(turn) as f64 / span), velocity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shardlink_shared::{
        codec::snapshot::Entries,
        entropy::{Entropy, Seeded},
        protocol::{
            bounded::List,
            movement::{Move, PlayerHere, PlayerJoinedArea, PlayerLeftArea},
        },
        rules::interest::Cell,
        time::FrameTime,
        world::NEXUS,
    };

    fn id(number: u64) -> CharacterId {
        CharacterId::new(number).unwrap()
    }

    fn own() -> CharacterId {
        id(1)
    }

    fn name(text: &str) -> CharacterName {
        CharacterName::parse(text).unwrap()
    }

    fn at(x: f64) -> Vec3 {
        Vec3::from_metres(x, 0.0, 0.0).unwrap()
    }

    fn here(number: u64, x: f64) -> PlayerHere {
        let faction = Faction::GoldenOrder;
        PlayerHere {
            character_id: id(number),
            character_name: name("Bran"),
            position: at(x),
            faction,
            level: 3,
            slot: number as u16,
        }
    }

    fn on_time(now: Millis) -> News {
        News { came: now, due: now }
    }

    fn frame(nearby: &mut Nearby, players: &[(u16, f64, f64)], news: News) -> Vec<Placed> {
        let players = players.iter().map(|(slot, x, speed)| (*slot, at(*x), at(*speed)));
        let cell = Cell::new(1, 0).unwrap();
        let frame = PositionFrame {
            location_id: NEXUS,
            time: FrameTime::of(news.due),
            cell,
            full: false,
            players: Entries::of(players, cell.centre()),
        };
        let mut placed = Vec::new();
        nearby.frame(&frame, news.due, news, &mut |one| placed.push(one));
        placed
    }

    fn seen(nearby: &Nearby, now: u64) -> Vec<Seen<'_>> {
        nearby.seen(Millis(now)).collect()
    }

    fn step(number: u64, x: f64, speed: f64) -> ServerMessage {
        ServerMessage::Move(Move {
            character_id: id(number),
            from_location_id: None,
            to_location_id: None,
            position: Some(at(x)),
            velocity: Some(at(speed)),
        })
    }

    /// In the Nexus at time 0, with players 1 (oneself) and 2.
    fn nexus() -> Nearby {
        let mut nearby = Nearby::default();
        let players = List::of([here(1, 0.0), here(2, 5.0)]);
        let update = ServerMessage::LocationUpdate(LocationUpdate { location_id: NEXUS, players });
        nearby.apply(&update, own(), on_time(Millis(1_000)));
        nearby
    }

    fn x(nearby: &Nearby, now: u64) -> f64 {
        seen(nearby, now)[0].position.x
    }

    #[test]
    fn a_snapshot_replaces_everybody_and_leaves_oneself_out() {
        let mut nearby = nexus();
        assert_eq!(seen(&nearby, 1_000).iter().map(|seen| seen.who.character_id).collect::<Vec<_>>(), [id(2)]);
        assert_eq!(seen(&nearby, 1_000)[0].who.faction, Some(Faction::GoldenOrder));
        let volcano = LocationId::new(2).unwrap();
        let update =
            ServerMessage::LocationUpdate(LocationUpdate { location_id: volcano, players: List::of([here(9, 0.0)]) });
        nearby.apply(&update, own(), on_time(Millis(2_000)));
        let seen = seen(&nearby, 2_000);
        assert_eq!((seen.len(), seen[0].who.character_id, seen[0].location_id), (1, id(9), volcano));
    }

    #[test]
    fn players_join_and_leave_and_other_locations_do_not_matter() {
        let mut nearby = nexus();
        let joined = |number, location_id| {
            ServerMessage::PlayerJoinedArea(PlayerJoinedArea {
                character_id: id(number),
                character_name: name("Cato"),
                location_id,
                position: None,
                faction: None,
                level: None,
                slot: 0,
            })
        };
        let left = |location_id| ServerMessage::PlayerLeftArea(PlayerLeftArea { character_id: id(2), location_id });
        let elsewhere = LocationId::new(2).unwrap();
        nearby.apply(&joined(3, NEXUS), own(), on_time(Millis(1_000)));
        nearby.apply(&joined(4, elsewhere), own(), on_time(Millis(1_000)));
        nearby.apply(&joined(1, NEXUS), own(), on_time(Millis(1_000)));
        nearby.apply(&left(elsewhere), own(), on_time(Millis(1_000)));
        assert_eq!(seen(&nearby, 1_000).len(), 2);
        nearby.apply(&left(NEXUS), own(), on_time(Millis(1_000)));
        assert_eq!(seen(&nearby, 1_000)[0].who.character_id, id(3));
    }

    #[test]
    fn between_two_known_positions_a_player_walks_in_a_straight_line() {
        let mut nearby = nexus();
        for tick in 1..=4_u64 {
            nearby.apply(&step(2, 5.0 + 0.3 * tick as f64, 6.0), own(), on_time(Millis(2_000 + 50 * tick)));
        }
        // 2,150 is shown at 2,250: the third position; 25 ms later half way to the fourth.
        assert!((x(&nearby, 2_250) - 5.9).abs() < 1e-9);
        assert!((x(&nearby, 2_275) - 6.05).abs() < 1e-9);
        assert!((seen(&nearby, 2_275)[0].velocity.x - 6.0).abs() < 1e-9);
    }

    #[test]
    fn who_walks_straight_on_is_walked_on_until_its_next_word_is_overdue() {
        let mut nearby = nexus();
        nearby.apply(&step(2, 5.0, 6.0), own(), on_time(Millis(2_000)));
        assert!((x(&nearby, 2_200) - 5.6).abs() < 1e-9);
        assert!((x(&nearby, 4_100) - 17.0).abs() < 1e-9);
        assert!((x(&nearby, 4_350) - 18.5).abs() < 1e-9);
        assert!((x(&nearby, 60_000) - 18.5).abs() < 1e-9);
        assert_eq!(seen(&nearby, 60_000)[0].velocity, Point::default());
        // And nobody walks out of the location.
        nearby.apply(&step(2, 499.0, 6.0), own(), on_time(Millis(70_000)));
        assert!((x(&nearby, 72_000) - 500.0).abs() < 1e-9);
    }

    #[test]
    fn a_frame_places_whom_it_knows_by_slot_and_nobody_else() {
        let mut nearby = nexus();
        let placed = frame(&mut nearby, &[(0, 1.0, 0.0), (1, 2.0, 0.0), (2, 8.0, 6.0)], on_time(Millis(2_000)));
        let entry =
            Placed { character_id: id(2), slot: 2, position: at(8.0), velocity: at(6.0), time: Millis(2_000) };
        assert_eq!(placed, [entry]);
        assert!((x(&nearby, 2_300) - 9.2).abs() < 1e-9);
        // Whoever comes or goes changes nobody else's slot.
        let joined = ServerMessage::PlayerJoinedArea(PlayerJoinedArea {
            character_id: id(1 << 40),
            character_name: name("Cato"),
            location_id: NEXUS,
            position: Some(at(3.0)),
            faction: None,
            level: None,
            slot: 700,
        });
        nearby.apply(&joined, own(), on_time(Millis(2_000)));
        let left = ServerMessage::PlayerLeftArea(PlayerLeftArea { character_id: id(2), location_id: NEXUS });
        nearby.apply(&left, own(), on_time(Millis(2_000)));
        let placed = frame(&mut nearby, &[(2, 9.0, 0.0), (700, 4.0, 0.0)], on_time(Millis(2_050)));
        assert_eq!(placed.iter().map(|one| one.character_id).collect::<Vec<_>>(), [id(1 << 40)]);
        // A frame of the place one has left says nothing about this one.
        nearby.location = LocationId::new(2);
        assert!(frame(&mut nearby, &[(700, 4.0, 0.0)], on_time(Millis(2_100))).is_empty());
    }

    #[test]
    fn the_roster_has_another_version_whenever_it_changes_and_only_then() {
        let mut nearby = nexus();
        let version = nearby.version();
        frame(&mut nearby, &[(2, 8.0, 6.0)], on_time(Millis(2_000)));
        nearby.apply(&step(2, 5.0, 6.0), own(), on_time(Millis(2_100)));
        assert_eq!(nearby.version(), version);
        let left = ServerMessage::PlayerLeftArea(PlayerLeftArea { character_id: id(2), location_id: NEXUS });
        nearby.apply(&left, own(), on_time(Millis(2_000)));
        assert_ne!(nearby.version(), version);
        assert_eq!(nearby.roster().len(), 0);
        let version = nearby.version();
        nearby.clear();
        assert_ne!(nearby.version(), version);
    }

    #[test]
    fn the_delay_is_the_games_to_choose() {
        for delay in [0_u64, 100, 1_000] {
            let mut nearby = nexus();
            nearby.set_delay(delay);
            for tick in 0..60_u64 {
                let now = Millis(2_000 + 50 * tick);
                frame(&mut nearby, &[(2, 5.0 + 0.3 * tick as f64, 6.0)], on_time(now));
            }
            // 17.7 half a second ago was 14.7.
            let expected = 5.0 + 0.006 * (2_950.0 - delay as f64);
            assert!((x(&nearby, 4_950) - expected).abs() < 1e-9, "{delay}");
            assert!(nearby.players[0].samples.len() <= MAX_SAMPLES);
        }
        let mut nearby = nexus();
        nearby.set_delay(u64::MAX);
        assert_eq!(nearby.delay, LONGEST_DELAY);
    }

    /// Somebody walks straight, turns and stops, told as the protocol tells it, over a
    /// network with jitter of up to 60 ms: what is shown at 60 frames a second.
    #[test]
    fn at_sixty_frames_a_second_a_walk_over_a_shaky_network_reads_smoothly_and_true() {
        let truth = |time: u64| {
            let walked = |from: u64, to: u64| time.clamp(from, to) - from;
            5.0 + 0.006 * walked(2_000, 5_000) as f64 - 0.006 * walked(5_000, 7_000) as f64
        };
        let mut entropy = Seeded::new(11);
        let mut nearby = nexus();
        let told = [(2_000, 6.0), (4_000, 6.0), (5_000, -6.0), (7_000, 0.0)];
        let mut news: Vec<(u64, u64, f64)> =
            told.iter().map(|(time, speed)| (time + u64::from(entropy.below(61)), *time, *speed)).collect();
        let mut last = 5.0;
        for shown in 0..480_u64 {
            let now = 2_000 + shown * 1000 / 60;
            while let Some((came, time, speed)) = news.first().copied().filter(|(came, ..)| *came <= now) {
                news.remove(0);
                frame(&mut nearby, &[(2, truth(time), speed)], News { came: Millis(came), due: Millis(time) });
            }
            let at = x(&nearby, now);
            assert!((at - last).abs() < 0.16, "{last} to {at} at {now}");
            // It turns up to a quarter second early, and by what it had walked meanwhile.
            assert!((at - truth(now - 100)).abs() < 0.8, "{at} is not {} at {now}", truth(now - 100));
            last = at;
        }
        assert!((last - 11.0).abs() < 1e-9, "{last}");
    }

    #[test]
    fn what_is_shown_never_jumps_however_late_the_news() {
        for gap in [10_u64, 50, 99, 100, 101, 200, 349, 351, 1_000, 2_249, 2_251, 30_000] {
            let mut nearby = nexus();
            nearby.apply(&step(2, 5.0, 6.0), own(), on_time(Millis(2_000)));
            let arrival = 2_000 + gap;
            let before = x(&nearby, arrival);
            nearby.apply(&step(2, 9.0, 0.0), own(), on_time(Millis(arrival)));
            assert!((x(&nearby, arrival) - before).abs() < 1e-9, "after {gap}");
            let mut last = before;
            for now in arrival..arrival + 200 {
                let shown = x(&nearby, now);
                assert!((shown - last).abs() < 0.5, "{last} to {shown} after {gap}");
                last = shown;
            }
            assert!((last - 9.0).abs() < 1e-9, "after {gap}");
        }
    }

    #[test]
    fn of_two_positions_that_come_together_the_later_counts() {
        let mut nearby = nexus();
        nearby.apply(&step(2, 6.0, 0.0), own(), on_time(Millis(2_000)));
        nearby.apply(&step(2, 7.0, 0.0), own(), on_time(Millis(2_000)));
        assert!((x(&nearby, 3_000) - 7.0).abs() < 1e-9);
        for tick in 0..100_u64 {
            nearby.apply(&step(2, 7.0, 0.0), own(), on_time(Millis(3_000 + tick)));
        }
        assert!(nearby.players[0].samples.len() <= MAX_SAMPLES);
    }

    #[test]
    fn an_update_brings_a_player_into_sight_and_only_changes_what_it_tells() {
        let mut nearby = nexus();
        let update = |number, location_id, level| {
            ServerMessage::CharacterUpdate(CharacterUpdate {
                character_id: id(number),
                character_name: name("Dora"),
                location_id,
                position: Some(at(1.0)),
                health: None,
                max_health: None,
                mana: None,
                max_mana: None,
                stamina: None,
                max_stamina: None,
                level,
                faction: None,
            })
        };
        nearby.apply(&update(2, None, None), own(), on_time(Millis(2_000)));
        nearby.apply(&update(5, Some(NEXUS), Some(4)), own(), on_time(Millis(2_000)));
        nearby.apply(&update(6, None, None), own(), on_time(Millis(2_000)));
        nearby.apply(&update(1, Some(NEXUS), None), own(), on_time(Millis(2_000)));
        let shown = seen(&nearby, 3_000);
        assert_eq!(shown.iter().map(|seen| seen.who.character_id.get()).collect::<Vec<_>>(), [2, 5]);
        assert_eq!((shown[0].who.level, shown[1].who.level, shown[0].last_seen), (Some(3), Some(4), Millis(2_000)));
        nearby.apply(&update(5, LocationId::new(2), None), own(), on_time(Millis(2_000)));
        assert_eq!(seen(&nearby, 3_000).len(), 1);
    }
}
