//! The outside of a packet on its way to the viewer: everything but its number.

use super::super::capture;
use super::super::codec::{Codec, Kind, Media};
use super::super::outgoing::{OutHeader, Outgoing};
use super::super::packet_map::Segment;
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
        let codec = match packet.media {
            Media::Opus => Codec::Opus,
            Media::Vp8(_) => Codec::Vp8,
            Media::Padding => match self.config.kind {
                Kind::Audio => Codec::Opus,
                Kind::Video => Codec::Vp8,
            },
        };
        let (payload_type, _) = self.config.payloads.get(codec)?;
        let incoming = &packet.view.header;
        let header = OutHeader {
            marker: incoming.marker,
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
        let vp8 = match &packet.media {
            Media::Vp8(descriptor) => Some(segment.vp8.rewrite(descriptor)),
            Media::Opus | Media::Padding => None,
        };
        Some(Outgoing {
            header,
            original_sequence: None,
            vp8,
            started: false,
        })
    }
}

/// 6.18 fixed point seconds of server time.
fn abs_send_time(now: u64) -> u32 {
    (capture::ntp(now) >> 14 & 0xff_ffff) as u32
}
