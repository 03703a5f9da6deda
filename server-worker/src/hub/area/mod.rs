//! Where everybody stands, who sees whom, and the tick that tells of it.

pub mod evidence;
pub mod interest;
pub mod listeners;
pub mod slots;
pub mod tick;
pub mod walk;

use interest::Area;
use listeners::Ticks;
use shardlink_shared::time::Millis;
use slots::Slots;

/// Who is where, and when that is told.
#[derive(Debug)]
pub(in crate::hub) struct Map {
    pub area: Area,
    pub ticks: Ticks,
    pub slots: Slots,
    /// When the places of those who have moved are stored.
    pub places_due: Option<Millis>,
}
