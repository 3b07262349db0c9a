//! Whether a queue grows on the way: the slope of the delay over the last groups, held against a
//! threshold that adapts (draft-ietf-rmcat-gcc-02, sections 5.3 to 5.5, with the slope by linear
//! regression instead of the Kalman filter, as browsers have it).
//!
//! Laws: the slope is taken over `POINTS` groups of the smoothed, accumulated delay; overuse needs
//! a slope above the threshold for more than `OVER_FOR`, twice at least, that does not fall; the
//! threshold follows what is usual, quickly up and slowly down, and leaves out spikes.

use super::groups::Delta;

const POINTS: usize = 20;
/// Weight of what was, in the smoothing of the delay.
const SMOOTHING: f64 = 0.9;
/// The slope counts in full after this many groups.
const FULL: u32 = 60;
const GAIN: f64 = 4.0;
/// Milliseconds.
const OVER_FOR: f64 = 10.0;
const START_THRESHOLD: f64 = 12.5;
const THRESHOLDS: std::ops::RangeInclusive<f64> = 6.0..=600.0;
/// Per millisecond.
const UP: f64 = 0.0087;
const DOWN: f64 = 0.039;
/// A value this far above the threshold is a spike, not what is usual.
const SPIKE: f64 = 15.0;

/// How the way is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Usage {
    /// A queue empties.
    Under,
    #[default]
    Normal,
    /// A queue grows.
    Over,
}

/// The regression and its threshold.
#[derive(Debug, Clone)]
pub struct Trend {
    /// (arrival since the first, smoothed delay), in milliseconds; a ring.
    points: [(f64, f64); POINTS],
    next: usize,
    /// Groups so far, up to `FULL`.
    count: u32,
    first: Option<i64>,
    accumulated: f64,
    smoothed: f64,
    slope: f64,
    threshold: f64,
    adapted: Option<i64>,
    over: Option<f64>,
    times_over: u32,
    usage: Usage,
}

impl Default for Trend {
    fn default() -> Self {
        Self {
            points: [(0.0, 0.0); POINTS],
            next: 0,
            count: 0,
            first: None,
            accumulated: 0.0,
            smoothed: 0.0,
            slope: 0.0,
            threshold: START_THRESHOLD,
            adapted: None,
            over: None,
            times_over: 0,
            usage: Usage::Normal,
        }
    }
}

impl Trend {
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// Take in how one group fared against the one before.
    pub fn update(&mut self, delta: Delta) -> Usage {
        let first = *self.first.get_or_insert(delta.at);
        let at = delta.at.saturating_sub(first) as f64 / 1_000.0;
        self.accumulated += (delta.arrived - delta.sent) as f64 / 1_000.0;
        self.smoothed = SMOOTHING * self.smoothed + (1.0 - SMOOTHING) * self.accumulated;
        self.points[self.next] = (at, self.smoothed);
        self.next = (self.next + 1) % POINTS;
        self.count = (self.count + 1).min(FULL);
        let before = self.slope;
        if self.count as usize >= POINTS {
            self.slope = slope(&self.points).unwrap_or(self.slope);
        }
        self.judge(delta, before);
        self.usage
    }

    fn judge(&mut self, delta: Delta, before: f64) {
        let value = f64::from(self.count) * self.slope * GAIN;
        if value > self.threshold {
            let step = delta.sent as f64 / 1_000.0;
            // Half of the step: the value may have been above since any time in it.
            let over = self.over.map_or(step / 2.0, |over| over + step);
            self.over = Some(over);
            self.times_over += 1;
            if over > OVER_FOR && self.times_over > 1 && self.slope >= before {
                self.over = Some(0.0);
                self.times_over = 0;
                self.usage = Usage::Over;
            }
        } else {
            self.over = None;
            self.times_over = 0;
            self.usage = if value < -self.threshold {
                Usage::Under
            } else {
                Usage::Normal
            };
        }
        self.adapt(delta.at, value.abs());
    }

    fn adapt(&mut self, at: i64, value: f64) {
        let passed = at.saturating_sub(self.adapted.replace(at).unwrap_or(at));
        if value > self.threshold + SPIKE {
            return;
        }
        let speed = if value < self.threshold { DOWN } else { UP };
        let passed = (passed as f64 / 1_000.0).clamp(0.0, 100.0);
        self.threshold = (self.threshold + speed * (value - self.threshold) * passed)
            .clamp(*THRESHOLDS.start(), *THRESHOLDS.end());
    }
}

/// Least squares; `None` when all came at one time.
fn slope(points: &[(f64, f64); POINTS]) -> Option<f64> {
    let count = POINTS as f64;
    let (x, y) = points
        .iter()
        .fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
    let (x, y) = (x / count, y / count);
    let (above, below) = points.iter().fold((0.0, 0.0), |(above, below), point| {
        let far = point.0 - x;
        (above + far * (point.1 - y), below + far * far)
    });
    (below > 0.0).then(|| above / below)
}

#[cfg(test)]
mod tests {
    use super::{Delta, Trend, Usage};

    /// Groups 20 ms apart that each take `later` microseconds longer than the one before.
    fn run(trend: &mut Trend, from: i64, groups: i64, later: i64) -> (i64, Option<i64>) {
        let mut at = from;
        let mut over = None;
        for group in 0..groups {
            at += 20_000 + later;
            let delta = Delta {
                sent: 20_000,
                arrived: 20_000 + later,
                at,
            };
            if trend.update(delta) == Usage::Over {
                over.get_or_insert(group);
            }
        }
        (at, over)
    }

    #[test]
    fn an_even_way_is_normal_and_a_growing_queue_overuse_within_half_a_second() {
        let mut trend = Trend::default();
        let (at, over) = run(&mut trend, 0, 200, 0);
        assert_eq!((over, trend.usage()), (None, Usage::Normal));
        // 10 % more than the link carries.
        let (_, over) = run(&mut trend, at, 50, 2_000);
        assert!(over.is_some_and(|group| group < 25), "{over:?}");
    }

    #[test]
    fn a_queue_that_empties_is_underuse() {
        let mut trend = Trend::default();
        let (at, _) = run(&mut trend, 0, 100, 0);
        run(&mut trend, at, 30, -3_000);
        assert_eq!(trend.usage(), Usage::Under);
    }

    #[test]
    fn wild_deltas_stay_finite() {
        let mut trend = Trend::default();
        for turn in 0..10_000_i64 {
            let wild = 3_000_000 * (turn % 3 - 1);
            trend.update(Delta {
                sent: 1,
                arrived: wild,
                at: turn.wrapping_mul(i64::MAX / 7),
            });
            assert!(trend.slope.is_finite() && trend.threshold.is_finite());
        }
    }
}
