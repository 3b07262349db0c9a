//! STUN as far as consent needs it (RFC 8489, RFC 7675): our checks, and the answers to theirs.

use aws_lc_rs::hmac;
use std::net::SocketAddrV4;

const COOKIE: u32 = 0x2112_A442;
const REQUEST: u16 = 0x0001;
const SUCCESS: u16 = 0x0101;
const FINGERPRINT_MASK: u32 = 0x5354_554E;

/// The credentials of both sides and our role.
pub struct Credentials {
    pub local_password: String,
    pub remote_password: String,
    /// "theirs:ours", as our checks bear it
    pub username: String,
    pub controlling: bool,
}

fn attribute(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend_from_slice(&kind.to_be_bytes());
    message.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
    message.extend_from_slice(value);
    message.resize(message.len().next_multiple_of(4), 0);
}

fn set_length(message: &mut [u8], length: usize) {
    message[2..4].copy_from_slice(&u16::try_from(length - 20).unwrap_or(u16::MAX).to_be_bytes());
}

fn crc32(data: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in data {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

fn finish(message: &mut Vec<u8>, password: &str) {
    let covered = message.len();
    set_length(message, covered + 24);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    let tag = hmac::sign(&key, message);
    attribute(message, 0x0008, tag.as_ref());
    set_length(message, covered + 32);
    let check = crc32(message) ^ FINGERPRINT_MASK;
    attribute(message, 0x8028, &check.to_be_bytes());
}

fn begin(kind: u16, transaction: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(128);
    message.extend_from_slice(&kind.to_be_bytes());
    message.extend_from_slice(&[0, 0]);
    message.extend_from_slice(&COOKIE.to_be_bytes());
    message.extend_from_slice(transaction);
    message
}

/// A check of ours.
pub fn build_check(credentials: &Credentials, transaction: [u8; 12]) -> Vec<u8> {
    let mut message = begin(REQUEST, &transaction);
    attribute(&mut message, 0x0006, credentials.username.as_bytes());
    attribute(&mut message, 0x0024, &[0x6e, 0, 1, 0xff]);
    if credentials.controlling {
        attribute(&mut message, 0x802A, &[0; 8]);
        attribute(&mut message, 0x0025, &[]);
    } else {
        attribute(&mut message, 0x8029, &[0; 8]);
    }
    finish(&mut message, &credentials.remote_password);
    message
}

/// The answer to a check of theirs; None to anything else. Who may ask is not looked at: the socket is connected.
pub fn answer(message: &[u8], from: SocketAddrV4, credentials: &Credentials) -> Option<Vec<u8>> {
    if message.len() < 20 || message[..2] != REQUEST.to_be_bytes() {
        return None;
    }
    let mut reply = begin(SUCCESS, &message[8..20]);
    let mut mapped = [0, 1, 0, 0, 0, 0, 0, 0];
    mapped[2..4].copy_from_slice(&(from.port() ^ 0x2112).to_be_bytes());
    mapped[4..8].copy_from_slice(&(u32::from(*from.ip()) ^ COOKIE).to_be_bytes());
    attribute(&mut reply, 0x0020, &mapped);
    finish(&mut reply, &credentials.local_password);
    Some(reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_is_that_of_zip() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn answers_checks_alone() {
        let credentials = Credentials {
            local_password: "p".into(),
            remote_password: "p".into(),
            username: "a:b".into(),
            controlling: true,
        };
        let from = "192.0.2.1:5000".parse().unwrap();
        let check = build_check(&credentials, [9; 12]);
        let reply = answer(&check, from, &credentials).unwrap();
        assert_eq!(reply[8..20], [9; 12]);
        assert_eq!(
            usize::from(u16::from_be_bytes([reply[2], reply[3]])),
            reply.len() - 20
        );
        assert!(answer(&reply, from, &credentials).is_none());
        assert!(answer(&[], from, &credentials).is_none());
    }
}
