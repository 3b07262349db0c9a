//! Packets that had to wait for their turn with a viewer, and the padding of probes.
//!
//! Laws: a viewer is on the list while something waits for it, once. What leaves is looked up in
//! the source's history, and the audience asked again, at that moment: who lost a right is sent
//! nothing that waited. One viewer's queue delays no other's.

use crate::exit::Exit;
use crate::media::codec::Media;
use crate::media::outgoing::Content;
use crate::media::pacer::Leaving;
use crate::media::rtp::RtpView;
use crate::media::slot::{Inbound, Lookup};
use crate::session::{Session, SlotEntry};
use crate::source::Source;
use crate::table::{Place, Table};
use crate::way::{Held, Way};
use crate::world::World;

/// The thread looks again after this long at the earliest: what is due meanwhile leaves together.
const STEP: u64 = 1_000;

/// Put a viewer on the list of those for whom packets wait.
pub fn list(pacing: &mut Vec<Place>, pace_at: &mut u64, place: Place, way: &mut Way) {
    if let Some(at) = way.deadline() {
        *pace_at = at.min(*pace_at);
        if !std::mem::replace(&mut way.listed, true) {
            pacing.push(place);
        }
    }
}

/// The packet behind a number of a slot, if the viewer may still have it.
#[must_use]
pub fn recall<'a>(
    viewer: u64,
    sources: &'a Table<Source>,
    entry: &SlotEntry,
    sequence: u16,
) -> Option<(Lookup, RtpView<'a>, Media)> {
    let found = entry.media.lookup(sequence)?;
    let source = sources.get(entry.shown?)?;
    let allowed = source.id == found.source && !source.muted && source.is_for(viewer);
    if !allowed {
        return None;
    }
    let (view, media) = source.recall(found.index)?;
    Some((found, view, media))
}

/// Send what was recalled, late or again.
pub fn resend(
    entry: &mut SlotEntry,
    held: Held,
    recalled: &(Lookup, RtpView, Media),
    exit: &mut Exit,
) -> Option<()> {
    let (found, view, media) = recalled;
    let inbound = Inbound {
        view,
        index: found.index,
        capture: exit.now,
        media: *media,
        audio_level: None,
    };
    let (outgoing, window) = if held.repair {
        let outgoing = entry.media.repair(exit.now, found, &inbound)?;
        (outgoing, &mut entry.rtx_window)
    } else {
        let outgoing = entry.media.delayed(exit.now, found, &inbound)?;
        (outgoing, &mut entry.window)
    };
    exit.send(window, &outgoing, &outgoing.content(view), 0)
        .then_some(())
}

impl World {
    /// Let leave what is due, viewer by viewer.
    pub fn pace(&mut self, now: u64) {
        self.pace_at = u64::MAX;
        let mut at = 0;
        while let Some(&place) = self.pacing.get(at) {
            if let Some(next) = self.release(now, place) {
                self.pace_at = self.pace_at.min(next.max(now + STEP));
                at += 1;
            } else {
                self.pacing.swap_remove(at);
            }
        }
    }

    /// Let leave what is due for one viewer; when the next is due, if anything waits still.
    fn release(&mut self, now: u64, place: Place) -> Option<u64> {
        let viewer = self.id_of(place);
        let Session {
            ice,
            outbound,
            slots,
            way,
            ..
        } = self.sessions.get_mut(place)?;
        let way = way.as_deref_mut()?;
        while let Some(leaving) = way.poll(now) {
            let (Some(path), Some(outbound)) = (ice.path(), outbound.as_ref()) else {
                continue;
            };
            if self.outbox.is_full() {
                self.outbox.flush(&self.sockets, &self.counters);
            }
            let mut exit = Exit {
                outbox: &mut self.outbox,
                outbound,
                path,
                way: Some(&mut *way),
                now,
                slot: 0,
            };
            match leaving {
                Leaving::Packet { item, .. } => {
                    self.counters.paced.one();
                    if let Some(entry) = slots.get_mut(item.slot)
                        && let Some(found) = recall(viewer, &self.sources, entry, item.sequence)
                    {
                        let done = resend(entry, item, &found, &mut exit).is_some();
                        self.counters
                            .retransmitted
                            .add(u64::from(done && item.repair));
                    }
                }
                Leaving::Padding { bytes, .. } => {
                    if pad(slots, bytes, &mut exit).is_some() {
                        self.counters.probes_out.one();
                    }
                }
            }
        }
        self.counters.dropped_paced.add(way.take_dropped());
        let next = way.deadline();
        way.listed = next.is_some();
        next
    }
}

/// Send padding in the first slot that can carry it.
fn pad(slots: &mut [SlotEntry], bytes: usize, exit: &mut Exit) -> Option<()> {
    let mut slots = slots.iter_mut();
    let entry = slots.find(|entry| entry.media.carries_padding(exit.now))?;
    let outgoing = entry.media.padding(exit.now)?;
    let bytes = u8::try_from(bytes).unwrap_or(u8::MAX);
    exit.send(&mut entry.rtx_window, &outgoing, &Content::default(), bytes)
        .then_some(())
}
