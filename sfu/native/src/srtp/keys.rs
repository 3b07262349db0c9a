//! Keys of SRTP: what DTLS exported, the session keys that follow from it, and how they cover bytes
//! (RFC 3711, 4.1 and 4.3; AES-GCM by RFC 7714).
//!
//! Laws: keys are wiped when dropped; nothing here knows of packets or of indices that were spent.

use aws_lc_rs::aead::{AES_128_GCM, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use zeroize::Zeroizing;

const KEY: usize = 16;
const GCM_SALT: usize = 12;
pub(super) const GCM_TAG: usize = 16;
const CM_SALT: usize = 14;
pub(super) const CM_TAG: usize = 10;

/// The protection profiles that we speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    AeadAes128Gcm,
    Aes128CmSha1_80,
}

impl Profile {
    /// By the name that DTLS libraries use.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "AEAD_AES_128_GCM" => Some(Self::AeadAes128Gcm),
            "AES128_CM_SHA1_80" => Some(Self::Aes128CmSha1_80),
            _ => None,
        }
    }

    pub(super) fn salt_length(self) -> usize {
        match self {
            Self::AeadAes128Gcm => GCM_SALT,
            Self::Aes128CmSha1_80 => CM_SALT,
        }
    }
}

/// What DTLS exported for one direction.
pub struct MasterKey {
    profile: Profile,
    /// On the heap, so that a move leaves no copy behind.
    key: Zeroizing<Vec<u8>>,
    /// A salt of GCM is followed by zeros (RFC 7714, 11).
    salt: Zeroizing<Vec<u8>>,
}

impl MasterKey {
    /// `None` when a length does not fit the profile.
    #[must_use]
    pub fn new(profile: Profile, key: &[u8], salt: &[u8]) -> Option<Self> {
        if key.len() != KEY || salt.len() != profile.salt_length() {
            return None;
        }
        let mut padded = Zeroizing::new(Vec::with_capacity(CM_SALT));
        padded.extend_from_slice(salt);
        padded.resize(CM_SALT, 0);
        Some(Self {
            profile,
            key: Zeroizing::new(key.to_vec()),
            salt: padded,
        })
    }

    /// RFC 3711, 4.3.1 with a key derivation rate of 0.
    pub(super) fn derive<const N: usize>(&self, label: u8) -> Option<Zeroizing<[u8; N]>> {
        let mut iv = [0; 16];
        iv[..CM_SALT].copy_from_slice(&self.salt);
        iv[7] ^= label;
        let mut out = Zeroizing::new([0; N]);
        counter_mode(&self.key)?
            .less_safe_encrypt(
                out.as_mut(),
                EncryptionContext::Iv128(FixedLength::from(&iv)),
            )
            .ok()?;
        Some(out)
    }

    pub(super) fn cipher(&self, first_label: u8) -> Option<Cipher> {
        let key = self.derive::<KEY>(first_label)?;
        match self.profile {
            Profile::AeadAes128Gcm => Some(Cipher::Gcm {
                key: LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key.as_ref()).ok()?),
                salt: self.derive::<GCM_SALT>(first_label + 2)?,
            }),
            Profile::Aes128CmSha1_80 => Some(Cipher::Cm {
                key: counter_mode(key.as_ref())?,
                salt: self.derive::<CM_SALT>(first_label + 2)?,
                mac: hmac::Key::new(
                    hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
                    self.derive::<20>(first_label + 1)?.as_ref(),
                ),
            }),
        }
    }
}

fn counter_mode(key: &[u8]) -> Option<EncryptingKey> {
    EncryptingKey::ctr(UnboundCipherKey::new(&AES_128, key).ok()?).ok()
}

/// Session keys of RTP or RTCP in one direction.
#[allow(clippy::large_enum_variant)] // a few for each session; a box is a step more per packet
pub(super) enum Cipher {
    Gcm {
        key: LessSafeKey,
        salt: Zeroizing<[u8; GCM_SALT]>,
    },
    Cm {
        key: EncryptingKey,
        salt: Zeroizing<[u8; CM_SALT]>,
        mac: hmac::Key,
    },
}

/// RFC 7714, 8.1: ssrc at 2, then the 48 bits of the index.
pub(super) fn gcm_nonce(salt: &[u8; GCM_SALT], ssrc: u32, index: u64) -> Nonce {
    let mut nonce = *salt;
    for (byte, mask) in nonce[2..6].iter_mut().zip(ssrc.to_be_bytes()) {
        *byte ^= mask;
    }
    for (byte, mask) in nonce[6..12].iter_mut().zip(&index.to_be_bytes()[2..]) {
        *byte ^= mask;
    }
    Nonce::assume_unique_for_key(nonce)
}

/// RFC 3711, 4.1.1.
pub(super) fn cm_crypt(
    key: &EncryptingKey,
    salt: &[u8; CM_SALT],
    ssrc: u32,
    index: u64,
    body: &mut [u8],
) -> Option<()> {
    let mut iv = [0; 16];
    iv[..CM_SALT].copy_from_slice(salt);
    for (byte, mask) in iv[4..8].iter_mut().zip(ssrc.to_be_bytes()) {
        *byte ^= mask;
    }
    for (byte, mask) in iv[8..14].iter_mut().zip(&index.to_be_bytes()[2..]) {
        *byte ^= mask;
    }
    key.less_safe_encrypt(body, EncryptionContext::Iv128(FixedLength::from(&iv)))
        .ok()
        .map(|_| ())
}

pub(super) fn cm_tag(mac: &hmac::Key, parts: [&[u8]; 2]) -> [u8; CM_TAG] {
    let mut context = hmac::Context::with_key(mac);
    for part in parts {
        context.update(part);
    }
    let mut tag = [0; CM_TAG];
    tag.copy_from_slice(&context.sign().as_ref()[..CM_TAG]);
    tag
}

pub(super) fn equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len()
        && a.iter()
            .zip(b)
            .fold(0, |different, (a, b)| different | (a ^ b))
            == 0
}
