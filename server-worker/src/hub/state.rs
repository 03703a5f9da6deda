//! What a hub keeps in memory: the rooms, each of which owns its fields, and what all of them
//! ask of each other.

use super::{
    admission::{Admission, Spent, tickets::Tickets},
    area::{
        Map,
        interest::{Area, Newcomer, stopped},
        listeners::Ticks,
        slots::Slots,
    },
    desk::Desk,
    post::{PRESENCE_INTERVAL, Post},
    rows::Rows,
    settings::Settings,
    sockets::{
        Load,
        connection::{Connection, ConnectionId, Player, Stage},
    },
    stream::{Stream, disbelief, lead::Leads, log::Log, unsent::Unsent},
};
use crate::{calls::world::Population, letters::Letters};
use shardlink_shared::{
    codec::Encoding,
    crypto::token::SessionId,
    ids::CharacterId,
    limits::{PLACE_LIFE, POPULATION_DELAY},
    rules::movement::Motion,
    time::Millis,
};
use std::collections::{BTreeMap, BTreeSet};

/// The memory of a Hub.
#[derive(Debug)]
pub struct Hub {
    /// Its number in the realm.
    pub number: u32,
    pub(super) connections: BTreeMap<ConnectionId, Connection>,
    pub(super) characters: BTreeMap<CharacterId, ConnectionId>,
    pub(super) settings: Settings,
    pub(super) admission: Admission,
    pub(super) load: Load,
    pub(super) map: Map,
    pub(super) stream: Stream,
    pub(super) post: Post,
    pub(super) desk: Desk,
}

impl Hub {
    /// A hub with the connections that its sockets' attachments hold, and the places that have no
    /// socket any more. If the row of such a place does not say until when it is kept, a crash
    /// has taken the socket, and its time begins now.
    #[must_use]
    pub fn restore(
        number: u32,
        settings: Settings,
        connections: impl IntoIterator<Item = Connection>,
        mut rows: Rows,
        now: Millis,
    ) -> Self {
        let mut connections: BTreeMap<_, _> = connections.into_iter().map(|one| (one.id, one)).collect();
        let (mut held, mut crashed) = (BTreeSet::new(), Vec::new());
        for (until, mut place) in rows.places {
            if connections.contains_key(&place.id) {
                continue;
            }
            if until.is_none() {
                crashed.push(place.id);
            }
            place.doubted |= until.is_none();
            let until = until.unwrap_or(now + PLACE_LIFE);
            (place.held, place.behind) = (Some(until), false);
            held.insert((until, place.id));
            connections.insert(place.id, place);
        }
        // A number that somebody knows is not given again, whatever the clock says.
        let (known, disbelieved) = disbelief::sift(&mut rows.log, &mut connections, now);
        let characters: BTreeMap<_, _> =
            connections.values().filter_map(|one| Some((one.player()?.character, one.id))).collect();
        // A hub that wakes does not know when it last reported, so it reports soon.
        let report_at = (!connections.is_empty()).then_some(now + POPULATION_DELAY);
        let authenticated = connections.values().any(|one| one.identity().is_some());
        let unstored = connections.values().filter_map(Connection::player).any(|player| player.unstored);
        let places_due = unstored.then_some(now);
        let tickets = Tickets::restore(rows.tickets, rows.words, rows.process);
        let presence_at = (authenticated || tickets.is_any()).then_some(now + PRESENCE_INTERVAL);
        let slots =
            Slots::restore(connections.values().filter_map(Connection::player).map(|player| player.slot), now);
        let is_pending = |one: &&Connection| matches!(one.stage, Stage::Pending { .. });
        let pending = connections.values().filter(is_pending).map(|one| one.id).collect();
        let mut area = Area::new(settings.area_cap);
        let mut ticks = Ticks::default();
        let walkers = connections.values().filter_map(|one| one.player().map(|player| (one, player)));
        let standing = |(one, player): (&Connection, &Player)| {
            let Motion { position, velocity, .. } = player.motion;
            (player.slot, Newcomer { position: stopped(one.encoding, position, velocity), ..newcomer(one, player) })
        };
        area.restore(walkers.clone().map(standing), now);
        for (_, player) in walkers.filter(|(one, _)| one.encoding == Encoding::Json && one.hears()) {
            ticks.listen(player.slot, area.tick(), false);
        }
        let log = Log::restore(rows.log, known);
        Self {
            number,
            connections,
            characters,
            settings,
            admission: Admission {
                pending,
                held,
                tickets,
                stopping: None,
                crashed,
                succeeded: None,
                spent: Spent::default(),
            },
            load: Load::default(),
            map: Map { area, ticks, slots, places_due },
            stream: Stream { log, unsent: Unsent::default(), leads: Leads::default(), disbelieved },
            post: Post { letters: Letters::restore(rows.letters), report_at, presence_at },
            desk: Desk::default(),
        }
    }

    /// Whether a character is in the world on this connection.
    #[must_use]
    pub fn holds(&self, character: CharacterId, connection: u64) -> bool {
        self.characters.get(&character) == Some(&ConnectionId(connection))
    }

    /// How many are here.
    #[must_use]
    pub fn population(&self) -> Population {
        Population {
            players: self.characters.len() as u32,
            sockets: (self.connections.len() - self.admission.held.len()) as u32,
        }
    }

    pub(super) fn player_mut(&mut self, id: ConnectionId) -> Option<&mut Player> {
        self.connections.get_mut(&id).and_then(Connection::player_mut)
    }

    /// A connection, for the shell that writes its attachment.
    #[must_use]
    pub fn connection(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections.get(&id)
    }

    pub(super) fn of_session(&self, session: SessionId) -> Vec<ConnectionId> {
        let of_session = |one: &&Connection| one.identity().is_some_and(|identity| identity.session == session);
        self.connections.values().filter(of_session).map(|one| one.id).collect()
    }

    pub(in crate::hub) fn player(&self, id: ConnectionId) -> Option<&Player> {
        self.connections.get(&id).and_then(Connection::player)
    }
}

/// A player as a newcomer to the place where it stands.
pub(super) fn newcomer(connection: &Connection, player: &Player) -> Newcomer {
    Newcomer {
        connection: connection.id,
        encoding: connection.encoding,
        hears: connection.hears(),
        character: player.character,
        faction: player.faction,
        group: player.facts.group(),
        location: player.motion.location,
        position: player.motion.position,
        cell: player.cell,
    }
}
