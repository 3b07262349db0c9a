//! Trying whether more gets through: short trains of packets, faster than the estimate.
//!
//! Laws: one train at a time, of `LASTS` and at least `PACKETS`; only while more is wanted than the
//! estimate allows and the way is calm. A train that gets through is followed by a faster one; one
//! that does not makes the next wait twice as long, up to `PATIENCE`. After a collapse the first
//! train tries most of what was possible before. An answer counts once most of the train arrived.
//! Trains that left before the remote answered anything at all say nothing of the way. None is
//! faster than `FASTEST`, which is what the pacer can send.

/// Microseconds.
const LASTS: u64 = 15_000;
const PACKETS: u32 = 5;
const FIRST: f64 = 3.0;
const NEXT: f64 = 2.0;
const RESUMED: f64 = 0.85;
const WAIT: u64 = 1_000_000;
const PATIENCE: u64 = 10_000_000;
/// Bits per second: of padding, a burst of the pacer each millisecond.
const FASTEST: f64 = 30e6;
/// Without an answer for this long, a train is lost.
const TIMEOUT: u64 = 1_000_000;
/// This share of the packets must arrive.
const MOST: f64 = 0.8;
/// Arriving slower than this share of the sending rate, it filled the link.
const FILLED: f64 = 0.9;
/// Arriving at this share of the rate tried, it got through.
const THROUGH: f64 = 0.7;
/// Never try more than this share of what is wanted.
const MARGIN: f64 = 1.2;

/// A train to send: packets marked with `number`, at `bits_per_second`, until both are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// Never 0.
    pub number: u8,
    pub bits_per_second: u64,
    pub bytes: u64,
    pub packets: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Side {
    packets: u32,
    bytes: u64,
    first: i64,
    last: i64,
    first_size: u64,
    last_size: u64,
}

impl Side {
    fn add(&mut self, at: i64, size: u64) {
        if self.packets == 0 || at < self.first {
            (self.first, self.first_size) = (at, size);
        }
        if self.packets == 0 || at >= self.last {
            (self.last, self.last_size) = (at, size);
        }
        self.packets += 1;
        self.bytes += size;
    }

    /// Bits per second, without the packet whose time is not in the span.
    fn rate(&self, without: u64) -> Option<f64> {
        let span = self.last.saturating_sub(self.first);
        (1..=1_000_000)
            .contains(&span)
            .then(|| self.bytes.saturating_sub(without) as f64 * 8e6 / span as f64)
    }
}

#[derive(Debug, Clone, Copy)]
struct Train {
    probe: Probe,
    begun: u64,
    sent: Side,
    /// By the times of sending and of arrival of those that arrived.
    left: Side,
    arrived: Side,
}

impl Train {
    fn complete(&self) -> bool {
        self.sent.packets >= self.probe.packets && self.sent.bytes >= self.probe.bytes
    }

    fn rate(&self) -> Option<f64> {
        let most = MOST * f64::from(self.sent.packets);
        if !self.complete() || f64::from(self.arrived.packets) < most {
            return None;
        }
        let sent = self.left.rate(self.left.last_size)?;
        let arrived = self.arrived.rate(self.arrived.first_size)?;
        Some(if arrived < FILLED * sent {
            0.95 * arrived
        } else {
            sent.min(arrived)
        })
    }
}

/// When to probe, and what came of it.
#[derive(Debug, Clone, Default)]
pub struct Prober {
    train: Option<Train>,
    number: u8,
    wait: u64,
    next: u64,
    tried: bool,
    concluded: bool,
    /// Tried as soon as the way is calm.
    resume: Option<f64>,
}

impl Prober {
    /// The estimate collapsed from this rate.
    pub fn collapsed(&mut self, now: u64, rate: f64) {
        self.resume = Some(self.resume.unwrap_or(0.0).max(rate));
        self.wait = WAIT;
        self.next = now + WAIT;
        self.train = None;
    }

    /// Whether a train was answered or lost since the remote answers.
    #[must_use]
    pub fn concluded(&self) -> bool {
        self.concluded
    }

    /// The remote answers from now on: begin anew, unless a train is on its way back.
    pub fn heard(&mut self) {
        if self.train.is_none_or(|train| train.arrived.packets == 0) {
            *self = Self {
                number: self.number,
                ..Self::default()
            };
        }
    }

    /// A train to begin now, if it is time for one.
    pub fn begin(&mut self, now: u64, rate: f64, wanted: f64) -> Option<Probe> {
        if self
            .train
            .is_some_and(|train| now - train.begun.min(now) >= TIMEOUT)
        {
            self.failed(now);
        }
        if self.train.is_some() || now < self.next || wanted.min(FASTEST) <= rate {
            return None;
        }
        let resume = self.resume.take().map(|before| RESUMED * before);
        let factor = if self.tried { NEXT } else { FIRST };
        let tried = resume
            .unwrap_or(0.0)
            .max(factor * rate)
            .min(MARGIN * wanted)
            .min(FASTEST);
        self.tried = true;
        self.number = self.number.checked_add(1).unwrap_or(1);
        let probe = Probe {
            number: self.number,
            bits_per_second: tried as u64,
            bytes: (tried as u64).saturating_mul(LASTS) / 8_000_000,
            packets: PACKETS,
        };
        let none = Side::default();
        self.train = Some(Train {
            probe,
            begun: now,
            sent: none,
            left: none,
            arrived: none,
        });
        Some(probe)
    }

    /// A packet of a train was sent.
    pub fn sent(&mut self, now: u64, number: u8, size: usize) {
        if let Some(train) = self
            .train
            .as_mut()
            .filter(|train| train.probe.number == number)
        {
            train.sent.add(now.cast_signed(), size as u64);
        }
    }

    /// A packet of a train arrived.
    pub fn arrived(&mut self, number: u8, sent: i64, arrived: i64, size: u16) {
        if let Some(train) = self
            .train
            .as_mut()
            .filter(|train| train.probe.number == number)
        {
            train.left.add(sent, u64::from(size));
            train.arrived.add(arrived, u64::from(size));
        }
    }

    /// The rate that a train showed, once.
    pub fn answer(&mut self, now: u64) -> Option<f64> {
        let train = self.train?;
        let rate = train.rate()?;
        (self.train, self.concluded) = (None, true);
        if rate >= THROUGH * train.probe.bits_per_second as f64 {
            self.wait = WAIT;
            self.next = now;
        } else {
            self.failed(now);
        }
        Some(rate)
    }

    fn failed(&mut self, now: u64) {
        (self.train, self.concluded) = (None, true);
        self.wait = (2 * self.wait).clamp(WAIT, PATIENCE);
        self.next = now + self.wait;
    }
}

#[cfg(test)]
mod tests {
    use super::{PATIENCE, Probe, Prober};

    /// Send the train and let it arrive over a link of this capacity.
    fn carry(prober: &mut Prober, probe: Probe, now: u64, capacity: u64) {
        let size = 250_u64;
        let count = probe.bytes.div_ceil(size).max(u64::from(probe.packets));
        let mut free = 0;
        for packet in 0..count {
            let at = now + packet * size * 8_000_000 / probe.bits_per_second;
            prober.sent(at, probe.number, 250);
            free = at.max(free) + size * 8_000_000 / capacity;
            prober.arrived(probe.number, at.cast_signed(), free.cast_signed(), 250);
        }
    }

    #[test]
    fn trains_get_faster_until_the_link_is_full() {
        let mut prober = Prober::default();
        let first = prober.begin(0, 300_000.0, 4e6).expect("a first train");
        assert_eq!(first.bits_per_second, 900_000);
        assert_eq!(prober.begin(10, 300_000.0, 4e6), None);
        carry(&mut prober, first, 0, 1_500_000);
        let rate = prober.answer(100_000).expect("an answer");
        assert!((850_000.0..950_000.0).contains(&rate), "{rate}");
        let second = prober.begin(100_000, rate, 4e6).expect("a faster train");
        assert!(second.bits_per_second > 1_700_000);
        carry(&mut prober, second, 100_000, 1_500_000);
        let rate = prober.answer(200_000).expect("an answer");
        assert!((1_300_000.0..1_510_000.0).contains(&rate), "{rate}");
    }

    #[test]
    fn lost_trains_make_it_patient_and_nothing_wanted_silent() {
        let mut prober = Prober::default();
        assert_eq!(prober.begin(0, 500_000.0, 400_000.0), None);
        let trains = (0..120_u64)
            .filter(|second| prober.begin(second * 1_000_000, 300_000.0, 1e6).is_some())
            .count();
        assert!((10..20).contains(&trains), "{trains}");
        assert_eq!(prober.wait, PATIENCE);
    }

    #[test]
    fn trains_before_the_first_answer_of_all_cost_no_patience() {
        let mut prober = Prober::default();
        for second in 0..10 {
            prober.begin(second * 1_000_000, 600_000.0, 20e6);
        }
        prober.heard();
        assert!(!prober.concluded());
        let now = 9_100_000;
        let train = prober.begin(now, 600_000.0, 20e6).expect("at once");
        assert_eq!(train.bits_per_second, 1_800_000);
        carry(&mut prober, train, now, 50_000_000);
        prober.heard();
        assert!(prober.answer(now).is_some() && prober.concluded());
    }

    #[test]
    fn no_train_is_faster_than_the_pacer_can_send() {
        let mut prober = Prober::default();
        let train = prober.begin(0, 20e6, 200e6).expect("a train");
        assert_eq!(train.bits_per_second, 30_000_000);
        assert_eq!(Prober::default().begin(0, 30e6, 200e6), None);
    }

    #[test]
    fn after_a_collapse_it_tries_what_was_possible() {
        let mut prober = Prober {
            tried: true,
            ..Prober::default()
        };
        prober.collapsed(0, 800_000.0);
        assert_eq!(prober.begin(500_000, 50_000.0, 1e6), None);
        let probe = prober.begin(1_000_000, 50_000.0, 1e6).expect("a train");
        assert_eq!(probe.bits_per_second, 680_000);
    }

    #[test]
    fn a_train_that_was_never_sent_has_no_answer() {
        let mut prober = Prober::default();
        let probe = prober.begin(0, 300_000.0, 1e6).expect("a train");
        for turn in 0..20 {
            prober.arrived(probe.number, 0, turn, 250);
        }
        assert_eq!(prober.answer(1), None);
    }
}
