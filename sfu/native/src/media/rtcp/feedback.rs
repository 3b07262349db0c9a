//! Feedback packets as they come: NACK, PLI, FIR, REMB, transport-wide congestion control.
//!
//! Laws: every list ends with the bytes that carry it; the numbers a packet expands to are bounded
//! by its length (17 per NACK word), those of transport feedback by its own 16-bit count.

use super::super::rtp::Malformed;
use super::{PAYLOAD_FEEDBACK, Rtcp, TRANSPORT_FEEDBACK, Words, take_word};

pub(crate) const NACK: u8 = 1;
pub(crate) const TRANSPORT_CC: u8 = 15;
pub(crate) const PICTURE_LOSS: u8 = 1;
pub(crate) const FULL_INTRA: u8 = 4;
pub(crate) const APPLICATION: u8 = 15;

pub(super) fn read(format: u8, kind: u8, body: &[u8]) -> Result<Rtcp<'_>, Malformed> {
    let (sender, rest) = take_word(body)?;
    let (media, rest) = take_word(rest)?;
    match (kind, format) {
        (TRANSPORT_FEEDBACK, NACK) => Ok(Rtcp::Nack {
            sender,
            media,
            lost: NackNumbers::new(rest),
        }),
        (TRANSPORT_FEEDBACK, TRANSPORT_CC) => {
            TransportFeedback::parse(sender, media, rest).map(Rtcp::TransportCc)
        }
        (PAYLOAD_FEEDBACK, PICTURE_LOSS) => Ok(Rtcp::PictureLoss { sender, media }),
        (PAYLOAD_FEEDBACK, FULL_INTRA) => Ok(Rtcp::FullIntra {
            sender,
            entries: FirEntries(rest),
        }),
        (PAYLOAD_FEEDBACK, APPLICATION) if rest.starts_with(b"REMB") => {
            Remb::parse(sender, &rest[4..]).map(Rtcp::Bandwidth)
        }
        _ => Ok(Rtcp::Other { kind, format }),
    }
}

/// The sequence numbers of a generic NACK (RFC 4585, section 6.2.1), in the order of the packet.
#[derive(Debug, Clone)]
pub struct NackNumbers<'a> {
    words: Words<'a>,
    base: u16,
    /// Followers of `base` that are still to come.
    mask: u16,
}

impl<'a> NackNumbers<'a> {
    fn new(items: &'a [u8]) -> Self {
        Self {
            words: Words(items),
            base: 0,
            mask: 0,
        }
    }
}

impl Iterator for NackNumbers<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        if self.mask == 0 {
            let [high, low, mask_high, mask_low] = self.words.next()?.to_be_bytes();
            self.base = u16::from_be_bytes([high, low]);
            self.mask = u16::from_be_bytes([mask_high, mask_low]);
            return Some(self.base);
        }
        let bit = self.mask.trailing_zeros();
        self.mask &= self.mask - 1;
        // `bit` is below 16.
        Some(
            self.base
                .wrapping_add(1)
                .wrapping_add(u16::try_from(bit).unwrap_or(0)),
        )
    }
}

/// Full intra requests as (SSRC, command number) (RFC 5104, section 4.3.1).
#[derive(Debug, Clone)]
pub struct FirEntries<'a>(&'a [u8]);

impl Iterator for FirEntries<'_> {
    type Item = (u32, u8);

    fn next(&mut self) -> Option<(u32, u8)> {
        let (entry, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some((
            u32::from_be_bytes([entry[0], entry[1], entry[2], entry[3]]),
            entry[4],
        ))
    }
}

/// A receiver's estimate of the way to it (draft-alvestrand-rmcat-remb).
#[derive(Debug, Clone)]
pub struct Remb<'a> {
    pub sender: u32,
    pub bits_per_second: u64,
    pub ssrcs: Words<'a>,
}

impl<'a> Remb<'a> {
    fn parse(sender: u32, body: &'a [u8]) -> Result<Self, Malformed> {
        let (word, rest) = take_word(body)?;
        let [count, ..] = word.to_be_bytes();
        let exponent = (word >> 18) & 0x3f;
        let mantissa = u64::from(word & 0x3_ffff);
        let bits_per_second = mantissa.saturating_mul(1 << exponent);
        let ssrcs = rest
            .get(..4 * usize::from(count))
            .ok_or(Malformed::Length)?;
        Ok(Self {
            sender,
            bits_per_second,
            ssrcs: Words(ssrcs),
        })
    }
}

/// Which packets of a transport arrived, and when (draft-holmer-rmcat-transport-wide-cc-extensions).
#[derive(Debug, Clone, Copy)]
pub struct TransportFeedback<'a> {
    pub sender: u32,
    pub media: u32,
    pub base: u16,
    /// Packets reported on.
    pub count: u16,
    /// In units of 64 ms, 24 bits.
    pub reference: u32,
    /// Number of this feedback packet.
    pub number: u8,
    body: &'a [u8],
}

impl<'a> TransportFeedback<'a> {
    fn parse(sender: u32, media: u32, body: &'a [u8]) -> Result<Self, Malformed> {
        let (lead, body) = body.split_first_chunk::<8>().ok_or(Malformed::Short)?;
        Ok(Self {
            sender,
            media,
            base: u16::from_be_bytes([lead[0], lead[1]]),
            count: u16::from_be_bytes([lead[2], lead[3]]),
            reference: u32::from_be_bytes([0, lead[4], lead[5], lead[6]]),
            number: lead[7],
            body,
        })
    }

    /// Each packet as (transport sequence, arrival in units of 250 us, `None` if lost). The walk
    /// ends early when chunks or deltas are missing.
    #[must_use]
    pub fn packets(&self) -> Statuses<'a> {
        let mut symbols = Symbols {
            chunks: self.body,
            chunk: 0,
            left: 0,
        };
        let mut left = self.count;
        while left > 0 && symbols.next().is_some() {
            left -= 1;
        }
        Statuses {
            symbols: Symbols {
                chunks: self.body,
                chunk: 0,
                left: 0,
            },
            // Behind the chunks that `count` symbols need.
            deltas: symbols.chunks,
            left: self.count - left,
            sequence: self.base,
            arrival: i64::from(self.reference) * 256,
        }
    }
}

/// The two-bit symbols of the status chunks.
#[derive(Debug, Clone)]
struct Symbols<'a> {
    chunks: &'a [u8],
    chunk: u16,
    left: u16,
}

impl Symbols<'_> {
    fn symbol(&self) -> u16 {
        if self.chunk & 0x8000 == 0 {
            return self.chunk >> 13 & 3;
        }
        // A vector of 14 one-bit or 7 two-bit symbols, the first in the highest bits.
        if self.chunk & 0x4000 == 0 {
            self.chunk >> (self.left - 1) & 1
        } else {
            self.chunk >> (2 * (self.left - 1)) & 3
        }
    }
}

impl Iterator for Symbols<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        while self.left == 0 {
            let (chunk, rest) = self.chunks.split_first_chunk::<2>()?;
            self.chunks = rest;
            self.chunk = u16::from_be_bytes(*chunk);
            self.left = match self.chunk >> 14 {
                0 | 1 => self.chunk & 0x1fff,
                2 => 14,
                _ => 7,
            };
        }
        let symbol = self.symbol();
        self.left -= 1;
        Some(symbol)
    }
}

/// See `TransportFeedback::packets`.
#[derive(Debug, Clone)]
pub struct Statuses<'a> {
    symbols: Symbols<'a>,
    deltas: &'a [u8],
    left: u16,
    sequence: u16,
    arrival: i64,
}

impl Statuses<'_> {
    fn delta(&mut self, symbol: u16) -> Option<i64> {
        if symbol == 1 {
            let (&small, rest) = self.deltas.split_first()?;
            self.deltas = rest;
            return Some(i64::from(small));
        }
        let (large, rest) = self.deltas.split_first_chunk::<2>()?;
        self.deltas = rest;
        Some(i64::from(i16::from_be_bytes(*large)))
    }
}

impl Iterator for Statuses<'_> {
    type Item = (u16, Option<i64>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let symbol = self.symbols.next()?;
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        if symbol == 0 || symbol == 3 {
            return Some((sequence, None));
        }
        self.arrival += self.delta(symbol)?;
        Some((sequence, Some(self.arrival)))
    }
}
