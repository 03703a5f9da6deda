//! Whose password is stretched next. Passwords are stretched one at a time, because each takes
//! much of the thread's time. Those who wait take turns by the network they come from: however
//! many ask from one address, all others wait for one of them at a time.

use crate::network::Network;
use shardlink_shared::{
    ErrorCode, Refusal,
    limits::{MAX_HASHING_PER_ACCOUNT, MAX_HASHING_QUEUE},
    time::Millis,
};
use std::collections::VecDeque;

/// A turn that has not moved for this long, in milliseconds, belongs to a request that
/// is gone: its client left, and the runtime dropped its future without a word.
const ABANDONED_AFTER: u64 = 3_000;

/// Every request that waits looks every few milliseconds. If nobody has looked for longer than
/// this, in milliseconds, the thread was busy with something else and nobody is gone: the time
/// beyond this does not count.
const NOBODY_LOOKED: u64 = 250;

/// For whom a password is stretched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// Where it was sent from.
    pub network: Network,
    /// What the account goes by, known or not.
    pub account: String,
}

#[derive(Debug)]
struct Turn {
    number: u64,
    account: String,
    moved: Millis,
}

impl Turn {
    fn is_abandoned(&self, now: Millis) -> bool {
        now.since(self.moved) >= ABANDONED_AFTER
    }
}

/// Where a turn stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It has come.
    Come,
    /// Others are before it.
    Waits,
    /// There is no such turn any more. It made room for another network, or was abandoned.
    Lost,
}

/// All turns.
#[derive(Debug, Default)]
pub struct Turns {
    last: u64,
    /// When somebody last joined or looked.
    looked: Millis,
    current: Option<Turn>,
    /// The networks that wait, in the order in which they have their turns. None is empty.
    waiting: VecDeque<(Network, VecDeque<Turn>)>,
}

impl Turns {
    /// Takes a turn, and returns its number. If all places are taken, the last turn of the
    /// network that has most makes room for a network that has fewer.
    ///
    /// # Errors
    /// OVERLOADED, with a guess at the seconds until there is room.
    pub fn join(&mut self, now: Millis, asker: Asker) -> Result<u64, Refusal> {
        self.forget_abandoned(now);
        let Asker { network, account } = asker;
        let own = self.waiting.iter().find(|(other, _)| *other == network).map(|(_, turns)| turns);
        // An account's turns are counted within a network, so that from elsewhere nobody can take
        // its owner's places.
        let of_account = own.into_iter().flatten().filter(|turn| turn.account == account).count();
        if of_account >= MAX_HASHING_PER_ACCOUNT {
            return Err(self.full("You are signing in already. Wait for the answer."));
        }
        let of_network = own.map_or(0, VecDeque::len);
        if self.len() >= MAX_HASHING_QUEUE {
            let longest = self.waiting.iter_mut().max_by_key(|(_, turns)| turns.len());
            match longest {
                Some((_, turns)) if turns.len() > of_network + 1 => drop(turns.pop_back()),
                _ => return Err(self.full("Too many are signing in by password right now. Try again shortly.")),
            }
        }
        self.last += 1;
        let turn = Turn { number: self.last, account, moved: now };
        match self.waiting.iter_mut().find(|(other, _)| *other == network) {
            Some((_, turns)) => turns.push_back(turn),
            None => self.waiting.push_back((network, VecDeque::from([turn]))),
        }
        Ok(self.last)
    }

    /// Says that a turn is still wanted, and where it stands.
    pub fn look(&mut self, now: Millis, number: u64) -> Standing {
        let is_known = self.keep(now, number);
        self.forget_abandoned(now);
        if self.current.is_none() {
            self.advance();
        }
        match &self.current {
            Some(current) if current.number == number => Standing::Come,
            _ if is_known => Standing::Waits,
            _ => Standing::Lost,
        }
    }

    /// Says that a turn is still wanted. Returns whether there is such a turn.
    pub fn keep(&mut self, now: Millis, number: u64) -> bool {
        let waiting = self.waiting.iter_mut().flat_map(|(_, turns)| turns);
        let turn = waiting.chain(self.current.as_mut()).find(|turn| turn.number == number);
        turn.map(|turn| turn.moved = now).is_some()
    }

    /// Ends a turn, whether it has come or not.
    pub fn leave(&mut self, number: u64) {
        self.retain(|turn| turn.number != number);
    }

    /// Gives the turn to the first of the network that is next. The rest of that network waits
    /// behind all others.
    fn advance(&mut self) {
        let Some((network, mut turns)) = self.waiting.pop_front() else { return };
        self.current = turns.pop_front();
        if !turns.is_empty() {
            self.waiting.push_back((network, turns));
        }
    }

    fn forget_abandoned(&mut self, now: Millis) {
        let stalled = now.since(self.looked).saturating_sub(NOBODY_LOOKED);
        self.looked = now;
        for turn in self.waiting.iter_mut().flat_map(|(_, turns)| turns).chain(self.current.as_mut()) {
            // If the clock was set back, the time is counted from here on.
            turn.moved = (turn.moved + stalled).min(now);
        }
        self.retain(|turn| !turn.is_abandoned(now));
    }

    fn retain(&mut self, keep: impl Fn(&Turn) -> bool) {
        self.current = self.current.take().filter(&keep);
        for (_, turns) in &mut self.waiting {
            turns.retain(&keep);
        }
        self.waiting.retain(|(_, turns)| !turns.is_empty());
    }

    fn len(&self) -> usize {
        self.waiting.iter().map(|(_, turns)| turns.len()).sum()
    }

    fn full(&self, message: &str) -> Refusal {
        // A turn takes up to half a second while hubs are at work; twice that is safe.
        Refusal::new(ErrorCode::Overloaded).after(self.len() as f64 + 1.0).saying(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const NOW: Millis = Millis(1_000_000);

    fn asker(network: u8, account: &str) -> Asker {
        Asker { network: Network::of(&format!("203.0.113.{network}")), account: account.to_owned() }
    }

    /// How long it takes from `from` on until a turn has come, in milliseconds.
    fn waits(turns: &mut Turns, from: Millis, number: u64) -> u64 {
        (0..10_000).step_by(100).find(|ms| turns.look(from + *ms, number) == Standing::Come).unwrap()
    }

    /// Ends the current turn, and returns the number of the next one.
    fn next(turns: &mut Turns, of: &[u64]) -> Option<u64> {
        let come = |turns: &mut Turns| of.iter().copied().find(|number| turns.look(NOW, *number) == Standing::Come);
        if let Some(current) = come(turns) {
            turns.leave(current);
        }
        come(turns)
    }

    #[test]
    fn one_has_the_turn_at_a_time_and_all_come_in_their_order() {
        let mut turns = Turns::default();
        let all: Vec<u64> = (0..5).map(|n| turns.join(NOW, asker(1, &format!("aria{n}"))).unwrap()).collect();
        assert_eq!(turns.look(NOW, all[0]), Standing::Come);
        assert!(all[1..].iter().all(|number| turns.look(NOW, *number) == Standing::Waits));
        for number in &all[1..] {
            assert_eq!(next(&mut turns, &all), Some(*number));
        }
        assert_eq!(next(&mut turns, &all), None);
    }

    #[test]
    fn nobody_is_given_up_for_time_in_which_nobody_could_look() {
        let mut turns = Turns::default();
        let all: Vec<u64> = (0..3).map(|n| turns.join(NOW, asker(n, "aria")).unwrap()).collect();
        let later = NOW + 10_000;
        let standing: Vec<_> = all.iter().map(|number| turns.look(later, *number)).collect();
        assert_eq!(standing, [Standing::Come, Standing::Waits, Standing::Waits]);
        // A request that does not look while others do is gone.
        let looks = |turns: &mut Turns, ms| turns.look(later + ms, all[1]);
        for ms in (0..ABANDONED_AFTER).step_by(100) {
            assert_eq!(looks(&mut turns, ms), Standing::Waits);
        }
        assert_eq!(looks(&mut turns, ABANDONED_AFTER + 1), Standing::Come);
    }

    #[test]
    fn a_network_that_asks_once_waits_for_one_of_another_that_asks_often() {
        let mut turns = Turns::default();
        let flood: Vec<u64> = (0..12).map(|n| turns.join(NOW, asker(1, &format!("aria{n}"))).unwrap()).collect();
        assert_eq!(turns.look(NOW, flood[0]), Standing::Come);
        let honest = turns.join(NOW, asker(2, "bran")).unwrap();
        let all: Vec<u64> = flood.into_iter().chain([honest]).collect();
        next(&mut turns, &all);
        assert_eq!(next(&mut turns, &all), Some(honest));
    }

    #[test]
    fn of_a_full_queue_the_fullest_network_makes_room_for_others_and_none_for_itself() {
        let mut turns = Turns::default();
        let flood: Vec<u64> =
            (0..MAX_HASHING_QUEUE).map(|n| turns.join(NOW, asker(1, &format!("aria{n}"))).unwrap()).collect();
        assert_eq!(turns.join(NOW, asker(1, "more")).unwrap_err().code, ErrorCode::Overloaded);
        // As many others as there are places, each from elsewhere: each gets one.
        let mut honest = Vec::new();
        for n in 2..2 + MAX_HASHING_QUEUE as u8 - 1 {
            honest.push(turns.join(NOW, asker(n, "bran")).unwrap());
            assert_eq!(turns.len(), MAX_HASHING_QUEUE);
        }
        assert_eq!(turns.look(NOW, flood[1]), Standing::Lost);
        assert_eq!(turns.look(NOW, flood[0]), Standing::Come);
        // All places are shared evenly now: nobody can be made room for.
        honest.push(turns.join(NOW, asker(200, "bran")).unwrap());
        let refusal = turns.join(NOW, asker(201, "bran")).unwrap_err();
        assert_eq!((refusal.code, refusal.retry_after), (ErrorCode::Overloaded, Some(17.0)));
        turns.leave(flood[0]);
        let mut served = Vec::new();
        while let Some(number) = honest.iter().copied().find(|number| turns.look(NOW, *number) == Standing::Come) {
            served.push(number);
            turns.leave(number);
        }
        assert_eq!(served, honest);
    }

    #[test]
    fn three_accounts_of_one_address_do_not_starve_twenty_five_others() {
        let mut turns = Turns::default();
        let (mut waiting, mut served) = (BTreeSet::new(), 0);
        let mut arrived = 0;
        for step in 0..400_u64 {
            // The three ask again as soon as there is a place for them.
            for account in ["a", "b", "c"] {
                while turns.join(NOW, asker(1, account)).is_ok() {}
            }
            // One of the others comes every eighth step.
            if step % 8 == 0 && arrived < 25 {
                arrived += 1;
                waiting.insert(turns.join(NOW, asker(arrived + 1, "bran")).unwrap());
            }
            for number in waiting.clone() {
                if turns.look(NOW, number) == Standing::Come {
                    waiting.remove(&number);
                    served += 1;
                }
                assert_ne!(turns.look(NOW, number), Standing::Lost);
            }
            // The current turn is done.
            turns.look(NOW, 0);
            let current = turns.current.as_ref().map(|turn| turn.number);
            current.into_iter().for_each(|number| turns.leave(number));
        }
        assert_eq!((arrived, served), (25, 25));
    }

    #[test]
    fn an_account_has_two_places_from_a_network_and_nobody_can_take_them_from_elsewhere() {
        let mut turns = Turns::default();
        for network in 1..5 {
            assert!(turns.join(NOW, asker(network, "aria")).is_ok());
            assert!(turns.join(NOW, asker(network, "aria")).is_ok());
            assert_eq!(turns.join(NOW, asker(network, "aria")).unwrap_err().code, ErrorCode::Overloaded);
            assert!(turns.join(NOW, asker(network, "bran")).is_ok());
        }
        assert!(turns.join(NOW, asker(9, "aria")).is_ok());
    }

    #[test]
    fn a_turn_whose_request_is_gone_is_passed_over_after_three_seconds() {
        let mut turns = Turns::default();
        let gone = turns.join(NOW, asker(1, "aria")).unwrap();
        let also_gone = turns.join(NOW, asker(2, "cleo")).unwrap();
        assert_eq!(turns.look(NOW, gone), Standing::Come);
        let next = turns.join(NOW, asker(3, "bran")).unwrap();
        assert_eq!(waits(&mut turns, NOW, next), 3_000);
        assert_eq!(turns.look(NOW + 3_000, also_gone), Standing::Lost);
        // A request that works at its turn says so, and keeps it.
        assert!(turns.keep(NOW + 5_000, next));
        turns.join(NOW + 7_000, asker(1, "aria")).unwrap();
        assert_eq!(turns.look(NOW + 7_000, next), Standing::Come);
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_waiting_for_a_request_that_is_gone() {
        let mut turns = Turns::default();
        let gone = turns.join(NOW, asker(1, "aria")).unwrap();
        assert_eq!(turns.look(NOW, gone), Standing::Come);
        let back = Millis(NOW.0 - 500_000);
        let next = turns.join(back, asker(2, "bran")).unwrap();
        assert_eq!(waits(&mut turns, back, next), 3_000);
    }
}
