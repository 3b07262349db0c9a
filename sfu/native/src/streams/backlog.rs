//! What one connection is still to be sent.
//!
//! Laws: frames leave whole and in order; when there is no room the oldest that has not begun to
//! leave goes. The ring is made when it is first needed, and nothing is allocated after that.

use std::io::{ErrorKind, IoSlice, Result, Write};

/// Half a second of one viewer.
pub const BYTES: usize = 64 << 10;

/// A ring of frames.
#[derive(Default)]
pub struct Backlog {
    ring: Vec<u8>,
    head: usize,
    used: usize,
    /// The frame that is leaving, and how much of it has left.
    leaving: Vec<u8>,
    left: usize,
}

impl Backlog {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.used == 0 && self.left == self.leaving.len()
    }

    /// Send a datagram in a frame, or keep it; how many had to be dropped.
    ///
    /// # Errors
    /// When the connection broke.
    pub fn send(&mut self, out: &mut impl Write, datagram: &[u8]) -> Result<usize> {
        let Ok(length) = u16::try_from(datagram.len()) else {
            return Ok(1);
        };
        let length = length.to_be_bytes();
        if !self.is_empty() {
            return Ok(self.keep(length, datagram));
        }
        let parts = [IoSlice::new(&length), IoSlice::new(datagram)];
        let written = match out.write_vectored(&parts) {
            Ok(written) => written,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(error) => return Err(error),
        };
        if written < 2 + datagram.len() {
            self.leaving.clear();
            self.leaving.extend_from_slice(&length);
            self.leaving.extend_from_slice(datagram);
            self.left = written;
        }
        Ok(0)
    }

    /// Send what waits, as far as it goes.
    ///
    /// # Errors
    /// When the connection broke.
    pub fn drain(&mut self, out: &mut impl Write) -> Result<()> {
        loop {
            if self.left == self.leaving.len() && !self.take() {
                return Ok(());
            }
            match out.write(&self.leaving[self.left..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => self.left += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    fn keep(&mut self, length: [u8; 2], datagram: &[u8]) -> usize {
        if self.ring.is_empty() {
            self.ring = vec![0; BYTES];
        }
        let needed = 2 + datagram.len();
        if needed > BYTES {
            return 1;
        }
        let mut dropped = 0;
        while self.used + needed > BYTES {
            let oldest = self.first();
            self.head = (self.head + oldest) % BYTES;
            self.used -= oldest;
            dropped += 1;
        }
        self.put(&length);
        self.put(datagram);
        dropped
    }

    /// Bytes of the oldest frame in the ring.
    fn first(&self) -> usize {
        let length = [self.ring[self.head], self.ring[(self.head + 1) % BYTES]];
        2 + usize::from(u16::from_be_bytes(length))
    }

    fn put(&mut self, bytes: &[u8]) {
        let at = (self.head + self.used) % BYTES;
        let until_end = bytes.len().min(BYTES - at);
        self.ring[at..at + until_end].copy_from_slice(&bytes[..until_end]);
        self.ring[..bytes.len() - until_end].copy_from_slice(&bytes[until_end..]);
        self.used += bytes.len();
    }

    /// Let the oldest frame of the ring begin to leave.
    fn take(&mut self) -> bool {
        self.leaving.clear();
        self.left = 0;
        if self.used == 0 {
            return false;
        }
        let length = self.first();
        let until_end = length.min(BYTES - self.head);
        self.leaving
            .extend_from_slice(&self.ring[self.head..self.head + until_end]);
        self.leaving
            .extend_from_slice(&self.ring[..length - until_end]);
        self.head = (self.head + length) % BYTES;
        self.used -= length;
        true
    }
}
