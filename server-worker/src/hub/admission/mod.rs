//! Who may come in, and come back: sockets that have not authenticated, tickets, resume, and what
//! became of their sessions.

pub mod answers;
pub mod pending;
pub mod resume;
pub mod standing;
pub mod tickets;
