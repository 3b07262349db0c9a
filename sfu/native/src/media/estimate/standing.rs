//! Whether a queue stands on the way: it neither grows nor empties, so its slope says nothing, but
//! every packet waits in it.
//!
//! Laws: the shortest delay of the last `REMEMBERED` to twice that is the way itself; if even the
//! quickest packet of each feedback takes `LONG` more for `PATIENCE`, we step back, at most `STEPS`
//! times in a row: a queue that stands nevertheless is somebody else's, and is not starved for.

const REMEMBERED: u64 = 10_000_000;
const LONG: i64 = 60_000;
const PATIENCE: u64 = 400_000;
const STEPS: u8 = 4;
/// A jump of the clock, not a delay.
const ASTRAY: i64 = 5_000_000;

/// What a feedback says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    None,
    /// Packets wait: no time to grow.
    Waits,
    /// They did so for long: send less.
    StepBack,
}

/// The delays of late.
#[derive(Debug, Clone, Copy, Default)]
pub struct Standing {
    /// Quickest packet of the feedback that is read.
    quickest: Option<i64>,
    /// The shortest delay of this and of the last `REMEMBERED`.
    shortest: Option<[i64; 2]>,
    turned: u64,
    since: Option<u64>,
    steps: u8,
}

impl Standing {
    pub fn arrived(&mut self, sent: i64, arrived: i64) {
        let delay = arrived.saturating_sub(sent);
        self.quickest = Some(self.quickest.map_or(delay, |quickest| quickest.min(delay)));
    }

    /// A feedback was read.
    pub fn answered(&mut self, now: u64) -> Wait {
        let Some(delay) = self.quickest.take() else {
            return Wait::None;
        };
        let waited = delay.saturating_sub(self.way(now, delay));
        if waited <= LONG {
            self.since = None;
            self.steps = 0;
            return Wait::None;
        }
        let since = *self.since.get_or_insert(now);
        if now - since.min(now) < PATIENCE || self.steps >= STEPS {
            return Wait::Waits;
        }
        self.since = Some(now);
        self.steps += 1;
        Wait::StepBack
    }

    /// The delay of the way itself.
    fn way(&mut self, now: u64, delay: i64) -> i64 {
        let [mut current, mut last] = self.shortest.unwrap_or([delay; 2]);
        if delay.saturating_sub(current.min(last)).saturating_abs() > ASTRAY {
            [current, last] = [delay; 2];
        }
        if now - self.turned.min(now) >= REMEMBERED {
            self.turned = now;
            [current, last] = [delay, current];
        }
        current = current.min(delay);
        self.shortest = Some([current, last]);
        current.min(last)
    }
}

#[cfg(test)]
mod tests {
    use super::{STEPS, Standing, Wait};

    /// Feedback each 100 ms for `count` times; how often to step back.
    fn run(standing: &mut Standing, from: u64, count: u64, delay: i64) -> usize {
        let answers = (from..from + count).map(|turn| {
            let sent = turn.cast_signed() * 100_000;
            standing.arrived(sent, sent + delay + 30_000);
            standing.arrived(sent, sent + delay);
            standing.answered(turn * 100_000)
        });
        answers.filter(|&wait| wait == Wait::StepBack).count()
    }

    #[test]
    fn a_queue_that_stands_is_noticed_and_ours_to_empty() {
        let mut standing = Standing::default();
        assert_eq!(run(&mut standing, 0, 50, -7_000_000), 0);
        assert_eq!(run(&mut standing, 50, 10, -6_850_000), 2);
        assert_eq!(run(&mut standing, 60, 10, -7_000_000), 0);
    }

    #[test]
    fn a_queue_of_others_does_not_starve_us_and_a_longer_way_becomes_the_way() {
        let mut standing = Standing::default();
        run(&mut standing, 0, 50, 20_000);
        assert_eq!(run(&mut standing, 50, 400, 220_000), usize::from(STEPS));
        assert_eq!(standing.answered(50_000_000), Wait::None);
        assert_eq!(run(&mut standing, 500, 5, 230_000), 0);
        assert!(standing.since.is_none());
    }

    #[test]
    fn clocks_that_jump_are_no_delay() {
        let mut standing = Standing::default();
        run(&mut standing, 0, 50, 20_000);
        assert_eq!(run(&mut standing, 50, 50, i64::MAX / 2), 0);
        assert_eq!(run(&mut standing, 100, 50, i64::MIN / 2), 0);
    }
}
