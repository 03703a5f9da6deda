//! Own moves that the server may not have judged yet, and what a correction of one
//! of them means for the others.
//!
//! A correction says which move was refused and from which state the server goes on.
//! The moves after it were on their way already, and the server judges them from that state
//! too; what it will decide is foreseen here, by the server's own rule.

use shardlink_shared::{
    protocol::movement::PositionCorrection, rules::movement::Motion, time::Millis, vector::Vec3, wrapping::is_newer,
};
use std::collections::VecDeque;

/// The moves that are remembered: at 20 a second those of 1.6 s, longer than a move is on its
/// way.
const REMEMBERED: usize = 32;

/// If a move that was sent within this time after a correction is refused too, what was
/// foreseen was wrong; in milliseconds.
const AGAIN: u64 = 1_000;

/// The moves that were sent lately.
#[derive(Debug)]
pub(super) struct Sent {
    /// The server's state before the first of them, as it is expected.
    base: Motion,
    moves: VecDeque<Move>,
    /// The last move that was sent when the last correction came, and when that was.
    corrected: Option<(u32, Millis)>,
}

#[derive(Debug)]
struct Move {
    client_seq: u32,
    position: Vec3,
    velocity: Vec3,
    at: Millis,
    /// The server's state behind it, if it is expected to accept the move.
    accepted: Option<Motion>,
}

/// Where a correction leads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Standing {
    /// The state that the server will judge the next move from.
    pub(super) judged_from: Motion,
    /// Where the character stands now.
    pub(super) position: Vec3,
    /// Whether it goes on as it went.
    pub(super) goes_on: bool,
}

impl Sent {
    /// Nothing was sent since the server had this state.
    pub(super) const fn nothing_since(base: Motion) -> Self {
        Self { base, moves: VecDeque::new(), corrected: None }
    }

    /// A move was sent, and leads to this state if the server accepts it.
    pub(super) fn push(&mut self, client_seq: u32, motion: Motion, at: Millis) {
        if self.moves.len() == REMEMBERED {
            self.drop_before(1);
        }
        let Motion { position, velocity, .. } = motion;
        self.moves.push_back(Move { client_seq, position, velocity, at, accepted: Some(motion) });
    }

    /// A correction came while the character is at `position`. `None` if it was foreseen.
    pub(super) fn correct(
        &mut self,
        correction: &PositionCorrection,
        position: Vec3,
        speed: f64,
        now: Millis,
    ) -> Option<Standing> {
        let newer = |sent: &Move| is_newer(sent.client_seq, correction.client_seq);
        let behind = self.moves.iter().position(newer).unwrap_or(self.moves.len());
        let refused = behind.checked_sub(1).and_then(|index| self.moves.get(index));
        // A move that is not remembered may have been refused just now.
        let refused = refused.filter(|sent| sent.client_seq == correction.client_seq);
        let refused_at = refused.map_or(now, |sent| sent.at);
        let before = if refused.is_some() { behind - 1 } else { behind };
        if refused.is_some_and(|sent| sent.accepted.is_none())
            && self.state_before(before).position == correction.position
        {
            return None;
        }
        let again = self
            .corrected
            .is_some_and(|(last, at)| is_newer(correction.client_seq, last) && refused_at.since(at) <= AGAIN);
        // A server that refused a move within the rule as it is known here had credited less
        // than the client believed; how much is not known, so no credit is counted.
        let mut state = Motion::standing(self.base.location, correction.position, refused_at);
        state.velocity = correction.velocity;
        let displaced_since = refused.map_or(position, |sent| sent.position);
        self.drop_before(behind);
        self.base = state;
        self.corrected =
            self.moves.back().map(|sent| sent.client_seq).or(Some(correction.client_seq)).map(|last| (last, now));
        let (state, displaced_since) = self.foresee(displaced_since, speed);
        let Some(displaced_since) = displaced_since else {
            return Some(Standing { judged_from: state, position, goes_on: true });
        };
        let displacement = position - displaced_since;
        let allowed = |share: i32| {
            let Vec3 { x, y, z } = displacement;
            let position = state.position + Vec3 { x: x / share, y: y / share, z: z / share };
            state.step(position, Vec3::ZERO, speed, now).is_ok().then_some(position)
        };
        // The walk since the refused move is kept as far as the rule allows; but where the
        // walk was refused as well, the character begins where the server says.
        let kept = if again { None } else { [1, 2, 4].into_iter().find_map(allowed) };
        Some(Standing {
            judged_from: state,
            position: kept.unwrap_or(state.position),
            goes_on: kept.is_some() && displacement != Vec3::ZERO,
        })
    }

    /// Judges the moves on their way as the server will. Answers the state after them, and the
    /// place of the first of the moves at their end that will be refused (`refused_at` was
    /// the place of the last refused move before them).
    fn foresee(&mut self, refused_at: Vec3, speed: f64) -> (Motion, Option<Vec3>) {
        let mut state = self.base;
        let mut refused = Some(refused_at);
        for sent in &mut self.moves {
            sent.accepted = state.step(sent.position, sent.velocity, speed, sent.at).ok();
            match sent.accepted {
                Some(accepted) => (state, refused) = (accepted, None),
                None => refused = refused.or(Some(sent.position)),
            }
        }
        (state, refused)
    }

    fn state_before(&self, index: usize) -> Motion {
        self.moves.iter().take(index).rev().find_map(|sent| sent.accepted).unwrap_or(self.base)
    }

    fn drop_before(&mut self, index: usize) {
        self.base = self.state_before(index);
        self.moves.drain(..index);
    }
}

#[cfg(test)]
mod tests;
