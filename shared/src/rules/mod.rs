//! The rules of the game, the same on both sides: the server decides by them,
//! the client predicts by them.

pub mod character;
pub mod interest;
pub mod movement;
pub mod rate;
