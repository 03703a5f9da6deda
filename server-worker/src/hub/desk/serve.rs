//! A system's requests: handed over, waited for, answered.

use crate::{
    hub::{
        outbox::{Effect, Outbox, Turn},
        sockets::connection::{ConnectionId, Queued},
        state::Hub,
    },
    service::{Actor, Result},
    systems::{Asker, Here, Occasion, Players, Present, Reply, Request, Step, Told},
};
use shardlink_shared::{
    ErrorCode, Refusal,
    ids::CharacterId,
    protocol::{ClientMessage, Envelope, RequestId},
    text::CharacterName,
};

impl Hub {
    /// Hands a player's message to the system that it belongs to.
    ///
    /// # Errors
    /// NOT_AVAILABLE for a message of no system; what the system refuses at once; RATE_LIMITED or
    /// OVERLOADED if too many requests wait.
    pub(in crate::hub) fn hand_over(
        &mut self,
        id: ConnectionId,
        request: Option<RequestId>,
        message: ClientMessage,
        out: &mut Outbox,
    ) -> Result<()> {
        let wanted = Request::read(message).map_err(|_| ErrorCode::NotAvailable)?;
        self.begin(id, Queued { request, is_asked: true, wanted }, out)
    }

    /// Makes the requests that systems themselves have for a player who has come.
    pub(in crate::hub) fn ask_unasked(&mut self, id: ConnectionId, occasion: Occasion, out: &mut Outbox) {
        let Some(player) = self.player(id) else { return };
        for wanted in Request::unasked(occasion, &player.facts, &self.desk.locals) {
            // Nobody has asked, so nobody is told of a refusal.
            let _ = self.begin(id, Queued { request: None, is_asked: false, wanted }, out);
        }
    }

    fn begin(&mut self, id: ConnectionId, asked: Queued, out: &mut Outbox) -> Result<()> {
        let asker = self.asker(id, &asked).ok_or(ErrorCode::NoCharacter)?;
        let here = Here {
            asker: &asker,
            now: out.now,
            settings: &self.settings.systems,
            players: self,
            is_busy: self.connections.get(&id).is_some_and(|one| one.turns.is_busy()),
        };
        match asked.wanted.begin(&here, &self.desk.locals)? {
            Step::Done(reply) => self.replied(&asker, *reply, out),
            Step::AtOnce(wanted) => out.push(Effect::Serve(Box::new(asker), Turn::None, Box::new(wanted))),
            Step::InTurn(wanted) => {
                let connection = self.connections.get_mut(&id).ok_or(ErrorCode::NoCharacter)?;
                if let Some(Queued { wanted, .. }) = connection.turns.add(queued(&asker, wanted))? {
                    out.push(Effect::Serve(Box::new(asker), Turn::Taken, Box::new(wanted)));
                }
            }
            Step::Together(lane, wanted) => {
                self.desk.lanes.gather(lane, asker, wanted)?;
                self.desk.lanes.pass_on(lane, self.number, out);
            }
        }
        Ok(())
    }

    fn asker(&self, id: ConnectionId, queued: &Queued) -> Option<Asker> {
        let connection = self.connections.get(&id)?;
        let player = connection.player()?;
        Some(Asker {
            actor: Actor { owner: player.identity.player, character: player.character },
            name: player.name.clone(),
            faction: player.faction,
            visit: id.visit(self.number),
            request: queued.request.clone(),
            is_asked: queued.is_asked,
            silenced: connection.silenced,
            facts: player.facts.clone(),
        })
    }

    /// A system's request was served, or refused.
    pub(in crate::hub) fn served(&mut self, asker: &Asker, turn: Turn, result: Result<Reply>, out: &mut Outbox) {
        self.settle(asker, result, out);
        if turn == Turn::Taken {
            self.next_in_turn(ConnectionId(asker.visit.connection), out);
        }
    }

    /// Requests that went together were served, or refused.
    pub(in crate::hub) fn served_together(
        &mut self,
        lane: crate::systems::Lane,
        askers: Vec<Asker>,
        results: Result<Vec<Result<Reply>>>,
        out: &mut Outbox,
    ) {
        self.desk.lanes.answered(lane);
        let mut results = results.map(Vec::into_iter);
        for asker in askers {
            let result = match &mut results {
                Ok(results) => results.next().unwrap_or_else(|| Ok(Reply::default())),
                Err(refusal) => Err(refusal.clone()),
            };
            let id = ConnectionId(asker.visit.connection);
            let is_settled = match &result {
                Ok(reply) => reply.answer.is_some() || reply.again.is_some(),
                Err(_) => true,
            };
            // A request whose delivery has come back is answered already.
            let was_open = is_settled && self.desk.lanes.is_answered(id, asker.request.as_ref());
            if result.is_ok() || asker.request.is_none() || was_open {
                self.settle(&asker, result, out);
            }
        }
        self.desk.lanes.pass_on(lane, self.number, out);
    }

    /// Gives up requests that were passed on and have not come back for too long, and tells
    /// those who made them.
    pub(in crate::hub) fn give_up_unanswered(&mut self, out: &mut Outbox) {
        for (id, request) in self.desk.lanes.take_late(out.now) {
            self.refuse(id, Some(request), &ErrorCode::Internal.into(), out);
        }
    }

    fn settle(&mut self, asker: &Asker, result: Result<Reply>, out: &mut Outbox) {
        match result {
            Ok(reply) => self.replied(asker, reply, out),
            Err(refusal) => self.refused(asker, &refusal, out),
        }
    }

    fn refused(&mut self, asker: &Asker, refusal: &Refusal, out: &mut Outbox) {
        if asker.is_asked {
            self.refuse(ConnectionId(asker.visit.connection), asker.request.clone(), refusal, out);
        }
    }

    fn replied(&mut self, asker: &Asker, reply: Reply, out: &mut Outbox) {
        let Reply { answer, also, remembered, again } = reply;
        if let Some(remembered) = remembered {
            self.desk.locals.remember(remembered);
        }
        let id = ConnectionId(asker.visit.connection);
        // The answer belongs to the character that asked; its player may play another by now.
        let is_here = self.player(id).is_some_and(|player| player.character == asker.actor.character);
        if !is_here && (answer.is_some() || again.is_some()) {
            self.refused(asker, &ErrorCode::NoCharacter.into(), out);
        }
        if let Some(told) = answer.filter(|_| is_here) {
            self.tell_answer(id, asker, told, out);
        }
        self.deliver_all(also, out);
        if let Some(wanted) = again.filter(|_| is_here)
            && let Err(refusal) = self.begin(id, queued(asker, wanted), out)
        {
            self.refused(asker, &refusal, out);
        }
    }

    fn tell_answer(&mut self, id: ConnectionId, asker: &Asker, told: Told, out: &mut Outbox) {
        let is_news = told.change.as_ref().is_none_or(|change| !self.learn(&[id], change, out).is_empty());
        if !asker.is_asked && !is_news {
            return;
        }
        let request = asker.request.clone();
        if told.is_reliable {
            return self.send_reliably(vec![id], request.map(|request| (id, request)), &told.message, out);
        }
        if !asker.is_asked {
            return self.tell_unasked(id, &told.message, out);
        }
        if let Some(connection) = self.connections.get(&id) {
            out.send(id, connection.encoding, &Envelope::answering(request, out.now), &told.message);
        }
    }

    /// Tells somebody who has entered what is going on for it: its party, its invitations, and so
    /// on.
    pub(in crate::hub) fn introduce(&mut self, id: ConnectionId, all: Vec<Told>, out: &mut Outbox) {
        for Told { message, is_reliable, change } in all {
            if change.is_some_and(|change| self.learn(&[id], &change, out).is_empty()) {
                continue;
            }
            if is_reliable {
                self.send_reliably(vec![id], None, &message, out);
            } else {
                self.tell_unasked(id, &message, out);
            }
        }
        self.ask_unasked(id, Occasion::Entered, out);
        self.desk.latest.came(id);
    }

    /// A request that others wait for is answered: the next one's turn comes.
    fn next_in_turn(&mut self, id: ConnectionId, out: &mut Outbox) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let next = connection.turns.next();
        let deferred = connection.turns.take_deferred();
        self.deliver_all(deferred, out);
        let Some(queued) = next else { return };
        match self.asker(id, &queued) {
            Some(asker) => out.push(Effect::Serve(Box::new(asker), Turn::Taken, Box::new(queued.wanted))),
            // The player has left the world since.
            None => {
                if queued.is_asked {
                    self.refuse(id, queued.request, &ErrorCode::NoCharacter.into(), out);
                }
                self.next_in_turn(id, out);
            }
        }
    }
}

/// A request of this asker's, as it waits.
fn queued(asker: &Asker, wanted: Request) -> Queued {
    Queued { request: asker.request.clone(), is_asked: asker.is_asked, wanted }
}

impl Players for Hub {
    fn by_id(&self, character: CharacterId) -> Option<Present> {
        self.present(*self.characters.get(&character)?)
    }

    fn by_name(&self, name: &CharacterName) -> Option<Present> {
        let key = name.key();
        let named = self.connections.values().find(|one| one.player().is_some_and(|player| player.name.key() == key));
        self.present(named?.id)
    }
}

impl Hub {
    fn present(&self, id: ConnectionId) -> Option<Present> {
        let player = self.player(id)?;
        Some(Present { character: player.character, name: player.name.clone(), visit: id.visit(self.number) })
    }
}
