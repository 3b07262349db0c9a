//! The latest packets of one source, decrypted, to answer losses from.
//!
//! Laws: memory is taken once, at the beginning, and bounded in packets and in bytes; the oldest
//! bytes are written over. A packet comes out as it went in, or not at all.

use super::codec::Codec;

/// Packets remembered at most, a power of two.
const PACKETS: u64 = 1_024;

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    index: u64,
    /// Bytes ever written before it.
    start: u64,
    /// 0 for none.
    length: u32,
    codec: Option<Codec>,
}

/// A ring of packets by index.
#[derive(Debug, Clone)]
pub struct History {
    entries: Box<[Entry]>,
    bytes: Box<[u8]>,
    /// Bytes ever written, with what was left unused at the end of each round.
    written: u64,
}

impl History {
    /// Keep up to `capacity` bytes.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            entries: vec![Entry::default(); usize::try_from(PACKETS).unwrap_or(0)].into(),
            bytes: vec![0; capacity].into(),
            written: 0,
        }
    }

    fn slot(index: u64) -> usize {
        // Below PACKETS.
        (index % PACKETS) as usize
    }

    fn offset(&self, position: u64) -> usize {
        // Below the length of a slice.
        usize::try_from(position % self.bytes.len().max(1) as u64).unwrap_or(0)
    }

    /// Keep a packet. One that is empty or larger than the whole ring is not kept.
    pub fn insert(&mut self, index: u64, codec: Codec, packet: &[u8]) {
        if packet.is_empty() || packet.len() > self.bytes.len() {
            return;
        }
        let left = self.bytes.len() - self.offset(self.written);
        if packet.len() > left {
            self.written += left as u64;
        }
        let start = self.offset(self.written);
        self.bytes[start..start + packet.len()].copy_from_slice(packet);
        self.entries[Self::slot(index)] = Entry {
            index,
            start: self.written,
            length: u32::try_from(packet.len()).unwrap_or(0),
            codec: Some(codec),
        };
        self.written += packet.len() as u64;
    }

    /// The packet with this index and what it carries, if it is still there.
    #[must_use]
    pub fn get(&self, index: u64) -> Option<(Codec, &[u8])> {
        let entry = &self.entries[Self::slot(index)];
        let overwritten = self.written - entry.start > self.bytes.len() as u64;
        if entry.index != index || entry.length == 0 || overwritten {
            return None;
        }
        let start = self.offset(entry.start);
        let packet = self.bytes.get(start..start + entry.length as usize)?;
        Some((entry.codec?, packet))
    }

    /// Forget everything.
    pub fn clear(&mut self) {
        self.entries.fill(Entry::default());
    }
}

#[cfg(test)]
mod tests;
