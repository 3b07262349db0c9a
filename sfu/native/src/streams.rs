//! ICE over TCP: datagrams in frames of two bytes of length (RFC 4571, RFC 6544).
//!
//! Laws: a number is never used for two connections, so a path that outlived its connection leads
//! nowhere. A connection that proves nothing within `PROOF` is closed, and the oldest such one makes
//! room for a new one. What the kernel does not take waits in a ring of `backlog::BYTES`, which DROPs
//! the oldest frames: a slow reader holds up nobody and costs no more than that. A frame longer than
//! any of ours ends the connection.

use std::collections::HashMap;
use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use backlog::Backlog;

use crate::counters::Counters;
use crate::ice::Path;
use crate::socket::{Epoll, accept};

mod backlog;

/// Paths from here on are connections; below are UDP sockets.
pub const FIRST: usize = 1 << 16;
const MOST: usize = 4_096;
const UNPROVEN: usize = 512;
/// Microseconds.
const PROOF: u64 = 10_000_000;
/// The longest frame that is taken: handshakes come in parts no longer than packets of media.
const LONGEST: usize = 2_048;
/// Bytes of one read; room for the longest frame and more.
pub const READ: usize = 32 << 10;

struct Connection {
    stream: TcpStream,
    remote: SocketAddr,
    since: u64,
    proven: bool,
    /// The beginning of a frame.
    rest: Vec<u8>,
    backlog: Backlog,
    /// Whether the thread is told when it can be written to.
    watched: bool,
}

/// The listeners and connections of one plane.
pub struct Streams {
    epoll: Arc<Epoll>,
    listeners: Vec<TcpListener>,
    connections: HashMap<usize, Connection>,
    next: usize,
    /// Closed by us or by the remote; the world forgets their paths.
    closed: Vec<Path>,
}

impl Streams {
    #[must_use]
    pub fn new(epoll: Arc<Epoll>, listeners: Vec<TcpListener>) -> Self {
        Self {
            epoll,
            listeners,
            connections: HashMap::new(),
            next: FIRST,
            closed: Vec::new(),
        }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.connections.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// The path over a connection.
    #[must_use]
    pub fn path(&self, number: usize) -> Option<Path> {
        let remote = self.connections.get(&number)?.remote;
        Some(Path {
            socket: number,
            local: None,
            remote,
        })
    }

    /// Take in who waits at a listener.
    pub fn accept(&mut self, now: u64, listener: usize) {
        for _ in 0..UNPROVEN {
            let waiting = self.listeners.get(listener).and_then(accept);
            let Some((stream, remote)) = waiting else {
                return;
            };
            self.take(now, stream, remote);
        }
    }

    /// Take in a connection, and watch it: its number, if there is room.
    pub fn take(&mut self, now: u64, stream: TcpStream, remote: SocketAddr) -> Option<usize> {
        self.make_room();
        let number = self.next;
        if self.connections.len() >= MOST || self.epoll.add(&stream, number as u64).is_err() {
            return None;
        }
        self.next += 1;
        let connection = Connection {
            stream,
            remote,
            since: now,
            proven: false,
            rest: Vec::new(),
            backlog: Backlog::default(),
            watched: false,
        };
        self.connections.insert(number, connection);
        Some(number)
    }

    /// These bytes were read from a new connection already: how many of them are whole frames.
    pub fn begin(&mut self, number: usize, first: &[u8]) -> usize {
        let Some(whole) = whole_frames(first) else {
            self.close(number);
            return 0;
        };
        if let Some(connection) = self.connections.get_mut(&number) {
            connection.rest.extend_from_slice(&first[whole..]);
        }
        whole
    }

    fn make_room(&mut self) {
        let unproven = self.connections.iter().filter(|(_, one)| !one.proven);
        if unproven.clone().count() >= UNPROVEN
            && let Some(&oldest) = unproven.min_by_key(|(_, one)| one.since).map(|one| one.0)
        {
            self.close(oldest);
        }
    }

    /// Somebody who knows a password speaks over this connection.
    pub fn prove(&mut self, number: usize) {
        if let Some(connection) = self.connections.get_mut(&number) {
            connection.proven = true;
        }
    }

    /// Close what proved nothing in time.
    pub fn expire(&mut self, now: u64) {
        let late = |one: &Connection| !one.proven && now.saturating_sub(one.since) > PROOF;
        let connections = self.connections.iter();
        let late: Vec<usize> = connections
            .filter(|(_, one)| late(one))
            .map(|(&number, _)| number)
            .collect();
        for number in late {
            self.close(number);
        }
    }

    pub fn close(&mut self, number: usize) {
        if let Some(path) = self.path(number) {
            self.closed.push(path);
        }
        self.connections.remove(&number);
    }

    /// A path of a connection that is closed and not yet forgotten.
    pub fn take_closed(&mut self) -> Option<Path> {
        self.closed.pop()
    }

    /// Read what is there: how many bytes of whole frames lie in `buffer`. 0: nothing more.
    pub fn read(&mut self, number: usize, buffer: &mut [u8]) -> usize {
        let Some(connection) = self.connections.get_mut(&number) else {
            return 0;
        };
        let rest = connection.rest.len();
        buffer[..rest].copy_from_slice(&connection.rest);
        let read = match connection.stream.read(&mut buffer[rest..]) {
            Ok(read) if read > 0 => read,
            Err(error) if is_transient(&error) => return 0,
            _ => {
                self.close(number);
                return 0;
            }
        };
        let filled = &buffer[..rest + read];
        let Some(whole) = whole_frames(filled) else {
            self.close(number);
            return 0;
        };
        connection.rest.clear();
        connection.rest.extend_from_slice(&filled[whole..]);
        whole
    }

    /// Send one datagram, or let it wait.
    pub fn send(&mut self, number: usize, datagram: &[u8], counters: &Counters) {
        let Some(connection) = self.connections.get_mut(&number) else {
            counters.dropped_send.one();
            return;
        };
        let dropped = connection.backlog.send(&mut connection.stream, datagram);
        self.settle(number, dropped.ok(), counters);
    }

    /// The connection takes bytes again, or broke.
    pub fn drain(&mut self, number: usize, counters: &Counters) {
        if let Some(connection) = self.connections.get_mut(&number)
            && connection.watched
        {
            let drained = connection.backlog.drain(&mut connection.stream);
            self.settle(number, drained.ok().map(|()| 0), counters);
        }
    }

    fn settle(&mut self, number: usize, done: Option<usize>, counters: &Counters) {
        let Some(connection) = self.connections.get_mut(&number) else {
            return;
        };
        let Some(dropped) = done else {
            counters.dropped_send.one();
            self.close(number);
            return;
        };
        counters.dropped_send.add(dropped as u64);
        let waits = !connection.backlog.is_empty();
        if waits != connection.watched {
            connection.watched = waits;
            let stream = &connection.stream;
            if self.epoll.watch(stream, number as u64, waits).is_err() {
                self.close(number);
            }
        }
    }
}

fn is_transient(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{Interrupted, WouldBlock};
    matches!(error.kind(), WouldBlock | Interrupted)
}

/// The length of the frame that begins here, with its two bytes; `None`: its beginning is missing.
fn frame(bytes: &[u8]) -> Option<usize> {
    let (length, _) = bytes.split_first_chunk::<2>()?;
    Some(2 + usize::from(u16::from_be_bytes(*length)))
}

/// How many bytes are whole frames; `None` if one is longer than allowed.
#[must_use]
pub fn whole_frames(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(length) = frame(&bytes[at..]) {
        if length > 2 + LONGEST {
            return None;
        }
        if at + length > bytes.len() {
            break;
        }
        at += length;
    }
    Some(at)
}

/// The datagram of the frame at `at`, as a range; `None` behind the last.
#[must_use]
pub fn datagram(bytes: &[u8], at: usize) -> Option<std::ops::Range<usize>> {
    let end = at + frame(bytes.get(at..)?)?;
    (end <= bytes.len()).then_some(at + 2..end)
}

#[cfg(test)]
mod tests;
