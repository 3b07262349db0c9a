//! Answering what a viewer misses (RFC 4585, RFC 4588).
//!
//! Laws: a number is resolved through the map and only within the generation that is shown; the
//! caller checks the audience in between. A retransmission has its own SSRC, number and type, and
//! is else the packet that was lost.

use super::super::outgoing::Outgoing;
use super::{Inbound, Slot, low};

/// Where to find the packet behind a sequence number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lookup {
    pub source: u64,
    pub generation: u64,
    pub index: u64,
    /// The slot's own number, to be told to `repair`.
    pub number: u64,
}

impl Slot {
    /// Resolve a sequence number the viewer misses. `None`: not sent, too old, or of a generation
    /// that is no longer shown. The caller checks the audience and looks into the history.
    #[must_use]
    pub fn lookup(&self, sequence: u16) -> Option<Lookup> {
        let assignment = self.assignment?;
        let newest = self.next_number - 1;
        let behind = low(newest).wrapping_sub(sequence);
        let number = newest
            .checked_sub(u64::from(behind))
            .filter(|_| behind < 0x8000)?;
        let (segment, index) = self.map.by_number(number)?;
        (segment.generation == assignment.generation).then_some(Lookup {
            source: segment.source,
            generation: segment.generation,
            index,
            number,
        })
    }

    /// Make a packet that `forward` numbered, and that had to wait.
    #[must_use]
    pub fn delayed(&self, now: u64, found: &Lookup, packet: &Inbound) -> Option<Outgoing> {
        let assignment = self.assignment?;
        let (segment, index) = self.map.by_number(found.number)?;
        if assignment.generation != found.generation || index != packet.index {
            return None;
        }
        let mut outgoing = self.dress(now, packet, &assignment, segment)?;
        outgoing.header.sequence = low(found.number);
        Some(outgoing)
    }

    /// Make the retransmission of a packet that `lookup` named and the history held.
    pub fn repair(&mut self, now: u64, found: &Lookup, packet: &Inbound) -> Option<Outgoing> {
        let assignment = self.assignment?;
        if assignment.generation != found.generation || self.config.rtx_ssrc == 0 {
            return None;
        }
        let (segment, index) = self.map.by_number(found.number)?;
        if index != packet.index {
            return None;
        }
        let payload_type = self.config.payloads.get(packet.media.codec()?)?.1?;
        let mut outgoing = self.dress(now, packet, &assignment, segment)?;
        self.credit = self.credit.checked_sub(1)?;
        outgoing.original_sequence = Some(low(found.number));
        outgoing.header.ssrc = self.config.rtx_ssrc;
        outgoing.header.payload_type = payload_type;
        outgoing.header.sequence = self.next_rtx;
        self.next_rtx = self.next_rtx.wrapping_add(1);
        Some(outgoing)
    }
}
