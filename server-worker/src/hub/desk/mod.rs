//! The one door to systems.

pub mod bonds;
pub mod memories;
pub mod post;
pub mod talk;
