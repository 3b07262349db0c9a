//! What the load carries: frames of random bytes that name their source, number and time of sending.
//!
//! A frame is checked whole, so that a server may cut it into other packets than the publisher did. Its bytes after the
//! codec's own header are a piece of one random block, which both sides have.

/// source, number, time in ns
const STAMP: usize = 2 + 4 + 8;
const BLOCK: usize = 1 << 16;
const STEPS: u64 = 1 << 14;
/// Bytes of the payload descriptor we write: all that a browser with temporal layers writes (TL0PICIDX needs TID).
pub const DESCRIPTOR: usize = 6;

/// The form of a source's frames.
#[derive(Clone, Copy)]
pub struct Shape {
    pub video: bool,
    pub packets: usize,
    /// payload of each packet, with the descriptor
    pub bytes: usize,
}

impl Shape {
    fn lead(self) -> usize {
        if self.video { 10 } else { 1 }
    }

    /// Bytes of a frame without descriptors.
    pub fn body(self) -> usize {
        self.packets * (self.bytes - if self.video { DESCRIPTOR } else { 0 })
    }
}

/// Who sent a frame, which, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub source: u16,
    pub number: u32,
    pub time: u64,
}

/// The random block.
pub struct Noise(Vec<u8>);

impl Noise {
    /// Xorshift from a seed.
    pub fn new(mut seed: u64) -> Self {
        let words = std::iter::repeat_with(|| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed.to_le_bytes()
        });
        Self(words.take(BLOCK / 8).flatten().collect())
    }

    fn piece(&self, stamp: Stamp, length: usize) -> &[u8] {
        let step = u64::from(stamp.number) * 97 + u64::from(stamp.source) * 1009;
        let at = usize::try_from(step % STEPS).unwrap_or(0);
        &self.0[at..at + length]
    }

    /// Write a frame.
    pub fn build(&self, out: &mut Vec<u8>, shape: Shape, stamp: Stamp, keyframe: bool) {
        out.clear();
        if shape.video {
            // RFC 6386 section 9.1: frame tag; start code and 640 x 360 count in keyframes alone
            let tag = 0x10 | u8::from(!keyframe);
            out.extend_from_slice(&[tag, 2, 0, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0x68, 0x01]);
        } else {
            out.push(0x78); // RFC 6716 section 3.1: one frame of 20 ms
        }
        out.extend_from_slice(&stamp.source.to_be_bytes());
        out.extend_from_slice(&stamp.number.to_be_bytes());
        out.extend_from_slice(&stamp.time.to_be_bytes());
        out.extend_from_slice(self.piece(stamp, shape.body() - shape.lead() - STAMP));
    }

    /// Read a frame; None if it is not byte for byte one of ours.
    pub fn check(&self, body: &[u8], video: bool, shapes: &[Shape]) -> Option<Stamp> {
        let lead = if video { 10 } else { 1 };
        let (head, rest) = body.split_at_checked(lead + STAMP)?;
        let stamp = Stamp {
            source: u16::from_be_bytes(head[lead..lead + 2].try_into().ok()?),
            number: u32::from_be_bytes(head[lead + 2..lead + 6].try_into().ok()?),
            time: u64::from_be_bytes(head[lead + 6..].try_into().ok()?),
        };
        let shape = shapes.get(usize::from(stamp.source))?;
        let right = shape.video == video
            && shape.body() == body.len()
            && self.piece(stamp, rest.len()) == rest;
        right.then_some(stamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_frames_pass() {
        let noise = Noise::new(1);
        let shapes = [
            Shape {
                video: true,
                packets: 3,
                bytes: 1000,
            },
            Shape {
                video: false,
                packets: 1,
                bytes: 100,
            },
        ];
        for (source, shape) in shapes.iter().enumerate() {
            let stamp = Stamp {
                source: u16::try_from(source).unwrap(),
                number: 70_000,
                time: 5,
            };
            let mut body = Vec::new();
            noise.build(&mut body, *shape, stamp, true);
            assert_eq!(body.len(), shape.body());
            assert_eq!(noise.check(&body, shape.video, &shapes), Some(stamp));
            assert_eq!(
                noise.check(&body[..body.len() - 1], shape.video, &shapes),
                None
            );
            assert_eq!(noise.check(&body, !shape.video, &shapes), None);
            let last = body.len() - 1;
            body[last] ^= 1;
            assert_eq!(noise.check(&body, shape.video, &shapes), None);
        }
    }
}
