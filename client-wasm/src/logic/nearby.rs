//! Who else is here: the players of one's own location, and where they are
//! between the moments the server told.
//!
//! What is shown lies [`DELAY`] in the past, so that it usually lies between
//! two known positions; beyond the last known one a player is walked on with
//! its velocity for at most [`EXTRAPOLATION`].

use super::point::Point;
use serde::Serialize;
use shardlink_shared::{
    ids::{CharacterId, LocationId},
    protocol::{ServerMessage, character::CharacterUpdate, movement::LocationUpdate},
    text::CharacterName,
    time::Millis,
    vector::Vec3,
    world::Faction,
};
use std::collections::{BTreeMap, VecDeque};

/// What is shown is this old, in milliseconds: two ticks of 20 Hz, so that one
/// late frame does not show.
pub const DELAY: u64 = 100;

/// A player is walked on beyond its last known position for this long, in
/// milliseconds.
pub const EXTRAPOLATION: u64 = 250;

/// Samples kept of a player: more than arrive within [`DELAY`] at 20 Hz.
const MAX_SAMPLES: usize = 8;

/// A player as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Seen {
    /// Who.
    pub character_id: CharacterId,
    /// Its name.
    pub character_name: CharacterName,
    /// Its faction, if it was told.
    pub faction: Option<Faction>,
    /// Its level, if it was told.
    pub level: Option<u32>,
    /// Where it is.
    pub location_id: LocationId,
    /// In metres.
    pub position: Point,
    /// In metres a second.
    pub velocity: Point,
    /// When something was last heard of it.
    pub last_seen: Millis,
}

/// The players of one location.
#[derive(Debug, Default)]
pub struct Nearby {
    location: Option<LocationId>,
    players: BTreeMap<CharacterId, Player>,
}

#[derive(Debug)]
struct Player {
    name: CharacterName,
    faction: Option<Faction>,
    level: Option<u32>,
    last_seen: Millis,
    samples: VecDeque<Sample>,
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Millis,
    position: Point,
    velocity: Point,
}

impl Nearby {
    /// The location they are in.
    #[must_use]
    pub const fn location(&self) -> Option<LocationId> {
        self.location
    }

    /// Forgets everybody.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes in what a message tells of others; `own` is oneself.
    pub fn apply(&mut self, message: &ServerMessage, own: CharacterId, now: Millis) {
        match message {
            ServerMessage::LocationUpdate(update) => self.enter(update, own, now),
            ServerMessage::PlayerJoinedArea(joined)
                if Some(joined.location_id) == self.location && joined.character_id != own =>
            {
                let mut player = Player::new(joined.character_name.clone(), now);
                (player.faction, player.level) = (joined.faction, joined.level);
                player.place(joined.position.unwrap_or_default(), Vec3::ZERO, now);
                self.players.insert(joined.character_id, player);
            }
            // A late farewell from the place one has left says nothing about this one.
            ServerMessage::PlayerLeftArea(left) if Some(left.location_id) == self.location => {
                self.players.remove(&left.character_id);
            }
            ServerMessage::Move(step) => {
                if step.to_location_id.is_some() && step.to_location_id != self.location {
                    self.players.remove(&step.character_id);
                } else if let Some(player) = self.players.get_mut(&step.character_id) {
                    player.last_seen = now;
                    if let Some(position) = step.position {
                        player.place(position, step.velocity.unwrap_or_default(), now);
                    }
                }
            }
            ServerMessage::CharacterUpdate(update) if update.character_id != own => self.update(update, now),
            _ => {}
        }
    }

    fn enter(&mut self, update: &LocationUpdate, own: CharacterId, now: Millis) {
        self.location = Some(update.location_id);
        self.players.clear();
        for here in update.players.iter().filter(|player| player.character_id != own) {
            let mut player = Player::new(here.character_name.clone(), now);
            (player.faction, player.level) = (Some(here.faction), Some(here.level));
            player.place(here.position, Vec3::ZERO, now);
            self.players.insert(here.character_id, player);
        }
    }

    fn update(&mut self, update: &CharacterUpdate, now: Millis) {
        if update.location_id.is_some() && update.location_id != self.location {
            self.players.remove(&update.character_id);
            return;
        }
        if update.location_id.is_some() {
            self.players
                .entry(update.character_id)
                .or_insert_with(|| Player::new(update.character_name.clone(), now));
        }
        let Some(player) = self.players.get_mut(&update.character_id) else {
            return;
        };
        player.last_seen = now;
        player.faction = update.faction.or(player.faction);
        player.level = update.level.or(player.level);
        if let Some(position) = update.position {
            let velocity = player.samples.back().map_or(Point::default(), |last| last.velocity);
            player.push(Sample { at: now, position: position.into(), velocity });
        }
    }

    /// Everybody, as shown at this moment; in the order of their ids.
    #[must_use]
    pub fn seen(&self, now: Millis) -> Vec<Seen> {
        let Some(location_id) = self.location else {
            return Vec::new();
        };
        self.players
            .iter()
            .map(|(id, player)| {
                let (position, velocity) = player.shown(now);
                Seen {
                    character_id: *id,
                    character_name: player.name.clone(),
                    faction: player.faction,
                    level: player.level,
                    location_id,
                    position,
                    velocity,
                    last_seen: player.last_seen,
                }
            })
            .collect()
    }
}

impl Player {
    const fn new(name: CharacterName, now: Millis) -> Self {
        Self { name, faction: None, level: None, last_seen: now, samples: VecDeque::new() }
    }

    fn place(&mut self, position: Vec3, velocity: Vec3, now: Millis) {
        self.push(Sample { at: now, position: position.into(), velocity: velocity.into() });
    }

    fn push(&mut self, sample: Sample) {
        // Of two that came together the later one counts.
        if self.samples.back().is_some_and(|last| last.at >= sample.at) {
            self.samples.pop_back();
        }
        if self.samples.len() == MAX_SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    fn shown(&self, now: Millis) -> (Point, Point) {
        let at = now - DELAY;
        let mut newer: Option<&Sample> = None;
        for sample in self.samples.iter().rev() {
            if sample.at <= at {
                return newer.map_or_else(|| sample.on_at(at), |next| sample.before(next, at));
            }
            newer = Some(sample);
        }
        // Seen for less than the delay: it stands where it was first seen.
        newer.map_or_else(Default::default, |first| (first.position, Point::default()))
    }
}

impl Sample {
    /// Where it is after this sample, when nothing newer is known.
    fn on_at(&self, at: Millis) -> (Point, Point) {
        let beyond = at.since(self.at);
        let position = self.position.after(self.velocity, beyond.min(EXTRAPOLATION));
        let velocity = if beyond > EXTRAPOLATION { Point::default() } else { self.velocity };
        (position, velocity)
    }

    /// Where it is between this sample and the next one.
    ///
    /// The next one became known at `next.at`, while `next.at - DELAY` was
    /// shown: up to there it was shown without knowing, and from there it goes
    /// in a straight line, so that what is shown never jumps.
    fn before(&self, next: &Self, at: Millis) -> (Point, Point) {
        let turn = (next.at - DELAY).max(self.at);
        if at <= turn {
            return self.on_at(at);
        }
        let (from, _) = self.on_at(turn);
        let span = next.at.since(turn) as f64;
        let position = from.towards(next.position, at.since(turn) as f64 / span);
        let velocity = from.towards(next.position, 1000.0 / span);
        (position, Point { x: velocity.x - from.x, y: velocity.y - from.y, z: velocity.z - from.z })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shardlink_shared::{
        protocol::{
            bounded::List,
            movement::{Move, PlayerHere, PlayerJoinedArea, PlayerLeftArea},
        },
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
            slot: 0,
        }
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
        nearby.apply(&update, own(), Millis(1_000));
        nearby
    }

    fn x(nearby: &Nearby, now: u64) -> f64 {
        nearby.seen(Millis(now))[0].position.x
    }

    #[test]
    fn a_snapshot_replaces_everybody_and_leaves_oneself_out() {
        let mut nearby = nexus();
        assert_eq!(nearby.seen(Millis(1_000)).iter().map(|seen| seen.character_id).collect::<Vec<_>>(), [id(2)]);
        assert_eq!(nearby.seen(Millis(1_000))[0].faction, Some(Faction::GoldenOrder));
        let volcano = LocationId::new(2).unwrap();
        let update =
            ServerMessage::LocationUpdate(LocationUpdate { location_id: volcano, players: List::of([here(9, 0.0)]) });
        nearby.apply(&update, own(), Millis(2_000));
        let seen = nearby.seen(Millis(2_000));
        assert_eq!((seen.len(), seen[0].character_id, seen[0].location_id), (1, id(9), volcano));
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
        nearby.apply(&joined(3, NEXUS), own(), Millis(1_000));
        nearby.apply(&joined(4, elsewhere), own(), Millis(1_000));
        nearby.apply(&joined(1, NEXUS), own(), Millis(1_000));
        nearby.apply(&left(elsewhere), own(), Millis(1_000));
        assert_eq!(nearby.seen(Millis(1_000)).len(), 2);
        nearby.apply(&left(NEXUS), own(), Millis(1_000));
        assert_eq!(nearby.seen(Millis(1_000))[0].character_id, id(3));
    }

    #[test]
    fn between_two_known_positions_a_player_walks_in_a_straight_line() {
        let mut nearby = nexus();
        for tick in 1..=4_u64 {
            nearby.apply(&step(2, 5.0 + 0.3 * tick as f64, 6.0), own(), Millis(2_000 + 50 * tick));
        }
        // 2,150 is shown at 2,250: the third position; 25 ms later half way to the fourth.
        assert!((x(&nearby, 2_250) - 5.9).abs() < 1e-9);
        assert!((x(&nearby, 2_275) - 6.05).abs() < 1e-9);
        assert!((nearby.seen(Millis(2_275))[0].velocity.x - 6.0).abs() < 1e-9);
    }

    #[test]
    fn beyond_the_last_position_a_player_walks_on_for_a_quarter_second() {
        let mut nearby = nexus();
        nearby.apply(&step(2, 5.0, 6.0), own(), Millis(2_000));
        assert!((x(&nearby, 2_200) - 5.6).abs() < 1e-9);
        assert!((x(&nearby, 2_350) - 6.5).abs() < 1e-9);
        assert!((x(&nearby, 60_000) - 6.5).abs() < 1e-9);
        assert_eq!(nearby.seen(Millis(60_000))[0].velocity, Point::default());
    }

    #[test]
    fn what_is_shown_never_jumps_however_late_the_news() {
        for gap in [10_u64, 50, 99, 100, 101, 200, 349, 351, 1_000, 30_000] {
            let mut nearby = nexus();
            nearby.apply(&step(2, 5.0, 6.0), own(), Millis(2_000));
            let arrival = 2_000 + gap;
            let before = x(&nearby, arrival);
            nearby.apply(&step(2, 9.0, 0.0), own(), Millis(arrival));
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
        nearby.apply(&step(2, 6.0, 0.0), own(), Millis(2_000));
        nearby.apply(&step(2, 7.0, 0.0), own(), Millis(2_000));
        assert!((x(&nearby, 3_000) - 7.0).abs() < 1e-9);
        for tick in 0..100_u64 {
            nearby.apply(&step(2, 7.0, 0.0), own(), Millis(3_000 + tick));
        }
        assert!(nearby.players[&id(2)].samples.len() <= MAX_SAMPLES);
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
        nearby.apply(&update(2, None, None), own(), Millis(2_000));
        nearby.apply(&update(5, Some(NEXUS), Some(4)), own(), Millis(2_000));
        nearby.apply(&update(6, None, None), own(), Millis(2_000));
        nearby.apply(&update(1, Some(NEXUS), None), own(), Millis(2_000));
        let seen = nearby.seen(Millis(3_000));
        assert_eq!(seen.iter().map(|seen| seen.character_id.get()).collect::<Vec<_>>(), [2, 5]);
        assert_eq!((seen[0].level, seen[1].level, seen[0].last_seen), (Some(3), Some(4), Millis(2_000)));
        nearby.apply(&update(5, LocationId::new(2), None), own(), Millis(2_000));
        assert_eq!(nearby.seen(Millis(3_000)).len(), 1);
    }
}
