//! Budgets: how much a session and a network may ask of REST in a minute, counted in memory.
//!
//! Counts that must be one for the whole realm are a Throttle's. Asking a Throttle at every
//! request would cost more than most requests do, so these budgets are counted in the isolate.
//! Under workerd the isolate is the whole server. On Cloudflare each isolate counts its own
//! requests, and a client that reaches several isolates has as many budgets.

use crate::{config::Config, network::Network};
use shardlink_shared::{
    ErrorCode, Refusal,
    ids::PlayerId,
    limits::{MAX_BUDGETS, REST_WINDOW},
    time::Millis,
};
use std::collections::BTreeMap;

/// What a request costs, as a row of the table of routes says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// It reads, or changes something that exists.
    Light,
    /// It makes an object that stays, stretches a password, or reaches another player.
    Heavy,
}

impl Cost {
    /// How many light requests it counts as: for a heavy one, about the number of its fsyncs.
    #[must_use]
    pub const fn units(self) -> u32 {
        match self {
            Self::Light => 1,
            Self::Heavy => 5,
        }
    }
}

/// The budgets of all who have asked within a minute.
#[derive(Debug, Default)]
pub struct Budgets {
    /// By account and not by token: an account has one session at a time, and a new token
    /// brings no new budget.
    sessions: Spent<PlayerId>,
    networks: Spent<Network>,
}

impl Budgets {
    /// Counts a request, and takes it from its account's budget first if it showed a session: a
    /// request that is refused there takes nothing from others in the same network.
    ///
    /// # Errors
    /// RATE_LIMITED, with the seconds to wait.
    pub fn take(
        &mut self,
        config: &Config,
        now: Millis,
        cost: Cost,
        session: Option<PlayerId>,
        network: Network,
    ) -> Result<(), Refusal> {
        let refusal = |seconds, message| Refusal::new(ErrorCode::RateLimited).after(seconds).saying(message);
        if let Some(session) = session {
            let taken = self.sessions.take(session, cost.units(), config.rest_per_session, now);
            taken.map_err(|seconds| refusal(seconds, "You have asked too often. Wait a moment."))?;
        }
        let taken = self.networks.take(network, cost.units(), config.rest_per_address, now);
        taken.map_err(|seconds| refusal(seconds, "Your network has asked too often. Wait a moment."))
    }
}

/// What each key has spent, kept as the moment at which its budget is whole again, in
/// milliseconds (the generic cell rate algorithm, ITU-T I.371). A budget that is whole is not
/// kept.
#[derive(Debug)]
struct Spent<K>(BTreeMap<K, f64>);

impl<K> Default for Spent<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Copy> Spent<K> {
    /// Takes this price from a budget that refills within [`REST_WINDOW`].
    ///
    /// # Errors
    /// The seconds until there is enough.
    fn take(&mut self, key: K, units: u32, limit: u32, now: Millis) -> Result<(), f64> {
        let (now, window) = (now.0 as f64, REST_WINDOW as f64);
        let limit = limit.max(1);
        // A single request is always possible, whatever it costs.
        let price = window * f64::from(units.min(limit)) / f64::from(limit);
        // A debt is never longer than the window. Where it seems so, the clock was set back.
        let whole_at = self.0.get(&key).copied().filter(|at| *at > now && *at <= now + window).unwrap_or(now);
        let late = whole_at + price - (now + window);
        // Less than half a millisecond is only what rounding left of the price.
        if late > 0.5 {
            return Err(late / 1000.0);
        }
        if !self.0.contains_key(&key) && self.0.len() >= MAX_BUDGETS {
            self.make_room(now, window);
        }
        self.0.insert(key, whole_at + price);
        Ok(())
    }

    /// Forgets the budgets that are whole. Where more than half of [`MAX_BUDGETS`] are left, it
    /// forgets the half of them that has spent least. A key that is near its limit stays near
    /// it, however many others come.
    fn make_room(&mut self, now: f64, window: f64) {
        self.0.retain(|_, at| *at > now && *at <= now + window);
        if self.0.len() < MAX_BUDGETS / 2 {
            return;
        }
        let mut owed: Vec<f64> = self.0.values().copied().collect();
        let middle = owed.len() / 2;
        let (_, median, _) = owed.select_nth_unstable_by(middle, f64::total_cmp);
        let median = *median;
        self.0.retain(|_, at| *at > median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_800_000_000_000);

    fn config(per_session: u32, per_address: u32) -> Config {
        let text = |number: u32| Some(number.to_string());
        Config::read(|name| match name {
            "SERVER_SECRET" => Some("0123456789abcdef0123456789abcdef".into()),
            "REST_PER_SESSION" => text(per_session),
            "REST_PER_ADDRESS" => text(per_address),
            _ => None,
        })
        .unwrap()
    }

    fn session(number: u64) -> PlayerId {
        PlayerId::new(number + 1).unwrap()
    }

    fn home() -> Network {
        Network::of("203.0.113.9")
    }

    #[test]
    fn a_session_has_its_minute_s_worth_at_once_and_gets_it_back_evenly() {
        let (mut budgets, config) = (Budgets::default(), config(600, 3_000));
        let mut ask = |at: u64| budgets.take(&config, NOW + at, Cost::Light, Some(session(1)), home());
        assert!((0..600).all(|_| ask(0).is_ok()));
        let refusal = ask(0).unwrap_err();
        assert_eq!((refusal.code, refusal.retry_after), (ErrorCode::RateLimited, Some(0.1)));
        assert!(ask(99).is_err() && ask(100).is_ok() && ask(100).is_err());
        assert!((0..10).all(|_| ask(1_100).is_ok()));
        assert!(ask(1_100).is_err());
        assert!((0..600).all(|_| ask(61_100).is_ok()));
        assert!(ask(61_100).is_err());
    }

    #[test]
    fn a_heavy_request_counts_five_times_and_two_thousand_invitations_in_ten_seconds_do_not_pass() {
        let (mut budgets, config) = (Budgets::default(), config(600, 3_000));
        let passed = (0..2_900_u64).filter(|n| {
            budgets.take(&config, NOW + n * 10_000 / 2_900, Cost::Heavy, Some(session(1)), home()).is_ok()
        });
        assert_eq!(passed.count(), 120 + 19, "a minute's worth, and what came back in ten seconds");
    }

    #[test]
    fn forty_players_of_one_address_are_not_noticed() {
        let (mut budgets, config) = (Budgets::default(), config(600, 3_000));
        for player in 0..40 {
            for (cost, of_session) in [(Cost::Heavy, false), (Cost::Heavy, false), (Cost::Heavy, true)] {
                let session = of_session.then_some(session(player));
                assert_eq!(budgets.take(&config, NOW, cost, session, home()), Ok(()));
            }
            for _ in 0..20 {
                assert_eq!(budgets.take(&config, NOW, Cost::Light, Some(session(player)), home()), Ok(()));
            }
        }
    }

    #[test]
    fn what_is_refused_to_a_session_is_not_taken_from_its_neighbours() {
        let (mut budgets, config) = (Budgets::default(), config(10, 100));
        let mut ask = |who| budgets.take(&config, NOW, Cost::Light, Some(session(who)), home());
        assert_eq!((0..5_000).filter(|_| ask(1).is_ok()).count(), 10);
        assert_eq!((0..10).filter(|_| ask(2).is_ok()).count(), 10);
    }

    #[test]
    fn an_address_has_one_budget_for_all_its_sessions_and_for_those_who_have_none() {
        let (mut budgets, config) = (Budgets::default(), config(600, 30));
        let mut ask = |session, network| budgets.take(&config, NOW, Cost::Light, session, network);
        assert_eq!((0..60).filter(|n| ask(Some(session(*n)), home()).is_ok()).count(), 30);
        assert!(ask(None, home()).is_err());
        assert!(ask(None, Network::of("203.0.113.10")).is_ok());
        // All who have no address are one.
        assert_eq!((0..60).filter(|n| ask(None, Network::of(&format!("x{n}"))).is_ok()).count(), 30);
    }

    #[test]
    fn a_budget_smaller_than_a_request_lets_one_through() {
        let (mut budgets, config) = (Budgets::default(), config(1, 1));
        let mut ask = |at: u64| budgets.take(&config, NOW + at, Cost::Heavy, None, home());
        assert!(ask(0).is_ok() && ask(59_999).is_err() && ask(60_000).is_ok());
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let (mut budgets, config) = (Budgets::default(), config(600, 10));
        let mut ask = |at: Millis| budgets.take(&config, at, Cost::Light, None, home());
        assert_eq!((0..20).filter(|_| ask(NOW).is_ok()).count(), 10);
        let hour_ago = Millis(NOW.0 - 3_600_000);
        assert_eq!((0..20).filter(|_| ask(hour_ago).is_ok()).count(), 10);
        // And one that is set forward gives nobody more than a minute's worth.
        assert_eq!((0..20).filter(|_| ask(NOW + 3_600_000).is_ok()).count(), 10);
    }

    #[test]
    fn memory_is_bounded_and_whoever_is_at_its_limit_is_not_forgotten() {
        let mut spent = Spent::default();
        assert!((0..10).all(|_| spent.take(u64::MAX, 1, 10, NOW).is_ok()));
        for stranger in 0..5 * MAX_BUDGETS as u64 {
            assert!(spent.take(stranger, 1, 10, NOW + stranger / 1_000).is_ok());
            assert!(spent.0.len() <= MAX_BUDGETS);
        }
        assert!(spent.take(u64::MAX, 1, 10, NOW + 100).is_err());
    }

    #[test]
    fn of_many_who_all_spend_the_same_there_is_room_for_one_more() {
        let mut spent = Spent::default();
        for stranger in 0..3 * MAX_BUDGETS as u64 {
            assert!(spent.take(stranger, 1, 10, NOW).is_ok());
        }
        assert!(spent.0.len() <= MAX_BUDGETS);
    }
}
