//! H.264 in RTP (RFC 6184, packetization modes 0 and 1): where a decoder can begin.
//!
//! Laws: total, and it reads no further than the headers of NAL units. A decoder that knows nothing
//! begins with a sequence parameter set, which encoders for calls send in front of every IDR picture;
//! an IDR slice whose parameter sets went by is no beginning.

mod units;

use super::rtp::Malformed;
pub use units::{Unit, Units};

const SLICE_IDR: u8 = 5;
const SEQUENCE_PARAMETERS: u8 = 7;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;
/// NAL units of one aggregate that are looked at.
const MAX_UNITS: usize = 64;

/// What one packet says about its picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Nal {
    /// It holds a sequence parameter set, or the first fragment of one.
    pub parameters: bool,
    /// It holds an IDR slice, or the first fragment of one.
    pub idr: bool,
}

impl Nal {
    /// Look at a payload.
    ///
    /// # Errors
    /// `Short` or `Length` when a header is missing or a unit is longer than its packet, `Version`
    /// for a kind of packet that modes 0 and 1 do not have.
    pub fn parse(payload: &[u8]) -> Result<Self, Malformed> {
        let (&first, rest) = payload.split_first().ok_or(Malformed::Short)?;
        let mut found = Self::default();
        match first & 0x1f {
            1..=23 => found.note(first),
            STAP_A => {
                let mut rest = rest;
                for _ in 0..MAX_UNITS {
                    let Some((size, tail)) = rest.split_first_chunk::<2>() else {
                        break;
                    };
                    let size = usize::from(u16::from_be_bytes(*size));
                    let (unit, tail) = tail.split_at_checked(size).ok_or(Malformed::Length)?;
                    found.note(*unit.first().ok_or(Malformed::Length)?);
                    rest = tail;
                }
                if !rest.is_empty() {
                    return Err(Malformed::Length);
                }
            }
            FU_A => {
                let fragment = *rest.first().ok_or(Malformed::Short)?;
                if fragment & 0x80 != 0 {
                    found.note(fragment);
                }
            }
            _ => return Err(Malformed::Version),
        }
        Ok(found)
    }

    fn note(&mut self, header: u8) {
        self.parameters |= header & 0x1f == SEQUENCE_PARAMETERS;
        self.idr |= header & 0x1f == SLICE_IDR;
    }
}

#[cfg(test)]
mod tests;
