//! When a frame was captured, as a file says it.
//!
//! Laws: all files of a recording share the plane's clock, so they can be laid beside each other.
//! Within a run a source's own distances hold and what is off is slewed; what is off by more than
//! `TOLERANCE`, or follows a gap, is set right at once. Times of a track always rise.

use crate::media::codec::Kind;

/// Off by more than this is set right at once.
const TOLERANCE: u64 = 100_000;
/// Slewed by at most this each frame: 1 in 100 of a voice, unheard; a picture's is unseen.
const SOUND_SLEW: u64 = 200;
const PICTURE_SLEW: u64 = 4_000;

/// The times of one track, in microseconds.
#[derive(Debug, Default)]
pub struct Stamp {
    last: Option<(u32, u64)>,
    /// The next one begins a run.
    apart: bool,
}

impl Stamp {
    /// The time of a frame with this RTP timestamp, captured at `capture` in server time.
    pub fn at(&mut self, kind: Kind, timestamp: u32, capture: u64) -> u64 {
        let Some((before, time)) = self.last else {
            self.last = Some((timestamp, capture));
            return capture;
        };
        let ticks = timestamp.wrapping_sub(before).cast_signed();
        let distance = i64::from(ticks) * 1_000_000 / i64::from(kind.clock_rate());
        let planned = time.saturating_add_signed(distance);
        let slew = match kind {
            Kind::Audio => SOUND_SLEW,
            Kind::Video => PICTURE_SLEW,
        };
        let apart = std::mem::take(&mut self.apart);
        let at = if apart || planned.abs_diff(capture) > TOLERANCE {
            capture
        } else {
            capture.clamp(planned.saturating_sub(slew), planned + slew)
        };
        let at = at.max(time + 1);
        self.last = Some((timestamp, at));
        at
    }

    /// What comes next has no distance to what was: another stream, or a long pause.
    pub fn gap(&mut self) {
        self.apart = true;
    }
}

#[cfg(test)]
mod tests {
    use super::Stamp;
    use crate::media::codec::Kind;

    #[test]
    fn a_voice_keeps_its_distances_while_the_clock_wavers() {
        let mut stamp = Stamp::default();
        let first = stamp.at(Kind::Audio, 0, 1_000_000);
        let mut last = first;
        for packet in 1..500_u32 {
            let waver = u64::from(packet % 3) * 3_000;
            let capture = 1_000_000 + u64::from(packet) * 20_000 + waver;
            let at = stamp.at(Kind::Audio, packet * 960, capture);
            assert!((19_800..=20_200).contains(&(at - last)), "{}", at - last);
            last = at;
        }
        assert!(last.abs_diff(1_000_000 + 499 * 20_000) < 10_000);
    }

    #[test]
    fn what_is_far_off_or_behind_a_gap_is_set_right_and_time_rises() {
        let mut stamp = Stamp::default();
        stamp.at(Kind::Video, 0, 5_000_000);
        assert_eq!(stamp.at(Kind::Video, 3_000, 9_000_000), 9_000_000);
        assert_eq!(stamp.at(Kind::Video, 6_000, 1_000_000), 9_000_001);
        stamp.gap();
        assert_eq!(stamp.at(Kind::Video, 9_000, 9_050_000), 9_050_000);
    }
}
