//! Which protocol a datagram of the shared port speaks (RFC 7983), and whether a handshake
//! datagram is one that OpenSSL should see.
//!
//! Laws: total; looks at bytes in clear only. A handshake message that claims more than
//! `MAX_HANDSHAKE` is refused before anything is kept of it.

/// Longest handshake message; certificates of browsers are below 1 KB, a chain below 4.
const MAX_HANDSHAKE: usize = 8 * 1_024;
/// Bytes in front of every DTLS record.
const RECORD_HEADER: usize = 13;
/// Bytes in front of every handshake fragment.
const FRAGMENT_HEADER: usize = 12;
const HANDSHAKE: u8 = 22;

/// What a datagram is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Stun,
    Dtls,
    Rtp,
    Rtcp,
    Unknown,
}

/// Tell the protocol by the first two bytes.
#[must_use]
pub fn protocol(datagram: &[u8]) -> Protocol {
    match datagram {
        [0..=3, ..] => Protocol::Stun,
        [20..=63, ..] => Protocol::Dtls,
        // RFC 5761, 4: payload types 64 to 95 are RTCP.
        [128..=191, 192..=223, ..] => Protocol::Rtcp,
        [128..=191, _, ..] => Protocol::Rtp,
        _ => Protocol::Unknown,
    }
}

/// Whether every record is whole, and every handshake fragment in clear is plausible.
#[must_use]
pub fn is_plausible_dtls(datagram: &[u8]) -> bool {
    let mut rest = datagram;
    while let Some(header) = rest.first_chunk::<RECORD_HEADER>() {
        let length = usize::from(u16::from_be_bytes([header[11], header[12]]));
        let Some(record) = rest.get(RECORD_HEADER..RECORD_HEADER + length) else {
            return false;
        };
        let in_clear = header[3] == 0 && header[4] == 0;
        if header[1] != 0xfe || header[0] == HANDSHAKE && in_clear && !is_plausible_fragment(record)
        {
            return false;
        }
        rest = &rest[RECORD_HEADER + length..];
    }
    rest.is_empty() && !datagram.is_empty()
}

fn is_plausible_fragment(record: &[u8]) -> bool {
    let mut rest = record;
    while let Some(header) = rest.first_chunk::<FRAGMENT_HEADER>() {
        let number = |at: usize| {
            usize::from(header[at]) << 16
                | usize::from(header[at + 1]) << 8
                | usize::from(header[at + 2])
        };
        let (total, offset, length) = (number(1), number(6), number(9));
        let lies = total > MAX_HANDSHAKE || offset + length > total;
        let Some(next) = rest.get(FRAGMENT_HEADER + length..) else {
            return false;
        };
        if lies {
            return false;
        }
        rest = next;
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::{Protocol, is_plausible_dtls, protocol};

    fn record(total: usize, offset: usize, body: &[u8]) -> Vec<u8> {
        let three = |number: usize| number.to_be_bytes()[5..].to_vec();
        let mut fragment = vec![1];
        fragment.extend(three(total));
        fragment.extend([0, 0]);
        fragment.extend(three(offset));
        fragment.extend(three(body.len()));
        fragment.extend_from_slice(body);
        let mut record = vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0];
        record.extend(u16::try_from(fragment.len()).expect("short").to_be_bytes());
        record.extend(fragment);
        record
    }

    #[test]
    fn first_bytes_tell_the_protocol() {
        let all: Vec<Protocol> = (0..=255).map(|first| protocol(&[first, 96])).collect();
        assert!(all[..4].iter().all(|&kind| kind == Protocol::Stun));
        assert!(all[20..64].iter().all(|&kind| kind == Protocol::Dtls));
        assert!(all[128..192].iter().all(|&kind| kind == Protocol::Rtp));
        assert!(
            all[4..20]
                .iter()
                .chain(&all[64..128])
                .all(|&kind| kind == Protocol::Unknown)
        );
        assert_eq!(protocol(&[0x80, 200]), Protocol::Rtcp);
        assert_eq!(protocol(&[0x80, 0x80 | 0x6f]), Protocol::Rtp);
        assert_eq!(protocol(&[]), Protocol::Unknown);
        assert_eq!(protocol(&[0x80]), Protocol::Unknown);
    }

    #[test]
    fn a_client_hello_in_two_datagrams_passes() {
        assert!(is_plausible_dtls(&record(1_500, 0, &[0; 1_100])));
        assert!(is_plausible_dtls(&record(1_500, 1_100, &[0; 400])));
    }

    #[test]
    fn a_handshake_beyond_the_limit_does_not() {
        assert!(!is_plausible_dtls(&record(8_193, 0, &[0; 10])));
        assert!(!is_plausible_dtls(&record(100, 95, &[0; 10])));
    }

    #[test]
    fn cut_records_do_not() {
        let whole = record(40, 0, &[0; 40]);
        assert!(is_plausible_dtls(&whole));
        for length in 0..whole.len() {
            assert!(!is_plausible_dtls(&whole[..length]), "{length}");
        }
    }
}
