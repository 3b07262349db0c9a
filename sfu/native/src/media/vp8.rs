//! The VP8 payload descriptor (RFC 7741, section 4.2): reading it, and rewriting two numbers.
//!
//! Laws: the descriptor keeps its length, so a rewrite is done in place and a 7-bit `PictureID` stays
//! one; `Continuity` makes `PictureID` and TL0PICIDX of a slot go on without a gap when its source
//! changes, and a `Shift` keeps the distances within one source, so that a lost frame stays visible.

use super::rtp::Malformed;

/// What one packet says about its frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vp8Descriptor {
    /// First packet of a frame.
    pub start: bool,
    /// First packet of a keyframe.
    pub keyframe: bool,
    /// Nothing refers to this frame.
    pub non_reference: bool,
    pub picture: Option<Picture>,
    /// TL0PICIDX.
    pub base_layer: Option<u8>,
    /// Temporal layer, and whether it can be switched up to here.
    pub temporal: Option<(u8, bool)>,
    /// Bytes before the VP8 bitstream.
    pub length: usize,
    base_layer_at: usize,
}

/// `PictureID` and its width on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    pub id: u16,
    /// 15 bits instead of 7.
    pub wide: bool,
}

/// `PictureID` is behind the two flag bytes whenever it is there.
const PICTURE_AT: usize = 2;

impl Vp8Descriptor {
    /// Read the descriptor in front of a payload.
    ///
    /// # Errors
    /// `Short` when the descriptor or the byte behind it is missing.
    pub fn parse(payload: &[u8]) -> Result<Self, Malformed> {
        let byte = |at: usize| payload.get(at).copied().ok_or(Malformed::Short);
        let first = byte(0)?;
        let flags = if first & 0x80 == 0 { 0 } else { byte(1)? };
        let mut at = if first & 0x80 == 0 { 1 } else { PICTURE_AT };
        let mut picture = None;
        if flags & 0x80 != 0 {
            let high = byte(at)?;
            let wide = high & 0x80 != 0;
            let id = if wide {
                u16::from_be_bytes([high & 0x7f, byte(at + 1)?])
            } else {
                u16::from(high)
            };
            picture = Some(Picture { id, wide });
            at += 1 + usize::from(wide);
        }
        let mut base_layer = None;
        let base_layer_at = at;
        if flags & 0x40 != 0 {
            base_layer = Some(byte(at)?);
            at += 1;
        }
        let mut temporal = None;
        if flags & 0x30 != 0 {
            let layers = byte(at)?;
            temporal = (flags & 0x20 != 0).then_some((layers >> 6, layers & 0x20 != 0));
            at += 1;
        }
        let start = first & 0x10 != 0 && first.trailing_zeros() > 2;
        let inverse_key = byte(at)? & 0x01;
        Ok(Self {
            start,
            keyframe: start && inverse_key == 0,
            non_reference: first & 0x20 != 0,
            picture,
            base_layer,
            temporal,
            length: at,
            base_layer_at,
        })
    }
}

/// New numbers for one descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewrite {
    picture: Option<Picture>,
    base_layer: Option<(usize, u8)>,
}

impl Rewrite {
    /// Write the numbers into a copy of the payload that the descriptor was read from.
    pub fn apply(&self, payload: &mut [u8]) {
        match self.picture {
            Some(Picture { id, wide: true }) => {
                if let Some(field) = payload.get_mut(PICTURE_AT..PICTURE_AT + 2) {
                    field.copy_from_slice(&(0x8000 | id).to_be_bytes());
                }
            }
            Some(Picture { id, wide: false }) => {
                if let Some(field) = payload.get_mut(PICTURE_AT) {
                    *field = id.to_be_bytes()[1] & 0x7f;
                }
            }
            None => {}
        }
        if let Some((at, value)) = self.base_layer
            && let Some(field) = payload.get_mut(at)
        {
            *field = value;
        }
    }
}

/// How far the numbers of a slot are from those of its source, for one run of frames.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shift {
    picture: u16,
    base_layer: u8,
}

impl Shift {
    /// The shift behind a picture that was left out.
    #[must_use]
    pub fn without_a_picture(self) -> Self {
        Self {
            picture: self.picture.wrapping_sub(1),
            ..self
        }
    }

    /// The numbers a packet of this run gets.
    #[must_use]
    pub fn rewrite(&self, descriptor: &Vp8Descriptor) -> Rewrite {
        let picture = descriptor.picture.map(|picture| {
            let mask = if picture.wide { 0x7fff } else { 0x7f };
            Picture {
                id: picture.id.wrapping_add(self.picture) & mask,
                wide: picture.wide,
            }
        });
        let base_layer = descriptor.base_layer.map(|value| {
            (
                descriptor.base_layer_at,
                value.wrapping_add(self.base_layer),
            )
        });
        Rewrite {
            picture,
            base_layer,
        }
    }
}

/// The newest numbers of one slot, over all of its sources.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Continuity {
    picture: Option<u16>,
    base_layer: Option<u8>,
}

impl Continuity {
    /// The shift that makes a run beginning with this packet follow what was sent.
    #[must_use]
    pub fn follow(&self, first: &Vp8Descriptor) -> Shift {
        let picture = self.picture.zip(first.picture);
        let base_layer = self.base_layer.zip(first.base_layer);
        Shift {
            picture: picture.map_or(0, |(last, next)| last.wrapping_add(1).wrapping_sub(next.id)),
            base_layer: base_layer
                .map_or(0, |(last, next)| last.wrapping_add(1).wrapping_sub(next)),
        }
    }

    /// Remember what a packet got, unless a newer one went before it.
    pub fn sent(&mut self, rewrite: &Rewrite) {
        if let Some(Picture { id, wide }) = rewrite.picture {
            let half = if wide { 0x4000 } else { 0x40 };
            let newer = |last: u16| (id.wrapping_sub(last) & (2 * half - 1)) < half;
            if self.picture.is_none_or(newer) {
                self.picture = Some(id);
            }
        }
        if let Some((_, value)) = rewrite.base_layer
            && self
                .base_layer
                .is_none_or(|last| value.wrapping_sub(last) < 0x80)
        {
            self.base_layer = Some(value);
        }
    }
}

#[cfg(test)]
mod tests;
