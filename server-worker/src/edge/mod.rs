//! **Edge**: REST, the WebSocket's door and the static pages. It owns nothing:
//! it verifies tokens, asks the objects, and words the answers.

pub mod bodies;
pub mod budget;
pub mod encodings;
pub mod intake;
pub mod kept;
#[cfg(feature = "schema")]
pub mod openapi;
pub mod page_path;
pub mod readiness;
pub mod routes;
pub mod site;

#[cfg(target_arch = "wasm32")]
mod account;
#[cfg(target_arch = "wasm32")]
mod address;
#[cfg(target_arch = "wasm32")]
mod admin;
#[cfg(target_arch = "wasm32")]
mod body;
#[cfg(target_arch = "wasm32")]
mod cf;
#[cfg(target_arch = "wasm32")]
mod characters;
#[cfg(target_arch = "wasm32")]
mod door;
#[cfg(target_arch = "wasm32")]
mod fetch;
#[cfg(target_arch = "wasm32")]
mod http;
#[cfg(target_arch = "wasm32")]
mod pages;
#[cfg(target_arch = "wasm32")]
mod parties;
#[cfg(target_arch = "wasm32")]
mod realm;
