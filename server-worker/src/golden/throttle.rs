//! The rows of a Throttle.

use super::{Golden, NOW};
use crate::throttle::{logic::Count, rows};

#[test]
fn the_rows_of_a_throttle_are_as_they_were_pinned() {
    let mut golden = Golden::of("throttle");
    let count = Count { since: NOW, count: 4 };
    golden.row("count", &count, rows::count("name\0mira-7", count), rows::read_count);
}
