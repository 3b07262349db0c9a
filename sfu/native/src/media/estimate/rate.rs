//! The rate that delay allows: additive increase, multiplicative decrease
//! (draft-ietf-rmcat-gcc-02, section 5.5).
//!
//! Laws: overuse takes the rate to `BACK` of what arrives, at once and at most once a round trip;
//! while a queue empties the rate stays; otherwise it grows by `GROWTH` a second, and near the
//! capacity that earlier overuse showed by one packet a response time. It never grows beyond what
//! was tried: half as much again as arrives. An application that sends far less than it may did
//! not fill the queue alone: then a step down is at most to `BACK_LIMITED` of the rate.

use super::Limits;
use super::trend::Usage;

const BACK: f64 = 0.85;
const BACK_LIMITED: f64 = 0.7;
/// Per second.
const GROWTH: f64 = 1.08;
/// Bits per second and second, at least, near the capacity.
const SMALLEST_STEP: f64 = 4_000.0;
const PACKET_BITS: f64 = 1_200.0 * 8.0;
/// A response takes a round trip and the time for feedback.
const FEEDBACK: u64 = 100_000;
/// How much more than what arrives the rate may be: a factor, and bits per second.
const AHEAD: (f64, f64) = (1.5, 10_000.0);

/// The controller. Rates in bits per second.
#[derive(Debug, Clone)]
pub struct DelayRate {
    limits: Limits,
    rate: f64,
    holds: bool,
    rising: bool,
    capacity: Capacity,
    changed: Option<u64>,
    decreased: Option<u64>,
}

impl DelayRate {
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            rate: limits.start as f64,
            holds: false,
            rising: false,
            capacity: Capacity::default(),
            changed: None,
            decreased: None,
        }
    }

    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// Whether it grew at the last update.
    #[must_use]
    pub fn rising(&self) -> bool {
        self.rising
    }

    /// When overuse last took it down.
    #[must_use]
    pub fn decreased(&self) -> Option<u64> {
        self.decreased
    }

    /// Set by a probe, or by silence.
    pub fn set(&mut self, now: u64, rate: f64) {
        self.rate = self.limits.clamp(rate);
        self.changed = Some(now);
        if !self.capacity.includes(self.rate) {
            self.capacity = Capacity::default();
        }
    }

    /// Feedback came: adapt.
    pub fn update(&mut self, now: u64, way: &Way) {
        let passed = now - self.changed.unwrap_or(now).min(now);
        self.rising = false;
        match way.usage {
            Usage::Over => self.back_off(now, way),
            Usage::Under => self.holds = true,
            Usage::Normal if self.holds => self.holds = false,
            Usage::Normal => self.grow(passed.min(1_000_000) as f64 / 1e6, way),
        }
        self.changed = Some(now);
    }

    fn back_off(&mut self, now: u64, way: &Way) {
        self.holds = true;
        let arrives = way.arrives.unwrap_or(self.rate);
        let apart = way.round_trip.clamp(10_000, 200_000);
        let soon = self.decreased.is_some_and(|at| now - at.min(now) < apart);
        if soon && (arrives >= 0.5 * self.rate || way.limited) {
            return;
        }
        let mut lower = BACK * arrives;
        if lower > self.rate {
            lower = self.capacity.rate().map_or(self.rate, |rate| BACK * rate);
        }
        if way.limited {
            lower = lower.max(BACK_LIMITED * self.rate);
        }
        self.rate = self.limits.clamp(lower.min(self.rate));
        if !way.limited {
            self.capacity.overused(arrives);
        }
        self.decreased = Some(now);
    }

    fn grow(&mut self, seconds: f64, way: &Way) {
        let Some(arrives) = way.arrives else {
            return;
        };
        if self.capacity.exceeded_by(arrives) {
            self.capacity = Capacity::default();
        }
        let grown = if self.capacity.rate().is_some() {
            self.rate + seconds * self.step(way.round_trip)
        } else {
            self.rate * GROWTH.powf(seconds)
        };
        let most = (AHEAD.0 * arrives + AHEAD.1).max(self.rate);
        let before = self.rate;
        self.rate = self.limits.clamp(grown.min(most));
        self.rising = self.rate > before;
    }

    /// One packet a response time, where packets are as large as frames at this rate make them.
    fn step(&self, round_trip: u64) -> f64 {
        let frame = self.rate / 30.0;
        let packet = frame / (frame / PACKET_BITS).ceil().max(1.0);
        let response = (round_trip.min(10_000_000) + FEEDBACK) as f64 / 1e6;
        (packet / response).max(SMALLEST_STEP)
    }
}

/// What is known of the way when feedback came.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    pub usage: Usage,
    /// Bits per second.
    pub arrives: Option<f64>,
    pub round_trip: u64,
    /// The application sends far less than it may.
    pub limited: bool,
}

/// What arrived whenever the way was overused: mean and deviation, in kilobits per second.
#[derive(Debug, Clone, Copy, Default)]
struct Capacity {
    mean: Option<f64>,
    /// Relative to the mean.
    variance: f64,
}

const NEW: f64 = 0.05;

impl Capacity {
    fn rate(&self) -> Option<f64> {
        self.mean.map(|mean| mean * 1_000.0)
    }

    fn overused(&mut self, arrived: f64) {
        if !self.includes(arrived) {
            *self = Self::default();
        }
        let sample = arrived / 1_000.0;
        let mean = self
            .mean
            .map_or(sample, |mean| mean + NEW * (sample - mean));
        let error = (mean - sample).powi(2) / mean.max(1.0);
        self.variance = ((1.0 - NEW) * self.variance + NEW * error).clamp(0.4, 2.5);
        self.mean = Some(mean);
    }

    /// Three deviations.
    fn margin(&self, mean: f64) -> f64 {
        3.0 * (self.variance * mean).max(0.0).sqrt()
    }

    fn exceeded_by(&self, rate: f64) -> bool {
        self.mean
            .is_some_and(|mean| rate / 1_000.0 > mean + self.margin(mean))
    }

    fn includes(&self, rate: f64) -> bool {
        self.mean
            .is_none_or(|mean| (rate / 1_000.0 - mean).abs() <= self.margin(mean))
    }
}

#[cfg(test)]
mod tests {
    use super::{DelayRate, Way};
    use crate::media::estimate::Limits;
    use crate::media::estimate::trend::Usage;

    const LIMITS: Limits = Limits {
        floor: 50_000,
        start: 300_000,
        ceiling: 2_000_000,
    };

    fn way(usage: Usage, arrives: f64) -> Way {
        Way {
            usage,
            arrives: Some(arrives),
            round_trip: 50_000,
            limited: false,
        }
    }

    #[test]
    fn it_grows_by_a_share_until_it_knows_the_capacity_and_by_packets_after() {
        let mut rate = DelayRate::new(LIMITS);
        for turn in 0..=100 {
            let arrives = rate.rate();
            rate.update(turn * 100_000, &way(Usage::Normal, arrives));
        }
        let grown = rate.rate();
        assert!((600_000.0..660_000.0).contains(&grown), "{grown}");
        rate.update(10_100_000, &way(Usage::Over, grown));
        assert!((rate.rate() / grown - 0.85).abs() < 0.01);
        let lower = rate.rate();
        for turn in 0..=11 {
            rate.update(10_200_000 + turn * 100_000, &way(Usage::Normal, lower));
        }
        let step = rate.rate() - lower;
        assert!((30_000.0..80_000.0).contains(&step), "{step}");
    }

    #[test]
    fn it_never_runs_ahead_of_what_was_tried() {
        let mut rate = DelayRate::new(LIMITS);
        for turn in 0..1_000 {
            rate.update(turn * 100_000, &way(Usage::Normal, 200_000.0));
        }
        assert!((rate.rate() - 310_000.0).abs() < 1.0, "{}", rate.rate());
    }

    #[test]
    fn it_steps_down_once_a_round_trip_and_not_below_the_floor() {
        let mut rate = DelayRate::new(LIMITS);
        rate.update(1_000_000, &way(Usage::Over, 300_000.0));
        rate.update(1_010_000, &way(Usage::Over, 250_000.0));
        assert!((rate.rate() - 255_000.0).abs() < 1.0);
        for turn in 0..50 {
            rate.update(2_000_000 + turn * 100_000, &way(Usage::Over, 10_000.0));
        }
        assert!((rate.rate() - 50_000.0).abs() < 1.0);
    }

    #[test]
    fn overuse_while_little_is_sent_takes_it_down_in_steps() {
        let mut rate = DelayRate::new(LIMITS);
        let way = Way {
            limited: true,
            ..way(Usage::Over, 60_000.0)
        };
        rate.update(1_000_000, &way);
        assert!((rate.rate() - 210_000.0).abs() < 1.0);
    }
}
