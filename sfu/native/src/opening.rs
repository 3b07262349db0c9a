//! A slot begins with what is here already: the newest keyframe of its source, and all that came since.
//!
//! Laws: nothing goes out that came before the viewer belonged to the audience. The keyframe is no
//! older than `FRESH`, lies in the history, and no more than `LONGEST` packets follow it: more would
//! cost the viewer more than it gives. The slot begins with the layer aimed at, or with the best one
//! below. The packets go the way of all others, so the pacer sees them. A slot that was filled before its
//! viewer's way was nominated begins with the nomination.

use crate::exit::Exit;
use crate::forward::leave;
use crate::media::layers::LayerView;
use crate::media::slot::Inbound;
use crate::pace::list;
use crate::session::{Session, SlotEntry};
use crate::source::{Opening, Source};
use crate::table::Place;
use crate::world::World;

/// As long as the keyframe authority lets nobody ask again.
const FRESH: u64 = 500_000;
/// Packets of the history that follow the keyframe at most.
const LONGEST: u64 = 128;

impl World {
    /// Let the slots of those begin whose ways were nominated since, if they have keys.
    pub fn begin_nominated(&mut self, now: u64) {
        for viewer in std::mem::take(&mut self.nominated) {
            let slots = self.sessions.get(viewer).map(|session| &session.slots);
            let slots: Vec<u64> = slots.into_iter().flatten().map(|entry| entry.id).collect();
            for slot in slots {
                self.begin(now, viewer, slot);
            }
        }
    }

    /// Send a slot what is here already; where that is nothing, a keyframe is asked for.
    pub fn begin(&mut self, now: u64, viewer: Place, slot: u64) -> Option<()> {
        self.open(now, viewer, slot);
        let entry = self.sessions.get_mut(viewer)?.slot_mut(slot)?;
        let source = self.sources.get_mut(entry.shown?)?;
        if entry.waits(source) {
            source.keyframes.request();
            self.due.wake_by(now);
        }
        Some(())
    }

    /// Send a slot that waits what its source sent since its newest keyframe.
    fn open(&mut self, now: u64, viewer: Place, slot: u64) -> Option<()> {
        let id = self.id_of(viewer);
        let Session {
            ice,
            outbound,
            slots,
            way,
            ..
        } = self.sessions.get_mut(viewer)?;
        let (path, outbound) = (ice.path()?, outbound.as_ref()?);
        let (at, entry) = slots
            .iter_mut()
            .enumerate()
            .find(|(_, entry)| entry.id == slot)?;
        let source = self.sources.get(entry.shown?)?;
        if !entry.media.waits() || source.muted || !source.flowing {
            return None;
        }
        let since = *source.audience.get(&id)?;
        let (layer, opening) = find(now, since, &entry.layers, source)?;
        entry.layers.shown = layer;
        let mut exit = Exit {
            outbox: &mut self.outbox,
            outbound,
            path,
            way: way.as_deref_mut(),
            now,
            slot: at,
        };
        let last = source.layers.get(layer)?.highest()?;
        let mut copies = 0;
        for index in opening.index..=last {
            if exit.outbox.is_full() {
                exit.outbox.flush(&self.sockets, &self.counters);
            }
            copies += again(entry, source, &opening, index, &mut exit);
        }
        self.counters.forwarded.add(copies);
        self.counters.openings.add(u64::from(copies > 0));
        if let Some(way) = exit.way {
            list(&mut self.pacing, &mut self.pace_at, viewer, way);
        }
        Some(())
    }
}

/// The best layer that can be begun with, and where, for who may see the source since then.
fn find(now: u64, since: u64, view: &LayerView, source: &Source) -> Option<(usize, Opening)> {
    let aim = view.aim(&source.flows);
    let mut layers = (0..=aim).rev().filter(|&layer| source.flows.has(layer));
    layers.find_map(|number| {
        let layer = source.layers.get(number)?;
        let opening = layer.opening?;
        let fresh = opening.at >= since && now.saturating_sub(opening.at) <= FRESH;
        let short = layer.highest()?.checked_sub(opening.index)? <= LONGEST;
        (fresh && short && source.recall(opening.index).is_some()).then_some((number, opening))
    })
}

/// Copy one packet of the history into the slot.
fn again(
    entry: &mut SlotEntry,
    source: &Source,
    opening: &Opening,
    index: u64,
    exit: &mut Exit,
) -> u64 {
    let Some((view, media)) = source.recall(index) else {
        return 0;
    };
    let ticks = view.header.timestamp.wrapping_sub(opening.timestamp);
    let later = i64::from(ticks.cast_signed()) * 1_000_000 / i64::from(source.kind.clock_rate());
    let inbound = Inbound {
        view: &view,
        index,
        capture: opening.capture.saturating_add_signed(later).min(exit.now),
        media,
        audio_level: None,
    };
    let half = source.costs.half(&entry.layers);
    entry
        .media
        .limit(entry.layers.limit(source.layers.len(), half));
    let Some(outgoing) = entry.media.forward(exit.now, &inbound) else {
        return 0;
    };
    entry.sent(exit.now);
    leave(entry, &outgoing, &view, 0, exit)
}

#[cfg(test)]
mod chance;
#[cfg(test)]
mod nominated;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
