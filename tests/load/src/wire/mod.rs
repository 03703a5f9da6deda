//! What a bot says and hears over its socket, without the socket: as the
//! client's logic it is told what happened, and asked what is to be sent.

pub mod baseline;
pub mod shardlink;

use crate::{meter::Meter, walk::Step};
use shardlink_shared::{
    codec::{Encoded, Frame},
    vector::Vec3,
};
use std::collections::VecDeque;

/// A moment: microseconds of the run's clock.
pub type Micros = u64;

/// One bot's side of a protocol.
pub trait Wire {
    /// The subprotocols that its socket offers, separated by commas.
    fn subprotocols(&self) -> Option<String>;

    /// The socket is open.
    fn opened(&mut self, meter: &mut Meter, now: Micros);

    /// A frame came.
    fn heard(&mut self, frame: Frame<'_>, meter: &mut Meter, now: Micros);

    /// Takes a step.
    fn walk(&mut self, step: Step, meter: &mut Meter, now: Micros);

    /// Says something to everybody that tells when it was said.
    fn say(&mut self, meter: &mut Meter, now: Micros);

    /// Leaves.
    fn leave(&mut self, meter: &mut Meter, now: Micros);

    /// When [`Self::tick`] has something to do.
    fn due(&self) -> Option<Micros>;

    /// Does what is due.
    fn tick(&mut self, meter: &mut Meter, now: Micros);

    /// How many others are in sight.
    fn neighbours(&self, now: Micros) -> usize;

    /// What came of it so far.
    fn state(&mut self) -> &mut State;
}

/// What came of a bot's connection so far.
#[derive(Debug, Default)]
pub struct State {
    /// Frames that are to be sent.
    pub outgoing: VecDeque<Encoded>,
    /// Whether it stands in the world.
    pub in_world: bool,
    /// Where the server has put it, once.
    pub corrected: Option<Vec3>,
    /// Why it is over.
    pub over: Option<String>,
}
