//! RTP packets as they come from the network (RFC 3550).
//!
//! Laws: `RtpHeader::parse` reads only what SRTP leaves in clear, so it works before decryption;
//! `RtpView::parse` also judges the padding and therefore wants the decrypted packet. A view
//! borrows, copies nothing, and whatever it hands out lies inside the packet.

use super::extension::{Elements, ExtensionIds, Extensions};

/// Bytes of the fixed header.
pub const FIXED_HEADER: usize = 12;

/// Why bytes are not a packet. They are counted and dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// Fewer bytes than the headers need.
    Short,
    /// The version is not 2.
    Version,
    /// A length field points outside the packet.
    Length,
    /// The padding is empty or longer than what follows the headers.
    Padding,
}

/// Whether a datagram of the shared port is RTCP (RFC 5761, section 4).
#[must_use]
pub fn is_rtcp(datagram: &[u8]) -> bool {
    matches!(datagram, [first, 192..=223, ..] if first >> 6 == 2)
}

/// What is in clear in front of the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RtpHeader {
    pub marker: bool,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    /// The padding bit; the padding itself may still be encrypted.
    pub padding: bool,
    /// Bytes in front of the payload, contributing sources and extension included.
    pub length: usize,
    csrc_count: usize,
    /// Profile and first byte of the extension's elements; they end at `length`.
    extension: Option<(u16, usize)>,
}

impl RtpHeader {
    /// Read the header of a packet, encrypted or not.
    ///
    /// # Errors
    /// `Short`, `Version` or `Length` (an extension that is longer than the packet).
    pub fn parse(packet: &[u8]) -> Result<Self, Malformed> {
        let fixed: &[u8; FIXED_HEADER] = packet.first_chunk().ok_or(Malformed::Short)?;
        if fixed[0] >> 6 != 2 {
            return Err(Malformed::Version);
        }
        let csrc_count = usize::from(fixed[0] & 0x0f);
        let mut length = FIXED_HEADER + 4 * csrc_count;
        let mut extension = None;
        if fixed[0] & 0x10 != 0 {
            let lead: &[u8; 4] = packet
                .get(length..)
                .and_then(<[u8]>::first_chunk)
                .ok_or(Malformed::Short)?;
            extension = Some((u16::from_be_bytes([lead[0], lead[1]]), length + 4));
            length += 4 + 4 * usize::from(u16::from_be_bytes([lead[2], lead[3]]));
        }
        if length > packet.len() {
            return Err(Malformed::Length);
        }
        Ok(Self {
            marker: fixed[1] & 0x80 != 0,
            payload_type: fixed[1] & 0x7f,
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
            padding: fixed[0] & 0x20 != 0,
            length,
            csrc_count,
            extension,
        })
    }
}

/// One decrypted packet.
#[derive(Debug, Clone, Copy)]
pub struct RtpView<'a> {
    pub header: RtpHeader,
    packet: &'a [u8],
    payload: &'a [u8],
}

impl<'a> RtpView<'a> {
    /// Read a decrypted packet.
    ///
    /// # Errors
    /// As `RtpHeader::parse`, and `Padding`.
    pub fn parse(packet: &'a [u8]) -> Result<Self, Malformed> {
        let header = RtpHeader::parse(packet)?;
        let body = &packet[header.length..];
        let payload = if header.padding {
            let count = usize::from(*body.last().ok_or(Malformed::Padding)?);
            if count == 0 || count > body.len() {
                return Err(Malformed::Padding);
            }
            &body[..body.len() - count]
        } else {
            body
        };
        Ok(Self {
            header,
            packet,
            payload,
        })
    }

    /// The media, without padding. Empty for a probe that is nothing but padding.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// The whole packet as it came.
    #[must_use]
    pub fn packet(&self) -> &'a [u8] {
        self.packet
    }

    /// The contributing sources.
    pub fn csrcs(&self) -> impl Iterator<Item = u32> + use<'a> {
        let list = &self.packet[FIXED_HEADER..FIXED_HEADER + 4 * self.header.csrc_count];
        list.chunks_exact(4)
            .map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]]))
    }

    /// The extension's elements as (id, bytes), in both forms of RFC 8285.
    #[must_use]
    pub fn elements(&self) -> Elements<'a> {
        match self.header.extension {
            Some((profile, start)) => {
                Elements::new(profile, &self.packet[start..self.header.length])
            }
            None => Elements::default(),
        }
    }

    /// The extensions that we know, by the ids negotiated for this session.
    #[must_use]
    pub fn extensions(&self, ids: ExtensionIds) -> Extensions<'a> {
        Extensions::read(self.elements(), ids)
    }
}

/// Split the payload of a retransmission into the original sequence number and payload
/// (RFC 4588, section 4). `None` for a probe that repairs nothing.
#[must_use]
pub fn split_rtx(payload: &[u8]) -> Option<(u16, &[u8])> {
    let (number, rest) = payload.split_first_chunk::<2>()?;
    Some((u16::from_be_bytes(*number), rest))
}

/// Turn a decrypted retransmission into the packet that it repairs, in place.
///
/// Header extensions stay; padding is cut off. Returns the new length, or `None` when the packet
/// is malformed or a mere probe.
pub fn restore_rtx(packet: &mut [u8], ssrc: u32, payload_type: u8) -> Option<usize> {
    let view = RtpView::parse(packet).ok()?;
    let (original, rest) = split_rtx(view.payload())?;
    let start = view.header.length;
    let length = rest.len();
    packet[0] &= !0x20;
    packet[1] = (packet[1] & 0x80) | (payload_type & 0x7f);
    packet[2..4].copy_from_slice(&original.to_be_bytes());
    packet[8..12].copy_from_slice(&ssrc.to_be_bytes());
    packet.copy_within(start + 2..start + 2 + length, start);
    Some(start + length)
}

#[cfg(test)]
mod tests;
