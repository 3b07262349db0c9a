//! What the tests of this module share: seeded chance, packets by hand, mutated bytes.

use super::extension::ExtensionIds;
use super::outgoing::{Mid, OutHeader};

/// Seeded chance (xorshift). Prints its seed when a test fails while it lives.
pub struct Chance {
    seed: u64,
    state: u64,
}

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
        }
    }

    pub fn next(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    /// Below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap()
    }

    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }
}

impl Drop for Chance {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}", self.seed);
        }
    }
}

/// Hand mutations of the corpus to a parser, which must survive them.
pub fn mutate(corpus: &[Vec<u8>], rounds: u64, mut parse: impl FnMut(&[u8])) {
    for seed in 1..=rounds {
        let mut chance = Chance::new(seed);
        let mut bytes = corpus[chance.below(corpus.len())].clone();
        for _ in 0..=chance.below(4) {
            let at = chance.below(bytes.len());
            match chance.below(5) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, chance.byte()),
                2 => bytes.extend((0..chance.below(40)).map(|_| chance.byte())),
                _ if bytes.is_empty() => {}
                3 => bytes[at] ^= 1 << chance.below(8),
                _ => bytes[at] = [0, 0xff, 0x7f, 0x80, chance.byte()][chance.below(5)],
            }
        }
        parse(&bytes);
    }
}

pub fn ids() -> ExtensionIds {
    ExtensionIds {
        mid: 1,
        rid: 2,
        repaired_rid: 3,
        audio_level: 4,
        transport_cc: 5,
        abs_send_time: 6,
        descriptor: 7,
    }
}

/// A packet with MID and transport-wide number.
pub fn rtp(sequence: u16, timestamp: u32, payload: &[u8]) -> Vec<u8> {
    let header = OutHeader {
        payload_type: 96,
        sequence,
        timestamp,
        ssrc: 7,
        ids: ids(),
        mid: Mid::new(b"0"),
        transport_sequence: Some(sequence),
        ..OutHeader::default()
    };
    let mut packet = vec![0; 64];
    let length = header.write(&mut packet).unwrap();
    packet.truncate(length);
    packet.extend_from_slice(payload);
    packet
}

/// A VP8 payload: descriptor with 15-bit `PictureID` and TL0PICIDX, then a bitstream byte.
pub fn vp8(start: bool, keyframe: bool, picture: u16, base_layer: u8) -> Vec<u8> {
    let [high, low] = (0x8000 | picture).to_be_bytes();
    let first = 0x80 | u8::from(start) << 4;
    vec![
        first,
        0xc0,
        high,
        low,
        base_layer,
        u8::from(!keyframe),
        0xaa,
        0xbb,
    ]
}

/// A VP8 payload of a temporal layer.
pub fn vp8_layer(start: bool, keyframe: bool, picture: u16, layer: u8, sync: bool) -> Vec<u8> {
    let [high, low] = (0x8000 | picture).to_be_bytes();
    let first = 0x80 | u8::from(start) << 4;
    let layers = layer << 6 | u8::from(sync) << 5;
    vec![first, 0xe0, high, low, 1, layers, u8::from(!keyframe), 0xaa]
}
