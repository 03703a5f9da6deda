//! The reliable messages of the last while: a client that resumes is told those that it missed.
//! Each message has its receivers, and a number. Numbers rise, over crashes too.

use crate::hub::sockets::connection::{Connection, ConnectionId};
use serde::{Deserialize, Serialize};
use shardlink_shared::{
    codec::{Encoded, Encoding, Frame, decode, encode},
    limits::{LOG_BYTES, LOG_LIFE, MAX_REPLAY, MAX_SERVER_FRAME, REPLAY_FRAME},
    protocol::{Envelope, RequestId, ServerMessage},
    time::Millis,
};
use std::{collections::VecDeque, rc::Rc};

/// How often messages that are too old are forgotten, in milliseconds: many together cost one
/// write.
const PRUNE_INTERVAL: u64 = 10_000;

/// Whom a message is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Audience {
    /// All who were in the world.
    All,
    /// These, by rising number.
    Of(Vec<ConnectionId>),
}

/// A reliable message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Its number.
    pub seq: u64,
    /// When it was sent.
    pub at: Millis,
    /// For whom.
    pub audience: Audience,
    /// Whose request it answers.
    pub answers: Option<(ConnectionId, RequestId)>,
    /// The message in binary, with its number and time.
    pub bytes: Vec<u8>,
}

impl Logged {
    fn size(&self) -> usize {
        let named = if let Audience::Of(these) = &self.audience { these.len() } else { 0 };
        self.bytes.len() + named * size_of::<ConnectionId>()
    }

    /// Whether it is for this connection.
    #[must_use]
    pub fn is_for(&self, one: &Connection) -> bool {
        match &self.audience {
            Audience::All => self.seq > one.since && one.player().is_some(),
            Audience::Of(these) => these.binary_search(&one.id).is_ok(),
        }
    }

    /// The message itself.
    #[must_use]
    pub fn message(&self) -> Option<ServerMessage> {
        let mut messages = decode::<ServerMessage>(Frame::Binary(&self.bytes), MAX_SERVER_FRAME);
        messages.next()?.ok().map(|incoming| incoming.message)
    }

    /// Whether it answers a request of this receiver.
    #[must_use]
    pub fn answers(&self, id: ConnectionId) -> bool {
        self.answers.as_ref().is_some_and(|(asker, _)| *asker == id)
    }

    /// Appends it to frames for this receiver.
    pub fn append_for(&self, id: ConnectionId, encoding: Encoding, frames: &mut Vec<Encoded>) {
        if encoding == Encoding::Binary && !self.answers(id) {
            return append(frames, &self.bytes);
        }
        let request = self.answers.as_ref().filter(|(asker, _)| *asker == id).map(|(_, request)| request);
        for message in decode::<ServerMessage>(Frame::Binary(&self.bytes), MAX_SERVER_FRAME).flatten() {
            let envelope = Envelope { reply_to: request.cloned(), ..message.envelope };
            match encode(encoding, &envelope, &message.message) {
                Encoded::Binary(bytes) => append(frames, &bytes),
                text @ Encoded::Text(_) => frames.push(text),
            }
        }
    }
}

/// The messages, the oldest first.
#[derive(Debug, Default)]
pub(in crate::hub) struct Log {
    rows: VecDeque<Rc<Logged>>,
    bytes: usize,
    last: u64,
    pruned: Millis,
}

/// What somebody has missed.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::hub) struct Missed {
    pub frames: Vec<Encoded>,
    pub count: u32,
    /// Whether it is not all.
    pub cut: bool,
}

impl Log {
    /// The log of these rows, the oldest first; `known` is the highest number that is
    /// known to have been given besides theirs.
    pub fn restore(rows: impl IntoIterator<Item = Logged>, known: u64) -> Self {
        let rows: VecDeque<_> = rows.into_iter().map(Rc::new).collect();
        let bytes = rows.iter().map(|row| row.size()).sum();
        let last = rows.back().map_or(0, |row| row.seq).max(known);
        Self { rows, bytes, last, pruned: Millis(0) }
    }

    /// The next message's number: the time, so that it rises even over a crash that
    /// comes when all rows have been forgotten; or one more than the last.
    pub fn next(&mut self, now: Millis) -> u64 {
        self.last = now.0.max(self.last + 1);
        self.last
    }

    /// The last number that was given.
    pub const fn last(&self) -> u64 {
        self.last
    }

    pub fn push(&mut self, row: Rc<Logged>) {
        self.bytes += row.size();
        self.rows.push_back(row);
    }

    /// Takes back what could not be stored: the messages from this number on.
    pub fn take_back(&mut self, from: u64) {
        while self.rows.back().is_some_and(|row| row.seq >= from) {
            let Some(row) = self.rows.pop_back() else { break };
            self.bytes -= row.size();
        }
    }

    /// Takes out what has become too old or too much, once that is worth a write.
    pub fn prune(&mut self, now: Millis) -> Vec<Rc<Logged>> {
        if self.bytes <= LOG_BYTES && now.since(self.pruned) < PRUNE_INTERVAL {
            return Vec::new();
        }
        self.pruned = now;
        // A quarter more than need be is taken out, so that not every message prunes.
        let most = if self.bytes > LOG_BYTES { LOG_BYTES / 4 * 3 } else { LOG_BYTES };
        let mut dropped = Vec::new();
        while self.rows.front().is_some_and(|row| self.bytes > most || now.since(row.at) >= LOG_LIFE) {
            let Some(row) = self.rows.pop_front() else { break };
            self.bytes -= row.size();
            dropped.push(row);
        }
        dropped
    }

    /// What a connection has missed since a number, in its encoding: the newest, if it
    /// is too much.
    pub fn missed(&self, one: &Connection, since: u64) -> Missed {
        let newest = self.rows.iter().rev().take_while(|row| row.seq > since).filter(|row| row.is_for(one));
        let (mut rows, mut size, mut cut) = (Vec::new(), 0, false);
        for row in newest {
            size += row.bytes.len();
            if size > MAX_REPLAY {
                cut = true;
                break;
            }
            rows.push(row);
        }
        let mut frames = Vec::new();
        for row in rows.iter().rev() {
            row.append_for(one.id, one.encoding, &mut frames);
        }
        Missed { frames, count: rows.len() as u32, cut }
    }
}

/// Appends a binary message to the last frame, or begins another.
fn append(frames: &mut Vec<Encoded>, message: &[u8]) {
    match frames.last_mut() {
        Some(Encoded::Binary(frame)) if frame.len() + message.len() <= REPLAY_FRAME => {
            frame.extend_from_slice(message);
        }
        _ => frames.push(Encoded::Binary(message.to_vec())),
    }
}
