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
    systems::Around,
    told::Told,
};
use shardlink_shared::{
    ErrorCode,
    codec::{
        Frame,
        binary::{Frames, Raw},
        table::TakeBody,
    },
    ids::LocationId,
    limits::MAX_SERVER_FRAME,
    protocol::{
        RequestId,
        account::{AuthResponse, Pace, Resumed},
        character::CharacterUpdate,
        error::ErrorMessage,
        movement::{LocationUpdate, PositionCorrection, PositionFrame},
    },
    rules::character::walking_speed,
    time::Millis,
};

impl Session {
    /// A frame came.
    pub fn frame(&mut self, frame: Frame<'_>, now: Millis) {
        self.frame_observed(frame, now, &mut |_| {});
    }

    /// A frame came; `observe` is shown each entry of its position frames that was taken in:
    /// those of known players other than the player's own.
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
        while let Some(raw) = messages.next_raw() {
            if !matches!(self.link, Link::Entering(_) | Link::Open { .. }) {
                return;
            }
            // What cannot be read is passed over: a request that it answered times out.
            match raw {
                Ok(raw) if raw.tag == PositionFrame::TAG => self.positions(raw, now, observe),
                Ok(raw) => {
                    if let Some(message) = Told::parse(raw) {
                        self.message(message, now);
                    }
                }
                Err(_) => {}
            }
        }
    }

    fn positions(&mut self, mut raw: Raw<'_>, now: Millis, observe: &mut dyn FnMut(Placed)) {
        let Some(frame) = PositionFrame::take_body(raw.body) else {
            return;
        };
        let time = self.clock.moment(frame.time, now);
        self.clock.heard(time, now);
        let news = News { came: now, due: self.clock.arrival(time, now) };
        self.nearby.frame(&frame, time, news, observe);
        if self.frames_heard {
            raw.envelope.timestamp.get_or_insert(time);
            self.emit(Told::parse(raw));
        }
    }

    fn message(&mut self, mut message: Told, now: Millis) {
        let reliable = message.envelope.seq;
        if reliable.is_some_and(|seq| !self.stream.take(seq, now)) {
            return;
        }
        // A message that comes again on resuming was sent long ago and tells no time.
        let again = reliable.is_some() && !self.is_open();
        let mut due = now;
        if let Some(sent) = message.envelope.timestamp.filter(|_| !again) {
            self.clock.heard(sent, now);
            due = self.clock.arrival(sent, now);
        }
        message.envelope.timestamp.get_or_insert(now);
        let mut refusal = None;
        match message.name() {
            "auth_response" => {
                if let Some(response) = message.read::<AuthResponse>() {
                    // 0 stands for a time that was left out.
                    if response.server_time.0 > Millis(0) {
                        self.clock.heard(response.server_time.0, now);
                    }
                    self.authenticated(response);
                }
            }
            "resumed" => {
                if let Some(resumed) = message.read::<Resumed>() {
                    self.resumed(resumed.snapshot);
                }
            }
            "location_update" => {
                if let Some(update) = message.read::<LocationUpdate>() {
                    self.arrived(update.location_id, now);
                }
            }
            "position_correction" => {
                // The game hears once where its character stands.
                let correction = message.read::<PositionCorrection>();
                let own = self.own.as_mut().zip(correction);
                let Some(standing) = own.and_then(|(own, correction)| own.correct(&correction, now)) else {
                    return;
                };
                let Some(told) = Told::of(message.name(), message.envelope, &standing) else {
                    return;
                };
                message = told;
            }
            "pace" => {
                if let Some(pace) = message.read::<Pace>() {
                    self.set_pace(Some(pace.max_position_rate));
                }
            }
            "character_update" => {
                if let Some(update) = message.read::<CharacterUpdate>()
                    && let Some(sheet) = self.sheet.as_mut().filter(|sheet| sheet.id == update.character_id)
                {
                    sheet.progression.level = update.level.unwrap_or(sheet.progression.level);
                    sheet.faction = update.faction.unwrap_or(sheet.faction);
                }
            }
            name @ ("error" | "invalid_message") => {
                refusal = message.read::<ErrorMessage>().map(Failure::from);
                if let (Link::Entering(entering), "error") = (&mut self.link, name) {
                    entering.refusal.clone_from(&refusal);
                }
            }
            _ => {}
        }
        if let Some(own) = self.sheet.as_ref().map(|sheet| sheet.id) {
            self.nearby.apply(&message, own, News { came: now, due });
        }
        let request = message.envelope.reply_to.as_ref().and_then(RequestId::as_number);
        let request = request.or_else(|| self.travelled(&message));
        let begun = request.and_then(|request| Some((request, self.requests.end(request)?)));
        let request = begun.map(|(request, asked)| {
            // The hub answers a ping itself; for other answers it may have asked another
            // object.
            if let Some(asked) = asked {
                self.clock.answered(asked, message.name() == "pong", now);
            }
            request
        });
        // The systems hear that a request was answered before they hear the answer: the
        // player's answer to an invitation ends it before its party's news does.
        let answered = request.filter(|_| refusal.is_none());
        let mut news = answered.map(|request| self.systems.settled(request, None)).unwrap_or_default();
        if let Some(me) = self.sheet.as_ref().map(|sheet| sheet.id) {
            let around = Around { me, now, server: self.clock.server_time(now).unwrap_or(now) };
            news.extend(self.systems.heard(&message, &around));
        }
        match (request, refusal) {
            // Only its request learns of a refusal; every other answer is news to the whole game.
            (Some(request), Some(refusal)) => self.answer(request, Err(refusal)),
            (request, _) => {
                if let Some(request) = request {
                    self.answer(request, Ok(Box::new(message.clone())));
                }
                self.emit(Some(message));
            }
        }
        self.tell(news);
        self.finish_entering(now);
        self.acknowledge(now);
    }

    /// The connection goes on: after the missed messages, or without them if there were too
    /// many.
    fn resumed(&mut self, missed: bool) {
        let Link::Entering(entering @ Entering { resuming: true, .. }) = &mut self.link else {
            return;
        };
        (entering.authenticated, entering.whole) = (true, !missed);
        if missed {
            self.fail_adrift();
        }
    }

    /// The request for a journey that was made before the connection was lost, if the snapshot
    /// on resuming shows that the character has arrived.
    fn travelled(&self, message: &Told) -> Option<u32> {
        let (request, to) = self.travel.filter(|(request, _)| self.requests.is_adrift(*request))?;
        let update: LocationUpdate = (message.name() == "location_update").then(|| message.read()).flatten()?;
        (update.location_id == to).then_some(request)
    }

    fn authenticated(&mut self, response: AuthResponse) {
        let is_inside = !matches!(self.link, Link::Entering(Entering { authenticated: false, .. }));
        if is_inside && response.success {
            // The session was renewed: the earlier resume token serves no more.
            self.stream.renewed(response.resume_token.as_ref());
            return;
        }
        let Link::Entering(entering) = &mut self.link else {
            return;
        };
        match response.character {
            Some(sheet) if response.success => {
                entering.authenticated = true;
                let anew = !entering.resuming;
                self.sheet = Some(sheet);
                if anew {
                    self.stream = Stream::begun(response.resume_token.as_ref());
                    self.fail_adrift();
                    let news = self.sheet.as_ref().map(|sheet| self.systems.entered(sheet));
                    self.tell(news.unwrap_or_default());
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
