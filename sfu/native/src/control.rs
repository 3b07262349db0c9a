//! RTCP from a remote: what it says about its own streams, and about those it sees.
//!
//! Laws: a report on a stream counts only for the session that sends or sees that stream. A loss is
//! answered from the slot's map alone, after asking the audience again, and only by retransmission
//! on its own stream; at most `MAX_REPAIRS` for one compound.

use crate::forward::Exit;
use crate::media::rtcp::{Compound, Rtcp};
use crate::media::slot::Inbound;
use crate::session::Session;
use crate::table::Place;
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
                    self.heard(place, blocks.map(|block| block.ssrc));
                }
                Rtcp::ReceiverReport { blocks, .. } => {
                    self.heard(place, blocks.map(|block| block.ssrc));
                }
                Rtcp::Nack { media, lost, .. } => {
                    self.counters.nacks_in.one();
                    for sequence in lost {
                        repairs += 1;
                        let done = repairs <= MAX_REPAIRS
                            && self.repair(now, place, media, sequence).is_some();
                        let counters = &self.counters;
                        if done {
                            counters.retransmitted.one();
                        } else {
                            counters.nacks_unanswered.one();
                        }
                    }
                }
                Rtcp::PictureLoss { media, .. } => self.picture_lost(place, media),
                Rtcp::FullIntra { entries, .. } => {
                    entries.for_each(|(media, _)| self.picture_lost(place, media));
                }
                Rtcp::Description(_)
                | Rtcp::Goodbye(_)
                | Rtcp::Bandwidth(_)
                | Rtcp::TransportCc(_)
                | Rtcp::Other { .. } => {}
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

    fn heard(&mut self, place: Place, ssrcs: impl Iterator<Item = u32>) {
        let Some(session) = self.sessions.get_mut(place) else {
            return;
        };
        for ssrc in ssrcs {
            let mut slots = session.slots.iter_mut();
            if let Some(entry) = slots.find(|entry| entry.media.config().ssrc == ssrc) {
                entry.media.heard();
            }
        }
    }

    fn picture_lost(&mut self, place: Place, ssrc: u32) {
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
        }
    }

    /// Answer one loss; `None` when it cannot or may not be.
    fn repair(&mut self, now: u64, place: Place, ssrc: u32, sequence: u16) -> Option<()> {
        if self.outbox.is_full() {
            self.flush();
        }
        let viewer = self.id_of(place);
        let Session {
            ice,
            outbound,
            slots,
            ..
        } = self.sessions.get_mut(place)?;
        let entry = slots
            .iter_mut()
            .find(|entry| entry.media.config().ssrc == ssrc)?;
        let found = entry.media.lookup(sequence)?;
        let source = self.sources.get(entry.shown?)?;
        let allowed =
            source.id == found.source && !source.muted && source.audience.contains(&viewer);
        if !allowed {
            return None;
        }
        let (view, media) = source.recall(found.index)?;
        let inbound = Inbound {
            view: &view,
            index: found.index,
            capture: now,
            media,
            audio_level: None,
        };
        let outgoing = entry.media.repair(now, &found, &inbound)?;
        let (path, outbound) = (ice.path()?, outbound.as_ref()?);
        let mut exit = Exit {
            outbox: &mut self.outbox,
            outbound,
            path,
        };
        exit.send(&mut entry.rtx_window, &outgoing, view.payload(), 0)
            .then_some(())
    }
}
