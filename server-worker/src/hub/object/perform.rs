//! Performs what a hub has decided: on sockets, on rows, and by calls to other objects.

use super::{IN_USE_PACE, Inner};
use crate::hub::{
    admission::questions::{About, Question},
    outbox::{Effect, Event, Outbox, Reliable},
    rows::Letter,
    sockets::{attachment, connection::ConnectionId},
    store,
};
use crate::{
    calls::{character, world},
    runtime::{
        boot,
        call::call,
        settings,
        sockets::{self},
    },
    service,
    systems::{self, Request as Wanted},
};
use shardlink_shared::{ErrorCode, codec::Encoded, protocol::RequestId};
use std::{rc::Rc, time::Duration};
use worker::{Delay, console_error};

impl Inner {
    pub(super) fn perform(self: &Rc<Self>, effect: Effect, out: &Outbox) {
        match effect {
            Effect::Share(shared) => {
                let (to, frame) = out.shared(&shared, self.unstored.borrow().is_empty());
                let (length, frame) = (frame.len(), sockets::shared_bytes(frame));
                let sockets = self.sockets.borrow();
                for id in to {
                    if let Some(socket) = sockets.get(id) {
                        self.looks.send(*id, socket, &frame, length);
                    }
                }
            }
            Effect::Send(to, frame) => self.send(&to, &frame),
            Effect::Attach(id) => {
                let memory = self.memory.borrow();
                let bytes = memory.as_ref().and_then(|hub| hub.connection(id)).map(attachment::write);
                if let (Some(bytes), Some(socket)) = (bytes, self.sockets.borrow().get(&id))
                    && let Err(error) = socket.socket.attach(&bytes)
                {
                    console_error!("attachment: {error:?}");
                }
            }
            Effect::Place(id) => {
                let memory = self.memory.borrow();
                let place = memory.as_ref().and_then(|hub| hub.connection(id)).filter(|one| one.player().is_some());
                self.stored(match place {
                    Some(place) => store::keep_place(&self.db, place, boot::began()),
                    None => store::give_up_place(&self.db, id),
                });
            }
            Effect::Deliver(delivery) => self.deliver(delivery),
            Effect::Forget(seq) => self.stored(store::forget(&self.db, seq)),
            Effect::Disbelieve { above, rows, connections } => {
                console_error!(
                    "Hub {}: {rows} messages and {connections} connections had numbers above {above}, \
                     which it cannot have given; it forgets them",
                    self.number()
                );
                self.stored(store::forget_above(&self.db, above));
            }
            Effect::UseTicket(nonce, expires) => self.stored(store::use_ticket(&self.db, nonce, expires)),
            Effect::Word(session) => self.stored(store::keep_word(&self.db, session, out.now)),
            Effect::PruneTickets(before) => self.stored(store::prune_tickets(&self.db, before, out.now)),
            Effect::Rebind(from, to) => {
                let mut sockets = self.sockets.borrow_mut();
                if let Some(socket) = sockets.remove(&from) {
                    socket.socket.set_id(to.0);
                    if let Some(older) = sockets.insert(to, socket) {
                        let code = ErrorCode::SignedInElsewhere;
                        older.socket.detach();
                        older.socket.close(code.info().close.unwrap_or(1008), code.as_str());
                    }
                }
            }
            Effect::Close(id, code) => self.close(id, code.info().close.unwrap_or(1008), code.as_str()),
            Effect::Goodbye(id) => self.close(id, 1000, "goodbye"),
            Effect::Ask(id, request, question) => self.ask(id, request, question),
            Effect::Post(number, letter) => self.stored(self.db.keep_letter(number, &letter)),
            Effect::Done(number) => self.stored(self.db.drop_letter(number)),
            Effect::Carry(number, letter) => self.spawn(async move |inner| {
                let answer = match letter {
                    Letter::Left { character, visit, location } => {
                        let leave = character::Leave { visit, location };
                        call(&inner.env, &character::object_name(character), leave).await
                    }
                    Letter::Travelled { character, visit, location } => {
                        let travel = character::Travel { visit, location };
                        call(&inner.env, &character::object_name(character), travel).await
                    }
                };
                inner.handle(Event::Carried(number, answer));
            }),
            Effect::Serve(asker, turn, request) => self.spawn(async move |inner| {
                let result = match settings::read(&inner.env) {
                    Ok(config) => request.serve(&inner.env, &systems::Settings::of(&config), &asker).await,
                    Err(refusal) => Err(refusal),
                };
                inner.handle(Event::Served(asker, turn, result));
            }),
            Effect::ServeTogether(batch, requests) => self.spawn(async move |inner| {
                let askers = requests.iter().map(|(asker, _)| asker.clone()).collect();
                let results = Wanted::serve_together(&inner.env, &batch, requests).await;
                inner.handle(Event::ServedTogether(batch.lane, askers, results));
            }),
            Effect::InUse(identities) => self.spawn(async move |inner| {
                for identity in identities {
                    Delay::from(Duration::from_millis(IN_USE_PACE)).await;
                    let used = service::authenticate(&inner.env, identity, None).await;
                    if used.is_err_and(|refusal| refusal.code == ErrorCode::SessionExpired) {
                        inner.handle(Event::SessionEnded(identity.session, ErrorCode::SessionExpired));
                    }
                }
            }),
            Effect::AutoAnswer(by_runtime) => self.itself.answer_heartbeats(by_runtime),
            Effect::Reserve(who) => self.spawn(async move |inner| {
                let reserve = world::Reserve { hub: inner.number(), who };
                // If World does not hear this, the hub may become fuller by one, until it
                // reports.
                let _ = call(&inner.env, &world::object_name(), reserve).await;
            }),
            Effect::Evidence(evidence) => console_error!("{evidence}"),
            Effect::Report { population, is_awake, misses } => self.spawn(async move |inner| {
                let report = world::Report { hub: inner.number(), population, is_awake, misses };
                match call(&inner.env, &world::object_name(), report).await {
                    Ok(deliveries) if deliveries.is_empty() => {}
                    Ok(deliveries) => inner.handle(Event::Delivered(deliveries)),
                    Err(_) => inner.handle(Event::Unreported),
                }
            }),
        }
    }

    /// Stores reliable messages, then sends them: nobody is told what a crash would undo.
    pub(super) fn deliver(&self, delivery: Reliable) {
        let db = &self.db;
        match db.transaction(|| delivery.rows.iter().try_for_each(|row| store::log(db, row))) {
            Ok(()) => delivery.frames.iter().for_each(|(to, frame)| self.send(to, frame)),
            Err(fault) => {
                self.report(&fault);
                self.unstored.replace(delivery.rows);
            }
        }
    }

    pub(super) fn send(&self, to: &[ConnectionId], frame: &Encoded) {
        let shared = sockets::shared(frame);
        let sockets = self.sockets.borrow();
        for id in to {
            if let Some(socket) = sockets.get(id) {
                self.looks.send(*id, socket, &shared, frame.len());
            }
        }
    }

    pub(super) fn close(&self, id: ConnectionId, code: u16, reason: &str) {
        if let Some(socket) = self.sockets.borrow_mut().remove(&id) {
            socket.socket.detach();
            socket.socket.close(code, reason);
        }
    }

    pub(super) fn spawn<F: Future<Output = ()> + 'static>(
        self: &Rc<Self>,
        task: impl FnOnce(Rc<Self>) -> F + 'static,
    ) {
        self.state.wait_until(task(Rc::clone(self)));
    }

    /// Asks other objects; the answer comes back as an event.
    pub(super) fn ask(self: &Rc<Self>, id: ConnectionId, request: Option<RequestId>, question: Question) {
        let awaited = question.is_awaited();
        self.spawn(async move |inner| {
            let address = inner.memory.borrow().as_ref().and_then(|hub| Some(hub.connection(id)?.address.clone()));
            let address = address.unwrap_or_default();
            let about = About { hub: inner.number(), id, address: &address };
            let answer = match settings::read(&inner.env) {
                Ok(config) => question.find_out(&inner.env, &config, about).await,
                Err(refusal) => Err(refusal),
            };
            inner.handle(Event::Answered { id, request, awaited, answer });
        });
    }
}
