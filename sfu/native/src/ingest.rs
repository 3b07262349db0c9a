//! Datagrams as they come: STUN is answered, handshakes go to Python, media is decrypted and
//! judged once and put into the turn.
//!
//! Laws: bad input is counted and dropped, it changes nothing; no state and no answer for those
//! who do not know a fragment and its password; only verified addresses are heard beyond STUN.

use crate::command::Payload;
use crate::demux::{self, Protocol};
use crate::events::Event;
use crate::ice::{Change, Path};
use crate::media::codec::{Codec, Media};
use crate::media::extension::Extensions;
use crate::media::receive::Arrival;
use crate::media::rtp::{RtpHeader, RtpView, restore_rtx};
use crate::session::{Session, Stream};
use crate::socket::ReceiveBatch;
use crate::source::{Opening, Source};
use crate::srtp::Refused;
use crate::streams;
use crate::stun::{MAX_ANSWER, Request};
use crate::table::Place;
use crate::turn::Packet;
use crate::world::World;

/// Longest packet of media that is carried: an Ethernet frame.
const MAX_MEDIA: usize = 1_500;
/// Longest handshake datagram.
const MAX_HANDSHAKE: usize = 8 << 10;

/// Why a packet was not carried.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Drop {
    Refused(Refused),
    Malformed,
    Keyless,
    Stream,
    Repeated,
    Muted,
    /// A probe or a repair that nobody needs.
    Idle,
}

impl World {
    /// Take in a batch that came on a socket; media goes into the turn.
    pub fn ingest(&mut self, now: u64, socket: usize, batch: &mut ReceiveBatch, count: usize) {
        let is_wildcard = self.sockets[socket].local().ip().is_unspecified();
        self.counters.batches_in.one();
        for index in 0..count {
            let Some(received) = batch.message(index) else {
                continue;
            };
            let local = received.to.filter(|_| is_wildcard);
            let path = Path {
                socket,
                local,
                remote: received.from,
            };
            let known = self.by_address.get(&path.origin()).copied();
            let base = index * ReceiveBatch::stride();
            for (number, datagram) in received.bytes.chunks_mut(received.segment).enumerate() {
                self.counters.datagrams_in.one();
                self.counters.bytes_in.add(datagram.len() as u64);
                self.datagram(now, path, known, datagram, base + number * received.segment);
            }
        }
    }

    /// Take in the frames that came over a connection.
    pub fn ingest_stream(&mut self, now: u64, path: Path, bytes: &mut [u8]) {
        let mut at = 0;
        while let Some(range) = streams::datagram(bytes, at) {
            at = range.end;
            let start = range.start;
            self.counters.datagrams_in.one();
            self.counters.bytes_in.add(range.len() as u64);
            let known = self.by_address.get(&path.origin()).copied();
            self.datagram(now, path, known, &mut bytes[range], start);
        }
    }

    /// Forget the connections that were closed.
    pub fn forget_closed(&mut self) {
        while let Some(path) = self.outbox.streams.take_closed() {
            let place = self.by_address.remove(&path.origin());
            if let Some(session) = place.and_then(|place| self.sessions.get_mut(place)) {
                session.ice.forget(path.origin());
            }
        }
    }

    fn datagram(
        &mut self,
        now: u64,
        path: Path,
        known: Option<Place>,
        datagram: &mut [u8],
        start: usize,
    ) {
        let protocol = demux::protocol(datagram);
        match (protocol, known) {
            (Protocol::Stun, _) => {
                self.counters.stun_requests.one();
                if self.check(now, path, datagram).is_none() {
                    self.counters.dropped_stun.one();
                }
            }
            (Protocol::Unknown, _) => self.counters.dropped_unknown.one(),
            (_, None) => self.counters.dropped_address.one(),
            (Protocol::Dtls, Some(session)) => self.handshake(path, session, datagram),
            (Protocol::Rtcp, Some(session)) => {
                self.counters.rtcp_in.one();
                let opened = self.open_rtcp(session, datagram);
                match opened {
                    Ok(length) => self.control(now, session, &datagram[..length]),
                    Err(why) => self.count_drop(why),
                }
            }
            (Protocol::Rtp, Some(session)) => {
                self.counters.rtp_in.one();
                if let Err(why) = self.media(now, session, datagram, start) {
                    self.count_drop(why);
                }
            }
        }
    }

    fn count_drop(&self, why: Drop) {
        let counters = &self.counters;
        match why {
            Drop::Refused(Refused::Authentication) => counters.dropped_authentication.one(),
            Drop::Refused(Refused::Replay) | Drop::Repeated => counters.dropped_replay.one(),
            Drop::Refused(Refused::Streams) => counters.dropped_limit.one(),
            Drop::Refused(Refused::Malformed) | Drop::Malformed => counters.dropped_malformed.one(),
            Drop::Keyless => counters.dropped_keyless.one(),
            Drop::Stream => counters.dropped_stream.one(),
            Drop::Muted => counters.dropped_muted.one(),
            Drop::Idle => {}
        }
    }

    /// Answer a connectivity check; `None`: not one of ours.
    pub(crate) fn check(&mut self, now: u64, path: Path, datagram: &[u8]) -> Option<()> {
        let request = Request::parse(datagram)?;
        let place = *self.by_fragment.get(request.local_fragment())?;
        let session = self.sessions.get_mut(place)?;
        let mut answer = [0; MAX_ANSWER];
        let checked = session.ice.check(now, &request, path, &mut answer)?;
        if self.outbox.is_full() {
            self.flush();
        }
        self.outbox.push(path, &answer[..checked.answer]);
        self.counters.stun_answered.one();
        if checked.added {
            self.by_address.insert(path.origin(), place);
            if path.is_stream() {
                self.outbox.streams.prove(path.socket);
            }
        }
        if let Some(removed) = checked.removed {
            self.counters.dropped_limit.one();
            if self.by_address.get(&removed) == Some(&place) {
                self.by_address.remove(&removed);
                self.outbox.forget(removed);
            }
        }
        if let Some(retired) = checked.retired {
            self.by_fragment.remove(&retired);
        }
        let (session, address) = (self.id_of(place), path.remote);
        match checked.change {
            Change::None => {}
            Change::Connected => {
                self.tell(Event::Connected { session, address });
                self.nominated.push(place);
                self.due.wake_by(now);
            }
            Change::Moved => {
                self.tell(Event::Address { session, address });
            }
        }
        Some(())
    }

    fn handshake(&mut self, path: Path, place: Place, datagram: &[u8]) {
        self.counters.dtls_in.one();
        let plausible = datagram.len() <= MAX_HANDSHAKE && demux::is_plausible_dtls(datagram);
        let Some(session) = self.sessions.get_mut(place).filter(|_| plausible) else {
            self.counters.dropped_dtls.one();
            return;
        };
        session.handshake = Some(path);
        let event = Event::Dtls {
            session: self.id_of(place),
            datagram: datagram.to_vec(),
        };
        if !self.events.push(event) {
            self.counters.dropped_dtls.one();
        }
    }

    fn open_rtcp(&mut self, place: Place, datagram: &mut [u8]) -> Result<usize, Drop> {
        let session = self.sessions.get_mut(place).ok_or(Drop::Keyless)?;
        let inbound = session.inbound.as_mut().ok_or(Drop::Keyless)?;
        if datagram.len() > MAX_MEDIA {
            return Err(Drop::Malformed);
        }
        inbound.open_rtcp(datagram).map_err(Drop::Refused)
    }

    /// Open one packet of media and put it into the turn.
    fn media(
        &mut self,
        now: u64,
        place: Place,
        datagram: &mut [u8],
        start: usize,
    ) -> Result<(), Drop> {
        let session = self.sessions.get_mut(place).ok_or(Drop::Keyless)?;
        let inbound = session.inbound.as_mut().ok_or(Drop::Keyless)?;
        if datagram.len() > MAX_MEDIA {
            return Err(Drop::Malformed);
        }
        let header = RtpHeader::parse(datagram).map_err(|_| Drop::Malformed)?;
        let length = inbound
            .open_rtp(datagram, header.length)
            .map_err(Drop::Refused)?;
        self.opened(now, place, &mut datagram[..length], start)
    }

    /// Judge one packet that was opened, and put it into the turn.
    pub(crate) fn opened(
        &mut self,
        now: u64,
        place: Place,
        packet: &mut [u8],
        start: usize,
    ) -> Result<(), Drop> {
        let session = self.sessions.get_mut(place).ok_or(Drop::Keyless)?;
        let view = RtpView::parse(packet).map_err(|_| Drop::Malformed)?;
        let extensions = view.extensions(session.receive.ids);
        if let Some(number) = extensions.transport_sequence {
            session.arrivals.arrived(now, number);
        }
        let header = view.header;
        let stream = session
            .stream_of(header.ssrc, &extensions, &self.sources)
            .ok_or(Drop::Stream)?;
        let source = self.sources.get_mut(stream.source).ok_or(Drop::Stream)?;
        let payload = session.receive.payloads[usize::from(header.payload_type)];
        let (arrival, length, codec) = match payload.ok_or(Drop::Stream)? {
            Payload::Media(codec) => (
                receive(now, source, stream.layer, codec, &view, &extensions)?,
                packet.len(),
                codec,
            ),
            Payload::Repair(original) => {
                let repaired = session.receive.payloads[usize::from(original & 0x7f)];
                let Some(Payload::Media(codec)) = repaired else {
                    return Err(Drop::Stream);
                };
                let (arrival, length) = repair(source, stream.layer, packet, original)?;
                self.counters.repaired.one();
                (arrival, length, codec)
            }
        };
        if let Some(at) = source.deadline() {
            self.due.wake_by(at);
        }
        if let Some(at) = source.voice.news() {
            self.hearing.tell_by(at);
            self.due.wake_by(at);
        }
        if source.heard(now, stream.layer) {
            self.due.wake_by(now);
            self.events.push(Event::Started { source: source.id });
        }
        if source.muted {
            return Err(Drop::Muted);
        }
        let packet = &packet[..length];
        let carried = carry(now, session, source, stream, packet, codec, arrival)?;
        self.enter(Packet {
            start,
            end: start + length,
            ..carried
        });
        Ok(())
    }

    /// Put a packet into the turn, behind those of its layer.
    fn enter(&mut self, packet: Packet) {
        let Some(source) = self.sources.get_mut(packet.source) else {
            return;
        };
        let Some(layer) = source.layers.get_mut(packet.layer) else {
            return;
        };
        if source.viewers.is_empty() {
            return;
        }
        let at = self.turn.len();
        layer.turn = match layer.turn {
            None => {
                for &viewer in &source.viewers {
                    let Some(session) = self.sessions.get_mut(viewer) else {
                        continue;
                    };
                    if !std::mem::replace(&mut session.dirty, true) {
                        self.dirty.push(viewer);
                    }
                }
                Some((at, at))
            }
            Some((first, last)) => {
                self.turn[last].next = Some(at);
                Some((first, at))
            }
        };
        self.turn.push(packet);
    }
}

/// An original: number it, and listen to how loud it is.
fn receive(
    now: u64,
    source: &mut Source,
    layer: usize,
    codec: Codec,
    view: &RtpView,
    extensions: &Extensions,
) -> Result<Arrival, Drop> {
    if codec.kind() != source.kind {
        return Err(Drop::Stream);
    }
    let (kind, layer) = (
        source.kind,
        source.layers.get_mut(layer).ok_or(Drop::Stream)?,
    );
    let receiver = layer
        .receiver_of(now, view.header.ssrc, kind)
        .ok_or(Drop::Stream)?;
    let arrival = receiver
        .receive(now, view.header.sequence, view.header.timestamp)
        .ok_or(Drop::Repeated)?;
    if let Some(level) = extensions.audio_level.filter(|_| !source.muted) {
        source.voice.packet(now, level.level);
    }
    Ok(arrival)
}

/// A retransmission: restore the original in place, if it is still missed.
/// Repairs alone, which are probes, make no layer.
fn repair(
    source: &mut Source,
    layer: usize,
    packet: &mut [u8],
    original: u8,
) -> Result<(Arrival, usize), Drop> {
    let layer = source.layers.get_mut(layer).ok_or(Drop::Idle)?;
    let receiver = layer.receiver.as_mut().ok_or(Drop::Idle)?;
    let length = restore_rtx(packet, receiver.ssrc(), original).ok_or(Drop::Idle)?;
    let sequence = u16::from_be_bytes([packet[2], packet[3]]);
    let arrival = receiver.repaired(sequence).ok_or(Drop::Idle)?;
    Ok((arrival, length))
}

/// Keep a packet for repairs and note what its viewers need of it.
fn carry(
    now: u64,
    session: &Session,
    source: &mut Source,
    stream: Stream,
    packet: &[u8],
    codec: Codec,
    arrival: Arrival,
) -> Result<Packet, Drop> {
    let view = RtpView::parse(packet).map_err(|_| Drop::Malformed)?;
    source.ids = session.receive.ids;
    let media = source
        .read(stream.layer, codec, &view)
        .map_err(|_| Drop::Malformed)?;
    if media.is_entry() {
        source.keyframes.keyframe();
    }
    if media != Media::Padding {
        source.flow(now, stream.layer, &media, packet.len());
    }
    let layer = source.layers.get_mut(stream.layer).ok_or(Drop::Stream)?;
    let index = layer.index(arrival.index);
    layer.history.insert(index, codec, packet);
    let receiver = layer.receiver.as_ref().ok_or(Drop::Stream)?;
    let capture = receiver.capture(now, view.header.timestamp, &session.clock);
    if media.is_entry() && layer.opening.is_none_or(|known| known.index < index) {
        layer.opening = Some(Opening {
            index,
            at: now,
            capture,
            timestamp: view.header.timestamp,
        });
    }
    Ok(Packet {
        source: stream.source,
        layer: stream.layer,
        next: None,
        start: 0,
        end: 0,
        index,
        highest: layer.highest().unwrap_or(index),
        capture,
        media,
        payload: view.payload().len(),
        padding: 0,
        audio_level: view.extensions(session.receive.ids).audio_level,
    })
}
