//! How a session gets a connection, loses it and brings it back.

use super::{BURST, Effect, Event, Session, State, Status};
use crate::logic::{
    clock::Clock,
    failure::Failure,
    reconnect,
    stream::{PLACE_KEPT, Stream},
    token::Token,
};
use shardlink_shared::{entropy::Entropy, protocol::account::Resume, time::Millis};

/// The longest time from asking for a socket to standing in the world, in milliseconds.
const ENTERING: u64 = 10_000;

/// Between two heartbeats, in milliseconds.
const HEARTBEAT: u64 = 25_000;

/// A heartbeat unanswered for this long means that the connection is lost, in
/// milliseconds: with [`HEARTBEAT`] the contract's 60 s of silence.
const UNANSWERED: u64 = 35_000;

/// The close code of a goodbye.
pub const GOODBYE: u16 = 1000;

/// The close code for a connection that is silent: no goodbye, so that the server keeps
/// the character's place.
pub(super) const SILENT: u16 = 4012;

/// The close code that the runtime reports for a connection that was lost without a goodbye.
pub(super) const LOST: u16 = 1006;

#[derive(Debug, Default)]
pub(super) enum Link {
    #[default]
    Closed,
    /// A socket is being opened, or open and the character not placed yet.
    Entering(Entering),
    /// In the world.
    Open { since: Millis, heard: Millis, pinged: Millis },
    /// Lost; the next attempt comes when it is due.
    Waiting { due: Millis },
    /// A ticket was asked for.
    Asking,
}

#[derive(Debug)]
pub(super) struct Entering {
    pub(super) due: Millis,
    /// Whether it is to resume a connection that was lost.
    pub(super) resuming: bool,
    pub(super) authenticated: bool,
    pub(super) placed: bool,
    /// Whether the server still had every message that was missed.
    pub(super) whole: bool,
    pub(super) refusal: Option<Failure>,
}

impl Session {
    /// The answer to [`Effect::AskTicket`].
    pub fn ticket(&mut self, attempt: u32, ticket: Result<Token, Failure>, now: Millis, entropy: &mut dyn Entropy) {
        if !matches!(self.link, Link::Asking) || attempt != self.attempt {
            return;
        }
        match ticket {
            Ok(ticket) => match self.stream.last_try().filter(|_| self.is_kept(now)).cloned() {
                Some(token) => {
                    self.spare = Some(ticket);
                    self.open(token, true, now);
                }
                None => self.open(ticket, false, now),
            },
            Err(failure) if failure.may_retry() => {
                if failure.is_of_network() {
                    self.stream.trust();
                }
                let asked = failure.retry_after.map_or(0, |seconds| (seconds.clamp(0.0, 300.0) * 1000.0) as u64);
                self.wait(asked, now, entropy);
            }
            Err(failure) => {
                if failure.ends_session() {
                    self.effects.push_back(Effect::SessionEnded);
                }
                let code = failure.known().and_then(|code| code.info().close);
                let reason = failure.message.clone();
                self.end(code, &reason, failure);
            }
        }
    }

    /// The socket is open. The server speaks first, unless a connection is resumed.
    pub fn opened(&mut self, now: Millis) {
        let Link::Entering(entering) = &mut self.link else {
            return;
        };
        entering.due = now + ENTERING;
        if entering.resuming {
            self.stream.trust();
            self.spare = None;
            let last_seq = self.stream.acknowledge();
            self.send("resume", &Resume { last_seq });
        }
    }

    /// The socket closed, or could not be opened (1006).
    pub fn closed(&mut self, code: u16, reason: &str, now: Millis, entropy: &mut dyn Entropy) {
        match &mut self.link {
            Link::Entering(entering) if entering.resuming && !reconnect::ends_resume(code) => {
                self.resume_failed(code, now, entropy);
            }
            Link::Entering(entering) => {
                let failure = entering.refusal.take().unwrap_or_else(|| Failure::of_close(code, reason));
                if self.returning && !reconnect::is_final(code) {
                    self.stream.trust();
                    self.wait(0, now, entropy);
                } else {
                    self.ended(code, reason, failure);
                }
            }
            Link::Open { since, .. } => {
                if now.since(*since) >= reconnect::PROVEN_AFTER {
                    self.backoff.reset();
                }
                if reconnect::is_final(code) {
                    self.ended(code, reason, Failure::not_connected());
                } else {
                    self.lost = Some(now);
                    self.status(State::Reconnecting, Some(code), reason);
                    let lost = self.requests.cut();
                    self.fail(lost);
                    if !self.stream.is_resumable() {
                        self.fail_adrift();
                    }
                    if let Some(own) = &mut self.own {
                        own.set_away(true);
                    }
                    self.wait(0, now, entropy);
                }
            }
            Link::Closed | Link::Waiting { .. } | Link::Asking => {}
        }
    }

    /// Opens a socket with a ticket, or with a token that resumes.
    pub(super) fn open(&mut self, token: Token, resuming: bool, now: Millis) {
        if !resuming {
            // Another connection may lead to another machine.
            self.clock = Clock::default();
        }
        self.beat = None;
        self.set_pace(None);
        let due = now + ENTERING;
        let entering = Entering { due, resuming, authenticated: false, placed: false, whole: false, refusal: None };
        self.link = Link::Entering(entering);
        self.effects.push_back(Effect::Open(token));
    }

    /// Whether the server may still keep the place of the connection that was lost.
    pub(super) fn is_kept(&self, now: Millis) -> bool {
        self.lost.is_some_and(|lost| now.since(lost) < PLACE_KEPT)
    }

    /// Brings a lost connection back: where it broke off, or by a new ticket.
    pub(super) fn come_back(&mut self, now: Millis) {
        match self.stream.token().filter(|_| self.is_kept(now)).cloned() {
            Some(token) => self.open(token, true, now),
            None => self.ask_ticket(),
        }
    }

    fn resume_failed(&mut self, code: u16, now: Millis, entropy: &mut dyn Entropy) {
        let refused = reconnect::refuses_resume(code);
        if refused {
            self.stream.refused();
        } else {
            self.stream.failed();
        }
        match self.spare.take() {
            Some(ticket) => self.open(ticket, false, now),
            None if refused => self.ask_ticket(),
            None => self.wait(0, now, entropy),
        }
    }

    fn wait(&mut self, at_least: u64, now: Millis, entropy: &mut dyn Entropy) {
        self.link = Link::Waiting { due: now + self.backoff.next(entropy).max(at_least) };
    }

    fn ask_ticket(&mut self) {
        self.attempt = self.attempt.wrapping_add(1);
        self.link = Link::Asking;
        self.effects.push_back(Effect::AskTicket(self.attempt));
    }

    /// The server ended the connection for good.
    fn ended(&mut self, code: u16, reason: &str, failure: Failure) {
        if reconnect::ends_session(code) {
            self.effects.push_back(Effect::SessionEnded);
        }
        self.end(Some(code), reason, failure);
    }

    pub(super) fn end(&mut self, code: Option<u16>, reason: &str, failure: Failure) {
        let never_entered = !self.returning;
        self.fail_requests();
        self.link = Link::Closed;
        self.returning = false;
        (self.lost, self.spare, self.stream) = (None, None, Stream::default());
        self.nearby.clear();
        let news = self.systems.left();
        self.tell(news);
        (self.sheet, self.own) = (None, None);
        self.status(State::Closed, code, reason);
        if never_entered {
            self.effects.push_back(Effect::Entered(Err(failure)));
        }
    }

    pub(super) fn fail_requests(&mut self) {
        let requests = self.requests.all();
        self.fail(requests);
    }

    /// Fails the requests that were sent before the connection was lost: they will not be
    /// answered any more.
    pub(super) fn fail_adrift(&mut self) {
        let requests = self.requests.adrift();
        self.fail(requests);
    }

    pub(super) fn fail(&mut self, requests: Vec<u32>) {
        for request in requests {
            self.answer(request, Err(Failure::not_connected()));
        }
    }

    /// Ends the entrance: a character that is authenticated and placed stands in the world.
    pub(super) fn finish_entering(&mut self, now: Millis) {
        let Link::Entering(Entering { authenticated: true, placed: true, whole, .. }) = self.link else {
            return;
        };
        let Some(sheet) = self.sheet.clone() else {
            return;
        };
        self.link = Link::Open { since: now, heard: now, pinged: now };
        self.lost = None;
        // The first heartbeat goes out at once: its answer says how far the server is.
        self.heartbeat(now);
        let status = Status { state: State::Connected, code: None, reason: None, resumed: whole };
        self.effects.push_back(Effect::Emit(Event::Status(status)));
        if !std::mem::replace(&mut self.returning, true) {
            self.effects.push_back(Effect::Entered(Ok(sheet)));
        }
        if let Some(own) = &mut self.own {
            own.set_away(false);
        }
        // The snapshot shows the old location, so the journey did not begin.
        if let Some((request, _)) = self.travel.filter(|(request, _)| self.requests.is_adrift(*request)) {
            self.requests.end(request);
            self.fail(vec![request]);
        }
        self.requests.resume(now);
        for _ in 0..BURST {
            self.send_kept(now);
        }
    }
}

/// When the next heartbeat is due, whatever else is heard (the server counts on it); or, if
/// the last one is unanswered, when the connection counts as lost.
pub(super) fn next_heartbeat(heard: Millis, pinged: Millis) -> Millis {
    pinged + if pinged > heard { UNANSWERED } else { HEARTBEAT }
}
