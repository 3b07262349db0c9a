//! The relay as the plane drives these modules: one receiver and history a source, two slots.

use super::super::capture::SenderClock;
use super::super::codec::{Codec, Kind, Media, PayloadTypes};
use super::super::history::History;
use super::super::keyframe::KeyframeAuthority;
use super::super::outgoing::Mid;
use super::super::receive::Receiver;
use super::super::rtcp::{Compound, Rtcp};
use super::super::rtp::{RtpView, is_rtcp, restore_rtx};
use super::super::slot::{Inbound, Slot, SlotConfig};
use super::super::testing::{Chance, ids};
use super::Network;
use super::publisher::{Publisher, ssrc};

struct Source {
    kind: Kind,
    receiver: Receiver,
    history: History,
    keyframes: KeyframeAuthority,
}

pub struct Relay {
    /// Two a person: sound, picture.
    sources: Vec<Source>,
    clocks: Vec<SenderClock>,
    pub slots: [Slot; 2],
    generation: u64,
    shown: usize,
    /// Who was shown in which generation, by CSRC.
    pub present: Vec<(u64, u32)>,
    pub repaired: usize,
    pub stale_answers: usize,
}

pub fn codec(kind: Kind) -> Codec {
    match kind {
        Kind::Audio => Codec::Opus,
        Kind::Video => Codec::Vp8,
    }
}

fn slot(kind: Kind, chance: &mut Chance) -> Slot {
    let mut payloads = PayloadTypes::default();
    payloads.set(Codec::Opus, 109, None);
    payloads.set(Codec::Vp8, 120, Some(121));
    let mut number = || u16::try_from(chance.next() & 0xffff).unwrap();
    Slot::new(SlotConfig {
        kind,
        ssrc: if kind == Kind::Audio { 900 } else { 901 },
        rtx_ssrc: if kind == Kind::Audio { 0 } else { 902 },
        payloads,
        ids: ids(),
        mid: Mid::new(b"7"),
        first_sequence: number() | 0xff00,
        first_rtx_sequence: number(),
        first_timestamp: u32::from(number()) << 16,
    })
}

impl Relay {
    pub fn new(seed: u64, publishers: &[Publisher]) -> Self {
        let mut chance = Chance::new(seed);
        let source = |person: u8, kind: Kind| Source {
            kind,
            receiver: Receiver::new(
                ssrc(person, kind == Kind::Video),
                kind.clock_rate(),
                kind == Kind::Video,
            ),
            history: History::new(200_000),
            keyframes: KeyframeAuthority::default(),
        };
        Self {
            sources: publishers
                .iter()
                .flat_map(|publisher| {
                    [Kind::Audio, Kind::Video].map(|kind| source(publisher.person, kind))
                })
                .collect(),
            clocks: vec![SenderClock::default(); publishers.len()],
            slots: [
                slot(Kind::Audio, &mut chance),
                slot(Kind::Video, &mut chance),
            ],
            generation: 0,
            shown: 0,
            present: Vec::new(),
            repaired: 0,
            stale_answers: 0,
        }
    }

    pub fn show(&mut self, person: usize, generation: u64) {
        self.generation = generation;
        self.shown = person;
        let csrc = u32::try_from(person + 1).unwrap();
        self.present.push((generation, csrc));
        for (position, slot) in self.slots.iter_mut().enumerate() {
            slot.assign((2 * person + position) as u64, generation, csrc);
        }
    }

    pub fn receive(&mut self, now: u64, person: usize, mut packet: Vec<u8>, out: &mut Network) {
        if is_rtcp(&packet) {
            return self.report(now, person, &packet);
        }
        let ssrc = RtpView::parse(&packet).unwrap().header.ssrc;
        let video = ssrc % 2 == 1;
        let number = 2 * person + usize::from(video);
        let source = &mut self.sources[number];
        let repair = ssrc > 100;
        if repair {
            let length = restore_rtx(&mut packet, ssrc - 100, 96).unwrap();
            packet.truncate(length);
        }
        let header = RtpView::parse(&packet).unwrap().header;
        let arrival = if repair {
            source.receiver.repaired(header.sequence)
        } else {
            source
                .receiver
                .receive(now, header.sequence, header.timestamp)
        };
        let Some(arrival) = arrival else { return };
        let carried = codec(source.kind);
        source.history.insert(arrival.index, carried, &packet);
        self.forward(now, number, arrival.index, out);
    }

    /// Hand a packet of the history to the slot; replay what follows when it started late.
    fn forward(&mut self, now: u64, number: usize, index: u64, out: &mut Network) {
        if number / 2 != self.shown {
            return;
        }
        let source = &mut self.sources[number];
        let newest = source.receiver.highest().unwrap();
        let slot = &mut self.slots[number % 2];
        let mut next = index;
        while next <= newest {
            let Some((_, packet)) = source.history.get(next) else {
                next += 1;
                continue;
            };
            let view = RtpView::parse(packet).unwrap();
            let timestamp = view.header.timestamp;
            let inbound = Inbound {
                view: &view,
                index: next,
                capture: source
                    .receiver
                    .capture(now, timestamp, &self.clocks[number / 2]),
                media: Media::read(codec(source.kind), view.payload()).unwrap(),
                audio_level: None,
            };
            if let Media::Vp8(descriptor) = inbound.media
                && descriptor.keyframe
            {
                source.keyframes.keyframe();
            }
            let outgoing = slot.forward(now, &inbound);
            let started = outgoing.is_some_and(|outgoing| outgoing.started);
            if let Some(outgoing) = outgoing {
                let mut bytes = vec![0; 300];
                let length = outgoing
                    .write(&outgoing.content(&view), &mut bytes)
                    .unwrap();
                bytes.truncate(length);
                out.send(now, bytes);
            }
            if next == index && !started {
                return;
            }
            next += 1;
        }
    }

    fn report(&mut self, now: u64, person: usize, packet: &[u8]) {
        for packet in Compound::new(packet) {
            let Ok(Rtcp::SenderReport { ssrc, info, .. }) = packet else {
                panic!("{packet:?}")
            };
            self.clocks[person].report(now, info.ntp);
            let number = 2 * person + usize::try_from(ssrc % 2).unwrap();
            self.sources[number].receiver.sender_report(now, &info);
        }
    }

    pub fn tick(&mut self, now: u64, publishers: &mut [Publisher], _out: &mut Network) {
        let waits = self.slots[1].waits();
        for (number, source) in self.sources.iter_mut().enumerate() {
            let mut lost = Vec::new();
            source.receiver.nacks(now, &mut lost);
            for &missed in &lost {
                publishers[number / 2].nack(now, missed);
            }
            let given_up = source.receiver.take_given_up();
            if source.kind == Kind::Video && number / 2 == self.shown && (waits || given_up) {
                source.keyframes.request();
            }
            if source.keyframes.poll(now) {
                publishers[number / 2].want_keyframe(now);
            }
        }
    }

    /// The viewer misses packets.
    pub fn answer(&mut self, now: u64, kind: Kind, lost: Vec<u16>, out: &mut Network) {
        let slot = &mut self.slots[usize::from(kind == Kind::Video)];
        for number in lost {
            let Some(found) = slot.lookup(number) else {
                continue;
            };
            self.stale_answers += usize::from(found.generation != self.generation);
            let source = &self.sources[usize::try_from(found.source).unwrap()];
            let Some((_, packet)) = source.history.get(found.index) else {
                continue;
            };
            let view = RtpView::parse(packet).unwrap();
            let media = Media::read(codec(kind), view.payload()).unwrap();
            let inbound = Inbound {
                view: &view,
                index: found.index,
                capture: 0,
                media,
                audio_level: None,
            };
            if let Some(outgoing) = slot.repair(now, &found, &inbound) {
                let mut bytes = vec![0; 300];
                let length = outgoing
                    .write(&outgoing.content(&view), &mut bytes)
                    .unwrap();
                bytes.truncate(length);
                out.send(now, bytes);
                self.repaired += 1;
            }
        }
    }
}
