//! Calls by which one object changes another: stored with the change that they tell
//! of, and made again until they are answered.

use serde::{Deserialize, Serialize};
use shardlink_shared::{ErrorCode, Refusal, limits::LETTER_LIFE, time::Millis};
use std::collections::BTreeMap;

/// The first pause before a letter is sent again, in milliseconds; each is twice the last.
const FIRST_RETRY: u64 = 1_000;

/// The longest pause, in milliseconds.
const LONGEST_RETRY: u64 = 60_000;

/// A letter that is under way is answered by then, in milliseconds: a call times out
/// after 10 s. Later means that a crash has taken the answer.
const ANSWERED_WITHIN: u64 = 15_000;

/// A letter, as its row has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter<T> {
    /// When it was written.
    pub posted: Millis,
    /// What it says.
    pub says: T,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Waiting<T> {
    letter: Letter<T>,
    /// When it is sent next; while it is under way, when it counts as lost.
    due: Millis,
    tries: u32,
    under_way: bool,
}

/// The letters that have not been answered, by their number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letters<T> {
    next: u64,
    waiting: BTreeMap<u64, Waiting<T>>,
}

impl<T> Default for Letters<T> {
    fn default() -> Self {
        Self { next: 1, waiting: BTreeMap::new() }
    }
}

impl<T: Clone> Letters<T> {
    /// The letters of these rows: all are due.
    #[must_use]
    pub fn restore(rows: impl IntoIterator<Item = (u64, Letter<T>)>) -> Self {
        let waiting: BTreeMap<_, _> = rows
            .into_iter()
            .map(|(number, letter)| (number, Waiting { due: letter.posted, letter, tries: 1, under_way: false }))
            .collect();
        Self { next: waiting.last_key_value().map_or(1, |(last, _)| last + 1), waiting }
    }

    /// Writes a letter, which is sent as soon as it is stored: its row.
    pub fn post(&mut self, now: Millis, says: T) -> (u64, Letter<T>) {
        let (number, letter) = (self.next, Letter { posted: now, says });
        self.next += 1;
        self.waiting.insert(number, Waiting { letter: letter.clone(), due: now, tries: 0, under_way: false });
        (number, letter)
    }

    /// The letters that are to be sent now; each is given out once, until it is answered.
    pub fn take_due(&mut self, now: Millis) -> Vec<(u64, Letter<T>)> {
        let due = self.waiting.iter_mut().filter(|(_, one)| one.due <= now);
        due.map(|(number, one)| {
            one.tries += 1;
            (one.under_way, one.due) = (true, now + ANSWERED_WITHIN);
            (*number, one.letter.clone())
        })
        .collect()
    }

    /// A letter is answered, or has become pointless: its row goes. Whether it was there.
    pub fn remove(&mut self, number: u64) -> bool {
        self.waiting.remove(&number).is_some()
    }

    /// A letter has to be sent again after `pause` milliseconds, saying this.
    pub fn put_off(&mut self, number: u64, now: Millis, pause: u64, says: T) {
        if let Some(one) = self.waiting.get_mut(&number) {
            (one.under_way, one.due, one.letter.says) = (false, now + pause, says);
        }
    }

    /// What an answer means: whether the letter is done with. One that did not arrive is
    /// sent again after a pause, for a day at most.
    pub fn answered<A>(&mut self, number: u64, now: Millis, answer: &Result<A, Refusal>) -> bool {
        let Some(one) = self.waiting.get_mut(&number) else { return false };
        if answer.as_ref().is_err_and(is_lost) && now.since(one.letter.posted) < LETTER_LIFE {
            let pause = FIRST_RETRY << one.tries.saturating_sub(1).min(6);
            (one.under_way, one.due) = (false, now + pause.min(LONGEST_RETRY));
            return false;
        }
        self.remove(number)
    }

    /// Whether no letter waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The letters that wait, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.waiting.iter().map(|(number, one)| (*number, &one.letter.says))
    }

    /// When the next has to be sent or looked for. One that has just been written is sent
    /// without an alarm, which is for a crash in between.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Millis> {
        let due = |one: &Waiting<T>| if one.tries == 0 { one.due + ANSWERED_WITHIN } else { one.due };
        self.waiting.values().map(due).min()
    }
}

/// Whether a refusal says that the other object did not answer: a damaged one may be
/// restored, and then has to hear it.
#[must_use]
pub fn is_lost(refusal: &Refusal) -> bool {
    matches!(refusal.code, ErrorCode::Internal | ErrorCode::Overloaded | ErrorCode::StorageCorrupt)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost() -> Result<(), Refusal> {
        Err(ErrorCode::Internal.into())
    }

    #[test]
    fn a_letter_is_sent_at_once_and_once_until_it_is_answered() {
        let mut letters = Letters::default();
        let (number, _) = letters.post(Millis(5), "hello");
        assert_eq!(letters.next_deadline(), Some(Millis(5 + ANSWERED_WITHIN)));
        assert_eq!(letters.take_due(Millis(5)).len(), 1);
        assert_eq!(letters.take_due(Millis(6)).len(), 0);
        assert!(letters.answered(number, Millis(7), &Ok(())));
        assert_eq!((letters.next_deadline(), letters.take_due(Millis(100_000)).len()), (None, 0));
    }

    #[test]
    fn one_that_did_not_arrive_is_sent_again_with_growing_pauses() {
        let mut letters = Letters::default();
        let (number, _) = letters.post(Millis(0), "hello");
        let mut now = Millis(0);
        let mut pauses = Vec::new();
        for _ in 0..9 {
            assert_eq!(letters.take_due(now).len(), 1);
            assert!(!letters.answered(number, now, &lost()));
            let due = letters.next_deadline().unwrap();
            pauses.push(due.since(now) / 1000);
            now = due;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert!(letters.answered(number, Millis(LETTER_LIFE), &lost()), "a day later it is given up");
    }

    #[test]
    fn a_letter_to_a_damaged_object_waits_until_that_is_restored() {
        let mut letters = Letters::default();
        let (number, _) = letters.post(Millis(0), "hello");
        letters.take_due(Millis(0));
        assert!(!letters.answered::<()>(number, Millis(1), &Err(ErrorCode::StorageCorrupt.into())));
        assert_eq!(letters.take_due(Millis(1_001)).len(), 1);
        assert!(letters.answered(number, Millis(1_002), &Ok(())));
    }

    #[test]
    fn a_refusal_is_an_answer() {
        let mut letters = Letters::default();
        let (number, _) = letters.post(Millis(0), "hello");
        letters.take_due(Millis(0));
        assert!(letters.answered::<()>(number, Millis(1), &Err(ErrorCode::NotInParty.into())));
    }

    #[test]
    fn what_a_crash_left_is_due_and_new_numbers_are_new() {
        let mut letters = Letters::restore([(7, Letter { posted: Millis(3), says: "a" })]);
        assert_eq!(letters.take_due(Millis(4)).len(), 1);
        assert_eq!(letters.post(Millis(4), "b").0, 8);
    }
}
