//! The RTP timestamps of one slot: a clock that runs in server time, whoever is shown.
//!
//! Laws: a source enters at its capture time, but behind what was sent. From then on its own
//! distances hold. Pictures that are off are slewed by at most `SLEW` each `SLEW_EVERY`; sound is set
//! right only behind a pause, because a decoder answers every other correction with a click.
//! What is off by more than `TOLERANCE` is set right at once. Nothing runs ahead of server time by
//! more than `TOLERANCE`, so no source can spoil the timeline for the next. The sender report says
//! what is, not what should be: lip-sync holds while a correction is under way.

use super::codec::Kind;

const SLEW: u64 = 4_000;
const SLEW_EVERY: u64 = 100_000;
/// Corrections below this are not worth a segment.
const NEGLIGIBLE: u64 = 1_000;
const TOLERANCE: u64 = 250_000;
/// Sound that pauses this long begins anew (three packets of 20 ms).
const PAUSE: u64 = 60_000;
/// What a new source keeps from the last packet: one Opus packet, or no more than a tick of video.
const AUDIO_STEP: u64 = 20_000;
const VIDEO_STEP: u64 = 1_000;

/// The packet sent with the highest timestamp.
#[derive(Debug, Clone, Copy)]
struct Sent {
    capture: u64,
    timestamp: u32,
}

/// The timestamps of one slot.
#[derive(Debug, Clone)]
pub struct Timeline {
    kind: Kind,
    base: u32,
    sent: Option<Sent>,
    slewed: u64,
}

impl Timeline {
    /// A timeline whose timestamp at server time 0 is `base`.
    #[must_use]
    pub fn new(kind: Kind, base: u32) -> Self {
        Self {
            kind,
            base,
            sent: None,
            slewed: 0,
        }
    }

    fn ticks(&self, micros: u64) -> u32 {
        let rate = u64::from(self.kind.clock_rate());
        let ticks = micros / 1_000_000 * rate + micros % 1_000_000 * rate / 1_000_000;
        (ticks & 0xffff_ffff) as u32
    }

    fn ideal(&self, micros: u64) -> u32 {
        self.base.wrapping_add(self.ticks(micros))
    }

    /// `wanted`, or the least timestamp that follows what was sent.
    fn behind_sent(&self, wanted: u32) -> u32 {
        let step = match self.kind {
            Kind::Audio => AUDIO_STEP,
            Kind::Video => VIDEO_STEP,
        };
        match self.sent {
            Some(sent) => later(wanted, sent.timestamp.wrapping_add(self.ticks(step))),
            None => wanted,
        }
    }

    /// What to add to the timestamps of a source that enters with this packet.
    pub fn enter(&mut self, now: u64, capture: u64, timestamp: u32) -> u32 {
        self.slewed = now;
        self.behind_sent(self.ideal(capture))
            .wrapping_sub(timestamp)
    }

    /// What to add from this packet on, if anything. `planned` is its timestamp without; `pause` its
    /// distance in ticks from the packet before; `follows`: that one was not lost.
    pub fn correct(&mut self, now: u64, at: &Frame) -> Option<u32> {
        let ideal = self.ideal(at.capture);
        let off = ideal.wrapping_sub(at.planned).cast_signed();
        let size = off.unsigned_abs();
        if size > self.ticks(TOLERANCE) {
            return Some(self.behind_sent(ideal).wrapping_sub(at.planned));
        }
        // A frame whose first packet is missing must not be split in two timestamps.
        if !at.follows || size < self.ticks(NEGLIGIBLE) {
            return None;
        }
        match self.kind {
            Kind::Audio if at.pause >= self.ticks(PAUSE) => {
                Some(self.behind_sent(ideal).wrapping_sub(at.planned))
            }
            Kind::Video if now >= self.slewed + SLEW_EVERY => {
                self.slewed = now;
                let step = size.min(self.ticks(SLEW));
                let wanted = if off > 0 {
                    at.planned.wrapping_add(step)
                } else {
                    at.planned.wrapping_sub(step)
                };
                Some(self.behind_sent(wanted).wrapping_sub(at.planned))
            }
            Kind::Audio | Kind::Video => None,
        }
    }

    /// Whether a timestamp is near enough to server time to be sent.
    #[must_use]
    pub fn accepts(&self, now: u64, timestamp: u32) -> bool {
        let ahead = timestamp.wrapping_sub(self.ideal(now)).cast_signed();
        ahead <= self.ticks(TOLERANCE).cast_signed()
    }

    /// A packet went out.
    pub fn sent(&mut self, capture: u64, timestamp: u32) {
        let newer = |sent: Sent| later(timestamp, sent.timestamp) == timestamp;
        if self.sent.is_none_or(newer) {
            self.sent = Some(Sent { capture, timestamp });
        }
    }

    /// The timestamp of what is captured at `now`; `None` before the first packet.
    #[must_use]
    pub fn at(&self, now: u64) -> Option<u32> {
        let sent = self.sent?;
        let since = self.ticks(now.saturating_sub(sent.capture));
        Some(sent.timestamp.wrapping_add(since))
    }
}

/// The first packet of a frame that follows others of its source.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// Server time.
    pub capture: u64,
    /// Its timestamp without a correction.
    pub planned: u32,
    /// Ticks since the packet before.
    pub pause: u32,
    /// The packet before it was not lost.
    pub follows: bool,
}

fn later(one: u32, other: u32) -> u32 {
    if one.wrapping_sub(other).cast_signed() >= 0 {
        one
    } else {
        other
    }
}

#[cfg(test)]
mod tests;
