//! What one person publishes on one m-line.
//!
//! Laws: one stream (SSRC) at a time; another takes over only when it has been silent, and its
//! indices lie far above, so that nothing of the old stream is taken for the new. A muted source
//! keeps nothing.

use std::collections::HashSet;

use crate::media::codec::{Codec, Kind, Media};
use crate::media::history::History;
use crate::media::keyframe::KeyframeAuthority;
use crate::media::levels::LevelMeter;
use crate::media::receive::Receiver;
use crate::media::rtp::RtpView;
use crate::table::Place;

/// Bytes remembered for retransmission: a second of 3 Mbit/s, some 6 s of a voice.
const VIDEO_HISTORY: usize = 384 << 10;
const AUDIO_HISTORY: usize = 48 << 10;
/// Silence after which another SSRC may take over.
const TAKEOVER: u64 = 500_000;
/// Distance between the indices of two streams.
const STREAM_SPAN: u64 = 1 << 40;

pub struct Source {
    pub id: u64,
    pub session: Place,
    pub kind: Kind,
    /// Of the latest packet.
    pub codec: Codec,
    pub csrc: u32,
    pub muted: bool,
    /// Sessions that may receive it, by Python's id.
    pub audience: HashSet<u64>,
    /// Sessions with a slot that shows it; once for each slot.
    pub viewers: Vec<Place>,
    pub receiver: Option<Receiver>,
    pub history: History,
    pub keyframes: KeyframeAuthority,
    pub meter: LevelMeter,
    pub flowing: bool,
    last_packet: u64,
    index_base: u64,
    /// First and last packet of this turn.
    pub turn: Option<(usize, usize)>,
}

impl Source {
    #[must_use]
    pub fn new(id: u64, session: Place, kind: Kind, csrc: u32) -> Self {
        let (history, codec) = match kind {
            Kind::Audio => (AUDIO_HISTORY, Codec::Opus),
            Kind::Video => (VIDEO_HISTORY, Codec::Vp8),
        };
        Self {
            id,
            session,
            kind,
            codec,
            csrc,
            muted: false,
            audience: HashSet::new(),
            viewers: Vec::new(),
            receiver: None,
            history: History::new(history),
            keyframes: KeyframeAuthority::default(),
            meter: LevelMeter::default(),
            flowing: false,
            last_packet: 0,
            index_base: 0,
            turn: None,
        }
    }

    /// The receiver of this stream; `None` while another stream flows.
    pub fn receiver_of(&mut self, now: u64, ssrc: u32) -> Option<&mut Receiver> {
        let present = self.receiver.as_ref().map(Receiver::ssrc);
        if present != Some(ssrc) {
            if present.is_some() {
                if now.saturating_sub(self.last_packet) < TAKEOVER {
                    return None;
                }
                self.index_base += STREAM_SPAN;
                self.history.clear();
            }
            self.receiver = Some(Receiver::new(
                ssrc,
                self.kind.clock_rate(),
                self.kind == Kind::Video,
            ));
        }
        self.receiver.as_mut()
    }

    /// What the plane calls the packet that the receiver gave this index.
    #[must_use]
    pub fn index(&self, index: u64) -> u64 {
        self.index_base + index
    }

    /// The plane's index of the newest packet.
    #[must_use]
    pub fn highest(&self) -> Option<u64> {
        Some(self.index_base + self.receiver.as_ref()?.highest()?)
    }

    /// A packet that went by, and what it carries.
    #[must_use]
    pub fn recall(&self, index: u64) -> Option<(RtpView<'_>, Media)> {
        let view = RtpView::parse(self.history.get(index)?).ok()?;
        let media = Media::read(self.codec, view.payload()).ok()?;
        Some((view, media))
    }

    /// A packet came; whether the source begins to flow with it.
    pub fn heard(&mut self, now: u64) -> bool {
        self.last_packet = now;
        !std::mem::replace(&mut self.flowing, true)
    }

    /// Whether the source stopped flowing just now; says so once.
    pub fn stall(&mut self, now: u64, after: u64) -> bool {
        let stalled = self.flowing && now.saturating_sub(self.last_packet) >= after;
        if stalled {
            self.flowing = false;
        }
        stalled
    }
}
