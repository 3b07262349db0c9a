//! The rate that loss allows (draft-ietf-rmcat-gcc-02, section 6), told apart from loss that has
//! nothing to do with our rate.
//!
//! Laws: more than `MUCH` loss takes the bound down by half of it, at most each `APART` and a round
//! trip, and never below `ARRIVING` of what arrives; less than `LITTLE` lets it grow. Loss that
//! stays whatever we send is the radio's, not a queue's: what was lost at the least over the last
//! `REMEMBERED` is taken off first, up to `INHERENT`.

use super::Limits;

const MUCH: f64 = 0.10;
const LITTLE: f64 = 0.02;
const INHERENT: f64 = 0.20;
const ARRIVING: f64 = 0.85;
/// Per second.
const GROWTH: f64 = 1.08;
/// Weights of a new window.
const RECENT: f64 = 0.5;
const USUAL: f64 = 0.2;
const APART: u64 = 300_000;
/// Loss is judged over at least this long and this many packets.
const WINDOW: u64 = 200_000;
const PACKETS: u32 = 20;
/// Even of fewer packets after this long.
const LONGEST: u64 = 1_000_000;
/// Half of the time over which the least loss is sought.
const REMEMBERED: u64 = 1_500_000;

/// The bound. Rates in bits per second.
#[derive(Debug, Clone)]
pub struct LossBound {
    limits: Limits,
    bound: f64,
    received: u32,
    lost: u32,
    since: Option<u64>,
    cut: Option<u64>,
    grown: Option<u64>,
    /// The least of the current and of the last `REMEMBERED`.
    least: [f64; 2],
    turned: u64,
    /// The share lost, smoothed over few and over many windows.
    recent: f64,
    usual: f64,
    excess: f64,
}

impl LossBound {
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            bound: limits.ceiling as f64,
            received: 0,
            lost: 0,
            since: None,
            cut: None,
            grown: None,
            least: [0.0; 2],
            turned: 0,
            recent: 0.0,
            usual: 0.0,
            excess: 0.0,
        }
    }

    #[must_use]
    pub fn bound(&self) -> f64 {
        self.bound
    }

    /// The share lost lately beyond what the radio loses anyway.
    #[must_use]
    pub fn excess(&self) -> f64 {
        self.excess
    }

    /// A probe got through, or the rate begins anew.
    pub fn set(&mut self, bound: f64) {
        self.bound = self.limits.clamp(bound);
    }

    pub fn arrived(&mut self, late: bool) {
        self.received += 1;
        if late {
            self.lost = self.lost.saturating_sub(1);
        }
    }

    pub fn lost(&mut self) {
        self.lost += 1;
    }

    /// Judge what was counted, once it is enough. `rate` is what we send by, `arrives` what comes.
    pub fn update(&mut self, now: u64, rate: f64, arrives: Option<f64>, round_trip: u64) {
        let since = *self.since.get_or_insert(now);
        let (passed, packets) = (now - since.min(now), self.received + self.lost);
        if passed < WINDOW || packets < PACKETS && passed < LONGEST {
            return;
        }
        self.since = Some(now);
        if packets > 0 {
            let fraction = f64::from(self.lost) / f64::from(packets);
            (self.received, self.lost) = (0, 0);
            self.judge(now, fraction, rate, arrives.map(|rate| (rate, round_trip)));
        }
    }

    /// `way`: what arrives, and the round trip.
    pub fn judge(&mut self, now: u64, fraction: f64, rate: f64, way: Option<(f64, u64)>) {
        let fraction = fraction.clamp(0.0, 1.0);
        self.recent += RECENT * (fraction - self.recent);
        self.usual += USUAL * (fraction - self.usual);
        let excess = (self.recent - self.inherent(now, self.usual)).max(0.0);
        self.excess = excess;
        let grown = self.grown.replace(now).unwrap_or(now);
        let (arrives, round_trip) = way.unwrap_or((0.0, 0));
        let apart = APART + round_trip.min(1_000_000);
        if excess > MUCH && self.cut.is_none_or(|cut| now - cut.min(now) >= apart) {
            let lower = rate.min(self.bound) * (1.0 - 0.5 * excess);
            self.bound = self
                .limits
                .clamp(lower.max(ARRIVING * arrives).min(self.bound));
            self.cut = Some(now);
        } else if excess < LITTLE {
            let seconds = (now - grown.min(now)).min(2_000_000) as f64 / 1e6;
            self.bound = self.limits.clamp(self.bound * GROWTH.powf(seconds));
        }
    }

    /// Loss that was there all the time.
    fn inherent(&mut self, now: u64, fraction: f64) -> f64 {
        if now - self.turned.min(now) >= REMEMBERED {
            self.turned = now;
            self.least = [fraction, self.least[0]];
        } else {
            self.least[0] = self.least[0].min(fraction);
        }
        self.least[0].min(self.least[1]).min(INHERENT)
    }
}

#[cfg(test)]
mod tests {
    use super::LossBound;
    use crate::media::estimate::Limits;

    const LIMITS: Limits = Limits {
        floor: 50_000,
        start: 300_000,
        ceiling: 1_000_000,
    };

    /// Feed `seconds` of 100 packets a second at this loss; the application follows the bound.
    fn run(bound: &mut LossBound, from: u64, seconds: u64, percent: u64) -> u64 {
        for packet in 0..seconds * 100 {
            if packet * percent % 100 < percent {
                bound.lost();
            } else {
                bound.arrived(false);
            }
            if packet % 10 == 0 {
                let rate = bound.bound();
                bound.update(from + packet * 10_000, rate, Some(rate * 0.5), 50_000);
            }
        }
        from + seconds * 1_000_000
    }

    #[test]
    fn little_loss_costs_nothing_and_some_does_not_cost_either() {
        let mut bound = LossBound::new(LIMITS);
        let at = run(&mut bound, 0, 10, 1);
        run(&mut bound, at, 20, 5);
        assert!(bound.bound() >= 1_000_000.0);
    }

    #[test]
    fn much_loss_that_comes_takes_it_down_and_it_returns() {
        let mut bound = LossBound::new(LIMITS);
        let at = run(&mut bound, 0, 10, 0);
        let at = run(&mut bound, at, 2, 30);
        assert!(
            (300_000.0..700_000.0).contains(&bound.bound()),
            "{}",
            bound.bound()
        );
        run(&mut bound, at, 15, 0);
        assert!(bound.bound() >= 1_000_000.0, "{}", bound.bound());
    }

    #[test]
    fn loss_of_the_radio_does_not_take_it_to_the_ground() {
        let mut bound = LossBound::new(LIMITS);
        let at = run(&mut bound, 0, 10, 0);
        run(&mut bound, at, 30, 15);
        assert!(bound.bound() >= 500_000.0, "{}", bound.bound());
    }

    #[test]
    fn a_loss_taken_back_is_none() {
        let mut bound = LossBound::new(LIMITS);
        for turn in 0..20 {
            (0..30).for_each(|_| bound.lost());
            (0..30).for_each(|_| bound.arrived(true));
            bound.update(turn * 300_000, 1_000_000.0, None, 0);
        }
        assert!(bound.bound() >= 1_000_000.0);
    }
}
