//! What the layers of one source cost a viewer, whole and with half of their frames.
//!
//! Laws: a layer is one of simulcast's streams, or a spatial layer of the only stream (SVC); a
//! packet counts for each that needs it. Told is what changed by one part in `STEP`, or came or went.

use super::codec::Media;
use super::halves::Halves;
use super::layers::{Flows, LayerView, MAX_LAYERS, Meter};

/// A rate that differs by one part in this many is told.
const STEP: u32 = 8;

/// Of each layer kbit/s, 0 where it does not flow; and of half of its frames, 0 where there is no half.
pub type Rates = (Vec<u32>, Vec<u32>);

/// The meters of one source.
#[derive(Debug, Clone)]
pub struct Costs {
    meters: [(Meter, Halves); MAX_LAYERS],
    streams: usize,
    /// Spatial layers of its one stream.
    spatial: usize,
    /// What Python knows.
    told: Rates,
}

impl Costs {
    /// Of a source with so many streams.
    #[must_use]
    pub fn new(streams: usize) -> Self {
        Self {
            meters: [<(Meter, Halves)>::default(); MAX_LAYERS],
            streams,
            spatial: 1,
            told: (vec![0; streams], vec![0; streams]),
        }
    }

    /// Media of a stream came: note what flows, and how much.
    pub fn packet(
        &mut self,
        now: u64,
        flows: &mut Flows,
        stream: usize,
        media: &Media,
        bytes: usize,
    ) {
        let mut needs = |layer: usize| {
            let (meter, halves) = &mut self.meters[layer];
            meter.packet(bytes);
            halves.packet(media, bytes);
            flows.heard(now, layer);
        };
        match media {
            Media::Described(_, frame) if self.streams == 1 => {
                for (spatial, needed) in frame.spatial().take(MAX_LAYERS) {
                    self.spatial = self.spatial.max(spatial + 1);
                    if needed {
                        needs(spatial);
                    }
                }
            }
            _ => needs(stream.min(MAX_LAYERS - 1)),
        }
    }

    /// The highest temporal layer that goes out to who gets half of the frames.
    #[must_use]
    pub fn half(&self, view: &LayerView) -> u8 {
        let layer = if self.streams > 1 {
            view.shown
        } else {
            view.most.min(self.spatial - 1)
        };
        let meters = self.meters.get(layer);
        meters.map_or(u8::MAX, |(_, halves)| halves.limit())
    }

    /// Measure what came in the `elapsed` time; the rates, if they are to be told anew.
    pub fn measure(&mut self, elapsed: u64, flows: &Flows) -> Option<Rates> {
        let count = self.streams.max(self.spatial);
        let (mut rates, mut halved) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for (number, (meter, halves)) in self.meters.iter_mut().take(count).enumerate() {
            if flows.has(number) {
                rates.push(meter.measure(elapsed).max(1));
                halved.push(halves.measure(elapsed));
            } else {
                meter.clear();
                halves.clear();
                rates.push(0);
                halved.push(0);
            }
        }
        if differ(&rates, &self.told.0) || differ(&halved, &self.told.1) {
            self.told = (rates, halved);
            return Some(self.told.clone());
        }
        None
    }
}

fn differ(new: &[u32], old: &[u32]) -> bool {
    let differs =
        |(&new, &old): (&u32, &u32)| (new == 0) != (old == 0) || new.abs_diff(old) > old / STEP;
    new.len() != old.len() || new.iter().zip(old).any(differs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::codec::Codec;
    use crate::media::testing::vp8_layer;

    const SECOND: u64 = 1_000_000;

    #[test]
    fn a_rate_is_told_once_and_with_its_half() {
        let (mut costs, mut flows) = (Costs::new(2), Flows::default());
        let mut told = Vec::new();
        for _ in 0..4 {
            for temporal in [0, 2, 1, 2] {
                let payload = vp8_layer(true, false, 1, temporal, false);
                let media = Media::read(Codec::Vp8, &payload).unwrap();
                costs.packet(SECOND, &mut flows, 1, &media, 956);
            }
            told.extend(costs.measure(SECOND, &flows));
        }
        let expected = [(vec![0, 1], vec![0, 0]), (vec![0, 32], vec![0, 16])];
        assert_eq!(told, expected);
        let view = LayerView {
            shown: 1,
            ..LayerView::default()
        };
        assert_eq!(costs.half(&view), 1);
        flows.clear();
        assert_eq!(
            costs.measure(SECOND, &flows),
            Some((vec![0, 0], vec![0, 0]))
        );
        assert_eq!(costs.half(&view), u8::MAX);
    }
}
