//! The memory of a character, and the answers to its calls; `social.rs` has its party,
//! invitations and mutes.

use super::{
    record::Record,
    social::{Letter, Past, Social},
};
use crate::{
    calls::{
        account::Settlement,
        character::{
            BeginInvite, CharacterCall, Claim, Confirm, Create, Delete, Doubt, Enter, Entered, Find, Get,
            GetInventory, GetParties, Invite, Leave, Mute, Release, Seated, Travel, Uninvite, Visit, Whereabouts,
        },
    },
    effect::{Context, Logic, Reply, reply},
    letters::{self, Letters},
};
use shardlink_shared::{
    ErrorCode, Refusal,
    ids::{CharacterId, LocationId, PlayerId},
    items::{Stack, find_item},
    limits::CLAIM_SETTLES_AFTER,
    protocol::{
        bounded::{List, Text},
        trade::{HeldItem, Inventory},
    },
    text::CharacterName,
    time::Millis,
};

/// A character that was made, of which it is not known yet whether its account lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Whose it is.
    pub owner: PlayerId,
    /// Its id.
    pub id: CharacterId,
    /// Its name.
    pub name: CharacterName,
}

/// A row that changes.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// The character's record; `None` if it was deleted.
    Record(Option<Record>),
    /// Its stay in the world; `None` if it is offline.
    Presence(Option<Visit>),
    /// Its party, its invitations, its mutes.
    Social(Social),
    /// A letter is written.
    Post(u64, letters::Letter<Letter>),
    /// A letter is done with.
    Done(u64),
}

/// The memory of a Character.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Character {
    pub(super) record: Option<Record>,
    pub(super) presence: Option<Visit>,
    /// The number of the last change of its presence. It rises over a sleep too, because it is
    /// at least the time.
    pub(super) moved: u64,
    /// The visits that ended last: a repeated call that begins one of them is ignored.
    pub(super) ended: Past<Visit>,
    /// The seats that it gave back last: a repeated call that claims one of them is refused.
    pub(super) released: Past<u64>,
    pub(super) social: Social,
    pub(super) letters: Letters<Letter>,
}

pub(super) type Change<'a, 'b> = &'a mut Context<'b, Write>;

impl Character {
    /// The memory of a character with these rows.
    #[must_use]
    pub const fn restore(
        record: Option<Record>,
        presence: Option<Visit>,
        social: Social,
        letters: Letters<Letter>,
    ) -> Self {
        Self { record, presence, moved: 0, ended: Past::new(), released: Past::new(), social, letters }
    }

    pub(super) fn owned_by(&self, owner: PlayerId) -> Result<&Record, Refusal> {
        self.record.as_ref().filter(|record| record.owner == owner).ok_or(ErrorCode::NotYourCharacter.into())
    }

    fn create(&mut self, context: Change<'_, '_>, call: Create) -> Result<(), Refusal> {
        if self.record.is_none() {
            self.record = Some(Record::new(call.owner, call.sheet, context.now));
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

    /// The question for its account that is due now: whether the account lists it.
    #[must_use]
    pub fn unsettled(&self, now: Millis) -> Option<Made> {
        let record = self.record.as_ref().filter(|record| record.settles_at.is_some_and(|due| due <= now))?;
        Some(Made { owner: record.owner, id: record.sheet.id, name: record.sheet.name.clone() })
    }

    /// Applies what the account said of a character that was made.
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
        self.resign(context);
        // Letters that others have not answered outlive the character.
        *self = Self { letters: std::mem::take(&mut self.letters), ..Self::default() };
        context.writes.extend([Write::Record(None), Write::Presence(None), Write::Social(Social::default())]);
    }

    fn enter(&mut self, context: Change<'_, '_>, call: &Enter) -> Result<Entered, Refusal> {
        let sheet = self.owned_by(call.owner)?.told();
        if self.presence != Some(call.visit) && !self.ended.contains(&call.visit) {
            self.appear(context, call.visit);
        }
        let (party, muted) = (self.social.party(), self.social.muted.clone());
        Ok(Entered { sheet, party, muted, invited: self.social.invitations(context.now) })
    }

    fn whereabouts(&self, call: &Whereabouts) -> Result<Option<Visit>, Refusal> {
        self.owned_by(call.owner)?;
        Ok(self.presence)
    }

    fn travel(&mut self, context: Change<'_, '_>, call: &Travel) {
        // A call of a visit that a newer one has replaced changes nothing.
        if self.presence == Some(call.visit) {
            self.at(context, call.location);
        }
    }

    fn leave(&mut self, context: Change<'_, '_>, call: &Leave) {
        if self.presence == Some(call.visit) {
            self.disappear(context);
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
        if !call.even_online && self.social.party().is_some() {
            return Err(
                Refusal::new(ErrorCode::AlreadyInParty).saying("The character is in a party. Leave it first.")
            );
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
            CharacterCall::Get(call) => reply::<Get>(self.owned_by(call.owner).map(Record::told)),
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
            CharacterCall::Find(_) => reply::<Find>(self.found()),
            CharacterCall::GetParties(call) => reply::<GetParties>(self.parties(context.now, call.owner)),
            CharacterCall::BeginInvite(call) => reply::<BeginInvite>(self.begin_invite(context, &call)),
            CharacterCall::Claim(call) => reply::<Claim>(self.claim(context, &call)),
            CharacterCall::Seated(call) => {
                self.seated(context, call.key);
                reply::<Seated>(Ok(()))
            }
            CharacterCall::Release(call) => {
                self.release(context, call.seat);
                reply::<Release>(Ok(()))
            }
            CharacterCall::Doubt(call) => {
                self.doubted(context, call.visit);
                reply::<Doubt>(Ok(()))
            }
            CharacterCall::Invite(call) => {
                self.invited(context, call);
                reply::<Invite>(Ok(()))
            }
            CharacterCall::Uninvite(call) => {
                self.uninvited(context, call.key);
                reply::<Uninvite>(Ok(()))
            }
            CharacterCall::Mute(call) => reply::<Mute>(self.mute(context, &call)),
        }
    }

    fn next_deadline(&self) -> Option<Millis> {
        let settles_at = self.record.as_ref().and_then(|record| record.settles_at);
        settles_at.into_iter().chain(self.social.settles_at()).chain(self.letters.next_deadline()).min()
    }

    fn is_finished(&self, _: Millis) -> bool {
        self.record.is_none() && self.letters.is_empty()
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
