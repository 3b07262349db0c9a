//! RTCP as it comes from the network: the packets of one compound (RFC 3550, 4585, 5104).
//!
//! Laws: a compound is read front to back and ends at the first packet whose length lies; what came
//! before it counts. Reduced-size compounds (RFC 5506) are accepted. A packet type or feedback
//! format that we do not know is `Other`, never an error. Nothing is copied.

pub mod build;
pub mod feedback;

use super::rtp::Malformed;
use feedback::{FirEntries, NackNumbers, Remb, TransportFeedback};

pub(crate) const SENDER_REPORT: u8 = 200;
pub(crate) const RECEIVER_REPORT: u8 = 201;
pub(crate) const DESCRIPTION: u8 = 202;
pub(crate) const GOODBYE: u8 = 203;
pub(crate) const TRANSPORT_FEEDBACK: u8 = 205;
pub(crate) const PAYLOAD_FEEDBACK: u8 = 206;

/// NTP and RTP time of one moment, and what was sent until then.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SenderInfo {
    /// 32.32 fixed point seconds.
    pub ntp: u64,
    pub rtp: u32,
    pub packets: u32,
    pub octets: u32,
}

/// What one receiver says about one stream (RFC 3550, section 6.4.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReportBlock {
    pub ssrc: u32,
    /// Of 256, since the last report.
    pub fraction_lost: u8,
    /// Since the beginning; 24 bits, can be negative.
    pub total_lost: i32,
    pub highest_sequence: u32,
    /// In units of the stream's clock.
    pub jitter: u32,
    /// Middle 32 bits of the NTP time of the last sender report, 0 for none.
    pub last_report: u32,
    /// Since that report came, in 1/65536 s.
    pub delay: u32,
}

/// One packet of a compound.
#[derive(Debug, Clone)]
pub enum Rtcp<'a> {
    SenderReport {
        ssrc: u32,
        info: SenderInfo,
        blocks: ReportBlocks<'a>,
    },
    ReceiverReport {
        ssrc: u32,
        blocks: ReportBlocks<'a>,
    },
    Description(Chunks<'a>),
    Goodbye(Words<'a>),
    Nack {
        sender: u32,
        media: u32,
        lost: NackNumbers<'a>,
    },
    PictureLoss {
        sender: u32,
        media: u32,
    },
    FullIntra {
        sender: u32,
        entries: FirEntries<'a>,
    },
    Bandwidth(Remb<'a>),
    TransportCc(TransportFeedback<'a>),
    Other {
        kind: u8,
        format: u8,
    },
}

/// A walk over a compound. After an `Err` it is over.
#[derive(Debug, Clone)]
pub struct Compound<'a> {
    rest: &'a [u8],
}

impl<'a> Compound<'a> {
    /// Walk a decrypted compound.
    #[must_use]
    pub fn new(compound: &'a [u8]) -> Self {
        Self { rest: compound }
    }

    fn take(&mut self) -> Result<Rtcp<'a>, Malformed> {
        let (lead, rest) = self.rest.split_first_chunk::<4>().ok_or(Malformed::Short)?;
        if lead[0] >> 6 != 2 {
            return Err(Malformed::Version);
        }
        let length = 4 * usize::from(u16::from_be_bytes([lead[2], lead[3]]));
        let (body, rest) = rest.split_at_checked(length).ok_or(Malformed::Length)?;
        self.rest = rest;
        let body = if lead[0] & 0x20 == 0 {
            body
        } else {
            unpad(body)?
        };
        read(lead[0] & 0x1f, lead[1], body)
    }
}

/// RFC 3550 pads by multiples of four; browsers fill feedback up to a word, by one to three.
fn unpad(body: &[u8]) -> Result<&[u8], Malformed> {
    let count = usize::from(*body.last().ok_or(Malformed::Padding)?);
    if count == 0 {
        return Err(Malformed::Padding);
    }
    body.get(..body.len().wrapping_sub(count))
        .ok_or(Malformed::Padding)
}

impl<'a> Iterator for Compound<'a> {
    type Item = Result<Rtcp<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let packet = self.take();
        if packet.is_err() {
            self.rest = &[];
        }
        Some(packet)
    }
}

fn read(count: u8, kind: u8, body: &[u8]) -> Result<Rtcp<'_>, Malformed> {
    match kind {
        SENDER_REPORT => {
            let (ssrc, rest) = take_word(body)?;
            let (fields, rest) = rest.split_first_chunk::<20>().ok_or(Malformed::Short)?;
            let mut words = Words(fields);
            let mut word = || words.next().unwrap_or(0);
            let ntp = u64::from(word()) << 32 | u64::from(word());
            let info = SenderInfo {
                ntp,
                rtp: word(),
                packets: word(),
                octets: word(),
            };
            Ok(Rtcp::SenderReport {
                ssrc,
                info,
                blocks: ReportBlocks::new(count, rest)?,
            })
        }
        RECEIVER_REPORT => {
            let (ssrc, rest) = take_word(body)?;
            Ok(Rtcp::ReceiverReport {
                ssrc,
                blocks: ReportBlocks::new(count, rest)?,
            })
        }
        DESCRIPTION => Ok(Rtcp::Description(Chunks {
            left: count,
            rest: body,
        })),
        GOODBYE => {
            let list = body
                .get(..4 * usize::from(count))
                .ok_or(Malformed::Length)?;
            Ok(Rtcp::Goodbye(Words(list)))
        }
        TRANSPORT_FEEDBACK | PAYLOAD_FEEDBACK => feedback::read(count, kind, body),
        _ => Ok(Rtcp::Other {
            kind,
            format: count,
        }),
    }
}

pub(crate) fn take_word(bytes: &[u8]) -> Result<(u32, &[u8]), Malformed> {
    let (word, rest) = bytes.split_first_chunk::<4>().ok_or(Malformed::Short)?;
    Ok((u32::from_be_bytes(*word), rest))
}

/// 32-bit words; a rest shorter than a word is left out.
#[derive(Debug, Clone)]
pub struct Words<'a>(pub(crate) &'a [u8]);

impl Iterator for Words<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (word, rest) = take_word(self.0).ok()?;
        self.0 = rest;
        Some(word)
    }
}

/// The report blocks of a sender or receiver report.
#[derive(Debug, Clone)]
pub struct ReportBlocks<'a>(&'a [u8]);

impl<'a> ReportBlocks<'a> {
    fn new(count: u8, rest: &'a [u8]) -> Result<Self, Malformed> {
        rest.get(..24 * usize::from(count))
            .map(Self)
            .ok_or(Malformed::Length)
    }
}

impl Iterator for ReportBlocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        let (block, rest) = self.0.split_first_chunk::<24>()?;
        self.0 = rest;
        let mut words = Words(block);
        let mut word = || words.next().unwrap_or(0);
        let ssrc = word();
        let loss = word();
        Some(ReportBlock {
            ssrc,
            fraction_lost: loss.to_be_bytes()[0],
            // Sign-extend 24 bits.
            total_lost: (loss << 8).cast_signed() >> 8,
            highest_sequence: word(),
            jitter: word(),
            last_report: word(),
            delay: word(),
        })
    }
}

/// The chunks of a source description, as (SSRC, CNAME); chunks without a CNAME give an empty one.
#[derive(Debug, Clone)]
pub struct Chunks<'a> {
    left: u8,
    rest: &'a [u8],
}

impl<'a> Iterator for Chunks<'a> {
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let (ssrc, items) = take_word(self.rest).ok()?;
        let mut cname: &[u8] = &[];
        let mut at = 0;
        while *items.get(at)? != 0 {
            let length = usize::from(*items.get(at + 1)?);
            let value = items.get(at + 2..at + 2 + length)?;
            if items[at] == 1 {
                cname = value;
            }
            at += 2 + length;
        }
        // At least one null, then up to the next word.
        self.rest = items.get((at / 4 + 1) * 4..).unwrap_or(&[]);
        Some((ssrc, cname))
    }
}

#[cfg(test)]
mod tests;
