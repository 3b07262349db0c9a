//! The recorder's tap: what consenting people send, as frames, to the process that writes files.
//!
//! Laws: a recorder is a viewer in every source's audience, asked at every packet; who is not in it,
//! or is muted, gives nothing, and who leaves it is cut there and taken out of what still waits. One
//! layer of a source is aimed at; another stands in while that does not flow, and of one stream all
//! of them are taken. Packets are read from the source's history in their order: one that is missing
//! is waited for, `WAIT` at most, then it is a gap. Forwarding knows nothing of all this, and nothing
//! here waits for a file.

use std::fs::File;

use crate::command::AddTap;
use crate::counters::Counters;
use crate::events::Event;
use crate::media::capture::SenderClock;
use crate::media::codec::Kind;
use crate::media::layers::LayerView;
use crate::source::Source;
use crate::table::Table;
use crate::world::World;

use frame::{Assembler, code};
use ring::{Label, Ring};
use stamp::Stamp;

mod avc;
mod frame;
mod obus;
mod ring;
mod stamp;
mod superframe;

/// A repair comes within this time, or not any more. Sound is not repaired, only out of order.
const WAIT: u64 = 400_000;
const SOUND_WAIT: u64 = 60_000;
/// Packets that are looked for; a history holds no more.
const SPAN: u64 = 1_024;
/// Sources of one recorder.
const MAX_TAPS: usize = 2_048;
/// Distance of telling Python about drops.
const TELL: u64 = 1_000_000;
/// What waits when a recorder is closed is given this long.
const LINGER: u64 = 5_000_000;

/// One source that is recorded.
struct Tap {
    source: u64,
    file: u32,
    track: u8,
    layers: LayerView,
    /// The next packet of the layer shown; `None` while nothing may be taken, or came yet.
    next: Option<u64>,
    /// It was let in before the source's first packet, so all of them are for it.
    first: bool,
    /// The layer aimed at, and from where on its keyframe is looked for.
    aimed: (usize, u64),
    missing_since: Option<u64>,
    frames: Assembler,
    stamp: Stamp,
}

/// One recording.
pub struct Recorder {
    id: u64,
    pipe: Option<File>,
    ring: Ring,
    taps: Vec<Tap>,
    /// Frames of each track so far; a track outlives a source.
    numbers: Vec<((u32, u8), u32)>,
    told: u64,
    tell_at: u64,
    close_at: Option<u64>,
}

/// All recordings of a plane.
pub type Recorders = Table<Recorder>;

impl Tap {
    fn cut(&mut self) {
        self.next = None;
        self.first = false;
        self.missing_since = None;
        self.frames.gap();
        self.stamp.gap();
    }

    /// Begin, or change over to the layer that is aimed at; the packets before are nobody's.
    fn follow(&mut self, source: &mut Source) {
        // The layers of one stream are told apart where its frames are put together.
        let aim = match source.layers.len() {
            1 => 0,
            _ => self.layers.aim(&source.flows),
        };
        let top = |layer: usize| {
            source
                .layers
                .get(layer)
                .and_then(crate::source::Layer::highest)
        };
        if self.next.is_none() {
            self.layers.shown = aim;
            self.next = top(aim).map(|highest| {
                let from = highest.saturating_sub(SPAN - 1);
                let first = |&index: &u64| self.first && source.recall(index).is_some();
                (from..=highest).find(first).unwrap_or(highest + 1)
            });
            self.first = (0..source.layers.len()).all(|layer| top(layer).is_none());
            self.aimed = (aim, 0);
            return;
        }
        if aim == self.layers.shown {
            self.aimed = (aim, 0);
            return;
        }
        let Some(highest) = top(aim) else {
            return;
        };
        if self.aimed.0 != aim {
            self.aimed = (aim, highest + 1);
        }
        let from = self.aimed.1.max(highest.saturating_sub(SPAN - 1));
        let is_entry = |&index: &u64| {
            source
                .recall(index)
                .is_some_and(|(_, media)| media.is_entry())
        };
        let entry = (from..=highest).find(is_entry);
        self.aimed.1 = highest + 1;
        if let Some(entry) = entry {
            self.layers.shown = aim;
            self.next = Some(entry);
            self.missing_since = None;
            self.frames.gap();
            self.stamp.gap();
        } else {
            source.keyframes.request();
        }
    }

    /// Step over a packet that is missing: wait for it, or go on behind the gap.
    fn missing(&mut self, now: u64, source: &Source, at: u64, highest: u64) -> Option<u64> {
        let wait = match source.kind {
            Kind::Audio => SOUND_WAIT,
            Kind::Video => WAIT,
        };
        let since = *self.missing_since.get_or_insert(now);
        if highest - at < SPAN && now.saturating_sub(since) < wait {
            return None;
        }
        self.missing_since = None;
        self.frames.gap();
        let from = at.max(highest.saturating_sub(SPAN - 1));
        let found = (from..=highest).find(|&index| source.recall(index).is_some());
        Some(found.unwrap_or(highest + 1))
    }
}

impl Recorder {
    fn new(id: u64, pipe: File, capacity: usize) -> Self {
        Self {
            id,
            pipe: Some(pipe),
            ring: Ring::new(capacity),
            taps: Vec::new(),
            numbers: Vec::new(),
            told: 0,
            tell_at: 0,
            close_at: None,
        }
    }

    /// Whether it may have a packet of this source now.
    fn may_take(&self, source: &Source) -> bool {
        !source.muted && source.is_for(self.id)
    }

    /// Take what came of one source; answers how many frames.
    fn take(&mut self, now: u64, at: usize, source: &mut Source, clock: &SenderClock) -> u64 {
        let mut count = 0;
        if !self.may_take(source) {
            self.taps[at].cut();
            return 0;
        }
        self.taps[at].follow(source);
        while self.may_take(source) {
            let tap = &mut self.taps[at];
            let layer = source.layers.get(tap.layers.shown);
            let highest = layer.and_then(crate::source::Layer::highest);
            let (Some(next), Some(highest)) = (tap.next, highest) else {
                break;
            };
            if next > highest {
                break;
            }
            let Some((view, media)) = source.recall(next) else {
                match tap.missing(now, source, next, highest) {
                    Some(behind) => tap.next = Some(behind),
                    None => break,
                }
                continue;
            };
            tap.missing_since = None;
            let ended = tap.frames.ended_by(&view, &media);
            if ended.is_none() {
                tap.next = Some(next + 1);
            }
            let Some(whole) = ended.or_else(|| tap.frames.packet(&view, media)) else {
                continue;
            };
            let receiver = layer.and_then(|layer| layer.receiver.as_ref());
            let capture = receiver.map_or(now, |receiver| {
                receiver.capture(now, whole.timestamp, clock)
            });
            let label = Label {
                file: tap.file,
                track: tap.track,
                codec: code(whole.codec),
                key: whole.key,
                number: number(&mut self.numbers, (tap.file, tap.track)),
                at: tap.stamp.at(source.kind, whole.timestamp, capture),
            };
            if self.ring.push(&label, tap.frames.frame()) {
                // Whichever pictures lost a frame, only keyframes help.
                source.keyframes.request();
            }
            count += 1;
        }
        if self.taps[at].frames.waits(source.kind) {
            source.keyframes.request();
        }
        count
    }

    /// Write what waits; `false` once there is nothing left to do for it.
    fn write(&mut self, now: u64, counters: &Counters) -> bool {
        if let Some(pipe) = &mut self.pipe {
            match self.ring.flush(pipe) {
                Ok(bytes) => counters.recorded_bytes.add(bytes as u64),
                Err(_) => self.pipe = None,
            }
        }
        if self.pipe.is_none() {
            self.ring.clear();
            self.taps.clear();
        }
        let idle = self.pipe.is_none() || self.ring.is_empty();
        !self.close_at.is_some_and(|at| idle || at <= now)
    }

    /// How many frames were dropped and whether nobody reads, when that is news.
    fn news(&mut self, now: u64) -> Option<(u64, bool)> {
        let broken = self.pipe.is_none() && self.close_at.is_none();
        let dropped = self.ring.dropped;
        if now < self.tell_at || (dropped == self.told && !broken) {
            return None;
        }
        self.told = dropped;
        self.tell_at = if broken { u64::MAX } else { now + TELL };
        Some((dropped, broken))
    }
}

fn number(numbers: &mut Vec<((u32, u8), u32)>, track: (u32, u8)) -> u32 {
    if let Some((_, number)) = numbers.iter_mut().find(|(known, _)| *known == track) {
        *number = number.wrapping_add(1);
        return *number;
    }
    numbers.push((track, 0));
    0
}

impl World {
    pub(crate) fn open_recorder(&mut self, id: u64, pipe: File, capacity: usize) -> Option<()> {
        let recorder = Recorder::new(id, pipe, capacity);
        self.recorders.insert(id, recorder).map(|_| ())
    }

    /// What waits is still written, within `LINGER`; then the reader sees the end.
    pub(crate) fn close_recorder(&mut self, now: u64, id: u64) -> Option<()> {
        let place = self.recorders.place(id)?;
        let recorder = self.recorders.get_mut(place)?;
        recorder.taps.clear();
        recorder.close_at.get_or_insert(now + LINGER);
        Some(())
    }

    pub(crate) fn add_tap(&mut self, new: &AddTap) -> Option<()> {
        self.sources.place(new.source)?;
        let place = self.recorders.place(new.recorder)?;
        let recorder = self.recorders.get_mut(place)?;
        let taken = recorder.taps.iter().any(|tap| tap.source == new.source);
        if taken || recorder.close_at.is_some() || recorder.taps.len() >= MAX_TAPS {
            return None;
        }
        recorder.taps.push(Tap {
            source: new.source,
            file: new.file,
            track: new.track,
            layers: LayerView {
                most: new.layer,
                ..LayerView::default()
            },
            next: None,
            first: false,
            aimed: (0, 0),
            missing_since: None,
            frames: Assembler::default(),
            stamp: Stamp::default(),
        });
        Some(())
    }

    /// A file gets nothing more. `forget`: not even what waits.
    pub(crate) fn end_file(&mut self, id: u64, file: u32, forget: bool) -> Option<()> {
        let place = self.recorders.place(id)?;
        let recorder = self.recorders.get_mut(place)?;
        recorder.taps.retain(|tap| tap.file != file);
        recorder.numbers.retain(|((known, _), _)| *known != file);
        if forget {
            recorder.ring.forget(file);
        }
        recorder.ring.end(file);
        Some(())
    }

    /// The audience or the mute of a source changed: who lost it is cut before the next packet.
    pub(crate) fn review_taps(&mut self, id: u64) {
        let source = self.sources.place(id).and_then(|at| self.sources.get(at));
        for (_, recorder) in self.recorders.iter_mut() {
            let allowed = source.is_some_and(|source| recorder.may_take(source));
            if allowed {
                continue;
            }
            let withdrawn = source.is_none_or(|source| !source.is_for(recorder.id));
            for tap in recorder.taps.iter_mut().filter(|tap| tap.source == id) {
                tap.cut();
                if withdrawn && source.is_some() {
                    recorder.ring.forget(tap.file);
                }
            }
            if source.is_none() {
                recorder.taps.retain(|tap| tap.source != id);
            }
        }
    }

    /// Take what came for every recorder and write it.
    pub(crate) fn record(&mut self, now: u64) {
        let mut over = Vec::new();
        for (_, recorder) in self.recorders.iter_mut() {
            let before = recorder.ring.dropped;
            for at in 0..recorder.taps.len() {
                let place = self.sources.place(recorder.taps[at].source);
                let Some(source) = place.and_then(|place| self.sources.get_mut(place)) else {
                    continue;
                };
                let Some(session) = self.sessions.get(source.session) else {
                    continue;
                };
                let count = recorder.take(now, at, source, &session.clock);
                self.counters.recorded_frames.add(count);
            }
            let dropped = recorder.ring.dropped - before;
            self.counters.dropped_recorded.add(dropped);
            if !recorder.write(now, &self.counters) {
                over.push(recorder.id);
            }
            if let Some((dropped, broken)) = recorder.news(now) {
                let recorder = recorder.id;
                self.events.push(Event::Recorder {
                    recorder,
                    dropped,
                    broken,
                });
            }
        }
        for id in over {
            self.recorders.remove(id);
        }
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
