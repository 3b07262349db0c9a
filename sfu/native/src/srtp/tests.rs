use super::{Inbound, MAX_STREAMS, MasterKey, Outbound, Profile, Refused};
use crate::replay::Window;

const PROFILES: [Profile; 2] = [Profile::AeadAes128Gcm, Profile::Aes128CmSha1_80];

fn pair(profile: Profile) -> (Outbound, Inbound) {
    let salt = &[7; 14][..profile.salt_length()];
    let master = MasterKey::new(profile, &[9; 16], salt).expect("right lengths");
    (
        Outbound::new(&master).expect("a key"),
        Inbound::new(&master).expect("a key"),
    )
}

fn packet(ssrc: u32, sequence: u16) -> Vec<u8> {
    let mut packet = vec![0x80, 96];
    packet.extend_from_slice(&sequence.to_be_bytes());
    packet.extend_from_slice(&[0, 0, 0, 1]);
    packet.extend_from_slice(&ssrc.to_be_bytes());
    packet.extend_from_slice(b"the quick brown fox jumps over the lazy dog");
    packet
}

fn seal(outbound: &Outbound, window: &mut Window, plain: &[u8]) -> Vec<u8> {
    let mut buffer = plain.to_vec();
    buffer.resize(plain.len() + 32, 0);
    let length = outbound
        .seal_rtp(window, &mut buffer, 12, plain.len())
        .expect("room and a new index");
    buffer.truncate(length);
    buffer
}

#[test]
fn session_keys_match_rfc_3711_appendix_b_3() {
    let key = b"\xe1\xf9\x7a\x0d\x3e\x01\x8b\xe0\xd6\x4f\xa3\x2c\x06\xde\x41\x39";
    let salt = b"\x0e\xc6\x75\xad\x49\x8a\xfe\xeb\xb6\x96\x0b\x3a\xab\xe6";
    let master = MasterKey::new(Profile::Aes128CmSha1_80, key, salt).expect("right lengths");
    assert_eq!(
        *master.derive::<16>(0).expect("a key"),
        *b"\xc6\x1e\x7a\x93\x74\x4f\x39\xee\x10\x73\x4a\xfe\x3f\xf7\xa0\x87"
    );
    assert_eq!(
        *master.derive::<14>(2).expect("a salt"),
        *b"\x30\xcb\xbc\x08\x86\x3d\x8c\x85\xd4\x9d\xb3\x4a\x9a\xe1"
    );
    assert_eq!(
        *master.derive::<20>(1).expect("a key"),
        *b"\xce\xbe\x32\x1f\x6f\xf7\x71\x6b\x6f\xd4\xab\x49\xaf\x25\x6a\x15\x6d\x38\xba\xa4"
    );
}

#[test]
fn what_is_sealed_opens_across_a_rollover() {
    for profile in PROFILES {
        let (outbound, mut inbound) = pair(profile);
        let mut window = Window::default();
        for number in 65_500..65_600_u32 {
            let plain = packet(1, (number & 0xffff) as u16);
            let mut sealed = seal(&outbound, &mut window, &plain);
            assert_ne!(sealed[12..plain.len()], plain[12..]);
            let length = inbound.open_rtp(&mut sealed, 12).expect("opens");
            assert_eq!(sealed[..length], plain);
        }
    }
}

#[test]
fn a_replayed_packet_is_refused() {
    for profile in PROFILES {
        let (outbound, mut inbound) = pair(profile);
        let sealed = seal(&outbound, &mut Window::default(), &packet(1, 5));
        assert!(inbound.open_rtp(&mut sealed.clone(), 12).is_ok());
        assert_eq!(
            inbound.open_rtp(&mut sealed.clone(), 12),
            Err(Refused::Replay)
        );
    }
}

#[test]
fn an_index_is_never_sealed_twice() {
    for profile in PROFILES {
        let (outbound, _) = pair(profile);
        let mut window = Window::default();
        let plain = packet(1, 5);
        seal(&outbound, &mut window, &plain);
        let mut buffer = plain.clone();
        buffer.resize(200, 0);
        assert_eq!(
            outbound.seal_rtp(&mut window, &mut buffer, 12, plain.len()),
            Err(Refused::Replay)
        );
    }
}

#[test]
fn flipped_and_cut_packets_are_refused_and_leave_no_state() {
    for profile in PROFILES {
        let (outbound, mut inbound) = pair(profile);
        let sealed = seal(&outbound, &mut Window::default(), &packet(1, 5));
        for index in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[index] ^= 1;
            assert!(
                inbound.open_rtp(&mut bad, 12).is_err(),
                "{profile:?} byte {index}"
            );
        }
        for length in 12..sealed.len() {
            assert!(
                inbound
                    .open_rtp(&mut sealed[..length].to_vec(), 12)
                    .is_err()
            );
        }
        assert_eq!(inbound.streams(), 0);
        assert!(inbound.open_rtp(&mut sealed.clone(), 12).is_ok());
    }
}

#[test]
fn reports_open_once_and_only_whole() {
    for profile in PROFILES {
        let (mut outbound, mut inbound) = pair(profile);
        let report = *b"\x80\xc9\x00\x01\x00\x00\x00\x07";
        let mut buffer = [0; 64];
        buffer[..8].copy_from_slice(&report);
        let length = outbound.seal_rtcp(&mut buffer, 8).expect("room");
        for cut in 0..length {
            assert!(inbound.open_rtcp(&mut buffer[..cut].to_vec()).is_err());
        }
        for index in 0..length {
            let mut bad = buffer[..length].to_vec();
            bad[index] ^= 1;
            assert!(
                inbound.open_rtcp(&mut bad).is_err(),
                "{profile:?} byte {index}"
            );
        }
        assert_eq!(inbound.open_rtcp(&mut buffer[..length].to_vec()), Ok(8));
        assert_eq!(
            inbound.open_rtcp(&mut buffer[..length].to_vec()),
            Err(Refused::Replay)
        );
    }
}

#[test]
fn the_streams_of_one_remote_are_bounded() {
    let (outbound, mut inbound) = pair(Profile::AeadAes128Gcm);
    let limit = u32::try_from(MAX_STREAMS).expect("small");
    for ssrc in 0..limit {
        let mut sealed = seal(&outbound, &mut Window::default(), &packet(ssrc, 1));
        assert!(inbound.open_rtp(&mut sealed, 12).is_ok());
    }
    let mut sealed = seal(&outbound, &mut Window::default(), &packet(limit, 1));
    assert_eq!(inbound.open_rtp(&mut sealed, 12), Err(Refused::Streams));
}

#[test]
fn keys_of_a_wrong_length_are_refused() {
    for profile in PROFILES {
        assert!(MasterKey::new(profile, &[0; 15], &[0; 14][..profile.salt_length()]).is_none());
        assert!(MasterKey::new(profile, &[0; 16], &[0; 13]).is_none());
    }
}
