//! The copies: what arrived in this turn, for everyone who sees it.
//!
//! Laws: viewer by viewer, so that datagrams for one destination lie side by side and leave
//! together; nothing is allocated; a viewer without a path or keys costs one look. The packets are
//! read where the kernel put them, opened in place.

use crate::counters::Counters;
use crate::exit::Exit;
use crate::media::codec::Kind;
use crate::media::outgoing::Outgoing;
use crate::media::rtp::RtpView;
use crate::media::slot::Inbound;
use crate::pace::list;
use crate::session::SlotEntry;
use crate::source::Source;
use crate::table::Place;
use crate::turn::{Packet, equalise};
use crate::world::World;

/// Packets of the history that a slot catches up with when its beginning came late.
const CATCH_UP: u64 = 256;

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
            let shown = entry.shown.and_then(|place| self.sources.get(place));
            let Some(source) = shown.filter(|source| source.came()) else {
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
mod tests;
