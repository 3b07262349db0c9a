//! What goes out in one turn of the loop: datagrams side by side, sent in as few calls as the
//! kernel allows.
//!
//! Laws: datagrams for one destination that lie side by side and are of equal length, only the
//! last shorter, leave as one message (`UDP_SEGMENT`). What the kernel refuses in one piece is sent
//! again datagram by datagram, and that destination (after EIO: the socket) gets no more segments.
//! A full kernel buffer drops, it never waits. Nothing is kept from one turn to the next.

use std::collections::HashSet;
use std::net::SocketAddr;

use crate::counters::Counters;
use crate::ice::{Origin, Path};
use crate::socket::{self, Message, SEND_MESSAGES, Socket};
use crate::streams::{FIRST, Streams};

/// Bytes of one turn; a fuller turn is sent in parts.
const ARENA: usize = 1 << 20;
/// Datagrams of one message (the kernel's `UDP_MAX_SEGMENTS` before Linux 6.9).
const MAX_SEGMENTS: usize = 64;
/// Bytes of one message; what IPv4 can carry less its headers.
const MAX_MESSAGE: usize = 65_507;
/// Worth a call of its own: what was written is still in the cache when the kernel copies it, and
/// the first viewers do not wait until the last one's packets are sealed.
const ENOUGH: usize = 128 << 10;
/// Messages of one turn.
const MAX_MESSAGES: usize = 2_048;
/// Destinations without segments that are remembered.
const MAX_PLAIN: usize = 1_024;
/// The longest datagram that can be written.
pub const MAX_DATAGRAM: usize = 2_048;

#[derive(Clone, Copy)]
struct Run {
    path: Path,
    start: usize,
    length: usize,
    /// Length of all datagrams but the last.
    segment: usize,
    count: usize,
    /// A shorter datagram ended it.
    closed: bool,
}

/// The datagrams of one turn.
pub struct Outbox {
    arena: Vec<u8>,
    used: usize,
    runs: Vec<Run>,
    messages: Vec<Message>,
    plain: HashSet<SocketAddr>,
    plain_sockets: Vec<bool>,
    segmenting: bool,
    pub streams: Streams,
}

impl Outbox {
    /// For this many sockets. `segmenting` false: one message for each datagram.
    #[must_use]
    pub fn new(sockets: usize, streams: Streams, segmenting: bool) -> Self {
        Self {
            arena: vec![0; ARENA],
            used: 0,
            runs: Vec::with_capacity(MAX_MESSAGES),
            messages: Vec::with_capacity(SEND_MESSAGES),
            plain: HashSet::new(),
            plain_sockets: vec![false; sockets],
            segmenting,
            streams,
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Whether `flush` must come before the next datagram.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.used + MAX_DATAGRAM > ARENA || self.runs.len() >= MAX_MESSAGES
    }

    /// Whether what is there should leave before the next viewer's packets are written.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        self.used >= ENOUGH || self.runs.len() >= SEND_MESSAGES
    }

    /// Where the next datagram is to be written; empty when full.
    pub fn space(&mut self) -> &mut [u8] {
        let end = if self.is_full() {
            self.used
        } else {
            self.used + MAX_DATAGRAM
        };
        &mut self.arena[self.used..end]
    }

    /// The first `length` bytes of `space` are a datagram for this path.
    pub fn commit(&mut self, path: Path, length: usize) {
        let start = self.used;
        self.used += length;
        let segmenting = self.segmenting && !path.is_stream() && !self.plain_sockets[path.socket];
        if let Some(run) = self.runs.last_mut() {
            let fits = run.path == path
                && !run.closed
                && length <= run.segment
                && run.count < MAX_SEGMENTS
                && run.length + length <= MAX_MESSAGE;
            if segmenting && fits && !self.plain.contains(&path.remote) {
                run.length += length;
                run.count += 1;
                run.closed = length < run.segment;
                return;
            }
        }
        self.runs.push(Run {
            path,
            start,
            length,
            segment: length,
            count: 1,
            closed: false,
        });
    }

    /// Copy a datagram in.
    pub fn push(&mut self, path: Path, datagram: &[u8]) {
        if let Some(place) = self.space().get_mut(..datagram.len()) {
            place.copy_from_slice(datagram);
            self.commit(path, datagram.len());
        }
    }

    /// Send everything.
    pub fn flush(&mut self, sockets: &[Socket], counters: &Counters) {
        let mut at = 0;
        while at < self.runs.len() {
            at += self.send_some(at, sockets, counters);
        }
        self.runs.clear();
        self.used = 0;
    }

    /// Send runs of one socket from `first` on; answers how many are done with.
    fn send_some(&mut self, first: usize, sockets: &[Socket], counters: &Counters) -> usize {
        let which = self.runs[first].path.socket;
        if which >= FIRST {
            let run = self.runs[first];
            let datagram = &self.arena[run.start..run.start + run.length];
            self.streams.send(which, datagram, counters);
            count(counters, 1, run.length);
            return 1;
        }
        let same = self.runs[first..].iter().take(SEND_MESSAGES);
        self.messages.clear();
        self.messages
            .extend(same.take_while(|run| run.path.socket == which).map(message));
        match socket::send(&sockets[which], &self.arena, &self.messages) {
            Ok(sent) => {
                for run in &self.runs[first..first + sent] {
                    count(counters, run.count, run.length);
                    counters.gso_batches.add(u64::from(run.count > 1));
                }
                sent.max(1)
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                let rest = first..first + self.messages.len();
                let dropped: usize = self.runs[rest].iter().map(|run| run.count).sum();
                counters.dropped_send.add(dropped as u64);
                self.messages.len()
            }
            Err(error) => {
                self.recover(first, &error, &sockets[which], counters);
                1
            }
        }
    }

    /// The kernel refused this run: what to do depends on why.
    fn recover(
        &mut self,
        first: usize,
        error: &std::io::Error,
        socket: &Socket,
        counters: &Counters,
    ) {
        let run = self.runs[first];
        let refused = match error.raw_os_error() {
            Some(libc::EIO) => {
                self.plain_sockets[run.path.socket] = true;
                true
            }
            Some(libc::EINVAL | libc::EMSGSIZE) => {
                if self.plain.len() < MAX_PLAIN {
                    self.plain.insert(run.path.remote);
                }
                true
            }
            _ => false,
        };
        if !refused || run.count == 1 {
            counters.dropped_send.add(run.count as u64);
            return;
        }
        counters.gso_refused.one();
        self.messages.clear();
        for index in 0..run.count {
            let start = run.start + index * run.segment;
            let length = run.segment.min(run.start + run.length - start);
            let part = Run {
                start,
                length,
                segment: length,
                count: 1,
                ..run
            };
            self.messages.push(message(&part));
        }
        let mut rest = self.messages.as_slice();
        while !rest.is_empty() {
            // A failure skips one datagram; the others have their own chance.
            let sent = socket::send(socket, &self.arena, rest).unwrap_or(0);
            for one in &rest[..sent] {
                count(counters, 1, one.length);
            }
            if sent == 0 {
                counters.dropped_send.one();
            }
            rest = &rest[sent.max(1)..];
        }
    }

    /// A session is gone: forget what was learned about its address, close its connection.
    pub fn forget(&mut self, origin: Origin) {
        let (connection, address) = origin;
        if connection >= FIRST {
            self.streams.close(connection);
        } else {
            self.plain.remove(&address);
        }
    }
}

fn count(counters: &Counters, datagrams: usize, bytes: usize) {
    counters.messages_out.one();
    counters.datagrams_out.add(datagrams as u64);
    counters.bytes_out.add(bytes as u64);
}

fn message(run: &Run) -> Message {
    let segment = if run.count > 1 {
        u16::try_from(run.segment).unwrap_or(0)
    } else {
        0
    };
    Message {
        to: run.path.remote,
        from: run.path.local,
        start: run.start,
        length: run.length,
        segment,
    }
}
