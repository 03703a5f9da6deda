//! Shardlink's browser client.
