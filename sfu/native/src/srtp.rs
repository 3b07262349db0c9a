//! SRTP and SRTCP of one session (RFC 3711; AES-GCM by RFC 7714).
//!
//! Laws: one `Inbound` and one `Outbound` per session, nobody else holds their keys, and both are
//! wiped when dropped (aws-lc cleanses its contexts, `MasterKey` itself). A stream's state is made
//! only by a packet that was authenticated, and at most `MAX_STREAMS` are. An index is sealed once.

use aws_lc_rs::aead::Aad;

use crate::replay::Window;
use keys::{CM_TAG, Cipher, GCM_TAG, cm_crypt, cm_tag, equal, gcm_nonce};
use streams::Streams;

mod keys;
mod streams;

pub use keys::{MasterKey, Profile};
pub use streams::MAX_STREAMS;

/// Bytes that sealing can add (GCM tag and SRTCP index).
pub const MAX_OVERHEAD: usize = 20;

const RTCP_HEADER: usize = 8;
const RTCP_INDEX: usize = 4;
const ENCRYPTED: u32 = 0x8000_0000;

/// Why a packet was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Too short, or not encrypted.
    Malformed,
    /// The tag is wrong.
    Authentication,
    /// The index was seen, or is too old.
    Replay,
    /// The remote opened too many streams.
    Streams,
}

fn rollover(index: u64) -> [u8; 4] {
    let bytes = index.to_be_bytes();
    [bytes[2], bytes[3], bytes[4], bytes[5]]
}

fn ssrc_at(packet: &[u8], at: usize) -> Option<u32> {
    packet
        .get(at..)?
        .first_chunk()
        .map(|bytes| u32::from_be_bytes(*bytes))
}

/// Opens what a remote sends.
pub struct Inbound {
    rtp: Cipher,
    rtcp: Cipher,
    rtp_streams: Streams,
    rtcp_streams: Streams,
}

impl Inbound {
    /// `None` when the library refuses the key.
    #[must_use]
    pub fn new(master: &MasterKey) -> Option<Self> {
        Some(Self {
            rtp: master.cipher(0)?,
            rtcp: master.cipher(3)?,
            rtp_streams: Streams::default(),
            rtcp_streams: Streams::default(),
        })
    }

    /// Streams that have been authenticated.
    #[must_use]
    pub fn streams(&self) -> usize {
        self.rtp_streams.count() + self.rtcp_streams.count()
    }

    /// Open a packet in place; `header` is the length of what is in clear. Answers the new length.
    ///
    /// # Errors
    /// Why it was refused; the bytes are then worthless.
    pub fn open_rtp(&mut self, packet: &mut [u8], header: usize) -> Result<usize, Refused> {
        let ssrc = ssrc_at(packet, 8).ok_or(Refused::Malformed)?;
        let sequence = u16::from_be_bytes([packet[2], packet[3]]);
        let window = self.rtp_streams.window(ssrc)?;
        let index = window.estimate(sequence).ok_or(Refused::Replay)?;
        if !window.is_new(index) {
            return Err(Refused::Replay);
        }
        let (clear, body) = packet
            .split_at_mut_checked(header)
            .ok_or(Refused::Malformed)?;
        let length = match &self.rtp {
            Cipher::Gcm { key, salt } => {
                if body.len() < GCM_TAG {
                    return Err(Refused::Malformed);
                }
                key.open_in_place(gcm_nonce(salt, ssrc, index), Aad::from(&*clear), body)
                    .map_err(|_| Refused::Authentication)?
                    .len()
            }
            Cipher::Cm { key, salt, mac } => {
                let length = body.len().checked_sub(CM_TAG).ok_or(Refused::Malformed)?;
                let (covered, tag) = packet.split_at_mut(header + length);
                if !equal(&cm_tag(mac, [covered, &rollover(index)]), tag) {
                    return Err(Refused::Authentication);
                }
                cm_crypt(key, salt, ssrc, index, &mut covered[header..])
                    .ok_or(Refused::Authentication)?;
                length
            }
        };
        self.rtp_streams.accept(ssrc, index);
        Ok(header + length)
    }

    /// Open a compound of RTCP in place. Answers the new length.
    ///
    /// # Errors
    /// Why it was refused; the bytes are then worthless.
    pub fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, Refused> {
        let ssrc = ssrc_at(packet, 4).ok_or(Refused::Malformed)?;
        let tail = match self.rtcp {
            Cipher::Gcm { .. } => 0,
            Cipher::Cm { .. } => CM_TAG,
        };
        let trailer = packet
            .len()
            .checked_sub(RTCP_INDEX + tail)
            .ok_or(Refused::Malformed)?;
        let word = ssrc_at(packet, trailer).ok_or(Refused::Malformed)?;
        let index = u64::from(word & !ENCRYPTED);
        if word & ENCRYPTED == 0 || trailer < RTCP_HEADER {
            return Err(Refused::Malformed);
        }
        if !self.rtcp_streams.window(ssrc)?.is_new(index) {
            return Err(Refused::Replay);
        }
        let length = match &self.rtcp {
            Cipher::Gcm { key, salt } => {
                let body = packet
                    .get_mut(RTCP_HEADER..trailer)
                    .ok_or(Refused::Malformed)?;
                if body.len() < GCM_TAG {
                    return Err(Refused::Malformed);
                }
                let aad = rtcp_aad(packet, word);
                key.open_in_place(
                    gcm_nonce(salt, ssrc, index),
                    Aad::from(aad),
                    &mut packet[RTCP_HEADER..trailer],
                )
                .map_err(|_| Refused::Authentication)?
                .len()
            }
            Cipher::Cm { key, salt, mac } => {
                let (covered, tag) = packet.split_at_mut(trailer + RTCP_INDEX);
                if !equal(&cm_tag(mac, [covered, &[]]), tag) {
                    return Err(Refused::Authentication);
                }
                let body = &mut covered[RTCP_HEADER..trailer];
                cm_crypt(key, salt, ssrc, index, body).ok_or(Refused::Authentication)?;
                body.len()
            }
        };
        self.rtcp_streams.accept(ssrc, index);
        Ok(RTCP_HEADER + length)
    }
}

fn rtcp_aad(packet: &[u8], word: u32) -> [u8; RTCP_HEADER + RTCP_INDEX] {
    let mut aad = [0; RTCP_HEADER + RTCP_INDEX];
    aad[..RTCP_HEADER].copy_from_slice(&packet[..RTCP_HEADER]);
    aad[RTCP_HEADER..].copy_from_slice(&word.to_be_bytes());
    aad
}

/// Seals what we send.
pub struct Outbound {
    rtp: Cipher,
    rtcp: Cipher,
    rtcp_index: u32,
}

impl Outbound {
    /// `None` when the library refuses the key.
    #[must_use]
    pub fn new(master: &MasterKey) -> Option<Self> {
        Some(Self {
            rtp: master.cipher(0)?,
            rtcp: master.cipher(3)?,
            rtcp_index: 0,
        })
    }

    /// Bytes that sealing adds to a packet of RTP.
    #[must_use]
    pub fn rtp_overhead(&self) -> usize {
        match self.rtp {
            Cipher::Gcm { .. } => GCM_TAG,
            Cipher::Cm { .. } => CM_TAG,
        }
    }

    /// Seal the packet of `length` bytes in `buffer`, in place; `window` belongs to its stream.
    ///
    /// # Errors
    /// `Malformed` if the buffer is too small, `Replay` if this index was sealed before.
    pub fn seal_rtp(
        &self,
        window: &mut Window,
        buffer: &mut [u8],
        header: usize,
        length: usize,
    ) -> Result<usize, Refused> {
        let ssrc = ssrc_at(buffer, 8).ok_or(Refused::Malformed)?;
        let sequence = u16::from_be_bytes([buffer[2], buffer[3]]);
        let index = window.estimate(sequence).ok_or(Refused::Replay)?;
        if !window.is_new(index) {
            return Err(Refused::Replay);
        }
        let sealed = length + self.rtp_overhead();
        let packet = buffer.get_mut(..sealed).ok_or(Refused::Malformed)?;
        // Spent even if sealing fails: an index is never tried twice.
        window.accept(index);
        match &self.rtp {
            Cipher::Gcm { key, salt } => {
                let (clear, rest) = packet
                    .split_at_mut_checked(header)
                    .ok_or(Refused::Malformed)?;
                let (body, place) = rest
                    .split_at_mut_checked(length - header)
                    .ok_or(Refused::Malformed)?;
                let tag = key
                    .seal_in_place_separate_tag(
                        gcm_nonce(salt, ssrc, index),
                        Aad::from(&*clear),
                        body,
                    )
                    .map_err(|_| Refused::Malformed)?;
                place.copy_from_slice(tag.as_ref());
            }
            Cipher::Cm { key, salt, mac } => {
                let (covered, place) = packet.split_at_mut(length);
                let body = covered.get_mut(header..).ok_or(Refused::Malformed)?;
                cm_crypt(key, salt, ssrc, index, body).ok_or(Refused::Malformed)?;
                place.copy_from_slice(&cm_tag(mac, [covered, &rollover(index)]));
            }
        }
        Ok(sealed)
    }

    /// Seal the compound of RTCP of `length` bytes in `buffer`, in place.
    ///
    /// # Errors
    /// `Malformed` if the buffer is too small, `Replay` when all indices are spent.
    pub fn seal_rtcp(&mut self, buffer: &mut [u8], length: usize) -> Result<usize, Refused> {
        let ssrc = ssrc_at(buffer, 4).ok_or(Refused::Malformed)?;
        if length < RTCP_HEADER || length + MAX_OVERHEAD > buffer.len() {
            return Err(Refused::Malformed);
        }
        let index = self.rtcp_index;
        if index >= ENCRYPTED {
            return Err(Refused::Replay);
        }
        self.rtcp_index += 1;
        let word = ENCRYPTED | index;
        match &self.rtcp {
            Cipher::Gcm { key, salt } => {
                let aad = rtcp_aad(buffer, word);
                let nonce = gcm_nonce(salt, ssrc, u64::from(index));
                let tag = key
                    .seal_in_place_separate_tag(
                        nonce,
                        Aad::from(aad),
                        &mut buffer[RTCP_HEADER..length],
                    )
                    .map_err(|_| Refused::Malformed)?;
                buffer[length..length + GCM_TAG].copy_from_slice(tag.as_ref());
                let at = length + GCM_TAG;
                buffer[at..at + RTCP_INDEX].copy_from_slice(&word.to_be_bytes());
                Ok(at + RTCP_INDEX)
            }
            Cipher::Cm { key, salt, mac } => {
                let body = &mut buffer[RTCP_HEADER..length];
                cm_crypt(key, salt, ssrc, u64::from(index), body).ok_or(Refused::Malformed)?;
                buffer[length..length + RTCP_INDEX].copy_from_slice(&word.to_be_bytes());
                let at = length + RTCP_INDEX;
                let tag = cm_tag(mac, [&buffer[..at], &[]]);
                buffer[at..at + CM_TAG].copy_from_slice(&tag);
                Ok(at + CM_TAG)
            }
        }
    }
}

#[cfg(test)]
mod tests;
