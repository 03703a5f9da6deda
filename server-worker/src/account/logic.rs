//! The memory of an account, and the answers to its calls. `sessions.rs` has signing in and
//! sessions, `slots.rs` the characters.

use super::{errand::Letter, made::Made};
use crate::{
    calls::{
        account::{
            AbandonCharacter, AccountCall, Authenticate, BeginDelete, BeginDeletion, ChangePassword, CommitCharacter,
            Create, Deletion, EndSession, Erase, FinishDelete, FoundParty, GetSalt, Knows, ListCharacters, Owns,
            Renew, ReserveCharacter, SelectCharacter, Settle, Settlement, SignIn, Silence, Sockets, Stands, Vouch,
        },
        directory::Kind,
    },
    effect::{Context, Logic, Reply, reply},
    letters::{self, Letters},
    text::names::character_keys,
};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ErrorCode, Refusal,
    crypto::{password::Verifier, token::SessionId},
    ids::{CharacterId, PlayerId},
    limits::{CLAIM_SETTLES_AFTER, SESSION_IDLE, SESSION_LONGEST},
    text::{CharacterName, UserName},
    time::Millis,
};
use std::collections::BTreeMap;

/// An account that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Its id.
    pub player: PlayerId,
    /// Its name, as it was registered.
    pub username: UserName,
    /// The verifier of its password.
    pub verifier: Verifier,
    /// When it was made.
    pub created: Millis,
    /// Since when it is being deleted, with everything it owns; `None` while it is not.
    pub deleting: Option<Millis>,
    /// Until when its characters may not speak; `None` if they may.
    pub silenced: Option<Millis>,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// When it began.
    pub began: Millis,
    /// When it was last used.
    pub used: Millis,
    /// The character that it has selected.
    pub character: Option<CharacterId>,
    /// The hub that holds its socket.
    pub hub: Option<u32>,
}

impl Session {
    pub(super) fn expires(&self) -> Millis {
        (self.used + SESSION_IDLE).min(self.began + SESSION_LONGEST)
    }
}

/// How far a character has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It has been in the making since then.
    Creating(Millis),
    /// It exists.
    Active,
    /// Its deletion has been under way since then.
    Deleting(Millis),
}

/// A character of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Its id.
    pub id: CharacterId,
    /// Its name.
    pub name: CharacterName,
    /// How far it has come.
    pub stage: Stage,
    /// When it was begun; slots are listed in this order.
    pub created: Millis,
}

/// A row that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// The account is made.
    Profile(Profile),
    /// A session begins or changes.
    Session(SessionId, Session),
    /// A session ends.
    EndSession(SessionId),
    /// A SCRAM exchange was used; it need not be remembered after this time.
    UseHandshake([u8; 8], Millis),
    /// The exchanges that had to be finished before this time are forgotten.
    ForgetHandshakes(Millis),
    /// The owner signed in from this network, at this time.
    Know([u8; 16], Millis),
    /// A network that the owner signed in from is forgotten.
    ForgetNetwork([u8; 16]),
    /// The account is gone: every row of it.
    Erase,
    /// A character's slot changes.
    Slot(Slot),
    /// A character's slot is freed.
    FreeSlot(CharacterId),
    /// What was made today changes.
    Made(Made),
    /// A letter is written.
    Post(u64, letters::Letter<Letter>),
    /// A letter is done with.
    Done(u64),
}

/// What an alarm has to finish with other objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Characters whose making or deletion was cut short.
    Undo(Vec<Unfinished>),
    /// The deletion of the whole account.
    Delete(Deletion),
}

/// A character whose making or deletion was cut short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Whose it is.
    pub player: PlayerId,
    /// The character, which is to be removed.
    pub character: CharacterId,
    /// Its name.
    pub name: CharacterName,
}

/// The memory of an Account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    pub(super) profile: Option<Profile>,
    pub(super) sessions: BTreeMap<SessionId, Session>,
    pub(super) slots: Vec<Slot>,
    pub(super) used_handshakes: BTreeMap<[u8; 8], Millis>,
    /// The networks that its owner signed in from, as keyed hashes, and when last.
    pub(super) known: BTreeMap<[u8; 16], Millis>,
    pub(super) made: Made,
    /// The letters to hubs about sessions.
    pub(super) letters: Letters<Letter>,
}

pub(super) type Change<'a, 'b> = &'a mut Context<'b, Write>;

impl Account {
    /// The memory of an account with these rows; slots in the order they were begun.
    #[must_use]
    pub const fn restore(
        profile: Option<Profile>,
        sessions: BTreeMap<SessionId, Session>,
        slots: Vec<Slot>,
        used_handshakes: BTreeMap<[u8; 8], Millis>,
        known: BTreeMap<[u8; 16], Millis>,
        made: Made,
        letters: Letters<Letter>,
    ) -> Self {
        Self { profile, sessions, slots, used_handshakes, known, made, letters }
    }

    fn create(&mut self, context: Change<'_, '_>, call: Create) -> Result<(), Refusal> {
        match &self.profile {
            // A repeated call.
            Some(profile) if profile.username == call.username && profile.verifier == call.verifier => Ok(()),
            Some(_) => Err(ErrorCode::NameTaken.into()),
            None => {
                let profile = Profile {
                    player: call.player,
                    username: call.username,
                    verifier: call.verifier,
                    created: context.now,
                    deleting: None,
                    silenced: None,
                };
                context.writes.push(Write::Profile(profile.clone()));
                self.profile = Some(profile);
                Ok(())
            }
        }
    }

    fn begin_deletion(&mut self, context: Change<'_, '_>, call: &BeginDeletion) -> Result<Deletion, Refusal> {
        self.session(context, call.session)?;
        self.judge(context, &call.proof)?;
        let profile = self.profile.as_mut().ok_or(ErrorCode::SessionExpired)?;
        profile.deleting = Some(context.now);
        context.writes.push(Write::Profile(profile.clone()));
        for slot in &mut self.slots {
            // From here on a slow creator cannot commit the character.
            slot.stage = Stage::Deleting(context.now);
            context.writes.push(Write::Slot(slot.clone()));
        }
        self.end_sessions(context, ErrorCode::LoggedOut, |_, _| true);
        self.deletion().ok_or(ErrorCode::SessionExpired.into())
    }

    /// What is still to be deleted, if the account is being deleted.
    fn deletion(&self) -> Option<Deletion> {
        let profile = self.profile.as_ref().filter(|profile| profile.deleting.is_some())?;
        Some(Deletion {
            player: profile.player,
            username: profile.username.clone(),
            characters: self.slots.iter().map(|slot| (slot.id, slot.name.clone())).collect(),
        })
    }

    fn silence(&mut self, context: Change<'_, '_>, until: Option<Millis>) -> Result<Sockets, Refusal> {
        let profile = self.profile.as_mut().ok_or(ErrorCode::NotFound)?;
        profile.silenced = until;
        context.writes.push(Write::Profile(profile.clone()));
        Ok(self.sessions.iter().filter_map(|(id, session)| Some((*id, session.hub?))).collect())
    }

    /// Ends the deletion of an account: all that it owned in other objects is gone by now.
    pub fn erase(&mut self, context: Change<'_, '_>) {
        if self.deletion().is_some() {
            // Letters that hubs have not answered outlive the account.
            *self = Self { letters: std::mem::take(&mut self.letters), ..Self::default() };
            context.writes.push(Write::Erase);
        }
    }

    fn settle(&self, call: &Settle) -> Settlement {
        match call.kind {
            Kind::User => {
                let ours = self
                    .profile
                    .as_ref()
                    .is_some_and(|profile| profile.username.key() == call.key && profile.player.get() == call.id);
                if ours { Settlement::Keep } else { Settlement::Release }
            }
            Kind::Character => {
                let is_its =
                    |slot: &&Slot| slot.id.get() == call.id && character_keys(&slot.name).contains(&call.key);
                match self.slots.iter().find(is_its) {
                    None => Settlement::Release,
                    Some(Slot { stage: Stage::Active, .. }) => Settlement::Keep,
                    Some(_) => Settlement::Wait,
                }
            }
            // The id is entered only once the character is listed, and removed with it.
            Kind::CharacterId => {
                let listed = self.slots.iter().any(|slot| slot.id.get() == call.id);
                if listed { Settlement::Keep } else { Settlement::Release }
            }
        }
    }

    /// Ends the sessions that have expired, and finds the makings and deletions that were cut
    /// short so long ago that nobody is still at work on them. A character that was being made
    /// is marked as being deleted, so that it cannot be committed from here on.
    pub fn expire(&mut self, context: Change<'_, '_>) -> Work {
        if let Some(profile) = self.profile.as_mut().filter(|profile| profile.deleting.is_some()) {
            profile.deleting = Some(context.now);
            context.writes.push(Write::Profile(profile.clone()));
        }
        if let Some(deletion) = self.deletion() {
            return Work::Delete(deletion);
        }
        let now = context.now;
        self.end_sessions(context, ErrorCode::SessionExpired, |_, session| now >= session.expires());
        let mut unfinished = Vec::new();
        let Some(player) = self.profile.as_ref().map(|profile| profile.player) else {
            return Work::Undo(unfinished);
        };
        for slot in &mut self.slots {
            let (Stage::Creating(since) | Stage::Deleting(since)) = slot.stage else { continue };
            if context.now.since(since) >= CLAIM_SETTLES_AFTER {
                slot.stage = Stage::Deleting(context.now);
                context.writes.push(Write::Slot(slot.clone()));
                unfinished.push(Unfinished { player, character: slot.id, name: slot.name.clone() });
            }
        }
        Work::Undo(unfinished)
    }
}

impl Logic for Account {
    type Call = AccountCall;
    type Write = Write;

    fn dispatch(&mut self, context: &mut Context<'_, Write>, call: AccountCall) -> Reply {
        match call {
            AccountCall::Create(call) => reply::<Create>(self.create(context, call)),
            AccountCall::GetSalt(_) => reply::<GetSalt>(self.salt()),
            AccountCall::SignIn(call) => reply::<SignIn>(self.sign_in(context, &call)),
            AccountCall::Knows(call) => reply::<Knows>(Ok(self.knows(context.now, &call))),
            AccountCall::Renew(call) => reply::<Renew>(self.renew(context, &call)),
            AccountCall::ChangePassword(call) => reply::<ChangePassword>(self.change_password(context, call)),
            AccountCall::BeginDeletion(call) => reply::<BeginDeletion>(self.begin_deletion(context, &call)),
            AccountCall::Erase(_) => {
                self.erase(context);
                reply::<Erase>(Ok(()))
            }
            AccountCall::Authenticate(call) => reply::<Authenticate>(self.authenticate(context, &call)),
            AccountCall::Vouch(call) => reply::<Vouch>(self.vouch(context, &call)),
            AccountCall::Silence(call) => reply::<Silence>(self.silence(context, call.until)),
            AccountCall::EndSession(call) => {
                self.end_session(context, &call);
                reply::<EndSession>(Ok(()))
            }
            AccountCall::Stands(call) => reply::<Stands>(self.stands(context.now, &call)),
            AccountCall::FoundParty(call) => reply::<FoundParty>(self.found_party(context, &call)),
            AccountCall::ReserveCharacter(call) => reply::<ReserveCharacter>(self.reserve_character(context, call)),
            AccountCall::CommitCharacter(call) => reply::<CommitCharacter>(self.commit_character(context, &call)),
            AccountCall::AbandonCharacter(call) => {
                self.abandon_character(context, &call);
                reply::<AbandonCharacter>(Ok(()))
            }
            AccountCall::ListCharacters(call) => reply::<ListCharacters>(self.characters(context, &call)),
            AccountCall::Owns(call) => reply::<Owns>(self.owns(context, &call)),
            AccountCall::SelectCharacter(call) => reply::<SelectCharacter>(self.select(context, &call)),
            AccountCall::BeginDelete(call) => reply::<BeginDelete>(self.begin_delete(context, &call)),
            AccountCall::FinishDelete(call) => {
                self.finish_delete(context, &call);
                reply::<FinishDelete>(Ok(()))
            }
            AccountCall::Settle(call) => reply::<Settle>(Ok(self.settle(&call))),
        }
    }

    fn next_deadline(&self) -> Option<Millis> {
        let sessions = self.sessions.values().map(Session::expires);
        let slots = self.slots.iter().filter_map(|slot| match slot.stage {
            Stage::Creating(since) | Stage::Deleting(since) => Some(since + CLAIM_SETTLES_AFTER),
            Stage::Active => None,
        });
        let deletion = self.profile.as_ref().and_then(|profile| profile.deleting);
        let own = match deletion {
            // Its slots are deleted with it.
            Some(since) => Some(since + CLAIM_SETTLES_AFTER),
            None => sessions.chain(slots).min(),
        };
        own.into_iter().chain(self.letters.next_deadline()).min()
    }

    fn is_finished(&self, _: Millis) -> bool {
        self.profile.is_none() && self.letters.is_empty()
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
