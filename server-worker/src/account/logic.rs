//! Sessions and characters of an account.

use crate::{
    calls::{
        account::{
            AbandonCharacter, AccountCall, Authenticate, Authenticated, BeginDelete, CommitCharacter, Create,
            EndSession, FinishDelete, FinishScram, GetSalt, ListCharacters, Proven, ReserveCharacter,
            SelectCharacter, Settle, Settlement, SignIn, SignedIn,
        },
        directory::Kind,
    },
    effect::{Context, Logic, Reply, reply},
};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ErrorCode, Refusal,
    crypto::{
        password::{Salt, Verifier},
        scram,
        token::SessionId,
    },
    ids::{CharacterId, PlayerId},
    limits::{CLAIM_SETTLES_AFTER, MAX_CHARACTERS, SESSION_IDLE, SESSION_LONGEST, SESSION_TOUCH},
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
    /// What rests of its password.
    pub verifier: Verifier,
    /// When it was made.
    pub created: Millis,
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
    fn expires(&self) -> Millis {
        (self.used + SESSION_IDLE).min(self.began + SESSION_LONGEST)
    }
}

/// How far a character has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It is being made since then.
    Creating(Millis),
    /// It exists.
    Active,
    /// It is being deleted since then.
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
    /// A SCRAM exchange has served, and need not be remembered after this time.
    UseHandshake([u8; 8], Millis),
    /// The exchanges that were to be finished before this time are forgotten.
    ForgetHandshakes(Millis),
    /// A character's slot changes.
    Slot(Slot),
    /// A character's slot is freed.
    FreeSlot(CharacterId),
}

/// What an alarm has to finish with other objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Whose it is.
    pub player: PlayerId,
    /// The character whose making or deletion was cut short: it goes.
    pub character: CharacterId,
    /// Its name.
    pub name: CharacterName,
}

/// The memory of an Account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    profile: Option<Profile>,
    sessions: BTreeMap<SessionId, Session>,
    slots: Vec<Slot>,
    used_handshakes: BTreeMap<[u8; 8], Millis>,
}

type Change<'a, 'b> = &'a mut Context<'b, Write>;

impl Account {
    /// The memory that these rows hold; slots in the order they were begun.
    #[must_use]
    pub const fn restore(
        profile: Option<Profile>,
        sessions: BTreeMap<SessionId, Session>,
        slots: Vec<Slot>,
        used_handshakes: BTreeMap<[u8; 8], Millis>,
    ) -> Self {
        Self { profile, sessions, slots, used_handshakes }
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
                };
                context.writes.push(Write::Profile(profile.clone()));
                self.profile = Some(profile);
                Ok(())
            }
        }
    }

    fn salt(&self) -> Result<(Salt, u32), Refusal> {
        let profile = self.profile.as_ref().ok_or(ErrorCode::BadCredentials)?;
        Ok((profile.verifier.salt, profile.verifier.iterations))
    }

    fn sign_in(&mut self, context: Change<'_, '_>, call: &SignIn) -> Result<SignedIn, Refusal> {
        let profile = self.profile.as_ref().ok_or(ErrorCode::BadCredentials)?;
        if !profile.verifier.matches(&call.verifier) {
            return Err(ErrorCode::BadCredentials.into());
        }
        let username = profile.username.clone();
        Ok(self.begin_session(context, username, call.session))
    }

    fn finish_scram(&mut self, context: Change<'_, '_>, call: &FinishScram) -> Result<Proven, Refusal> {
        let profile = self.profile.as_ref().ok_or(ErrorCode::BadCredentials)?;
        if self.used_handshakes.contains_key(&call.handshake) {
            return Err(ErrorCode::BadCredentials.into());
        }
        let username = profile.username.clone();
        let judged =
            scram::verify(&profile.verifier, &call.client_first_bare, &call.server_first, &call.client_final);
        // Right or wrong, it has served.
        if self.used_handshakes.values().any(|expires| *expires <= context.now) {
            self.used_handshakes.retain(|_, expires| *expires > context.now);
            context.writes.push(Write::ForgetHandshakes(context.now));
        }
        self.used_handshakes.insert(call.handshake, call.handshake_expires);
        context.writes.push(Write::UseHandshake(call.handshake, call.handshake_expires));
        // Whatever is wrong with it, the answer is what an unknown name gets:
        // another one would tell which names exist.
        let server_final = judged.map_err(|_| ErrorCode::BadCredentials)?;
        Ok(Proven { signed_in: self.begin_session(context, username, call.session), server_final })
    }

    fn begin_session(&mut self, context: Change<'_, '_>, username: UserName, new: SessionId) -> SignedIn {
        let mut ended = Vec::new();
        let mut character = None;
        for (id, session) in std::mem::take(&mut self.sessions) {
            if id == new {
                character = session.character;
                continue;
            }
            context.writes.push(Write::EndSession(id));
            ended.extend(session.hub.map(|hub| (id, hub)));
        }
        let session = Session { began: context.now, used: context.now, character, hub: None };
        let expires = session.expires();
        context.writes.push(Write::Session(new, session.clone()));
        self.sessions.insert(new, session);
        SignedIn { username, expires, ended }
    }

    /// The session, if it is good; its use is recorded at most once a minute.
    fn session(&mut self, context: Change<'_, '_>, id: SessionId) -> Result<&mut Session, Refusal> {
        let session = self
            .sessions
            .get_mut(&id)
            .filter(|session| context.now < session.expires())
            .ok_or(ErrorCode::SessionExpired)?;
        if context.now.since(session.used) >= SESSION_TOUCH {
            session.used = context.now;
            context.writes.push(Write::Session(id, session.clone()));
        }
        Ok(session)
    }

    fn authenticate(&mut self, context: Change<'_, '_>, call: &Authenticate) -> Result<Authenticated, Refusal> {
        let username = self.profile.as_ref().ok_or(ErrorCode::SessionExpired)?.username.clone();
        let session = self.session(context, call.session)?;
        let previous_hub = session.hub;
        if call.hub.is_some() && call.hub != previous_hub {
            session.hub = call.hub;
            context.writes.push(Write::Session(call.session, session.clone()));
        }
        Ok(Authenticated { username, character: session.character, expires: session.expires(), previous_hub })
    }

    fn end_session(&mut self, context: Change<'_, '_>, call: &EndSession) -> Option<u32> {
        let session = self.sessions.remove(&call.session)?;
        context.writes.push(Write::EndSession(call.session));
        session.hub
    }

    fn reserve_character(&mut self, context: Change<'_, '_>, call: ReserveCharacter) -> Result<CharacterId, Refusal> {
        self.session(context, call.session)?;
        if self.slots.len() >= MAX_CHARACTERS {
            return Err(ErrorCode::TooManyCharacters.into());
        }
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

    fn commit_character(&mut self, context: Change<'_, '_>, call: &CommitCharacter) -> Result<(), Refusal> {
        let slot = self.slots.iter_mut().find(|slot| slot.id == call.character).ok_or(ErrorCode::NotFound)?;
        match slot.stage {
            Stage::Creating(_) => {
                slot.stage = Stage::Active;
                context.writes.push(Write::Slot(slot.clone()));
                Ok(())
            }
            // A repeated call.
            Stage::Active => Ok(()),
            // It took so long that the alarm has begun to undo it.
            Stage::Deleting(_) => Err(ErrorCode::NotFound.into()),
        }
    }

    fn abandon_character(&mut self, context: Change<'_, '_>, call: &AbandonCharacter) {
        let unfinished = |slot: &Slot| slot.id == call.character && matches!(slot.stage, Stage::Creating(_));
        if self.slots.iter().any(unfinished) {
            self.free(context, call.character);
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

    fn characters(&mut self, context: Change<'_, '_>, call: &ListCharacters) -> Result<Vec<CharacterId>, Refusal> {
        self.session(context, call.session)?;
        Ok(self.slots.iter().filter(|slot| slot.stage == Stage::Active).map(|slot| slot.id).collect())
    }

    fn active(&mut self, character: CharacterId) -> Result<&mut Slot, Refusal> {
        self.slots
            .iter_mut()
            .find(|slot| slot.id == character && slot.stage == Stage::Active)
            .ok_or(ErrorCode::NotYourCharacter.into())
    }

    fn select(&mut self, context: Change<'_, '_>, call: &SelectCharacter) -> Result<Option<u32>, Refusal> {
        self.session(context, call.session)?;
        self.active(call.character)?;
        let session = self.session(context, call.session)?;
        if session.character != Some(call.character) {
            session.character = Some(call.character);
            context.writes.push(Write::Session(call.session, session.clone()));
        }
        Ok(session.hub)
    }

    fn begin_delete(&mut self, context: Change<'_, '_>, call: &BeginDelete) -> Result<CharacterName, Refusal> {
        self.session(context, call.session)?;
        let now = context.now;
        let slot = self.active(call.character)?;
        slot.stage = Stage::Deleting(now);
        context.writes.push(Write::Slot(slot.clone()));
        Ok(slot.name.clone())
    }

    /// A character whose deletion was begun is deleted, or stays.
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
                match self.slots.iter().find(|slot| slot.id.get() == call.id && slot.name.key() == call.key) {
                    None => Settlement::Release,
                    Some(Slot { stage: Stage::Active, .. }) => Settlement::Keep,
                    Some(_) => Settlement::Wait,
                }
            }
        }
    }

    /// Ends the sessions that are past their time; and what was cut short so
    /// long ago that nobody is at it any more. What was being made is marked
    /// as being deleted, so that it cannot be committed from here on.
    pub fn expire(&mut self, context: Change<'_, '_>) -> Vec<Unfinished> {
        let expired = self.sessions.iter().filter(|(_, session)| session.expires() <= context.now);
        let expired: Vec<SessionId> = expired.map(|(id, _)| *id).collect();
        for id in expired {
            self.sessions.remove(&id);
            context.writes.push(Write::EndSession(id));
        }
        let Some(player) = self.profile.as_ref().map(|profile| profile.player) else {
            return Vec::new();
        };
        let mut unfinished = Vec::new();
        for slot in &mut self.slots {
            let (Stage::Creating(since) | Stage::Deleting(since)) = slot.stage else { continue };
            if context.now.since(since) >= CLAIM_SETTLES_AFTER {
                slot.stage = Stage::Deleting(context.now);
                context.writes.push(Write::Slot(slot.clone()));
                unfinished.push(Unfinished { player, character: slot.id, name: slot.name.clone() });
            }
        }
        unfinished
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
            AccountCall::FinishScram(call) => reply::<FinishScram>(self.finish_scram(context, &call)),
            AccountCall::Authenticate(call) => reply::<Authenticate>(self.authenticate(context, &call)),
            AccountCall::EndSession(call) => reply::<EndSession>(Ok(self.end_session(context, &call))),
            AccountCall::ReserveCharacter(call) => reply::<ReserveCharacter>(self.reserve_character(context, call)),
            AccountCall::CommitCharacter(call) => reply::<CommitCharacter>(self.commit_character(context, &call)),
            AccountCall::AbandonCharacter(call) => {
                self.abandon_character(context, &call);
                reply::<AbandonCharacter>(Ok(()))
            }
            AccountCall::ListCharacters(call) => reply::<ListCharacters>(self.characters(context, &call)),
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
        sessions.chain(slots).min()
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
