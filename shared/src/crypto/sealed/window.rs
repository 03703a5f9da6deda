//! What was opened already: the counters of late, for each key, sender and beginning of the
//! nonce.

use super::key::KeyId;
use crate::ids::CharacterId;

/// Counters behind the newest one that are told apart (RFC 4303 §3.4.3 keeps as many): what is
/// older counts as opened.
pub const WINDOW: u32 = 64;

/// Streams that are remembered of a sender, one for each page that it loaded and key that it
/// used: more than anybody begins while another plays. The one that was silent for longest is
/// forgotten first, so that a sender who begins ever new ones makes others forget none but its
/// own.
pub const MAX_STREAMS_PER_SENDER: usize = 16;

/// Streams that are remembered in all: those of sixteen senders, twice the largest party. Some
/// 80 bytes each, 20 KiB. The one that was silent for longest is forgotten first.
pub const MAX_STREAMS: usize = 256;

/// The first 8 bytes of a nonce, which are random.
pub type Prefix = [u8; 8];

/// Nonces that count upwards from one beginning.
#[derive(Debug)]
struct Stream {
    key: KeyId,
    sender: CharacterId,
    prefix: Prefix,
    newest: u32,
    /// Bit n: whether the counter n before the newest was opened.
    opened: u64,
    /// When it was last used, in uses of all.
    used: u64,
}

impl Stream {
    /// Whether this is the first time; it is not the first time any more then.
    fn admit(&mut self, counter: u32) -> bool {
        if let Some(ahead) = counter.checked_sub(self.newest).filter(|ahead| *ahead > 0) {
            self.opened = self.opened.checked_shl(ahead).unwrap_or(0) | 1;
            self.newest = counter;
            return true;
        }
        let behind = self.newest.saturating_sub(counter);
        let Some(bit) = 1_u64.checked_shl(behind) else {
            return false;
        };
        let first = self.opened & bit == 0;
        self.opened |= bit;
        first
    }
}

/// The streams of a ring of keys.
#[derive(Debug, Default)]
pub struct Windows {
    streams: Vec<Stream>,
    uses: u64,
}

impl Windows {
    /// Whether a nonce comes for the first time, as far as that is remembered. Called for what
    /// was sealed by somebody who has the key alone, so a stranger makes nothing be forgotten.
    pub fn admit(&mut self, key: &KeyId, sender: CharacterId, prefix: Prefix, counter: u32) -> bool {
        self.uses = self.uses.saturating_add(1);
        let same = |stream: &&mut Stream| stream.sender == sender && stream.prefix == prefix && stream.key == *key;
        if let Some(stream) = self.streams.iter_mut().find(same) {
            stream.used = self.uses;
            return stream.admit(counter);
        }
        if self.streams.iter().filter(|stream| stream.sender == sender).count() >= MAX_STREAMS_PER_SENDER {
            self.forget(|stream| stream.sender == sender);
        } else if self.streams.len() >= MAX_STREAMS {
            self.forget(|_| true);
        }
        self.streams.push(Stream { key: *key, sender, prefix, newest: counter, opened: 1, used: self.uses });
        true
    }

    /// How many streams are remembered.
    #[cfg(test)]
    pub fn count(&self) -> usize {
        self.streams.len()
    }

    /// Forgets the one of these that was silent for longest.
    fn forget(&mut self, of: impl Fn(&Stream) -> bool) {
        let all = self.streams.iter().enumerate();
        let oldest = all.filter(|(_, stream)| of(stream)).min_by_key(|(_, stream)| stream.used);
        if let Some((index, _)) = oldest {
            self.streams.swap_remove(index);
        }
    }
}
