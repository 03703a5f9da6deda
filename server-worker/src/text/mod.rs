//! Text that others will see, whoever writes it and wherever it is shown: chat, announcements
//! and emotes ([`content`]), names of users, characters and parties ([`names`]). One rule for
//! all of it, in one place.
//!
//! Content is mended: invisible characters are removed, and something visible must be left. A
//! name is refused instead, with the reason, because a name is chosen only once; and it may not
//! imitate those who run the realm ([`imitation`]). [`characters`] decides, from Unicode's
//! tables, which characters may stand in a text at all.
//!
//! These rules are applied when a text is made. Names that exist are read by
//! `shardlink_shared::text` alone, so that a stricter rule locks nobody out.

mod characters;
pub mod content;
pub mod filter;
mod imitation;
pub mod names;
