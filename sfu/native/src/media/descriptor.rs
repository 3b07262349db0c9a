//! The dependency descriptor (AV1 RTP specification, appendix A): which frames a packet's frame
//! needs, and for whom it is needed itself.
//!
//! Laws: the parser is total and bounded (64 templates, 16 decode targets, 8 frames referred to); what is
//! beyond is malformed. A structure comes with a keyframe and holds until the next newer one; a
//! packet whose template it does not have cannot be judged. The number of a frame is the only thing
//! in a descriptor that a slot changes.

mod bits;
mod structure;

use super::rtp::Malformed;
use bits::Bits;
pub use structure::{Structure, Template};

/// Decode targets of one structure: four spatial times four temporal layers.
pub const MAX_TARGETS: usize = 16;
/// Frames that one frame refers to.
pub const MAX_REFERENCES: usize = 8;
/// Bytes that every descriptor has.
const MANDATORY: usize = 3;

/// What a frame is to a decode target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indication {
    NotPresent,
    Discardable,
    /// From here on the target can be decoded, if this frame can.
    Switch,
    Required,
}

/// A decode target's or a frame's place among the layers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LayerId {
    pub spatial: u8,
    pub temporal: u8,
}

/// The frames that a frame refers to, as distances of their numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct References {
    distances: [u16; MAX_REFERENCES],
    count: u8,
}

impl References {
    fn push(&mut self, distance: u16) -> Result<(), Malformed> {
        let place = self.distances.get_mut(usize::from(self.count));
        *place.ok_or(Malformed::Length)? = distance;
        self.count += 1;
        Ok(())
    }

    #[must_use]
    pub fn distances(&self) -> &[u16] {
        &self.distances[..usize::from(self.count)]
    }
}

/// What one packet says about its frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Where the descriptor lies in its packet.
    pub at: u16,
    pub length: u8,
    pub number: u16,
    /// First and last packet of the frame.
    pub start: bool,
    pub end: bool,
    /// It brings a structure.
    pub structured: bool,
    pub layer: LayerId,
    pub references: References,
    /// Two bits for each decode target, the first one lowest.
    indications: u32,
    targets: [LayerId; MAX_TARGETS],
    count: u8,
    /// The decode targets that the sender still fills.
    active: u16,
}

impl Frame {
    /// Whether a decoder that knows nothing can begin with this packet.
    #[must_use]
    pub fn is_entry(&self) -> bool {
        self.start && self.structured && self.references.count == 0 && self.layer.spatial == 0
    }

    #[must_use]
    pub fn indication(&self, target: u8) -> Indication {
        match self.indications >> (2 * u32::from(target & 15)) & 3 {
            1 => Indication::Discardable,
            2 => Indication::Switch,
            3 => Indication::Required,
            _ => Indication::NotPresent,
        }
    }

    /// The layers of a decode target.
    #[must_use]
    pub fn target(&self, target: u8) -> Option<LayerId> {
        let targets = &self.targets[..usize::from(self.count)];
        targets.get(usize::from(target)).copied()
    }

    /// The best active decode target within these layers, or the lowest of all.
    #[must_use]
    pub fn choose(&self, most: LayerId) -> Option<u8> {
        let active = |target: &u8| self.active >> target & 1 != 0;
        let layers = |target: &u8| self.target(*target).unwrap_or_default();
        let fits = |target: &u8| {
            let layer = layers(target);
            layer.spatial <= most.spatial && layer.temporal <= most.temporal
        };
        let best = (0..self.count).filter(active).filter(fits);
        best.max_by_key(layers)
            .or_else(|| (0..self.count).filter(active).min_by_key(layers))
    }

    /// How many spatial layers there are, and for which of them in full this frame is needed.
    pub fn spatial(&self) -> impl Iterator<Item = (usize, bool)> {
        let most = |layer: u8| {
            let of = |target: &u8| self.target(*target).is_some_and(|id| id.spatial == layer);
            (0..self.count)
                .filter(of)
                .max_by_key(|target| self.target(*target))
        };
        (0..4).map_while(move |layer| {
            let target = most(layer)?;
            let needed = self.indication(target) != Indication::NotPresent;
            Some((usize::from(layer), needed))
        })
    }
}

/// The structure in force in one stream.
#[derive(Debug, Clone, Default)]
pub struct Descriptors {
    structure: Option<Box<Structure>>,
    /// Of the frame that brought it.
    since: u16,
}

impl Descriptors {
    /// Read the descriptor that lies `at` in its packet; takes the structure it brings, if that is
    /// newer. `None`: no structure yet, or another one.
    ///
    /// # Errors
    /// When it is no descriptor.
    pub fn read(&mut self, at: usize, bytes: &[u8]) -> Result<Option<Frame>, Malformed> {
        if has_structure(bytes) {
            let number = u16::from_be_bytes([bytes[1], bytes[2]]);
            let newer = number.wrapping_sub(self.since).cast_signed() >= 0;
            if self.structure.is_none() || newer {
                let mut fresh = self.structure.take().unwrap_or_default();
                let taken = fresh.take_over(bytes);
                if taken.is_ok() {
                    self.since = number;
                    self.structure = Some(fresh);
                }
                taken?;
            }
        }
        let Some(structure) = &mut self.structure else {
            return Ok(None);
        };
        let frame = structure.read(at, bytes)?;
        if let Some(frame) = &frame {
            structure.active = frame.active;
        }
        Ok(frame)
    }

    /// Read a descriptor again; nothing changes.
    #[must_use]
    pub fn review(&self, at: usize, bytes: &[u8]) -> Option<Frame> {
        self.structure.as_ref()?.read(at, bytes).ok()?
    }
}

/// Whether a descriptor brings a structure.
fn has_structure(bytes: &[u8]) -> bool {
    bytes.get(MANDATORY).is_some_and(|flags| flags & 0x80 != 0)
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
