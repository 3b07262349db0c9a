//! Packets of one source become frames again, for a file.
//!
//! Laws: a frame is whole or it is not there; after a loss a picture begins again with a keyframe.
//! Packets are handed in by rising index, and every gap is said. A frame's payload is what a
//! decoder takes: descriptors, padding and repairs are gone. A codec that is not known here gives
//! no frames; a new one needs an arm in `Assembler::packet` and a number in `code`.

use crate::media::codec::{Codec, Kind, Media};
use crate::media::rtp::RtpView;

/// A frame that is longer is no frame of a call.
const MAX_FRAME: usize = 1 << 20;

/// The number of a codec in the records of a recording.
#[must_use]
pub fn code(codec: Codec) -> u8 {
    match codec {
        Codec::Opus | Codec::Red => 1,
        Codec::Vp8 => 2,
        Codec::H264 => 3,
        Codec::Vp9 => 4,
        Codec::Av1 => 5,
    }
}

/// What a packet completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole {
    pub codec: Codec,
    /// A decoder can begin here.
    pub key: bool,
    /// RTP timestamp.
    pub timestamp: u32,
}

/// The frames of one source.
#[derive(Debug, Default)]
pub struct Assembler {
    /// The frame that grows, or the one that was completed last.
    bytes: Vec<u8>,
    open: Option<Whole>,
    /// No frame was lost since the last keyframe.
    synced: bool,
    /// What comes is of a codec that gives no frames here.
    foreign: bool,
}

impl Assembler {
    /// Whether only a keyframe will do.
    #[must_use]
    pub fn waits(&self, kind: Kind) -> bool {
        kind == Kind::Video && !self.synced && !self.foreign
    }

    /// Packets are missing here, or another layer begins.
    pub fn gap(&mut self) {
        self.open = None;
        self.synced = false;
    }

    /// The bytes of the frame that `packet` completed.
    #[must_use]
    pub fn frame(&self) -> &[u8] {
        &self.bytes
    }

    /// Take the next packet; what it completed lies in `frame`.
    pub fn packet(&mut self, view: &RtpView, media: Media) -> Option<Whole> {
        let timestamp = view.header.timestamp;
        match media {
            Media::Padding => None,
            Media::H264(_) | Media::Described(..) | Media::Unread(_) => {
                self.foreign = true;
                None
            }
            Media::Opus => Some(self.sound(view.payload(), timestamp)),
            // The file has its order and its gaps: older blocks say nothing new.
            Media::Red(red) => Some(self.sound(view.payload().get(red.primary..)?, timestamp)),
            Media::Vp8(descriptor) => {
                let part = Part {
                    start: descriptor.start,
                    end: view.header.marker,
                    bytes: view.payload().get(descriptor.length..)?,
                };
                let whole = Whole {
                    codec: Codec::Vp8,
                    key: descriptor.keyframe,
                    timestamp,
                };
                self.part(&part, whole)
            }
        }
    }

    /// A packet of sound is a frame.
    fn sound(&mut self, payload: &[u8], timestamp: u32) -> Whole {
        self.bytes.clear();
        self.bytes.extend_from_slice(payload);
        Whole {
            codec: Codec::Opus,
            key: true,
            timestamp,
        }
    }

    /// A part of a picture.
    fn part(&mut self, part: &Part, of: Whole) -> Option<Whole> {
        if part.start {
            if self.open.is_some() {
                // The one before never ended.
                self.gap();
            }
            self.bytes.clear();
            if !self.synced && !of.key {
                return None;
            }
            self.synced = true;
            self.open = Some(of);
        }
        let open = self.open?;
        if open.timestamp != of.timestamp || self.bytes.len() + part.bytes.len() > MAX_FRAME {
            self.gap();
            return None;
        }
        self.bytes.extend_from_slice(part.bytes);
        if part.end {
            self.open = None;
            return Some(open);
        }
        None
    }
}

/// What one packet holds of a picture.
struct Part<'a> {
    start: bool,
    end: bool,
    bytes: &'a [u8],
}

#[cfg(test)]
mod tests {
    use super::{Assembler, Whole};
    use crate::media::codec::{Codec, Kind, Media};
    use crate::media::rtp::RtpView;

    fn packet(marker: bool, timestamp: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x80, 0x60 | u8::from(marker) << 7, 0, 1, 0, 0, 0, timestamp];
        bytes.extend_from_slice(&[0, 0, 0, 9]);
        bytes.extend_from_slice(payload);
        bytes
    }

    fn take(frames: &mut Assembler, codec: Codec, bytes: &[u8]) -> Option<Whole> {
        let view = RtpView::parse(bytes).expect("a packet");
        let media = Media::read(codec, view.payload()).expect("a payload");
        frames.packet(&view, media)
    }

    /// Start of a frame, its last packet; then whether it is a keyframe.
    fn picture(start: bool, end: bool, key: bool, timestamp: u8, byte: u8) -> Vec<u8> {
        let first = if start { 0x10 } else { 0 };
        packet(end, timestamp, &[first, u8::from(!key), byte])
    }

    #[test]
    fn a_picture_of_parts_is_one_frame() {
        let mut frames = Assembler::default();
        assert!(frames.waits(Kind::Video));
        let parts = [
            picture(true, false, true, 1, 7),
            picture(false, false, true, 1, 8),
            picture(false, true, true, 1, 9),
        ];
        assert_eq!(take(&mut frames, Codec::Vp8, &parts[0]), None);
        assert_eq!(take(&mut frames, Codec::Vp8, &parts[1]), None);
        let whole = take(&mut frames, Codec::Vp8, &parts[2]).expect("a frame");
        assert!(whole.key && whole.timestamp == 1 && whole.codec == Codec::Vp8);
        assert_eq!(frames.frame(), [0, 7, 0, 8, 0, 9]);
        assert!(!frames.waits(Kind::Video));
    }

    #[test]
    fn nothing_comes_before_a_keyframe_or_behind_a_gap() {
        let mut frames = Assembler::default();
        let delta = picture(true, true, false, 1, 7);
        assert_eq!(take(&mut frames, Codec::Vp8, &delta), None);
        let key = picture(true, true, true, 2, 7);
        assert!(take(&mut frames, Codec::Vp8, &key).is_some());
        assert!(take(&mut frames, Codec::Vp8, &delta).is_some());
        frames.gap();
        assert_eq!(take(&mut frames, Codec::Vp8, &delta), None);
        assert!(frames.waits(Kind::Video));
        assert!(take(&mut frames, Codec::Vp8, &key).is_some());
    }

    #[test]
    fn a_frame_that_never_ended_spoils_what_refers_to_it() {
        let mut frames = Assembler::default();
        take(&mut frames, Codec::Vp8, &picture(true, false, true, 1, 7));
        let next = picture(true, true, false, 2, 8);
        assert_eq!(take(&mut frames, Codec::Vp8, &next), None);
        // A part without its beginning is nothing.
        let rest = picture(false, true, false, 3, 8);
        assert_eq!(take(&mut frames, Codec::Vp8, &rest), None);
    }

    #[test]
    fn every_packet_of_sound_is_a_frame_and_a_probe_is_none() {
        let mut frames = Assembler::default();
        let sound = packet(false, 4, &[0x78, 1, 2]);
        assert!(take(&mut frames, Codec::Opus, &sound).is_some_and(|whole| whole.key));
        assert_eq!(frames.frame(), [0x78, 1, 2]);
        frames.gap();
        assert!(take(&mut frames, Codec::Opus, &sound).is_some());
        assert_eq!(take(&mut frames, Codec::Opus, &packet(false, 5, &[])), None);
        assert!(!frames.waits(Kind::Audio));
        let red = packet(false, 6, b"\xef\x0f\x00\x03\x6fOLDNEW");
        let whole = take(&mut frames, Codec::Red, &red).expect("a frame");
        assert_eq!((whole.codec, frames.frame()), (Codec::Opus, &b"NEW"[..]));
    }

    #[test]
    fn a_codec_without_frames_is_not_waited_for() {
        let mut frames = Assembler::default();
        let bytes = packet(true, 1, b"\x67\x42");
        assert_eq!(take(&mut frames, Codec::H264, &bytes), None);
        assert!(!frames.waits(Kind::Video));
    }
}
