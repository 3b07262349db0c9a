//! What Python orders, in the order in which it did.
//!
//! Laws: ids are Python's and never come twice; a command that names something absent, or is not
//! allowed, changes nothing and is counted. The queue is bounded.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Mutex, PoisonError};

use crate::media::codec::{Codec, Kind, PayloadTypes};
use crate::media::extension::ExtensionIds;
use crate::socket::EventFd;
use crate::srtp::MasterKey;

/// Commands that may wait; the thread takes them within a tick.
const CAPACITY: usize = 65_536;

/// What a payload type of a publisher means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    Media(Codec),
    /// Retransmissions of that other payload type.
    Repair(u8),
}

/// What a session sends to us: by payload type, and the ids of header extensions.
pub struct Receive {
    pub payloads: Box<[Option<Payload>; 128]>,
    pub ids: ExtensionIds,
}

pub struct AddSource {
    pub source: u64,
    pub session: u64,
    pub mid: Vec<u8>,
    pub kind: Kind,
    pub csrc: u32,
    pub ssrcs: Vec<u32>,
    /// Of its layers, the lowest first; empty without simulcast.
    pub rids: Vec<Vec<u8>>,
}

pub struct AddSlot {
    pub session: u64,
    pub slot: u64,
    pub mid: Vec<u8>,
    pub kind: Kind,
    pub ssrc: u32,
    pub rtx_ssrc: u32,
    pub payloads: PayloadTypes,
    pub ids: ExtensionIds,
    pub cname: String,
}

#[derive(Debug, Clone, Copy)]
pub struct AddTap {
    pub recorder: u64,
    pub source: u64,
    pub file: u32,
    /// Of the file: what the source shows.
    pub track: u8,
    /// The layer to record, while it flows.
    pub layer: usize,
}

/// A connection that was accepted elsewhere, and what was read from it.
pub struct Handed {
    pub stream: TcpStream,
    pub remote: SocketAddr,
    pub first: Vec<u8>,
}

pub enum Command {
    OpenSession {
        session: u64,
        fragment: Vec<u8>,
        password: Vec<u8>,
    },
    SetReceive {
        session: u64,
        receive: Receive,
    },
    SetSrtp {
        session: u64,
        receive: MasterKey,
        send: MasterKey,
    },
    SendDtls {
        session: u64,
        datagram: Vec<u8>,
    },
    CloseSession {
        session: u64,
    },
    AddSource(AddSource),
    RemoveSource {
        source: u64,
    },
    MuteSource {
        source: u64,
        muted: bool,
    },
    AddSlot(AddSlot),
    SetSlot {
        session: u64,
        slot: u64,
        source: u64,
        generation: u64,
    },
    SetLayer {
        session: u64,
        slot: u64,
        layer: usize,
        halved: bool,
    },
    SetAudience {
        source: u64,
        viewers: Vec<u64>,
    },
    RequestKeyframe {
        source: u64,
    },
    OpenRecorder {
        recorder: u64,
        pipe: File,
        capacity: usize,
    },
    AddTap(AddTap),
    EndFile {
        recorder: u64,
        file: u32,
        forget: bool,
    },
    CloseRecorder {
        recorder: u64,
    },
    TakeStream(Handed),
    Close,
}

/// The queue between Python and the plane's thread.
pub struct Commands {
    waiting: Mutex<VecDeque<Command>>,
    signal: EventFd,
}

impl Commands {
    /// # Errors
    /// When the kernel has no descriptor left.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            waiting: Mutex::default(),
            signal: EventFd::new()?,
        })
    }

    #[must_use]
    pub fn signal(&self) -> &EventFd {
        &self.signal
    }

    /// Add a command; `false` when the queue is full. `Close` always finds room.
    pub fn push(&self, command: Command) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= CAPACITY && !matches!(command, Command::Close) {
            return false;
        }
        waiting.push_back(command);
        drop(waiting);
        self.signal.signal();
        true
    }

    /// Take everything that waits, into an empty queue.
    pub fn take(&self, into: &mut VecDeque<Command>) {
        self.signal.clear();
        std::mem::swap(
            &mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner),
            into,
        );
    }
}
