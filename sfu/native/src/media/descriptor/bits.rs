//! Bits from the most significant on, as the AV1 specification counts them.

use super::super::rtp::Malformed;

/// A cursor over bits.
pub struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// `f(count)`: up to 32 bits.
    pub fn take(&mut self, count: u32) -> Result<u32, Malformed> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.at / 8).ok_or(Malformed::Short)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Ok(value)
    }

    pub fn flag(&mut self) -> Result<bool, Malformed> {
        Ok(self.take(1)? != 0)
    }

    /// Up to eight bits.
    pub fn small(&mut self, count: u32) -> Result<u8, Malformed> {
        Ok((self.take(count)? & 0xff) as u8)
    }

    /// `ns(n)`: a value below `n`, the lower ones in a bit less.
    pub fn below(&mut self, n: u32) -> Result<u32, Malformed> {
        let width = 32 - n.leading_zeros();
        let short = (1 << width) - n;
        let value = self.take(width.saturating_sub(1))?;
        if value < short {
            return Ok(value);
        }
        Ok((value << 1) - short + self.take(1)?)
    }
}
