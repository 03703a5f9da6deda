//! What a party decides.

use super::{
    contract::{
        Accept, Create, Decline, Disband, Gather, Holds, Invite, Kick, Leave, Look, PartyCall, Promote, Report, Say,
        SetLoot, View, Withdraw,
    },
    errand::{Errand, Letter},
    record::StoredUpdate,
    state::{Member, State},
};
use crate::calls::BatchNumber;
use crate::{
    calls::{
        character::Place,
        hub::{Audience, Delivery},
    },
    effect::{Context, Logic, Reply, reply},
    letters::{self, Letters},
    systems::chat::{Scope, Spoken, fanout::Fanout, heard::Heard, history::History},
};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    ErrorCode, Refusal,
    ids::CharacterId,
    limits::{MEMBER_MISSING, PARTY_DESERTED, PARTY_FORGOTTEN_AFTER, REMEMBERED_REQUESTS},
    protocol::{chat::PastChat, party::PartyUpdate},
    time::Millis,
};
use std::collections::VecDeque;

/// A request that was served, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// What tells it from others.
    pub key: u64,
    /// Why it was refused, if it was.
    pub refused: Option<ErrorCode>,
}

/// A row that changes.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// The party.
    State(Box<State>),
    /// A request was served.
    Served(Served),
    /// A request is forgotten.
    ForgetServed(u64),
    /// A letter is written.
    Post(u64, letters::Letter<Letter>),
    /// A letter is done with.
    Done(u64),
    /// Something was said.
    Said(PastChat),
    /// What was said up to this number is forgotten.
    ForgetSaid(u64),
    /// A hub's batch was heard.
    Heard(u32, BatchNumber),
}

/// The memory of a Party.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Party {
    pub(super) state: Option<State>,
    served: VecDeque<Served>,
    pub(super) letters: Letters<Letter>,
    history: History,
    said: u64,
    heard: Heard,
    pub(super) fanout: Fanout<Delivery>,
}

pub(super) type Change<'a, 'b> = &'a mut Context<'b, Write>;

impl Party {
    /// The memory that these rows hold; requests and words the oldest first.
    #[must_use]
    pub fn restore(
        state: Option<State>,
        served: VecDeque<Served>,
        letters: Letters<Letter>,
        said: Vec<PastChat>,
        heard: Heard,
    ) -> Self {
        let mut history = History::default();
        let last = said.last().map_or(0, |past| past.number);
        for past in said {
            history.push(past);
        }
        Self { state, served, letters, history, said: last, heard, fanout: Fanout::default() }
    }

    /// The party, while there is one.
    pub(super) fn living(&self) -> Result<&State, Refusal> {
        self.state.as_ref().filter(|state| !state.ended).ok_or(ErrorCode::NotFound.into())
    }

    pub(super) fn living_mut(&mut self) -> Result<&mut State, Refusal> {
        self.state.as_mut().filter(|state| !state.ended).ok_or(ErrorCode::NotFound.into())
    }

    /// The party, to its leader.
    pub(super) fn led_by(&mut self, character: CharacterId) -> Result<&mut State, Refusal> {
        let state = self.living_mut()?;
        match state.member(character) {
            None => Err(ErrorCode::NotInParty.into()),
            Some(_) if state.leader != character => Err(ErrorCode::NotLeader.into()),
            Some(_) => Ok(state),
        }
    }

    /// Serves a request once. A repeated one is refused again if it was refused, else answered
    /// with the party as it is now, and changes nothing.
    pub(super) fn once(
        &mut self,
        context: Change<'_, '_>,
        key: u64,
        serve: impl FnOnce(&mut Self, Change<'_, '_>) -> Result<(), Refusal>,
    ) -> Result<PartyUpdate, Refusal> {
        let outcome = match self.served.iter().find(|served| served.key == key) {
            Some(served) => served.refused.map_or(Ok(()), |code| Err(code.into())),
            None => {
                let outcome = serve(self, context);
                if self.state.is_some() {
                    self.remember(context, Served { key, refused: outcome.as_ref().err().map(|one| one.code) });
                }
                outcome
            }
        };
        outcome?;
        self.state.as_ref().map(State::update).ok_or(ErrorCode::NotFound.into())
    }

    fn remember(&mut self, context: Change<'_, '_>, served: Served) {
        context.writes.push(Write::Served(served.clone()));
        self.served.push_back(served);
        if self.served.len() > REMEMBERED_REQUESTS
            && let Some(oldest) = self.served.pop_front()
        {
            context.writes.push(Write::ForgetServed(oldest.key));
        }
    }

    /// Stores the party after a change, and tells its members, and `others`, who are no longer
    /// members or invited.
    pub(super) fn changed(&mut self, context: Change<'_, '_>, others: impl IntoIterator<Item = Place>) {
        let Some(state) = self.state.as_mut() else { return };
        state.version += 1;
        let online = state.places().next().is_some();
        state.deserted = if online || state.ended { None } else { state.deserted.or(Some(context.now)) };
        let update = StoredUpdate::from(state.update());
        let mut to: Vec<Place> = state.places().chain(others).collect();
        self.store(context);
        to.sort_by_key(|(_, visit)| visit.hub);
        for places in to.chunk_by(|(_, a), (_, b)| a.hub == b.hub) {
            let Some(hub) = places.first().map(|(_, visit)| visit.hub) else { continue };
            self.post(context, Letter::Update { hub, update: update.clone(), to: places.to_vec() });
        }
    }

    pub(super) fn store(&self, context: Change<'_, '_>) {
        context.writes.extend(self.state.clone().map(Box::new).map(Write::State));
    }

    pub(super) fn post(&mut self, context: Change<'_, '_>, says: Letter) {
        let (number, letter) = self.letters.post(context.now, says);
        context.writes.push(Write::Post(number, letter));
    }

    fn create(&mut self, context: Change<'_, '_>, call: &Create) -> Result<(), Refusal> {
        if self.state.is_some() {
            // Ids are drawn at random: this is not the same party.
            return Err(ErrorCode::Internal.into());
        }
        if context.now >= call.until {
            return Err(ErrorCode::NotFound.into());
        }
        let founder = call.founder.clone();
        self.state = Some(State {
            id: call.party,
            name: call.name.clone(),
            max_members: call.max_members,
            loot: Default::default(),
            leader: founder.character,
            version: 0,
            ended: false,
            ended_at: None,
            deserted: None,
            members: vec![Member {
                character: founder.character,
                name: founder.name,
                seat: call.key,
                presence: founder.presence,
            }],
            invitations: Vec::new(),
        });
        self.changed(context, []);
        Ok(())
    }

    fn look(&self, now: Millis, character: CharacterId) -> Result<View, Refusal> {
        let state = self.living()?;
        let is_member = state.member(character).is_some();
        if !is_member && state.invitation(character, now).is_none() {
            return Err(ErrorCode::NotFound.into());
        }
        let history = if is_member { self.history.before(None).into_vec() } else { Vec::new() };
        Ok(View { update: state.update(), history })
    }

    fn leave(&mut self, context: Change<'_, '_>, character: CharacterId) -> Result<(), Refusal> {
        self.living()?.member(character).ok_or(ErrorCode::NotInParty)?;
        self.put_out(context, character)
    }

    fn kick(&mut self, context: Change<'_, '_>, call: &Kick) -> Result<(), Refusal> {
        self.led_by(call.by)?.member(call.character).ok_or(ErrorCode::NotFound)?;
        self.put_out(context, call.character)
    }

    fn put_out(&mut self, context: Change<'_, '_>, character: CharacterId) -> Result<(), Refusal> {
        let state = self.living_mut()?;
        let at = state.members.iter().position(|member| member.character == character);
        let gone = state.members.remove(at.ok_or(ErrorCode::NotFound)?);
        self.post(context, Letter::Released { character, seat: gone.seat });
        let place = gone.presence.visit.map(|visit| (character, visit));
        let state = self.living_mut()?;
        match state.members.first() {
            None => self.end(context, place),
            Some(longest) => {
                if state.leader == character {
                    state.leader = longest.character;
                }
                self.changed(context, place);
            }
        }
        Ok(())
    }

    fn promote(&mut self, context: Change<'_, '_>, call: &Promote) -> Result<(), Refusal> {
        let state = self.led_by(call.by)?;
        state.member(call.character).ok_or(ErrorCode::NotFound)?;
        state.leader = call.character;
        self.changed(context, []);
        Ok(())
    }

    fn set_loot(&mut self, context: Change<'_, '_>, call: &SetLoot) -> Result<(), Refusal> {
        self.led_by(call.by)?.loot = call.loot;
        self.changed(context, []);
        Ok(())
    }

    fn disband(&mut self, context: Change<'_, '_>, by: CharacterId) -> Result<(), Refusal> {
        self.led_by(by)?;
        self.end(context, None);
        Ok(())
    }

    /// Ends the party: all who are in it or invited are free.
    fn end(&mut self, context: Change<'_, '_>, last: Option<Place>) {
        let Ok(state) = self.living_mut() else { return };
        (state.ended, state.ended_at) = (true, Some(context.now));
        let (members, invitations) = (std::mem::take(&mut state.members), std::mem::take(&mut state.invitations));
        let mut places: Vec<Place> = last.into_iter().collect();
        for open in invitations {
            self.post(context, Letter::Uninvited { character: open.character, key: open.key });
            places.push((open.character, open.visit));
        }
        for member in members {
            self.post(context, Letter::Released { character: member.character, seat: member.seat });
            places.extend(member.presence.visit.map(|visit| (member.character, visit)));
        }
        self.changed(context, places);
        if !self.history.is_empty() {
            self.history = History::default();
            context.writes.push(Write::ForgetSaid(self.said));
        }
    }

    fn holds(&self, call: &Holds) -> bool {
        let member = self.living().ok().and_then(|state| state.member(call.character));
        member.is_some_and(|member| member.seat == call.seat)
    }

    fn report(&mut self, context: Change<'_, '_>, call: &Report) -> Result<(), Refusal> {
        let state = self.living_mut().map_err(|_| ErrorCode::NotInParty)?;
        let is_it = |member: &&mut Member| member.character == call.character && member.seat == call.seat;
        let member = state.members.iter_mut().find(is_it).ok_or(ErrorCode::NotInParty)?;
        if call.presence.number <= member.presence.number {
            // An older word that was overtaken, or the same again.
            return Ok(());
        }
        let before = std::mem::replace(&mut member.presence, call.presence);
        if before.visit.is_some() == call.presence.visit.is_some() {
            self.store(context);
        } else {
            self.changed(context, []);
        }
        Ok(())
    }

    /// A hub does not have these members.
    pub(super) fn are_gone(&mut self, context: Change<'_, '_>, places: &[Place]) {
        let Ok(state) = self.living_mut() else { return };
        let mut gone = Vec::new();
        for member in &mut state.members {
            let place = member.presence.visit.map(|visit| (member.character, visit));
            if let Some(place) = place.filter(|place| places.contains(place)) {
                member.presence.visit = None;
                gone.push(place);
            }
        }
        if gone.is_empty() {
            return;
        }
        // If a member is there after all, its Character says so.
        for (character, visit) in gone {
            self.post(context, Letter::Doubted { character, visit });
        }
        self.changed(context, []);
    }

    fn gather(&self, character: CharacterId) -> Result<Option<u32>, Refusal> {
        let state = self.living().map_err(|_| ErrorCode::NotInParty)?;
        state.member(character).ok_or(ErrorCode::NotInParty)?;
        let others = || state.places().filter(|(other, _)| *other != character).map(|(_, visit)| visit.hub);
        Ok(others().max_by_key(|hub| (others().filter(|other| other == hub).count(), u32::MAX - hub)))
    }

    fn say(&mut self, context: Change<'_, '_>, call: Say) -> Vec<Option<ErrorCode>> {
        let Ok(state) = self.living() else {
            return call.utterances.iter().map(|_| Some(ErrorCode::NotInParty)).collect();
        };
        let (sender, places): (u64, Vec<Place>) = (state.id.get(), state.places().collect());
        let may_speak: Vec<bool> =
            call.utterances.iter().map(|one| state.member(one.chat.sender_id).is_some()).collect();
        let refused = may_speak.iter().map(|may| (!may).then_some(ErrorCode::NotInParty)).collect();
        if !self.heard.is_new(call.hub, call.batch) {
            return refused;
        }
        context.writes.push(Write::Heard(call.hub, call.batch));
        for (one, _) in call.utterances.into_iter().zip(may_speak).filter(|(_, may)| *may) {
            self.said += 1;
            let spoken = Spoken {
                number: self.said,
                at: context.now,
                audience: Scope::Party,
                chat: one.chat,
                origin: Some(one.origin),
            };
            context.writes.push(Write::Said(spoken.past()));
            if let Some(forgotten) = self.history.push(spoken.past()) {
                context.writes.push(Write::ForgetSaid(forgotten));
            }
            let mut hubs: Vec<u32> = places.iter().map(|(_, visit)| visit.hub).chain([call.hub]).collect();
            hubs.sort_unstable();
            hubs.dedup();
            for hub in hubs {
                let to = places.iter().filter(|(_, visit)| visit.hub == hub).copied().collect();
                self.fanout.push(hub, spoken.clone().delivery(sender, Audience::Places(to)));
            }
        }
        refused
    }

    /// Ends a party that has been deserted for too long.
    pub fn expire(&mut self, context: Change<'_, '_>) {
        let deserted = self.living().ok().and_then(|state| state.deserted);
        if deserted.is_some_and(|since| context.now.since(since) >= PARTY_DESERTED) {
            self.end(context, None);
        }
    }

    /// A hub has said that these receivers of an update are not there.
    pub(super) fn missing(&mut self, context: Change<'_, '_>, number: u64, posted: Millis, update: Letter) {
        let Letter::Update { to, .. } = &update else { return };
        // A member who has just entered may not be there yet, so it is told again later. Somebody
        // who is no member is told once.
        let current = |(who, visit): &&Place| {
            let member = self.living().ok().and_then(|state| state.member(*who));
            member.is_some_and(|member| member.presence.visit == Some(*visit))
        };
        let to: Vec<Place> = to.iter().filter(current).copied().collect();
        if !to.is_empty() && context.now.since(posted) < MEMBER_MISSING {
            let Letter::Update { hub, update, .. } = update else { return };
            return self.letters.put_off(number, context.now, 500, Letter::Update { hub, update, to });
        }
        if self.letters.remove(number) {
            context.writes.push(Write::Done(number));
        }
        self.are_gone(context, &to);
    }
}

impl Logic for Party {
    type Call = PartyCall;
    type Write = Write;

    fn dispatch(&mut self, context: &mut Context<'_, Write>, call: PartyCall) -> Reply {
        match call {
            PartyCall::Create(call) => {
                reply::<Create>(self.once(context, call.key, |party, context| party.create(context, &call)))
            }
            PartyCall::Look(call) => reply::<Look>(self.look(context.now, call.character)),
            PartyCall::Invite(call) => reply::<Invite>(self.invited(context, call)),
            PartyCall::Accept(call) => {
                reply::<Accept>(self.once(context, call.key, |party, context| party.accept(context, &call)))
            }
            PartyCall::Decline(call) => {
                reply::<Decline>(self.once(context, call.key, |party, context| party.decline(context, &call)))
            }
            PartyCall::Leave(call) => {
                reply::<Leave>(self.once(context, call.key, |party, context| party.leave(context, call.character)))
            }
            PartyCall::Kick(call) => {
                reply::<Kick>(self.once(context, call.key, |party, context| party.kick(context, &call)))
            }
            PartyCall::Withdraw(call) => {
                reply::<Withdraw>(self.once(context, call.key, |party, context| party.withdraw(context, &call)))
            }
            PartyCall::Promote(call) => {
                reply::<Promote>(self.once(context, call.key, |party, context| party.promote(context, &call)))
            }
            PartyCall::SetLoot(call) => {
                reply::<SetLoot>(self.once(context, call.key, |party, context| party.set_loot(context, &call)))
            }
            PartyCall::Disband(call) => {
                reply::<Disband>(self.once(context, call.key, |party, context| party.disband(context, call.by)))
            }
            PartyCall::Holds(call) => reply::<Holds>(Ok(self.holds(&call))),
            PartyCall::Report(call) => reply::<Report>(self.report(context, &call)),
            PartyCall::Gather(call) => reply::<Gather>(self.gather(call.character)),
            PartyCall::Say(call) => reply::<Say>(Ok(self.say(context, call))),
        }
    }

    fn next_deadline(&self) -> Option<Millis> {
        let deserted = self.living().ok().and_then(|state| state.deserted).map(|since| since + PARTY_DESERTED);
        // While letters wait, no alarm is needed: the answer to the last one lets the party be
        // forgotten.
        let forgotten = self.forgotten_at().filter(|_| self.letters.is_empty());
        deserted.into_iter().chain(forgotten).chain(self.letters.next_deadline()).min()
    }

    fn is_finished(&self, now: Millis) -> bool {
        let is_over = self.state.is_none() || self.forgotten_at().is_some_and(|due| due <= now);
        is_over && self.letters.is_empty()
    }
}

impl Party {
    /// When an ended party need not answer repeated requests any more.
    fn forgotten_at(&self) -> Option<Millis> {
        let ended = self.state.as_ref().filter(|state| state.ended)?;
        Some(ended.ended_at.unwrap_or_default() + PARTY_FORGOTTEN_AFTER)
    }

    /// What is to be done with other objects.
    pub(super) fn errands(&mut self, now: Millis) -> Vec<Errand> {
        let letters = self.letters.take_due(now).into_iter();
        let letters = letters.map(|(number, letter)| Errand::Letter(number, Box::new(letter)));
        let mut errands: Vec<Errand> = letters.collect();
        errands.extend(self.fanout.take().into_iter().map(|(hub, words)| Errand::Words(hub, words)));
        errands
    }
}

#[cfg(test)]
impl Party {
    /// The members.
    pub fn members(&self) -> impl Iterator<Item = &super::state::Member> {
        self.state.iter().flat_map(|state| &state.members)
    }

    /// The letters that have not been answered.
    pub fn waiting(&self) -> impl Iterator<Item = (u64, &Letter)> {
        self.letters.iter()
    }
}
