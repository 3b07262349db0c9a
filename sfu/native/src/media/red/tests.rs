use super::super::rtp::Malformed;
use super::super::testing::mutate;
use super::Red;

/// Two older blocks of 3 and 2 bytes, 40 and 20 ms back, and a primary one of 4.
const PACKET: &[u8] = b"\xef\x1e\x00\x03\xef\x0f\x00\x02\x6fAAABBPPPP";

#[test]
fn the_primary_block_is_behind_all_others() {
    let red = Red::parse(PACKET).unwrap();
    assert_eq!(&PACKET[red.primary..], b"PPPP");
    assert_eq!((red.older, red.reach), (2, 1_920));
}

#[test]
fn a_packet_may_hold_the_primary_block_alone_and_that_may_be_empty() {
    let alone = Red::parse(b"\x6fPP").unwrap();
    assert_eq!((alone.primary, alone.older, alone.reach), (1, 0, 0));
    assert_eq!(Red::parse(b"\x6f").unwrap().primary, 1);
}

#[test]
fn blocks_lie_inside_the_payload_or_it_is_malformed() {
    assert_eq!(Red::parse(b""), Err(Malformed::Short));
    assert_eq!(Red::parse(&PACKET[..6]), Err(Malformed::Short));
    assert_eq!(Red::parse(&PACKET[..8]), Err(Malformed::Short));
    assert_eq!(Red::parse(b"\xef\x1e\x00\x03\x6fAA"), Err(Malformed::Short));
    assert_eq!(Red::parse(&[0x80; 80]), Err(Malformed::Length));
}

#[test]
fn the_types_of_the_blocks_change_and_nothing_else() {
    let mut copy = PACKET.to_vec();
    Red::rename(2, 109, &mut copy);
    assert_eq!(copy, b"\xed\x1e\x00\x03\xed\x0f\x00\x02\x6dAAABBPPPP");
    assert_eq!(Red::parse(&copy), Red::parse(PACKET));
    Red::rename(7, 109, &mut copy[..3]);
}

#[test]
fn mutations_never_reach_outside() {
    mutate(&[PACKET.to_vec(), b"\x6fPP".to_vec()], 20_000, |bytes| {
        if let Ok(red) = Red::parse(bytes) {
            assert!(red.primary <= bytes.len() && red.reach < 1 << 14);
        }
    });
}
