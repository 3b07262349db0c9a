//! Which layer of its source a slot shows, and which layers flow at what rate.
//!
//! Laws: Python says the highest layer a slot may show; of those that flow the highest below is
//! aimed at, and the lowest of all if none is so low. A slot changes over only with the first
//! packet of a keyframe of the layer aimed at, and goes on with the old one until then. A layer
//! that has been silent for `SILENCE` while another one goes on does not flow; if all are silent (a
//! still screen) nothing changes.

use super::descriptor::LayerId;

/// Layers of one source.
pub const MAX_LAYERS: usize = 3;
/// A layer that is silent this long, while another is not, has stalled.
const SILENCE: u64 = 1_000_000;
/// Pictures of one instant reach us within this time, whatever their layer.
const SPREAD: u64 = 500_000;
/// The measured rate follows a change with a quarter at each measurement.
const SMOOTHING: u64 = 4;
/// What a packet takes on the way beside itself: UDP, IP and the authentication tag.
pub const WIRE: u64 = 44;

/// The layers of one source that flow.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flows {
    /// When each had its last media; 0: not since it stalled.
    heard: [u64; MAX_LAYERS],
}

impl Flows {
    /// Media of a layer came.
    pub fn heard(&mut self, now: u64, layer: usize) {
        if let Some(heard) = self.heard.get_mut(layer) {
            *heard = now.max(1);
        }
    }

    /// Forget the layers that stalled.
    pub fn expire(&mut self, now: u64) {
        let newest = self.heard.iter().copied().max().unwrap_or(0);
        let goes_on = now.saturating_sub(newest) < SILENCE;
        for heard in &mut self.heard {
            let silent = now.saturating_sub(*heard) >= SILENCE && newest - *heard > SPREAD;
            if goes_on && silent {
                *heard = 0;
            }
        }
    }

    /// Forget all: the source stalled.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether this layer flows.
    #[must_use]
    pub fn has(&self, layer: usize) -> bool {
        self.heard.get(layer).is_some_and(|&heard| heard > 0)
    }

    /// The layer to show to who may see up to `most`; `None` while nothing flows.
    #[must_use]
    pub fn choose(&self, most: usize) -> Option<usize> {
        let below = (0..MAX_LAYERS.min(most + 1))
            .rev()
            .find(|&layer| self.has(layer));
        below.or_else(|| (0..MAX_LAYERS).find(|&layer| self.has(layer)))
    }
}

/// What one slot shows of the layers of its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerView {
    /// The highest layer wanted.
    pub most: usize,
    /// The layer that goes out, or that the slot waits for.
    pub shown: usize,
    /// Half of its frames are enough.
    pub halved: bool,
}

impl Default for LayerView {
    fn default() -> Self {
        Self {
            most: MAX_LAYERS - 1,
            shown: 0,
            halved: false,
        }
    }
}

impl LayerView {
    /// What a slot passes on of one of so many streams, whose `half` is up to this temporal layer.
    #[must_use]
    pub fn limit(&self, streams: usize, half: u8) -> LayerId {
        let spatial = if streams > 1 {
            u8::MAX
        } else {
            u8::try_from(self.most).unwrap_or(u8::MAX)
        };
        LayerId {
            spatial,
            temporal: if self.halved { half } else { u8::MAX },
        }
    }

    /// The layer that is aimed at.
    #[must_use]
    pub fn aim(&self, flows: &Flows) -> usize {
        flows.choose(self.most).unwrap_or(self.shown)
    }

    /// Whether only a keyframe of another layer will do.
    #[must_use]
    pub fn wants_other(&self, flows: &Flows) -> bool {
        self.aim(flows) != self.shown
    }
}

/// How much one layer sends.
#[derive(Debug, Clone, Copy, Default)]
pub struct Meter {
    bits: u64,
    /// The first measurement is of a part of its time, and mostly of a keyframe.
    begun: bool,
    /// Smoothed, in bits a second; 0 while nothing came.
    rate: u64,
}

impl Meter {
    /// A packet of this many bytes came.
    pub fn packet(&mut self, bytes: usize) {
        self.add(8 * (bytes as u64 + WIRE));
    }

    /// So many bits came, headers included.
    pub fn add(&mut self, bits: u64) {
        self.bits += bits;
    }

    /// Measure what came in the `elapsed` time; kbit/s. 0 at first.
    pub fn measure(&mut self, elapsed: u64) -> u32 {
        let sample = std::mem::take(&mut self.bits) * 1_000_000 / elapsed.max(1);
        self.rate = if !std::mem::replace(&mut self.begun, true) {
            0
        } else if self.rate == 0 {
            sample
        } else {
            (self.rate * (SMOOTHING - 1) + sample) / SMOOTHING
        };
        u32::try_from(self.rate / 1_000).unwrap_or(u32::MAX)
    }

    /// The layer does not flow.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests;
