//! The VP9 payload descriptor (RFC 9628, section 4.2): how long it is, and whether the picture stands alone.
//!
//! Laws: total and bounded. Which frame of which layers a packet is of, the dependency descriptor
//! says; nothing of it is read here.

use super::rtp::Malformed;

/// Lengths of reference indices that a frame may name.
const MAX_REFERENCES: usize = 3;

/// What one packet says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vp9Descriptor {
    /// Bytes before the VP9 bitstream.
    pub length: usize,
    /// The layer frame refers to pictures before.
    pub inter: bool,
}

impl Vp9Descriptor {
    /// Read the descriptor in front of a payload.
    ///
    /// # Errors
    /// `Short` when the descriptor or the byte behind it is missing, `Length` for more references
    /// than a frame can have.
    pub fn parse(payload: &[u8]) -> Result<Self, Malformed> {
        let byte = |at: usize| payload.get(at).copied().ok_or(Malformed::Short);
        let flags = byte(0)?;
        let (inter, flexible) = (flags & 0x40 != 0, flags & 0x10 != 0);
        let mut at = 1;
        if flags & 0x80 != 0 {
            at += 1 + usize::from(byte(at)? & 0x80 != 0);
        }
        if flags & 0x20 != 0 {
            at += 1 + usize::from(!flexible);
        }
        if inter && flexible {
            at = references(payload, at)?;
        }
        if flags & 0x02 != 0 {
            at = structure(payload, at)?;
        }
        byte(at)?;
        Ok(Self { length: at, inter })
    }
}

/// Where the list of references that begins here ends: each says whether another one follows.
fn references(payload: &[u8], from: usize) -> Result<usize, Malformed> {
    for at in from..from + MAX_REFERENCES {
        if payload.get(at).ok_or(Malformed::Short)? & 0x01 == 0 {
            return Ok(at + 1);
        }
    }
    Err(Malformed::Length)
}

/// Where the scalability structure that begins here ends.
fn structure(payload: &[u8], from: usize) -> Result<usize, Malformed> {
    let byte = |at: usize| payload.get(at).copied().ok_or(Malformed::Short);
    let flags = byte(from)?;
    let mut at = from + 1;
    if flags & 0x10 != 0 {
        at += 4 * (usize::from(flags >> 5) + 1);
    }
    if flags & 0x08 != 0 {
        let pictures = byte(at)?;
        at += 1;
        for _ in 0..pictures {
            at += 1 + usize::from(byte(at)? >> 2 & 3);
        }
    }
    Ok(at)
}

#[cfg(test)]
mod tests;
