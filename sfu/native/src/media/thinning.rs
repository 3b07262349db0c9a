//! Which frames of one stream a slot passes on: temporal layers, and spatial ones of one stream (SVC).
//!
//! Laws: a frame is passed whole or not at all; more is passed only from a frame on that says so
//! and whose own references went out; less at once, where what is left is certainly complete. VP8
//! rises by one temporal layer at a time, at its layer sync bit. Without layers everything passes.
//! Where the spatial layer wanted needs a keyframe, `awaits` says so.

use super::codec::Media;
use super::descriptor::{Frame, Indication, LayerId};
use super::vp8::Vp8Descriptor;

/// No limit.
pub const ALL: LayerId = LayerId {
    spatial: u8::MAX,
    temporal: u8::MAX,
};
/// Frames back that references are known for.
const KNOWN: u32 = 128;

/// What one slot passes of the present run.
#[derive(Debug, Clone)]
pub struct Thinning {
    most: LayerId,
    /// The decode target that goes out, and its layers.
    target: Option<(u8, LayerId)>,
    /// The temporal layer of VP8 up to which frames go out.
    temporal: u8,
    /// Frames that went out: the newest number, and those before it by distance.
    newest: u16,
    sent: u128,
    awaits: bool,
}

impl Default for Thinning {
    fn default() -> Self {
        Self {
            most: ALL,
            target: None,
            temporal: u8::MAX,
            newest: 0,
            sent: 0,
            awaits: false,
        }
    }
}

impl Thinning {
    /// Pass no more than these layers.
    pub fn limit(&mut self, most: LayerId) {
        self.most = most;
    }

    /// Whether the spatial layer wanted begins only with a keyframe.
    #[must_use]
    pub fn awaits(&self) -> bool {
        self.awaits
    }

    /// A run begins with this packet.
    pub fn begin(&mut self, media: &Media) {
        self.target = None;
        self.sent = 0;
        self.awaits = false;
        match media {
            Media::Described(_, frame) => {
                let target = frame.choose(self.most);
                self.target = target.and_then(|target| Some((target, frame.target(target)?)));
                self.note(frame);
            }
            Media::Vp8(_) => self.temporal = self.most.temporal,
            _ => {}
        }
    }

    /// Whether a packet behind all others of the run is passed on.
    pub fn passes(&mut self, media: &Media) -> bool {
        match media {
            Media::Vp8(descriptor) => self.passes_vp8(descriptor),
            Media::Described(_, frame) => self.passes_frame(frame),
            _ => true,
        }
    }

    /// Whether a late packet is.
    #[must_use]
    pub fn passes_late(&self, media: &Media) -> bool {
        match media {
            Media::Vp8(descriptor) => descriptor
                .temporal
                .is_none_or(|(layer, _)| layer <= self.temporal),
            Media::Described(_, frame) => self.needs(frame),
            _ => true,
        }
    }

    /// Whether a frame is the last of its picture that goes out.
    #[must_use]
    pub fn ends_picture(&self, frame: &Frame) -> bool {
        let top = |(_, layers): (u8, LayerId)| frame.layer.spatial >= layers.spatial;
        frame.end && self.target.is_none_or(top)
    }

    fn passes_vp8(&mut self, descriptor: &Vp8Descriptor) -> bool {
        let Some((layer, sync)) = descriptor.temporal else {
            return true;
        };
        if descriptor.start {
            let most = self.most.temporal;
            if descriptor.keyframe || self.temporal > most {
                self.temporal = most;
            } else if sync && layer <= most && layer == self.temporal.saturating_add(1) {
                self.temporal = layer;
            }
        }
        layer <= self.temporal
    }

    fn passes_frame(&mut self, frame: &Frame) -> bool {
        if frame.start {
            self.change(frame);
        }
        let passes = self.needs(frame);
        if passes {
            self.note(frame);
        }
        passes
    }

    fn needs(&self, frame: &Frame) -> bool {
        self.target
            .is_none_or(|(target, _)| frame.indication(target) != Indication::NotPresent)
    }

    /// Change over to the target wanted, or to one nearer to it, if this frame lets us.
    fn change(&mut self, frame: &Frame) {
        let best = frame.choose(self.most);
        let Some((best, wanted)) = best.and_then(|best| Some((best, frame.target(best)?))) else {
            return;
        };
        let Some((target, present)) = self.target else {
            return;
        };
        self.awaits = false;
        if best == target && wanted == present {
            return;
        }
        if self.may_enter(frame, best) || is_less(wanted, present) {
            self.target = Some((best, wanted));
            return;
        }
        self.awaits = wanted.spatial != present.spatial;
        // Fewer frames of what is shown, until then.
        let near = LayerId {
            spatial: present.spatial,
            temporal: self.most.temporal.min(present.temporal),
        };
        if let Some(near) = frame.choose(near)
            && let Some(layers) = frame
                .target(near)
                .filter(|layers| is_less(*layers, present))
        {
            self.target = Some((near, layers));
        }
    }

    /// Whether the target can be decoded from this frame on.
    fn may_enter(&self, frame: &Frame, target: u8) -> bool {
        let went_out = |&distance: &u16| {
            let number = frame.number.wrapping_sub(distance);
            let back = u32::from(self.newest.wrapping_sub(number));
            back < KNOWN && self.sent >> back & 1 != 0
        };
        frame.indication(target) == Indication::Switch
            && frame.references.distances().iter().all(went_out)
    }

    /// A frame goes out.
    fn note(&mut self, frame: &Frame) {
        let ahead = frame.number.wrapping_sub(self.newest);
        if self.sent == 0 || ahead >= 0x8000 && u32::from(ahead.wrapping_neg()) >= KNOWN {
            self.newest = frame.number;
            self.sent = 1;
        } else if ahead < 0x8000 {
            self.newest = frame.number;
            self.sent = self.sent.checked_shl(u32::from(ahead)).unwrap_or(0) | 1;
        } else {
            self.sent |= 1 << ahead.wrapping_neg();
        }
    }
}

/// Whether these layers hold a part of the frames of those: fewer pictures of the same size.
fn is_less(one: LayerId, other: LayerId) -> bool {
    one.spatial == other.spatial && one.temporal < other.temporal
}

#[cfg(test)]
mod tests;
