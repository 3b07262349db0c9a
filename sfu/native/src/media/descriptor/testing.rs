//! Descriptors by hand: the structures that browsers send, written bit by bit.

use super::LayerId;

/// One kind of frames: its layers, what it is to each decode target (`-`, `D`, `S`, `R`), and how
/// far back the frames that it refers to lie.
pub type Kind = (u8, u8, &'static str, &'static [u16]);

pub const L1T3: &[Kind] = &[
    (0, 0, "SSS", &[]),
    (0, 0, "SSS", &[4]),
    (0, 1, "-DS", &[2]),
    (0, 2, "--D", &[1]),
];
/// Two of the three spatial layers of `L3T3_KEY`, with two temporal ones.
pub const L2T2_KEY: &[Kind] = &[
    (0, 0, "SSSS", &[]),
    (0, 0, "SS--", &[4]),
    (0, 1, "-D--", &[2]),
    (1, 0, "--SS", &[1]),
    (1, 0, "--SS", &[4]),
    (1, 1, "---D", &[2]),
];

#[derive(Default)]
pub struct Writer {
    pub bytes: Vec<u8>,
    left: u32,
}

impl Writer {
    pub fn put(&mut self, value: u32, count: u32) -> &mut Self {
        for bit in (0..count).rev() {
            if self.left == 0 {
                self.bytes.push(0);
                self.left = 8;
            }
            self.left -= 1;
            *self.bytes.last_mut().unwrap() |= u8::from(value >> bit & 1 != 0) << self.left;
        }
        self
    }

    pub fn indications(&mut self, text: &str) -> &mut Self {
        for one in text.chars() {
            self.put(u32::try_from("-DSR".find(one).unwrap()).unwrap(), 2);
        }
        self
    }

    pub fn structure(&mut self, offset: u8, kinds: &[Kind]) -> &mut Self {
        let targets = u32::try_from(kinds[0].2.len()).unwrap();
        self.put(u32::from(offset), 6).put(targets - 1, 5);
        for pair in kinds.windows(2) {
            let next = if pair[1].0 > pair[0].0 {
                2
            } else {
                u32::from(pair[1].1 - pair[0].1)
            };
            self.put(next, 2);
        }
        self.put(3, 2);
        for kind in kinds {
            self.indications(kind.2);
        }
        for kind in kinds {
            for &back in kind.3 {
                self.put(1, 1).put(u32::from(back) - 1, 4);
            }
            self.put(0, 1);
        }
        self.chains(targets, kinds.len());
        // Resolutions of each spatial layer.
        self.put(1, 1);
        for _ in 0..=kinds.last().unwrap().0 {
            self.put(319, 16).put(179, 16);
        }
        self
    }

    /// One chain that protects all.
    fn chains(&mut self, targets: u32, kinds: usize) {
        let width = 32 - (targets + 1).leading_zeros();
        let short = (1 << width) - (targets + 1);
        // ns(targets + 1) of 1, which is among the short ones unless there are none.
        if 1 < short {
            self.put(1, width - 1);
        } else {
            self.put((1 + short) >> 1, width - 1)
                .put((1 + short) & 1, 1);
        }
        // ns(1) takes no bits.
        for _ in 0..kinds {
            self.put(1, 4);
        }
    }
}

/// A frame in one packet, of the kind with this number.
pub fn frame(kind: u8, number: u16) -> Vec<u8> {
    packet(kind, number, true, true)
}

pub fn packet(kind: u8, number: u16, start: bool, end: bool) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.put(u32::from(start), 1).put(u32::from(end), 1);
    writer.put(u32::from(kind), 6).put(u32::from(number), 16);
    writer.bytes
}

/// The first packet of a keyframe, with the structure.
pub fn key(kinds: &[Kind], offset: u8, number: u16) -> Vec<u8> {
    let mut writer = Writer {
        bytes: frame(offset, number),
        left: 0,
    };
    writer.put(0b1_0000, 5).structure(offset, kinds);
    writer.bytes
}

/// The same frame with the decode targets that are still filled.
pub fn active(kind: u8, number: u16, mask: u32, targets: u32) -> Vec<u8> {
    let mut writer = Writer {
        bytes: frame(kind, number),
        left: 0,
    };
    writer.put(0b0_1000, 5).put(mask, targets);
    writer.bytes
}

pub fn layer(spatial: u8, temporal: u8) -> LayerId {
    LayerId { spatial, temporal }
}
