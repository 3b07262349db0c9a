//! The remote's clock, as its feedback tells it.
//!
//! Laws: references have 24 bits and wrap; each is taken to be as near to the last as it can be, so
//! that feedback which overtook another is in the past and not twelve days ahead.

/// Arrival times come in units of 250 us, the reference in 256 of these.
const UNIT: i64 = 250;

/// The last reference, as told and in full.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reference {
    last: Option<(u32, i64)>,
}

impl Reference {
    /// Take in a feedback's reference; microseconds to add to its arrival times.
    pub fn shift(&mut self, told: u32) -> i64 {
        let full = self.last.map_or(i64::from(told), |(last, full)| {
            // Sign-extend 24 bits.
            full + i64::from((told.wrapping_sub(last) << 8).cast_signed() >> 8)
        });
        self.last = Some((told, full));
        (full - i64::from(told)) * 256 * UNIT
    }
}

/// Microseconds of an arrival time.
#[must_use]
pub fn microseconds(arrival: i64) -> i64 {
    arrival * UNIT
}

#[cfg(test)]
mod tests {
    use super::Reference;

    #[test]
    fn references_wrap_in_both_directions() {
        let mut reference = Reference::default();
        assert_eq!(reference.shift(0xff_fffe), 0);
        assert_eq!(reference.shift(1), 0x100_0000 * 64_000);
        assert_eq!(reference.shift(0xff_ffff), 0);
        assert_eq!(reference.shift(0), 0x100_0000 * 64_000);
    }
}
