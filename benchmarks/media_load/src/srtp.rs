//! SRTP and SRTCP of one direction (RFC 3711, RFC 7714), written for the load alone, so that it checks the servers' work.
//!
//! Two profiles: `AEAD_AES_128_GCM` and `AES128_CM_SHA1_80`. The caller keeps indices; nothing here is replay protection.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;

const GCM_TAG: usize = 16;
const SHA_TAG: usize = 10;
const RTCP_HEADER: usize = 8;
const ENCRYPTED: u32 = 1 << 31;

enum Suite {
    Gcm {
        key: LessSafeKey,
        salt: [u8; 12],
    },
    Cm {
        key: EncryptingKey,
        auth: hmac::Key,
        salt: [u8; 14],
    },
}

/// The keys of one direction.
pub struct Context {
    rtp: Suite,
    rtcp: Suite,
}

fn counter_key(key: &[u8]) -> EncryptingKey {
    let unbound = UnboundCipherKey::new(&AES_128, key).expect("an AES-128 key has 16 bytes");
    EncryptingKey::ctr(unbound).expect("AES-128 has a counter mode")
}

fn counter(key: &EncryptingKey, iv: [u8; 16], data: &mut [u8]) {
    let context = EncryptionContext::Iv128(FixedLength::from(&iv));
    key.less_safe_encrypt(data, context)
        .expect("counter mode takes any length");
}

/// RFC 3711 section 4.3.1 with a key derivation rate of 0.
fn derive(master: &EncryptingKey, salt: &[u8; 14], label: u8, out: &mut [u8]) {
    let mut iv = [0; 16];
    iv[..14].copy_from_slice(salt);
    iv[7] ^= label;
    out.fill(0);
    counter(master, iv, out);
}

impl Suite {
    fn new(gcm: bool, master: &EncryptingKey, master_salt: &[u8; 14], label: u8) -> Self {
        let mut key = [0; 16];
        derive(master, master_salt, label, &mut key);
        if gcm {
            let mut salt = [0; 12];
            derive(master, master_salt, label + 2, &mut salt);
            let unbound = UnboundKey::new(&AES_128_GCM, &key).expect("an AES-128 key has 16 bytes");
            return Self::Gcm {
                key: LessSafeKey::new(unbound),
                salt,
            };
        }
        let (mut auth, mut salt) = ([0; 20], [0; 14]);
        derive(master, master_salt, label + 1, &mut auth);
        derive(master, master_salt, label + 2, &mut salt);
        let auth = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &auth);
        Self::Cm {
            key: counter_key(&key),
            auth,
            salt,
        }
    }
}

/// RFC 7714 sections 8.1 and 9.1; `tail` is the last 6 bytes.
fn nonce(salt: &[u8; 12], ssrc: [u8; 4], tail: [u8; 6]) -> Nonce {
    let mut value = *salt;
    for (byte, other) in value[2..].iter_mut().zip(ssrc.iter().chain(&tail)) {
        *byte ^= other;
    }
    Nonce::assume_unique_for_key(value)
}

/// RFC 3711 section 4.1.1.
fn counter_iv(salt: &[u8; 14], ssrc: [u8; 4], index: [u8; 6]) -> [u8; 16] {
    let mut iv = [0; 16];
    iv[..14].copy_from_slice(salt);
    for (byte, other) in iv[4..14].iter_mut().zip(ssrc.iter().chain(&index)) {
        *byte ^= other;
    }
    iv
}

fn six(index: u64) -> [u8; 6] {
    let bytes = index.to_be_bytes();
    [bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]]
}

fn four(bytes: &[u8]) -> [u8; 4] {
    [bytes[0], bytes[1], bytes[2], bytes[3]]
}

fn sha_tag(auth: &hmac::Key, data: &[u8], more: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(auth);
    context.update(data);
    context.update(more);
    context.sign()
}

impl Context {
    /// `key` is 16 bytes; `salt` 12 (GCM) or 14.
    pub fn new(gcm: bool, key: &[u8], salt: &[u8]) -> Self {
        let mut padded = [0; 14];
        padded[..salt.len()].copy_from_slice(salt);
        let master = counter_key(key);
        Self {
            rtp: Suite::new(gcm, &master, &padded, 0),
            rtcp: Suite::new(gcm, &master, &padded, 3),
        }
    }

    /// Seal a packet whose header has `header` bytes; `index` is ROC << 16 | sequence.
    pub fn seal_rtp(&self, packet: &mut Vec<u8>, header: usize, index: u64) {
        let ssrc = four(&packet[8..12]);
        match &self.rtp {
            Suite::Gcm { key, salt } => {
                let (head, body) = packet.split_at_mut(header);
                let nonce = nonce(salt, ssrc, six(index));
                let tag = key
                    .seal_in_place_separate_tag(nonce, Aad::from(&*head), body)
                    .expect("a packet is short");
                packet.extend_from_slice(tag.as_ref());
            }
            Suite::Cm { key, auth, salt } => {
                counter(
                    key,
                    counter_iv(salt, ssrc, six(index)),
                    &mut packet[header..],
                );
                let tag = sha_tag(auth, packet, &six(index)[..4]);
                packet.extend_from_slice(&tag.as_ref()[..SHA_TAG]);
            }
        }
    }

    /// Open a packet in place; the length of header and payload, or None.
    pub fn open_rtp(&self, packet: &mut [u8], header: usize, index: u64) -> Option<usize> {
        let ssrc = four(packet.get(8..12)?);
        match &self.rtp {
            Suite::Gcm { key, salt } => {
                let (head, body) = packet.split_at_mut_checked(header)?;
                let plain = key
                    .open_in_place(nonce(salt, ssrc, six(index)), Aad::from(&*head), body)
                    .ok()?;
                Some(header + plain.len())
            }
            Suite::Cm { key, auth, salt } => {
                let end = packet.len().checked_sub(SHA_TAG)?;
                if end < header
                    || sha_tag(auth, &packet[..end], &six(index)[..4]).as_ref()[..SHA_TAG]
                        != packet[end..]
                {
                    return None;
                }
                counter(
                    key,
                    counter_iv(salt, ssrc, six(index)),
                    &mut packet[header..end],
                );
                Some(end)
            }
        }
    }

    /// Seal a compound.
    pub fn seal_rtcp(&self, packet: &mut Vec<u8>, index: u32) {
        let ssrc = four(&packet[4..8]);
        let trailer = (index | ENCRYPTED).to_be_bytes();
        match &self.rtcp {
            Suite::Gcm { key, salt } => {
                let mut aad = [0; RTCP_HEADER + 4];
                aad[..RTCP_HEADER].copy_from_slice(&packet[..RTCP_HEADER]);
                aad[RTCP_HEADER..].copy_from_slice(&trailer);
                let nonce = nonce(salt, ssrc, six(u64::from(index)));
                let body = &mut packet[RTCP_HEADER..];
                let tag = key
                    .seal_in_place_separate_tag(nonce, Aad::from(aad), body)
                    .expect("a packet is short");
                packet.extend_from_slice(tag.as_ref());
                packet.extend_from_slice(&trailer);
            }
            Suite::Cm { key, auth, salt } => {
                counter(
                    key,
                    counter_iv(salt, ssrc, six(u64::from(index))),
                    &mut packet[RTCP_HEADER..],
                );
                packet.extend_from_slice(&trailer);
                let tag = sha_tag(auth, packet, &[]);
                packet.extend_from_slice(&tag.as_ref()[..SHA_TAG]);
            }
        }
    }

    /// Open a compound in place; its plain length, or None.
    pub fn open_rtcp(&self, packet: &mut [u8]) -> Option<usize> {
        let ssrc = four(packet.get(4..8)?);
        match &self.rtcp {
            Suite::Gcm { key, salt } => {
                let end = packet.len().checked_sub(4)?;
                let trailer = four(&packet[end..]);
                let index = u32::from_be_bytes(trailer) & !ENCRYPTED;
                let mut aad = [0; RTCP_HEADER + 4];
                aad[..RTCP_HEADER].copy_from_slice(&packet[..RTCP_HEADER]);
                aad[RTCP_HEADER..].copy_from_slice(&trailer);
                let body = packet.get_mut(RTCP_HEADER..end)?;
                body.len().checked_sub(GCM_TAG)?;
                let plain = key
                    .open_in_place(
                        nonce(salt, ssrc, six(u64::from(index))),
                        Aad::from(aad),
                        body,
                    )
                    .ok()?;
                Some(RTCP_HEADER + plain.len())
            }
            Suite::Cm { key, auth, salt } => {
                let end = packet.len().checked_sub(SHA_TAG + 4)?;
                let covered = end + 4;
                let tag = sha_tag(auth, &packet[..covered], &[]);
                if end < RTCP_HEADER || tag.as_ref()[..SHA_TAG] != packet[covered..] {
                    return None;
                }
                let index = u32::from_be_bytes(four(&packet[end..covered])) & !ENCRYPTED;
                counter(
                    key,
                    counter_iv(salt, ssrc, six(u64::from(index))),
                    &mut packet[RTCP_HEADER..end],
                );
                Some(end)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3711 appendix B.3.
    #[test]
    fn derives_the_keys_of_the_rfc() {
        let master = counter_key(&hex("E1F97A0D3E018BE0D64FA32C06DE4139"));
        let salt: [u8; 14] = hex("0EC675AD498AFEEBB6960B3AABE6").try_into().unwrap();
        let (mut key, mut salted) = ([0; 16], [0; 14]);
        derive(&master, &salt, 0, &mut key);
        derive(&master, &salt, 2, &mut salted);
        assert_eq!(key[..], hex("C61E7A93744F39EE10734AFE3FF7A087"));
        assert_eq!(salted[..], hex("30CBBC08863D8C85D49DB34A9AE1"));
    }

    /// RFC 7714 section 16.1.1, which gives session key and salt.
    #[test]
    fn seals_the_packet_of_the_rfc() {
        let unbound =
            UnboundKey::new(&AES_128_GCM, &hex("000102030405060708090a0b0c0d0e0f")).unwrap();
        let salt = hex("517569642070726f2071756f").try_into().unwrap();
        let mut context = Context::new(true, &[0; 16], &[0; 12]);
        context.rtp = Suite::Gcm {
            key: LessSafeKey::new(unbound),
            salt,
        };
        let plain = "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e697320646976697361\
                     20696e207061727465732074726573";
        let mut packet = hex(plain);
        context.seal_rtp(&mut packet, 12, 0xf17b);
        let sealed = "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f\
                      42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce";
        assert_eq!(packet, hex(sealed));
        assert_eq!(context.open_rtp(&mut packet, 12, 0xf17b), Some(50));
        assert_eq!(packet[..50], hex(plain));
    }

    #[test]
    fn opens_what_it_sealed_and_nothing_else() {
        for (gcm, salt) in [(true, 12), (false, 14)] {
            let context = Context::new(gcm, &[7; 16], &vec![3; salt]);
            let mut compound = vec![0x80, 201, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8];
            let plain = compound.clone();
            context.seal_rtcp(&mut compound, 77);
            let mut broken = compound.clone();
            broken[9] ^= 1;
            assert_eq!(context.open_rtcp(&mut broken), None);
            assert_eq!(context.open_rtcp(&mut compound), Some(12));
            assert_eq!(compound[..12], plain);
            let mut packet = vec![0x80; 40];
            context.seal_rtp(&mut packet, 12, 1 << 16);
            assert_eq!(context.open_rtp(&mut packet.clone(), 12, 2 << 16), None);
            assert_eq!(context.open_rtp(&mut packet, 12, 1 << 16), Some(40));
        }
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits
            .chunks(2)
            .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
            .collect()
    }
}
