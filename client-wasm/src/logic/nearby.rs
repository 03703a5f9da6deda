//! The other players of the player's own location, and where they are between the moments
//! that the server told.
//!
//! They are shown a little in the past ([`DELAY`], unless the game chooses another delay),
//! which usually lies between two known positions. A sample's time is when its news would
//! have come had nothing held it up (`clock.rs`), so the network's jitter does not move it.
//! `nearby/track.rs` decides where a player is between and after its samples.

mod track;

use self::track::{Look, Track};
use super::{point::Point, told::Told};
use serde::Serialize;
use shardlink_shared::{
    codec::table::Wire,
    ids::{CharacterId, LocationId},
    protocol::{
        character::CharacterUpdate,
        movement::{LocationUpdate, Move, PlayerJoinedArea, PlayerLeftArea, PositionFrame},
    },
    text::CharacterName,
    time::Millis,
    vector::Vec3,
    world::Faction,
};
use std::cell::Cell;

/// Players are shown as they were this long ago, in milliseconds, unless the game chooses
/// another delay: two ticks of 20 Hz, so that one late frame does not show.
pub const DELAY: u64 = 100;

/// The longest delay that a game may choose, in milliseconds.
pub const LONGEST_DELAY: u64 = 1_000;

/// After reconnecting, a player this close to its expected position, in metres, keeps its
/// track: a walker covers less in a tick, and a snapshot tells no velocities.
const EXPECTED: f64 = 0.5;

/// A player that the game has not looked at for this long, in milliseconds, may leap to where
/// it is: nobody remembers where it was shown. Bots and hidden pages never look.
const FORGOTTEN: u64 = 1_000;

/// The index that stands for "no player" in the table of slots.
const NOBODY: u32 = u32::MAX;

/// What is known of a player besides where it is.
#[derive(Debug, Clone, PartialEq, Serialize, Wire)]
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
    /// When they came.
    pub came: Millis,
    /// When they would have come had nothing held them up; never later than `came`.
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
    /// When they were last looked at.
    looked: Cell<Millis>,
}

#[derive(Debug)]
struct Player {
    who: Who,
    slot: Option<u16>,
    last_seen: Millis,
    track: Track,
}

impl Default for Nearby {
    fn default() -> Self {
        let (players, slots, looked) = (Vec::new(), Vec::new(), Cell::new(Millis(0)));
        Self { location: None, players, slots, version: 0, delay: DELAY, looked }
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

    fn look(&self, news: News) -> Look {
        Look { delay: self.delay, lately: news.came.since(self.looked.get()) < FORGOTTEN }
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
        self.looked.set(now);
        let here = self.location.map(|location_id| {
            self.players.iter().map(move |player| {
                let (position, velocity) = player.track.shown(now, self.delay);
                Seen { who: &player.who, location_id, position, velocity, last_seen: player.last_seen }
            })
        });
        here.into_iter().flatten()
    }

    /// Takes in what a message tells of other players; `own` is the player's own character.
    pub fn apply(&mut self, message: &Told, own: CharacterId, news: News) {
        // Other messages say nothing of players.
        let _ = match message.name() {
            "location_update" => message.read().map(|update| self.enter(&update, own, news)),
            "player_joined_area" => message.read().map(|joined| self.joined(joined, own, news)),
            "player_left_area" => message.read().map(|left| self.left(&left)),
            "move" => message.read().map(|step| self.moved(&step, news)),
            "character_update" => message.read().map(|update| self.told(&update, own, news)),
            _ => None,
        };
    }

    fn joined(&mut self, joined: PlayerJoinedArea, own: CharacterId, news: News) {
        if Some(joined.location_id) != self.location || joined.character_id == own {
            return;
        }
        let who = Who {
            character_id: joined.character_id,
            character_name: joined.character_name,
            faction: joined.faction,
            level: joined.level,
        };
        let mut player = Player::new(who, Some(joined.slot), news);
        player.track.place(joined.position.unwrap_or_default(), Vec3::ZERO, news, self.look(news));
        self.insert(player);
    }

    fn left(&mut self, left: &PlayerLeftArea) {
        // A late farewell from the location that the player has left says nothing about this
        // one.
        if Some(left.location_id) == self.location {
            self.remove(left.character_id);
        }
    }

    fn moved(&mut self, step: &Move, news: News) {
        if step.to_location_id.is_some() && step.to_location_id != self.location {
            self.remove(step.character_id);
        } else if let (look, Some(player)) = (self.look(news), self.get_mut(step.character_id)) {
            player.last_seen = news.came;
            if let Some(position) = step.position {
                player.track.place(position, step.velocity.unwrap_or_default(), news, look);
            }
        }
    }

    /// Takes in a position frame of this moment of the server's clock; `observe` sees every
    /// entry that was taken in. Entries of unknown slots are passed over: the player's own,
    /// and those of players that have just left.
    pub fn frame(&mut self, frame: &PositionFrame, time: Millis, news: News, observe: &mut dyn FnMut(Placed)) {
        if Some(frame.location_id) != self.location {
            return;
        }
        let look = self.look(news);
        for (slot, position, velocity) in frame.positions() {
            let index = self.slots.get(usize::from(slot)).map_or(NOBODY, |index| *index);
            let Some(player) = self.players.get_mut(index as usize) else {
                continue;
            };
            player.last_seen = news.came;
            player.track.place(position, velocity, news, look);
            observe(Placed { character_id: player.who.character_id, slot, position, velocity, time });
        }
    }

    fn enter(&mut self, update: &LocationUpdate, own: CharacterId, news: News) {
        let stays = self.location.replace(update.location_id) == Some(update.location_id);
        // A snapshot of the same location comes when a lost connection is back: players that
        // are still here are shown without a jump.
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
                player.track = std::mem::take(&mut before.track);
            }
            let off = player.track.known(news.due).0.minus(here.position.into()).length();
            if player.track.is_empty() || off > EXPECTED {
                player.track.place(here.position, Vec3::ZERO, news, self.look(news));
            }
            // Sorted by inserting: a sorting algorithm is two kilobytes of the download.
            let at = self.players.partition_point(|other| other.who.character_id < here.character_id);
            self.players.insert(at, player);
        }
        self.changed();
    }

    fn told(&mut self, update: &CharacterUpdate, own: CharacterId, news: News) {
        if update.character_id == own {
            return;
        }
        if update.location_id.is_some() && update.location_id != self.location {
            self.remove(update.character_id);
            return;
        }
        if update.location_id.is_some() && self.find(update.character_id).is_err() {
            let (character_id, character_name) = (update.character_id, update.character_name.clone());
            let who = Who { character_id, character_name, faction: None, level: None };
            self.insert(Player::new(who, None, news));
        }
        let look = self.look(news);
        let Some(player) = self.get_mut(update.character_id) else {
            return;
        };
        player.last_seen = news.came;
        let known = (player.who.faction, player.who.level);
        player.who.faction = update.faction.or(player.who.faction);
        player.who.level = update.level.or(player.who.level);
        let changed = known != (player.who.faction, player.who.level);
        if let Some(position) = update.position {
            let velocity = player.track.last_velocity();
            player.track.place(position, velocity, news, look);
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

    /// Updates the version and the slots' indices, after a player came or left.
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
    fn new(who: Who, slot: Option<u16>, news: News) -> Self {
        Self { who, slot, last_seen: news.came, track: Track::default() }
    }
}

#[cfg(test)]
mod tests;
