//! A publisher, a relay and a viewer, joined by seeded networks that lose, delay and reorder.
//!
//! Laws: the payload of every packet tells who made it, so that the viewer can see whether what it
//! gets under a name is that person's, complete and in order.

mod layered;
mod publisher;
mod relay;
mod viewer;

use super::codec::Kind;
use super::testing::Chance;
use publisher::Publisher;
use relay::Relay;
use std::collections::BinaryHeap;
use viewer::Viewer;

const SECOND: u64 = 1_000_000;
const STEP: u64 = 5_000;

/// A way that packets take: what goes in comes out later, or never.
struct Network {
    chance: Chance,
    loss: usize,
    delay: u64,
    jitter: usize,
    under_way: BinaryHeap<std::cmp::Reverse<(u64, u64, Vec<u8>)>>,
    sent: u64,
}

impl Network {
    fn new(seed: u64, loss: usize, delay: u64, jitter: usize) -> Self {
        Self {
            chance: Chance::new(seed),
            loss,
            delay,
            jitter,
            under_way: BinaryHeap::new(),
            sent: 0,
        }
    }

    fn send(&mut self, now: u64, packet: Vec<u8>) {
        self.sent += 1;
        if !self.chance.percent(self.loss) {
            let at = now + self.delay + self.chance.below(self.jitter + 1) as u64;
            self.under_way
                .push(std::cmp::Reverse((at, self.sent, packet)));
        }
    }

    fn arrived(&mut self, now: u64) -> Vec<Vec<u8>> {
        let mut packets = Vec::new();
        while self.under_way.peek().is_some_and(|next| next.0.0 <= now) {
            packets.extend(self.under_way.pop().map(|next| next.0.2));
        }
        packets
    }
}

/// Two publishers in one meeting; the viewer has a slot for sound and one for the picture.
struct Scene {
    publishers: Vec<Publisher>,
    uplinks: Vec<Network>,
    relay: Relay,
    downlink: Network,
    viewer: Viewer,
    now: u64,
}

impl Scene {
    fn new(seed: u64, loss: usize, jitter: usize) -> Self {
        let publishers = vec![
            Publisher::new(1, seed, 20_000),
            Publisher::new(2, seed + 7, 90_000),
        ];
        let uplinks = (0..2)
            .map(|number| Network::new(seed * 31 + number, loss, 10_000 + 60_000 * number, jitter))
            .collect();
        Self {
            relay: Relay::new(seed, &publishers),
            publishers,
            uplinks,
            downlink: Network::new(seed * 17 + 3, loss, 20_000, jitter),
            viewer: Viewer::default(),
            now: 3 * SECOND,
        }
    }

    /// Let time pass; `live`: the publishers still capture.
    fn run(&mut self, duration: u64, live: bool) {
        let end = self.now + duration;
        while self.now < end {
            self.now += STEP;
            let now = self.now;
            for (publisher, uplink) in self.publishers.iter_mut().zip(&mut self.uplinks) {
                for packet in publisher.send(now, live) {
                    uplink.send(now, packet);
                }
            }
            for (person, uplink) in self.uplinks.iter_mut().enumerate() {
                for packet in uplink.arrived(now) {
                    self.relay.receive(now, person, packet, &mut self.downlink);
                }
            }
            self.relay
                .tick(now, &mut self.publishers, &mut self.downlink);
            for packet in self.downlink.arrived(now) {
                self.viewer.receive(&packet);
            }
            if now.is_multiple_of(50_000) {
                for (kind, lost) in self.viewer.lost() {
                    self.relay.answer(now, kind, lost, &mut self.downlink);
                }
            }
        }
    }

    fn show(&mut self, person: usize, generation: u64) {
        self.relay.show(person, generation);
    }
}

fn switches(seed: u64, loss: usize, jitter: usize) -> Scene {
    let mut scene = Scene::new(seed, loss, jitter);
    scene.run(SECOND, true);
    for generation in 1..=8 {
        scene.show(usize::try_from(generation % 2).unwrap(), generation);
        scene.run(2 * SECOND + generation * 130_000, true);
    }
    scene.run(2 * SECOND, false);
    scene
}

#[test]
fn without_loss_every_frame_is_complete_and_nothing_is_missing() {
    for seed in 1..=8 {
        for jitter in [0, 15_000] {
            let scene = switches(seed, 0, jitter);
            let generations = scene.viewer.check(Kind::Video, &scene.relay.present);
            assert_eq!(generations, 8, "seed {seed}: every switch was seen");
            scene.viewer.check(Kind::Audio, &scene.relay.present);
            // What comes after the switch because it was overtaken is not shown any more.
            let overtaken = if jitter == 0 { 0 } else { 7 };
            assert!(scene.viewer.gaps(Kind::Video) <= overtaken, "seed {seed}");
            assert!(scene.viewer.gaps(Kind::Audio) <= overtaken, "seed {seed}");
            assert!(scene.viewer.incomplete_frames() <= overtaken, "seed {seed}");
        }
    }
}

#[test]
fn with_loss_and_reordering_repairs_fill_what_one_generation_lost() {
    for seed in 100..=115 {
        let mut scene = Scene::new(seed, 6, 20_000);
        scene.run(SECOND, true);
        scene.show(1, 1);
        scene.run(8 * SECOND, true);
        scene.run(3 * SECOND, false);
        scene.viewer.check(Kind::Video, &scene.relay.present);
        scene.viewer.check(Kind::Audio, &scene.relay.present);
        let (gaps, packets) = (
            scene.viewer.gaps(Kind::Video),
            scene.viewer.packets(Kind::Video),
        );
        assert!(packets > 400, "seed {seed}: {packets}");
        assert_eq!(gaps, 0, "seed {seed}");
        assert!(
            scene.relay.repaired > packets / 40,
            "seed {seed}: losses were repaired"
        );
    }
}

#[test]
fn with_loss_switches_stay_monotone_and_true() {
    for seed in 200..=215 {
        let scene = switches(seed, 8, 25_000);
        scene.viewer.check(Kind::Video, &scene.relay.present);
        scene.viewer.check(Kind::Audio, &scene.relay.present);
        assert_eq!(scene.relay.stale_answers, 0, "seed {seed}");
    }
}

#[test]
fn sound_and_picture_stay_together_over_switches() {
    for seed in 300..=307 {
        let mut scene = Scene::new(seed, 1, 10_000);
        scene.run(3 * SECOND / 2, true);
        for generation in 1..=6 {
            scene.show(usize::try_from(generation % 2).unwrap(), generation);
            for _ in 0..8 {
                scene.run(SECOND / 4, true);
                if let Some(skew) = scene.viewer.skew(scene.now, &scene.relay) {
                    assert!(skew.abs() <= 80_000, "seed {seed}: {skew} us");
                }
            }
            assert!(
                scene.viewer.skew(scene.now, &scene.relay).is_some(),
                "seed {seed}: both are seen"
            );
        }
    }
}

#[test]
fn keyframes_are_asked_for_at_the_allowed_pace() {
    let scene = switches(400, 5, 10_000);
    for publisher in &scene.publishers {
        let asked = &publisher.asked;
        assert!(!asked.is_empty());
        assert!(
            asked.windows(2).all(|pair| pair[1] - pair[0] >= 500_000),
            "{asked:?}"
        );
    }
}
