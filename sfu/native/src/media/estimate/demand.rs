//! Whether the application sends far less than it may: then delay says little of the way.
//!
//! Laws: judged over windows of `WINDOW`; below `FEW` of the target it is limited.

const WINDOW: u64 = 250_000;
const FEW: f64 = 0.65;

/// What was sent in the current window.
#[derive(Debug, Clone, Copy, Default)]
pub struct Demand {
    since: u64,
    bytes: u64,
    limited: bool,
}

impl Demand {
    pub fn sent(&mut self, now: u64, size: usize, target: f64) {
        let passed = now - self.since.min(now);
        if passed >= WINDOW {
            let rate = self.bytes as f64 * 8e6 / passed as f64;
            self.limited = rate < FEW * target;
            self.since = now;
            self.bytes = 0;
        }
        self.bytes = self.bytes.saturating_add(size as u64);
    }

    #[must_use]
    pub fn limited(&self) -> bool {
        self.limited
    }
}

#[cfg(test)]
mod tests {
    use super::Demand;

    #[test]
    fn a_voice_alone_does_not_fill_a_megabit() {
        let mut demand = Demand::default();
        (0..50).for_each(|packet| demand.sent(packet * 20_000, 100, 1e6));
        assert!(demand.limited());
        (50..500).for_each(|packet| demand.sent(1_000_000 + packet * 10_000, 1_200, 1e6));
        assert!(!demand.limited());
    }
}
