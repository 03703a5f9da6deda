//! What ties a player to others: its party, and whom it does not want to hear.

use crate::hub::{
    logic::Hub,
    outbox::{Effect, Outbox, Question},
    sockets::connection::{Connection, ConnectionId, Player},
};
use crate::{
    calls::party::Place,
    service::{Actor, PartyAnswer, PartyRequest},
};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ErrorCode, Refusal,
    ids::{CharacterId, PartyId},
    protocol::{
        ClientMessage, Envelope, RequestId, ServerMessage,
        chat::Mute,
        movement::{PlayerJoinedArea, PlayerLeftArea},
        party::{PartyInvite, PartyUpdate},
    },
};
use std::collections::BTreeSet;

/// Parties that a player has left lately: a late word of them is known for one.
const REMEMBERED_PARTIES: usize = 4;

/// Invitations that are told from repetitions of themselves.
const REMEMBERED_INVITATIONS: usize = 64;

/// What ties a player to others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bonds {
    /// Its party, and the version that it was told of.
    party: Option<(PartyId, u64)>,
    /// Parties that it is in no more, and the versions that it was told of.
    left: Vec<(PartyId, u64)>,
    /// Whom it does not want to hear, by rising id.
    muted: Vec<CharacterId>,
    /// Open questions about its party, whose answers come before other word of it.
    #[serde(skip)]
    asking: u32,
    /// Word that has come meanwhile: the newest.
    #[serde(skip)]
    deferred: Option<Box<PartyUpdate>>,
}

impl Bonds {
    /// The bonds of a character that enters the world.
    #[must_use]
    pub fn new(muted: Vec<CharacterId>) -> Self {
        Self { muted, ..Self::default() }
    }

    /// Its party.
    #[must_use]
    pub fn party(&self) -> Option<PartyId> {
        self.party.map(|(party, _)| party)
    }

    /// Whether it wants to hear somebody.
    #[must_use]
    pub fn hears(&self, character: CharacterId) -> bool {
        self.muted.is_empty() || self.muted.binary_search(&character).is_err()
    }

    fn mute(&mut self, mute: &Mute) {
        match (self.muted.binary_search(&mute.character_id), mute.muted) {
            (Err(at), true) => self.muted.insert(at, mute.character_id),
            (Ok(at), false) => drop(self.muted.remove(at)),
            _ => {}
        }
    }

    /// Takes word of a party. Whether it is news.
    pub(in crate::hub) fn learn(&mut self, me: CharacterId, update: &PartyUpdate) -> bool {
        let (party, version) = (update.party_id, update.party_version);
        let known = self.party.iter().chain(&self.left).find(|(known, _)| *known == party);
        if known.is_some_and(|(_, known)| *known >= version) {
            return false;
        }
        self.left.retain(|(known, _)| *known != party);
        let is_member = update.member_ids.contains(&me);
        if is_member {
            let before = self.party.replace((party, version));
            self.left.extend(before.filter(|(before, _)| *before != party));
        } else {
            if self.party() == Some(party) {
                self.party = None;
            }
            self.left.push((party, version));
        }
        if self.left.len() > REMEMBERED_PARTIES {
            self.left.remove(0);
        }
        true
    }
}

impl Hub {
    /// A message about parties or mutes.
    ///
    /// # Errors
    /// NO_CHARACTER; NOT_AVAILABLE for any other message.
    pub(in crate::hub) fn bond(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        message: ClientMessage,
        out: &mut Outbox,
    ) -> Result<(), Refusal> {
        let player = self.player_mut(id).ok_or(ErrorCode::NoCharacter)?;
        let actor = Actor { owner: player.identity.player, character: player.character };
        if let ClientMessage::PartyInvite(invite) = &message
            && invite.inviter_id.is_some_and(|named| named != actor.character)
        {
            return Err(Refusal::new(ErrorCode::NotYourCharacter).at("inviter_id"));
        }
        let question = match PartyRequest::of(message) {
            Ok(request) => {
                player.bonds.asking += 1;
                Question::Party(actor, request)
            }
            Err(message) => match *message {
                ClientMessage::Mute(mute) => Question::Mute(actor, mute),
                _ => return Err(ErrorCode::NotAvailable.into()),
            },
        };
        let asks = matches!(question, Question::Party(..));
        let queued = self.queue(id, request, question, out);
        if queued.is_err() && asks {
            self.answered_about_party(id, out);
        }
        queued
    }

    /// What came of a request about a party.
    pub(in crate::hub) fn party_answer(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        answer: PartyAnswer,
        out: &mut Outbox,
    ) {
        let message = match answer {
            PartyAnswer::Invite(invite) => ServerMessage::PartyInvite(invite),
            PartyAnswer::Update(update) => {
                self.learn(&[id], &update, out);
                ServerMessage::PartyUpdate(update)
            }
        };
        self.send_reliably(vec![id], request.map(|request| (id, request)), &message, out);
    }

    /// A question about a player's party has been answered, or refused.
    pub(in crate::hub) fn answered_about_party(&mut self, id: ConnectionId, out: &mut Outbox) {
        let Some(player) = self.player_mut(id) else { return };
        player.bonds.asking = player.bonds.asking.saturating_sub(1);
        if player.bonds.asking == 0
            && let Some(update) = player.bonds.deferred.take()
        {
            self.tell_party(vec![id], &update, out);
        }
    }

    /// A party has changed. Those of its receivers who are not here.
    #[must_use]
    pub fn absent(&self, to: &[Place]) -> Vec<Place> {
        to.iter().filter(|(who, visit)| !self.holds(*who, visit.connection)).copied().collect()
    }

    /// A party has changed: those are told who are here.
    pub(in crate::hub) fn party_changed(&mut self, update: &PartyUpdate, to: &[Place], out: &mut Outbox) {
        let mut told = Vec::new();
        for (who, visit) in to {
            let id = ConnectionId(visit.connection);
            if !self.holds(*who, visit.connection) {
                continue;
            }
            let Some(player) = self.player_mut(id) else { continue };
            if player.bonds.asking == 0 {
                told.push(id);
            } else if player
                .bonds
                .deferred
                .as_ref()
                .is_none_or(|older| older.party_id != update.party_id || older.party_version < update.party_version)
            {
                player.bonds.deferred = Some(Box::new(update.clone()));
            }
        }
        self.tell_party(told, update, out);
    }

    /// Tells those of a party to whom it is news.
    pub(in crate::hub) fn tell_party(&mut self, to: Vec<ConnectionId>, update: &PartyUpdate, out: &mut Outbox) {
        let mut told = self.learn(&to, update, out);
        if !told.is_empty() {
            told.sort_unstable();
            self.send_reliably(told, None, &ServerMessage::PartyUpdate(update.clone()), out);
        }
    }

    /// Takes word of a party for these; those to whom it is news. Members list each other
    /// as present wherever they are in a location, and who is out is listed no more.
    fn learn(&mut self, to: &[ConnectionId], update: &PartyUpdate, out: &mut Outbox) -> Vec<ConnectionId> {
        let party = update.party_id;
        let of_party: Vec<ConnectionId> = self
            .connections
            .values()
            .filter(|one| {
                to.contains(&one.id) || one.player().is_some_and(|player| player.bonds.party() == Some(party))
            })
            .map(|one| one.id)
            .collect();
        let before: Vec<_> = of_party.iter().map(|id| self.listed(*id)).collect();
        let mut news = Vec::new();
        for id in to {
            let Some(player) = self.player_mut(*id) else { continue };
            if player.bonds.learn(player.character, update) {
                let (slot, party) = (player.slot, player.bonds.party());
                self.area.joins_party(slot, party);
                out.push(Effect::Attach(*id));
                out.push(Effect::Place(*id));
                news.push(*id);
            }
        }
        for (id, before) in of_party.into_iter().zip(before) {
            let after = self.listed(id);
            for other in after.difference(&before) {
                self.tell_of(id, *other, true, out);
            }
            for other in before.difference(&after) {
                self.tell_of(id, *other, false, out);
            }
        }
        news
    }

    /// Who is listed to somebody as present.
    fn listed(&self, id: ConnectionId) -> BTreeSet<ConnectionId> {
        let slot = self.player(id).map(|player| player.slot);
        slot.into_iter().flat_map(|slot| self.area.listed_to(slot)).map(|walker| walker.connection).collect()
    }

    /// Tells somebody that another is listed now, or is no more.
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

    /// Somebody is invited into a party.
    pub(in crate::hub) fn invited(&mut self, key: u64, invite: PartyInvite, connection: u64, out: &mut Outbox) {
        if !self.holds(invite.invitee_id, connection) || self.invitations.contains(&key) {
            return;
        }
        self.invitations.push_back(key);
        if self.invitations.len() > REMEMBERED_INVITATIONS {
            self.invitations.pop_front();
        }
        self.send_reliably(vec![ConnectionId(connection)], None, &ServerMessage::PartyInvite(invite), out);
    }

    /// A player has muted another, or hears it again.
    pub(in crate::hub) fn muted(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        mute: Mute,
        out: &mut Outbox,
    ) {
        if let Some(player) = self.player_mut(id) {
            player.bonds.mute(&mute);
            out.push(Effect::Attach(id));
            out.push(Effect::Place(id));
        }
        let answers = request.map(|request| (id, request));
        self.send_reliably(vec![id], answers, &ServerMessage::Mute(mute), out);
    }

    pub(in crate::hub) fn player_mut(&mut self, id: ConnectionId) -> Option<&mut Player> {
        self.connections.get_mut(&id).and_then(Connection::player_mut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shardlink_shared::protocol::bounded::List;

    fn update(party: u64, version: u64, members: &[u64]) -> PartyUpdate {
        let id = |n: &u64| CharacterId::new(*n).unwrap();
        PartyUpdate {
            party_id: PartyId::new(party).unwrap(),
            party_name: None,
            leader_id: id(&1),
            member_ids: List::of(members.iter().map(id)),
            member_names: List::default(),
            max_members: 4,
            loot_sharing: Default::default(),
            online: List::default(),
            party_version: version,
        }
    }

    #[test]
    fn word_of_a_party_is_news_once_and_late_word_brings_nothing_back() {
        let me = CharacterId::new(7).unwrap();
        let mut bonds = Bonds::default();
        let mut news = |party, version, members: &[u64]| {
            let is_news = bonds.learn(me, &update(party, version, members));
            (is_news, bonds.party().map(PartyId::get))
        };
        assert_eq!(news(5, 2, &[1, 7]), (true, Some(5)));
        assert_eq!(news(5, 2, &[1, 7]), (false, Some(5)));
        assert_eq!(news(5, 4, &[1]), (true, None));
        assert_eq!(news(5, 3, &[1, 7]), (false, None), "it has been put out since");
        assert_eq!(news(6, 1, &[7]), (true, Some(6)));
        assert_eq!(news(5, 4, &[1]), (false, Some(6)));
        // An invitation into another party is taken back.
        assert_eq!(news(9, 3, &[2]), (true, Some(6)));
    }
}
