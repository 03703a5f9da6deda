//! What is said reliably: numbered, stored, sent, and told again to whoever resumes.

pub mod disbelief;
pub mod lead;
pub mod log;
pub mod reliable;
