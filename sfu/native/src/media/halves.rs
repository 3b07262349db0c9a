//! What a layer costs whoever is sent half of its frames: all but those of its highest temporal layer.
//!
//! Laws: which temporal layers there are is what the packets name; one that was named in neither of
//! the last two measurements is gone. Without any there is no half, and nothing is left out.

use super::codec::Media;
use super::layers::{Meter, WIRE};

/// Temporal layers that are told apart; VP8 knows four.
const MOST: usize = 4;

/// The temporal layers of one layer, and what all but the highest of them send.
#[derive(Debug, Clone, Copy, Default)]
pub struct Halves {
    bits: [u64; MOST],
    /// The highest named in the last measurement, and that counts now.
    last: u8,
    top: u8,
    meter: Meter,
}

impl Halves {
    /// A packet came.
    pub fn packet(&mut self, media: &Media, bytes: usize) {
        let temporal = match media {
            Media::Vp8(descriptor) => descriptor.temporal.map_or(0, |(layer, _)| layer),
            Media::Described(_, frame) => frame.layer.temporal,
            _ => 0,
        };
        self.bits[usize::from(temporal).min(MOST - 1)] += 8 * (bytes as u64 + WIRE);
    }

    /// The highest temporal layer that goes out with half of the frames.
    #[must_use]
    pub fn limit(&self) -> u8 {
        self.top.checked_sub(1).unwrap_or(u8::MAX)
    }

    /// Measure what half of the frames were in the `elapsed` time; kbit/s. 0: there is no half, or not yet.
    pub fn measure(&mut self, elapsed: u64) -> u32 {
        let bits = std::mem::take(&mut self.bits);
        let mut named = (1..4_u8).zip(&bits[1..]).filter(|(_, bits)| **bits > 0);
        let top = named.next_back().map_or(0, |(layer, _)| layer);
        self.top = top.max(std::mem::replace(&mut self.last, top));
        if self.top == 0 {
            self.meter.clear();
            return 0;
        }
        self.meter
            .add(bits.iter().take(usize::from(self.top)).sum());
        self.meter.measure(elapsed)
    }

    /// The layer does not flow.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::codec::Codec;
    use crate::media::testing::vp8_layer;

    const SECOND: u64 = 1_000_000;

    /// A second of frames of these temporal layers, 956 bytes each.
    fn second(halves: &mut Halves, layers: &[u8]) -> u32 {
        for &layer in layers {
            let payload = vp8_layer(true, false, 1, layer, false);
            let media = Media::read(Codec::Vp8, &payload).unwrap();
            halves.packet(&media, 956);
        }
        halves.measure(SECOND)
    }

    #[test]
    fn all_but_the_highest_temporal_layer_are_half_of_the_frames() {
        let mut halves = Halves::default();
        assert_eq!(second(&mut halves, &[0, 2, 1, 2]), 0, "a part of its time");
        assert_eq!(second(&mut halves, &[0, 2, 1, 2]), 16);
        assert_eq!(halves.limit(), 1);
    }

    #[test]
    fn a_temporal_layer_that_is_no_longer_named_is_gone_after_two_measurements() {
        let mut halves = Halves::default();
        second(&mut halves, &[0, 1]);
        second(&mut halves, &[0, 1]);
        assert_eq!((second(&mut halves, &[0]), halves.limit()), (8, 0));
        assert_eq!((second(&mut halves, &[0]), halves.limit()), (0, u8::MAX));
    }

    #[test]
    fn what_has_no_temporal_layers_has_no_half() {
        let mut halves = Halves::default();
        for _ in 0..3 {
            halves.packet(&Media::Opus, 100);
            assert_eq!(halves.measure(SECOND), 0);
        }
        assert_eq!(halves.limit(), u8::MAX);
    }
}
