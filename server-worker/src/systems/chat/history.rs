//! The last words of a channel, the oldest first.

use shardlink_shared::{
    limits::MAX_HISTORY,
    protocol::{bounded::List, chat::PastChat},
};
use std::collections::VecDeque;

/// A channel's last words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History(VecDeque<PastChat>);

impl History {
    /// Adds something said, and returns the number of what is forgotten for it. What is not newer
    /// than the newest is in the history already.
    pub fn push(&mut self, past: PastChat) -> Option<u64> {
        if self.0.back().is_some_and(|newest| newest.number >= past.number) {
            return None;
        }
        self.0.push_back(past);
        if self.0.len() > MAX_HISTORY { self.0.pop_front().map(|oldest| oldest.number) } else { None }
    }

    /// Puts what was said earlier before what it has.
    pub fn extend_back(&mut self, earlier: impl IntoIterator<Item = PastChat>) {
        let first = self.0.front().map_or(u64::MAX, |oldest| oldest.number);
        let mut all: VecDeque<_> = earlier.into_iter().filter(|past| past.number < first).collect();
        all.append(&mut self.0);
        let surplus = all.len().saturating_sub(MAX_HISTORY);
        self.0 = all.split_off(surplus);
    }

    /// What was said before this number.
    #[must_use]
    pub fn before(&self, number: Option<u64>) -> List<PastChat, MAX_HISTORY> {
        let number = number.unwrap_or(u64::MAX);
        List::of(self.0.iter().filter(|past| past.number < number).cloned())
    }

    /// Whether nothing was said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shardlink_shared::{
        ids::CharacterId,
        protocol::{
            Timestamp,
            chat::{Channel, Chat},
        },
        text::{CharacterName, Draft},
        time::Millis,
    };

    fn past(number: u64) -> PastChat {
        let chat = Chat {
            sender_id: CharacterId::new(1 << 40).unwrap(),
            sender_name: CharacterName::parse("Aria").unwrap(),
            channel: Channel::Global,
            content: Draft::new("hello").accept().unwrap(),
            recipient_id: None,
            recipient_name: None,
            encrypted: None,
        };
        PastChat { number, timestamp: Timestamp(Millis(number)), chat }
    }

    fn numbers(history: &History) -> Vec<u64> {
        history.before(None).iter().map(|past| past.number).collect()
    }

    #[test]
    fn the_last_fifty_are_kept_in_their_order_and_none_twice() {
        let mut history = History::default();
        let forgotten: Vec<_> = (1..=53).filter_map(|number| history.push(past(number))).collect();
        assert_eq!(forgotten, [1, 2, 3]);
        assert_eq!(history.push(past(53)), None);
        assert_eq!(numbers(&history), (4..=53).collect::<Vec<_>>());
        assert_eq!(history.before(Some(6)).len(), 2);
    }

    #[test]
    fn what_was_said_before_it_was_asked_for_comes_before() {
        let mut history = History::default();
        history.push(past(60));
        history.push(past(61));
        history.extend_back((1..=60).map(past));
        let kept = numbers(&history);
        assert_eq!((kept.first(), kept.last(), kept.len()), (Some(&12), Some(&61), 50));
    }
}
