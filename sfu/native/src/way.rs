//! The way to one viewer: how much it carries, what waits for it, and who is told.
//!
//! Laws: every datagram of media that leaves with a transport-wide number is counted, headers
//! included. Pictures and repairs leave at the pacer's word as soon as somebody judges the way;
//! sound leaves at once. What waits is named, not kept: it is looked up, and the audience asked,
//! when it leaves. Python is told when the estimate moved by one part in `NOTABLE`, at most once
//! each `TELL`; of a new way only after `SETTLING` and what a probe found, unless it is bad. Probes are padding in the stream of
//! retransmissions. Who tells of no single packets cannot be probed and judges by what it is sent:
//! its pictures never leave slower than at the start.

use crate::media::estimate::falls::Falls;
use crate::media::estimate::{Estimator, Limits};
use crate::media::pacer::{Class, Leaving, Pacer};
use crate::media::rtcp::feedback::TransportFeedback;

/// IPv4 and UDP.
const OUTSIDE: usize = 28;
/// Five times a second.
const TELL: u64 = 200_000;
const TICK: u64 = 100_000;
const NOTABLE: u64 = 25;
/// A new way is first judged by probes; without an answer to any it is told after all.
const SETTLING: u64 = 1_000_000;
const UNEXPLORED: u64 = 3_000_000;
const FLOOR: u64 = 50_000;
const START: u64 = 600_000;
/// More is not told apart from plenty.
const CEILING: u64 = 2_000_000;

/// A packet that waits: where to find it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The slot's position with its viewer.
    pub slot: usize,
    /// Under which number it was, or is to be, sent.
    pub sequence: u16,
    /// Sent again on the stream of retransmissions, or for the first time.
    pub repair: bool,
}

/// What Python is told of a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News {
    pub bits_per_second: u64,
    /// Probes will find out when it carries more.
    pub probed: bool,
}

/// The estimate, and what waits.
pub struct Way {
    estimator: Estimator,
    pacer: Pacer<Held>,
    /// At the most; the school's cap.
    want: u64,
    start: u64,
    /// Its packets carry transport-wide numbers.
    numbered: bool,
    probe: u8,
    tick_at: u64,
    judged: Option<u64>,
    told: u64,
    tell_at: u64,
    /// It is on the list of those who wait.
    pub listed: bool,
}

impl Way {
    /// For a viewer that is sent up to `want` bits per second.
    #[must_use]
    pub fn new(want: u64) -> Self {
        let limits = Limits {
            floor: FLOOR,
            start: START.min(want),
            ceiling: CEILING.max(2 * want),
        };
        let mut estimator = Estimator::new(limits);
        estimator.want(want);
        Self {
            estimator,
            pacer: Pacer::new(limits.start, want),
            want,
            start: limits.start,
            numbered: false,
            probe: 0,
            tick_at: 0,
            judged: None,
            told: 0,
            tell_at: 0,
            listed: false,
        }
    }

    /// Packets of one of its slots carry transport-wide numbers, so feedback will come.
    pub fn number(&mut self) {
        self.numbered = true;
    }

    /// The number of the next datagram.
    #[must_use]
    pub fn upcoming(&self) -> u16 {
        self.estimator.upcoming()
    }

    /// That datagram left.
    pub fn sent(&mut self, now: u64, length: usize) {
        self.estimator.sent(now, length + OUTSIDE, self.probe);
    }

    /// Whether this packet has to wait; it is remembered if so.
    pub fn hold(&mut self, now: u64, class: Class, size: usize, held: Held) -> bool {
        let paced = self.numbered || self.judged.is_some();
        let waits = paced && !self.pacer.pass(now, class, size + OUTSIDE);
        if waits {
            self.pacer.push(now, class, size + OUTSIDE, held);
        }
        waits
    }

    /// What may leave now. Call it until there is nothing.
    pub fn poll(&mut self, now: u64) -> Option<Leaving<Held>> {
        let leaving = self.pacer.poll(now);
        self.probe = match &leaving {
            Some(Leaving::Packet { probe, .. } | Leaving::Padding { probe, .. }) => *probe,
            None => 0,
        };
        leaving
    }

    /// When `poll` is worth calling again; `None` while nothing waits.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        self.pacer.next_deadline()
    }

    /// Packets that waited too long, or were too many, since the last time of asking.
    pub fn take_dropped(&mut self) -> u64 {
        self.pacer.take_dropped()
    }

    pub fn feedback(&mut self, now: u64, feedback: &TransportFeedback) {
        self.estimator.feedback(now, feedback);
        self.judge(now);
    }

    pub fn remb(&mut self, now: u64, bits_per_second: u64) {
        self.estimator.remb(now, bits_per_second);
        self.judge(now);
    }

    /// Of 256, lost since the viewer's last report.
    pub fn reported(&mut self, now: u64, fraction_lost: u8) {
        self.estimator.reported(now, fraction_lost);
        self.judge(now);
    }

    fn judge(&mut self, now: u64) {
        self.judged.get_or_insert(now);
        self.pacer.set_target(self.pace(now));
    }

    fn pace(&self, now: u64) -> u64 {
        let target = self.estimator.estimate(now).target_bps;
        if self.estimator.probed() {
            target
        } else {
            target.max(self.start)
        }
    }

    /// Time passed; `carries`: whether some slot can carry padding. What is to be told, if anything.
    pub fn tick(&mut self, now: u64, carries: impl FnOnce() -> bool) -> Option<News> {
        if now < self.tick_at {
            return None;
        }
        self.tick_at = now + TICK;
        self.estimator.tick(now);
        if carries()
            && let Some(probe) = self.estimator.probe(now)
        {
            self.pacer.probe(now, probe);
        }
        let target = self.estimator.estimate(now).target_bps;
        self.pacer.set_target(self.pace(now));
        if !self.settled(now, target)
            || now < self.tell_at
            || target.abs_diff(self.told) <= self.told / NOTABLE
        {
            return None;
        }
        (self.told, self.tell_at) = (target, now + TELL);
        Some(News {
            bits_per_second: target,
            probed: self.estimator.probed(),
        })
    }

    /// Whether the estimate is more than a beginning.
    fn settled(&self, now: u64, target: u64) -> bool {
        let Some(judged) = self.judged else {
            return false;
        };
        let known = self.estimator.explored() || !self.estimator.probed();
        let time = if known { SETTLING } else { UNEXPLORED };
        now >= judged + time || target < self.start || target >= self.want
    }

    /// How often the estimate was taken down, and why, since the last time of asking.
    pub fn take_falls(&mut self) -> Falls {
        self.estimator.take_falls()
    }
}

#[cfg(test)]
mod tests;
