//! One stream that a publisher sends: when its frames are due and what they look like on the wire.

use crate::frame::{DESCRIPTOR, Noise, Shape, Stamp};
use crate::rtcp::{Sent, build_sender_report};
use crate::rtp::{Sending, build_header};
use crate::srtp::Context;

const NTP_EPOCH: u64 = 2_208_988_800;
const SECOND: u64 = 1_000_000_000;

/// Ids of the header extensions that are sent; 0 for none.
pub struct Extensions {
    pub mid: u8,
    pub level: u8,
    pub transport: u8,
}

/// One stream.
pub struct Source {
    pub leg: usize,
    pub shape: Shape,
    pub payload_type: u8,
    pub ssrc: u32,
    pub mid: String,
    pub extensions: Extensions,
    /// ns between frames as the plan has it
    pub usual: u64,
    /// ns between frames in this run
    pub interval: u64,
    /// ns since 1970; `u64::MAX` while nothing is sent
    pub due: u64,
    pub wants_keyframe: bool,
    number: u32,
    /// ROC << 16 | sequence
    index: u64,
    octets: u32,
    body: Vec<u8>,
}

impl Source {
    /// `index` is the first packet's ROC << 16 | sequence.
    pub fn new(
        leg: usize,
        shape: Shape,
        payload_type: u8,
        ssrc: u32,
        interval: u64,
        index: u64,
    ) -> Self {
        let extensions = Extensions {
            mid: 0,
            level: 0,
            transport: 0,
        };
        let (mid, due, body) = (String::new(), u64::MAX, Vec::new());
        let (wants_keyframe, number, octets) = (true, index as u32, 0);
        Self {
            leg,
            shape,
            payload_type,
            ssrc,
            mid,
            extensions,
            usual: interval,
            interval,
            due,
            wants_keyframe,
            number,
            index,
            octets,
            body,
        }
    }

    fn timestamp(&self, now: u64) -> u32 {
        let rate = if self.shape.video { 90 } else { 48 };
        (now / 1000 * rate / 1000) as u32
    }

    /// Seal the next frame into `out`; `transport` is the connection's transport-wide number.
    pub fn frame(
        &mut self,
        place: u16,
        now: u64,
        noise: &Noise,
        context: &Context,
        transport: &mut u16,
        out: &mut Vec<Vec<u8>>,
    ) {
        let keyframe = std::mem::take(&mut self.wants_keyframe);
        let stamp = Stamp {
            source: place,
            number: self.number,
            time: now,
        };
        let mut body = std::mem::take(&mut self.body);
        noise.build(&mut body, self.shape, stamp, keyframe);
        let piece = body.len() / self.shape.packets;
        for (position, part) in body.chunks(piece).enumerate() {
            *transport = transport.wrapping_add(1);
            out.push(self.packet(position, part, now, *transport, context));
        }
        self.body = body;
        self.number += 1;
    }

    fn packet(
        &mut self,
        position: usize,
        part: &[u8],
        now: u64,
        transport: u16,
        context: &Context,
    ) -> Vec<u8> {
        let mut packet = Vec::with_capacity(part.len() + 64);
        let numbered = transport.to_be_bytes();
        // voices are never level: 20 to 35 dB below the loudest, bit 7 says that it is a voice
        let level = [0x80 | (20 + (self.number / 5 % 16) as u8)];
        let elements: [(u8, &[u8]); 3] = [
            (self.extensions.mid, self.mid.as_bytes()),
            (
                if self.shape.video {
                    0
                } else {
                    self.extensions.level
                },
                &level,
            ),
            (self.extensions.transport, &numbered),
        ];
        let mut wanted: Vec<(u8, &[u8])> = Vec::with_capacity(3);
        wanted.extend(
            elements
                .iter()
                .filter(|(id, value)| *id != 0 && !value.is_empty()),
        );
        let marker = self.shape.video && position + 1 == self.shape.packets;
        let header = build_header(
            &mut packet,
            &Sending {
                payload_type: self.payload_type,
                marker,
                sequence: self.index as u16,
                timestamp: self.timestamp(now),
                ssrc: self.ssrc,
                elements: &wanted,
            },
        );
        if self.shape.video {
            let picture = (self.number & 0x7FFF) as u16 | 0x8000;
            let start = if position == 0 { 0x90 } else { 0x80 };
            let [high, low] = picture.to_be_bytes();
            let descriptor: [u8; DESCRIPTOR] = [start, 0xE0, high, low, self.number as u8, 0];
            packet.extend_from_slice(&descriptor);
        }
        packet.extend_from_slice(part);
        self.octets = self.octets.wrapping_add(part.len() as u32);
        context.seal_rtp(&mut packet, header, self.index);
        self.index += 1;
        packet
    }

    /// What it tells of itself.
    pub fn report(&self, now: u64) -> Vec<u8> {
        let fraction = ((now % SECOND) << 32) / SECOND;
        build_sender_report(&Sent {
            ssrc: self.ssrc,
            ntp: (now / SECOND + NTP_EPOCH) << 32 | fraction,
            timestamp: self.timestamp(now),
            packets: self.index as u32,
            octets: self.octets,
        })
    }
}
