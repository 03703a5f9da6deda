//! What was said lately on each channel, and whom one does not want to hear.
//!
//! What is heard and the histories that the server hands out are one log: a line that
//! comes both ways stands in it once.

use serde::Serialize;
use shardlink_shared::{
    ids::CharacterId,
    limits::MAX_HISTORY,
    protocol::{
        Timestamp,
        chat::{Channel, Chat, ChatHistory, Mute, PastChat},
    },
    time::Millis,
};
use std::collections::{BTreeSet, VecDeque};

/// The time of a line in a history and the time that it came with may differ by this
/// much, in milliseconds: it is numbered in one place and sent in another.
const SAME_TIME: u64 = 10_000;

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// Tells it from all other lines, as long as it is kept.
    pub key: u64,
    /// Its number in its channel, if that is known.
    pub number: Option<u64>,
    /// When it was said.
    pub timestamp: Timestamp,
    /// What, and by whom.
    #[serde(flatten)]
    pub chat: Chat,
}

/// What was said lately.
#[derive(Debug, Default)]
pub struct ChatLog {
    channels: [VecDeque<Line>; Channel::ALL.len()],
    last_key: u64,
    muted: BTreeSet<CharacterId>,
}

impl ChatLog {
    /// The last [`MAX_HISTORY`] lines of a channel, the oldest first, without those of
    /// whom one has muted.
    pub fn lines(&self, channel: Channel) -> impl Iterator<Item = &Line> {
        let of_channel = self.channels.get(index(channel)).into_iter().flatten();
        of_channel.filter(|line| !self.muted.contains(&line.chat.sender_id))
    }

    /// Whom one has muted, by id.
    pub fn muted(&self) -> impl ExactSizeIterator<Item = CharacterId> {
        self.muted.iter().copied()
    }

    /// Something was said.
    pub(super) fn heard(&mut self, chat: &Chat, at: Millis) {
        let line = self.line(None, Timestamp(at), chat.clone());
        if let Some(lines) = self.channels.get_mut(index(chat.channel)) {
            lines.push_back(line);
            shorten(lines);
        }
    }

    /// What was said before.
    pub(super) fn past(&mut self, history: &ChatHistory) {
        let Some(lines) = self.channels.get_mut(index(history.channel)).map(std::mem::take) else {
            return;
        };
        let mut merged: Vec<Line> = lines.into();
        for past in history.messages.iter().filter(|past| past.chat.channel == history.channel) {
            match merged.iter_mut().find(|line| is_same(line, past)) {
                Some(line) => (line.number, line.timestamp) = (Some(past.number), past.timestamp),
                None => {
                    let line = self.line(Some(past.number), past.timestamp, past.chat.clone());
                    merged.push(line);
                }
            }
        }
        // Stable: lines of one moment stay in the order they came in.
        merged.sort_by_key(|line| line.timestamp);
        let mut merged = VecDeque::from(merged);
        shorten(&mut merged);
        if let Some(lines) = self.channels.get_mut(index(history.channel)) {
            *lines = merged;
        }
    }

    /// Somebody is muted, or not any more.
    pub(super) fn mute(&mut self, mute: &Mute) {
        if mute.muted {
            self.muted.insert(mute.character_id);
        } else {
            self.muted.remove(&mute.character_id);
        }
    }

    /// A new stay in the world begins: the server says again whom one has muted.
    pub(super) fn begin_anew(&mut self) {
        self.muted.clear();
    }

    /// What was said on a channel is of no concern any more.
    pub(super) fn clear(&mut self, channel: Channel) {
        if let Some(lines) = self.channels.get_mut(index(channel)) {
            lines.clear();
        }
    }

    /// The character has left the world for good.
    pub(super) fn forget(&mut self) {
        self.begin_anew();
        self.channels.iter_mut().for_each(VecDeque::clear);
    }

    fn line(&mut self, number: Option<u64>, timestamp: Timestamp, chat: Chat) -> Line {
        self.last_key = self.last_key.wrapping_add(1);
        Line { key: self.last_key, number, timestamp, chat }
    }
}

const fn index(channel: Channel) -> usize {
    channel as usize
}

fn shorten(lines: &mut VecDeque<Line>) {
    while lines.len() > MAX_HISTORY {
        lines.pop_front();
    }
}

/// Whether a line is this one of a history: by its number, or, where it was heard and
/// has none, by what was said, by whom, and about when.
fn is_same(line: &Line, past: &PastChat) -> bool {
    match line.number {
        Some(number) => number == past.number,
        None => {
            let (Timestamp(a), Timestamp(b)) = (line.timestamp, past.timestamp);
            line.chat == past.chat && a.since(b).max(b.since(a)) <= SAME_TIME
        }
    }
}

#[cfg(test)]
mod tests;
