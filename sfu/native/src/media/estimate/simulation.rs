//! A school's network for the estimator: virtual links with capacity that changes, a queue, delay,
//! jitter, loss and other traffic; viewers behind them with the real pacer, the real estimator and
//! the real recorder of arrivals. Seeded, with a clock of its own: a minute takes milliseconds.

use std::collections::VecDeque;

use super::{Estimator, Limits};
use crate::media::pacer::{Class, Leaving, Pacer};
use crate::media::rtcp::{Compound, Rtcp};
use crate::media::testing::Chance;
use crate::media::twcc::ArrivalRecorder;

pub const SECOND: u64 = 1_000_000;
const STEP: u64 = 1_000;
const FRAME_EVERY: u64 = 40_000;
const AUDIO_EVERY: u64 = 20_000;
const AUDIO_BYTES: usize = 120;
const AUDIO_BPS: u64 = 48_000;
/// RTP, SRTP, UDP and IP.
const OVERHEAD: usize = 60;

/// The way from the server to one or many viewers. Rates in bits per second, times in us.
pub struct Link {
    /// (from, capacity); 0 carries nothing.
    pub capacity: Vec<(u64, u64)>,
    /// (from, what others send over the same queue).
    pub cross: Vec<(u64, u64)>,
    /// Longest wait in the queue.
    pub queue: u64,
    pub delay: u64,
    pub jitter: usize,
    /// Of a thousand.
    pub loss: usize,
    /// (from, of a thousand), beside `loss`.
    pub bursts: Vec<(u64, u64)>,
    free: u64,
    owed: u64,
    last: u64,
}

fn at(steps: &[(u64, u64)], now: u64) -> u64 {
    let step = steps.iter().rev().find(|step| step.0 <= now);
    step.map_or(0, |step| step.1)
}

impl Link {
    pub fn new(capacity: u64) -> Self {
        Self {
            capacity: vec![(0, capacity)],
            cross: Vec::new(),
            queue: 300_000,
            delay: 20_000,
            jitter: 0,
            loss: 0,
            bursts: Vec::new(),
            free: 0,
            owed: 0,
            last: 0,
        }
    }

    pub fn capacity(&self, now: u64) -> u64 {
        at(&self.capacity, now)
    }

    /// How long a packet that comes now waits.
    pub fn wait(&self, now: u64) -> u64 {
        self.free.saturating_sub(now)
    }

    /// When a packet arrives, if it does.
    fn carry(&mut self, now: u64, bytes: usize, chance: &mut Chance) -> Option<u64> {
        let capacity = self.capacity(now);
        if capacity == 0 || self.wait(now) > self.queue {
            return None;
        }
        self.free = self.free.max(now) + bytes as u64 * 8 * SECOND / capacity;
        let burst = usize::try_from(at(&self.bursts, now)).unwrap_or(0);
        if chance.below(1_000) < self.loss + burst {
            return None;
        }
        let arrival = self.free + self.delay + chance.below(self.jitter + 1) as u64;
        // Jitter delays, it does not reorder.
        self.last = self.last.max(arrival);
        Some(self.last)
    }

    /// Others send, too.
    fn others(&mut self, now: u64, chance: &mut Chance) {
        self.owed += at(&self.cross, now) * STEP / 8 / SECOND;
        while self.owed >= 1_200 {
            self.owed -= 1_200;
            self.carry(now, 1_200, chance);
        }
    }
}

/// One viewer: what it wants, what it gets.
pub struct Viewer {
    pub estimator: Estimator,
    pacer: Pacer<usize>,
    recorder: ArrivalRecorder,
    /// (arrival, number, bytes)
    flying: VecDeque<(u64, u16, usize)>,
    answers: VecDeque<(u64, Vec<u8>)>,
    /// The most its pictures could use.
    pub wanted: u64,
    /// When there is anything to send it: (from, 1 or 0).
    pub shown: Vec<(u64, u64)>,
    frame: u64,
    audio: u64,
    /// Of the last second.
    received: u64,
    paced: u64,
}

/// One second of one viewer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    pub target: u64,
    pub received: u64,
    /// Longest wait in the link's queue.
    pub wait: u64,
}

impl Viewer {
    pub fn new(wanted: u64, phase: u64) -> Self {
        let limits = Limits {
            ceiling: 4_000_000,
            ..Limits::default()
        };
        let mut estimator = Estimator::new(limits);
        estimator.want(wanted);
        Self {
            estimator,
            pacer: Pacer::new(limits.start, wanted),
            recorder: ArrivalRecorder::default(),
            flying: VecDeque::new(),
            answers: VecDeque::new(),
            wanted,
            shown: vec![(0, 1)],
            frame: phase,
            audio: phase,
            received: 0,
            paced: 0,
        }
    }

    fn produce(&mut self, now: u64, chance: &mut Chance) {
        if at(&self.shown, now) == 0 {
            return;
        }
        if now >= self.audio {
            self.audio = now + AUDIO_EVERY;
            self.pacer.push(now, Class::Audio, AUDIO_BYTES, AUDIO_BYTES);
        }
        if now >= self.frame {
            self.frame = now + FRAME_EVERY;
            let target = self.estimator.estimate(now).target_bps;
            let video = target.min(self.wanted).saturating_sub(AUDIO_BPS);
            // What is sent counts, headers included.
            let video = video * 1_100 / (1_100 + OVERHEAD as u64);
            let mean = (video * FRAME_EVERY / 8 / SECOND) as usize;
            let mut left = mean * (70 + chance.below(61)) / 100;
            while left > 0 {
                let size = left.min(1_100);
                self.pacer
                    .push(now, Class::Video, size + OVERHEAD, size + OVERHEAD);
                left -= size;
            }
        }
    }

    fn send(&mut self, now: u64, link: &mut Link, chance: &mut Chance) {
        if let Some(probe) = self.estimator.probe(now) {
            self.pacer.probe(now, probe);
        }
        self.pacer
            .set_target(self.estimator.estimate(now).target_bps);
        while let Some(leaving) = self.pacer.poll(now) {
            let (bytes, probe) = match leaving {
                Leaving::Packet { item, probe } => (item, probe),
                Leaving::Padding { bytes, probe } => (bytes + OVERHEAD, probe),
            };
            let number = self.estimator.sent(now, bytes, probe);
            if let Some(arrival) = link.carry(now, bytes, chance) {
                self.flying.push_back((arrival, number, bytes));
            }
        }
        self.paced += self.pacer.take_dropped();
    }

    fn receive(&mut self, now: u64, link: &Link) {
        while let Some(&(arrival, number, bytes)) = self.flying.front() {
            if arrival > now {
                break;
            }
            self.flying.pop_front();
            self.recorder.arrived(arrival + 77 * SECOND, number);
            self.received += bytes as u64;
        }
        let mut answer = Vec::new();
        while self.recorder.feedback(now + 77 * SECOND, 1, 2, &mut answer) {}
        if !answer.is_empty() && link.capacity(now) > 0 {
            self.answers.push_back((now + link.delay, answer));
        }
        while self.answers.front().is_some_and(|answer| answer.0 <= now) {
            let (_, answer) = self.answers.pop_front().unwrap_or_default();
            for packet in Compound::new(&answer) {
                if let Ok(Rtcp::TransportCc(feedback)) = packet {
                    self.estimator.feedback(now, &feedback);
                }
            }
        }
        if now.is_multiple_of(100_000) {
            self.estimator.tick(now);
        }
    }
}

/// Run viewers behind one link; each viewer's seconds.
pub fn run(link: &mut Link, viewers: &mut [Viewer], seconds: u64, seed: u64) -> Vec<Vec<Tally>> {
    let mut chance = Chance::new(seed);
    let mut tallies = vec![Vec::new(); viewers.len()];
    let mut wait = 0;
    for now in (0..seconds * SECOND).step_by(STEP as usize) {
        link.others(now, &mut chance);
        for viewer in viewers.iter_mut() {
            viewer.produce(now, &mut chance);
            viewer.send(now, link, &mut chance);
            viewer.receive(now, link);
        }
        wait = wait.max(link.wait(now));
        if (now + STEP).is_multiple_of(SECOND) {
            for (viewer, tally) in viewers.iter_mut().zip(&mut tallies) {
                tally.push(Tally {
                    target: viewer.estimator.estimate(now).target_bps,
                    received: 8 * std::mem::take(&mut viewer.received),
                    wait,
                });
            }
            wait = 0;
        }
    }
    tallies
}

/// One viewer alone.
pub fn alone(link: &mut Link, wanted: u64, seconds: u64, seed: u64) -> Vec<Tally> {
    let mut viewers = [Viewer::new(wanted, 0)];
    run(link, &mut viewers, seconds, seed).remove(0)
}
