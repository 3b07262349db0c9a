//! When what waits for one viewer may leave.
//!
//! Laws: a bucket fills at `SPEED` times the target and holds what that gives in `INTERVAL`, or one
//! packet; where the way carries all that is ever wanted, what it gives in `ROOMY`, so that frames leave whole. Not more than `BURST` packets leave in one interval, of a probe in one `STEP`. Audio goes at once and is charged;
//! then retransmissions, video, padding. Each queue is bounded by its places and by the time its
//! packets waited, and DROPs the oldest, so that the delay it adds stays below `LONGEST`. A probe
//! borrows the pace: its packets leave at the probe's rate, filled up with padding.

// Rates and times are far below 2^52, and never negative.
#![allow(clippy::cast_precision_loss, clippy::cast_sign_loss)]

use std::collections::VecDeque;

use super::estimate::probe::Probe;

const SPEED: f64 = 2.5;
/// Microseconds.
const INTERVAL: u64 = 5_000;
/// Microseconds. At 1 Mbit/s that is 3.7 KB, which is longer than a frame of a stage and its neighbours.
const ROOMY: u64 = 12_000;
/// Packets of one interval.
const BURST: u32 = 16;
/// Microseconds.
const STEP: u64 = 1_000;
/// A packet that waited longer is dropped.
pub const LONGEST: u64 = 250_000;
/// Places of each queue.
const PLACES: usize = 256;
const PADDING: usize = 250;

/// What a packet is, in the order of leaving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Audio,
    Repair,
    Video,
}

/// What is to leave now; `probe` is 0 outside of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving<T> {
    Packet { item: T, probe: u8 },
    Padding { bytes: usize, probe: u8 },
}

#[derive(Debug, Clone, Copy)]
struct Waiting<T> {
    item: T,
    size: usize,
    since: u64,
}

/// A probe that is being sent.
#[derive(Debug, Clone, Copy)]
struct Running {
    probe: Probe,
    since: u64,
    bytes: u64,
    packets: u32,
    step: u64,
    /// Packets that may still leave in this step.
    left: u32,
}

impl Running {
    /// Whether its next packet may leave now.
    fn due(&mut self, now: u64) -> bool {
        if now - self.step.min(now) >= STEP {
            (self.step, self.left) = (now, BURST);
        }
        self.left > 0 && self.next() <= now
    }

    /// When its next packet may leave.
    fn next(&self) -> u64 {
        self.since + self.bytes.saturating_mul(8_000_000) / self.probe.bits_per_second.max(1)
    }
}

/// The queues of one viewer; `T` leads to a packet.
#[derive(Debug, Clone)]
pub struct Pacer<T> {
    queues: [VecDeque<Waiting<T>>; 3],
    target: f64,
    /// From this target on the way is roomy.
    enough: f64,
    /// Bytes that may leave; negative after audio, or a packet larger than the bucket.
    bucket: f64,
    filled: u64,
    interval: u64,
    left: u32,
    running: Option<Running>,
    dropped: u64,
}

impl<T> Pacer<T> {
    /// For a way that is sent `wanted_bps` at the most.
    #[must_use]
    pub fn new(target_bps: u64, wanted_bps: u64) -> Self {
        Self {
            queues: [(); 3].map(|()| VecDeque::with_capacity(PLACES)),
            target: target_bps as f64,
            enough: wanted_bps as f64,
            bucket: 0.0,
            filled: 0,
            interval: 0,
            left: BURST,
            running: None,
            dropped: 0,
        }
    }

    pub fn set_target(&mut self, target_bps: u64) {
        self.target = target_bps as f64;
    }

    /// Send this train next.
    pub fn probe(&mut self, now: u64, probe: Probe) {
        self.running = Some(Running {
            probe,
            since: now,
            bytes: 0,
            packets: 0,
            step: now,
            left: BURST,
        });
    }

    /// Packets that left no more, since the last time of asking.
    pub fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }

    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queues.iter().map(VecDeque::len).sum()
    }

    /// Queue a packet; a full queue drops its oldest.
    pub fn push(&mut self, now: u64, class: Class, size: usize, item: T) {
        let queue = &mut self.queues[class as usize];
        if queue.len() >= PLACES {
            queue.pop_front();
            self.dropped += 1;
        }
        queue.push_back(Waiting {
            item,
            size,
            since: now,
        });
    }

    /// Whether a packet may leave at once, past the queues; it is charged if so. Sound always may.
    pub fn pass(&mut self, now: u64, class: Class, size: usize) -> bool {
        self.fill(now);
        let passes = class == Class::Audio
            || self.running.is_none()
                && self.left > 0
                && self.bucket >= self.most().min(size as f64)
                && self.waiting() == 0;
        if passes {
            self.bucket -= size as f64;
            self.left = self.left.saturating_sub(1);
        }
        passes
    }

    /// The next packet that may leave now. Call it until there is none.
    pub fn poll(&mut self, now: u64) -> Option<Leaving<T>> {
        self.expire(now);
        self.fill(now);
        if let Some(audio) = self.queues[Class::Audio as usize].pop_front() {
            return Some(self.leave(audio));
        }
        if self.running.is_some() {
            return self.train(now);
        }
        if self.left == 0 || self.bucket < self.needed()? {
            return None;
        }
        let next = self.queues.iter_mut().find_map(VecDeque::pop_front)?;
        Some(self.leave(next))
    }

    /// When `poll` is worth calling again.
    #[must_use]
    pub fn next_deadline(&self) -> Option<u64> {
        if let Some(running) = &self.running {
            return Some(running.next());
        }
        if self.waiting() == 0 {
            return None;
        }
        if !self.queues[Class::Audio as usize].is_empty() {
            return Some(self.filled);
        }
        let lacking = (self.needed()? - self.bucket).max(0.0) * 8e6 / self.pace().max(1.0);
        let burst = if self.left == 0 {
            self.interval + INTERVAL
        } else {
            0
        };
        Some((self.filled + lacking.clamp(0.0, 1e9) as u64 + 1).max(burst))
    }

    /// Bits per second.
    fn pace(&self) -> f64 {
        SPEED * self.target
    }

    /// Bytes that the bucket holds.
    fn most(&self) -> f64 {
        let holds = if self.target >= self.enough {
            ROOMY
        } else {
            INTERVAL
        };
        self.pace() * holds as f64 / 8e6
    }

    /// What the bucket must hold for the next packet: a large one leaves when the bucket is full.
    fn needed(&self) -> Option<f64> {
        let next = self.queues.iter().find_map(VecDeque::front)?;
        Some(self.most().min(next.size as f64))
    }

    fn fill(&mut self, now: u64) {
        let passed = now - self.filled.min(now);
        self.filled = self.filled.max(now);
        self.bucket = (self.bucket + self.pace() * passed as f64 / 8e6).min(self.most());
        if now - self.interval.min(now) >= INTERVAL {
            self.interval = now;
            self.left = BURST;
        }
    }

    fn expire(&mut self, now: u64) {
        for queue in &mut self.queues {
            while queue
                .front()
                .is_some_and(|one| now - one.since.min(now) > LONGEST)
            {
                queue.pop_front();
                self.dropped += 1;
            }
        }
    }

    fn leave(&mut self, waiting: Waiting<T>) -> Leaving<T> {
        self.bucket -= waiting.size as f64;
        self.left = self.left.saturating_sub(1);
        Leaving::Packet {
            item: waiting.item,
            probe: 0,
        }
    }

    /// The next packet of the train; padding where nothing waits.
    fn train(&mut self, now: u64) -> Option<Leaving<T>> {
        let running = self.running.as_mut()?;
        if !running.due(now) {
            return None;
        }
        let number = running.probe.number;
        let next = self.queues.iter_mut().find_map(VecDeque::pop_front);
        let size = next.as_ref().map_or(PADDING, |waiting| waiting.size);
        running.bytes += size as u64;
        running.packets += 1;
        running.left -= 1;
        let enough = running.bytes >= running.probe.bytes;
        if enough && running.packets >= running.probe.packets {
            self.running = None;
        }
        self.left = self.left.saturating_sub(1);
        Some(match next {
            Some(Waiting { item, .. }) => Leaving::Packet {
                item,
                probe: number,
            },
            None => Leaving::Padding {
                bytes: size,
                probe: number,
            },
        })
    }
}

#[cfg(test)]
mod tests;
