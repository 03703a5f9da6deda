//! The baseline's protocol (`tests/load/baseline/hub.js`). A move is 28 bytes,
//! little-endian: id and number of 4 bytes each, x, y and z as floats of 4, and
//! when it was sent in 8. A frame of the hub is the moves of a tick, one behind
//! the other. What is said is text: the id, and when it was said.

use super::{Micros, State, Wire};
use crate::{meter::Meter, walk::Step};
use shardlink_shared::codec::{Encoded, Frame};

/// Bytes of a move.
const MOVE: usize = 28;

/// One bot.
#[derive(Debug)]
pub struct Baseline {
    id: u32,
    number: u32,
    players: usize,
    state: State,
}

impl Baseline {
    /// Bot `id` of so many.
    pub fn new(id: u32, players: usize) -> Self {
        Self { id, number: 0, players, state: State::default() }
    }
}

impl Wire for Baseline {
    fn subprotocols(&self) -> Option<String> {
        None
    }

    fn opened(&mut self, _: &mut Meter, _: Micros) {
        self.state.in_world = true;
    }

    fn heard(&mut self, frame: Frame<'_>, meter: &mut Meter, now: Micros) {
        match frame {
            Frame::Binary(bytes) => {
                meter.count(|counts| counts.position_bytes += bytes.len() as u64);
                let (moves, _) = bytes.as_chunks::<MOVE>();
                for (id, sent) in moves.iter().filter_map(read).filter(|(id, _)| *id != self.id) {
                    debug_assert!((id as usize) < self.players, "an id that no bot has");
                    meter.count(|counts| counts.entries += 1);
                    meter.update(now.saturating_sub(sent));
                }
            }
            Frame::Text(text) => {
                let said = text.split_once(' ').and_then(|(id, at)| Some((id.parse().ok()?, at.parse().ok()?)));
                if let Some((id, at)) = said.filter(|(id, _): &(u32, Micros)| *id != self.id) {
                    debug_assert!((id as usize) < self.players, "an id that no bot has");
                    meter.chat(now.saturating_sub(at));
                }
            }
        }
    }

    fn walk(&mut self, step: Step, meter: &mut Meter, now: Micros) {
        self.number = self.number.wrapping_add(1);
        let mut bytes = Vec::with_capacity(MOVE);
        bytes.extend(self.id.to_le_bytes());
        bytes.extend(self.number.to_le_bytes());
        for metres in step.position.to_metres() {
            bytes.extend((metres as f32).to_le_bytes());
        }
        bytes.extend((now as f64).to_le_bytes());
        self.state.outgoing.push_back(Encoded::Binary(bytes));
        meter.count(|counts| counts.moves += 1);
    }

    fn say(&mut self, _: &mut Meter, now: Micros) {
        self.state.outgoing.push_back(Encoded::Text(format!("{} {now}", self.id)));
    }

    fn leave(&mut self, _: &mut Meter, _: Micros) {
        self.state.over = Some("left".to_owned());
    }

    fn due(&self) -> Option<Micros> {
        None
    }

    fn tick(&mut self, _: &mut Meter, _: Micros) {}

    fn neighbours(&self, _: Micros) -> usize {
        self.players.saturating_sub(1)
    }

    fn state(&mut self) -> &mut State {
        &mut self.state
    }
}

/// Whose move it is, and when it was sent.
fn read(bytes: &[u8; MOVE]) -> Option<(u32, Micros)> {
    let id = u32::from_le_bytes(*bytes.first_chunk()?);
    let sent = f64::from_le_bytes(*bytes.last_chunk()?);
    Some((id, sent as Micros))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shardlink_shared::vector::Vec3;

    #[test]
    fn the_moves_of_a_frame_are_read_but_for_ones_own() {
        let mut meter = Meter::new(2);
        meter.open();
        let (mut one, mut another) = (Baseline::new(0, 2), Baseline::new(1, 2));
        let step = Step { position: Vec3 { x: 150, y: -250, z: 0 }, velocity: Vec3::ZERO };
        one.walk(step, &mut meter, 1_000);
        another.walk(step, &mut meter, 2_000);
        let mut frame = Vec::new();
        for wire in [&mut one, &mut another] {
            let Some(Encoded::Binary(bytes)) = wire.state.outgoing.pop_front() else { panic!("nothing sent") };
            assert_eq!(bytes.len(), MOVE);
            frame.extend(bytes);
        }
        one.heard(Frame::Binary(&frame), &mut meter, 12_000);
        assert_eq!((meter.counts().moves, meter.counts().updates, meter.counts().position_bytes), (2, 1, 56));
        assert_eq!(meter.times().position.unwrap().max, 10.1);
    }

    #[test]
    fn what_is_said_tells_when() {
        let mut meter = Meter::new(2);
        meter.open();
        let (mut one, mut another) = (Baseline::new(0, 2), Baseline::new(1, 2));
        one.say(&mut meter, 5_000);
        let said = one.state.outgoing.pop_front().unwrap();
        for wire in [&mut one, &mut another] {
            wire.heard(said.as_frame(), &mut meter, 8_000);
        }
        assert_eq!((meter.counts().chats, meter.times().chat.unwrap().max), (1, 3.1));
    }
}
