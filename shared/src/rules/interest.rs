//! Areas of interest: a grid over every location. A player sees the players of its own cell
//! and of the neighbouring cells, so all players of a cell see the same.
//!
//! The grid is shifted by half a cell: the entrance (0, 0), where most people
//! stand, is the centre of a cell and not the corner of four.

use crate::vector::Vec3;
use serde::{Deserialize, Deserializer, Serialize, de};

/// The side of a cell, in hundredths of a metre: 50 m.
pub const CELL_SIZE: i32 = 5_000;

/// Cells reach from −10 to 10 on both axes: the cell of a coordinate c (in
/// metres) is floor((c + 25) / 50), which is ±10 at the bounds of a location, ±500.
pub const CELL_REACH: i8 = 10;

/// A player changes its cell only when it is farther than this outside the cell, in
/// hundredths of a metre: a walk along a border does not change the cell with every step.
pub const HYSTERESIS: i32 = 200;

const SIDE: usize = 2 * CELL_REACH as usize + 1;

/// A cell of a location's grid, by its place from (0, 0), each from −10 to 10.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cell {
    /// East: the cell's centre lies at 50 times this, in metres.
    #[cfg_attr(feature = "schema", schemars(range(min = -CELL_REACH, max = CELL_REACH)))]
    x: i8,
    /// South: the cell's centre lies at 50 times this, in metres.
    #[cfg_attr(feature = "schema", schemars(range(min = -CELL_REACH, max = CELL_REACH)))]
    y: i8,
}

impl Cell {
    /// How many cells a location has.
    pub const COUNT: usize = SIDE * SIDE;

    /// The cell at this place, if the grid has it.
    #[must_use]
    pub fn new(x: i8, y: i8) -> Option<Self> {
        let within = |n| (-CELL_REACH..=CELL_REACH).contains(&n);
        (within(x) && within(y)).then_some(Self { x, y })
    }

    /// The cell of a position; for a position outside the location the nearest cell.
    #[must_use]
    pub fn of(position: Vec3) -> Self {
        let index = |coordinate: i32| {
            let reach = i32::from(CELL_REACH);
            coordinate.saturating_add(CELL_SIZE / 2).div_euclid(CELL_SIZE).clamp(-reach, reach) as i8
        };
        Self { x: index(position.x), y: index(position.y) }
    }

    /// The cell of a player that was in this one and is at this position now: still this one
    /// while the position is at most [`HYSTERESIS`] outside.
    #[must_use]
    pub fn after(self, position: Vec3) -> Self {
        let off = position - self.centre();
        let stays = off.x.abs().max(off.y.abs()) <= CELL_SIZE / 2 + HYSTERESIS;
        if stays { self } else { Self::of(position) }
    }

    /// Its centre, on the ground.
    #[must_use]
    pub fn centre(self) -> Vec3 {
        Vec3 { x: i32::from(self.x) * CELL_SIZE, y: i32::from(self.y) * CELL_SIZE, z: 0 }
    }

    /// The cell and those around it that the grid has: 9, at its border 6, in a corner 4.
    pub fn neighbours(self) -> impl Iterator<Item = Self> {
        (-1..=1).flat_map(move |y| (-1..=1).filter_map(move |x| Self::new(self.x + x, self.y + y)))
    }

    /// Its number in its location, below [`Self::COUNT`].
    #[must_use]
    pub fn index(self) -> usize {
        let along = |n: i8| (n + CELL_REACH).cast_unsigned() as usize;
        along(self.y) * SIDE + along(self.x)
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Place {
            x: i8,
            y: i8,
        }

        let Place { x, y } = Place::deserialize(deserializer)?;
        Self::new(x, y)
            .ok_or_else(|| de::Error::custom(format_args!("cells reach from -{CELL_REACH} to {CELL_REACH}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::LOCATION_REACH;

    fn at(x: f64, y: f64) -> Vec3 {
        Vec3::from_metres(x, y, 0.0).unwrap()
    }

    fn cell(x: i8, y: i8) -> Cell {
        Cell::new(x, y).unwrap()
    }

    #[test]
    fn the_cell_of_a_position() {
        for (x, y, expected) in [
            (0.0, 0.0, cell(0, 0)),
            (24.99, -25.0, cell(0, 0)),
            (25.0, -25.01, cell(1, -1)),
            (LOCATION_REACH, -LOCATION_REACH, cell(10, -10)),
            (524.99, -524.99, cell(10, -10)),
            (10_000.0, -10_000.0, cell(10, -10)),
        ] {
            assert_eq!(Cell::of(at(x, y)), expected, "({x}, {y})");
        }
    }

    #[test]
    fn a_cell_contains_its_centre_and_every_cell_has_a_number_of_its_own() {
        let mut seen = [false; Cell::COUNT];
        for x in -CELL_REACH..=CELL_REACH {
            for y in -CELL_REACH..=CELL_REACH {
                assert_eq!(Cell::of(cell(x, y).centre()), cell(x, y));
                assert!(!std::mem::replace(&mut seen[cell(x, y).index()], true));
            }
        }
        assert!(seen.iter().all(|seen| *seen));
    }

    #[test]
    fn the_neighbours_are_those_that_the_grid_has() {
        for (of, count) in [(cell(0, 0), 9), (cell(10, 0), 6), (cell(-10, 10), 4)] {
            let neighbours: Vec<_> = of.neighbours().collect();
            assert_eq!(neighbours.len(), count);
            assert!(neighbours.contains(&of));
            // If one cell has another as its neighbour, the other has it as its neighbour too.
            assert!(neighbours.iter().all(|other| other.neighbours().any(|back| back == of)));
        }
    }

    #[test]
    fn a_cell_is_left_only_when_one_is_more_than_2_metres_outside() {
        let here = cell(0, 0);
        for (x, expected) in [(26.99, here), (27.0, here), (27.01, cell(1, 0)), (-27.01, cell(-1, 0))] {
            assert_eq!(here.after(at(x, 0.0)), expected, "{x}");
        }
        // It takes the same distance to come back.
        assert_eq!(cell(1, 0).after(at(23.5, 0.0)), cell(1, 0));
        assert_eq!(cell(1, 0).after(at(22.9, 0.0)), here);
    }

    #[test]
    fn a_cell_outside_the_grid_is_refused() {
        assert_eq!(Cell::new(11, 0), None);
        assert!(serde_json::from_str::<Cell>(r#"{"x":0,"y":-11}"#).is_err());
        assert_eq!(serde_json::from_str::<Cell>(r#"{"x":10,"y":-10}"#).unwrap(), cell(10, -10));
    }
}
