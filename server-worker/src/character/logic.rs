//! What a character is and where.

use crate::{
    calls::{
        account::Settlement,
        character::{
            CharacterCall, Confirm, Create, Delete, Enter, Get, GetInventory, Leave, Travel, Visit, Whereabouts,
        },
    },
    effect::{Context, Logic, Reply, reply},
};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ErrorCode, Refusal,
    ids::{LocationId, PlayerId},
    items::{Stack, find_item, starting_goods},
    limits::CLAIM_SETTLES_AFTER,
    protocol::{
        bounded::{List, Text},
        trade::{HeldItem, Inventory},
    },
    sheet::Sheet,
    time::Millis,
};

/// A character that exists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Whose it is.
    pub owner: PlayerId,
    /// Its sheet.
    pub sheet: Sheet,
    /// What it holds, by rising item.
    #[serde(default)]
    pub items: Vec<Stack>,
    /// When the account is asked whether it lists the character: a making that
    /// was cut short leaves one that nobody does. `None` once it is known to.
    #[serde(default)]
    pub settles_at: Option<Millis>,
}

/// A row that changes.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// The character and its sheet, or that it is no more.
    Record(Option<Record>),
    /// Which stay in the world it is on.
    Presence(Option<Visit>),
}

/// The memory of a Character.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Character {
    record: Option<Record>,
    presence: Option<Visit>,
}

type Change<'a, 'b> = &'a mut Context<'b, Write>;

impl Character {
    /// The memory that these rows hold.
    #[must_use]
    pub const fn restore(record: Option<Record>, presence: Option<Visit>) -> Self {
        Self { record, presence }
    }

    fn owned_by(&self, owner: PlayerId) -> Result<&Record, Refusal> {
        self.record.as_ref().filter(|record| record.owner == owner).ok_or(ErrorCode::NotYourCharacter.into())
    }

    fn create(&mut self, context: Change<'_, '_>, call: Create) -> Result<(), Refusal> {
        if self.record.is_none() {
            let items = starting_goods(call.sheet.class);
            let settles_at = Some(context.now + CLAIM_SETTLES_AFTER);
            self.record = Some(Record { owner: call.owner, sheet: call.sheet, items, settles_at });
            context.writes.push(Write::Record(self.record.clone()));
        }
        Ok(())
    }

    fn inventory(&self, call: &GetInventory) -> Result<Inventory, Refusal> {
        let record = self.owned_by(call.owner)?;
        let held = |stack: &Stack| {
            let item = find_item(stack.item)?;
            Some(HeldItem {
                item_id: item.id,
                name: Text::cut(item.name),
                item_type: Text::cut(item.kind.name()),
                quantity: stack.quantity,
                equipped: stack.equipped,
            })
        };
        Ok(Inventory { items: List::of(record.items.iter().filter_map(held)), souls: record.sheet.progression.souls })
    }

    /// The record whose account is to be asked now whether it lists it.
    #[must_use]
    pub fn unsettled(&self, now: Millis) -> Option<&Record> {
        self.record.as_ref().filter(|record| record.settles_at.is_some_and(|due| due <= now))
    }

    /// What the account said of a character that was made.
    pub fn settle(&mut self, context: Change<'_, '_>, settlement: Settlement) {
        let Some(record) = self.record.as_mut().filter(|record| record.settles_at.is_some()) else { return };
        match settlement {
            Settlement::Keep => record.settles_at = None,
            Settlement::Wait => record.settles_at = Some(context.now + CLAIM_SETTLES_AFTER),
            Settlement::Release => return self.vanish(context),
        }
        context.writes.push(Write::Record(self.record.clone()));
    }

    fn vanish(&mut self, context: Change<'_, '_>) {
        *self = Self::default();
        context.writes.extend([Write::Record(None), Write::Presence(None)]);
    }

    fn enter(&mut self, context: Change<'_, '_>, call: &Enter) -> Result<Sheet, Refusal> {
        let sheet = self.owned_by(call.owner)?.sheet.clone();
        self.presence = Some(call.visit);
        context.writes.push(Write::Presence(self.presence));
        Ok(sheet)
    }

    fn whereabouts(&self, call: &Whereabouts) -> Result<Option<Visit>, Refusal> {
        self.owned_by(call.owner)?;
        Ok(self.presence)
    }

    fn travel(&mut self, context: Change<'_, '_>, call: &Travel) {
        // A word from a visit that a newer one replaced changes nothing.
        if self.presence == Some(call.visit) {
            self.at(context, call.location);
        }
    }

    fn leave(&mut self, context: Change<'_, '_>, call: &Leave) {
        if self.presence == Some(call.visit) {
            self.presence = None;
            context.writes.push(Write::Presence(None));
            self.at(context, call.location);
        }
    }

    fn at(&mut self, context: Change<'_, '_>, location: LocationId) {
        if let Some(record) = self.record.as_mut().filter(|record| record.sheet.location_id != location) {
            record.sheet.location_id = location;
            record.sheet.updated_at = context.now;
            context.writes.push(Write::Record(self.record.clone()));
        }
    }

    fn delete(&mut self, context: Change<'_, '_>, call: &Delete) -> Result<(), Refusal> {
        if self.record.is_none() {
            // A repeated call.
            return Ok(());
        }
        self.owned_by(call.owner)?;
        if !call.even_online && self.presence.is_some() {
            return Err(ErrorCode::CharacterOnline.into());
        }
        self.vanish(context);
        Ok(())
    }
}

impl Logic for Character {
    type Call = CharacterCall;
    type Write = Write;

    fn dispatch(&mut self, context: &mut Context<'_, Write>, call: CharacterCall) -> Reply {
        match call {
            CharacterCall::Create(call) => reply::<Create>(self.create(context, call)),
            CharacterCall::Confirm(call) => {
                let owned = self.owned_by(call.owner).map(drop);
                if owned.is_ok() {
                    self.settle(context, Settlement::Keep);
                }
                reply::<Confirm>(owned)
            }
            CharacterCall::Get(call) => reply::<Get>(self.owned_by(call.owner).map(|record| record.sheet.clone())),
            CharacterCall::GetInventory(call) => reply::<GetInventory>(self.inventory(&call)),
            CharacterCall::Enter(call) => reply::<Enter>(self.enter(context, &call)),
            CharacterCall::Whereabouts(call) => reply::<Whereabouts>(self.whereabouts(&call)),
            CharacterCall::Travel(call) => {
                self.travel(context, &call);
                reply::<Travel>(Ok(()))
            }
            CharacterCall::Leave(call) => {
                self.leave(context, &call);
                reply::<Leave>(Ok(()))
            }
            CharacterCall::Delete(call) => reply::<Delete>(self.delete(context, &call)),
        }
    }

    fn next_deadline(&self) -> Option<Millis> {
        self.record.as_ref()?.settles_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shardlink_shared::{
        entropy::Seeded,
        ids::CharacterId,
        rules::character::roll_stats,
        text::CharacterName,
        world::{Class, Faction, NEXUS, Race},
    };

    fn owner() -> PlayerId {
        PlayerId::new(1 << 40).unwrap()
    }

    fn visit(connection: u64) -> Visit {
        Visit { hub: 0, connection }
    }

    fn created() -> Character {
        let stats = roll_stats(Race::Elf, Class::Rogue, &mut Seeded::new(1));
        let id = CharacterId::new(1 << 41).unwrap();
        let name = CharacterName::parse("Aria").unwrap();
        let sheet = Sheet::new(id, name, Race::Elf, Class::Rogue, Faction::Shadowborn, stats, Millis(0));
        let mut character = Character::default();
        at(0, |context| character.create(context, Create { owner: owner(), sheet })).0.unwrap();
        character
    }

    fn at<T>(now: u64, decide: impl FnOnce(Change<'_, '_>) -> T) -> (T, Vec<Write>) {
        let mut entropy = Seeded::new(now);
        let mut context = Context::new(Millis(now), &mut entropy);
        let decided = decide(&mut context);
        (decided, context.writes)
    }

    #[test]
    fn a_character_is_read_and_entered_by_its_owner_alone() {
        let mut character = created();
        let stranger = PlayerId::new(5).unwrap();
        assert!(character.owned_by(owner()).is_ok());
        assert_eq!(character.owned_by(stranger).unwrap_err().code, ErrorCode::NotYourCharacter);
        let (refused, writes) = at(1, |c| character.enter(c, &Enter { owner: stranger, visit: visit(1) }));
        assert_eq!((refused.unwrap_err().code, writes.len()), (ErrorCode::NotYourCharacter, 0));
    }

    #[test]
    fn the_newest_visit_wins_and_an_older_ones_word_changes_nothing() {
        let mut character = created();
        at(1, |c| character.enter(c, &Enter { owner: owner(), visit: visit(1) })).0.unwrap();
        at(2, |c| character.enter(c, &Enter { owner: owner(), visit: visit(2) })).0.unwrap();
        let elsewhere = LocationId::new(5).unwrap();
        let ((), writes) = at(3, |c| character.leave(c, &Leave { visit: visit(1), location: elsewhere }));
        assert_eq!(writes, []);
        let ((), writes) = at(4, |c| character.leave(c, &Leave { visit: visit(2), location: elsewhere }));
        assert_eq!(writes.len(), 2);
        assert_eq!(character.owned_by(owner()).unwrap().sheet.location_id, elsewhere);
    }

    #[test]
    fn it_starts_with_three_potions_and_the_weapon_of_its_class() {
        let character = created();
        let inventory = character.inventory(&GetInventory { owner: owner() }).unwrap();
        let held: Vec<_> = inventory.items.iter().map(|item| (item.name.as_str(), item.quantity)).collect();
        assert_eq!(held, [("Healing Potion", 3), ("Twin Daggers", 1)]);
        assert_eq!(inventory.souls, 0);
        let stranger = GetInventory { owner: PlayerId::new(5).unwrap() };
        assert_eq!(character.inventory(&stranger).unwrap_err().code, ErrorCode::NotYourCharacter);
    }

    #[test]
    fn one_that_its_account_does_not_list_vanishes_and_one_that_it_lists_stays() {
        let due = Millis(CLAIM_SETTLES_AFTER);
        let mut character = created();
        assert_eq!((character.next_deadline(), character.unsettled(due - 1).is_some()), (Some(due), false));
        at(due.0, |c| character.settle(c, Settlement::Wait));
        assert_eq!(character.next_deadline(), Some(due + CLAIM_SETTLES_AFTER));
        at(2 * due.0, |c| character.settle(c, Settlement::Keep));
        assert_eq!(character.next_deadline(), None);
        at(3 * due.0, |c| character.settle(c, Settlement::Release));
        assert!(character.owned_by(owner()).is_ok());
        let mut orphan = created();
        at(due.0, |c| orphan.settle(c, Settlement::Release));
        assert_eq!(orphan, Character::default());
    }

    #[test]
    fn it_goes_with_its_account_even_while_online() {
        let mut character = created();
        at(1, |c| character.enter(c, &Enter { owner: owner(), visit: visit(1) })).0.unwrap();
        at(2, |c| character.delete(c, &Delete { owner: owner(), even_online: true })).0.unwrap();
        assert_eq!(character, Character::default());
    }

    #[test]
    fn it_cannot_be_deleted_while_online() {
        let mut character = created();
        at(1, |c| character.enter(c, &Enter { owner: owner(), visit: visit(1) })).0.unwrap();
        let delete = Delete { owner: owner(), even_online: false };
        let (refused, writes) = at(149_999, |c| character.delete(c, &delete));
        assert_eq!((refused.unwrap_err().code, writes.len()), (ErrorCode::CharacterOnline, 0));
        assert_eq!(character.whereabouts(&Whereabouts { owner: owner() }), Ok(Some(visit(1))));
        at(150_000, |c| character.leave(c, &Leave { visit: visit(1), location: NEXUS }));
        assert!(at(150_001, |c| character.delete(c, &delete)).0.is_ok());
        // Repeated calls are no errors.
        assert!(at(150_002, |c| character.delete(c, &delete)).0.is_ok());
        assert_eq!(character, Character::default());
    }
}
