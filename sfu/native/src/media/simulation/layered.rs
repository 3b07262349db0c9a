//! One picture in two layers on its way to one slot, over networks that lose, delay and reorder.
//!
//! The layers are two publishers with clocks, numbers and delays of their own, which is harder than
//! any browser makes it.

use super::super::capture::SenderClock;
use super::super::codec::{Codec, Kind, Media, PayloadTypes};
use super::super::history::History;
use super::super::keyframe::KeyframeAuthority;
use super::super::layers::{Flows, LayerView};
use super::super::outgoing::Mid;
use super::super::receive::Receiver;
use super::super::rtcp::{Compound, Rtcp};
use super::super::rtp::{RtpView, is_rtcp, restore_rtx};
use super::super::slot::{Inbound, Slot, SlotConfig};
use super::super::testing::ids;
use super::publisher::{Publisher, ssrc};
use super::viewer::Viewer;
use super::{Network, SECOND, STEP};

const LAYERS: usize = 2;
/// As the plane numbers the layers of a source.
const LAYER_SHIFT: u32 = 60;

struct Layer {
    publisher: Publisher,
    uplink: Network,
    receiver: Receiver,
    history: History,
    clock: SenderClock,
    paused: bool,
}

struct Scene {
    layers: Vec<Layer>,
    flows: Flows,
    view: LayerView,
    slot: Slot,
    keyframes: KeyframeAuthority,
    downlink: Network,
    viewer: Viewer,
    now: u64,
    switches: Vec<usize>,
}

impl Scene {
    fn new(seed: u64, loss: usize, jitter: usize) -> Self {
        let layer = |number: u8| Layer {
            publisher: Publisher::new(number + 1, seed + u64::from(number), 20_000),
            uplink: Network::new(seed * 31 + u64::from(number), loss, 10_000, jitter),
            receiver: Receiver::new(ssrc(number + 1, true), 90_000, true),
            history: History::new(200_000),
            clock: SenderClock::default(),
            paused: false,
        };
        let mut payloads = PayloadTypes::default();
        payloads.set(Codec::Vp8, 120, Some(121));
        let mut slot = Slot::new(SlotConfig {
            kind: Kind::Video,
            ssrc: 901,
            rtx_ssrc: 902,
            payloads,
            ids: ids(),
            mid: Mid::new(b"7"),
            first_sequence: 0xfff0,
            first_rtx_sequence: 0xfff0,
            first_timestamp: 77,
        });
        slot.assign(1, 1, 9);
        Self {
            layers: vec![layer(0), layer(1)],
            flows: Flows::default(),
            view: LayerView::default(),
            slot,
            keyframes: KeyframeAuthority::default(),
            downlink: Network::new(seed * 17 + 3, loss, 20_000, jitter),
            viewer: Viewer::default(),
            now: 3 * SECOND,
            switches: Vec::new(),
        }
    }

    fn run(&mut self, duration: u64) {
        let end = self.now + duration;
        while self.now < end {
            self.now += STEP;
            let now = self.now;
            for number in 0..LAYERS {
                let layer = &mut self.layers[number];
                for packet in layer.publisher.send(now, !layer.paused) {
                    layer.uplink.send(now, packet);
                }
                for packet in self.layers[number].uplink.arrived(now) {
                    self.receive(number, packet);
                }
            }
            self.tick();
            for packet in self.downlink.arrived(now) {
                self.viewer.receive(&packet);
            }
            if now.is_multiple_of(50_000) {
                for (_, lost) in self.viewer.lost() {
                    for number in lost {
                        self.answer(number);
                    }
                }
            }
        }
    }

    fn receive(&mut self, number: usize, mut packet: Vec<u8>) {
        let now = self.now;
        let layer = &mut self.layers[number];
        if is_rtcp(&packet) {
            let Some(Ok(Rtcp::SenderReport { ssrc, info, .. })) = Compound::new(&packet).next()
            else {
                panic!("{packet:?}")
            };
            layer.clock.report(now, info.ntp);
            if ssrc % 2 == 1 {
                layer.receiver.sender_report(now, &info);
            }
            return;
        }
        let ssrc = RtpView::parse(&packet).unwrap().header.ssrc;
        if ssrc.is_multiple_of(2) {
            return; // sound is another matter
        }
        if ssrc > 100 {
            let length = restore_rtx(&mut packet, ssrc - 100, 96).unwrap();
            packet.truncate(length);
        }
        let view = RtpView::parse(&packet).unwrap();
        let header = view.header;
        let arrival = if ssrc > 100 {
            layer.receiver.repaired(header.sequence)
        } else {
            layer
                .receiver
                .receive(now, header.sequence, header.timestamp)
        };
        let Some(arrival) = arrival else { return };
        let media = Media::read(Codec::Vp8, view.payload()).unwrap();
        if media.is_entry() {
            self.keyframes.keyframe();
        }
        if media != Media::Padding {
            self.flows.heard(now, number);
        }
        let base = (number as u64) << LAYER_SHIFT;
        layer
            .history
            .insert(base + arrival.index, Codec::Vp8, &packet);
        self.forward(number, base + arrival.index, media.is_entry());
    }

    fn forward(&mut self, number: usize, index: u64, entry: bool) {
        let aim = self.view.aim(&self.flows);
        if self.slot.waits() {
            self.view.shown = aim;
        } else if number == aim && aim != self.view.shown && entry {
            self.view.shown = aim;
            self.slot.interrupt();
            self.switches.push(aim);
        }
        if number != self.view.shown {
            return;
        }
        let newest =
            ((number as u64) << LAYER_SHIFT) + self.layers[number].receiver.highest().unwrap();
        for next in index..=newest {
            let layer = &self.layers[number];
            let Some((_, packet)) = layer.history.get(next) else {
                continue;
            };
            let view = RtpView::parse(packet).unwrap();
            let timestamp = view.header.timestamp;
            let capture = layer.receiver.capture(self.now, timestamp, &layer.clock);
            let inbound = Inbound {
                view: &view,
                index: next,
                capture,
                media: Media::read(Codec::Vp8, view.payload()).unwrap(),
                audio_level: None,
            };
            let outgoing = self.slot.forward(self.now, &inbound);
            if let Some(outgoing) = &outgoing {
                let mut bytes = vec![0; 300];
                let length = outgoing
                    .write(&outgoing.content(&view), &mut bytes)
                    .unwrap();
                bytes.truncate(length);
                self.downlink.send(self.now, bytes);
            }
            if next == index && !outgoing.is_some_and(|outgoing| outgoing.started) {
                return;
            }
        }
    }

    fn tick(&mut self) {
        let now = self.now;
        self.flows.expire(now);
        let mut given_up = false;
        for layer in &mut self.layers {
            let mut lost = Vec::new();
            layer.receiver.nacks(now, &mut lost);
            for number in lost {
                layer.publisher.nack(now, number);
            }
            given_up |= layer.receiver.take_given_up();
        }
        if given_up || self.slot.waits() || self.view.wants_other(&self.flows) {
            self.keyframes.request();
        }
        if self.keyframes.poll(now) {
            for layer in &mut self.layers {
                layer.publisher.want_keyframe(now);
            }
        }
    }

    fn answer(&mut self, number: u16) {
        let Some(found) = self.slot.lookup(number) else {
            return;
        };
        let layer = &self.layers[usize::try_from(found.index >> LAYER_SHIFT).unwrap()];
        let Some((_, packet)) = layer.history.get(found.index) else {
            return;
        };
        let view = RtpView::parse(packet).unwrap();
        let inbound = Inbound {
            view: &view,
            index: found.index,
            capture: 0,
            media: Media::read(Codec::Vp8, view.payload()).unwrap(),
            audio_level: None,
        };
        if let Some(outgoing) = self.slot.repair(self.now, &found, &inbound) {
            let mut bytes = vec![0; 300];
            let length = outgoing
                .write(&outgoing.content(&view), &mut bytes)
                .unwrap();
            bytes.truncate(length);
            self.downlink.send(self.now, bytes);
        }
    }

    /// Go up and down and up again, as wanted.
    fn wander(&mut self) {
        self.run(SECOND);
        for round in 0..8u64 {
            self.view.most = usize::try_from(round % 2).unwrap();
            self.run(2 * SECOND + round * 130_000);
            assert_eq!(self.view.shown, self.view.most, "round {round}");
        }
    }

    /// Let what is under way arrive.
    fn end(&mut self) {
        self.layers.iter_mut().for_each(|layer| layer.paused = true);
        self.run(2 * SECOND);
    }
}

#[test]
fn a_slot_wanders_between_layers_without_a_gap() {
    for seed in 1..=8 {
        let mut scene = Scene::new(seed, 0, 0);
        scene.wander();
        scene.end();
        assert_eq!(scene.switches, [1, 0, 1, 0, 1, 0, 1, 0, 1], "seed {seed}");
        scene.viewer.check_layers();
        assert_eq!(scene.viewer.gaps(Kind::Video), 0, "seed {seed}");
    }
}

#[test]
fn losses_of_either_layer_are_repaired_over_switches() {
    for seed in 100..=115 {
        let mut scene = Scene::new(seed, 5, 15_000);
        scene.wander();
        scene.end();
        scene.viewer.check_layers();
        let (gaps, packets) = (
            scene.viewer.gaps(Kind::Video),
            scene.viewer.packets(Kind::Video),
        );
        // What the publisher's repair brings only after the switch is not shown any more.
        assert!(gaps <= 16, "seed {seed}: {gaps} of {packets}");
        assert!(packets > 500, "seed {seed}: {packets}");
    }
}

#[test]
fn a_slot_falls_back_within_two_seconds_and_comes_back() {
    for seed in 200..=207 {
        let mut scene = Scene::new(seed, 3, 10_000);
        scene.run(2 * SECOND);
        assert_eq!(scene.view.shown, 1, "seed {seed}");
        scene.layers[1].paused = true;
        scene.run(2 * SECOND);
        assert_eq!(scene.view.shown, 0, "seed {seed}");
        let before = scene.viewer.packets(Kind::Video);
        scene.run(SECOND);
        assert!(
            scene.viewer.packets(Kind::Video) > before + 20,
            "seed {seed}"
        );
        scene.layers[1].paused = false;
        scene.run(2 * SECOND);
        assert_eq!(scene.view.shown, 1, "seed {seed}");
        scene.end();
        scene.viewer.check_layers();
    }
}
