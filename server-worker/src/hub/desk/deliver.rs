//! What objects tell players: who is told, once and in the sender's order, and what that changes
//! of what the hub keeps of them.

use crate::{
    calls::{
        character::Place,
        hub::{Audience, Delivery, Key, Origin, Telling},
    },
    hub::{
        outbox::{Effect, Outbox},
        sockets::connection::{Connection, ConnectionId, Player},
        state::Hub,
    },
    systems::{Change, GroupId},
};
use shardlink_shared::{
    ids::CharacterId,
    protocol::{
        Envelope, RequestId, ServerMessage,
        movement::{PlayerJoinedArea, PlayerLeftArea},
    },
};
use std::collections::BTreeSet;

impl Hub {
    /// Those of these places whose characters are not here.
    #[must_use]
    pub fn absent(&self, to: &[Place]) -> Vec<Place> {
        to.iter().filter(|(who, visit)| !self.holds(*who, visit.connection)).copied().collect()
    }

    /// Passes on to players what objects have to say.
    pub(in crate::hub) fn deliver_all(&mut self, deliveries: Vec<Delivery>, out: &mut Outbox) {
        for delivery in deliveries {
            if self.desk.told.is_new(delivery.key) {
                if delivery.telling == Telling::Latest {
                    self.desk.latest.keep(delivery.message);
                    continue;
                }
                self.desk.locals.heard(&delivery, out.now);
                self.tell_all(delivery, out);
            }
        }
    }

    fn tell_all(&mut self, delivery: Delivery, out: &mut Outbox) {
        let mut audience = self.audience(&delivery);
        if let Some(change) = &delivery.change {
            // The answer to a request comes before other word of the same thing.
            let (later, now): (Vec<_>, Vec<_>) =
                audience.into_iter().partition(|id| self.is_open(*id, change.system()));
            for id in later {
                self.defer(id, &delivery);
            }
            audience = self.learn(&now, change, out);
        }
        let asker = delivery.answers.and_then(|origin| self.asker_of(&origin, delivery.from));
        let mut answers = None;
        if let Some((id, request)) = asker {
            self.desk.lanes.is_answered(id, request.as_ref());
            audience.push(id);
            answers = request.map(|request| (id, request));
        }
        audience.sort_unstable();
        audience.dedup();
        if audience.is_empty() {
            return;
        }
        if delivery.telling == Telling::Reliably {
            return self.send_reliably(audience, answers, &delivery.message, out);
        }
        if let Some((id, request)) = answers {
            audience.retain(|one| *one != id);
            if let Some(connection) = self.connections.get(&id) {
                out.send(id, connection.encoding, &Envelope::answering(Some(request), out.now), &delivery.message);
            }
        }
        let is_told = |one: &Connection| one.hears() && one.reads(&delivery.message);
        audience.retain(|id| self.connections.get(id).is_some_and(is_told));
        if !audience.is_empty() {
            self.send_once(audience, &delivery.message, out);
        }
    }

    /// The connections that are told, without those whose players do not want to hear the sender.
    fn audience(&self, delivery: &Delivery) -> Vec<ConnectionId> {
        let hears = |player: &Player| delivery.from.is_none_or(|sender| player.facts.hears(sender));
        let among = |meant: &dyn Fn(&Player) -> bool| {
            let is_told = |one: &&Connection| one.player().is_some_and(|player| meant(player) && hears(player));
            self.connections.values().filter(is_told).map(|one| one.id).collect()
        };
        match &delivery.to {
            Audience::Everybody => among(&|_| true),
            Audience::Faction(faction) => among(&|player| player.faction == *faction),
            Audience::Places(places) => {
                let here = places.iter().filter_map(|(who, visit)| {
                    let id = ConnectionId(visit.connection);
                    self.player(id).filter(|player| player.character == *who && hears(player)).map(|_| id)
                });
                here.collect()
            }
            Audience::WhoSees(character) => {
                let slot = self.characters.get(character).and_then(|id| self.player(*id)).map(|player| player.slot);
                let eyes = slot.into_iter().flat_map(|slot| self.map.area.seen_by(slot));
                let ids = eyes.filter_map(|slot| self.map.area.walker(slot)).map(|walker| walker.connection);
                ids.filter(|id| self.player(*id).is_some_and(hears)).collect()
            }
        }
    }

    /// The connection whose request a delivery answers, if it is here.
    fn asker_of(&self, origin: &Origin, from: Option<CharacterId>) -> Option<(ConnectionId, Option<RequestId>)> {
        let id = ConnectionId(origin.connection);
        let is_here = origin.hub == self.number
            && self.player(id).is_some_and(|player| from.is_none_or(|from| from == player.character));
        is_here.then(|| (id, origin.request()))
    }

    fn is_open(&self, id: ConnectionId, system: u8) -> bool {
        self.connections.get(&id).is_some_and(|one| one.turns.is_open(system))
    }

    /// Keeps a delivery for a connection until what that has asked is answered.
    fn defer(&mut self, id: ConnectionId, delivery: &Delivery) {
        let Some(who) = self.player(id).map(|player| player.character) else { return };
        let to = Audience::Places(vec![(who, id.visit(self.number))]);
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.turns.defer(Delivery { key: Key::Unkeyed, to, answers: None, ..delivery.clone() });
        }
    }

    /// Takes word of a change for these, and returns those to whom it is news. Members of a group
    /// list each other as present wherever they are in a location; somebody who is out of the
    /// group is no longer listed for it.
    pub(in crate::hub) fn learn(
        &mut self,
        to: &[ConnectionId],
        change: &Change,
        out: &mut Outbox,
    ) -> Vec<ConnectionId> {
        let mut news = Vec::new();
        let mut groups: BTreeSet<GroupId> = BTreeSet::new();
        for id in to {
            let Some(player) = self.player(*id) else { continue };
            let mut facts = player.facts.clone();
            if facts.take(player.character, change) {
                if facts.group() != player.facts.group() {
                    groups.extend(facts.group().into_iter().chain(player.facts.group()));
                }
                news.push((*id, facts));
            }
        }
        let affected: Vec<ConnectionId> = if groups.is_empty() {
            Vec::new()
        } else {
            let is_of = |player: &Player| player.facts.group().is_some_and(|group| groups.contains(&group));
            let comes = |id: ConnectionId| news.iter().any(|(one, _)| *one == id);
            let connections = self.connections.values();
            connections.filter(|one| comes(one.id) || one.player().is_some_and(is_of)).map(|one| one.id).collect()
        };
        let before: Vec<_> = affected.iter().map(|id| self.listed(*id)).collect();
        let mut told = Vec::with_capacity(news.len());
        for (id, facts) in news {
            let Some(player) = self.player_mut(id) else { continue };
            let (slot, group) = (player.slot, facts.group());
            player.facts = facts;
            self.map.area.joins_group(slot, group);
            out.push(Effect::Attach(id));
            out.push(Effect::Place(id));
            told.push(id);
        }
        for (id, before) in affected.into_iter().zip(before) {
            let after = self.listed(id);
            for other in after.difference(&before) {
                self.tell_of(id, *other, true, out);
            }
            for other in before.difference(&after) {
                self.tell_of(id, *other, false, out);
            }
        }
        told
    }

    /// Who is listed to somebody as present.
    fn listed(&self, id: ConnectionId) -> BTreeSet<ConnectionId> {
        let slot = self.player(id).map(|player| player.slot);
        slot.into_iter().flat_map(|slot| self.map.area.listed_to(slot)).map(|walker| walker.connection).collect()
    }

    /// Tells somebody that another is listed now, or no longer is.
    fn tell_of(&self, id: ConnectionId, other: ConnectionId, listed: bool, out: &mut Outbox) {
        let Some(connection) = self.connections.get(&id).filter(|one| one.hears()) else { return };
        let Some(player) = self.player(other) else { return };
        let location_id = player.motion.location;
        let message = if listed {
            ServerMessage::PlayerJoinedArea(PlayerJoinedArea {
                character_id: player.character,
                character_name: player.name.clone(),
                location_id,
                position: Some(player.motion.position),
                faction: Some(player.faction),
                level: Some(player.level),
                slot: player.slot,
            })
        } else {
            ServerMessage::PlayerLeftArea(PlayerLeftArea { character_id: player.character, location_id })
        };
        out.send(id, connection.encoding, &Envelope::at(out.now), &message);
    }
}
