//! One session's ICE-lite agent: credentials, addresses, nomination and consent
//! (RFC 8445, RFC 7675).
//!
//! Laws: an address exists only after a check with right integrity came from it; at most
//! `MAX_ADDRESSES` do, the longest silent one makes room. The newest nomination wins. Consent is
//! an authenticated check within the expiry; without it nothing is sent any more. After a restart
//! the old credentials hold until the new ones nominate.

use std::net::{IpAddr, SocketAddr};

use aws_lc_rs::hmac;

use crate::streams::FIRST;
use crate::stun::{MAX_ANSWER, Request, integrity_key};

/// Addresses of one remote that are remembered.
pub const MAX_ADDRESSES: usize = 8;

/// A way to a remote: which of our sockets and addresses, and theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path {
    pub socket: usize,
    pub local: Option<IpAddr>,
    pub remote: SocketAddr,
}

/// Where something comes from: a UDP address, or a connection (by its number) from one.
pub type Origin = (usize, SocketAddr);

impl Path {
    #[must_use]
    pub fn origin(&self) -> Origin {
        let connection = if self.is_stream() { self.socket } else { 0 };
        (connection, self.remote)
    }

    #[must_use]
    pub fn is_stream(&self) -> bool {
        self.socket >= FIRST
    }
}

/// User fragment and key of our side.
struct Credentials {
    fragment: Vec<u8>,
    key: hmac::Key,
}

/// What a check changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    None,
    /// The first nomination.
    Connected,
    /// Another address was nominated.
    Moved,
}

/// What a right check leads to.
pub struct Checked {
    /// Bytes of the answer.
    pub answer: usize,
    pub change: Change,
    /// This address is new to the session.
    pub added: bool,
    /// This address had to make room.
    pub removed: Option<Origin>,
    /// This fragment of before a restart is no longer valid.
    pub retired: Option<Vec<u8>>,
}

/// The agent.
pub struct Ice {
    current: Credentials,
    previous: Option<Credentials>,
    addresses: Vec<(Origin, u64)>,
    selected: Option<Path>,
    was_connected: bool,
    last_check: u64,
    expired: bool,
}

impl Ice {
    #[must_use]
    pub fn new(now: u64, fragment: &[u8], password: &[u8]) -> Self {
        Self {
            current: Credentials {
                fragment: fragment.to_vec(),
                key: integrity_key(password),
            },
            previous: None,
            addresses: Vec::new(),
            selected: None,
            was_connected: false,
            last_check: now,
            expired: false,
        }
    }

    /// New credentials on the same session. Answers the fragment that is no longer valid.
    pub fn restart(&mut self, now: u64, fragment: &[u8], password: &[u8]) -> Option<Vec<u8>> {
        let next = Credentials {
            fragment: fragment.to_vec(),
            key: integrity_key(password),
        };
        let current = std::mem::replace(&mut self.current, next);
        self.last_check = now;
        self.expired = false;
        self.previous.replace(current).map(|older| older.fragment)
    }

    /// The fragments that lead here.
    pub fn fragments(&self) -> impl Iterator<Item = &[u8]> {
        let previous = self
            .previous
            .as_ref()
            .map(|previous| previous.fragment.as_slice());
        std::iter::once(self.current.fragment.as_slice()).chain(previous)
    }

    /// The addresses that lead here.
    pub fn addresses(&self) -> impl Iterator<Item = Origin> + '_ {
        self.addresses.iter().map(|(address, _)| *address)
    }

    /// Where to send; `None` before nomination and after consent expired.
    #[must_use]
    pub fn path(&self) -> Option<Path> {
        self.selected
    }

    /// Verify a request for one of our fragments and write its answer. `None`: not for us.
    pub fn check(
        &mut self,
        now: u64,
        request: &Request,
        path: Path,
        out: &mut [u8; MAX_ANSWER],
    ) -> Option<Checked> {
        let fragment = request.local_fragment();
        let is_current = fragment == self.current.fragment;
        let key = if is_current {
            &self.current.key
        } else {
            &self
                .previous
                .as_ref()
                .filter(|previous| previous.fragment == fragment)?
                .key
        };
        if !request.verify(key) {
            return None;
        }
        let mut checked = Checked {
            answer: 0,
            change: Change::None,
            added: false,
            removed: None,
            retired: None,
        };
        if request.claims_controlled {
            checked.answer = request.refuse_role(key, out);
            return Some(checked);
        }
        if !request.unknown_attributes().is_empty() {
            checked.answer = request.refuse_unknown(key, out);
            return Some(checked);
        }
        checked.answer = request.accept(path.remote, key, out);
        if self.expired {
            // RFC 7675, 5.1: consent that expired comes back by a restart only.
            return Some(checked);
        }
        self.last_check = now;
        self.remember(now, path.origin(), &mut checked);
        if request.use_candidate {
            checked.change = self.nominate(path);
            if is_current {
                checked.retired = self.previous.take().map(|previous| previous.fragment);
            }
        }
        Some(checked)
    }

    fn remember(&mut self, now: u64, address: Origin, checked: &mut Checked) {
        if let Some((_, seen)) = self
            .addresses
            .iter_mut()
            .find(|(known, _)| *known == address)
        {
            *seen = now;
            return;
        }
        checked.added = true;
        if self.addresses.len() >= MAX_ADDRESSES {
            let selected = self.selected.map(|path| path.origin());
            let oldest = (0..self.addresses.len())
                .filter(|&index| Some(self.addresses[index].0) != selected)
                .min_by_key(|&index| self.addresses[index].1);
            if let Some(index) = oldest {
                checked.removed = Some(self.addresses.swap_remove(index).0);
            }
        }
        self.addresses.push((address, now));
    }

    fn nominate(&mut self, path: Path) -> Change {
        if self.selected == Some(path) {
            return Change::None;
        }
        self.selected = Some(path);
        if std::mem::replace(&mut self.was_connected, true) {
            Change::Moved
        } else {
            Change::Connected
        }
    }

    /// A connection is gone.
    pub fn forget(&mut self, origin: Origin) {
        self.addresses.retain(|(known, _)| *known != origin);
        if self.selected.is_some_and(|path| path.origin() == origin) {
            self.selected = None;
        }
    }

    /// Whether consent ran out just now; says so once.
    pub fn expire(&mut self, now: u64, expiry: u64) -> bool {
        if self.expired || now.saturating_sub(self.last_check) < expiry {
            return false;
        }
        self.expired = true;
        self.selected = None;
        true
    }
}
