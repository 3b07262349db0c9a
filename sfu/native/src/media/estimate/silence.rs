//! Whether anything comes back.
//!
//! Laws: packets unanswered for `LONG` mean that the way is gone, or slow; while that lasts the
//! target falls to `FALL` of itself each `EVERY`. One answer ends it.

const LONG: u64 = 1_000_000;
const EVERY: u64 = 500_000;
const FALL: f64 = 0.7;

/// What was sent and not answered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silence {
    since: Option<u64>,
    fell: u64,
}

impl Silence {
    pub fn sent(&mut self, now: u64) {
        self.since.get_or_insert(now);
    }

    pub fn answered(&mut self) {
        self.since = None;
    }

    #[must_use]
    pub fn lasts(&self, now: u64) -> bool {
        self.since.is_some_and(|since| now - since.min(now) >= LONG)
    }

    /// The share of the target that is left, if it is time to fall.
    pub fn fall(&mut self, now: u64) -> Option<f64> {
        let due = self.lasts(now) && now - self.fell.min(now) >= EVERY;
        due.then(|| {
            self.fell = now;
            FALL
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Silence;

    #[test]
    fn it_falls_step_by_step_until_an_answer() {
        let mut silence = Silence::default();
        assert_eq!(silence.fall(9_000_000), None, "nothing was sent");
        silence.sent(10_000_000);
        assert_eq!(silence.fall(10_900_000), None);
        assert!(silence.fall(11_000_000).is_some());
        assert_eq!(silence.fall(11_400_000), None);
        assert!(silence.fall(11_500_000).is_some());
        silence.answered();
        assert!(!silence.lasts(20_000_000));
    }
}
