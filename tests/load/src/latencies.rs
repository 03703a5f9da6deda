//! How long things took: counted in steps of a tenth of a millisecond, so that
//! a run of millions costs no memory and its percentiles are exact to a step.

use serde::Serialize;

/// Microseconds in a step.
const STEP: u64 = 100;

/// What takes ten seconds or longer counts as ten seconds.
const STEPS: usize = 100_000;

/// Counts of durations.
#[derive(Debug, Clone)]
pub struct Latencies {
    counts: Vec<u64>,
    count: u64,
}

/// What they come to, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Summary {
    pub count: u64,
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
}

impl Default for Latencies {
    fn default() -> Self {
        Self { counts: vec![0; STEPS], count: 0 }
    }
}

impl Latencies {
    /// Counts a duration, in microseconds.
    pub fn add(&mut self, micros: u64) {
        let step = usize::try_from(micros / STEP).map_or(STEPS - 1, |step| step.min(STEPS - 1));
        if let Some(count) = self.counts.get_mut(step) {
            *count += 1;
            self.count += 1;
        }
    }

    /// The percentiles; `None` where nothing was counted.
    pub fn summary(&self) -> Option<Summary> {
        let max = self.counts.iter().rposition(|count| *count > 0)?;
        Some(Summary {
            count: self.count,
            p50: self.percentile(50),
            p95: self.percentile(95),
            p99: self.percentile(99),
            max: milliseconds(max),
        })
    }

    /// The smallest duration that this share of all do not exceed (nearest rank).
    fn percentile(&self, percent: u64) -> f64 {
        let rank = (self.count * percent).div_ceil(100).max(1);
        let mut below = 0;
        let step = self.counts.iter().position(|count| {
            below += count;
            below >= rank
        });
        milliseconds(step.unwrap_or(0))
    }
}

/// The end of a step: a duration is at most this long.
fn milliseconds(step: usize) -> f64 {
    (step as f64 + 1.0) * STEP as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(durations: impl IntoIterator<Item = u64>) -> Latencies {
        let mut latencies = Latencies::default();
        durations.into_iter().for_each(|micros| latencies.add(micros));
        latencies
    }

    #[test]
    fn percentiles_are_those_of_the_nearest_rank() {
        // 1 to 100 ms, each just below the end of its step.
        let summary = of((1..=100).map(|n| n * 1000 - 1)).summary().unwrap();
        assert_eq!(summary, Summary { count: 100, p50: 50.0, p95: 95.0, p99: 99.0, max: 100.0 });
    }

    #[test]
    fn of_one_every_percentile_is_that_one() {
        let summary = of([12_345]).summary().unwrap();
        assert_eq!((summary.p50, summary.p99, summary.max), (12.4, 12.4, 12.4));
    }

    #[test]
    fn a_rare_late_one_shows_in_the_p99_from_one_in_a_hundred_on() {
        let many = |late: usize| std::iter::repeat_n(1_000, 1_000).chain(std::iter::repeat_n(900_000, late));
        assert!(of(many(10)).summary().unwrap().p99 < 2.0);
        assert!(of(many(11)).summary().unwrap().p99 > 899.0);
    }

    #[test]
    fn what_takes_longer_than_the_scale_counts_as_its_end() {
        assert_eq!(of([u64::MAX]).summary().unwrap().p50, 10_000.0);
        assert_eq!(of([]).summary(), None);
    }
}
