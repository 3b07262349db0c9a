//! RTP packets as we write them.
//!
//! Laws: one header shape for media and retransmission; the CSRC names the participant on every
//! packet; extension elements are written in the one-byte form unless an id or a length does not
//! fit it; nothing is written when the buffer is too small.

use super::extension::{AudioLevel, ExtensionIds, ONE_BYTE, TWO_BYTE};
use super::vp8::Rewrite;

/// Longest MID we repeat in packets (RFC 9143 MIDs are short; browsers use one or two digits).
pub const MAX_MID: usize = 16;
/// More than header, MID and all other extensions can take.
pub const MAX_HEADER: usize = 64;

/// A MID of bounded length, kept inline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mid {
    bytes: [u8; MAX_MID],
    length: u8,
}

impl Mid {
    /// `None` when it is empty or too long to be repeated in packets.
    #[must_use]
    pub fn new(text: &[u8]) -> Option<Self> {
        let length = u8::try_from(text.len()).ok()?;
        let mut bytes = [0; MAX_MID];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        (length > 0).then_some(Self { bytes, length })
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// The header of one outgoing packet. Elements whose id is 0 in `ids` are left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutHeader {
    pub marker: bool,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    /// Participant number; 0 writes none.
    pub csrc: u32,
    pub ids: ExtensionIds,
    pub mid: Option<Mid>,
    pub audio_level: Option<AudioLevel>,
    /// The viewer's transport-wide number, set by whoever sends.
    pub transport_sequence: Option<u16>,
    /// 24 bits, 6.18 fixed point seconds.
    pub abs_send_time: Option<u32>,
}

impl OutHeader {
    /// Write the header; returns its length, or `None` if `out` is too small.
    pub fn write(&self, out: &mut [u8]) -> Option<usize> {
        let mut elements = ElementWriter::new(self.ids);
        if let Some(mid) = &self.mid {
            elements.put(self.ids.mid, mid.as_bytes());
        }
        if let Some(AudioLevel { voice, level }) = self.audio_level {
            elements.put(self.ids.audio_level, &[u8::from(voice) << 7 | level & 0x7f]);
        }
        if let Some(number) = self.transport_sequence {
            elements.put(self.ids.transport_cc, &number.to_be_bytes());
        }
        if let Some(time) = self.abs_send_time {
            elements.put(self.ids.abs_send_time, &time.to_be_bytes()[1..]);
        }
        let extension = elements.finish();

        let fixed = if self.csrc == 0 { 12 } else { 16 };
        let length = fixed + extension.len();
        let out = out.get_mut(..length)?;
        out[0] = 0x80 | u8::from(!extension.is_empty()) << 4 | u8::from(self.csrc != 0);
        out[1] = u8::from(self.marker) << 7 | self.payload_type & 0x7f;
        out[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        out[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        out[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        if self.csrc != 0 {
            out[12..16].copy_from_slice(&self.csrc.to_be_bytes());
        }
        out[fixed..].copy_from_slice(extension);
        Some(length)
    }
}

/// Collects elements behind the four bytes of profile and length.
struct ElementWriter {
    bytes: [u8; MAX_HEADER],
    length: usize,
    two_byte: bool,
}

impl ElementWriter {
    fn new(ids: ExtensionIds) -> Self {
        // MAX_MID is also the longest value of a one-byte element, so only ids decide.
        let highest = ids
            .mid
            .max(ids.audio_level)
            .max(ids.transport_cc)
            .max(ids.abs_send_time);
        Self {
            bytes: [0; MAX_HEADER],
            length: 4,
            two_byte: highest > 14,
        }
    }

    fn put(&mut self, id: u8, value: &[u8]) {
        if id == 0 || value.is_empty() {
            return;
        }
        let Ok(size) = u8::try_from(value.len()) else {
            return;
        };
        if self.two_byte {
            self.bytes[self.length] = id;
            self.bytes[self.length + 1] = size;
            self.length += 2;
        } else {
            self.bytes[self.length] = id << 4 | (size - 1);
            self.length += 1;
        }
        self.bytes[self.length..self.length + value.len()].copy_from_slice(value);
        self.length += value.len();
    }

    fn finish(&mut self) -> &[u8] {
        if self.length == 4 {
            return &[];
        }
        let words = (self.length - 4).div_ceil(4);
        let profile = if self.two_byte { TWO_BYTE } else { ONE_BYTE };
        self.bytes[..2].copy_from_slice(&profile.to_be_bytes());
        // At most MAX_HEADER / 4 words.
        self.bytes[3] = u8::try_from(words).unwrap_or(0);
        &self.bytes[..4 + 4 * words]
    }
}

/// A packet ready to be written and sealed: what a slot made of a source's packet.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing {
    pub header: OutHeader,
    /// Put in front of the payload of a retransmission (RFC 4588).
    pub original_sequence: Option<u16>,
    /// How the VP8 payload descriptor changes.
    pub vp8: Option<Rewrite>,
    /// This packet is the first of its source in the slot. If it came late, hand the slot the
    /// packets that follow it from the history.
    pub started: bool,
}

impl Outgoing {
    /// Write header and payload; returns the length, or `None` if `out` is too small.
    pub fn write(&self, payload: &[u8], out: &mut [u8]) -> Option<usize> {
        let mut start = self.header.write(out)?;
        if let Some(original) = self.original_sequence {
            out.get_mut(start..start + 2)?
                .copy_from_slice(&original.to_be_bytes());
            start += 2;
        }
        let body = out.get_mut(start..start + payload.len())?;
        body.copy_from_slice(payload);
        if let Some(rewrite) = &self.vp8 {
            rewrite.apply(body);
        }
        Some(start + payload.len())
    }
}

#[cfg(test)]
mod tests;
