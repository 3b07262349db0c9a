//! Carrying out Python's commands.
//!
//! Laws: what a slot shows is decided in `assign` alone, and only a source whose audience holds
//! the viewer is shown; when an audience shrinks, slots are emptied before the next packet. Closing
//! a session removes its sources, slots, streams, addresses and fragments, and drops its keys.

use std::collections::HashSet;

use crate::command::{AddSlot, AddSource, Command};
use crate::events::Event;
use crate::ice::Ice;
use crate::media::codec::Kind;
use crate::media::layers::LayerView;
use crate::media::outgoing::Mid;
use crate::media::slot::{Slot, SlotConfig};
use crate::replay::Window;
use crate::session::{MAX_LEARNED, MAX_SLOTS, Session, SlotEntry, Stream};
use crate::source::Source;
use crate::srtp::{Inbound, MasterKey, Outbound};
use crate::table::Place;
use crate::way::Way;
use crate::world::{World, random_u32};

impl World {
    /// Carry out one command; a refused one is counted.
    pub fn apply(&mut self, now: u64, command: Command) {
        let done = match command {
            Command::OpenSession {
                session,
                fragment,
                password,
            } => self.open_session(now, session, fragment, &password),
            Command::SetReceive { session, receive } => self
                .session_mut(session)
                .map(|session| session.receive = receive),
            Command::SetSrtp {
                session,
                receive,
                send,
            } => self.set_srtp(session, &receive, &send),
            Command::SendDtls { session, datagram } => self.send_dtls(session, &datagram),
            Command::CloseSession { session } => self.close_session(now, session),
            Command::AddSource(source) => self.add_source(source),
            Command::RemoveSource { source } => self.remove_source(source),
            Command::MuteSource { source, muted } => self.mute_source(source, muted),
            Command::AddSlot(slot) => self.add_slot(slot),
            Command::SetSlot {
                session,
                slot,
                source,
                generation,
            } => {
                let wanted = (source != 0).then_some((source, generation));
                self.set_slot(now, session, slot, wanted)
            }
            Command::SetLayer {
                session,
                slot,
                layer,
                halved,
            } => self.set_layer(session, slot, layer, halved),
            Command::SetAudience { source, viewers } => {
                self.set_audience(now, source, viewers.into_iter().collect())
            }
            Command::RequestKeyframe { source } => self.request_keyframe(source),
            Command::OpenRecorder {
                recorder,
                pipe,
                capacity,
            } => self.open_recorder(recorder, pipe, capacity),
            Command::AddTap(tap) => self.add_tap(&tap),
            Command::EndFile {
                recorder,
                file,
                forget,
            } => self.end_file(recorder, file, forget),
            Command::CloseRecorder { recorder } => self.close_recorder(now, recorder),
            Command::TakeStream(handed) => self.take_stream(now, handed),
            Command::Close => Some(()),
        };
        if done.is_none() {
            self.counters.commands_refused.one();
        }
    }

    fn session_mut(&mut self, id: u64) -> Option<&mut Session> {
        self.sessions.get_mut(self.sessions.place(id)?)
    }

    /// Open, or restart ICE on, a session.
    fn open_session(
        &mut self,
        now: u64,
        id: u64,
        fragment: Vec<u8>,
        password: &[u8],
    ) -> Option<()> {
        if self.by_fragment.contains_key(&fragment) {
            return None;
        }
        let place = if let Some(place) = self.sessions.place(id) {
            let session = self.sessions.get_mut(place)?;
            if let Some(retired) = session.ice.restart(now, &fragment, password) {
                self.by_fragment.remove(&retired);
            }
            place
        } else {
            let place = self
                .sessions
                .insert(id, Session::new(now, Ice::new(now, &fragment, password)))?;
            self.session_ids.insert(place, id);
            place
        };
        self.by_fragment.insert(fragment, place);
        Some(())
    }

    fn set_srtp(&mut self, id: u64, receive: &MasterKey, send: &MasterKey) -> Option<()> {
        let session = self.session_mut(id)?;
        // Keys are set once: a second sender on the same key would repeat nonces.
        if session.outbound.is_some() {
            return None;
        }
        session.inbound = Some(Inbound::new(receive)?);
        session.outbound = Some(Outbound::new(send)?);
        Some(())
    }

    fn send_dtls(&mut self, id: u64, datagram: &[u8]) -> Option<()> {
        let place = self.sessions.place(id)?;
        let path = self.sessions.get(place)?.handshake_path()?;
        if self.outbox.is_full() {
            self.flush();
        }
        self.outbox.push(path, datagram);
        self.counters.dtls_out.one();
        Some(())
    }

    fn close_session(&mut self, now: u64, id: u64) -> Option<()> {
        let place = self.sessions.place(id)?;
        let published: Vec<u64> = self
            .sources
            .iter()
            .filter(|(_, source)| source.session == place)
            .map(|(_, source)| source.id)
            .collect();
        for source in published {
            self.remove_source(source);
        }
        let slots: Vec<u64> = self
            .sessions
            .get(place)?
            .slots
            .iter()
            .map(|entry| entry.id)
            .collect();
        for slot in slots {
            self.set_slot(now, id, slot, None);
        }
        let (place, session) = self.sessions.remove(id)?;
        self.session_ids.remove(&place);
        for fragment in session.ice.fragments() {
            self.by_fragment.remove(fragment);
        }
        for address in session.ice.addresses() {
            if self.by_address.get(&address) == Some(&place) {
                self.by_address.remove(&address);
                self.outbox.forget(address);
            }
        }
        Some(())
    }

    fn add_source(&mut self, new: AddSource) -> Option<()> {
        let session = self.sessions.place(new.session)?;
        let source = Source::new(new.source, session, new.kind, new.csrc, new.rids);
        let place = self.sources.insert(new.source, source)?;
        let publisher = self.sessions.get_mut(session)?;
        publisher.published.push(place);
        publisher.mids.retain(|(mid, _)| *mid != new.mid);
        if !new.mid.is_empty() {
            publisher.mids.push((new.mid, place));
        }
        for ssrc in new.ssrcs.into_iter().take(MAX_LEARNED) {
            publisher.streams.retain(|known| known.ssrc != ssrc);
            publisher.streams.push(Stream {
                ssrc,
                source: place,
                layer: 0,
            });
        }
        Some(())
    }

    fn remove_source(&mut self, id: u64) -> Option<()> {
        let (place, source) = self.sources.remove(id)?;
        for viewer in source.viewers {
            let Some(session) = self.sessions.get_mut(viewer) else {
                continue;
            };
            for entry in &mut session.slots {
                if entry.shown == Some(place) {
                    entry.shown = None;
                    entry.media.clear();
                }
            }
        }
        let publisher = self.sessions.get_mut(source.session)?;
        publisher.published.retain(|known| *known != place);
        publisher.mids.retain(|(_, known)| *known != place);
        publisher.streams.retain(|known| known.source != place);
        if source.flowing {
            self.tell(Event::Stalled { source: id });
        }
        self.review_taps(id);
        Some(())
    }

    fn mute_source(&mut self, id: u64, muted: bool) -> Option<()> {
        let place = self.sources.place(id)?;
        let source = self.sources.get_mut(place)?;
        if source.muted == muted {
            return Some(());
        }
        source.muted = muted;
        source.forget();
        for &viewer in &source.viewers {
            let Some(session) = self.sessions.get_mut(viewer) else {
                continue;
            };
            let shown = session
                .slots
                .iter_mut()
                .filter(|entry| entry.shown == Some(place));
            shown.for_each(|entry| entry.media.interrupt());
        }
        if !muted && source.kind == Kind::Video && !source.viewers.is_empty() {
            source.keyframes.request();
        }
        self.review_taps(id);
        Some(())
    }

    fn add_slot(&mut self, new: AddSlot) -> Option<()> {
        // Both begin low, so that no reordering at the start crosses a rollover.
        let random = random_u32();
        let first = (random & 0x3fff) as u16;
        let first_rtx = (random >> 16 & 0x3fff) as u16;
        let media = Slot::new(SlotConfig {
            kind: new.kind,
            ssrc: new.ssrc,
            rtx_ssrc: new.rtx_ssrc,
            payloads: new.payloads,
            ids: new.ids,
            mid: Mid::new(&new.mid),
            first_sequence: first,
            first_rtx_sequence: first_rtx,
            first_timestamp: random_u32(),
        });
        let want = self.options.want;
        let session = self.session_mut(new.session)?;
        // A stream in two slots would have two counters, and so repeat nonces.
        let taken = |entry: &SlotEntry| {
            let known = entry.media.config();
            let streams = [known.ssrc, known.rtx_ssrc];
            entry.id == new.slot
                || streams.contains(&new.ssrc)
                || new.rtx_ssrc != 0 && streams.contains(&new.rtx_ssrc)
        };
        let is_taken = new.ssrc == new.rtx_ssrc || session.slots.iter().any(taken);
        if is_taken || session.slots.len() >= MAX_SLOTS {
            return None;
        }
        let way = session.way.get_or_insert_with(|| Box::new(Way::new(want)));
        if new.ids.transport_cc != 0 {
            way.number();
        }
        session.slots.push(SlotEntry {
            id: new.slot,
            media,
            layers: LayerView::default(),
            wanted: None,
            shown: None,
            window: Window::default(),
            rtx_window: Window::default(),
            cname: new.cname,
            report_at: None,
        });
        Some(())
    }

    fn set_slot(
        &mut self,
        now: u64,
        session: u64,
        slot: u64,
        wanted: Option<(u64, u64)>,
    ) -> Option<()> {
        let place = self.sessions.place(session)?;
        self.sessions.get_mut(place)?.slot_mut(slot)?.wanted = wanted;
        self.assign(now, place, session, slot)
    }

    fn set_layer(&mut self, session: u64, slot: u64, layer: usize, halved: bool) -> Option<()> {
        let place = self.sessions.place(session)?;
        let entry = self.sessions.get_mut(place)?.slot_mut(slot)?;
        entry.layers.most = layer;
        entry.layers.halved = halved;
        if let Some(source) = entry.shown.and_then(|place| self.sources.get_mut(place))
            && entry.waits(source)
        {
            source.keyframes.request();
        }
        Some(())
    }

    fn set_audience(&mut self, now: u64, id: u64, audience: HashSet<u64>) -> Option<()> {
        let place = self.sources.place(id)?;
        let source = self.sources.get_mut(place)?;
        let known = &source.audience;
        let came = audience.iter().filter(|&id| !known.contains_key(id));
        let gone = known.keys().filter(|&id| !audience.contains(id));
        let mut concerned: Vec<u64> = came.chain(gone).copied().collect();
        concerned.sort_unstable();
        let since = |id: u64| (id, source.audience.get(&id).copied().unwrap_or(now));
        source.audience = audience.into_iter().map(since).collect();
        self.review_taps(id);
        for viewer in concerned {
            let Some(session) = self.sessions.place(viewer) else {
                continue;
            };
            let Some(known) = self.sessions.get(session) else {
                continue;
            };
            let slots: Vec<u64> = known
                .slots
                .iter()
                .filter(|entry| entry.wanted.is_some_and(|(wanted, _)| wanted == id))
                .map(|entry| entry.id)
                .collect();
            for slot in slots {
                self.assign(now, session, viewer, slot);
            }
        }
        Some(())
    }

    /// Show in a slot what is wanted there, if the audience allows it. The only place that does.
    fn assign(&mut self, now: u64, session: Place, viewer: u64, slot: u64) -> Option<()> {
        let entry = self.sessions.get_mut(session)?.slot_mut(slot)?;
        let allowed = entry.wanted.and_then(|(id, generation)| {
            let place = self.sources.place(id)?;
            let source = self.sources.get(place)?;
            let fits = source.kind == entry.media.config().kind && source.is_for(viewer);
            fits.then_some((place, generation))
        });
        let before = entry.shown;
        entry.shown = allowed.map(|(place, _)| place);
        if before != entry.shown
            && let Some(source) = before.and_then(|place| self.sources.get_mut(place))
            && let Some(at) = source.viewers.iter().position(|&known| known == session)
        {
            source.viewers.swap_remove(at);
        }
        let Some((place, generation)) = allowed else {
            entry.media.clear();
            return entry.wanted.is_none().then_some(());
        };
        let source = self.sources.get_mut(place)?;
        if before != Some(place) {
            source.viewers.push(session);
            entry.layers.shown = 0;
        }
        entry.media.assign(source.id, generation, source.csrc);
        self.begin(now, session, slot)
    }

    fn request_keyframe(&mut self, id: u64) -> Option<()> {
        let place = self.sources.place(id)?;
        self.sources.get_mut(place)?.keyframes.request();
        Some(())
    }
}
