//! RTP packets as we write them.
//!
//! Laws: one header shape for media and retransmission; the CSRC names the participant on every
//! packet; extension elements are written in the one-byte form unless an id or a length does not
//! fit it; nothing is written when the buffer is too small.

use super::extension::{AudioLevel, ExtensionIds, ONE_BYTE, TWO_BYTE};
use super::red::Red;
use super::rtp::RtpView;
use super::vp8;

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
        self.write_with(&[], 0, out)
    }

    /// Write the header with a dependency descriptor (empty: none) whose frame gets this number.
    fn write_with(&self, descriptor: &[u8], frame: u16, out: &mut [u8]) -> Option<usize> {
        let fixed = if self.csrc == 0 { 12 } else { 16 };
        let mut elements = ElementWriter::new(out.get_mut(fixed..)?, self.ids, descriptor.len());
        if let Some(mid) = &self.mid {
            elements.put(self.ids.mid, mid.as_bytes())?;
        }
        if let Some(AudioLevel { voice, level }) = self.audio_level {
            elements.put(self.ids.audio_level, &[u8::from(voice) << 7 | level & 0x7f])?;
        }
        if let Some(number) = self.transport_sequence {
            elements.put(self.ids.transport_cc, &number.to_be_bytes())?;
        }
        if let Some(time) = self.abs_send_time {
            elements.put(self.ids.abs_send_time, &time.to_be_bytes()[1..])?;
        }
        if let [first, _, _, rest @ ..] = descriptor {
            let [high, low] = frame.to_be_bytes();
            elements.put_in_two(self.ids.descriptor, &[*first, high, low], rest)?;
        }
        let extension = elements.finish()?;
        let length = fixed + extension;
        out[0] = 0x80 | u8::from(extension > 0) << 4 | u8::from(self.csrc != 0);
        out[1] = u8::from(self.marker) << 7 | self.payload_type & 0x7f;
        out[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        out[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        out[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        if self.csrc != 0 {
            out[12..16].copy_from_slice(&self.csrc.to_be_bytes());
        }
        Some(length)
    }
}

/// Longest value of an element in the one-byte form.
const SHORT: usize = 16;

/// Writes elements behind the four bytes of profile and length.
struct ElementWriter<'a> {
    out: &'a mut [u8],
    length: usize,
    two_byte: bool,
}

impl<'a> ElementWriter<'a> {
    fn new(out: &'a mut [u8], ids: ExtensionIds, descriptor: usize) -> Self {
        // MAX_MID is also the longest value of a one-byte element.
        let highest = ids
            .mid
            .max(ids.audio_level)
            .max(ids.transport_cc)
            .max(ids.abs_send_time)
            .max(if descriptor > 0 { ids.descriptor } else { 0 });
        Self {
            out,
            length: 4,
            two_byte: highest > 14 || descriptor > SHORT,
        }
    }

    fn put(&mut self, id: u8, value: &[u8]) -> Option<()> {
        self.put_in_two(id, value, &[])
    }

    /// Write an element; `None` when there is no room.
    fn put_in_two(&mut self, id: u8, value: &[u8], rest: &[u8]) -> Option<()> {
        let Ok(size) = u8::try_from(value.len() + rest.len()) else {
            return Some(());
        };
        if id == 0 || size == 0 {
            return Some(());
        }
        let lead = if self.two_byte { 2 } else { 1 };
        let end = self.length + lead + usize::from(size);
        let place = self.out.get_mut(self.length..end)?;
        if self.two_byte {
            place[0] = id;
            place[1] = size;
        } else {
            place[0] = id << 4 | (size - 1);
        }
        place[lead..lead + value.len()].copy_from_slice(value);
        place[lead + value.len()..].copy_from_slice(rest);
        self.length = end;
        Some(())
    }

    /// The length of it all; `None` when there is no room.
    fn finish(self) -> Option<usize> {
        if self.length == 4 {
            return Some(0);
        }
        let end = self.length.next_multiple_of(4);
        self.out.get_mut(self.length..end)?.fill(0);
        let profile = if self.two_byte { TWO_BYTE } else { ONE_BYTE };
        self.out[..2].copy_from_slice(&profile.to_be_bytes());
        let words = u16::try_from(end / 4 - 1).ok()?;
        self.out[2..4].copy_from_slice(&words.to_be_bytes());
        Some(end)
    }
}

/// What of the payload changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Rewrite {
    #[default]
    Nothing,
    /// The numbers of the VP8 payload descriptor.
    Vp8(vp8::Rewrite),
    /// The type of RED's blocks, of which so many are older ones.
    Red(u8, u8),
}

/// The dependency descriptor of a packet, and the number of its frame in the slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Described {
    pub at: u16,
    pub length: u8,
    pub number: u16,
}

/// A packet ready to be written and sealed: what a slot made of a source's packet.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outgoing {
    pub header: OutHeader,
    /// Put in front of the payload of a retransmission (RFC 4588).
    pub original_sequence: Option<u16>,
    pub rewrite: Rewrite,
    pub described: Option<Described>,
    /// Bytes of the payload that are left out at its beginning.
    pub skip: usize,
    /// This packet is the first of its source in the slot. If it came late, hand the slot the
    /// packets that follow it from the history.
    pub started: bool,
}

/// What of a source's packet goes out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Content<'a> {
    pub payload: &'a [u8],
    pub descriptor: &'a [u8],
}

impl Outgoing {
    /// What goes out of the packet that this was made of.
    #[must_use]
    pub fn content<'a>(&self, view: &RtpView<'a>) -> Content<'a> {
        let descriptor = self.described.and_then(|described| {
            let at = usize::from(described.at);
            view.packet().get(at..at + usize::from(described.length))
        });
        Content {
            payload: view.payload().get(self.skip..).unwrap_or_default(),
            descriptor: descriptor.unwrap_or_default(),
        }
    }

    /// Write header and payload; returns the length, or `None` if `out` is too small.
    pub fn write(&self, content: &Content, out: &mut [u8]) -> Option<usize> {
        let frame = self.described.map_or(0, |described| described.number);
        let mut start = self.header.write_with(content.descriptor, frame, out)?;
        if let Some(original) = self.original_sequence {
            out.get_mut(start..start + 2)?
                .copy_from_slice(&original.to_be_bytes());
            start += 2;
        }
        let payload = content.payload;
        let body = out.get_mut(start..start + payload.len())?;
        body.copy_from_slice(payload);
        match &self.rewrite {
            Rewrite::Nothing => {}
            Rewrite::Vp8(rewrite) => rewrite.apply(body),
            Rewrite::Red(older, opus) => Red::rename(*older, *opus, body),
        }
        Some(start + payload.len())
    }
}

#[cfg(test)]
mod tests;
