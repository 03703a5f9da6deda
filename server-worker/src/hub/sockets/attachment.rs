//! What a socket keeps while its hub sleeps, and the row of a place over a crash: a connection,
//! in some 100 bytes.

use super::connection::{Allowance, Connection, ConnectionId, Identity, Player, Stage, Turns};
use crate::{
    hub::area::evidence::Conduct,
    systems::{self, Facts},
};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    codec::Encoding,
    crypto::token::{ResumeToken, SessionId},
    ids::{CharacterId, LocationId, PartyId, PlayerId},
    limits::{ABUSE_WINDOW, HEARTBEAT_RATE, MOVE_RATE, OTHER_RATE, Rate},
    rules::{interest::Cell, movement::Motion},
    text::CharacterName,
    time::Millis,
    vector::Vec3,
    world::Faction,
};

/// The attachment's revision, its first field. An attachment of an unknown revision is not read,
/// and its socket is closed with a code that means reconnect.
const REVISION: u8 = 6;

/// Earlier revisions, which are still read so that a deployment ends no socket: one without
/// facts, and one without anything of [`Added`].
const WITHOUT_FACTS: u8 = 5;
const WITHOUT_ADDED: u8 = 4;

/// The runtime lets an object sleep after 10 s without events, here in milliseconds. For at least
/// this long every character has stood still and earned distance.
const SHORTEST_SLEEP: u64 = 10_000;

/// A connection's allowance is full again after a sleep, and need not be kept.
const _: () = {
    const fn refilled(rate: Rate) -> bool {
        rate.burst / rate.per_second * 1000.0 <= SHORTEST_SLEEP as f64
    }
    assert!(refilled(MOVE_RATE) && refilled(OTHER_RATE) && refilled(HEARTBEAT_RATE));
    let mut index = 0;
    while index < systems::RATES.len() {
        #[allow(clippy::indexing_slicing)] // The compiler does this.
        {
            assert!(refilled(systems::RATES[index]));
        }
        index += 1;
    }
    assert!(ABUSE_WINDOW <= SHORTEST_SLEEP);
};

#[derive(Serialize, Deserialize)]
struct Stored {
    revision: u8,
    id: u64,
    binary: bool,
    address: String,
    behind: bool,
    returning: Option<ResumeToken>,
    since: u64,
    acked: Option<u64>,
    forgotten: u64,
    silenced: Option<Millis>,
    stage: StoredStage,
}

/// What was added behind [`Stored`] later.
#[derive(Serialize, Deserialize, Default)]
struct Added {
    first_generation: bool,
    /// What systems keep.
    facts: Vec<systems::Stored>,
}

/// [`Added`], as it was without facts.
#[derive(Deserialize)]
struct AddedBefore {
    first_generation: bool,
}

/// What was kept before there were facts: the player's party, and whom it did not want to hear.
/// It is written empty now.
#[derive(Serialize, Deserialize, Default)]
struct Bonds {
    party: Option<(PartyId, u64)>,
    left: Vec<(PartyId, u64)>,
    muted: Vec<CharacterId>,
}

#[derive(Serialize, Deserialize)]
enum StoredStage {
    Pending { until: Millis, failed: u8 },
    Authenticated { session: SessionId, player: PlayerId },
    Playing(StoredPlayer),
}

#[derive(Serialize, Deserialize)]
struct StoredPlayer {
    session: SessionId,
    player: PlayerId,
    character: CharacterId,
    name: CharacterName,
    faction: Faction,
    level: u32,
    speed: f64,
    location: LocationId,
    position: Vec3,
    velocity: Vec3,
    cell: Cell,
    slot: u16,
    step: Option<u32>,
    unstored: bool,
    bonds: Bonds,
}

/// The attachment of a connection.
#[must_use]
pub fn write(connection: &Connection) -> Vec<u8> {
    let stage = match &connection.stage {
        Stage::Pending { until, failed } => StoredStage::Pending { until: *until, failed: *failed },
        Stage::Authenticated(identity) => {
            StoredStage::Authenticated { session: identity.session, player: identity.player }
        }
        Stage::Playing(player) => StoredStage::Playing(StoredPlayer {
            session: player.identity.session,
            player: player.identity.player,
            character: player.character,
            name: player.name.clone(),
            faction: player.faction,
            level: player.level,
            speed: player.speed,
            location: player.motion.location,
            position: player.motion.position,
            velocity: player.motion.velocity,
            cell: player.cell,
            slot: player.slot,
            step: player.step,
            unstored: player.unstored,
            bonds: Bonds::default(),
        }),
    };
    let stored = Stored {
        revision: REVISION,
        id: connection.id.0,
        binary: connection.encoding == Encoding::Binary,
        address: connection.address.clone(),
        behind: connection.behind,
        returning: connection.returning.clone(),
        since: connection.since,
        acked: connection.acked,
        forgotten: connection.forgotten,
        silenced: connection.silenced,
        stage,
    };
    let facts = connection.player().map(|player| player.facts.write()).unwrap_or_default();
    let added = Added { first_generation: connection.first_generation, facts };
    // These types always serialize.
    postcard::to_extend(&(stored, added), Vec::new()).unwrap_or_default()
}

/// The connection of an attachment; `None` for another revision's.
#[must_use]
pub fn read(bytes: &[u8], now: Millis) -> Option<Connection> {
    let (stored, rest) = postcard::take_from_bytes::<Stored>(bytes).ok()?;
    let added = match stored.revision {
        REVISION => postcard::from_bytes(rest).ok()?,
        WITHOUT_FACTS => {
            let AddedBefore { first_generation } = postcard::from_bytes(rest).ok()?;
            Added { first_generation, ..Added::default() }
        }
        WITHOUT_ADDED => Added::default(),
        _ => return None,
    };
    let stage = match stored.stage {
        StoredStage::Pending { until, failed } => Stage::Pending { until, failed },
        StoredStage::Authenticated { session, player } => Stage::Authenticated(Identity { session, player }),
        StoredStage::Playing(player) => Stage::Playing(Box::new(Player {
            motion: motion(&player, now - SHORTEST_SLEEP),
            identity: Identity { session: player.session, player: player.player },
            character: player.character,
            name: player.name,
            faction: player.faction,
            level: player.level,
            speed: player.speed,
            cell: player.cell,
            slot: player.slot,
            step: player.step,
            conduct: Conduct::default(),
            attached: now,
            unsaved: false,
            unstored: player.unstored,
            facts: match stored.revision {
                REVISION => Facts::read(&added.facts),
                _ => Facts::before(player.bonds.party, player.bonds.left, player.bonds.muted),
            },
        })),
    };
    Some(Connection {
        id: ConnectionId(stored.id),
        encoding: if stored.binary { Encoding::Binary } else { Encoding::Json },
        first_generation: added.first_generation,
        address: stored.address,
        stage,
        waiting: None,
        turns: Turns::default(),
        silenced: stored.silenced,
        allowance: Allowance::full(now),
        held: None,
        returning: stored.returning,
        since: stored.since,
        acked: stored.acked,
        forgotten: stored.forgotten,
        moves: 0,
        behind: stored.behind,
        doubted: false,
    })
}

fn motion(player: &StoredPlayer, since: Millis) -> Motion {
    let mut motion = Motion::standing(player.location, player.position, since);
    motion.velocity = player.velocity;
    motion
}
