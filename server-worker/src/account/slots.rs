//! The characters of an account, each in a slot, and what it may make in a day.

use super::{
    logic::{Account, Change, Slot, Stage, Write},
    made::Made,
};
use crate::calls::account::{
    AbandonCharacter, Authenticated, BeginDelete, CommitCharacter, FinishDelete, FoundParty, ListCharacters, Owns,
    ReserveCharacter, SelectCharacter,
};
use shardlink_shared::{
    ErrorCode, Refusal,
    ids::CharacterId,
    limits::{CHARACTERS_PER_DAY, MAX_CHARACTERS, PARTIES_PER_DAY},
    text::CharacterName,
};

impl Account {
    /// Counts a party that one of its characters founds.
    pub(super) fn found_party(&mut self, context: Change<'_, '_>, call: &FoundParty) -> Result<(), Refusal> {
        self.profile.as_ref().ok_or(ErrorCode::SessionExpired)?;
        let made = self.made.today(context.now);
        if made.last_party == Some(call.party) {
            // A repeated call.
            return Ok(());
        }
        made.check(context.now, made.parties, PARTIES_PER_DAY)?;
        self.has_made(context, Made { parties: made.parties + 1, last_party: Some(call.party), ..made });
        Ok(())
    }

    fn has_made(&mut self, context: Change<'_, '_>, made: Made) {
        self.made = made;
        context.writes.push(Write::Made(made));
    }

    pub(super) fn reserve_character(
        &mut self,
        context: Change<'_, '_>,
        call: ReserveCharacter,
    ) -> Result<CharacterId, Refusal> {
        self.session(context, call.session)?;
        if self.slots.len() >= MAX_CHARACTERS {
            return Err(ErrorCode::TooManyCharacters.into());
        }
        let made = self.made.today(context.now);
        made.check(context.now, made.characters, CHARACTERS_PER_DAY)?;
        self.has_made(context, Made { characters: made.characters + 1, ..made });
        let slot = Slot {
            id: CharacterId::random(context.entropy),
            name: call.name,
            stage: Stage::Creating(context.now),
            created: context.now,
        };
        let id = slot.id;
        context.writes.push(Write::Slot(slot.clone()));
        self.slots.push(slot);
        Ok(id)
    }

    pub(super) fn commit_character(
        &mut self,
        context: Change<'_, '_>,
        call: &CommitCharacter,
    ) -> Result<(), Refusal> {
        let slot = self.slots.iter_mut().find(|slot| slot.id == call.character).ok_or(ErrorCode::NotFound)?;
        match slot.stage {
            Stage::Creating(_) => {
                slot.stage = Stage::Active;
                context.writes.push(Write::Slot(slot.clone()));
                Ok(())
            }
            // A repeated call.
            Stage::Active => Ok(()),
            // The making took so long that the alarm has begun to undo it.
            Stage::Deleting(_) => Err(ErrorCode::NotFound.into()),
        }
    }

    pub(super) fn abandon_character(&mut self, context: Change<'_, '_>, call: &AbandonCharacter) {
        let unfinished = |slot: &Slot| slot.id == call.character && matches!(slot.stage, Stage::Creating(_));
        if self.slots.iter().any(unfinished) {
            self.free(context, call.character);
            // Only a slot was made: a name that was taken is not counted against the day's
            // limit.
            let made = self.made.today(context.now);
            self.has_made(context, Made { characters: made.characters.saturating_sub(1), ..made });
        }
    }

    fn free(&mut self, context: Change<'_, '_>, character: CharacterId) {
        self.slots.retain(|slot| slot.id != character);
        context.writes.push(Write::FreeSlot(character));
        for (id, session) in &mut self.sessions {
            if session.character == Some(character) {
                session.character = None;
                context.writes.push(Write::Session(*id, session.clone()));
            }
        }
    }

    pub(super) fn characters(
        &mut self,
        context: Change<'_, '_>,
        call: &ListCharacters,
    ) -> Result<Vec<CharacterId>, Refusal> {
        self.session(context, call.session)?;
        Ok(self.slots.iter().filter(|slot| slot.stage == Stage::Active).map(|slot| slot.id).collect())
    }

    fn active(&mut self, character: CharacterId) -> Result<&mut Slot, Refusal> {
        self.slots
            .iter_mut()
            .find(|slot| slot.id == character && slot.stage == Stage::Active)
            .ok_or(ErrorCode::NotYourCharacter.into())
    }

    pub(super) fn owns(&mut self, context: Change<'_, '_>, call: &Owns) -> Result<(), Refusal> {
        self.session(context, call.session)?;
        self.active(call.character).map(drop)
    }

    pub(super) fn select(
        &mut self,
        context: Change<'_, '_>,
        call: &SelectCharacter,
    ) -> Result<Authenticated, Refusal> {
        self.session(context, call.session)?;
        self.active(call.character)?;
        let session = self.session(context, call.session)?;
        if session.character != Some(call.character) {
            session.character = Some(call.character);
            context.writes.push(Write::Session(call.session, session.clone()));
        }
        self.authenticated(context, call.session)
    }

    pub(super) fn begin_delete(
        &mut self,
        context: Change<'_, '_>,
        call: &BeginDelete,
    ) -> Result<CharacterName, Refusal> {
        self.session(context, call.session)?;
        let now = context.now;
        let slot = self.active(call.character)?;
        slot.stage = Stage::Deleting(now);
        context.writes.push(Write::Slot(slot.clone()));
        Ok(slot.name.clone())
    }

    /// Ends a deletion: the character is gone, or stays.
    pub fn finish_delete(&mut self, context: Change<'_, '_>, call: &FinishDelete) {
        let Some(slot) =
            self.slots.iter_mut().find(|slot| slot.id == call.character && matches!(slot.stage, Stage::Deleting(_)))
        else {
            return;
        };
        if call.deleted {
            self.free(context, call.character);
        } else {
            slot.stage = Stage::Active;
            context.writes.push(Write::Slot(slot.clone()));
        }
    }
}
