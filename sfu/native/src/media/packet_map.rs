//! Which packet of which source stands behind a sequence number of a slot, and the other way round.
//!
//! Laws: a segment is a run of packets whose numbers and timestamps are shifted alike; a new one
//! begins where the shift changes (another source, a probe left out, a slewed timestamp). Segments
//! meet in outgoing numbers, so these have no gap that the source did not have. The last `SEGMENTS`
//! are kept; what is older is forgotten and cannot be repaired.

use super::vp8::Shift;

/// Enough for several seconds of slewing, at most ten segments a second.
const SEGMENTS: usize = 64;

/// One run of packets. Numbers are extended, they never wrap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Segment {
    pub source: u64,
    pub generation: u64,
    /// First index of the source.
    pub from_index: u64,
    /// Number in the slot of that index.
    pub from_number: u64,
    /// Added to the source's timestamps.
    pub timestamp_shift: u32,
    /// The source's timestamp from which on that holds.
    pub from_timestamp: u32,
    pub vp8: Shift,
    /// Added to the numbers of frames by the dependency descriptor.
    pub frame: u16,
}

impl Segment {
    /// The slot's number for an index at or behind `from_index`.
    #[must_use]
    pub fn number_of(&self, index: u64) -> u64 {
        self.from_number
            .saturating_add(index.saturating_sub(self.from_index))
    }
}

/// The latest segments of one slot.
#[derive(Debug, Clone)]
pub struct PacketMap {
    ring: [Segment; SEGMENTS],
    /// Segments ever begun; the newest is at `begun - 1`.
    begun: usize,
}

impl Default for PacketMap {
    fn default() -> Self {
        Self {
            ring: [Segment::default(); SEGMENTS],
            begun: 0,
        }
    }
}

impl PacketMap {
    /// Begin a segment. One that never carried a packet is replaced.
    pub fn begin(&mut self, segment: Segment) {
        if self
            .newest()
            .is_some_and(|newest| newest.from_number >= segment.from_number)
        {
            self.begun -= 1;
        }
        self.ring[self.begun % SEGMENTS] = segment;
        self.begun += 1;
    }

    /// The segment that the source's newest packets fall into.
    #[must_use]
    pub fn newest(&self) -> Option<&Segment> {
        self.begun
            .checked_sub(1)
            .map(|last| &self.ring[last % SEGMENTS])
    }

    /// Newest first, each with the first number behind it.
    fn backwards(&self) -> impl Iterator<Item = (&Segment, u64)> {
        let mut end = u64::MAX;
        (self.begun.saturating_sub(SEGMENTS)..self.begun)
            .rev()
            .map(move |position| {
                let segment = &self.ring[position % SEGMENTS];
                let behind = end;
                end = segment.from_number;
                (segment, behind)
            })
    }

    /// The segment of a source's packet within one generation.
    #[must_use]
    pub fn by_index(&self, generation: u64, index: u64) -> Option<&Segment> {
        self.backwards()
            .take_while(|(segment, _)| segment.generation == generation)
            .find(|(segment, behind)| {
                segment.from_index <= index && segment.number_of(index) < *behind
            })
            .map(|(segment, _)| segment)
    }

    /// The segment of a number of the slot, and the source's index behind it.
    #[must_use]
    pub fn by_number(&self, number: u64) -> Option<(&Segment, u64)> {
        self.backwards()
            .find(|(segment, _)| segment.from_number <= number)
            .map(|(segment, _)| (segment, segment.from_index + (number - segment.from_number)))
    }
}

#[cfg(test)]
mod tests;
