//! The desk: the one door to systems, and the one door from objects to players. It hands a
//! system's message over with who sent it, waits as the system asks, and sends what comes
//! back; it knows no system.

pub mod deliver;
pub mod lanes;
pub mod latest;
pub mod serve;
pub mod told;

use crate::systems::Locals;

/// The desk's own memory, which ends with a sleep.
#[derive(Debug, Default)]
pub(in crate::hub) struct Desk {
    pub(in crate::hub) locals: Locals,
    pub(in crate::hub) lanes: lanes::Lanes,
    pub(in crate::hub) told: told::AlreadyTold,
    pub(in crate::hub) latest: latest::Latest,
}
