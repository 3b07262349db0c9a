//! A slot: one stream towards one viewer, over whatever sources are shown in it.
//!
//! Laws: the slot has one timeline in server time. A source enters it at its capture time and keeps
//! its own RTP distances from then on; pictures are slewed towards the timeline, sound only where
//! it pauses (a decoder hears every other correction). Sequence numbers, `PictureID` and TL0PICIDX go
//! on without gaps; what the source lost stays a gap, so that it can be asked for. Video enters on
//! a keyframe, sound at once. Every packet names the participant (CSRC). A repair is made only from
//! the map of the present generation. Retransmissions never outnumber packets by more than
//! `REPAIR_CREDIT`.

mod dress;
mod padding;
mod repair;
mod run;

use super::capture;
use super::codec::{Codec, Kind, Media, PayloadTypes};
use super::descriptor::LayerId;
use super::extension::{AudioLevel, ExtensionIds};
use super::outgoing::{Mid, Outgoing, Rewrite};
use super::packet_map::PacketMap;
use super::rtcp::SenderInfo;
use super::rtp::RtpView;
use super::thinning::Thinning;
use super::timeline::Timeline;
use super::vp8::Continuity;
use super::window::Window;
pub use repair::Lookup;

/// A source that lost more than this at once begins anew.
const LONGEST_GAP: u64 = 512;
/// Retransmissions that may be owed to a viewer beyond one for each packet sent.
const REPAIR_CREDIT: u32 = 128;

/// What never changes about a slot. Random beginnings are drawn by whoever makes it.
#[derive(Debug, Clone, Copy)]
pub struct SlotConfig {
    pub kind: Kind,
    pub ssrc: u32,
    /// SSRC of retransmissions, 0 for none. Without it nothing is ever repaired: the same packet
    /// sealed twice with other extensions would use an SRTP nonce twice.
    pub rtx_ssrc: u32,
    pub payloads: PayloadTypes,
    pub ids: ExtensionIds,
    pub mid: Option<Mid>,
    pub first_sequence: u16,
    pub first_rtx_sequence: u16,
    pub first_timestamp: u32,
}

/// A packet of a source, as all of its slots see it.
#[derive(Debug, Clone, Copy)]
pub struct Inbound<'a> {
    pub view: &'a RtpView<'a>,
    /// Extended sequence number, from the source's `Receiver`.
    pub index: u64,
    /// Server time of capture, from the source's `CaptureClock`.
    pub capture: u64,
    pub media: Media,
    pub audio_level: Option<AudioLevel>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Assignment {
    source: u64,
    generation: u64,
    csrc: u32,
}

/// The newest packet of the present run.
#[derive(Debug, Clone, Copy)]
struct Head {
    index: u64,
    timestamp: u32,
    /// Not a probe that was left out: what follows it directly begins a frame.
    settled: bool,
}

/// One stream towards one viewer.
#[derive(Debug, Clone)]
pub struct Slot {
    config: SlotConfig,
    assignment: Option<Assignment>,
    /// `None` while nothing of the present source went out.
    head: Option<Head>,
    map: PacketMap,
    /// Numbers sent: sealing one twice would use an SRTP nonce twice.
    sent: Window,
    timeline: Timeline,
    continuity: Continuity,
    thinning: Thinning,
    /// Newest number of a frame by the dependency descriptor.
    frame: Option<u16>,
    /// `PictureID` of the VP8 frame that was left out last.
    left_out: Option<u16>,
    /// Number of the next packet if the source has no gap.
    next_number: u64,
    next_rtx: u16,
    credit: u32,
    packets: u32,
    octets: u32,
    mid_known: bool,
}

impl Slot {
    #[must_use]
    pub fn new(config: SlotConfig) -> Self {
        Self {
            config,
            assignment: None,
            head: None,
            map: PacketMap::default(),
            sent: Window::default(),
            timeline: Timeline::new(config.kind, config.first_timestamp),
            continuity: Continuity::default(),
            thinning: Thinning::default(),
            frame: None,
            left_out: None,
            // One cycle up, so that reordering at the very beginning has room below.
            next_number: 0x1_0000 + u64::from(config.first_sequence),
            next_rtx: config.first_rtx_sequence,
            credit: REPAIR_CREDIT,
            packets: 0,
            octets: 0,
            mid_known: false,
        }
    }

    #[must_use]
    pub fn config(&self) -> &SlotConfig {
        &self.config
    }

    /// Show a source from now on. The same source under the same generation changes nothing.
    pub fn assign(&mut self, source: u64, generation: u64, csrc: u32) {
        let assignment = Some(Assignment {
            source,
            generation,
            csrc,
        });
        if self.assignment != assignment {
            self.assignment = assignment;
            self.head = None;
        }
    }

    /// Show nothing.
    pub fn clear(&mut self) {
        self.assignment = None;
        self.head = None;
    }

    /// Packets of the source were withheld (mute, audience): what follows begins anew.
    pub fn interrupt(&mut self) {
        self.head = None;
    }

    /// The viewer reported on this stream, so it knows to which m-line it belongs.
    pub fn heard(&mut self) {
        self.mid_known = true;
    }

    /// Source and generation shown at present.
    #[must_use]
    pub fn shown(&self) -> Option<(u64, u64)> {
        self.assignment
            .map(|assignment| (assignment.source, assignment.generation))
    }

    /// Pass no more than these layers of a stream.
    pub fn limit(&mut self, most: LayerId) {
        self.thinning.limit(most);
    }

    /// Whether the slot needs a keyframe of its source.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.config.kind == Kind::Video && self.assignment.is_some() && self.head.is_none()
    }

    /// Whether the layer wanted, of the stream shown, begins only with a keyframe.
    #[must_use]
    pub fn awaits_layer(&self) -> bool {
        self.head.is_some() && self.thinning.awaits()
    }

    /// Take a packet of the source shown, new or late. `None`: not for this viewer.
    pub fn forward(&mut self, now: u64, packet: &Inbound) -> Option<Outgoing> {
        let assignment = self.assignment?;
        if matches!(packet.media, Media::Unread(_)) {
            return None;
        }
        if self
            .head
            .is_some_and(|head| packet.index > head.index + LONGEST_GAP)
        {
            self.head = None;
        }
        let index = packet.index;
        let (segment, started) = match self.head {
            None => (self.begin(now, &assignment, packet)?, true),
            Some(head) if index <= head.index => {
                let segment = *self.map.by_index(assignment.generation, index)?;
                if !self.thinning.passes_late(&packet.media) {
                    return None;
                }
                (segment, false)
            }
            Some(head) => (self.advance(now, head, packet)?, false),
        };
        let newest = started || self.head.is_some_and(|head| index > head.index);
        let number = segment.number_of(index);
        let mut outgoing = self.dress(now, packet, &assignment, &segment)?;
        if !self.timeline.accepts(now, outgoing.header.timestamp) || !self.sent.insert(number) {
            return None;
        }
        outgoing.header.sequence = low(number);
        outgoing.started = started;
        // A decoder takes the first packet of another voice as the beginning of speech.
        outgoing.header.marker |= started && self.config.kind == Kind::Audio;
        if started {
            self.map.begin(segment);
        }
        if newest {
            self.next_number = number + 1;
            self.head = Some(Head {
                index,
                timestamp: packet.view.header.timestamp,
                settled: true,
            });
        }
        self.note(packet, &outgoing);
        Some(outgoing)
    }

    /// Remember what went out.
    fn note(&mut self, packet: &Inbound, outgoing: &Outgoing) {
        self.timeline
            .sent(packet.capture, outgoing.header.timestamp);
        if let Rewrite::Vp8(rewrite) = &outgoing.rewrite {
            self.continuity.sent(rewrite);
        } else if let Some(described) = &outgoing.described {
            let newer = |last: u16| described.number.wrapping_sub(last) < 0x8000;
            if self.frame.is_none_or(newer) {
                self.frame = Some(described.number);
            }
        }
        self.packets = self.packets.wrapping_add(1);
        let octets = packet.view.payload().len().saturating_sub(outgoing.skip);
        let octets = u32::try_from(octets).unwrap_or(0);
        self.octets = self.octets.wrapping_add(octets);
        self.credit = (self.credit + 1).min(REPAIR_CREDIT);
    }

    /// What a sender report of this stream says now; `None` before the first packet.
    #[must_use]
    pub fn sender_report(&self, now: u64) -> Option<SenderInfo> {
        Some(SenderInfo {
            ntp: capture::ntp(now),
            rtp: self.timeline.at(now)?,
            packets: self.packets,
            octets: self.octets,
        })
    }
}

fn low(number: u64) -> u16 {
    (number & 0xffff) as u16
}

#[cfg(test)]
mod tests;
