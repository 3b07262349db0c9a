//! When a frame was captured, in server time, from what its sender tells (RFC 3550, section 6.4.1).
//!
//! Laws: all streams of one sender share one `SenderClock`, so that its sound and its picture keep
//! their distance whatever the network does; the clock follows the fastest packets (a leaking
//! minimum), because delay only ever adds. Before the first sender report, and whenever the reports
//! claim something impossible, arrival stands in for capture. A capture time is never in the future
//! and never more than `OLDEST` in the past. The fixed delay of the way is part of it.

use super::rtcp::ReportBlock;

/// Two clocks may drift apart by 1/5000; real ones stay below.
const LEAK: u64 = 5_000;
/// A clock that is further off than this was set anew.
const STEP: i64 = 2_000_000;
/// No frame is older than this when it reaches us.
const OLDEST: i64 = 3_000_000;
/// References are moved forward long before RTP timestamps wrap.
const FAR: u32 = 1 << 28;

/// NTP time (32.32) of server time: its epoch is the clock's own.
#[must_use]
pub fn ntp(now: u64) -> u64 {
    let fraction = ((now % 1_000_000) << 32) / 1_000_000;
    (now / 1_000_000) << 32 | fraction
}

/// Microseconds of an NTP time; fits 53 bits.
fn micros(ntp: u64) -> i64 {
    let fraction = ((ntp & 0xffff_ffff) * 1_000_000) >> 32;
    ((ntp >> 32) * 1_000_000 + fraction).cast_signed()
}

/// The middle 32 bits of an NTP time, as reports quote them.
#[must_use]
pub fn middle(ntp: u64) -> u32 {
    ((ntp >> 16) & 0xffff_ffff) as u32
}

/// The way to a receiver and back, in microseconds, from its report on one of our streams.
/// `None` if it quotes no report of ours or times that cannot be.
#[must_use]
pub fn round_trip(now: u64, block: &ReportBlock) -> Option<u64> {
    if block.last_report == 0 {
        return None;
    }
    let ticks = middle(ntp(now))
        .wrapping_sub(block.last_report)
        .wrapping_sub(block.delay);
    // More than 16 s, or negative by rounding.
    (ticks < 16 << 16).then_some((u64::from(ticks) * 1_000_000) >> 16)
}

/// The smallest offset seen, rising slowly so that drift is followed.
#[derive(Debug, Clone, Copy)]
struct Floor {
    offset: i64,
    leaked: u64,
}

impl Floor {
    fn new(now: u64, offset: i64) -> Self {
        Self {
            offset,
            leaked: now,
        }
    }

    fn update(&mut self, now: u64, sample: i64) {
        if (sample - self.offset).abs() > STEP {
            *self = Self::new(now, sample);
            return;
        }
        let leak = now.saturating_sub(self.leaked) / LEAK;
        self.leaked += leak * LEAK;
        self.offset = (self.offset + leak.cast_signed()).min(sample);
    }
}

/// How far one sender's NTP clock is from server time.
#[derive(Debug, Clone, Copy, Default)]
pub struct SenderClock {
    floor: Option<Floor>,
}

impl SenderClock {
    /// A sender report with this NTP time arrived.
    pub fn report(&mut self, now: u64, ntp: u64) {
        let sample = now.cast_signed() - micros(ntp);
        match &mut self.floor {
            Some(floor) => floor.update(now, sample),
            None => self.floor = Some(Floor::new(now, sample)),
        }
    }
}

/// One moment of a stream: an RTP timestamp and its time in microseconds of some clock.
#[derive(Debug, Clone, Copy)]
struct Reference {
    rtp: u32,
    at: i64,
}

impl Reference {
    fn time_of(&self, rtp: u32, rate: u32) -> i64 {
        let ticks = i64::from(rtp.wrapping_sub(self.rtp).cast_signed());
        self.at + ticks * 1_000_000 / i64::from(rate)
    }

    fn follow(&mut self, rtp: u32, rate: u32) {
        if rtp.wrapping_sub(self.rtp).cast_signed().unsigned_abs() > FAR {
            *self = Self {
                rtp,
                at: self.time_of(rtp, rate),
            };
        }
    }
}

/// Maps the RTP timestamps of one stream to capture time.
#[derive(Debug, Clone, Copy)]
pub struct CaptureClock {
    rate: u32,
    /// In the sender's NTP clock.
    reported: Option<Reference>,
    /// In its own clock, which `arrival` shifts to server time.
    own: Option<Reference>,
    arrival: Floor,
}

impl CaptureClock {
    /// `rate` is that of the RTP clock; 0 counts as 1.
    #[must_use]
    pub fn new(rate: u32) -> Self {
        Self {
            rate: rate.max(1),
            reported: None,
            own: None,
            arrival: Floor::new(0, 0),
        }
    }

    /// A sender report of this stream arrived. Tell the `SenderClock` too.
    pub fn report(&mut self, ntp: u64, rtp: u32) {
        self.reported = Some(Reference {
            rtp,
            at: micros(ntp),
        });
    }

    /// A packet arrived that was sent once, not a retransmission.
    pub fn arrived(&mut self, now: u64, rtp: u32) {
        if let Some(reported) = &mut self.reported {
            reported.follow(rtp, self.rate);
        }
        let Some(own) = &mut self.own else {
            self.own = Some(Reference { rtp, at: 0 });
            self.arrival = Floor::new(now, now.cast_signed());
            return;
        };
        own.follow(rtp, self.rate);
        let sample = now.cast_signed() - own.time_of(rtp, self.rate);
        self.arrival.update(now, sample);
    }

    /// When what carries this timestamp was captured, in server time.
    #[must_use]
    pub fn capture(&self, now: u64, rtp: u32, sender: &SenderClock) -> u64 {
        let now = now.cast_signed();
        let possible = |time: &i64| (now - OLDEST..=now + STEP).contains(time);
        let by_report = self
            .reported
            .zip(sender.floor)
            .map(|(reported, floor)| reported.time_of(rtp, self.rate) + floor.offset)
            .filter(possible);
        let by_arrival = || {
            self.own
                .map(|own| own.time_of(rtp, self.rate) + self.arrival.offset)
                .filter(possible)
        };
        let capture = by_report.or_else(by_arrival).unwrap_or(now).min(now);
        capture.max(0).cast_unsigned()
    }
}

#[cfg(test)]
mod tests;
