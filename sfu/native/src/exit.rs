//! The way out to one viewer: a packet is dressed for it, numbered, sealed and put beside the others, or waits for its turn.
//!
//! Laws: a transport-wide number is taken only by what leaves; a number of a stream is sealed once
//! (`window`). Sound never waits.

use crate::ice::Path;
use crate::media::codec::Kind;
use crate::media::outgoing::{Content, Outgoing};
use crate::media::pacer::Class;
use crate::outbox::Outbox;
use crate::replay::Window;
use crate::srtp::{MAX_OVERHEAD, Outbound};
use crate::way::{Held, Way};

/// Bytes of a header with its extensions, as a rule.
const HEADER: usize = 28;

/// A way out to one viewer.
pub struct Exit<'a> {
    pub outbox: &'a mut Outbox,
    pub outbound: &'a Outbound,
    pub path: Path,
    pub way: Option<&'a mut Way>,
    pub now: u64,
    /// The position of the slot that is at it.
    pub slot: usize,
}

impl Exit<'_> {
    /// Write, pad, seal and commit one packet; whether it went.
    pub fn send(
        &mut self,
        window: &mut Window,
        outgoing: &Outgoing,
        content: &Content,
        padding: u8,
    ) -> bool {
        let mut outgoing = *outgoing;
        let numbered = outgoing.header.ids.transport_cc != 0;
        let way = self.way.as_mut().filter(|_| numbered);
        outgoing.header.transport_sequence = way.as_ref().map(|way| way.upcoming());
        let space = self.outbox.space();
        let Some(length) = outgoing.write(content, space) else {
            return false;
        };
        let number = if outgoing.original_sequence.is_some() {
            2
        } else {
            0
        };
        let header = length - content.payload.len() - number;
        let padded = length + usize::from(padding);
        if padding > 0 {
            let Some(place) = space.get_mut(length..padded) else {
                return false;
            };
            place.fill(0);
            place[usize::from(padding) - 1] = padding;
            space[0] |= 0x20;
        }
        match self.outbound.seal_rtp(window, space, header, padded) {
            Ok(sealed) => {
                self.outbox.commit(self.path, sealed);
                if let Some(way) = way {
                    way.sent(self.now, sealed);
                }
                true
            }
            Err(_) => false,
        }
    }

    /// Whether a picture's packet has to wait for its turn; it is remembered if so.
    pub fn holds(&mut self, kind: Kind, outgoing: &Outgoing, length: usize) -> bool {
        let class = match kind {
            Kind::Audio => Class::Audio,
            Kind::Video => Class::Video,
        };
        let held = Held {
            slot: self.slot,
            sequence: outgoing.header.sequence,
            repair: false,
        };
        let now = self.now;
        let way = self.way.as_mut();
        way.is_some_and(|way| way.hold(now, class, length + HEADER + MAX_OVERHEAD, held))
    }
}
