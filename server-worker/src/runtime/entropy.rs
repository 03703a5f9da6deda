//! The one place that draws randomness: the runtime's CSPRNG.

use shardlink_shared::entropy::Entropy;

/// The runtime's CSPRNG (`crypto.getRandomValues`).
pub struct System;

impl Entropy for System {
    fn fill(&mut self, bytes: &mut [u8]) {
        #[allow(clippy::disallowed_methods)] // This is the one place.
        if getrandom::fill(bytes).is_err() {
            // No token or salt may ever be made without randomness. The panic answers this
            // request alone with 500.
            panic!("the runtime has no source of randomness");
        }
    }
}
