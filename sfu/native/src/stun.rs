//! STUN binding requests of ICE (RFC 8489, RFC 8445), read and answered.
//!
//! Laws: the parser is total; it only looks at binding requests, everything else is `None`.
//! Nothing is believed before `Request::verify`; what follows MESSAGE-INTEGRITY is not read, but
//! for FINGERPRINT, which must be there, last and right.

use std::net::{IpAddr, SocketAddr};

use aws_lc_rs::hmac;

const HEADER: usize = 20;
const COOKIE: u32 = 0x2112_A442;
const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
const BINDING_ERROR: u16 = 0x0111;

const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const ERROR_CODE: u16 = 0x0009;
const UNKNOWN_ATTRIBUTES: u16 = 0x000a;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const PRIORITY: u16 = 0x0024;
const USE_CANDIDATE: u16 = 0x0025;
const FINGERPRINT: u16 = 0x8028;
const ICE_CONTROLLED: u16 = 0x8029;
const FINGERPRINT_XOR: u32 = 0x5354_554e;

const INTEGRITY_LENGTH: usize = 20;
/// Longest message we read; a check of ICE has about 100 bytes.
const MAX_MESSAGE: usize = 1_024;
/// Comprehension-required attributes that we name in a 420.
const MAX_UNKNOWN: usize = 4;

/// Room for any answer.
pub const MAX_ANSWER: usize = 128;

/// The key of MESSAGE-INTEGRITY for one password (short-term credentials).
#[must_use]
pub fn integrity_key(password: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password)
}

/// A binding request whose fingerprint is right.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    message: &'a [u8],
    /// Where MESSAGE-INTEGRITY begins.
    integrity: usize,
    /// "our ufrag:their ufrag"
    pub username: &'a [u8],
    pub use_candidate: bool,
    /// They believe to be controlled, which an ICE-lite agent always is.
    pub claims_controlled: bool,
    unknown: [u16; MAX_UNKNOWN],
    unknown_count: usize,
}

impl<'a> Request<'a> {
    /// Read a datagram; `None` unless it is a whole binding request with username, integrity and
    /// a right fingerprint.
    #[must_use]
    pub fn parse(message: &'a [u8]) -> Option<Self> {
        let header: &[u8; HEADER] = message.first_chunk()?;
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let is_request = u16::from_be_bytes([header[0], header[1]]) == BINDING_REQUEST;
        let cookie = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
        let whole =
            length % 4 == 0 && message.len() == HEADER + length && message.len() <= MAX_MESSAGE;
        if !(is_request && cookie == COOKIE && whole) {
            return None;
        }
        let mut request = Self {
            message,
            integrity: 0,
            username: &[],
            use_candidate: false,
            claims_controlled: false,
            unknown: [0; MAX_UNKNOWN],
            unknown_count: 0,
        };
        let mut at = HEADER;
        while at < message.len() {
            let (kind, value, next) = attribute(message, at)?;
            if kind == FINGERPRINT {
                let right = fingerprint(message.get(..at)?).to_be_bytes() == *value;
                return (right && next == message.len() && request.is_complete())
                    .then_some(request);
            }
            if request.integrity == 0 {
                request.note(at, kind, value)?;
            }
            at = next;
        }
        None
    }

    fn note(&mut self, at: usize, kind: u16, value: &'a [u8]) -> Option<()> {
        match kind {
            USERNAME => self.username = value,
            USE_CANDIDATE => self.use_candidate = true,
            ICE_CONTROLLED => self.claims_controlled = true,
            MESSAGE_INTEGRITY if value.len() == INTEGRITY_LENGTH => self.integrity = at,
            MESSAGE_INTEGRITY => return None,
            PRIORITY => {}
            // Below 0x8000 an attribute must be understood (RFC 8489, 14).
            0..0x8000 => {
                if let Some(place) = self.unknown.get_mut(self.unknown_count) {
                    *place = kind;
                    self.unknown_count += 1;
                }
            }
            _ => {}
        }
        Some(())
    }

    fn is_complete(&self) -> bool {
        self.integrity != 0 && !self.username.is_empty()
    }

    /// Our part of the username: before the colon.
    #[must_use]
    pub fn local_fragment(&self) -> &'a [u8] {
        let end = self
            .username
            .iter()
            .position(|&byte| byte == b':')
            .unwrap_or(self.username.len());
        &self.username[..end]
    }

    /// Attributes that the RFC forbids us to ignore.
    #[must_use]
    pub fn unknown_attributes(&self) -> &[u16] {
        &self.unknown[..self.unknown_count]
    }

    /// Whether MESSAGE-INTEGRITY was made with this key.
    #[must_use]
    pub fn verify(&self, key: &hmac::Key) -> bool {
        let mut context = hmac::Context::with_key(key);
        let covered = self.integrity + 4 + INTEGRITY_LENGTH - HEADER;
        context.update(&self.message[..2]);
        context.update(&u16::try_from(covered).unwrap_or(0).to_be_bytes());
        context.update(&self.message[4..self.integrity]);
        let given = &self.message[self.integrity + 4..self.integrity + 4 + INTEGRITY_LENGTH];
        let tag = context.sign();
        tag.as_ref()
            .iter()
            .zip(given)
            .fold(0, |different, (a, b)| different | (a ^ b))
            == 0
    }

    /// Write the success answer for a request that came from `mapped`.
    pub fn accept(&self, mapped: SocketAddr, key: &hmac::Key, out: &mut [u8; MAX_ANSWER]) -> usize {
        let mut answer = Answer::new(out, BINDING_SUCCESS, self.message);
        let mut value = [0_u8; 20];
        let masked_port = mapped.port() ^ 0x2112;
        value[2..4].copy_from_slice(&masked_port.to_be_bytes());
        let mask = &self.message[4..HEADER];
        let length = match mapped.ip() {
            IpAddr::V4(ip) => {
                value[1] = 1;
                value[4..8].copy_from_slice(&ip.octets());
                8
            }
            IpAddr::V6(ip) => {
                value[1] = 2;
                value[4..20].copy_from_slice(&ip.octets());
                20
            }
        };
        for (byte, mask) in value[4..length].iter_mut().zip(mask) {
            *byte ^= mask;
        }
        answer.put(XOR_MAPPED_ADDRESS, &value[..length]);
        answer.finish(key)
    }

    /// Write the answer 487: they must take the controlling role.
    pub fn refuse_role(&self, key: &hmac::Key, out: &mut [u8; MAX_ANSWER]) -> usize {
        let mut answer = Answer::new(out, BINDING_ERROR, self.message);
        answer.put(ERROR_CODE, b"\0\0\x04\x57Role Conflict");
        answer.finish(key)
    }

    /// Write the answer 420 with the attributes that we do not know.
    pub fn refuse_unknown(&self, key: &hmac::Key, out: &mut [u8; MAX_ANSWER]) -> usize {
        let mut answer = Answer::new(out, BINDING_ERROR, self.message);
        answer.put(ERROR_CODE, b"\0\0\x04\x14Unknown Attribute");
        let mut list = [0_u8; 2 * MAX_UNKNOWN];
        for (place, kind) in list.chunks_exact_mut(2).zip(self.unknown_attributes()) {
            place.copy_from_slice(&kind.to_be_bytes());
        }
        answer.put(UNKNOWN_ATTRIBUTES, &list[..2 * self.unknown_count]);
        answer.finish(key)
    }
}

/// Type, value and where the next attribute begins.
fn attribute(message: &[u8], at: usize) -> Option<(u16, &[u8], usize)> {
    let lead: &[u8; 4] = message.get(at..)?.first_chunk()?;
    let length = usize::from(u16::from_be_bytes([lead[2], lead[3]]));
    let value = message.get(at + 4..at + 4 + length)?;
    Some((
        u16::from_be_bytes([lead[0], lead[1]]),
        value,
        at + 4 + length.next_multiple_of(4),
    ))
}

/// Writes an answer. Every answer of this file fits `MAX_ANSWER`.
struct Answer<'a> {
    out: &'a mut [u8; MAX_ANSWER],
    length: usize,
}

impl<'a> Answer<'a> {
    fn new(out: &'a mut [u8; MAX_ANSWER], kind: u16, request: &[u8]) -> Self {
        out[..2].copy_from_slice(&kind.to_be_bytes());
        out[4..HEADER].copy_from_slice(&request[4..HEADER]);
        Self {
            out,
            length: HEADER,
        }
    }

    fn put(&mut self, kind: u16, value: &[u8]) {
        let (start, padded) = (self.length, value.len().next_multiple_of(4));
        self.out[start..start + 2].copy_from_slice(&kind.to_be_bytes());
        let size = u16::try_from(value.len()).unwrap_or(0);
        self.out[start + 2..start + 4].copy_from_slice(&size.to_be_bytes());
        self.out[start + 4..start + 4 + padded].fill(0);
        self.out[start + 4..start + 4 + value.len()].copy_from_slice(value);
        self.length = start + 4 + padded;
    }

    fn cover(&mut self, more: usize) {
        let size = u16::try_from(self.length - HEADER + more).unwrap_or(0);
        self.out[2..4].copy_from_slice(&size.to_be_bytes());
    }

    fn finish(mut self, key: &hmac::Key) -> usize {
        self.cover(4 + INTEGRITY_LENGTH);
        let tag = hmac::sign(key, &self.out[..self.length]);
        self.put(MESSAGE_INTEGRITY, tag.as_ref());
        self.cover(8);
        let check = fingerprint(&self.out[..self.length]);
        self.put(FINGERPRINT, &check.to_be_bytes());
        self.length
    }
}

fn fingerprint(covered: &[u8]) -> u32 {
    crc32(covered) ^ FINGERPRINT_XOR
}

const CRC_TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 {
                value >> 1 ^ 0xedb8_8320
            } else {
                value >> 1
            };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
};

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum: u32, byte| {
        CRC_TABLE[usize::from(sum.to_le_bytes()[0] ^ byte)] ^ sum >> 8
    })
}

/// Make lengths and fingerprint of a mutated message right, so that it is read.
#[cfg(test)]
pub(crate) fn stamp(message: &mut Vec<u8>) {
    message.truncate(message.len() / 4 * 4);
    if message.len() < HEADER + 8 {
        return;
    }
    let covered = message.len() - 8;
    let size = u16::try_from(message.len() - HEADER).unwrap_or(0);
    message[2..4].copy_from_slice(&size.to_be_bytes());
    message[covered..covered + 4].copy_from_slice(b"\x80\x28\x00\x04");
    let check = fingerprint(&message[..covered]);
    message[covered + 4..].copy_from_slice(&check.to_be_bytes());
}

#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
