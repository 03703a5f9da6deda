//! Numbers that rise and wrap. A number is newer than another if fewer than 2^31 steps lead
//! from that one to it. They have no order, because they begin again after 2^32.

/// Whether a number that rises and wraps is newer than another.
#[must_use]
pub const fn is_newer(number: u32, than: u32) -> bool {
    number.wrapping_sub(than).cast_signed() > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_is_what_fewer_than_two_pow_31_steps_lead_to() {
        for (number, than, expected) in [
            (1, 0, true),
            (0, 0, false),
            (0, 1, false),
            (0, u32::MAX, true),
            (u32::MAX, 0, false),
            (i32::MAX as u32, 0, true),
            (1 << 31, 0, false),
        ] {
            assert_eq!(is_newer(number, than), expected, "{number} after {than}");
        }
    }
}
