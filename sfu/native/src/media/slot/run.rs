//! A run: packets of one source whose numbers and timestamps are shifted alike.
//!
//! Laws: a run begins where a decoder can; what is left out of it (probes, layers that are not
//! wanted) leaves no gap in the numbers, and no gap in VP8's `PictureID`. A hole that the source
//! left keeps its number, so that it can be asked for.

use super::super::codec::Media;
use super::super::packet_map::Segment;
use super::super::timeline::Frame;
use super::super::vp8::Shift;
use super::{Assignment, Head, Inbound, Slot};

impl Slot {
    /// The segment that a run beginning with this packet has, if it may begin.
    pub(super) fn begin(
        &mut self,
        now: u64,
        assignment: &Assignment,
        packet: &Inbound,
    ) -> Option<Segment> {
        if !packet.media.is_entry() || !self.knows(&packet.media) {
            return None;
        }
        let (mut vp8, mut frame) = (Shift::default(), 0);
        match &packet.media {
            Media::Vp8(descriptor) => vp8 = self.continuity.follow(descriptor),
            Media::Described(_, first) => {
                frame = self
                    .frame
                    .map_or(0, |last| last.wrapping_add(1).wrapping_sub(first.number));
            }
            _ => {}
        }
        self.thinning.begin(&packet.media);
        self.left_out = None;
        let timestamp = packet.view.header.timestamp;
        Some(Segment {
            source: assignment.source,
            generation: assignment.generation,
            from_index: packet.index,
            from_number: self.next_number,
            from_timestamp: timestamp,
            timestamp_shift: self.timeline.enter(now, packet.capture, timestamp),
            vp8,
            frame,
        })
    }

    /// Whether the viewer knows what this packet carries.
    fn knows(&self, media: &Media) -> bool {
        let known = |codec| self.config.payloads.get(codec).is_some();
        media.codec().is_none_or(|codec| {
            known(codec) || matches!(media, Media::Red(_)) && known(super::Codec::Opus)
        })
    }

    /// The segment of a packet behind the head; `None` for what is left out.
    pub(super) fn advance(&mut self, now: u64, head: Head, packet: &Inbound) -> Option<Segment> {
        let mut segment = *self.map.newest()?;
        if packet.media == Media::Padding {
            self.leave_out(head, packet, segment, false);
            return None;
        }
        if !self.thinning.passes(&packet.media) {
            if let Media::Vp8(descriptor) = &packet.media
                && let Some(picture) = descriptor.picture
                && self.left_out.replace(picture.id) != Some(picture.id)
            {
                segment.vp8 = segment.vp8.without_a_picture();
            }
            self.leave_out(head, packet, segment, true);
            return None;
        }
        let timestamp = packet.view.header.timestamp;
        if timestamp == head.timestamp {
            return Some(segment);
        }
        let pause = timestamp.wrapping_sub(head.timestamp);
        let follows = head.settled && packet.index == head.index + 1;
        let shift = segment.timestamp_shift;
        let planned = timestamp.wrapping_add(shift);
        let frame = Frame {
            capture: packet.capture,
            planned,
            pause,
            follows,
        };
        if let Some(correction) = self.timeline.correct(now, &frame) {
            segment.from_number = segment.number_of(packet.index);
            segment.from_index = packet.index;
            segment.from_timestamp = timestamp;
            segment.timestamp_shift = shift.wrapping_add(correction);
            self.map.begin(segment);
        }
        Some(segment)
    }

    /// The packet gets no number; those behind it go on as if it had not been.
    fn leave_out(&mut self, head: Head, packet: &Inbound, mut segment: Segment, settled: bool) {
        segment.from_number = segment.number_of(packet.index);
        segment.from_index = packet.index + 1;
        self.map.begin(segment);
        self.next_number = segment.from_number;
        self.head = Some(Head {
            index: packet.index,
            settled,
            ..head
        });
    }
}
