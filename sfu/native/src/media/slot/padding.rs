//! Packets without media, to try what the way carries (RFC 4588 streams carry padding, too).
//!
//! Laws: they go on the stream of retransmissions, so that no number of the media is used up, and
//! only once media was sent and the viewer tells of arrivals.

use super::super::codec::Kind;
use super::super::outgoing::{OutHeader, Outgoing};
use super::Slot;

impl Slot {
    /// Whether padding would serve anything here.
    #[must_use]
    pub fn carries_padding(&self, now: u64) -> bool {
        let config = &self.config;
        let repairs = config.payloads.repair().is_some();
        config.kind == Kind::Video
            && config.rtx_ssrc != 0
            && config.ids.transport_cc != 0
            && repairs
            && self.timeline.at(now).is_some()
    }

    /// A packet to be filled with padding.
    pub fn padding(&mut self, now: u64) -> Option<Outgoing> {
        let config = &self.config;
        let header = OutHeader {
            payload_type: config.payloads.repair()?,
            sequence: self.next_rtx,
            timestamp: self.timeline.at(now)?,
            ssrc: config.rtx_ssrc,
            ids: config.ids,
            mid: if self.mid_known { None } else { config.mid },
            ..OutHeader::default()
        };
        self.next_rtx = self.next_rtx.wrapping_add(1);
        Some(Outgoing {
            header,
            ..Outgoing::default()
        })
    }
}
