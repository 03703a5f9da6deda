//! Invitations into a party: sent, accepted, declined, taken back.

use super::{
    contract::{Accept, Decline, Invite, Withdraw},
    errand::Letter,
    logic::{Change, Party},
    state::{Invitation, Member},
};
use shardlink_shared::{
    ErrorCode, Refusal,
    ids::CharacterId,
    limits::{INVITATION_LIFE, MAX_INVITATIONS},
    protocol::party::PartyInvite,
    time::Millis,
};

impl Party {
    pub(super) fn invite(&mut self, context: Change<'_, '_>, call: &Invite) -> Result<(), Refusal> {
        let now = context.now;
        let state = self.led_by(call.by)?;
        if state.member(call.invitee).is_some() {
            return Err(ErrorCode::AlreadyInParty.into());
        }
        if state.is_full() {
            return Err(ErrorCode::PartyFull.into());
        }
        if state.invitation(call.invitee, now).is_some() {
            // Somebody who has an invitation is not told of it again.
            return Ok(());
        }
        state.invitations.retain(|open| open.expires > now);
        if state.invitations.len() >= MAX_INVITATIONS {
            let first = state.invitations.iter().map(|open| open.expires).min().unwrap_or(now);
            return Err(Refusal::new(ErrorCode::RateLimited)
                .after(first.since(now) as f64 / 1000.0)
                .saying("The party has too many open invitations. Take one back, or wait."));
        }
        let expires = now + INVITATION_LIFE;
        state.invitations.push(Invitation {
            character: call.invitee,
            name: call.name.clone(),
            key: call.key,
            expires,
            visit: call.visit,
        });
        let invite = state.invite(call.invitee, &call.name, Some(expires)).ok_or(ErrorCode::Internal)?;
        self.store(context);
        self.post(context, Letter::Invited { key: call.key, expires, invite: invite.into() });
        Ok(())
    }

    /// The copy of an invitation for its sender, even if it has been answered since.
    pub(super) fn invited(&mut self, context: Change<'_, '_>, call: Invite) -> Result<PartyInvite, Refusal> {
        self.once(context, call.key, |party, context| party.invite(context, &call))?;
        let state = self.state.as_ref().ok_or(ErrorCode::NotFound)?;
        let expires = state.invitation(call.invitee, context.now).map(|open| open.expires);
        state.invite(call.invitee, &call.name, expires).ok_or(ErrorCode::NotFound.into())
    }

    /// Uses an invitation up.
    pub(super) fn take_invitation(
        &mut self,
        now: Millis,
        character: CharacterId,
        key: u64,
    ) -> Result<Invitation, Refusal> {
        let state = self.living_mut()?;
        let is_it = |open: &Invitation| open.character == character && open.key == key && open.expires > now;
        let at = state.invitations.iter().position(is_it).ok_or(ErrorCode::NotFound)?;
        Ok(state.invitations.remove(at))
    }

    pub(super) fn accept(&mut self, context: Change<'_, '_>, call: &Accept) -> Result<(), Refusal> {
        let joiner = &call.joiner;
        let state = self.living()?;
        if state.member(joiner.character).is_some() {
            return Err(ErrorCode::AlreadyInParty.into());
        }
        if state.is_full() {
            return Err(ErrorCode::PartyFull.into());
        }
        self.take_invitation(context.now, joiner.character, call.invitation)?;
        self.living_mut()?.members.push(Member {
            character: joiner.character,
            name: joiner.name.clone(),
            seat: call.key,
            presence: joiner.presence,
        });
        self.changed(context, []);
        Ok(())
    }

    pub(super) fn decline(&mut self, context: Change<'_, '_>, call: &Decline) -> Result<(), Refusal> {
        self.take_invitation(context.now, call.character, call.invitation)?;
        self.post(context, Letter::Uninvited { character: call.character, key: call.invitation });
        self.changed(context, []);
        Ok(())
    }

    pub(super) fn withdraw(&mut self, context: Change<'_, '_>, call: &Withdraw) -> Result<(), Refusal> {
        let now = context.now;
        let state = self.led_by(call.by)?;
        let key = state.invitation(call.character, now).ok_or(ErrorCode::NotFound)?.key;
        let withdrawn = self.take_invitation(now, call.character, key)?;
        self.post(context, Letter::Uninvited { character: call.character, key });
        self.changed(context, [(withdrawn.character, withdrawn.visit)]);
        Ok(())
    }
}
