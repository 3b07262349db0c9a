//! What the plane counted, and how long forwarding took.
//!
//! Laws: only the plane's thread writes, so a write is a plain load and store; everybody may read
//! at any time. A name appears once and never changes its meaning.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// One number with one writer.
#[derive(Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self, amount: u64) {
        self.0
            .store(self.0.load(Relaxed).wrapping_add(amount), Relaxed);
    }

    pub fn one(&self) {
        self.add(1);
    }

    pub fn set(&self, value: usize) {
        self.0.store(value as u64, Relaxed);
    }

    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// All numbers of one plane.
        #[derive(Default)]
        pub struct Counters { $($(#[$doc])* pub $name: Counter,)* }

        impl Counters {
            /// Every number with its name.
            #[must_use]
            pub fn all(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name.get()),)*]
            }
        }
    };
}

counters! {
    datagrams_in,
    bytes_in,
    /// Receive calls that returned something.
    batches_in,
    datagrams_out,
    bytes_out,
    /// Messages handed to the kernel; each is one or more datagrams.
    messages_out,
    /// Messages of more than one datagram.
    gso_batches,
    /// Messages that the kernel refused in one piece and took datagram by datagram.
    gso_refused,
    stun_requests,
    stun_answered,
    dtls_in,
    dtls_out,
    rtp_in,
    rtcp_in,
    /// Copies made for viewers.
    forwarded,
    /// Packets a slot did not show: before its keyframe, probes, out of its time.
    withheld,
    /// Slots that went over to another layer of their source.
    layer_switches,
    /// Slots that began with what had come before.
    openings,
    retransmitted,
    /// Packets that waited for their turn with their viewer.
    paced,
    /// Packets of a publisher repaired by its own retransmission.
    repaired,
    nacks_in,
    /// Packets that viewers asked for and we no longer have, or they may not have.
    nacks_unanswered,
    nacks_out,
    plis_in,
    plis_out,
    reports_out,
    feedback_out,
    feedback_in,
    probes_out,
    /// Steps down of viewers' estimates: because a queue grew, of loss, or because nothing came back.
    ways_fell_delay,
    ways_fell_loss,
    ways_fell_silence,
    /// Not STUN, DTLS, RTP or RTCP.
    dropped_unknown,
    /// From an address that no session verified.
    dropped_address,
    dropped_malformed,
    dropped_authentication,
    dropped_replay,
    /// Arrived before the keys.
    dropped_keyless,
    /// A stream that belongs to no source.
    dropped_stream,
    /// More streams or addresses than one remote may have.
    dropped_limit,
    /// An unknown user fragment, bad integrity, or not a binding request.
    dropped_stun,
    dropped_muted,
    /// Waited too long for its viewer, or among too many.
    dropped_paced,
    /// The handshake waits in Python, or is larger than any real one.
    dropped_dtls,
    /// Frames that a recording lost: whoever writes it was too slow.
    dropped_recorded,
    /// Frames taken for recordings, and bytes handed to who writes them.
    recorded_frames,
    recorded_bytes,
    /// The kernel's buffer was full, the route failed, or a TCP reader was too slow.
    dropped_send,
    /// A command named a session, source or slot that is not there, or may not be.
    commands_refused,
    /// Gauges: what is there now.
    sessions,
    fragments,
    addresses,
    /// TCP connections.
    tcp_connections,
    streams,
    sources,
    recorders,
    slots,
    /// Slots that show a source.
    assignments,
}

/// Upper bounds of the buckets, in microseconds.
const BOUNDS: [u64; 14] = [
    25, 50, 100, 150, 200, 300, 500, 750, 1_000, 2_000, 5_000, 10_000, 50_000, 250_000,
];

/// Time from receiving a packet to having sent its copies.
#[derive(Default)]
pub struct Histogram {
    counts: [Counter; BOUNDS.len() + 1],
    sum: Counter,
}

impl Histogram {
    /// Note `amount` copies that took `microseconds`.
    pub fn observe(&self, microseconds: u64, amount: u64) {
        let bucket = BOUNDS.iter().position(|&bound| microseconds <= bound);
        self.counts[bucket.unwrap_or(BOUNDS.len())].add(amount);
        self.sum.add(microseconds * amount);
    }

    /// Upper bounds in seconds (the last is infinite), counts per bucket, sum in seconds.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // years of microseconds fit 53 bits
    pub fn read(&self) -> (Vec<f64>, Vec<u64>, f64) {
        let mut bounds: Vec<f64> = BOUNDS.iter().map(|&bound| bound as f64 / 1e6).collect();
        bounds.push(f64::INFINITY);
        let counts = self.counts.iter().map(Counter::get).collect();
        (bounds, counts, self.sum.get() as f64 / 1e6)
    }
}
