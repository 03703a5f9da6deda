//! What a hub's rows hold, and the letters among them. Each function that writes a row gives
//! the values of its columns, in the order of its table's list of columns; the one that reads
//! it takes them in the same order.

use super::{
    sockets::{
        attachment,
        connection::{Connection, ConnectionId, Nonce},
    },
    stream::log::Logged,
};
use crate::{
    calls::character::Visit,
    letters,
    row::{Fault, Row, Value},
};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    crypto::token::SessionId,
    ids::{CharacterId, LocationId},
    protocol::RequestId,
    time::Millis,
};

/// The columns of `places`.
pub const PLACE: &str = "id, until, connection, process";

/// The columns of `log`.
pub const LOG: &str = "seq, at, audience, asker, request, message";

/// The columns of `used_tickets`.
pub const TICKET: &str = "nonce, expires";

/// The columns of `words`.
pub const WORD: &str = "session, at";

/// What a hub's rows hold.
#[derive(Debug, Default)]
pub struct Rows {
    /// Places, each with the time until which it is kept if it had lost its socket.
    pub places: Vec<(Option<Millis>, Connection)>,
    /// Reliable messages, the oldest first.
    pub log: Vec<Logged>,
    /// Letters that have not been answered.
    pub letters: Vec<(u64, letters::Letter<Letter>)>,
    /// Tickets that have served, and until when they are good.
    pub tickets: Vec<(Nonce, Millis)>,
    /// Sessions that there was word of, and when.
    pub words: Vec<(SessionId, Millis)>,
    /// When the process that loads the rows began: there may have been a crash before that.
    pub process: Millis,
}

/// What a Character must learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Letter {
    /// It has left the world, from this location.
    Left {
        /// Who.
        character: CharacterId,
        /// Which stay has ended.
        visit: Visit,
        /// Where it was.
        location: LocationId,
    },
    /// It has come to another location.
    Travelled {
        /// Who.
        character: CharacterId,
        /// On which stay.
        visit: Visit,
        /// Where it is now.
        location: LocationId,
    },
}

/// A connection's number, which has 52 bits.
#[must_use]
pub const fn id(connection: ConnectionId) -> Value {
    Value::Int(connection.0 as i64)
}

/// A row of `places`: a connection's place, in a process that began at this time. The row
/// does not name the process if it may have missed what there was of the place's session.
#[must_use]
pub fn place(connection: &Connection, process: Millis) -> Vec<Value> {
    let process = (!connection.doubted).then_some(process);
    vec![id(connection.id), connection.held.into(), attachment::write(connection).into(), process.into()]
}

/// Reads a row of `places` in a process that began at this time: the connection, and until
/// when its place is kept if it had lost its socket. `None` if another build wrote it.
///
/// # Errors
/// It is none.
pub fn read_place(row: &Row, process: Millis, now: Millis) -> Result<Option<(Option<Millis>, Connection)>, Fault> {
    let until = row.optional_millis(1)?;
    let doubted = row.optional_millis(3)? != Some(process);
    let connection = attachment::read(&row.blob(2)?, now);
    Ok(connection.map(|connection| (until, Connection { doubted, ..connection })))
}

/// A row of `log`: a reliable message.
#[must_use]
pub fn logged(logged: &Logged) -> Vec<Value> {
    // These types always serialize.
    let audience = postcard::to_extend(&logged.audience, Vec::new()).unwrap_or_default();
    let (asker, request) = logged.answers.as_ref().map(|(asker, request)| (id(*asker), request.to_string())).unzip();
    vec![
        Value::Int(logged.seq as i64),
        logged.at.into(),
        audience.into(),
        asker.into(),
        request.into(),
        logged.bytes.clone().into(),
    ]
}

/// Reads a row of `log`.
///
/// # Errors
/// It is none.
pub fn read_logged(row: &Row) -> Result<Logged, Fault> {
    let audience = postcard::from_bytes(&row.blob(2)?).map_err(|error| Fault(format!("audience: {error}")))?;
    let answers = if row.is_null(3) {
        None
    } else {
        RequestId::from_text(&row.text(4)?)
            .map(|request| Ok::<_, Fault>((ConnectionId(row.number(3)?), request)))
            .transpose()?
    };
    Ok(Logged { seq: row.number(0)?, at: row.millis(1)?, audience, answers, bytes: row.blob(5)? })
}

/// A row of `used_tickets`: a ticket that has served, and until when it is good.
#[must_use]
pub fn ticket(nonce: Nonce, expires: Millis) -> Vec<Value> {
    vec![nonce.to_vec().into(), expires.into()]
}

/// Reads a row of `used_tickets`.
///
/// # Errors
/// It is none.
pub fn read_ticket(row: &Row) -> Result<(Nonce, Millis), Fault> {
    Ok((row.bytes(0, "a ticket's nonce")?, row.millis(1)?))
}

/// A row of `words`: a session of which there was word, and when.
#[must_use]
pub fn word(session: SessionId, at: Millis) -> Vec<Value> {
    vec![session.0.to_vec().into(), at.into()]
}

/// Reads a row of `words`.
///
/// # Errors
/// It is none.
pub fn read_word(row: &Row) -> Result<(SessionId, Millis), Fault> {
    Ok((SessionId(row.bytes(0, "a session's id")?), row.millis(1)?))
}
