//! RTCP from a remote: what it says about its own streams, and about those it sees.
//!
//! Laws: a report on a stream counts only for the session that sends or sees that stream. A loss is
//! answered from the slot's map alone, after asking the audience again, and only by retransmission
//! on its own stream; at most `MAX_REPAIRS` for one compound.

use crate::exit::Exit;
use crate::media::pacer::Class;
use crate::media::rtcp::{Compound, ReportBlocks, Rtcp};
use crate::pace::{list, recall, resend};
use crate::session::Session;
use crate::table::Place;
use crate::way::{Held, Way};
use crate::world::World;

/// Retransmissions that one compound can ask for.
const MAX_REPAIRS: usize = 128;

impl World {
    /// Take in a decrypted compound.
    pub fn control(&mut self, now: u64, place: Place, compound: &[u8]) {
        let mut repairs = 0;
        for packet in Compound::new(compound) {
            let Ok(packet) = packet else {
                self.counters.dropped_malformed.one();
                return;
            };
            match packet {
                Rtcp::SenderReport { ssrc, info, blocks } => {
                    self.sender_report(now, place, ssrc, &info);
                    self.heard(now, place, blocks);
                }
                Rtcp::ReceiverReport { blocks, .. } => {
                    self.heard(now, place, blocks);
                }
                Rtcp::Nack { media, lost, .. } => {
                    self.counters.nacks_in.one();
                    for sequence in lost {
                        repairs += 1;
                        let sent = if repairs <= MAX_REPAIRS {
                            self.repair(now, place, media, sequence)
                        } else {
                            None
                        };
                        match sent {
                            Some(true) => self.counters.retransmitted.one(),
                            Some(false) => {}
                            None => self.counters.nacks_unanswered.one(),
                        }
                    }
                }
                Rtcp::PictureLoss { media, .. } => self.picture_lost(now, place, media),
                Rtcp::FullIntra { entries, .. } => {
                    entries.for_each(|(media, _)| self.picture_lost(now, place, media));
                }
                Rtcp::TransportCc(feedback) => {
                    self.counters.feedback_in.one();
                    self.judge(place, |way| way.feedback(now, &feedback));
                }
                Rtcp::Bandwidth(remb) => {
                    self.judge(place, |way| way.remb(now, remb.bits_per_second));
                }
                Rtcp::Description(_) | Rtcp::Goodbye(_) | Rtcp::Other { .. } => {}
            }
        }
    }

    fn sender_report(
        &mut self,
        now: u64,
        place: Place,
        ssrc: u32,
        info: &crate::media::rtcp::SenderInfo,
    ) {
        let Some(session) = self.sessions.get_mut(place) else {
            return;
        };
        let stream = session.streams.iter().find(|known| known.ssrc == ssrc);
        let Some(source) = stream.and_then(|known| self.sources.get_mut(known.source)) else {
            return;
        };
        if let Some(receiver) = source.receiver(ssrc) {
            receiver.sender_report(now, info);
            session.clock.report(now, info.ntp);
        }
    }

    /// What a viewer says about the way to it.
    fn judge(&mut self, place: Place, take: impl FnOnce(&mut Way)) {
        let session = self.sessions.get_mut(place);
        if let Some(way) = session.and_then(|session| session.way.as_mut()) {
            take(way);
        }
    }

    fn heard(&mut self, now: u64, place: Place, blocks: ReportBlocks) {
        let Some(session) = self.sessions.get_mut(place) else {
            return;
        };
        let mut worst = None;
        for block in blocks {
            let mut slots = session.slots.iter_mut();
            let ssrc = block.ssrc;
            if let Some(entry) = slots.find(|entry| entry.media.config().ssrc == ssrc) {
                entry.media.heard();
                worst = worst.max(Some(block.fraction_lost));
            }
        }
        if let (Some(lost), Some(way)) = (worst, &mut session.way) {
            way.reported(now, lost);
        }
    }

    fn picture_lost(&mut self, now: u64, place: Place, ssrc: u32) {
        self.counters.plis_in.one();
        let Some(session) = self.sessions.get(place) else {
            return;
        };
        let entry = session
            .slots
            .iter()
            .find(|entry| entry.media.config().ssrc == ssrc);
        if let Some(source) = entry.and_then(|entry| self.sources.get_mut(entry.shown?)) {
            source.keyframes.request();
            self.due.wake_by(now);
        }
    }

    /// Answer one loss, at once (true) or when its turn comes; `None` when it cannot or may not be.
    fn repair(&mut self, now: u64, place: Place, ssrc: u32, sequence: u16) -> Option<bool> {
        if self.outbox.is_full() {
            self.flush();
        }
        let viewer = self.id_of(place);
        let Session {
            ice,
            outbound,
            slots,
            way,
            ..
        } = self.sessions.get_mut(place)?;
        let mut numbered = slots.iter_mut().enumerate();
        let (slot, entry) = numbered.find(|(_, entry)| entry.media.config().ssrc == ssrc)?;
        let held = Held {
            slot,
            sequence,
            repair: true,
        };
        let found = recall(viewer, &self.sources, entry, sequence)?;
        let (path, outbound) = (ice.path()?, outbound.as_ref()?);
        if let Some(way) = way.as_deref_mut()
            && way.hold(now, Class::Repair, found.1.payload().len(), held)
        {
            list(&mut self.pacing, &mut self.pace_at, place, way);
            return Some(false);
        }
        let mut exit = Exit {
            outbox: &mut self.outbox,
            outbound,
            path,
            way: way.as_deref_mut(),
            now,
            slot,
        };
        resend(entry, held, &found, &mut exit).map(|()| true)
    }
}
