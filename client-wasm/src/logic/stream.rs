//! The reliable messages of one stay in the world, over any number of connections: the token
//! that resumes a lost connection, the last message that was handled, and when the server is
//! told of it.
//!
//! A page cannot tell a server that refuses a resume from a network that is down: in both
//! cases a socket closes that never opened. So after [`IN_DOUBT`] such sockets the client
//! asks REST for a ticket. If that fails too, the network is down, and resuming goes on.
//! Otherwise the client tries to resume once more before it uses the ticket. Without that,
//! every loss of a few seconds would end in a new stay, and its messages would be missed.

use super::token::Token;
use shardlink_shared::{protocol::bounded::Secret, time::Millis};

/// The server keeps a lost connection's place for this long, in milliseconds (the
/// contract's 60 s).
pub(super) const PLACE_KEPT: u64 = 60_000;

/// Handled messages are acknowledged together within this time, in milliseconds.
const ACK_AFTER: u64 = 1_000;

/// Handled messages are acknowledged earlier once there are this many, so that the server
/// need not keep more.
const ACK_EVERY: u32 = 64;

/// Sockets in a row that never opened, after which resuming is in doubt.
const IN_DOUBT: u8 = 2;

/// One stay in the world.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// What is offered beside the subprotocol to resume.
    token: Option<Token>,
    last_seq: u64,
    unacknowledged: u32,
    /// When the first of these came.
    since: Millis,
    failures: u8,
}

impl Stream {
    /// A new stay; a server that gives no token does not resume.
    pub(super) fn begun(resume_token: Option<&Secret<512>>) -> Self {
        Self { token: token_of(resume_token), ..Self::default() }
    }

    /// The stay goes on, and is resumed by this token from here on.
    pub(super) fn renewed(&mut self, resume_token: Option<&Secret<512>>) {
        self.token = token_of(resume_token);
    }

    /// Takes a reliable message in; `false` if it was handled before.
    pub(super) const fn take(&mut self, seq: u64, now: Millis) -> bool {
        if seq <= self.last_seq {
            return false;
        }
        if self.unacknowledged == 0 {
            self.since = now;
        }
        self.last_seq = seq;
        self.unacknowledged = self.unacknowledged.saturating_add(1);
        true
    }

    /// When something is to be acknowledged.
    pub(super) fn ack_due(&self) -> Option<Millis> {
        let wait = if self.unacknowledged < ACK_EVERY { ACK_AFTER } else { 0 };
        (self.unacknowledged > 0).then(|| self.since + wait)
    }

    /// The last message that was handled, for the server to be told.
    pub(super) const fn acknowledge(&mut self) -> u64 {
        self.unacknowledged = 0;
        self.last_seq
    }

    /// Whether there is something to resume by.
    pub(super) const fn is_resumable(&self) -> bool {
        self.token.is_some()
    }

    /// What to resume by, unless that is in doubt.
    pub(super) fn token(&self) -> Option<&Token> {
        self.token.as_ref().filter(|_| self.failures < IN_DOUBT)
    }

    /// What to try once more, now that REST answers.
    pub(super) fn last_try(&self) -> Option<&Token> {
        self.token.as_ref().filter(|_| self.failures == IN_DOUBT)
    }

    /// A socket that was to resume closed.
    pub(super) const fn failed(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }

    /// The server was reached and did not resume.
    pub(super) const fn unanswered(&mut self) {
        self.failures = IN_DOUBT;
    }

    /// The network was down, or is up again: nothing speaks against resuming.
    pub(super) const fn trust(&mut self) {
        self.failures = 0;
    }

    /// The server will not resume this stay.
    pub(super) fn refused(&mut self) {
        self.token = None;
    }
}

fn token_of(resume_token: Option<&Secret<512>>) -> Option<Token> {
    resume_token.and_then(|token| Token::parse(&format!("resume.{}", token.reveal())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> Stream {
        Stream::begun(Some(&Secret::parse("r1_a").unwrap()))
    }

    #[test]
    fn a_message_is_taken_once_and_in_order_with_gaps() {
        let mut stream = stream();
        let taken = [1, 2, 2, 1, 9, 5, 9, 10].map(|seq| stream.take(seq, Millis(0)));
        assert_eq!(taken, [true, true, false, false, true, false, false, true]);
        assert_eq!(stream.acknowledge(), 10);
    }

    #[test]
    fn acks_wait_a_second_for_more_or_for_64_and_nothing_new_is_not_acknowledged() {
        let mut stream = stream();
        assert_eq!(stream.ack_due(), None);
        for seq in 1..64 {
            stream.take(seq, Millis(5 + seq));
            assert_eq!(stream.ack_due(), Some(Millis(1_006)));
        }
        stream.take(64, Millis(100));
        assert_eq!(stream.ack_due(), Some(Millis(6)));
        assert_eq!((stream.acknowledge(), stream.ack_due()), (64, None));
        stream.take(64, Millis(200));
        assert_eq!(stream.ack_due(), None);
    }

    #[test]
    fn two_sockets_that_never_opened_are_doubt_and_a_third_try_is_the_last() {
        let mut stream = stream();
        assert_eq!(stream.token().map(Token::reveal), Some("resume.r1_a"));
        stream.failed();
        assert!(stream.token().is_some() && stream.last_try().is_none());
        stream.failed();
        assert!(stream.token().is_none() && stream.last_try().is_some());
        stream.failed();
        assert!(stream.token().is_none() && stream.last_try().is_none());
        stream.trust();
        assert!(stream.token().is_some());
        stream.refused();
        assert!(!stream.is_resumable() && stream.token().is_none());
    }

    #[test]
    fn a_token_that_is_no_subprotocol_is_not_resumed_by() {
        for bad in ["", "a b", "a,b", &"x".repeat(510)] {
            // The empty one would be shown as `resume.`, which the server refuses.
            assert_eq!(Stream::begun(Some(&Secret::parse(bad).unwrap())).is_resumable(), bad.is_empty());
        }
        assert!(!Stream::begun(None).is_resumable());
    }
}
