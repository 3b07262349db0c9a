//! What the plane tells Python.
//!
//! Laws: the ring is bounded and drops the newest, saying how many; at most `MAX_WAITING`
//! handshake datagrams of one session wait; the descriptor is readable while anything waits.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::socket::EventFd;

/// Events that may wait.
const CAPACITY: usize = 4_096;
/// Handshake datagrams of one session that may wait.
pub const MAX_WAITING: u32 = 32;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Dtls {
        session: u64,
        datagram: Vec<u8>,
    },
    Connected {
        session: u64,
        address: SocketAddr,
    },
    Address {
        session: u64,
        address: SocketAddr,
    },
    Expired {
        session: u64,
    },
    /// How loud voices were in ticks of 20 ms: how many ticks ago, then of whom; the oldest first.
    Levels(Vec<(u64, Vec<(u64, u8)>)>),
    /// Rates of the layers of pictures, kbit/s, the lowest layer first; 0: it does not flow. Then
    /// what half of their frames are; 0: there is no half.
    Layers(Vec<(u64, Vec<u32>, Vec<u32>)>),
    /// What may be sent to these sessions, in bits per second; and whether probes will find more.
    Estimates(Vec<(u64, u64, bool)>),
    Started {
        source: u64,
    },
    Stalled {
        source: u64,
    },
    Dropped {
        count: u64,
    },
    /// So many frames a recording lost until now, because they were not taken in time; `broken`:
    /// nobody takes them any more.
    Recorder {
        recorder: u64,
        dropped: u64,
        broken: bool,
    },
}

#[derive(Default)]
struct Waiting {
    events: VecDeque<Event>,
    handshakes: HashMap<u64, u32>,
    dropped: u64,
}

/// The ring between the plane's thread and Python.
pub struct Events {
    waiting: Mutex<Waiting>,
    signal: EventFd,
}

impl Events {
    /// # Errors
    /// When the kernel has no descriptor left.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            waiting: Mutex::default(),
            signal: EventFd::new()?,
        })
    }

    #[must_use]
    pub fn descriptor(&self) -> RawFd {
        self.signal.as_raw_fd()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Add an event; `false` when it was dropped.
    pub fn push(&self, event: Event) -> bool {
        let mut waiting = self.lock();
        if waiting.events.len() >= CAPACITY {
            waiting.dropped += 1;
            return false;
        }
        if let Event::Dtls { session, .. } = event {
            let count = waiting.handshakes.entry(session).or_default();
            if *count >= MAX_WAITING {
                return false;
            }
            *count += 1;
        }
        waiting.events.push_back(event);
        drop(waiting);
        self.signal.signal();
        true
    }

    /// Take everything that waits.
    pub fn drain(&self) -> Vec<Event> {
        let mut waiting = self.lock();
        self.signal.clear();
        let mut events: Vec<Event> = waiting.events.drain(..).collect();
        waiting.handshakes.clear();
        if waiting.dropped > 0 {
            events.push(Event::Dropped {
                count: std::mem::take(&mut waiting.dropped),
            });
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::{CAPACITY, Event, Events, MAX_WAITING};

    fn datagram(session: u64) -> Event {
        Event::Dtls {
            session,
            datagram: vec![22],
        }
    }

    #[test]
    fn handshakes_of_one_session_do_not_crowd_out_another() {
        let events = Events::new().expect("a descriptor");
        for _ in 0..MAX_WAITING {
            assert!(events.push(datagram(1)));
        }
        assert!(!events.push(datagram(1)));
        assert!(events.push(datagram(2)));
        assert_eq!(events.drain().len(), MAX_WAITING as usize + 1);
        assert!(events.push(datagram(1)));
    }

    #[test]
    fn a_full_ring_says_how_many_it_lost() {
        let events = Events::new().expect("a descriptor");
        for _ in 0..CAPACITY {
            assert!(events.push(Event::Expired { session: 1 }));
        }
        assert!(!events.push(Event::Expired { session: 1 }));
        assert!(!events.push(Event::Expired { session: 1 }));
        let drained = events.drain();
        assert_eq!(drained.len(), CAPACITY + 1);
        assert_eq!(drained.last(), Some(&Event::Dropped { count: 2 }));
        assert!(events.drain().is_empty());
    }
}
