//! What one remote is to the plane: its way in and out, its keys, its streams and its slots.
//!
//! Laws: data only; who may see whom is decided where slots are assigned (`apply`). A stream is
//! learned from an authenticated packet, at most `MAX_LEARNED` are.

use crate::command::Receive;
use crate::ice::{Ice, Path};
use crate::media::capture::SenderClock;
use crate::media::extension::{ExtensionIds, Extensions};
use crate::media::layers::LayerView;
use crate::media::slot::Slot;
use crate::media::twcc::ArrivalRecorder;
use crate::replay::Window;
use crate::source::Source;
use crate::srtp::{Inbound, Outbound};
use crate::table::{Place, Table};
use crate::way::Way;

/// Streams of one remote that are known: media and repair of few sources, and changes.
pub const MAX_LEARNED: usize = 64;
/// Slots of one viewer.
pub const MAX_SLOTS: usize = 32;
/// Time between reports.
const REPORT_EVERY: u64 = 1_000_000;
/// The first sender report follows the first packet soon, for lip-sync.
const REPORT_FIRST: u64 = 100_000;

/// A stream of a publisher: media or repairs of one layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    pub ssrc: u32,
    pub source: Place,
    pub layer: usize,
}

/// One slot of a viewer.
pub struct SlotEntry {
    pub id: u64,
    pub media: Slot,
    /// Which layer of the source it shows.
    pub layers: LayerView,
    /// Source and generation that Python asked for; shown only while the audience allows it.
    pub wanted: Option<(u64, u64)>,
    /// What it shows.
    pub shown: Option<Place>,
    /// Indices sealed on its SSRC, and on that of its retransmissions.
    pub window: Window,
    pub rtx_window: Window,
    pub cname: String,
    /// When the next sender report is due.
    pub report_at: Option<u64>,
}

impl SlotEntry {
    /// Whether a keyframe of its source is needed.
    #[must_use]
    pub fn waits(&self, source: &Source) -> bool {
        if source.layers.len() == 1 {
            return self.media.waits() || self.media.awaits_layer();
        }
        self.media.waits() || self.shown.is_some() && self.layers.wants_other(&source.flows)
    }

    /// A packet went out: the first one brings a sender report soon.
    pub fn sent(&mut self, now: u64) {
        self.report_at.get_or_insert(now + REPORT_FIRST);
    }

    /// Whether a sender report is due; it counts as sent.
    pub fn report_due(&mut self, now: u64) -> bool {
        let due = self.report_at.is_some_and(|at| at <= now);
        if due {
            self.report_at = Some(now + REPORT_EVERY);
        }
        due
    }
}

/// One remote.
pub struct Session {
    pub ice: Ice,
    /// Where its handshake comes from; answers go there before a nomination.
    pub handshake: Option<Path>,
    pub inbound: Option<Inbound>,
    pub outbound: Option<Outbound>,
    pub receive: Receive,
    pub streams: Vec<Stream>,
    /// MID of a source.
    pub mids: Vec<(Vec<u8>, Place)>,
    /// Its sources.
    pub published: Vec<Place>,
    pub slots: Vec<SlotEntry>,
    pub clock: SenderClock,
    pub arrivals: ArrivalRecorder,
    /// How much it may be sent, and what waits; once it has slots.
    pub way: Option<Box<Way>>,
    /// Something arrived for one of its slots in this turn.
    pub dirty: bool,
    /// When the next receiver report is due.
    pub report_at: u64,
}

impl Session {
    #[must_use]
    pub fn new(now: u64, ice: Ice) -> Self {
        Self {
            ice,
            handshake: None,
            inbound: None,
            outbound: None,
            receive: Receive {
                payloads: Box::new([None; 128]),
                ids: ExtensionIds::default(),
            },
            streams: Vec::new(),
            mids: Vec::new(),
            published: Vec::new(),
            slots: Vec::new(),
            clock: SenderClock::default(),
            arrivals: ArrivalRecorder::default(),
            way: None,
            dirty: false,
            report_at: now + REPORT_EVERY,
        }
    }

    /// Where to send handshakes.
    #[must_use]
    pub fn handshake_path(&self) -> Option<Path> {
        self.ice.path().or(self.handshake)
    }

    /// The stream that a packet belongs to; a new one is learned by MID, and by RID if the source
    /// has layers.
    pub fn stream_of(
        &mut self,
        ssrc: u32,
        extensions: &Extensions,
        sources: &Table<Source>,
    ) -> Option<Stream> {
        if let Some(stream) = self.streams.iter().find(|known| known.ssrc == ssrc) {
            return Some(*stream);
        }
        let mid = extensions.mid?;
        let (_, place) = self.mids.iter().find(|(known, _)| known == mid)?;
        let stream = Stream {
            ssrc,
            source: *place,
            layer: sources.get(*place)?.layer_of_stream(extensions)?,
        };
        if self.streams.len() >= MAX_LEARNED {
            return None;
        }
        self.streams.push(stream);
        Some(stream)
    }

    pub fn slot_mut(&mut self, id: u64) -> Option<&mut SlotEntry> {
        self.slots.iter_mut().find(|entry| entry.id == id)
    }
}
