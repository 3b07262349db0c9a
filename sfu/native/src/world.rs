//! All that one plane knows: its sockets, sessions and sources, and the maps that lead to them.
//!
//! Laws: one thread owns it, so nothing in here is locked; every map is cleaned by the same call
//! that removes what it leads to, and the gauges count them all. The work is split by direction:
//! `apply` (commands), `ingest` (datagrams), `control` (RTCP in), `forward` (copies), `pace` (what waits), `tick` (time).

use std::collections::HashMap;
use std::sync::Arc;

use crate::counters::{Counters, Histogram};
use crate::due::Due;
use crate::events::{Event, Events};
use crate::ice::{Origin, Path};
use crate::media::hearing::Hearing;
use crate::media::rtcp::ReportBlock;
use crate::outbox::Outbox;
use crate::session::Session;
use crate::socket::Socket;
use crate::source::Source;
use crate::srtp::{MAX_OVERHEAD, Outbound};
use crate::streams::Streams;
use crate::table::{Place, Table};
use crate::tap::Recorders;
use crate::turn::Packet;

/// Packets of one turn that a buffer is kept for.
const TURN: usize = 1_024;

/// What tests make shorter than it is in life. Microseconds.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Without an authenticated check for this long, consent is gone (RFC 7675: 30 s).
    pub consent: u64,
    /// Without a packet for this long, a source stalls.
    pub stall: u64,
    /// Whether to use `UDP_SEGMENT`.
    pub segmenting: bool,
    /// Whether to listen for TCP.
    pub streams: bool,
    /// What one viewer is sent at the most, in bits per second.
    pub want: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            consent: 30_000_000,
            stall: 2_000_000,
            segmenting: true,
            streams: true,
            want: 1_000_000,
        }
    }
}

/// Buffers that are used again and again.
#[derive(Default)]
pub struct Scratch {
    pub rtcp: Vec<u8>,
    pub lost: Vec<u16>,
    pub blocks: Vec<ReportBlock>,
}

pub struct World {
    pub options: Options,
    pub sockets: Vec<Socket>,
    pub outbox: Outbox,
    pub sessions: Table<Session>,
    pub sources: Table<Source>,
    pub recorders: Recorders,
    pub by_fragment: HashMap<Vec<u8>, Place>,
    pub by_address: HashMap<Origin, Place>,
    /// Python's ids of sessions by place.
    pub session_ids: HashMap<Place, u64>,
    /// SSRC of our own reports.
    pub reporter: u32,
    pub counters: Arc<Counters>,
    pub histogram: Arc<Histogram>,
    pub events: Arc<Events>,
    /// The packets of this turn, and the sessions they concern.
    pub turn: Vec<Packet>,
    pub dirty: Vec<Place>,
    /// Viewers for whom packets wait, and when to look at them again.
    pub pacing: Vec<Place>,
    pub pace_at: u64,
    /// Sessions whose ways were nominated since the last look at the time.
    pub nominated: Vec<Place>,
    pub scratch: Scratch,
    pub clock: crate::tick::Clock,
    /// When to look at what time brings.
    pub due: Due,
    /// When to tell how loud the voices are.
    pub hearing: Hearing,
}

impl World {
    #[must_use]
    pub fn new(
        sockets: Vec<Socket>,
        streams: Streams,
        options: Options,
        counters: Arc<Counters>,
        histogram: Arc<Histogram>,
        events: Arc<Events>,
    ) -> Self {
        Self {
            options,
            outbox: Outbox::new(sockets.len(), streams, options.segmenting),
            sockets,
            sessions: Table::default(),
            sources: Table::default(),
            recorders: Recorders::default(),
            by_fragment: HashMap::new(),
            by_address: HashMap::new(),
            session_ids: HashMap::new(),
            reporter: random_u32() | 1,
            counters,
            histogram,
            events,
            turn: Vec::with_capacity(TURN),
            dirty: Vec::with_capacity(TURN),
            pacing: Vec::with_capacity(TURN),
            pace_at: u64::MAX,
            nominated: Vec::new(),
            scratch: Scratch::default(),
            clock: crate::tick::Clock::default(),
            due: Due::default(),
            hearing: Hearing::default(),
        }
    }

    /// Tell Python; a full ring counts itself.
    pub fn tell(&self, event: Event) {
        self.events.push(event);
    }

    /// Python's id of a session.
    #[must_use]
    pub fn id_of(&self, place: Place) -> u64 {
        self.session_ids.get(&place).copied().unwrap_or(0)
    }

    /// Send what the turn produced.
    pub fn flush(&mut self) {
        if !self.outbox.is_empty() {
            self.outbox.flush(&self.sockets, &self.counters);
        }
    }

    /// Count what is there.
    pub fn gauge(&self) {
        let counters = &self.counters;
        counters.sessions.set(self.sessions.len());
        counters.fragments.set(self.by_fragment.len());
        counters.addresses.set(self.by_address.len());
        counters.tcp_connections.set(self.outbox.streams.len());
        counters.sources.set(self.sources.len());
        counters.recorders.set(self.recorders.len());
        let sum =
            |count: fn(&Session) -> usize| self.sessions.iter().map(|(_, one)| count(one)).sum();
        counters.streams.set(sum(|session| session.streams.len()));
        counters.slots.set(sum(|session| session.slots.len()));
        let viewers = self.sources.iter().map(|(_, source)| source.viewers.len());
        counters.assignments.set(viewers.sum());
    }
}

/// Seal a compound and put it into the outbox; answers whether it went.
pub fn send_rtcp(
    outbox: &mut Outbox,
    outbound: &mut Outbound,
    path: Path,
    compound: &[u8],
) -> bool {
    let space = outbox.space();
    if compound.is_empty() || compound.len() + MAX_OVERHEAD > space.len() {
        return false;
    }
    space[..compound.len()].copy_from_slice(compound);
    match outbound.seal_rtcp(space, compound.len()) {
        Ok(length) => {
            outbox.commit(path, length);
            true
        }
        Err(_) => false,
    }
}

/// From the operating system's generator.
#[must_use]
pub fn random_u32() -> u32 {
    let mut bytes = [0; 4];
    // The generator of aws-lc aborts the process rather than fail.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    u32::from_be_bytes(bytes)
}

#[cfg(test)]
pub(crate) mod testing;
