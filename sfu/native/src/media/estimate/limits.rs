//! What an estimate may be, and what it says.
//!
//! Laws: whatever is computed, what leaves lies within `Limits`; not a number is the floor.

/// Where an estimate begins and between what it stays; bits per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub floor: u64,
    pub start: u64,
    pub ceiling: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            floor: 50_000,
            start: 300_000,
            ceiling: 10_000_000,
        }
    }
}

impl Limits {
    pub(super) fn clamp(self, rate: f64) -> f64 {
        let ceiling = self.ceiling.max(self.floor) as f64;
        if rate.is_nan() {
            self.floor as f64
        } else {
            rate.clamp(self.floor as f64, ceiling)
        }
    }
}

/// What the estimate does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Steady,
    Rising,
    /// Delay or loss just took it down.
    BackingOff,
    /// Nothing comes back.
    Silent,
}

/// What may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    pub target_bps: u64,
    pub state: State,
}
