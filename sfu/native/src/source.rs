//! What one person publishes on one m-line: one picture in up to three layers, or one voice.
//!
//! Laws: each layer (simulcast's RID) has a receiver and a history of its own; the keyframe
//! authority and the audience are the source's. Layers are numbered from the lowest, and the
//! topmost bits of an index name its layer, so an index names one packet of the source for good.
//! One stream (SSRC) a layer at a time; another takes over only when it has been silent, and its
//! indices lie far above, so that nothing of the old stream is taken for the new. Only media makes
//! a layer flow, probes do not. A muted source keeps nothing.

use std::collections::HashMap;

use crate::media::codec::{Codec, Kind, Media};
use crate::media::costs::{Costs, Rates};
use crate::media::descriptor::Descriptors;
use crate::media::extension::{ExtensionIds, Extensions};
use crate::media::hearing::Voice;
use crate::media::history::History;
use crate::media::keyframe::KeyframeAuthority;
use crate::media::layers::{Flows, MAX_LAYERS};
use crate::media::receive::Receiver;
use crate::media::rtp::{Malformed, RtpView};
use crate::table::Place;

/// Bytes remembered for retransmission: a second of 3 Mbit/s, some 6 s of a voice.
const VIDEO_HISTORY: usize = 384 << 10;
const AUDIO_HISTORY: usize = 48 << 10;
/// Silence after which another SSRC may take over.
const TAKEOVER: u64 = 500_000;
/// Distance between the indices of two streams of a layer.
const STREAM_SPAN: u64 = 1 << 40;
/// Bits of an index below its layer.
const LAYER_SHIFT: u32 = 60;

/// The layer that an index names.
#[must_use]
pub fn layer_of(index: u64) -> usize {
    // Four bits.
    (index >> LAYER_SHIFT) as usize
}

/// The first packet of a keyframe.
#[derive(Debug, Clone, Copy)]
pub struct Opening {
    /// The plane's index.
    pub index: u64,
    /// When it came.
    pub at: u64,
    pub capture: u64,
    pub timestamp: u32,
}

/// One encoding of a source.
pub struct Layer {
    pub receiver: Option<Receiver>,
    pub history: History,
    pub descriptors: Descriptors,
    /// First and last packet of this turn.
    pub turn: Option<(usize, usize)>,
    /// Its newest keyframe.
    pub opening: Option<Opening>,
    last_packet: u64,
    index_base: u64,
}

impl Layer {
    fn new(number: usize, history: usize) -> Self {
        Self {
            receiver: None,
            history: History::new(history),
            descriptors: Descriptors::default(),
            turn: None,
            opening: None,
            last_packet: 0,
            index_base: (number as u64) << LAYER_SHIFT,
        }
    }

    /// The receiver of this stream; `None` while another stream flows.
    pub fn receiver_of(&mut self, now: u64, ssrc: u32, kind: Kind) -> Option<&mut Receiver> {
        let present = self.receiver.as_ref().map(Receiver::ssrc);
        if present != Some(ssrc) {
            if present.is_some() {
                if now.saturating_sub(self.last_packet) < TAKEOVER {
                    return None;
                }
                self.index_base += STREAM_SPAN;
                self.history.clear();
                self.opening = None;
                self.descriptors = Descriptors::default();
            }
            let asks = kind == Kind::Video;
            self.receiver = Some(Receiver::new(ssrc, kind.clock_rate(), asks));
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
}

pub struct Source {
    pub id: u64,
    pub session: Place,
    pub kind: Kind,
    /// Header extensions of its session.
    pub ids: ExtensionIds,
    pub csrc: u32,
    pub muted: bool,
    /// Sessions that may receive it, by Python's id, and since when.
    pub audience: HashMap<u64, u64>,
    /// Sessions with a slot that shows it; once for each slot.
    pub viewers: Vec<Place>,
    /// RIDs of the layers; empty without simulcast.
    pub rids: Vec<Vec<u8>>,
    /// From the lowest; at least one.
    pub layers: Vec<Layer>,
    /// Which of them flow.
    pub flows: Flows,
    /// What each layer costs a viewer.
    pub costs: Costs,
    pub keyframes: KeyframeAuthority,
    pub voice: Voice,
    pub flowing: bool,
    last_packet: u64,
}

impl Source {
    #[must_use]
    pub fn new(id: u64, session: Place, kind: Kind, csrc: u32, rids: Vec<Vec<u8>>) -> Self {
        let history = match kind {
            Kind::Audio => AUDIO_HISTORY,
            Kind::Video => VIDEO_HISTORY,
        };
        let count = rids.len().clamp(1, MAX_LAYERS);
        // Each layer has about half the bitrate of the next.
        let layers = (0..count).map(|number| Layer::new(number, history >> (count - 1 - number)));
        Self {
            id,
            session,
            kind,
            ids: ExtensionIds::default(),
            csrc,
            muted: false,
            audience: HashMap::new(),
            viewers: Vec::new(),
            rids,
            layers: layers.collect(),
            flows: Flows::default(),
            costs: Costs::new(count),
            keyframes: KeyframeAuthority::default(),
            voice: Voice::default(),
            flowing: false,
            last_packet: 0,
        }
    }

    /// Whether this session may receive it.
    #[must_use]
    pub fn is_for(&self, session: u64) -> bool {
        self.audience.contains_key(&session)
    }

    /// The layer that a new stream belongs to, by the RID that it bears or repairs. `None`: a
    /// stream of simulcast that does not say, or an unknown RID.
    #[must_use]
    pub fn layer_of_stream(&self, extensions: &Extensions) -> Option<usize> {
        if self.rids.is_empty() {
            return Some(0);
        }
        let rid = extensions.repaired_rid.or(extensions.rid)?;
        self.rids.iter().position(|known| known == rid)
    }

    /// A packet that went by, and what it carries.
    #[must_use]
    pub fn recall(&self, index: u64) -> Option<(RtpView<'_>, Media)> {
        let layer = self.layers.get(layer_of(index))?;
        let (codec, packet) = layer.history.get(index)?;
        let view = RtpView::parse(packet).ok()?;
        let mut media = Media::read(codec, view.payload()).ok()?;
        if matches!(media, Media::Unread(_)) {
            let (at, bytes) = self.descriptor_of(&view)?;
            media = Media::Described(codec, layer.descriptors.review(at, bytes)?);
        }
        Some((view, media))
    }

    /// Look at a packet that came.
    ///
    /// # Errors
    /// When the codec's header or the descriptor is malformed, or there has to be one and is none.
    pub fn read(&mut self, layer: usize, codec: Codec, view: &RtpView) -> Result<Media, Malformed> {
        let media = Media::read(codec, view.payload())?;
        if !matches!(media, Media::Unread(_)) {
            return Ok(media);
        }
        let (at, bytes) = self.descriptor_of(view).ok_or(Malformed::Short)?;
        let layer = self.layers.get_mut(layer).ok_or(Malformed::Length)?;
        let frame = layer.descriptors.read(at, bytes)?;
        Ok(frame.map_or(media, |frame| Media::Described(codec, frame)))
    }

    fn descriptor_of<'a>(&self, view: &RtpView<'a>) -> Option<(usize, &'a [u8])> {
        let bytes = view.extensions(self.ids).descriptor?;
        let at = bytes.as_ptr().addr() - view.packet().as_ptr().addr();
        Some((at, bytes))
    }

    /// Media of a layer came: note what flows, and how much.
    pub fn flow(&mut self, now: u64, layer: usize, media: &Media, bytes: usize) {
        self.costs.packet(now, &mut self.flows, layer, media, bytes);
    }

    /// Whether a packet of it came in this turn.
    #[must_use]
    pub fn came(&self) -> bool {
        self.layers.iter().any(|layer| layer.turn.is_some())
    }

    /// The streams that flow or have flowed, the lowest layer first.
    pub fn receivers(&mut self) -> impl Iterator<Item = &mut Receiver> {
        let layers = self.layers.iter_mut();
        layers.filter_map(|layer| layer.receiver.as_mut())
    }

    /// The receiver of one of its streams.
    pub fn receiver(&mut self, ssrc: u32) -> Option<&mut Receiver> {
        self.receivers().find(|receiver| receiver.ssrc() == ssrc)
    }

    /// The stream to ask for a keyframe: of the lowest layer that flows.
    #[must_use]
    pub fn encoded(&self) -> Option<u32> {
        let lowest = self.flows.choose(0).unwrap_or(0);
        let layer = self.layers.get(lowest).or(self.layers.first())?;
        Some(layer.receiver.as_ref()?.ssrc())
    }

    /// When its publisher is to be asked for something: for what it lost, or for a keyframe.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        let receivers = self.layers.iter().filter_map(|one| one.receiver.as_ref());
        let lost = receivers.filter_map(Receiver::next_nack).min();
        let asks = self.flowing && !self.muted;
        let keyframe = self.keyframes.next_deadline().filter(|_| asks);
        lost.into_iter().chain(keyframe).min()
    }

    /// The rates of its layers, if they are to be told anew.
    pub fn measure(&mut self, elapsed: u64) -> Option<Rates> {
        match self.kind {
            Kind::Audio => None,
            Kind::Video => self.costs.measure(elapsed, &self.flows),
        }
    }

    /// Nothing that came before may go out any more.
    pub fn forget(&mut self) {
        self.voice.silence();
        for layer in &mut self.layers {
            layer.history.clear();
            layer.opening = None;
        }
    }

    /// A packet came; whether the source begins to flow with it.
    pub fn heard(&mut self, now: u64, layer: usize) -> bool {
        self.last_packet = now;
        if let Some(layer) = self.layers.get_mut(layer) {
            layer.last_packet = now;
        }
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
