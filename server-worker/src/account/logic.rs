//! Sessions and characters of an account.

use super::{
    errand::{Fate, Letter},
    made::Made,
};
use crate::{
    calls::{
        account::{
            AbandonCharacter, AccountCall, Authenticate, Authenticated, BeginDelete, BeginDeletion, ChangePassword,
            CommitCharacter, Create, Deletion, EndSession, Erase, FinishDelete, FoundParty, GetSalt, Knows,
            ListCharacters, Owns, PasswordChanged, Proof, Renew, Renewed, ReserveCharacter, ScramProof,
            SelectCharacter, Settle, Settlement, SignIn, SignedIn, Silence, Sockets, Standing, Stands, Vouch,
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
    crypto::{
        password::{Salt, Verifier},
        scram,
        token::{SessionId, Voucher},
    },
    ids::{CharacterId, PlayerId},
    limits::{
        CHARACTERS_PER_DAY, CLAIM_SETTLES_AFTER, KNOWN_NETWORK_LIFE, MAX_CHARACTERS, MAX_KNOWN_NETWORKS,
        PARTIES_PER_DAY, SESSION_IDLE, SESSION_LONGEST, SESSION_TOUCH,
    },
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
    /// Since when it is being deleted, with all that is its.
    pub deleting: Option<Millis>,
    /// Until when it may not speak.
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
    /// Somebody signed in from there, then.
    Know([u8; 16], Millis),
    /// It is forgotten that anybody signed in from there.
    ForgetNetwork([u8; 16]),
    /// The account is gone: every row of it.
    Erase,
    /// A character's slot changes.
    Slot(Slot),
    /// A character's slot is freed.
    FreeSlot(CharacterId),
    /// More was made.
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
    /// Where its owner signed in from, and when last.
    known: BTreeMap<[u8; 16], Millis>,
    made: Made,
    /// What hubs must learn of sessions.
    pub(super) letters: Letters<Letter>,
}

pub(super) type Change<'a, 'b> = &'a mut Context<'b, Write>;

impl Account {
    /// The memory that these rows hold; slots in the order they were begun.
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

    fn salt(&self) -> Result<(Salt, u32), Refusal> {
        let profile = self.profile.as_ref().ok_or(ErrorCode::BadCredentials)?;
        Ok((profile.verifier.salt, profile.verifier.iterations))
    }

    fn sign_in(&mut self, context: Change<'_, '_>, call: &SignIn) -> Result<SignedIn, Refusal> {
        let server_final = self.judge(context, &call.proof)?;
        if let Some(mark) = call.mark {
            self.know(context, mark);
        }
        let username = self.profile.as_ref().ok_or(ErrorCode::BadCredentials)?.username.clone();
        let character = self.end_others(context, call.session, ErrorCode::SignedInElsewhere);
        let session = Session { began: context.now, used: context.now, character, hub: None };
        let expires = session.expires();
        context.writes.push(Write::Session(call.session, session.clone()));
        self.sessions.insert(call.session, session);
        Ok(SignedIn { username, expires, server_final })
    }

    /// Whether somebody knows the password; the server's proof, where SCRAM was
    /// the way. Whatever is wrong, the answer is what an unknown name gets:
    /// another one would tell which names exist.
    fn judge(&mut self, context: Change<'_, '_>, proof: &Proof) -> Result<Option<String>, Refusal> {
        let profile = self.profile.as_ref().filter(|profile| profile.deleting.is_none());
        let profile = profile.ok_or(ErrorCode::BadCredentials)?;
        match proof {
            Proof::Verifier(verifier) if profile.verifier.matches(verifier) => Ok(None),
            Proof::Verifier(_) => Err(ErrorCode::BadCredentials.into()),
            Proof::Scram(exchange) => {
                let ScramProof { client_first_bare, server_first, client_final, handshake, handshake_expires } =
                    exchange;
                if self.used_handshakes.contains_key(handshake) {
                    return Err(ErrorCode::BadCredentials.into());
                }
                let judged = scram::verify(&profile.verifier, client_first_bare, server_first, client_final);
                // Right or wrong, it has served.
                if self.used_handshakes.values().any(|expires| *expires <= context.now) {
                    self.used_handshakes.retain(|_, expires| *expires > context.now);
                    context.writes.push(Write::ForgetHandshakes(context.now));
                }
                self.used_handshakes.insert(*handshake, *handshake_expires);
                context.writes.push(Write::UseHandshake(*handshake, *handshake_expires));
                judged.map(Some).map_err(|_| ErrorCode::BadCredentials.into())
            }
        }
    }

    /// Remembers where its owner signed in from; the longest ago is forgotten
    /// for the newest.
    fn know(&mut self, context: Change<'_, '_>, mark: [u8; 16]) {
        let forget = |known: &BTreeMap<[u8; 16], Millis>| {
            let oldest = known.iter().min_by_key(|(_, at)| **at).map(|(mark, at)| (*mark, *at))?;
            let expired = context.now.since(oldest.1) >= KNOWN_NETWORK_LIFE;
            (expired || known.len() >= MAX_KNOWN_NETWORKS).then_some(oldest.0)
        };
        while let Some(oldest) = (!self.known.contains_key(&mark)).then(|| forget(&self.known)).flatten() {
            self.known.remove(&oldest);
            context.writes.push(Write::ForgetNetwork(oldest));
        }
        self.known.insert(mark, context.now);
        context.writes.push(Write::Know(mark, context.now));
    }

    fn knows(&self, now: Millis, call: &Knows) -> bool {
        self.known.get(&call.mark).is_some_and(|at| now.since(*at) < KNOWN_NETWORK_LIFE)
    }

    /// Ends all sessions but one: what that one had selected.
    fn end_others(&mut self, context: Change<'_, '_>, stays: SessionId, code: ErrorCode) -> Option<CharacterId> {
        self.end_sessions(context, code, |id, _| id != stays);
        self.sessions.get(&stays).and_then(|session| session.character)
    }

    /// Ends these sessions; the hubs of their sockets are told.
    fn end_sessions(
        &mut self,
        context: Change<'_, '_>,
        code: ErrorCode,
        which: impl Fn(SessionId, &Session) -> bool,
    ) {
        let ended: Vec<_> = self.sessions.extract_if(.., |id, session| which(*id, session)).collect();
        for (id, session) in ended {
            context.writes.push(Write::EndSession(id));
            if let Some(hub) = session.hub {
                self.tell_hub(context, id, hub, Fate::Ended(code));
            }
        }
    }

    fn renew(&mut self, context: Change<'_, '_>, call: &Renew) -> Result<Renewed, Refusal> {
        let username = self.profile.as_ref().ok_or(ErrorCode::SessionExpired)?.username.clone();
        if !self.sessions.contains_key(&call.new) {
            let mut session = self.session(context, call.session)?.clone();
            session.used = context.now;
            self.sessions.remove(&call.session);
            context.writes.extend([Write::EndSession(call.session), Write::Session(call.new, session.clone())]);
            if let Some(hub) = session.hub {
                self.tell_hub(context, call.session, hub, Fate::Renewed(call.new));
            }
            self.sessions.insert(call.new, session);
        }
        // Otherwise it is a repeated call.
        let session = self.session(context, call.new)?;
        Ok(Renewed { username, expires: session.expires() })
    }

    fn change_password(&mut self, context: Change<'_, '_>, call: ChangePassword) -> Result<PasswordChanged, Refusal> {
        self.session(context, call.session)?;
        let done = self.profile.as_ref().is_some_and(|profile| profile.verifier == call.verifier);
        // A repeated call: the old password is right no more.
        let server_final = if done { None } else { self.judge(context, &call.proof)? };
        let profile = self.profile.as_mut().ok_or(ErrorCode::SessionExpired)?;
        profile.verifier = call.verifier;
        context.writes.push(Write::Profile(profile.clone()));
        self.end_others(context, call.session, ErrorCode::LoggedOut);
        Ok(PasswordChanged { server_final })
    }

    fn begin_deletion(&mut self, context: Change<'_, '_>, call: &BeginDeletion) -> Result<Deletion, Refusal> {
        self.session(context, call.session)?;
        self.judge(context, &call.proof)?;
        let profile = self.profile.as_mut().ok_or(ErrorCode::SessionExpired)?;
        profile.deleting = Some(context.now);
        context.writes.push(Write::Profile(profile.clone()));
        for slot in &mut self.slots {
            // From here on a slow creator cannot commit.
            slot.stage = Stage::Deleting(context.now);
            context.writes.push(Write::Slot(slot.clone()));
        }
        self.end_sessions(context, ErrorCode::LoggedOut, |_, _| true);
        self.deletion().ok_or(ErrorCode::SessionExpired.into())
    }

    /// What is left of an account that is being deleted.
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

    /// Nothing is left of an account that is being deleted, and all that was its
    /// elsewhere is gone.
    pub fn erase(&mut self, context: Change<'_, '_>) {
        if self.deletion().is_some() {
            // What hubs must still learn of its sessions outlives it.
            *self = Self { letters: std::mem::take(&mut self.letters), ..Self::default() };
            context.writes.push(Write::Erase);
        }
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

    /// What is said of a session that is good.
    fn authenticated(&mut self, context: Change<'_, '_>, id: SessionId) -> Result<Authenticated, Refusal> {
        let Session { character, hub, .. } = *self.session(context, id)?;
        let expires = self.session(context, id)?.expires();
        let profile = self.profile.as_ref().ok_or(ErrorCode::SessionExpired)?;
        let silenced = profile.silenced.filter(|until| *until > context.now);
        Ok(Authenticated { username: profile.username.clone(), character, expires, hub, silenced })
    }

    fn authenticate(&mut self, context: Change<'_, '_>, call: &Authenticate) -> Result<Authenticated, Refusal> {
        let authenticated = self.authenticated(context, call.session)?;
        if let Some(hub) = call.hub {
            self.socket_in(context, call.session, hub)?;
        }
        Ok(authenticated)
    }

    fn vouch(&mut self, context: Change<'_, '_>, call: &Vouch) -> Result<Option<Voucher>, Refusal> {
        let Authenticated { character, silenced, hub, .. } = self.authenticated(context, call.session)?;
        if hub.is_some_and(|hub| hub != call.hub) {
            return Ok(None);
        }
        self.socket_in(context, call.session, call.hub)?;
        Ok(Some(Voucher { character, silenced }))
    }

    /// From here on this hub is told what becomes of a session, and no other.
    fn socket_in(&mut self, context: Change<'_, '_>, id: SessionId, hub: u32) -> Result<(), Refusal> {
        let session = self.session(context, id)?;
        let before = session.hub.replace(hub);
        if before == Some(hub) {
            return Ok(());
        }
        context.writes.push(Write::Session(id, session.clone()));
        if let Some(before) = before {
            self.tell_hub(context, id, before, Fate::Moved);
        }
        self.socket_is_back(context, id, hub);
        Ok(())
    }

    fn end_session(&mut self, context: Change<'_, '_>, call: &EndSession) {
        self.end_sessions(context, ErrorCode::LoggedOut, |id, _| id == call.session);
    }

    /// Whether a session whose place a hub keeps is good. It is not a use of the session.
    fn stands(&self, now: Millis, call: &Stands) -> Result<Standing, Refusal> {
        let name = self.newest_name(call.session);
        let session = self.sessions.get(&name).filter(|session| now < session.expires());
        let session = session.ok_or(ErrorCode::SessionExpired)?;
        if session.hub != Some(call.hub) {
            return Err(ErrorCode::SignedInElsewhere.into());
        }
        let profile = self.profile.as_ref().ok_or(ErrorCode::SessionExpired)?;
        Ok(Standing { session: name, silenced: profile.silenced.filter(|until| *until > now) })
    }

    /// Counts a party that one of its characters founds.
    fn found_party(&mut self, context: Change<'_, '_>, call: &FoundParty) -> Result<(), Refusal> {
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

    fn reserve_character(&mut self, context: Change<'_, '_>, call: ReserveCharacter) -> Result<CharacterId, Refusal> {
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
            // Nothing was made but a slot: a name that was taken costs none of the day's.
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

    fn owns(&mut self, context: Change<'_, '_>, call: &Owns) -> Result<(), Refusal> {
        self.session(context, call.session)?;
        self.active(call.character).map(drop)
    }

    fn select(&mut self, context: Change<'_, '_>, call: &SelectCharacter) -> Result<Authenticated, Refusal> {
        self.session(context, call.session)?;
        self.active(call.character)?;
        let session = self.session(context, call.session)?;
        if session.character != Some(call.character) {
            session.character = Some(call.character);
            context.writes.push(Write::Session(call.session, session.clone()));
        }
        self.authenticated(context, call.session)
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
                let is_its =
                    |slot: &&Slot| slot.id.get() == call.id && character_keys(&slot.name).contains(&call.key);
                match self.slots.iter().find(is_its) {
                    None => Settlement::Release,
                    Some(Slot { stage: Stage::Active, .. }) => Settlement::Keep,
                    Some(_) => Settlement::Wait,
                }
            }
            // It is entered only once the character is listed, and goes with it.
            Kind::CharacterId => {
                let listed = self.slots.iter().any(|slot| slot.id.get() == call.id);
                if listed { Settlement::Keep } else { Settlement::Release }
            }
        }
    }

    /// Ends the sessions that are past their time; and what was cut short so
    /// long ago that nobody is at it any more. What was being made is marked
    /// as being deleted, so that it cannot be committed from here on.
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
            // Its slots go with it.
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
