//! What a stream carries: its kind, its codec, and what one packet says about its frame.
//!
//! Laws: a payload is looked at once, when it comes, and the finding travels with it to all slots.

use super::rtp::Malformed;
use super::vp8::Vp8Descriptor;

/// Sound or picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Audio,
    Video,
}

impl Kind {
    /// Ticks a second of the RTP clock; every codec we carry uses its kind's.
    #[must_use]
    pub fn clock_rate(self) -> u32 {
        match self {
            Self::Audio => 48_000,
            Self::Video => 90_000,
        }
    }
}

/// A payload format that we can forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    Opus,
    Vp8,
}

impl Codec {
    /// The codec of a name from SDP, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [("opus", Self::Opus), ("vp8", Self::Vp8)]
            .into_iter()
            .find_map(|(known, codec)| known.eq_ignore_ascii_case(name).then_some(codec))
    }

    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Opus => Kind::Audio,
            Self::Vp8 => Kind::Video,
        }
    }
}

/// What one packet carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// Nothing: a probe for bandwidth.
    Padding,
    Opus,
    Vp8(Vp8Descriptor),
}

impl Media {
    /// Look at the payload of a packet.
    ///
    /// # Errors
    /// When the codec's own header is malformed.
    pub fn read(codec: Codec, payload: &[u8]) -> Result<Self, Malformed> {
        match codec {
            _ if payload.is_empty() => Ok(Self::Padding),
            Codec::Opus => Ok(Self::Opus),
            Codec::Vp8 => Vp8Descriptor::parse(payload).map(Self::Vp8),
        }
    }

    /// Whether a decoder that knows nothing can begin with this packet.
    #[must_use]
    pub fn is_entry(&self) -> bool {
        match self {
            Self::Padding => false,
            Self::Opus => true,
            Self::Vp8(descriptor) => descriptor.keyframe,
        }
    }
}

/// The payload types that one receiver uses for each codec, and for repairing it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PayloadTypes {
    opus: Option<(u8, Option<u8>)>,
    vp8: Option<(u8, Option<u8>)>,
}

impl PayloadTypes {
    /// Note the payload type of a codec and of its retransmissions.
    pub fn set(&mut self, codec: Codec, payload_type: u8, rtx: Option<u8>) {
        match codec {
            Codec::Opus => self.opus = Some((payload_type, rtx)),
            Codec::Vp8 => self.vp8 = Some((payload_type, rtx)),
        }
    }

    /// Payload type of the codec and of its retransmissions.
    #[must_use]
    pub fn get(&self, codec: Codec) -> Option<(u8, Option<u8>)> {
        match codec {
            Codec::Opus => self.opus,
            Codec::Vp8 => self.vp8,
        }
    }
}

#[cfg(test)]
mod tests;
