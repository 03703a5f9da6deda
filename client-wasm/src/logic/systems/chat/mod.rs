//! Chat: the last lines of each channel, and the characters that the player has muted.
//!
//! Chats that are heard and histories that the server hands out make one log: a line that
//! comes both ways stands in it once.

use super::{Around, News, System, party};
use crate::logic::{
    failure::Failure,
    small_map::SmallMap,
    told::{Shown, Told},
};
use serde::Serialize;
use shardlink_shared::{
    Refusal,
    codec::table::{Value, Wire},
    ids::CharacterId,
    limits::MAX_HISTORY,
    protocol::{
        Timestamp,
        chat::{Channel, Chat, ChatHistory, Mute, PastChat, Sealed},
    },
    sheet::Sheet,
    text::{CharacterName, Content, Draft},
    time::Millis,
};
use std::collections::VecDeque;

/// The times of a line in a history and as it was heard may differ by this much, in
/// milliseconds: a line is numbered in one place and sent from another.
const SAME_TIME: u64 = 10_000;

/// Something that was said.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Tells it from all other lines, as long as it is kept.
    pub key: u64,
    /// Its number in its channel, if that is known.
    pub number: Option<u64>,
    /// When it was said.
    pub timestamp: Timestamp,
    /// What, and by whom.
    pub chat: Chat,
}

/// A line as a game is shown it, in one piece.
#[derive(Debug, Serialize, Wire)]
struct ShownLine<'a> {
    key: u64,
    number: Option<u64>,
    timestamp: Timestamp,
    sender_id: CharacterId,
    sender_name: &'a CharacterName,
    channel: Channel,
    content: &'a Content,
    recipient_id: Option<CharacterId>,
    recipient_name: Option<&'a CharacterName>,
    encrypted: Option<&'a Sealed>,
}

impl<'a> From<&'a Line> for ShownLine<'a> {
    fn from(Line { key, number, timestamp, chat }: &'a Line) -> Self {
        Self {
            key: *key,
            number: *number,
            timestamp: *timestamp,
            sender_id: chat.sender_id,
            sender_name: &chat.sender_name,
            channel: chat.channel,
            content: &chat.content,
            recipient_id: chat.recipient_id,
            recipient_name: chat.recipient_name.as_ref(),
            encrypted: chat.encrypted.as_deref(),
        }
    }
}

/// What was said lately.
#[derive(Debug, Default)]
pub struct ChatLog {
    channels: [VecDeque<Line>; Channel::ALL.len()],
    last_key: u64,
    muted: SmallMap<CharacterId, ()>,
}

impl ChatLog {
    /// The last [`MAX_HISTORY`] lines of a channel, the oldest first, without those of muted
    /// characters.
    pub fn lines(&self, channel: Channel) -> impl Iterator<Item = &Line> {
        let of_channel = self.channels.get(index(channel)).into_iter().flatten();
        of_channel.filter(|line| self.muted.get(&line.chat.sender_id).is_none())
    }

    /// The muted characters, by id.
    pub fn muted(&self) -> impl ExactSizeIterator<Item = CharacterId> {
        self.muted.iter().map(|(id, ())| *id)
    }

    /// Something was said.
    fn said(&mut self, chat: &Chat, at: Millis) {
        let line = self.line(None, Timestamp(at), chat.clone());
        if let Some(lines) = self.channels.get_mut(index(chat.channel)) {
            lines.push_back(line);
            shorten(lines);
        }
    }

    /// What was said before.
    fn past(&mut self, history: &ChatHistory) {
        let Some(mut lines) = self.channels.get_mut(index(history.channel)).map(std::mem::take) else {
            return;
        };
        for past in history.messages.iter().filter(|past| past.chat.channel == history.channel) {
            let known = lines.iter().position(|line| is_same(line, past)).and_then(|at| lines.remove(at));
            let line = match known {
                Some(line) => Line { number: Some(past.number), timestamp: past.timestamp, ..line },
                None => self.line(Some(past.number), past.timestamp, past.chat.clone()),
            };
            // Lines of one moment stay in the order they came in.
            lines.insert(lines.partition_point(|other| other.timestamp <= line.timestamp), line);
        }
        shorten(&mut lines);
        if let Some(of_channel) = self.channels.get_mut(index(history.channel)) {
            *of_channel = lines;
        }
    }

    /// Somebody is muted, or not any more.
    fn mute(&mut self, mute: &Mute) {
        if mute.muted {
            self.muted.insert(mute.character_id, ());
        } else {
            self.muted.remove(&mute.character_id);
        }
    }

    /// A new stay in the world begins: the server tells the mutes again.
    fn begin_anew(&mut self) {
        self.muted.clear();
    }

    /// Forgets the lines of a channel.
    fn clear(&mut self, channel: Channel) {
        if let Some(lines) = self.channels.get_mut(index(channel)) {
            lines.clear();
        }
    }

    /// The character has left the world for good.
    fn forget(&mut self) {
        self.begin_anew();
        self.channels.iter_mut().for_each(VecDeque::clear);
    }

    fn line(&mut self, number: Option<u64>, timestamp: Timestamp, chat: Chat) -> Line {
        self.last_key = self.last_key.wrapping_add(1);
        Line { key: self.last_key, number, timestamp, chat }
    }
}

impl System for ChatLog {
    fn prepare(&self, request: &str, fields: &mut Value) -> Result<(), Failure> {
        if is_chat(request)
            && let Some(content) = fields.text("content")
        {
            // Judged before it travels, as the server will judge it.
            Draft::new(content).accept()?;
        }
        Ok(())
    }

    fn heard(&mut self, message: &Told, around: &Around, _: &mut Vec<News>) {
        match message.name() {
            name if is_chat(name) => {
                if let Some(chat) = message.read() {
                    self.said(&chat, message.envelope.timestamp.unwrap_or(around.now));
                }
            }
            "chat_history" => {
                if let Some(history) = message.read() {
                    self.past(&history);
                }
            }
            "mute" => {
                if let Some(mute) = message.read() {
                    self.mute(&mute);
                }
            }
            _ => {}
        }
    }

    fn noticed(&mut self, news: &News) {
        if *news == News::Party(party::News::Party(None)) {
            // The lines of a party that the player has left do not belong to its next party.
            self.clear(Channel::Party);
        }
    }

    fn entered(&mut self, _: &Sheet, _: &mut Vec<News>) {
        self.begin_anew();
    }

    fn left(&mut self, _: &mut Vec<News>) {
        self.forget();
    }

    fn show(&self, name: &str, _: Millis) -> Option<Result<Shown, Failure>> {
        if name == "muted" {
            return Some(Ok(Shown::of(&self.muted().collect::<Vec<_>>())));
        }
        let named = name.strip_prefix("messages:")?;
        let channel = Channel::ALL.iter().copied().find(|channel| channel.name() == named);
        let lines = channel.map(|channel| self.lines(channel).map(ShownLine::from).collect::<Vec<_>>());
        let none = || Refusal::field("channel", "The channel must be global, party, faction or whisper.").into();
        Some(lines.map(|lines| Shown::of(&lines)).ok_or_else(none))
    }
}

/// Whether messages of this type, of either side, are chat.
fn is_chat(name: &str) -> bool {
    matches!(name, "chat" | "whisper" | "party_chat" | "faction_chat")
}

const fn index(channel: Channel) -> usize {
    channel as usize
}

fn shorten(lines: &mut VecDeque<Line>) {
    while lines.len() > MAX_HISTORY {
        lines.pop_front();
    }
}

/// Whether a line is this line of a history. Their numbers tell. A line that was heard has no
/// number: for it the content, the sender and the approximate time tell.
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
