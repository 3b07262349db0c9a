//! NAL units become a sample as files hold it (ISO/IEC 14496-15): each with its length in front.
//!
//! Laws: a unit is whole or the picture is torn. Parameter sets stay where they are, so a picture of
//! another size explains itself; what is only there for the wire (delimiters, filling) is left out.

use crate::media::h264::Units;

/// Bytes of a length.
const LENGTH: usize = 4;
const IDR: u8 = 5;
const SEQUENCE_PARAMETERS: u8 = 7;
const PICTURE_PARAMETERS: u8 = 8;

/// What is known of the sample that grows.
#[derive(Debug, Default, Clone, Copy)]
pub struct Sample {
    /// Where the unit begins that is not whole yet.
    open: Option<usize>,
    idr: bool,
    sequence: bool,
    picture: bool,
}

impl Sample {
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.open.is_none()
    }

    /// Whether a decoder can begin with it.
    #[must_use]
    pub fn is_key(&self) -> bool {
        self.idr && self.sequence && self.picture
    }

    /// Add what a packet holds; `None`: it does not fit to what was there.
    pub fn add(&mut self, payload: &[u8], sample: &mut Vec<u8>) -> Option<()> {
        for unit in Units::of(payload) {
            if unit.starts {
                if self.open.is_some() {
                    return None;
                }
                self.open = Some(sample.len());
                sample.extend_from_slice(&[0; LENGTH]);
                sample.push(unit.head);
            }
            let at = self.open?;
            sample.extend_from_slice(unit.body);
            if unit.ends {
                self.open = None;
                self.close(at, unit.head & 0x1f, sample)?;
            }
        }
        Some(())
    }

    /// The unit that begins at `at` is whole.
    fn close(&mut self, at: usize, kind: u8, sample: &mut Vec<u8>) -> Option<()> {
        if !(1..=PICTURE_PARAMETERS).contains(&kind) {
            sample.truncate(at);
            return Some(());
        }
        let length = u32::try_from(sample.len() - at - LENGTH).ok()?;
        let place = sample.get_mut(at..at + LENGTH)?;
        place.copy_from_slice(&length.to_be_bytes());
        self.idr |= kind == IDR;
        self.sequence |= kind == SEQUENCE_PARAMETERS;
        self.picture |= kind == PICTURE_PARAMETERS;
        Some(())
    }
}
