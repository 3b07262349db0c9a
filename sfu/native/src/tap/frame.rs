//! Packets of one source become frames again, for a file.
//!
//! Laws: a frame is whole or it is not there; after a loss a picture begins again with a keyframe.
//! Packets are handed in by rising index, and every gap is said. A frame's payload is what a file
//! holds: descriptors, padding and repairs are gone. Of a stream with layers the best target that its
//! sender fills is taken, its layer frames of one instant as one picture. A picture ends with the
//! marker, with its topmost layer, or where another timestamp follows and nothing of it is cut off.

use crate::media::codec::{Codec, Kind, Media};
use crate::media::descriptor::Frame;
use crate::media::rtp::RtpView;
use crate::media::thinning::Thinning;

use super::avc::Sample;
use super::obus::TemporalUnit;
use super::superframe::Superframe;

/// A frame that is longer is no frame of a call.
const MAX_FRAME: usize = 1 << 20;
/// Of that for lengths, and for what stands behind the layers of a picture: units of a packet are
/// few, but each has two bytes there and four here.
const RESERVE: usize = 4_096;

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

/// Whether a packet is the first and the last one of something.
#[derive(Clone, Copy)]
struct Edges {
    start: bool,
    end: bool,
}

/// What one packet holds of a picture.
struct Part<'a> {
    picture: Edges,
    /// Of the frame of one layer.
    layer: Edges,
    /// A decoder may begin with it.
    entry: bool,
    payload: &'a [u8],
}

/// The frames of one source.
#[derive(Debug, Default)]
pub struct Assembler {
    /// The frame that grows, or the one that was completed last.
    bytes: Vec<u8>,
    open: Option<Whole>,
    /// The open picture is the first one: only a keyframe will do.
    first: bool,
    /// No frame was lost since the last keyframe.
    synced: bool,
    codec: Option<Codec>,
    thinning: Thinning,
    layer_open: bool,
    sample: Sample,
    superframe: Superframe,
    unit: TemporalUnit,
}

impl Assembler {
    /// Whether only a keyframe will do.
    #[must_use]
    pub fn waits(&self, kind: Kind) -> bool {
        kind == Kind::Video && (!self.synced || self.thinning.awaits())
    }

    /// Packets are missing here, or another layer begins.
    pub fn gap(&mut self) {
        self.open = None;
        self.synced = false;
    }

    /// The bytes of the frame that was completed.
    #[must_use]
    pub fn frame(&self) -> &[u8] {
        &self.bytes
    }

    /// The picture that ends in front of this packet without having said so; the packet comes again.
    pub fn ended_by(&mut self, view: &RtpView, media: &Media) -> Option<Whole> {
        let open = self.open?;
        let other = matches!(media, Media::H264(_) | Media::Described(..));
        if !other || open.codec == Codec::Vp8 || open.timestamp == view.header.timestamp {
            return None;
        }
        let cut = self.layer_open || !self.sample.is_whole() || !self.unit.is_whole();
        if cut { None } else { self.finish() }
    }

    /// Take the next packet; what it completed lies in `frame`.
    pub fn packet(&mut self, view: &RtpView, media: Media) -> Option<Whole> {
        let timestamp = view.header.timestamp;
        let end = view.header.marker;
        match media {
            Media::Padding => None,
            Media::Opus => Some(self.sound(view.payload(), timestamp)),
            // The file has its order and its gaps: older blocks say nothing new.
            Media::Red(red) => Some(self.sound(view.payload().get(red.primary..)?, timestamp)),
            Media::Unread(_) => {
                self.gap();
                None
            }
            Media::Vp8(descriptor) => {
                let start = descriptor.start;
                let part = Part {
                    picture: Edges { start, end },
                    layer: Edges { start, end },
                    entry: descriptor.keyframe,
                    payload: view.payload().get(descriptor.length..)?,
                };
                self.part(Codec::Vp8, timestamp, &part)
            }
            Media::H264(nal) => {
                // Without layers each packet stands for itself; of units the sample knows.
                let start = self.is_new(timestamp);
                let part = Part {
                    picture: Edges { start, end },
                    layer: Edges {
                        start: true,
                        end: true,
                    },
                    entry: nal.parameters,
                    payload: view.payload(),
                };
                self.part(Codec::H264, timestamp, &part)
            }
            Media::Described(codec, frame) => self.described(codec, &frame, view),
        }
    }

    /// A packet of a codec whose layers the dependency descriptor tells.
    fn described(&mut self, codec: Codec, frame: &Frame, view: &RtpView) -> Option<Whole> {
        let (timestamp, media) = (view.header.timestamp, Media::Described(codec, *frame));
        let entry = frame.is_entry();
        if entry {
            self.thinning.begin(&media);
        } else if !self.thinning.passes(&media) {
            return None;
        }
        let (start, end) = (frame.start, frame.end);
        let part = Part {
            picture: Edges {
                start: start && self.is_new(timestamp),
                end: view.header.marker || self.thinning.ends_picture(frame),
            },
            layer: Edges { start, end },
            entry,
            payload: view.payload(),
        };
        self.part(codec, timestamp, &part)
    }

    fn is_new(&self, timestamp: u32) -> bool {
        self.open.is_none_or(|open| open.timestamp != timestamp)
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
    fn part(&mut self, codec: Codec, timestamp: u32, part: &Part) -> Option<Whole> {
        if self.codec.replace(codec) != Some(codec) {
            self.gap();
            if !codec.is_described() {
                self.thinning = Thinning::default();
            }
        }
        if part.picture.start {
            if self.open.is_some() {
                // The one before never ended.
                self.gap();
            }
            if !self.synced && !part.entry {
                return None;
            }
            self.begin(Whole {
                codec,
                key: part.entry,
                timestamp,
            });
        }
        let open = self.open?;
        let fits = open.timestamp == timestamp && self.layer_open != part.layer.start;
        if !fits || self.add(codec, part).is_none() {
            self.gap();
            return None;
        }
        self.layer_open = !part.layer.end;
        if !part.picture.end {
            return None;
        }
        self.finish()
    }

    fn begin(&mut self, picture: Whole) {
        self.first = !self.synced;
        self.synced = true;
        self.open = Some(picture);
        self.layer_open = false;
        self.bytes.clear();
        self.sample = Sample::default();
        self.superframe = Superframe::default();
        self.unit.begin();
    }

    /// Add a packet to the picture; `None`: it does not fit, or the picture is too long.
    fn add(&mut self, codec: Codec, part: &Part) -> Option<()> {
        let (bytes, payload) = (&mut self.bytes, part.payload);
        if bytes.len() + self.unit.waiting() + payload.len() > MAX_FRAME - RESERVE {
            return None;
        }
        match codec {
            Codec::H264 => self.sample.add(payload, bytes),
            Codec::Vp9 => self.superframe.add(part.layer.start, payload, bytes),
            Codec::Av1 => self.unit.add(payload, bytes),
            Codec::Vp8 | Codec::Opus | Codec::Red => {
                bytes.extend_from_slice(payload);
                Some(())
            }
        }
    }

    /// The picture is whole, unless something of it is cut off, or it is no beginning where one has to be.
    fn finish(&mut self) -> Option<Whole> {
        let mut picture = self.open.take()?;
        picture.key &= match picture.codec {
            Codec::H264 => self.sample.is_key(),
            Codec::Vp9 => self.superframe.is_key(),
            Codec::Av1 => self.unit.is_key(),
            Codec::Vp8 | Codec::Opus | Codec::Red => true,
        };
        let whole = !self.layer_open && self.sample.is_whole() && self.unit.is_whole();
        if !whole || (self.first && !picture.key) || self.bytes.is_empty() {
            self.gap();
            return None;
        }
        if picture.codec == Codec::Vp9 {
            self.superframe.close(&mut self.bytes);
        }
        Some(picture)
    }
}

#[cfg(test)]
mod tests;
