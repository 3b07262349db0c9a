//! The copies: what arrived in this turn, for everyone who sees it.
//!
//! Laws: viewer by viewer, so that datagrams for one destination lie side by side and leave
//! together; nothing is allocated; a viewer without a path or keys costs one look. The packets are
//! read where the kernel put them, opened in place.

use crate::ice::Path;
use crate::media::codec::Media;
use crate::media::extension::AudioLevel;
use crate::media::outgoing::Outgoing;
use crate::media::rtp::RtpView;
use crate::media::slot::Inbound;
use crate::outbox::Outbox;
use crate::replay::Window;
use crate::session::SlotEntry;
use crate::source::Source;
use crate::srtp::Outbound;
use crate::table::Place;
use crate::world::World;

/// Packets of the history that a slot catches up with when its beginning came late.
const CATCH_UP: u64 = 256;

/// One packet of the turn.
#[derive(Clone, Copy)]
pub struct Packet {
    pub source: Place,
    /// The next packet of the same source.
    pub next: Option<usize>,
    /// Where it lies in the receive buffer.
    pub start: usize,
    pub end: usize,
    pub index: u64,
    /// The newest of its source when it came; higher than `index` for a late one.
    pub highest: u64,
    pub capture: u64,
    pub media: Media,
    pub audio_level: Option<AudioLevel>,
}

/// A way out to one viewer.
pub struct Exit<'a> {
    pub outbox: &'a mut Outbox,
    pub outbound: &'a Outbound,
    pub path: Path,
}

impl Exit<'_> {
    /// Write, seal and commit one packet; whether it went.
    pub fn send(&mut self, window: &mut Window, outgoing: &Outgoing, payload: &[u8]) -> bool {
        let space = self.outbox.space();
        let Some(length) = outgoing.write(payload, space) else {
            return false;
        };
        let number = if outgoing.original_sequence.is_some() {
            2
        } else {
            0
        };
        let header = length - payload.len() - number;
        match self.outbound.seal_rtp(window, space, header, length) {
            Ok(sealed) => {
                self.outbox.commit(self.path, sealed);
                true
            }
            Err(_) => false,
        }
    }
}

impl World {
    /// Copy the turn to its viewers; `bytes` is the receive buffer. Answers how many copies.
    pub fn forward(&mut self, now: u64, bytes: &[u8]) -> u64 {
        let mut copies = 0;
        for at in 0..self.dirty.len() {
            copies += self.forward_to(now, self.dirty[at], bytes);
        }
        self.dirty.clear();
        for packet in self.turn.drain(..) {
            if let Some(source) = self.sources.get_mut(packet.source) {
                source.turn = None;
            }
        }
        self.counters.forwarded.add(copies);
        copies
    }

    fn forward_to(&mut self, now: u64, viewer: Place, bytes: &[u8]) -> u64 {
        let Some(session) = self.sessions.get_mut(viewer) else {
            return 0;
        };
        session.dirty = false;
        let (Some(path), Some(outbound)) = (session.ice.path(), &session.outbound) else {
            return 0;
        };
        let mut exit = Exit {
            outbox: &mut self.outbox,
            outbound,
            path,
        };
        let mut copies = 0;
        for entry in &mut session.slots {
            let Some(source) = entry.shown.and_then(|place| self.sources.get(place)) else {
                continue;
            };
            let mut next = source.turn.map(|(first, _)| first);
            while let Some(packet) = next.and_then(|at| self.turn.get(at)) {
                next = packet.next;
                if exit.outbox.is_full() {
                    exit.outbox.flush(&self.sockets, &self.counters);
                }
                copies += copy(
                    now,
                    entry,
                    packet,
                    &bytes[packet.start..packet.end],
                    &mut exit,
                    source,
                );
            }
        }
        copies
    }
}

/// Copy one packet into one slot; more than one when the slot has to catch up.
fn copy(
    now: u64,
    entry: &mut SlotEntry,
    packet: &Packet,
    bytes: &[u8],
    exit: &mut Exit,
    source: &Source,
) -> u64 {
    let Ok(view) = RtpView::parse(bytes) else {
        return 0;
    };
    let inbound = Inbound {
        view: &view,
        index: packet.index,
        capture: packet.capture,
        media: packet.media,
        audio_level: packet.audio_level,
    };
    let Some(outgoing) = entry.media.forward(now, &inbound) else {
        return 0;
    };
    entry.sent(now);
    let mut copies = u64::from(exit.send(&mut entry.window, &outgoing, view.payload()));
    if outgoing.started {
        for index in packet.index + 1..=packet.highest.min(packet.index + CATCH_UP) {
            copies += u64::from(catch_up(
                now,
                entry,
                packet,
                view.header.timestamp,
                index,
                exit,
                source,
            ));
        }
    }
    copies
}

/// Hand a packet that came before the beginning of its run to the slot.
fn catch_up(
    now: u64,
    entry: &mut SlotEntry,
    first: &Packet,
    first_timestamp: u32,
    index: u64,
    exit: &mut Exit,
    source: &Source,
) -> bool {
    let Some((view, media)) = source.recall(index) else {
        return false;
    };
    let ticks = view
        .header
        .timestamp
        .wrapping_sub(first_timestamp)
        .cast_signed();
    let later = i64::from(ticks) * 1_000_000 / i64::from(source.kind.clock_rate());
    let capture = first.capture.saturating_add_signed(later).min(now);
    let inbound = Inbound {
        view: &view,
        index,
        capture,
        media,
        audio_level: None,
    };
    let outgoing = entry.media.forward(now, &inbound);
    outgoing.is_some_and(|outgoing| exit.send(&mut entry.window, &outgoing, view.payload()))
}
