//! The outside of a packet on its way to the viewer: everything but its number.
//!
//! Laws: the payload type is the viewer's; RED goes to who knows it, and only while its older blocks
//! lie within the present run, where they are the same source's and shifted alike. Of a picture
//! whose upper layers are left out, the last packet that goes out bears the marker.

use super::super::capture;
use super::super::codec::{Codec, Kind, Media};
use super::super::outgoing::{Described, OutHeader, Outgoing, Rewrite};
use super::super::packet_map::Segment;
use super::super::red::Red;
use super::{Assignment, Inbound, Slot};

impl Slot {
    /// Everything of a packet but its number.
    pub(super) fn dress(
        &self,
        now: u64,
        packet: &Inbound,
        assignment: &Assignment,
        segment: &Segment,
    ) -> Option<Outgoing> {
        let incoming = &packet.view.header;
        let mut outgoing = Outgoing::default();
        let mut marker = incoming.marker;
        let payload_type = match &packet.media {
            Media::Opus => self.type_of(Codec::Opus)?,
            Media::Red(red) => self.dress_red(red, incoming.timestamp, segment, &mut outgoing)?,
            Media::Vp8(descriptor) => {
                outgoing.rewrite = Rewrite::Vp8(segment.vp8.rewrite(descriptor));
                self.type_of(Codec::Vp8)?
            }
            Media::H264(_) => self.type_of(Codec::H264)?,
            Media::Described(codec, frame) => {
                marker |= self.thinning.ends_picture(frame);
                outgoing.described = Some(Described {
                    at: frame.at,
                    length: frame.length,
                    number: frame.number.wrapping_add(segment.frame),
                });
                self.type_of(*codec)?
            }
            Media::Padding => self.type_of(match self.config.kind {
                Kind::Audio => Codec::Opus,
                Kind::Video => Codec::Vp8,
            })?,
            Media::Unread(_) => return None,
        };
        outgoing.header = OutHeader {
            marker,
            payload_type,
            sequence: 0,
            timestamp: incoming.timestamp.wrapping_add(segment.timestamp_shift),
            ssrc: self.config.ssrc,
            csrc: assignment.csrc,
            ids: self.config.ids,
            mid: if self.mid_known {
                None
            } else {
                self.config.mid
            },
            audio_level: packet.audio_level,
            transport_sequence: None,
            abs_send_time: Some(abs_send_time(now)),
        };
        Some(outgoing)
    }

    fn type_of(&self, codec: Codec) -> Option<u8> {
        Some(self.config.payloads.get(codec)?.0)
    }

    /// RED as it is, or its primary block as plain Opus.
    fn dress_red(
        &self,
        red: &Red,
        timestamp: u32,
        segment: &Segment,
        outgoing: &mut Outgoing,
    ) -> Option<u8> {
        let opus = self.type_of(Codec::Opus)?;
        let age = timestamp.wrapping_sub(segment.from_timestamp);
        let own = age < 0x8000_0000 && red.reach <= age;
        if let Some(payload_type) = self.type_of(Codec::Red).filter(|_| own) {
            outgoing.rewrite = Rewrite::Red(red.older, opus);
            return Some(payload_type);
        }
        outgoing.skip = red.primary;
        Some(opus)
    }
}

/// 6.18 fixed point seconds of server time.
fn abs_send_time(now: u64) -> u32 {
    (capture::ntp(now) >> 14 & 0xff_ffff) as u32
}
