//! RTP header extensions (RFC 8285): which id means what, and walking the elements.
//!
//! Laws: ids are per session, because every offer numbers them anew; id 0 means "not negotiated".
//! A walk ends at the first element that lies about its length; what came before it counts.

const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
const RID: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
const REPAIRED_RID: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
const AUDIO_LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
const TRANSPORT_CC: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
const ABS_SEND_TIME: &str = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";

const DESCRIPTOR: &str =
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";

/// Profile of one-byte elements.
pub const ONE_BYTE: u16 = 0xbede;
/// Profile of two-byte elements, without its four "appbits".
pub const TWO_BYTE: u16 = 0x1000;

/// The ids one session negotiated; 0 where it did not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExtensionIds {
    pub mid: u8,
    pub rid: u8,
    pub repaired_rid: u8,
    pub audio_level: u8,
    pub transport_cc: u8,
    pub abs_send_time: u8,
    /// The dependency descriptor (AV1 RTP specification, appendix A).
    pub descriptor: u8,
}

impl ExtensionIds {
    /// Note the id of a URI; unknown URIs are ignored.
    pub fn set(&mut self, id: u8, uri: &str) {
        match uri {
            MID => self.mid = id,
            RID => self.rid = id,
            REPAIRED_RID => self.repaired_rid = id,
            AUDIO_LEVEL => self.audio_level = id,
            TRANSPORT_CC => self.transport_cc = id,
            ABS_SEND_TIME => self.abs_send_time = id,
            DESCRIPTOR => self.descriptor = id,
            _ => {}
        }
    }
}

/// A walk over the elements of one header extension.
#[derive(Debug, Clone, Default)]
pub struct Elements<'a> {
    two_byte: bool,
    rest: &'a [u8],
}

impl<'a> Elements<'a> {
    /// Walk `bytes` of an extension with this profile; a foreign profile has no elements.
    #[must_use]
    pub fn new(profile: u16, bytes: &'a [u8]) -> Self {
        match profile {
            ONE_BYTE => Self {
                two_byte: false,
                rest: bytes,
            },
            _ if profile & 0xfff0 == TWO_BYTE => Self {
                two_byte: true,
                rest: bytes,
            },
            _ => Self::default(),
        }
    }

    fn next_short(first: u8, rest: &'a [u8]) -> Option<(u8, &'a [u8], &'a [u8])> {
        let id = first >> 4;
        // RFC 8285, 4.2: id 0 with a length, and id 15, end the walk.
        if id == 0 || id == 15 {
            return None;
        }
        let (value, rest) = rest.split_at_checked(usize::from(first & 0x0f) + 1)?;
        Some((id, value, rest))
    }

    fn next_long(id: u8, rest: &'a [u8]) -> Option<(u8, &'a [u8], &'a [u8])> {
        let (&length, rest) = rest.split_first()?;
        let (value, rest) = rest.split_at_checked(usize::from(length))?;
        Some((id, value, rest))
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (&first, rest) = self.rest.split_first()?;
            self.rest = rest;
            if first == 0 {
                continue; // padding between elements
            }
            let element = if self.two_byte {
                Self::next_long(first, rest)
            } else {
                Self::next_short(first, rest)
            };
            let Some((id, value, rest)) = element else {
                self.rest = &[];
                return None;
            };
            self.rest = rest;
            return Some((id, value));
        }
    }
}

/// RFC 6464: the level of one audio packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioLevel {
    /// What the sender's voice detector says; not to be trusted.
    pub voice: bool,
    /// 0 (loudest) to 127 (silence), in -dBov.
    pub level: u8,
}

/// The extensions of one packet that we know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extensions<'a> {
    pub mid: Option<&'a [u8]>,
    pub rid: Option<&'a [u8]>,
    pub repaired_rid: Option<&'a [u8]>,
    pub audio_level: Option<AudioLevel>,
    pub transport_sequence: Option<u16>,
    /// 24 bits, 6.18 fixed point seconds.
    pub abs_send_time: Option<u32>,
    pub descriptor: Option<&'a [u8]>,
}

impl<'a> Extensions<'a> {
    pub(crate) fn read(elements: Elements<'a>, ids: ExtensionIds) -> Self {
        let mut found = Self::default();
        for (id, value) in elements {
            if id == ids.mid {
                found.mid = Some(value);
            } else if id == ids.rid {
                found.rid = Some(value);
            } else if id == ids.repaired_rid {
                found.repaired_rid = Some(value);
            } else if id == ids.audio_level {
                found.audio_level = value.first().map(|byte| AudioLevel {
                    voice: byte & 0x80 != 0,
                    level: byte & 0x7f,
                });
            } else if id == ids.transport_cc {
                found.transport_sequence =
                    value.first_chunk().map(|pair| u16::from_be_bytes(*pair));
            } else if id == ids.descriptor {
                found.descriptor = Some(value);
            } else if id == ids.abs_send_time {
                found.abs_send_time = value
                    .first_chunk::<3>()
                    .map(|three| u32::from_be_bytes([0, three[0], three[1], three[2]]));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests;
