//! The layer frames of a VP9 picture become one superframe (VP9 bitstream specification, annex B).
//!
//! Laws: a layer frame is whole or the picture is torn. A picture of one frame is that frame; behind
//! several stands where each of them ends, without which a decoder would take them for one.

use crate::media::vp9::Vp9Descriptor;

/// Frames that an index can name.
const MOST: usize = 8;
const MARKER: u8 = 0b1100_0000;

/// What is known of the picture that grows.
#[derive(Debug, Default, Clone, Copy)]
pub struct Superframe {
    /// Where each frame begins.
    begins: [usize; MOST],
    count: usize,
    inter: bool,
}

impl Superframe {
    /// Whether a decoder can begin with it.
    #[must_use]
    pub fn is_key(&self) -> bool {
        !self.inter
    }

    /// Add a packet of a layer frame, its first one or another; `None`: it does not fit.
    pub fn add(&mut self, starts: bool, payload: &[u8], picture: &mut Vec<u8>) -> Option<()> {
        let descriptor = Vp9Descriptor::parse(payload).ok()?;
        if starts {
            *self.begins.get_mut(self.count)? = picture.len();
            self.inter |= self.count == 0 && descriptor.inter;
            self.count += 1;
        }
        picture.extend_from_slice(payload.get(descriptor.length..)?);
        Some(())
    }

    /// All layer frames are there.
    pub fn close(&self, picture: &mut Vec<u8>) {
        if self.count < 2 {
            return;
        }
        // All of them fit into three bytes: a frame of a call is shorter than 16 MB.
        let marker = MARKER | 2 << 3 | (self.count as u8 - 1);
        let end = picture.len();
        let ends = self.begins[1..self.count].iter().copied().chain([end]);
        let sizes = self
            .begins
            .into_iter()
            .zip(ends)
            .map(|(from, to)| to - from);
        picture.push(marker);
        for size in sizes {
            picture.extend_from_slice(&(size as u32).to_le_bytes()[..3]);
        }
        picture.push(marker);
    }
}
