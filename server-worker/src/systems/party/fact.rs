//! What a hub keeps of a player for parties: which it is in, and what it has been told of it.

use crate::systems::{Fact, GroupId};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ids::{CharacterId, PartyId},
    protocol::party::PartyUpdate,
};

/// How many parties that a player has left are remembered, so that late word of them is known to
/// be late.
const REMEMBERED_PARTIES: usize = 4;

/// A player's party.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Its party, and the version that it was told of.
    party: Option<(PartyId, u64)>,
    /// Parties that it is no longer in, and the versions that it was told of.
    left: Vec<(PartyId, u64)>,
}

/// Word of a party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    party: PartyId,
    version: u64,
    members: Vec<CharacterId>,
}

impl From<&PartyUpdate> for Change {
    fn from(update: &PartyUpdate) -> Self {
        let members = update.member_ids.iter().copied().collect();
        Self { party: update.party_id, version: update.party_version, members }
    }
}

impl Membership {
    /// What was kept before systems kept facts of their own.
    #[must_use]
    pub const fn of(party: Option<(PartyId, u64)>, left: Vec<(PartyId, u64)>) -> Self {
        Self { party, left }
    }

    /// The party.
    #[must_use]
    pub fn party(&self) -> Option<PartyId> {
        self.party.map(|(party, _)| party)
    }
}

impl Fact for Membership {
    type Change = Change;

    fn take(&mut self, me: CharacterId, change: &Change) -> bool {
        let Change { party, version, ref members } = *change;
        let known = self.party.iter().chain(&self.left).find(|(known, _)| *known == party);
        if known.is_some_and(|(_, known)| *known >= version) {
            return false;
        }
        self.left.retain(|(known, _)| *known != party);
        if members.contains(&me) {
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

    fn group(&self) -> Option<GroupId> {
        self.party().map(|party| GroupId(party.get()))
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
        let mut membership = Membership::default();
        let mut news = |party, version, members: &[u64]| {
            let is_news = membership.take(me, &Change::from(&update(party, version, members)));
            (is_news, membership.party().map(PartyId::get))
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
