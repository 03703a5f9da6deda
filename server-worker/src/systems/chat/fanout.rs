//! Words on their way to hubs. Each hub gets them in their order, a batch at a time: the next
//! batch goes only when the last has been answered, so that a slow hub gets larger batches and
//! not more of them.

use std::collections::BTreeMap;

/// The most words that wait for a hub; of more, the oldest are lost. A hub that does not answer
/// for 10 s, while a hundred words a second are said, misses no more than it would anyway.
const MOST_WAITING: usize = 1_000;

/// The most words in one batch: at some 300 bytes each, a call of 150 kB.
const MOST_AT_ONCE: usize = 500;

#[derive(Debug, Clone, PartialEq)]
struct Lane<W> {
    waiting: Vec<W>,
    /// Whether a batch goes even if there is nothing to say.
    knocks: bool,
    under_way: bool,
}

impl<W> Default for Lane<W> {
    fn default() -> Self {
        Self { waiting: Vec::new(), knocks: false, under_way: false }
    }
}

impl<W> Lane<W> {
    fn is_any(&self) -> bool {
        self.knocks || !self.waiting.is_empty()
    }
}

/// The words that wait, for each hub.
#[derive(Debug, Clone, PartialEq)]
pub struct Fanout<W>(BTreeMap<u32, Lane<W>>);

impl<W> Default for Fanout<W> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<W> Fanout<W> {
    /// Adds a word for a hub.
    pub fn push(&mut self, hub: u32, word: W) {
        let lane = self.0.entry(hub).or_default();
        if lane.waiting.len() >= MOST_WAITING {
            lane.waiting.remove(0);
        }
        lane.waiting.push(word);
    }

    /// Wakes a hub: it is sent a batch, even of no words.
    pub fn knock(&mut self, hub: u32) {
        self.0.entry(hub).or_default().knocks = true;
    }

    /// The batches that may be sent now, each under way from here on.
    pub fn take(&mut self) -> Vec<(u32, Vec<W>)> {
        let ready = self.0.iter_mut().filter(|(_, lane)| !lane.under_way && lane.is_any());
        ready
            .map(|(hub, lane)| {
                (lane.under_way, lane.knocks) = (true, false);
                (*hub, lane.waiting.drain(..lane.waiting.len().min(MOST_AT_ONCE)).collect())
            })
            .collect()
    }

    /// A batch was answered, or is lost: what is said is sent once.
    pub fn answered(&mut self, hub: u32) {
        if let Some(lane) = self.0.get_mut(&hub) {
            lane.under_way = false;
            if !lane.is_any() {
                self.0.remove(&hub);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_batch_goes_when_the_last_was_answered() {
        let mut fanout = Fanout::default();
        fanout.push(1, 'a');
        assert_eq!(fanout.take(), [(1, vec!['a'])]);
        fanout.push(1, 'b');
        fanout.push(2, 'b');
        fanout.push(1, 'c');
        assert_eq!(fanout.take(), [(2, vec!['b'])], "hub 1 has not answered");
        fanout.answered(1);
        assert_eq!(fanout.take(), [(1, vec!['b', 'c'])]);
        fanout.answered(1);
        fanout.answered(2);
        assert_eq!(fanout, Fanout::default());
    }

    #[test]
    fn a_hub_is_woken_without_words_or_by_the_next_ones() {
        let mut fanout: Fanout<char> = Fanout::default();
        fanout.knock(1);
        fanout.knock(2);
        fanout.push(2, 'a');
        assert_eq!(fanout.take(), [(1, vec![]), (2, vec!['a'])]);
        assert_eq!(fanout.take(), [], "once");
        fanout.answered(1);
        fanout.answered(2);
        assert_eq!(fanout, Fanout::default());
    }

    #[test]
    fn a_hub_that_does_not_answer_takes_no_more_than_so_much_memory() {
        let mut fanout = Fanout::default();
        fanout.push(1, 0);
        fanout.take();
        (0..3_000).for_each(|word| fanout.push(1, word));
        fanout.answered(1);
        let batch = fanout.take().remove(0).1;
        assert_eq!((batch.first(), batch.len()), (Some(&2_000), MOST_AT_ONCE));
    }
}
