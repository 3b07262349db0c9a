//! How much one viewer's way carries, judged by the sender (draft-ietf-rmcat-gcc-02 as browsers run
//! it today, over transport-wide feedback).
//!
//! Every packet to a viewer gets a number (`history`). Feedback tells which arrived, and when: that
//! gives the rate that arrives (`throughput`), the groups' delays (`groups`, `trend`, `standing`) and the rate
//! they allow (`rate`), the loss and its bound (`loss`), and the answers to trains sent faster than
//! the estimate (`probe`).
//!
//! Laws: the target is the lowest of what delay, loss, the viewer's REMB allow, always within
//! `Limits`. Whoever gives no transport-wide feedback is judged by loss reports from the start
//! estimate on, or by its REMB. When packets go unanswered the target falls until somebody answers;
//! and where nothing leaves that could be answered, probes go on asking.
//! The feedback of a hostile viewer harms its own estimate at most: all is bounded and total.
// Rates and times are far below 2^52; floats that become integers were clamped to `Limits` before.
#![allow(clippy::cast_precision_loss, clippy::cast_sign_loss)]

pub mod demand;
pub mod falls;
pub mod groups;
pub mod history;
pub mod limits;
pub mod loss;
pub mod probe;
pub mod rate;
pub mod reference;
pub mod silence;
pub mod standing;
pub mod throughput;
pub mod trend;

use super::rtcp::feedback::TransportFeedback;
use demand::Demand;
use falls::Falls;
use groups::Groups;
use history::{KEPT, Outcome, SendHistory, Sent};
pub use limits::{Estimate, Limits, State};
use loss::LossBound;
use probe::{Probe, Prober};
use rate::{DelayRate, Way};
use reference::{Reference, microseconds};
use silence::Silence;
use standing::{Standing, Wait};
use throughput::Throughput;
use trend::{Trend, Usage};

/// A REMB counts for this long; browsers repeat theirs each second.
const REMB_LASTS: u64 = 10_000_000;
/// Losing this share of the target within `COLLAPSE_WITHIN` is a collapse.
const COLLAPSE: f64 = 0.66;
const COLLAPSE_WITHIN: u64 = 3_000_000;
/// No probe this soon after backing off, nor while more than this share is lost.
const CALM: u64 = 1_000_000;
const LOSSY: f64 = 0.10;
/// An answer this old says nothing of the way as it is now.
const OUTDATED: u64 = 2_000_000;
const START_ROUND_TRIP: u64 = 100_000;
/// For this long it counts as backing off.
const RECENT: u64 = 500_000;

/// The estimate of one viewer's way.
#[derive(Debug, Clone)]
pub struct Estimator {
    limits: Limits,
    wanted: f64,
    history: SendHistory,
    throughput: Throughput,
    groups: Groups,
    trend: Trend,
    standing: Standing,
    waits: Wait,
    delay: DelayRate,
    loss: LossBound,
    prober: Prober,
    demand: Demand,
    reference: Reference,
    round_trip: u64,
    /// (bits per second, when).
    remb: Option<(f64, u64)>,
    judged_by: Judge,
    silence: Silence,
    /// When feedback came last.
    heard: u64,
    falls: Falls,
    /// The highest target lately, and since when.
    high: (f64, u64),
}

/// Whose word counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judge {
    Nobody,
    /// Loss in receiver reports.
    Reports,
    Feedback,
}

impl Estimator {
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            wanted: limits.ceiling as f64,
            history: SendHistory::default(),
            throughput: Throughput::default(),
            groups: Groups::default(),
            trend: Trend::default(),
            standing: Standing::default(),
            waits: Wait::None,
            delay: DelayRate::new(limits),
            loss: LossBound::new(limits),
            prober: Prober::default(),
            demand: Demand::default(),
            reference: Reference::default(),
            round_trip: START_ROUND_TRIP,
            remb: None,
            judged_by: Judge::Nobody,
            silence: Silence::default(),
            heard: 0,
            falls: Falls::default(),
            high: (0.0, 0),
        }
    }

    /// A packet of `size` bytes leaves, as part of a probe (0: of none); the number it carries.
    pub fn sent(&mut self, now: u64, size: usize, probe: u8) -> u16 {
        self.silence.sent(now);
        self.demand.sent(now, size, self.target(now));
        if probe != 0 {
            self.prober.sent(now, probe, size);
        }
        self.history.sent(now, size, probe)
    }

    /// Whether the viewer tells of single packets, so that probes are answered.
    #[must_use]
    pub fn probed(&self) -> bool {
        self.judged_by == Judge::Feedback
    }

    /// Whether what it says rests on more than the start: a train was answered, or got lost.
    #[must_use]
    pub fn explored(&self) -> bool {
        self.prober.concluded()
    }

    /// How often it was taken down, and why, since the last time of asking.
    pub fn take_falls(&mut self) -> Falls {
        std::mem::take(&mut self.falls)
    }

    /// The number that the next packet will carry.
    #[must_use]
    pub fn upcoming(&self) -> u16 {
        self.history.upcoming()
    }

    /// How much there is to send at the most; more than that is never probed for.
    pub fn want(&mut self, bits_per_second: u64) {
        self.wanted = bits_per_second.min(self.limits.ceiling) as f64;
    }

    /// Feedback of the transport came.
    pub fn feedback(&mut self, now: u64, feedback: &TransportFeedback) {
        // Honest feedback never covers more than what may be in flight.
        if feedback.count > KEPT {
            return;
        }
        let shift = self.reference.shift(feedback.reference);
        let mut newest = None;
        for (number, arrival) in feedback.packets() {
            match self.history.reported(number, arrival.is_some()) {
                Some(Outcome::Lost) => self.loss.lost(),
                Some(Outcome::Arrived { packet, late }) => {
                    self.loss.arrived(late);
                    newest = newest.max(Some(packet.at));
                    self.arrived(packet, shift + microseconds(arrival.unwrap_or_default()));
                }
                None => {}
            }
        }
        if let Some(newest) = newest {
            self.answered(now, newest);
        }
    }

    fn arrived(&mut self, packet: Sent, at: i64) {
        let sent = packet.at.cast_signed();
        self.throughput
            .arrived(at, packet.size, self.demand.limited());
        if packet.probe != 0 {
            self.prober.arrived(packet.probe, sent, at, packet.size);
        }
        self.standing.arrived(sent, at);
        if let Some(delta) = self.groups.arrived(sent, at) {
            self.trend.update(delta);
        }
    }

    fn answered(&mut self, now: u64, newest: u64) {
        if self.judged_by != Judge::Feedback {
            self.judged_by = Judge::Feedback;
            self.loss.set(self.limits.ceiling as f64);
            self.prober.heard();
        }
        self.silence.answered();
        self.heard = now;
        let round_trip = now - newest.min(now);
        self.round_trip = (7 * self.round_trip + round_trip) / 8;
        let before = self.target(now);
        self.waits = self.standing.answered(now);
        let limited = self.demand.limited();
        let way = Way {
            usage: match (self.trend.usage(), self.waits) {
                (Usage::Normal, Wait::StepBack) if !limited => Usage::Over,
                (Usage::Normal, Wait::Waits | Wait::StepBack) => Usage::Under,
                (usage, _) => usage,
            },
            arrives: self.throughput.rate(),
            round_trip: self.round_trip,
            limited,
        };
        let down = (self.delay.rate(), self.loss.bound());
        self.delay.update(now, &way);
        self.falls.delay += u64::from(self.delay.rate() < down.0);
        if let Some(rate) = self.prober.answer(now) {
            if rate > self.delay.rate() {
                self.delay.set(now, rate);
            }
            if rate > self.loss.bound() && self.loss.excess() < LOSSY {
                self.loss.set(rate);
            }
        }
        let rate = self.delay.rate().min(self.loss.bound());
        self.loss.update(now, rate, way.arrives, self.round_trip);
        self.falls.loss += u64::from(self.loss.bound() < down.1);
        self.watch(now, before);
    }

    /// A receiver report of the viewer: of 256, lost since its last.
    pub fn reported(&mut self, now: u64, fraction_lost: u8) {
        if self.judged_by == Judge::Feedback {
            return;
        }
        if self.judged_by == Judge::Nobody {
            self.judged_by = Judge::Reports;
            self.loss.set(self.limits.start as f64);
        }
        self.silence.answered();
        let rate = self.target(now);
        self.loss
            .judge(now, f64::from(fraction_lost) / 256.0, rate, None);
    }

    /// The viewer's own estimate.
    pub fn remb(&mut self, now: u64, bits_per_second: u64) {
        self.remb = Some((bits_per_second as f64, now));
    }

    /// Some time passed: call it every 100 ms or so.
    pub fn tick(&mut self, now: u64) {
        let before = self.target(now);
        if self.judged_by == Judge::Feedback
            && let Some(share) = self.silence.fall(now)
        {
            self.delay.set(now, self.delay.rate().min(before) * share);
            self.falls.silence += 1;
        }
        self.watch(now, before);
    }

    fn silent(&self, now: u64) -> bool {
        self.judged_by == Judge::Feedback && self.silence.lasts(now)
    }

    /// Notice a collapse, so that probes soon try what was possible before.
    fn watch(&mut self, now: u64, before: f64) {
        let target = self.target(now);
        let (high, since) = self.high;
        if before >= high || now - since.min(now) > COLLAPSE_WITHIN {
            self.high = (before, now);
        }
        let (high, _) = self.high;
        if target < before && target < COLLAPSE * high {
            self.prober.collapsed(now, high);
            self.high = (target, now);
        }
    }

    /// A train of packets to send now, faster than the target, if it is time for one.
    pub fn probe(&mut self, now: u64) -> Option<Probe> {
        let quiet = self
            .delay
            .decreased()
            .is_none_or(|at| now - at.min(now) >= CALM);
        let free = self.trend.usage() != Usage::Over
            && self.waits == Wait::None
            && self.loss.excess() < LOSSY
            && !self.silent(now);
        let outdated = now - self.heard.min(now) >= OUTDATED;
        let calm = quiet && (free || outdated) && self.judged_by != Judge::Reports;
        let most = self.remb_bound(now).min(self.wanted);
        if calm {
            self.prober.begin(now, self.target(now), most)
        } else {
            None
        }
    }

    fn remb_bound(&self, now: u64) -> f64 {
        self.remb
            .filter(|(_, at)| now - at.min(&now) < REMB_LASTS)
            .map_or(f64::INFINITY, |(rate, _)| rate)
    }

    /// Bits per second.
    fn target(&self, now: u64) -> f64 {
        let remb = self.remb_bound(now);
        let way = match self.judged_by {
            Judge::Feedback => self.delay.rate().min(self.loss.bound()),
            Judge::Reports | Judge::Nobody if remb.is_finite() => remb,
            Judge::Reports => self.loss.bound(),
            Judge::Nobody => self.delay.rate(),
        };
        self.limits.clamp(way.min(remb))
    }

    /// What may be sent now.
    #[must_use]
    pub fn estimate(&self, now: u64) -> Estimate {
        let recent = self
            .delay
            .decreased()
            .is_some_and(|at| now - at.min(now) < RECENT);
        let state = if self.silent(now) {
            State::Silent
        } else if recent {
            State::BackingOff
        } else if self.delay.rising() {
            State::Rising
        } else {
            State::Steady
        };
        Estimate {
            target_bps: self.target(now) as u64,
            state,
        }
    }
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
