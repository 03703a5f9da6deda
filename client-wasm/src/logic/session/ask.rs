//! How a session makes requests.

use super::{Effect, Session, encoded};
use crate::logic::{failure::Failure, predict::Predict};
use shardlink_shared::{
    ErrorCode, Refusal,
    codec::{
        Encoded, binary,
        table::{TakeBody, Value, write},
    },
    ids::LocationId,
    protocol::{Body, ClientMessage, Envelope, MessageSet, MessageType, Priority, RequestId, movement::MoveRequest},
    time::Millis,
};

impl Session {
    /// Sends a request of this type with these fields; [`Effect::Answer`] with this number
    /// tells the outcome. While a lost connection is brought back it waits, for as long as
    /// the server keeps the place; a ping does not, because it measures.
    ///
    /// # Errors
    /// UNKNOWN_TYPE where there is no such request; NOT_CONNECTED; INVALID_FIELD, with the
    /// field; RATE_LIMITED where too many wait; and what a system refuses on the server's
    /// behalf, such as NOT_IN_PARTY or EMPTY.
    pub fn ask(&mut self, name: &str, mut fields: Value, now: Millis) -> Result<u32, Failure> {
        let row = ClientMessage::type_of_name(name).filter(|row| row.is_request).ok_or_else(|| {
            Refusal::new(ErrorCode::UnknownType).at("type").saying(format!("There is no request of the type {name}."))
        })?;
        if let ("move", None, Some(own)) = (name, fields.get("from_location_id"), &self.own) {
            fields.set("from_location_id", Value::Whole(own.location().get()));
        }
        let prepared = self.systems.prepare(name, &mut fields);
        let mut body = Vec::new();
        let written = write(row.fields, &fields, &mut body).map_err(Failure::from);
        // A field that is at fault is told first: neither a connection nor a party would mend
        // it.
        if let Err(failure) = prepared.as_ref().map_err(Clone::clone)
            && failure.field.is_some()
        {
            return Err(failure);
        }
        written?;
        self.may_ask(row, now)?;
        prepared?;
        self.begin(row, &body, now)
    }

    /// The same for a message of a Rust type.
    ///
    /// # Errors
    /// NOT_CONNECTED; RATE_LIMITED where too many wait.
    pub fn request(&mut self, message: &ClientMessage, now: Millis) -> Result<u32, Failure> {
        let row = message.message_type();
        self.may_ask(row, now)?;
        let mut body = Vec::new();
        binary::append_body(&mut body, &Body(message));
        self.begin(row, &body, now)
    }

    fn may_ask(&self, row: &MessageType, now: Millis) -> Result<(), Failure> {
        let connected = self.is_open() || is_lasting(row) && self.is_kept(now);
        if connected { Ok(()) } else { Err(Failure::not_connected()) }
    }

    fn begin(&mut self, row: &'static MessageType, body: &[u8], now: Millis) -> Result<u32, Failure> {
        let destination = destination(row, body);
        if destination.is_some() {
            // The last steps in this location go out first, so that they are judged in it.
            self.step(Predict::poll, now);
        }
        let lasting = is_lasting(row);
        let waits = lasting && !(self.is_open() && self.requests.is_sent());
        if waits && self.requests.is_full() {
            return Err(ErrorCode::RateLimited.into());
        }
        let request = self.requests.begin(Some(now).filter(|_| !waits), lasting);
        self.systems.asked(request, row.name, body);
        let message_id = Some(RequestId::Number(request));
        let bytes = encoded(&Envelope { message_id, ..Envelope::default() }, row, body);
        if waits {
            self.requests.keep(request, bytes);
        } else {
            self.effects.push_back(Effect::Send(Encoded::Binary(bytes)));
        }
        if let Some(to) = destination {
            self.travel = Some((request, to));
            self.hold(self.requests.is_sent());
        }
        Ok(request)
    }
}

/// Whether the answer may still come once the connection was lost.
fn is_lasting(row: &MessageType) -> bool {
    row.priority > Priority::Low
}

/// The other location that a request asks to go to.
fn destination(row: &MessageType, body: &[u8]) -> Option<LocationId> {
    let step: MoveRequest = (row.name == "move").then(|| TakeBody::take_body(body)).flatten()?;
    step.to_location_id
}
