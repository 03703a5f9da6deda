//! The last words of channels in a hub's memory: a copy of World's, which a hub asks for when
//! somebody first wants to know, and brings up to date with all that it is told.

use super::{Scope, history::History};
use crate::{
    calls::{
        hub::{Audience, Delivery, Key},
        world::Histories,
    },
    systems::Local,
};
use shardlink_shared::{
    limits::MAX_HISTORY,
    protocol::{
        ServerMessage, Timestamp,
        bounded::List,
        chat::{Channel, Chat, PastChat},
    },
    time::Millis,
    world::Faction,
};
use std::collections::VecDeque;

/// The copy.
#[derive(Debug, Default)]
pub struct Memory {
    channels: Vec<(Scope, History)>,
    /// Whether World has been asked. Before that, only what this hub has heard is there.
    is_whole: bool,
    /// How many words have been heard.
    count: u64,
    /// The last words, as many as a history has: for each, how many there were by then, and its
    /// number.
    latest: VecDeque<(u64, u64)>,
}

impl Memory {
    /// Whether everything that World remembers is there.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// How many words have been heard. By this, words from before a moment are told from later
    /// ones.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// What was said on a channel before this number, and before more than `since` words were
    /// heard.
    #[must_use]
    pub fn past(
        &self,
        channel: Channel,
        faction: Faction,
        before: Option<u64>,
        since: Option<u64>,
    ) -> List<PastChat, MAX_HISTORY> {
        let scope = if channel == Channel::Global { Scope::Everybody } else { Scope::Faction(faction) };
        let told_from = since.and_then(|since| self.latest.iter().find(|(count, _)| *count > since));
        let before = [before, told_from.map(|(_, number)| *number)].into_iter().flatten().min();
        let history = self.channels.iter().find(|(known, _)| *known == scope).map(|(_, history)| history);
        history.map(|history| history.before(before)).unwrap_or_default()
    }

    fn channel_mut(&mut self, scope: Scope) -> &mut History {
        let at = self.channels.iter().position(|(known, _)| *known == scope).unwrap_or_else(|| {
            self.channels.push((scope, History::default()));
            self.channels.len() - 1
        });
        // It is there: it was found or has just been added.
        #[allow(clippy::indexing_slicing)]
        &mut self.channels[at].1
    }
}

impl Local for Memory {
    type Memory = Histories;

    fn heard(&mut self, delivery: &Delivery, now: Millis) {
        let scope = match delivery.to {
            Audience::Everybody => Scope::Everybody,
            Audience::Faction(faction) => Scope::Faction(faction),
            Audience::Places(_) | Audience::WhoSees(_) => return,
        };
        let (Key::InOrder { number, .. }, Some(chat)) = (delivery.key, spoken(&delivery.message)) else { return };
        self.count += 1;
        self.latest.push_back((self.count, number));
        if self.latest.len() > MAX_HISTORY {
            self.latest.pop_front();
        }
        self.channel_mut(scope).push(PastChat { number, timestamp: Timestamp(now), chat: chat.clone() });
    }

    fn remember(&mut self, histories: Histories) {
        for (scope, said) in histories.channels {
            self.channel_mut(scope).extend_back(said);
        }
        self.is_whole = true;
    }
}

const fn spoken(message: &ServerMessage) -> Option<&Chat> {
    match message {
        ServerMessage::Chat(chat) | ServerMessage::FactionChat(chat) => Some(chat),
        _ => None,
    }
}
