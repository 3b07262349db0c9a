//! OBUs become a temporal unit as files hold it: each says its length (AV1 specification, section 5.3).
//!
//! Laws: an OBU is whole or the picture is torn. Temporal delimiters, tile lists and padding are left
//! out; a sequence header stays, so a picture of another size explains itself.

use crate::media::av1::{Elements, Obu};

const SEQUENCE_HEADER: u8 = 1;
const TEMPORAL_DELIMITER: u8 = 2;
const TILE_LIST: u8 = 8;
const PADDING: u8 = 15;

/// What is known of the unit that grows.
#[derive(Debug, Default)]
pub struct TemporalUnit {
    /// The OBU that grows, while there is one.
    obu: Vec<u8>,
    open: bool,
    sequence: bool,
}

impl TemporalUnit {
    /// Nothing came yet.
    pub fn begin(&mut self) {
        self.open = false;
        self.sequence = false;
    }

    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.open
    }

    /// Whether it says what a decoder has to know at the beginning.
    #[must_use]
    pub fn is_key(&self) -> bool {
        self.sequence
    }

    /// Add what a packet holds; `None`: it does not fit to what was there.
    pub fn add(&mut self, payload: &[u8], unit: &mut Vec<u8>) -> Option<()> {
        for element in Elements::of(payload) {
            let element = element.ok()?;
            if element.starts == self.open {
                return None;
            }
            if element.starts {
                self.obu.clear();
            }
            self.obu.extend_from_slice(element.bytes);
            self.open = !element.ends;
            if element.ends {
                self.close(unit)?;
            }
        }
        Some(())
    }

    /// How many bytes wait for their end.
    #[must_use]
    pub fn waiting(&self) -> usize {
        if self.open { self.obu.len() } else { 0 }
    }

    fn close(&mut self, unit: &mut Vec<u8>) -> Option<()> {
        let obu = Obu::parse(&self.obu).ok()?;
        if matches!(obu.kind(), TEMPORAL_DELIMITER | TILE_LIST | PADDING) {
            return Some(());
        }
        self.sequence |= obu.kind() == SEQUENCE_HEADER;
        unit.push(obu.head | Obu::SIZED);
        unit.extend(obu.layers);
        let mut size = obu.payload.len();
        while size > 0x7f {
            unit.push(0x80 | (size & 0x7f) as u8);
            size >>= 7;
        }
        unit.push(size as u8);
        unit.extend_from_slice(obu.payload);
        Some(())
    }
}
