//! The copies: what arrived in this turn, for everyone who sees it.
//!
//! Laws: viewer by viewer, so that datagrams for one destination lie side by side and leave
//! together; nothing is allocated; a viewer without a path or keys costs one look. The packets are
//! read where the kernel put them, opened in place.

use crate::counters::Counters;
use crate::ice::Path;
use crate::media::codec::{Kind, Media};
use crate::media::extension::AudioLevel;
use crate::media::outgoing::{Content, Outgoing};
use crate::media::pacer::Class;
use crate::media::rtp::RtpView;
use crate::media::slot::Inbound;
use crate::outbox::Outbox;
use crate::pace::list;
use crate::replay::Window;
use crate::session::SlotEntry;
use crate::source::Source;
use crate::srtp::{MAX_OVERHEAD, Outbound};
use crate::table::Place;
use crate::way::{Held, Way};
use crate::world::World;

/// Packets of the history that a slot catches up with when its beginning came late.
const CATCH_UP: u64 = 256;
/// Padding is at most one part in this many.
const PADDING_SHARE: usize = 34;
/// Bytes of a header with its extensions, as a rule.
const HEADER: usize = 28;

/// One packet of the turn.
#[derive(Clone, Copy)]
pub struct Packet {
    pub source: Place,
    pub layer: usize,
    /// The next packet of the same layer.
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
    /// Bytes of media.
    pub payload: usize,
    /// Bytes of padding that make it as long as its neighbours.
    pub padding: u8,
}

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
    fn holds(&mut self, kind: Kind, outgoing: &Outgoing, length: usize) -> bool {
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

impl World {
    /// Copy the turn to its viewers; `bytes` is the receive buffer. Answers how many copies.
    pub fn forward(&mut self, now: u64, bytes: &[u8]) -> u64 {
        let mut copies = 0;
        self.equalise();
        for at in 0..self.dirty.len() {
            copies += self.forward_to(now, self.dirty[at], bytes);
            if self.outbox.is_enough() {
                self.outbox.flush(&self.sockets, &self.counters);
            }
        }
        self.dirty.clear();
        for packet in self.turn.drain(..) {
            let source = self.sources.get_mut(packet.source);
            if let Some(layer) = source.and_then(|source| source.layers.get_mut(packet.layer)) {
                layer.turn = None;
            }
        }
        self.counters.forwarded.add(copies);
        copies
    }

    /// Pad the pictures of the turn to equal lengths where that costs little: a browser cuts a
    /// frame into parts that differ by a byte, and only equal ones leave in one message.
    fn equalise(&mut self) {
        for at in 0..self.turn.len() {
            let Packet { source, layer, .. } = self.turn[at];
            let source = self.sources.get(source);
            let is_first = source
                .filter(|source| source.kind == Kind::Video)
                .and_then(|source| source.layers.get(layer)?.turn)
                .is_some_and(|(first, _)| first == at);
            if is_first {
                equalise(&mut self.turn, at);
            }
        }
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
            way: session.way.as_deref_mut(),
            now,
            slot: 0,
        };
        let mut copies = 0;
        for (slot, entry) in session.slots.iter_mut().enumerate() {
            exit.slot = slot;
            let Some(source) = entry.shown.and_then(|place| self.sources.get(place)) else {
                continue;
            };
            let mut next = begin(entry, source, &self.turn, &self.counters);
            while let Some(packet) = next.and_then(|at| self.turn.get(at)) {
                if exit.outbox.is_full() {
                    exit.outbox.flush(&self.sockets, &self.counters);
                }
                let bytes = &bytes[packet.start..packet.end];
                let sent = copy(now, entry, packet, bytes, &mut exit, source);
                self.counters.withheld.add(u64::from(sent == 0));
                copies += sent;
                next = packet.next;
            }
        }
        if let Some(way) = exit.way {
            list(&mut self.pacing, &mut self.pace_at, viewer, way);
        }
        copies
    }
}

/// The first packet of the turn that a slot takes. The slot changes over to the layer it aims at
/// when a keyframe of that begins in this turn, and leaves out what of the old layer is left.
fn begin(
    entry: &mut SlotEntry,
    source: &Source,
    turn: &[Packet],
    counters: &Counters,
) -> Option<usize> {
    let first = |layer: usize| Some(source.layers.get(layer)?.turn?.0);
    entry.media.limit(
        entry
            .layers
            .limit(source.layers.len(), source.costs.half(&entry.layers)),
    );
    if source.layers.len() == 1 {
        return first(0);
    }
    let aim = entry.layers.aim(&source.flows);
    if entry.media.waits() {
        // Small is better than nothing: the layer aimed at may be on its way, or paused just now.
        let enters = |&layer: &usize| entry_of(first(layer), turn).is_some();
        entry.layers.shown = (0..=aim).rev().find(enters).unwrap_or(aim);
        return first(entry.layers.shown);
    }
    if aim == entry.layers.shown {
        return first(aim);
    }
    if let Some(at) = entry_of(first(aim), turn) {
        entry.layers.shown = aim;
        entry.media.interrupt();
        counters.layer_switches.one();
        return Some(at);
    }
    first(entry.layers.shown)
}

/// The first packet, from this one on, that a decoder can begin with.
fn entry_of(first: Option<usize>, turn: &[Packet]) -> Option<usize> {
    let mut next = first;
    while let Some(at) = next {
        let packet = turn.get(at)?;
        if packet.media.is_entry() {
            return Some(at);
        }
        next = packet.next;
    }
    None
}

/// Pad the packets of one source, from `first` on, in groups whose lengths differ little. The last
/// of a group may be shorter as it is.
fn equalise(turn: &mut [Packet], first: usize) {
    let mut start = Some(first);
    while let Some(begin) = start {
        let (mut least, mut most) = (turn[begin].payload, turn[begin].payload);
        let mut end = turn[begin].next;
        while let Some(at) = end {
            let (lower, upper) = (least.min(turn[at].payload), most.max(turn[at].payload));
            if (upper - lower) * PADDING_SHARE > upper {
                break;
            }
            (least, most) = (lower, upper);
            end = turn[at].next;
        }
        let mut at = begin;
        while let Some(next) = turn[at].next.filter(|&next| Some(next) != end) {
            turn[at].padding = u8::try_from(most - turn[at].payload).unwrap_or(0);
            at = next;
        }
        start = end;
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
    let mut copies = leave(entry, &outgoing, &view, packet.padding, exit);
    if outgoing.started {
        for index in packet.index + 1..=packet.highest.min(packet.index + CATCH_UP) {
            copies += catch_up(
                now,
                entry,
                packet,
                view.header.timestamp,
                index,
                exit,
                source,
            );
        }
    }
    copies
}

/// Send one packet, or let it wait for its turn.
pub fn leave(
    entry: &mut SlotEntry,
    outgoing: &Outgoing,
    view: &RtpView,
    padding: u8,
    exit: &mut Exit,
) -> u64 {
    let kind = entry.media.config().kind;
    let content = outgoing.content(view);
    let held = exit.holds(kind, outgoing, content.payload.len() + usize::from(padding));
    u64::from(held || exit.send(&mut entry.window, outgoing, &content, padding))
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
) -> u64 {
    let Some((view, media)) = source.recall(index) else {
        return 0;
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
    outgoing.map_or(0, |outgoing| leave(entry, &outgoing, &view, 0, exit))
}

#[cfg(test)]
mod tests {
    use super::{Packet, equalise};
    use crate::media::codec::Media;

    fn padded(lengths: &[usize]) -> Vec<usize> {
        let mut turn: Vec<Packet> = (1..)
            .zip(lengths)
            .map(|(next, &payload)| Packet {
                source: 0,
                layer: 0,
                next: (next < lengths.len()).then_some(next),
                start: 0,
                end: 0,
                index: 0,
                highest: 0,
                capture: 0,
                media: Media::Padding,
                audio_level: None,
                payload,
                padding: 0,
            })
            .collect();
        equalise(&mut turn, 0);
        turn.iter()
            .map(|packet| packet.payload + usize::from(packet.padding))
            .collect()
    }

    #[test]
    fn nearly_equal_parts_of_a_frame_become_equal() {
        assert_eq!(padded(&[1000, 1000, 1001, 1001]), [1001; 4]);
        assert_eq!(padded(&[1000, 1001, 990]), [1001, 1001, 990]);
        assert_eq!(padded(&[700]), [700]);
    }

    #[test]
    fn unequal_packets_are_left_alone() {
        assert_eq!(padded(&[1000, 500, 1000]), [1000, 500, 1000]);
        assert_eq!(padded(&[100, 104, 100]), [100, 104, 100]);
        assert_eq!(
            padded(&[1000, 1001, 300, 301, 299]),
            [1001, 1001, 301, 301, 299]
        );
    }
}
