//! When the plane looks at what time brings: as late as nothing suffers from it.
//!
//! Laws: two looks are at least `TICK` apart and at most `REST`; a plane without sessions looks once in `IDLE`.
//! Whatever cannot wait for the next look (a loss to be asked for, a keyframe, a voice that begins) says when
//! it is due as it comes about; what recurs every 100 ms or more rests until then.

/// Distance of looks, at the least.
pub const TICK: u64 = 10_000;
/// At the most: reports to publishers are 100 ms apart, all else is rarer.
pub const REST: u64 = 50_000;
/// At the most, where nobody is.
const IDLE: u64 = 1_000_000;

/// The moment of the next look.
#[derive(Debug, Default)]
pub struct Due {
    looked: Option<u64>,
    at: u64,
}

impl Due {
    /// When to look.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Something is due then.
    pub fn wake_by(&mut self, at: u64) {
        let earliest = self.looked.map_or(0, |looked| looked + TICK);
        self.at = self.at.min(at.max(earliest));
    }

    /// The plane looks now; whether anybody is there.
    pub fn look(&mut self, now: u64, anybody: bool) {
        self.looked = Some(now);
        self.at = now + if anybody { REST } else { IDLE };
    }
}

#[cfg(test)]
mod tests {
    use super::{Due, IDLE, REST, TICK};

    #[test]
    fn looks_are_neither_too_close_nor_too_far_apart() {
        let mut due = Due::default();
        assert_eq!(due.at(), 0, "at once in the beginning");
        due.look(1_000, false);
        assert_eq!(due.at(), 1_000 + IDLE);
        due.wake_by(2_000);
        assert_eq!(due.at(), 1_000 + TICK);
        due.look(20_000, true);
        assert_eq!(due.at(), 20_000 + REST);
        due.wake_by(20_000 + 2 * REST);
        assert_eq!(due.at(), 20_000 + REST, "not later than without");
        due.wake_by(33_000);
        due.wake_by(40_000);
        assert_eq!(due.at(), 33_000);
    }
}
