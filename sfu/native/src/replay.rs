//! Packet indices of one SRTP stream: rollover and replay (RFC 3711, 3.3.1, 3.3.2 and appendix A).
//!
//! Laws: an index is only taken in after its packet was authenticated; an index is taken in once.
//! The same window guards sending, where an index twice would be a nonce twice.

/// Packets behind the highest that may still come.
pub const WINDOW: u64 = 128;

/// The highest index seen and which of those before it were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    highest: Option<u64>,
    /// Bit n: highest - n was seen.
    seen: u128,
}

impl Window {
    /// The most likely index of a packet with this sequence number; `None` before the first wrap.
    #[must_use]
    pub fn estimate(&self, sequence: u16) -> Option<u64> {
        let Some(highest) = self.highest else {
            return Some(u64::from(sequence));
        };
        let (rollover, last) = (highest >> 16, highest & 0xffff);
        let sequence = u64::from(sequence);
        let rollover = if last < 0x8000 {
            if sequence > last + 0x8000 {
                rollover.checked_sub(1)?
            } else {
                rollover
            }
        } else if last - 0x8000 > sequence {
            rollover + 1
        } else {
            rollover
        };
        (rollover <= 0xffff_ffff).then_some(rollover << 16 | sequence)
    }

    /// Whether this index may still be taken in.
    #[must_use]
    pub fn is_new(&self, index: u64) -> bool {
        match self.highest {
            None => true,
            Some(highest) if index > highest => true,
            Some(highest) => {
                let behind = highest - index;
                behind < WINDOW && self.seen >> behind & 1 == 0
            }
        }
    }

    /// Take an index in.
    pub fn accept(&mut self, index: u64) {
        let highest = self.highest.unwrap_or(index);
        if index >= highest {
            let ahead = index - highest;
            self.seen = if ahead < WINDOW {
                self.seen << ahead
            } else {
                0
            } | 1;
            self.highest = Some(index);
        } else if highest - index < WINDOW {
            self.seen |= 1 << (highest - index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Window;

    fn fed(indices: &[u64]) -> Window {
        let mut window = Window::default();
        for &index in indices {
            assert!(window.is_new(index), "{index}");
            window.accept(index);
        }
        window
    }

    #[test]
    fn an_index_is_taken_once() {
        let window = fed(&[100, 102, 101]);
        for index in [100, 101, 102] {
            assert!(!window.is_new(index));
        }
        assert!(window.is_new(99));
        assert!(window.is_new(103));
    }

    #[test]
    fn too_old_is_refused() {
        let window = fed(&[1_000]);
        assert!(window.is_new(1_000 - 127));
        assert!(!window.is_new(1_000 - 128));
        assert!(!window.is_new(0));
    }

    #[test]
    fn a_long_jump_forgets_the_past() {
        let window = fed(&[1, 5_000]);
        assert!(window.is_new(4_999));
        assert!(!window.is_new(5_000));
        assert!(!window.is_new(1));
    }

    #[test]
    fn the_rollover_counts_both_ways() {
        let window = fed(&[65_530]);
        assert_eq!(window.estimate(3), Some(65_536 + 3));
        let window = fed(&[65_530, 65_536 + 3]);
        assert_eq!(window.estimate(65_535), Some(65_535));
        assert_eq!(window.estimate(4), Some(65_536 + 4));
    }

    #[test]
    fn nothing_lies_before_the_first_round() {
        assert_eq!(fed(&[3]).estimate(65_000), None);
    }
}
