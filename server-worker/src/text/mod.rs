//! Text that others will see, whoever writes it and wherever it is shown: chat,
//! announcements and emotes ([`content`]), names of users, characters and parties
//! ([`names`]). One rule for all of it, in one place.
//!
//! Content is mended: what is invisible goes, what is left must be something. A name is
//! refused instead, with what is wrong with it, because whoever chooses it is asked once;
//! and it may not imitate the realm's own voices ([`imitation`]). What may stand in a text
//! at all is decided by [`characters`], from Unicode's tables.
//!
//! What stands in a text is asked when it is made: names that exist are read by
//! `shardlink_shared::text` alone, so that a stricter rule locks nobody out.

mod characters;
pub mod content;
pub mod filter;
mod imitation;
pub mod names;
