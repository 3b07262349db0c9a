//! A check as a browser sends it.

use aws_lc_rs::hmac;

use super::{
    BINDING_REQUEST, COOKIE, FINGERPRINT, HEADER, MESSAGE_INTEGRITY, USE_CANDIDATE, USERNAME,
    fingerprint, integrity_key,
};

/// A request that nominates the way it comes by.
#[must_use]
pub fn nomination(fragment: &[u8], password: &[u8]) -> Vec<u8> {
    let mut message = [BINDING_REQUEST.to_be_bytes(), [0; 2]].concat();
    message.extend_from_slice(&COOKIE.to_be_bytes());
    message.extend_from_slice(b"transaction.");
    attribute(&mut message, USERNAME, &[fragment, b":them"].concat());
    attribute(&mut message, USE_CANDIDATE, &[]);
    attribute(&mut message, MESSAGE_INTEGRITY, &[0; 20]);
    let covered = message.len() - 24;
    let tag = hmac::sign(&integrity_key(password), &message[..covered]);
    message[covered + 4..].copy_from_slice(tag.as_ref());
    attribute(&mut message, FINGERPRINT, &[0; 4]);
    let covered = message.len() - 8;
    let sum = fingerprint(&message[..covered]).to_be_bytes();
    message[covered + 4..].copy_from_slice(&sum);
    message
}

fn attribute(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend_from_slice(&kind.to_be_bytes());
    message.extend_from_slice(&(value.len() as u16).to_be_bytes());
    message.extend_from_slice(value);
    message.resize(message.len().next_multiple_of(4), 0);
    let length = (message.len() - HEADER) as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
}
