//! Where everybody stands, who sees whom, and the tick that tells of it.

pub mod evidence;
pub mod interest;
pub mod slots;
pub mod tick;
pub mod walk;
