//! Redundant sound (RFC 2198): where the blocks of a packet lie, and how far back they reach.
//!
//! Laws: the parser is total and takes at most `MAX_BLOCKS`; every block lies inside the payload.
//! The primary block is the last one. A viewer that does not know RED, or to whom the older blocks
//! would be another source's, gets the primary alone; else only the types of the blocks change.

use super::rtp::Malformed;

/// Blocks of one packet, the primary one counted; browsers send two or three.
const MAX_BLOCKS: u8 = 8;
/// Bytes of a header in front of the blocks, but for the last one, which has one.
const HEADER: usize = 4;

/// What one packet of RED holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Red {
    /// First byte of the primary block.
    pub primary: usize,
    /// How many older blocks there are.
    pub older: u8,
    /// Ticks from the beginning of the oldest block to that of the primary one.
    pub reach: u32,
}

impl Red {
    /// Read the headers of a payload.
    ///
    /// # Errors
    /// `Short` when a header or a block is missing, `Length` for more blocks than `MAX_BLOCKS`.
    pub fn parse(payload: &[u8]) -> Result<Self, Malformed> {
        let (mut at, mut older, mut reach, mut bytes) = (0, 0, 0, 0);
        while payload.get(at).ok_or(Malformed::Short)? & 0x80 != 0 {
            let header: &[u8; HEADER] = payload
                .get(at..)
                .and_then(<[u8]>::first_chunk)
                .ok_or(Malformed::Short)?;
            let fields = u32::from_be_bytes(*header);
            reach = reach.max(fields >> 10 & 0x3fff);
            bytes += (fields & 0x3ff) as usize;
            older += 1;
            at += HEADER;
            if older >= MAX_BLOCKS {
                return Err(Malformed::Length);
            }
        }
        let primary = at + 1 + bytes;
        if primary > payload.len() {
            return Err(Malformed::Short);
        }
        Ok(Self {
            primary,
            older,
            reach,
        })
    }

    /// Name the type of the blocks as a viewer knows it, in a copy of the payload.
    pub fn rename(older: u8, payload_type: u8, payload: &mut [u8]) {
        for header in 0..=usize::from(older) {
            if let Some(first) = payload.get_mut(header * HEADER) {
                *first = *first & 0x80 | payload_type & 0x7f;
            }
        }
    }
}

#[cfg(test)]
mod tests;
