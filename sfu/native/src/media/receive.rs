//! One stream of a publisher as it comes in (RFC 3550, sections 6.4.1, A.1, A.3 and A.8).
//!
//! Laws: sequence numbers are extended to indices that never wrap and never repeat; each index is
//! accepted once, be it as the original or as its repair. A jump that is no reordering waits for a
//! second packet that confirms it, then the stream begins anew, far above. Only originals count for
//! the report; repairs do not (RFC 4588, section 6.2). One receiver for one SSRC.

use super::capture::{self, CaptureClock, SenderClock};
use super::missing::Missing;
use super::rtcp::{ReportBlock, SenderInfo};
use super::window::Window;

/// Further ahead is a jump (RFC 3550, `MAX_DROPOUT`).
const MAX_DROPOUT: u64 = 3_000;
/// Further behind is a jump; the window of seen packets ends there too.
const MAX_MISORDER: u64 = super::window::SPAN;
/// What a restart is lifted by, so that nobody takes it for a gap.
const LIFT: u64 = 0x2_0000;

/// A packet that is to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Extended sequence number.
    pub index: u64,
    /// Higher than all before.
    pub newest: bool,
    /// The stream began anew with this packet; what is kept of it is worthless.
    pub restarted: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    /// First index since the (re)start.
    base: u64,
    received: u64,
    expected_before: u64,
    received_before: u64,
}

#[derive(Debug, Clone, Copy)]
struct LastReport {
    middle: u32,
    at: u64,
}

/// The receiving side of one SSRC.
#[derive(Debug, Clone)]
pub struct Receiver {
    ssrc: u32,
    clock_rate: u32,
    /// Losses are asked for only if this was negotiated.
    asks: bool,
    highest: Option<u64>,
    /// The sequence number that would confirm a jump.
    confirms: Option<u16>,
    seen: Window,
    missing: Missing,
    counts: Counts,
    /// Scaled by 16.
    jitter: u32,
    transit: Option<u32>,
    last_report: Option<LastReport>,
    capture: CaptureClock,
}

impl Receiver {
    /// `asks`: losses are asked for with NACK.
    #[must_use]
    pub fn new(ssrc: u32, clock_rate: u32, asks: bool) -> Self {
        Self {
            ssrc,
            clock_rate,
            asks,
            highest: None,
            confirms: None,
            seen: Window::default(),
            missing: Missing::default(),
            counts: Counts::default(),
            jitter: 0,
            transit: None,
            last_report: None,
            capture: CaptureClock::new(clock_rate),
        }
    }

    #[must_use]
    pub fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Index of the newest packet.
    #[must_use]
    pub fn highest(&self) -> Option<u64> {
        self.highest
    }

    /// An original came. `None`: seen before, too old, or a jump that is not confirmed.
    pub fn receive(&mut self, now: u64, sequence: u16, timestamp: u32) -> Option<Arrival> {
        let arrival = self.place(sequence)?;
        if !self.seen.insert(arrival.index) {
            return None;
        }
        if arrival.restarted {
            self.restart(arrival.index);
        }
        if let Some(highest) = self
            .highest
            .filter(|_| arrival.newest && !arrival.restarted)
            && self.asks
        {
            self.missing.skipped(now, highest + 1..arrival.index);
        }
        if arrival.newest {
            self.highest = Some(arrival.index);
        } else {
            self.missing.found(arrival.index);
        }
        self.counts.received += 1;
        self.measure_jitter(now, timestamp);
        self.capture.arrived(now, timestamp);
        Some(arrival)
    }

    /// A repair came (RFC 4588). `None`: not needed any more.
    pub fn repaired(&mut self, sequence: u16) -> Option<Arrival> {
        let highest = self.highest?;
        let behind = u64::from(low(highest).wrapping_sub(sequence));
        let index = highest.checked_sub(behind)?;
        if behind >= MAX_MISORDER || index < self.counts.base || !self.seen.insert(index) {
            return None;
        }
        self.missing.found(index);
        Some(Arrival {
            index,
            newest: false,
            restarted: false,
        })
    }

    /// Where a sequence number belongs.
    fn place(&mut self, sequence: u16) -> Option<Arrival> {
        let Some(highest) = self.highest else {
            // One cycle up: what was sent before the first packet may still come.
            return Some(Arrival {
                index: 0x1_0000 + u64::from(sequence),
                newest: true,
                restarted: true,
            });
        };
        let ahead = u64::from(sequence.wrapping_sub(low(highest)));
        let behind = u64::from(low(highest).wrapping_sub(sequence));
        let ordinary = if ahead < 0x8000 {
            (ahead <= MAX_DROPOUT).then_some(highest + ahead)
        } else {
            highest
                .checked_sub(behind)
                .filter(|_| behind < MAX_MISORDER)
        };
        if let Some(index) = ordinary {
            self.confirms = None;
            return Some(Arrival {
                index,
                newest: index > highest,
                restarted: false,
            });
        }
        if self.confirms.replace(sequence.wrapping_add(1)) != Some(sequence) {
            return None;
        }
        self.confirms = None;
        Some(Arrival {
            index: ((highest + LIFT) & !0xffff) + u64::from(sequence),
            newest: true,
            restarted: true,
        })
    }

    fn restart(&mut self, index: u64) {
        self.missing.clear();
        self.counts = Counts {
            base: index,
            ..Counts::default()
        };
        self.transit = None;
        self.capture = CaptureClock::new(self.clock_rate);
    }

    fn measure_jitter(&mut self, now: u64, timestamp: u32) {
        let rate = u64::from(self.clock_rate);
        let ticks = now / 1_000_000 * rate + now % 1_000_000 * rate / 1_000_000;
        let transit = ((ticks & 0xffff_ffff) as u32).wrapping_sub(timestamp);
        if let Some(before) = self.transit.replace(transit) {
            // A leap of the timestamps is no jitter; it would take minutes to fade.
            let change = transit.wrapping_sub(before).cast_signed().unsigned_abs();
            let change = change.min(self.clock_rate);
            self.jitter = self.jitter + change - ((self.jitter + 8) >> 4);
        }
    }

    /// A sender report of this stream came.
    pub fn sender_report(&mut self, now: u64, info: &SenderInfo) {
        self.last_report = Some(LastReport {
            middle: capture::middle(info.ntp),
            at: now,
        });
        self.capture.report(info.ntp, info.rtp);
    }

    /// When what carries this timestamp was captured, in server time.
    #[must_use]
    pub fn capture(&self, now: u64, timestamp: u32, sender: &SenderClock) -> u64 {
        self.capture.capture(now, timestamp, sender)
    }

    /// The block about this stream for the next report; begins a new interval.
    pub fn report_block(&mut self, now: u64) -> Option<ReportBlock> {
        let highest = self.highest?;
        let counts = &mut self.counts;
        let expected = highest - counts.base + 1;
        let lost = expected.cast_signed() - counts.received.cast_signed();
        let interval = expected - counts.expected_before;
        let received = counts.received - counts.received_before;
        counts.expected_before = expected;
        counts.received_before = counts.received;
        let fraction = (interval.saturating_sub(received) << 8)
            .checked_div(interval)
            .unwrap_or(0);
        let (last_report, delay) = self.last_report.map_or((0, 0), |last| {
            let since = (now.saturating_sub(last.at) << 16) / 1_000_000;
            (last.middle, u32::try_from(since).unwrap_or(u32::MAX))
        });
        Some(ReportBlock {
            ssrc: self.ssrc,
            fraction_lost: u8::try_from(fraction).unwrap_or(u8::MAX),
            total_lost: i32::try_from(lost.clamp(-0x80_0000, 0x7f_ffff)).unwrap_or(0),
            highest_sequence: (highest.wrapping_sub(0x1_0000) & 0xffff_ffff) as u32,
            jitter: self.jitter >> 4,
            last_report,
            delay,
        })
    }

    /// Append the sequence numbers to ask for now.
    pub fn nacks(&mut self, now: u64, out: &mut Vec<u16>) {
        self.missing.due(now, out);
    }

    /// When `nacks` has something to say next.
    #[must_use]
    pub fn next_nack(&self) -> Option<u64> {
        self.missing.next_deadline()
    }

    /// Whether losses were given up since this was last asked: only a keyframe helps.
    pub fn take_given_up(&mut self) -> bool {
        self.missing.take_given_up()
    }
}

fn low(index: u64) -> u16 {
    (index & 0xffff) as u16
}

#[cfg(test)]
mod tests;
