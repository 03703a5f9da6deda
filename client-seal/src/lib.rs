//! The browser's end-to-end encryption, as WebAssembly of its own: a game that seals nothing
//! never loads it. It decides nothing: `shardlink_shared::crypto::sealed` does, and is tested
//! natively; `client-wasm/npm/src/seal.ts` is what a game uses.

#[cfg(target_arch = "wasm32")]
mod exports;
