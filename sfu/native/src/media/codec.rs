//! What a stream carries: its kind, its codec, and what one packet says about its frame.
//!
//! Laws: a payload is looked at once, when it comes, and the finding travels with it to all slots.

use super::descriptor::Frame;
use super::h264::Nal;
use super::red::Red;
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
    /// Opus with older packets beside it (RFC 2198).
    Red,
    Vp8,
    H264,
    Vp9,
    Av1,
}

const CODECS: [(&str, Codec); 6] = [
    ("opus", Codec::Opus),
    ("red", Codec::Red),
    ("vp8", Codec::Vp8),
    ("h264", Codec::H264),
    ("vp9", Codec::Vp9),
    ("av1", Codec::Av1),
];

impl Codec {
    /// The codec of a name from SDP, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        CODECS
            .into_iter()
            .find_map(|(known, codec)| known.eq_ignore_ascii_case(name).then_some(codec))
    }

    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Opus | Self::Red => Kind::Audio,
            Self::Vp8 | Self::H264 | Self::Vp9 | Self::Av1 => Kind::Video,
        }
    }

    /// Whether its frames are told by the dependency descriptor, not by the payload.
    #[must_use]
    pub fn is_described(self) -> bool {
        matches!(self, Self::Vp9 | Self::Av1)
    }
}

/// What one packet carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// Nothing: a probe for bandwidth.
    Padding,
    Opus,
    Red(Red),
    Vp8(Vp8Descriptor),
    H264(Nal),
    Described(Codec, Frame),
    /// Its descriptor is of a structure that has not come yet: kept, not forwarded.
    Unread(Codec),
}

impl Media {
    /// Look at the payload of a packet; of a described codec only a descriptor says more.
    ///
    /// # Errors
    /// When the codec's own header is malformed.
    pub fn read(codec: Codec, payload: &[u8]) -> Result<Self, Malformed> {
        match codec {
            _ if payload.is_empty() => Ok(Self::Padding),
            Codec::Opus => Ok(Self::Opus),
            Codec::Red => Red::parse(payload).map(Self::Red),
            Codec::Vp8 => Vp8Descriptor::parse(payload).map(Self::Vp8),
            Codec::H264 => Nal::parse(payload).map(Self::H264),
            Codec::Vp9 | Codec::Av1 => Ok(Self::Unread(codec)),
        }
    }

    /// The codec, if it carries media.
    #[must_use]
    pub fn codec(&self) -> Option<Codec> {
        match self {
            Self::Padding => None,
            Self::Opus => Some(Codec::Opus),
            Self::Red(_) => Some(Codec::Red),
            Self::Vp8(_) => Some(Codec::Vp8),
            Self::H264(_) => Some(Codec::H264),
            Self::Described(codec, _) | Self::Unread(codec) => Some(*codec),
        }
    }

    /// Whether a decoder that knows nothing can begin with this packet.
    #[must_use]
    pub fn is_entry(&self) -> bool {
        match self {
            Self::Padding | Self::Unread(_) => false,
            Self::Opus | Self::Red(_) => true,
            Self::Vp8(descriptor) => descriptor.keyframe,
            Self::H264(nal) => nal.parameters,
            Self::Described(_, frame) => frame.is_entry(),
        }
    }
}

/// The payload types that one receiver uses for each codec, and for repairing it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PayloadTypes([Option<(u8, Option<u8>)>; CODECS.len()]);

impl PayloadTypes {
    /// Note the payload type of a codec and of its retransmissions.
    pub fn set(&mut self, codec: Codec, payload_type: u8, rtx: Option<u8>) {
        self.0[codec as usize] = Some((payload_type, rtx));
    }

    /// Payload type of the codec and of its retransmissions.
    #[must_use]
    pub fn get(&self, codec: Codec) -> Option<(u8, Option<u8>)> {
        self.0[codec as usize]
    }

    /// The first payload type of retransmissions, whatever they repair.
    #[must_use]
    pub fn repair(&self) -> Option<u8> {
        self.0.iter().flatten().find_map(|types| types.1)
    }
}

#[cfg(test)]
mod tests;
