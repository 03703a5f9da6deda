//! What a session does with what it hears.

use super::{
    Session,
    link::{Entering, Link},
};
use crate::logic::{
    failure::Failure,
    nearby::{News, Placed},
    predict::Predict,
    stream::Stream,
};
use shardlink_shared::{
    ErrorCode,
    codec::{Frame, Incoming, binary::Frames},
    ids::LocationId,
    limits::MAX_SERVER_FRAME,
    protocol::{RequestId, ServerMessage, account::AuthResponse},
    rules::character::walking_speed,
    time::Millis,
};

impl Session {
    /// A frame came.
    pub fn frame(&mut self, frame: Frame<'_>, now: Millis) {
        self.frame_observed(frame, now, &mut |_| {});
    }

    /// A frame came; `observe` is shown each entry of its position frames that was
    /// taken in: those of players one knows of, without oneself.
    pub fn frame_observed(&mut self, frame: Frame<'_>, now: Millis, observe: &mut dyn FnMut(Placed)) {
        if let Link::Open { heard, .. } = &mut self.link {
            *heard = now;
        }
        // Text is the runtime's own answer to a heartbeat; messages are binary.
        let Frame::Binary(bytes) = frame else {
            if let Some(asked) = self.beat.take() {
                self.clock.answered(asked, true, now);
            }
            return;
        };
        let Ok(mut messages) = Frames::new(bytes, MAX_SERVER_FRAME) else {
            return;
        };
        while let Some(incoming) = messages.next_message::<ServerMessage>() {
            if !matches!(self.link, Link::Entering(_) | Link::Open { .. }) {
                return;
            }
            // What cannot be read is passed over: a request that it answered times out.
            if let Ok(incoming) = incoming {
                self.message(incoming, now, observe);
            }
        }
    }

    fn message(&mut self, mut incoming: Incoming<ServerMessage>, now: Millis, observe: &mut dyn FnMut(Placed)) {
        if let ServerMessage::PositionFrame(frame) = &incoming.message {
            let time = self.clock.moment(frame.time, now);
            self.clock.heard(time, now);
            let news = News { came: now, due: self.clock.arrival(time, now) };
            self.nearby.frame(frame, time, news, observe);
            if self.frames_heard {
                incoming.envelope.timestamp.get_or_insert(time);
                self.emit(incoming);
            }
            return;
        }
        let reliable = incoming.envelope.seq;
        if reliable.is_some_and(|seq| !self.stream.take(seq, now)) {
            return;
        }
        // What comes again on resuming was sent long ago: it tells no time.
        let again = reliable.is_some() && !self.is_open();
        let mut due = now;
        if let Some(sent) = incoming.envelope.timestamp.filter(|_| !again) {
            self.clock.heard(sent, now);
            due = self.clock.arrival(sent, now);
        }
        incoming.envelope.timestamp.get_or_insert(now);
        match &mut incoming.message {
            ServerMessage::AuthResponse(response) => {
                // 0 stands for a time that was left out.
                if response.server_time.0 > Millis(0) {
                    self.clock.heard(response.server_time.0, now);
                }
                self.authenticated(response);
            }
            ServerMessage::Resumed(resumed) => self.resumed(resumed.snapshot),
            ServerMessage::LocationUpdate(update) => self.arrived(update.location_id, now),
            ServerMessage::PositionCorrection(correction) => {
                // The game hears where it stands, once.
                let standing = self.own.as_mut().and_then(|own| own.correct(correction, now));
                let Some(standing) = standing else {
                    return;
                };
                *correction = standing;
            }
            ServerMessage::Pace(pace) => self.set_pace(Some(pace.max_position_rate)),
            ServerMessage::CharacterUpdate(update) => {
                if let Some(sheet) = self.sheet.as_mut().filter(|sheet| sheet.id == update.character_id) {
                    sheet.progression.level = update.level.unwrap_or(sheet.progression.level);
                    sheet.faction = update.faction.unwrap_or(sheet.faction);
                }
            }
            ServerMessage::Error(error) => {
                if let Link::Entering(entering) = &mut self.link {
                    entering.refusal = Some(error.clone().into());
                }
            }
            _ => {}
        }
        if let Some(own) = self.sheet.as_ref().map(|sheet| sheet.id) {
            self.nearby.apply(&incoming.message, own, News { came: now, due });
        }
        let request = incoming.envelope.reply_to.as_ref().and_then(RequestId::as_number);
        let request = request.or_else(|| self.travelled(&incoming.message));
        let begun = request.and_then(|request| Some((request, self.requests.end(request)?)));
        let request = begun.map(|(request, asked)| {
            // A ping is answered by the hub itself; for other answers it may have asked elsewhere.
            if let Some(asked) = asked {
                self.clock.answered(asked, matches!(incoming.message, ServerMessage::Pong(_)), now);
            }
            request
        });
        let refused = matches!(incoming.message, ServerMessage::Error(_) | ServerMessage::InvalidMessage(_));
        // One's own answer to an invitation ends it before its party's news does.
        let mut news: Vec<_> = request
            .filter(|_| !refused)
            .and_then(|request| self.parties.answered(request, None))
            .into_iter()
            .collect();
        news.extend(self.hear_social(&incoming, now));
        match (request, incoming.message) {
            // A refusal is its request's alone; every other answer is news to the whole game.
            (Some(request), ServerMessage::Error(error) | ServerMessage::InvalidMessage(error)) => {
                self.answer(request, Err(error.into()));
            }
            (request, message) => {
                let incoming = Incoming { envelope: incoming.envelope, message };
                if let Some(request) = request {
                    self.answer(request, Ok(Box::new(incoming.clone())));
                }
                self.emit(incoming);
            }
        }
        self.tell(news);
        self.finish_entering(now);
        self.acknowledge(now);
    }

    /// The connection goes on, after what was missed or, where that was too much,
    /// without it.
    fn resumed(&mut self, missed: bool) {
        let Link::Entering(entering @ Entering { resuming: true, .. }) = &mut self.link else {
            return;
        };
        (entering.authenticated, entering.whole) = (true, !missed);
        if missed {
            self.fail_adrift();
        }
    }

    /// The journey that was asked for before the connection was lost, if the snapshot
    /// on resuming shows that one has arrived.
    fn travelled(&self, message: &ServerMessage) -> Option<u32> {
        let (request, to) = self.travel.filter(|(request, _)| self.requests.is_adrift(*request))?;
        matches!(message, ServerMessage::LocationUpdate(update) if update.location_id == to).then_some(request)
    }

    fn authenticated(&mut self, response: &AuthResponse) {
        let is_inside = !matches!(self.link, Link::Entering(Entering { authenticated: false, .. }));
        if is_inside && response.success {
            // The session was renewed: what resumed it before is good for nothing.
            self.stream.renewed(response.resume_token.as_ref());
            return;
        }
        let Link::Entering(entering) = &mut self.link else {
            return;
        };
        match &response.character {
            Some(sheet) if response.success => {
                entering.authenticated = true;
                self.sheet = Some(sheet.clone());
                if !entering.resuming {
                    self.stream = Stream::begun(response.resume_token.as_ref());
                    self.fail_adrift();
                    self.socially_anew(sheet);
                }
            }
            // The server closes after a refusal, with a code that says more.
            _ => {
                entering.refusal.get_or_insert_with(|| {
                    let message = response.message.as_ref().map(|message| message.as_str().to_owned());
                    let failure = Failure::from(ErrorCode::Unauthenticated);
                    Failure { message: message.unwrap_or_else(|| failure.message.clone()), ..failure }
                });
            }
        }
    }

    fn arrived(&mut self, location: LocationId, now: Millis) {
        let Some(sheet) = &mut self.sheet else {
            return;
        };
        sheet.location_id = location;
        match &mut self.own {
            Some(own) => own.arrive(location, now),
            None => {
                let mut own = Predict::entering(location, walking_speed(&sheet.stats), now);
                own.pace(self.pace.unwrap_or(u8::MAX));
                self.own = Some(own);
            }
        }
        if let Link::Entering(entering) = &mut self.link {
            entering.placed = entering.authenticated;
        }
    }
}
