//! How much arrives: the rate at which acknowledged packets reached the remote.
//!
//! Laws: measured by the remote's clock, in windows (the first `FIRST`, then `WINDOW` long); each
//! window is a sample, weighed by how far it lies from what is believed (a Bayesian filter), so
//! that one odd window moves little and a lasting change much. While the application sends little,
//! low samples weigh even less. A pause longer than two windows is no sample.

const FIRST: i64 = 500_000;
const WINDOW: i64 = 150_000;
/// How far a sample is believed to err, per relative distance.
const DOUBT: f64 = 10.0;
/// The same for samples below the estimate while the application sends less than it may.
const DOUBT_LIMITED: f64 = 20.0;
/// What the true rate wanders per window (variance, kbit/s squared).
const WANDER: f64 = 5.0;
const START_VARIANCE: f64 = 50.0;

/// The filter.
#[derive(Debug, Clone, Copy, Default)]
pub struct Throughput {
    start: Option<i64>,
    bytes: u64,
    /// Kilobits per second, and its variance.
    believed: Option<(f64, f64)>,
}

impl Throughput {
    /// A packet of `size` bytes arrived; times by the remote's clock, in microseconds.
    pub fn arrived(&mut self, at: i64, size: u16, limited: bool) {
        let start = *self.start.get_or_insert(at);
        let window = if self.believed.is_some() {
            WINDOW
        } else {
            FIRST
        };
        let passed = at.saturating_sub(start);
        if passed < -window || passed >= 2 * window {
            self.start = Some(at);
            self.bytes = 0;
        } else if passed >= window {
            self.sample(window, limited);
            self.start = Some(start + window);
            self.bytes = 0;
        }
        self.bytes += u64::from(size);
    }

    fn sample(&mut self, window: i64, limited: bool) {
        // bits / us * 1000 = kilobits / s.
        let sample = (self.bytes * 8) as f64 / window as f64 * 1_000.0;
        let Some((rate, variance)) = self.believed else {
            self.believed = Some((sample, START_VARIANCE));
            return;
        };
        let doubt = if limited && sample < rate {
            DOUBT_LIMITED
        } else {
            DOUBT
        };
        let error = (doubt * (sample - rate).abs() / rate.max(1.0)).powi(2);
        let variance = variance + WANDER;
        let rate = (error * rate + variance * sample) / (error + variance);
        self.believed = Some((rate, error * variance / (error + variance)));
    }

    /// Bits per second.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        self.believed.map(|(rate, _)| rate * 1_000.0)
    }

    /// A measurement that is better than all before (a probe's), or nothing to rely on any more.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::Throughput;

    fn feed(filter: &mut Throughput, from: i64, to: i64, bps: i64) {
        let step = 500 * 8 * 1_000_000 / bps;
        (from..to)
            .step_by(usize::try_from(step).unwrap_or(1))
            .for_each(|at| filter.arrived(at, 500, false));
    }

    #[test]
    fn a_steady_stream_is_measured_exactly() {
        let mut filter = Throughput::default();
        assert_eq!(filter.rate(), None);
        feed(&mut filter, 0, 3_000_000, 800_000);
        let rate = filter.rate().unwrap_or(0.0);
        assert!((780_000.0..820_000.0).contains(&rate), "{rate}");
    }

    #[test]
    fn a_lasting_fall_is_believed_within_a_second_and_a_half() {
        let mut filter = Throughput::default();
        feed(&mut filter, 0, 3_000_000, 800_000);
        feed(&mut filter, 3_000_000, 4_500_000, 200_000);
        let rate = filter.rate().unwrap_or(0.0);
        assert!(rate < 300_000.0, "{rate}");
    }

    #[test]
    fn a_pause_is_no_measurement_and_time_may_jump() {
        let mut filter = Throughput::default();
        feed(&mut filter, 0, 3_000_000, 800_000);
        let before = filter.rate();
        filter.arrived(60_000_000, 500, false);
        filter.arrived(i64::MIN / 2, 500, false);
        filter.arrived(i64::MAX / 2, 500, false);
        assert_eq!(filter.rate(), before);
    }
}
