//! AV1 in RTP (AV1 RTP specification, section 4): the OBUs of one packet, or the parts of them that it holds.
//!
//! Laws: total, bounded by the packet, without copies. A walk over a malformed payload ends with
//! saying so. A number is at most 32 bits in at most eight bytes (AV1 specification, section 4.10.5).

use super::rtp::Malformed;

const CONTINUES: u8 = 0x80;
const CONTINUED: u8 = 0x40;

/// An OBU, or a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    pub bytes: &'a [u8],
    pub starts: bool,
    pub ends: bool,
}

/// The elements of one payload.
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    flags: u8,
    rest: &'a [u8],
    /// How many came.
    count: u8,
}

impl<'a> Elements<'a> {
    /// Walk over a payload.
    #[must_use]
    pub fn of(payload: &'a [u8]) -> Self {
        let (flags, rest) = payload
            .split_first()
            .map_or((0, payload), |(&flags, rest)| (flags, rest));
        Self {
            flags,
            rest,
            count: 0,
        }
    }

    /// How many elements there are, if the head says so; then the last one has no length.
    fn announced(&self) -> u8 {
        self.flags >> 4 & 3
    }

    fn cut(&mut self) -> Result<&'a [u8], Malformed> {
        if self.count + 1 == self.announced() {
            return Ok(std::mem::take(&mut self.rest));
        }
        let (size, rest) = number(self.rest).ok_or(Malformed::Length)?;
        let size = usize::try_from(size).map_err(|_| Malformed::Length)?;
        let (bytes, rest) = rest.split_at_checked(size).ok_or(Malformed::Length)?;
        self.rest = rest;
        if rest.is_empty() && self.announced() != 0 {
            return Err(Malformed::Length);
        }
        Ok(bytes)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let cut = self.cut();
        if cut.is_err() {
            self.rest = &[];
        }
        let starts = self.count > 0 || self.flags & CONTINUES == 0;
        let ends = !self.rest.is_empty() || self.flags & CONTINUED == 0;
        self.count = self.count.saturating_add(1).min(4);
        Some(cut.map(|bytes| Element {
            bytes,
            starts,
            ends,
        }))
    }
}

/// An OBU, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Obu<'a> {
    /// The first byte, and the second one where there are layers.
    pub head: u8,
    pub layers: Option<u8>,
    pub payload: &'a [u8],
}

impl<'a> Obu<'a> {
    /// Whether its first byte says that its length follows.
    pub const SIZED: u8 = 0x02;

    /// Take one apart; what lies behind its own length is nothing.
    ///
    /// # Errors
    /// When it is shorter than it says.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (&head, mut rest) = bytes.split_first().ok_or(Malformed::Short)?;
        let mut layers = None;
        if head & 0x04 != 0 {
            let (&byte, tail) = rest.split_first().ok_or(Malformed::Short)?;
            (layers, rest) = (Some(byte), tail);
        }
        if head & Self::SIZED != 0 {
            let (size, tail) = number(rest).ok_or(Malformed::Length)?;
            let size = usize::try_from(size).map_err(|_| Malformed::Length)?;
            rest = tail.get(..size).ok_or(Malformed::Length)?;
        }
        Ok(Self {
            head,
            layers,
            payload: rest,
        })
    }

    #[must_use]
    pub fn kind(&self) -> u8 {
        self.head >> 3 & 0x0f
    }
}

/// The number at the front, lowest seven bits first, and what lies behind it.
#[must_use]
pub fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut value = 0_u64;
    for (at, &byte) in bytes.iter().take(8).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((u32::try_from(value).ok()?, bytes.get(at + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests;
