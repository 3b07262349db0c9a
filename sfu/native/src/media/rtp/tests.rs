use super::super::testing::{ids, mutate, rtp};
use super::*;

fn header_bytes() -> Vec<u8> {
    vec![0x80, 0xef, 0x12, 0x34, 0, 0, 0, 9, 0, 0, 0, 7]
}

#[test]
fn reads_every_field() {
    let mut packet = header_bytes();
    packet[0] |= 0x12; // extension, two contributing sources
    packet.extend([0, 0, 0, 1, 0, 0, 0, 2]);
    packet.extend([0xbe, 0xde, 0, 1, 0x10, b'5', 0, 0]);
    packet.extend(b"media");
    let view = RtpView::parse(&packet).unwrap();
    assert!(view.header.marker);
    assert_eq!(view.header.payload_type, 111);
    assert_eq!(view.header.sequence, 0x1234);
    assert_eq!(view.header.timestamp, 9);
    assert_eq!(view.header.ssrc, 7);
    assert_eq!(view.header.length, 28);
    assert_eq!(view.csrcs().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(view.elements().collect::<Vec<_>>(), [(1, &b"5"[..])]);
    assert_eq!(view.extensions(ids()).mid, Some(&b"5"[..]));
    assert_eq!(view.payload(), b"media");
    assert_eq!(view.packet(), packet);
}

#[test]
fn has_no_elements_without_an_extension() {
    assert_eq!(
        RtpView::parse(&header_bytes()).unwrap().elements().next(),
        None
    );
}

#[test]
fn refuses_what_is_too_short_or_not_version_2() {
    let whole = header_bytes();
    for length in 0..FIXED_HEADER {
        assert_eq!(RtpHeader::parse(&whole[..length]), Err(Malformed::Short));
    }
    let mut other = whole.clone();
    other[0] = 0x40;
    assert_eq!(RtpHeader::parse(&other), Err(Malformed::Version));
    let mut sources = whole.clone();
    sources[0] |= 3;
    assert_eq!(RtpHeader::parse(&sources), Err(Malformed::Length));
    sources[0] |= 0x10;
    assert_eq!(RtpHeader::parse(&sources), Err(Malformed::Short));
}

#[test]
fn refuses_an_extension_that_lies_about_its_length() {
    let mut packet = header_bytes();
    packet[0] |= 0x10;
    packet.extend([0xbe, 0xde, 0xff, 0xff, 0x10, b'5', 0, 0]);
    assert_eq!(RtpHeader::parse(&packet), Err(Malformed::Length));
    packet[14..16].copy_from_slice(&[0, 2]);
    assert_eq!(RtpHeader::parse(&packet), Err(Malformed::Length));
    packet[14..16].copy_from_slice(&[0, 1]);
    assert_eq!(RtpHeader::parse(&packet).unwrap().length, packet.len());
}

#[test]
fn refuses_padding_that_is_empty_or_longer_than_the_payload() {
    let mut packet = header_bytes();
    packet[0] |= 0x20;
    assert!(RtpHeader::parse(&packet).unwrap().padding);
    assert_eq!(RtpView::parse(&packet).unwrap_err(), Malformed::Padding);
    for (body, expected) in [
        (&[1, 2, 0][..], None),
        (&[1, 2, 4], None),
        (&[1, 2, 255], None),
        (&[1, 2, 3], Some(0)),
        (&[1, 0, 2], Some(1)),
    ] {
        let mut packet = packet.clone();
        packet.extend(body);
        let payload = RtpView::parse(&packet)
            .map(|view| view.payload().len())
            .ok();
        assert_eq!(payload, expected, "{body:?}");
    }
}

#[test]
fn padding_never_reaches_into_the_extension() {
    let mut packet = rtp(1, 1, &[]);
    packet[0] |= 0x20;
    packet.extend([0, 0, 0, 5]);
    assert_eq!(RtpView::parse(&packet).unwrap_err(), Malformed::Padding);
}

#[test]
fn tells_rtcp_from_rtp() {
    assert!(is_rtcp(&[0x80, 200]) && is_rtcp(&[0x81, 223, 0]));
    assert!(!is_rtcp(&[0x80, 96]) && !is_rtcp(&[0x80, 224]) && !is_rtcp(&[0x00, 200]));
    assert!(!is_rtcp(&[0x80]) && !is_rtcp(&[]));
}

#[test]
fn restores_what_a_retransmission_repairs() {
    let original = rtp(0xabcd, 90, b"picture");
    let mut repair = rtp(5, 90, b"\xab\xcdpicture");
    repair[0] |= 0x20;
    repair[1] = 97;
    repair.extend([0, 0, 3]);
    let length = restore_rtx(&mut repair, 7, 96).unwrap();
    let view = RtpView::parse(&repair[..length]).unwrap();
    assert_eq!(
        (
            view.header.sequence,
            view.header.ssrc,
            view.header.payload_type
        ),
        (0xabcd, 7, 96)
    );
    assert_eq!(view.payload(), b"picture");
    // The transport-wide number is that of the repair; all else is the original.
    assert_eq!(view.extensions(ids()).transport_sequence, Some(5));
    assert_eq!(length, original.len());
}

#[test]
fn a_probe_repairs_nothing() {
    assert_eq!(restore_rtx(&mut rtp(5, 90, &[]), 7, 96), None);
    assert_eq!(restore_rtx(&mut rtp(5, 90, &[1]), 7, 96), None);
    assert_eq!(restore_rtx(&mut [0; 4], 7, 96), None);
    assert_eq!(split_rtx(&[1, 2]), Some((0x0102, &[][..])));
}

#[test]
fn survives_mutated_packets() {
    let mut padded = rtp(3, 4, b"some payload\x03");
    padded[0] |= 0x20;
    let mut two_byte = header_bytes();
    two_byte[0] |= 0x11;
    two_byte.extend([0, 0, 0, 1, 0x10, 0, 0, 2, 1, 1, b'5', 0, 4, 2, 9, 9]);
    mutate(
        &[rtp(1, 2, b"payload"), padded, two_byte],
        30_000,
        |bytes| {
            if let Ok(view) = RtpView::parse(bytes) {
                assert!(view.header.length + view.payload().len() <= bytes.len());
                assert!(view.csrcs().count() <= 15);
                let _ = view.extensions(ids());
            }
            let mut copy = bytes.to_vec();
            if let Some(length) = restore_rtx(&mut copy, 1, 2) {
                assert!(RtpView::parse(&copy[..length]).is_ok());
            }
        },
    );
}
