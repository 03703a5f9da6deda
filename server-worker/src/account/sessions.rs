//! Signing in, passwords, sessions, and what hubs are told of sessions.

use super::{
    errand::Fate,
    logic::{Account, Change, Session, Write},
};
use crate::calls::account::{
    Authenticate, Authenticated, ChangePassword, EndSession, Knows, PasswordChanged, Proof, Renew, Renewed,
    ScramProof, SignIn, SignedIn, Standing, Stands, Vouch,
};
use shardlink_shared::{
    ErrorCode, Refusal,
    crypto::{
        password::Salt,
        scram,
        token::{SessionId, Voucher},
    },
    ids::CharacterId,
    limits::{KNOWN_NETWORK_LIFE, MAX_KNOWN_NETWORKS, SESSION_TOUCH},
    time::Millis,
};
use std::collections::BTreeMap;

impl Account {
    pub(super) fn salt(&self) -> Result<(Salt, u32), Refusal> {
        let profile = self.profile.as_ref().ok_or(ErrorCode::BadCredentials)?;
        Ok((profile.verifier.salt, profile.verifier.iterations))
    }

    pub(super) fn sign_in(&mut self, context: Change<'_, '_>, call: &SignIn) -> Result<SignedIn, Refusal> {
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

    /// Checks a proof that the password is known, and returns the server's own proof if it came
    /// by SCRAM. Whatever is wrong, the refusal is the one that an unknown name gets: another
    /// would tell which names exist.
    pub(super) fn judge(&mut self, context: Change<'_, '_>, proof: &Proof) -> Result<Option<String>, Refusal> {
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
                // Right or wrong, the exchange has been used.
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

    /// Remembers a network that the owner signed in from. If there are too many, the one used
    /// longest ago is forgotten.
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

    pub(super) fn knows(&self, now: Millis, call: &Knows) -> bool {
        self.known.get(&call.mark).is_some_and(|at| now.since(*at) < KNOWN_NETWORK_LIFE)
    }

    pub(super) fn change_password(
        &mut self,
        context: Change<'_, '_>,
        call: ChangePassword,
    ) -> Result<PasswordChanged, Refusal> {
        self.session(context, call.session)?;
        let done = self.profile.as_ref().is_some_and(|profile| profile.verifier == call.verifier);
        // If this is a repeated call, the old password is no longer right.
        let server_final = if done { None } else { self.judge(context, &call.proof)? };
        let profile = self.profile.as_mut().ok_or(ErrorCode::SessionExpired)?;
        profile.verifier = call.verifier;
        context.writes.push(Write::Profile(profile.clone()));
        self.end_others(context, call.session, ErrorCode::LoggedOut);
        Ok(PasswordChanged { server_final })
    }

    /// The session, if it is valid. Its use is stored at most once a minute.
    pub(super) fn session(&mut self, context: Change<'_, '_>, id: SessionId) -> Result<&mut Session, Refusal> {
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

    /// What is told of a session, if it is valid.
    pub(super) fn authenticated(&mut self, context: Change<'_, '_>, id: SessionId) -> Result<Authenticated, Refusal> {
        let Session { character, hub, .. } = *self.session(context, id)?;
        let expires = self.session(context, id)?.expires();
        let profile = self.profile.as_ref().ok_or(ErrorCode::SessionExpired)?;
        let silenced = profile.silenced.filter(|until| *until > context.now);
        Ok(Authenticated { username: profile.username.clone(), character, expires, hub, silenced })
    }

    pub(super) fn authenticate(
        &mut self,
        context: Change<'_, '_>,
        call: &Authenticate,
    ) -> Result<Authenticated, Refusal> {
        let authenticated = self.authenticated(context, call.session)?;
        if let Some(hub) = call.hub {
            self.socket_in(context, call.session, hub)?;
        }
        Ok(authenticated)
    }

    pub(super) fn vouch(&mut self, context: Change<'_, '_>, call: &Vouch) -> Result<Option<Voucher>, Refusal> {
        let Authenticated { character, silenced, hub, .. } = self.authenticated(context, call.session)?;
        if hub.is_some_and(|hub| hub != call.hub) {
            return Ok(None);
        }
        self.socket_in(context, call.session, call.hub)?;
        Ok(Some(Voucher { character, silenced }))
    }

    /// Notes that this hub holds the session's socket: from here on it alone is told what
    /// becomes of the session.
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

    pub(super) fn end_session(&mut self, context: Change<'_, '_>, call: &EndSession) {
        self.end_sessions(context, ErrorCode::LoggedOut, |id, _| id == call.session);
    }

    /// Ends all sessions but one, and returns the character that one has selected.
    fn end_others(&mut self, context: Change<'_, '_>, stays: SessionId, code: ErrorCode) -> Option<CharacterId> {
        self.end_sessions(context, code, |id, _| id != stays);
        self.sessions.get(&stays).and_then(|session| session.character)
    }

    /// Ends these sessions, and tells the hubs of their sockets.
    pub(super) fn end_sessions(
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

    pub(super) fn renew(&mut self, context: Change<'_, '_>, call: &Renew) -> Result<Renewed, Refusal> {
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

    /// Whether a session whose place a hub keeps is valid. Asking does not count as a use of
    /// the session.
    pub(super) fn stands(&self, now: Millis, call: &Stands) -> Result<Standing, Refusal> {
        let name = self.newest_name(call.session);
        let session = self.sessions.get(&name).filter(|session| now < session.expires());
        let session = session.ok_or(ErrorCode::SessionExpired)?;
        if session.hub != Some(call.hub) {
            return Err(ErrorCode::SignedInElsewhere.into());
        }
        let profile = self.profile.as_ref().ok_or(ErrorCode::SessionExpired)?;
        Ok(Standing { session: name, silenced: profile.silenced.filter(|until| *until > now) })
    }
}
