//! What is said reliably: numbered, stored, sent, and told again to whoever resumes.

pub mod disbelief;
pub mod lead;
pub mod log;
pub mod reliable;
pub mod unsent;

use disbelief::Disbelieved;
use lead::Leads;
use log::Log;
use unsent::Unsent;

/// The reliable stream.
#[derive(Debug)]
pub(in crate::hub) struct Stream {
    pub log: Log,
    pub unsent: Unsent,
    pub leads: Leads,
    pub disbelieved: Disbelieved,
}
