//! Sends sound and pictures with its own clocks and numbers, and answers NACK with RTX.

use super::super::rtcp::SenderInfo;
use super::super::rtcp::build;
use super::super::testing::{self, Chance};
use super::super::vp8::Vp8Descriptor;
use std::collections::HashMap;

/// Bytes of payload that tell person, capture time and packet of the frame.
pub const LABEL: usize = 10;

pub struct Publisher {
    pub person: u8,
    chance: Chance,
    /// From capture to sending a picture.
    picture_delay: u64,
    clock: u64,
    timestamps: [u32; 2],
    sequences: [u16; 2],
    picture: u16,
    keyframe: bool,
    waiting: Vec<(u64, Vec<u8>)>,
    sent: HashMap<u16, Vec<u8>>,
    rtx_sequence: u16,
    pub asked: Vec<u64>,
}

pub fn ssrc(person: u8, video: bool) -> u32 {
    u32::from(person) * 10 + u32::from(video)
}

impl Publisher {
    pub fn new(person: u8, seed: u64, picture_delay: u64) -> Self {
        let mut chance = Chance::new(seed);
        let mut number = || u16::try_from(chance.below(0x1_0000)).unwrap();
        let sequences = [number() | 0xff00, number()];
        let picture = 0x7fff - u16::from(number().to_be_bytes()[0]);
        let timestamps = [
            u32::from(number()) << 16 | 0xffff,
            u32::MAX - u32::from(number()),
        ];
        Self {
            person,
            picture_delay,
            clock: (chance.next() % 4_000_000_000) * 1_000_000,
            timestamps,
            sequences,
            picture,
            keyframe: true,
            waiting: Vec::new(),
            sent: HashMap::new(),
            rtx_sequence: 0,
            asked: Vec::new(),
            chance,
        }
    }

    fn label(&self, now: u64, part: u8) -> [u8; LABEL] {
        let mut label = [0; LABEL];
        label[0] = self.person;
        label[1] = part;
        label[2..].copy_from_slice(&now.to_be_bytes());
        label
    }

    fn timestamp(&self, now: u64, video: bool) -> u32 {
        let ticks = if video {
            now * 90 / 1_000
        } else {
            now * 48 / 1_000
        };
        let ticks = u32::try_from(ticks & 0xffff_ffff).unwrap();
        self.timestamps[usize::from(video)].wrapping_add(ticks)
    }

    fn packet(&mut self, now: u64, video: bool, marker: bool, payload: &[u8]) -> Vec<u8> {
        let number = &mut self.sequences[usize::from(video)];
        *number = number.wrapping_add(1);
        let number = *number;
        let mut packet = testing::rtp(number, self.timestamp(now, video), payload);
        packet[1] = u8::from(marker) << 7 | if video { 96 } else { 111 };
        packet[8..12].copy_from_slice(&ssrc(self.person, video).to_be_bytes());
        if video {
            self.sent.insert(number, packet.clone());
        }
        packet
    }

    fn picture(&mut self, now: u64) {
        let keyframe = std::mem::take(&mut self.keyframe);
        self.picture = (self.picture + 1) & 0x7fff;
        let parts = if keyframe {
            8
        } else {
            1 + self.chance.below(4)
        };
        for part in 0..parts {
            let mut payload = testing::vp8(part == 0, keyframe, self.picture, 0);
            payload.extend(self.label(now, u8::try_from(part).unwrap()));
            let packet = self.packet(now, true, part + 1 == parts, &payload);
            self.waiting.push((now + self.picture_delay, packet));
        }
        if self.chance.percent(5) {
            let probe = self.packet(now, true, false, &[]);
            self.waiting.push((now + self.picture_delay, probe));
        }
    }

    fn report(&self, now: u64, video: bool) -> Vec<u8> {
        let theirs = super::super::capture::ntp(now + self.clock);
        let info = SenderInfo {
            ntp: theirs,
            rtp: self.timestamp(now, video),
            ..SenderInfo::default()
        };
        let mut out = Vec::new();
        build::sender_report(&mut out, ssrc(self.person, video), &info, &[]);
        out
    }

    /// What leaves now.
    pub fn send(&mut self, now: u64, live: bool) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        if live && now.is_multiple_of(20_000) {
            let label = self.label(now, 0);
            out.push(self.packet(now, false, false, &label));
        }
        if live && now.is_multiple_of(40_000) {
            self.picture(now);
        }
        if now % 1_000_000 == 500_000 {
            out.extend([self.report(now, false), self.report(now, true)]);
        }
        let due = self.waiting.iter().take_while(|(at, _)| *at <= now).count();
        out.extend(self.waiting.drain(..due).map(|(_, packet)| packet));
        out
    }

    pub fn want_keyframe(&mut self, now: u64) {
        self.asked.push(now);
        self.keyframe = true;
    }

    /// The relay misses a picture packet.
    pub fn nack(&mut self, now: u64, number: u16) {
        let Some(packet) = self.sent.get(&number) else {
            return;
        };
        let view = super::super::rtp::RtpView::parse(packet).unwrap();
        let mut payload = number.to_be_bytes().to_vec();
        payload.extend(view.payload());
        self.rtx_sequence = self.rtx_sequence.wrapping_add(1);
        let mut repair = testing::rtp(self.rtx_sequence, view.header.timestamp, &payload);
        repair[1] = u8::from(view.header.marker) << 7 | 0x61;
        repair[8..12].copy_from_slice(&(ssrc(self.person, true) + 100).to_be_bytes());
        self.waiting.insert(0, (now, repair));
        assert!(view.payload().is_empty() || Vp8Descriptor::parse(view.payload()).is_ok());
    }
}
