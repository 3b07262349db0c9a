use super::super::rtp::RtpView;
use super::super::testing::{ids, vp8};
use super::super::vp8::{Continuity, Vp8Descriptor};
use super::*;

fn full() -> OutHeader {
    OutHeader {
        marker: true,
        payload_type: 111,
        sequence: 0xfffe,
        timestamp: 0xdead_beef,
        ssrc: 77,
        csrc: 42,
        ids: ids(),
        mid: Mid::new(b"11"),
        audio_level: Some(AudioLevel {
            voice: true,
            level: 33,
        }),
        transport_sequence: Some(0x1234),
        abs_send_time: Some(0x00ab_cdef),
    }
}

const MEDIA: Content = Content {
    payload: b"media",
    descriptor: &[],
};

fn written(header: &OutHeader) -> Vec<u8> {
    let mut out = [0xee; MAX_HEADER];
    let length = header.write(&mut out).unwrap();
    assert_eq!(length % 4, 0);
    out[..length].to_vec()
}

fn assert_reads_back(header: &OutHeader) {
    let bytes = written(header);
    let view = RtpView::parse(&bytes).unwrap();
    assert_eq!(view.header.marker, header.marker);
    assert_eq!(view.header.payload_type, header.payload_type);
    assert_eq!(view.header.sequence, header.sequence);
    assert_eq!(view.header.timestamp, header.timestamp);
    assert_eq!(view.header.ssrc, header.ssrc);
    assert_eq!(view.csrcs().collect::<Vec<_>>(), [header.csrc]);
    let found = view.extensions(header.ids);
    assert_eq!(found.mid, header.mid.as_ref().map(Mid::as_bytes));
    assert_eq!(found.audio_level, header.audio_level);
    assert_eq!(found.transport_sequence, header.transport_sequence);
    assert_eq!(found.abs_send_time, header.abs_send_time);
    assert!(view.payload().is_empty());
}

#[test]
fn writes_what_it_can_read_back() {
    assert_reads_back(&full());
    let mut high_id = full();
    high_id.ids.audio_level = 15; // does not exist in the one-byte form
    assert_reads_back(&high_id);
    let mut longest = high_id;
    longest.mid = Mid::new(&[b'm'; MAX_MID]);
    assert_reads_back(&longest);
    longest.ids = ids();
    assert_reads_back(&longest);
}

#[test]
fn leaves_out_what_was_not_negotiated() {
    let bare = OutHeader {
        ids: ExtensionIds::default(),
        csrc: 0,
        ..full()
    };
    assert_eq!(written(&bare).len(), 12);
    let voiceless = OutHeader {
        mid: None,
        audio_level: None,
        transport_sequence: None,
        ..full()
    };
    let found = RtpView::parse(&written(&voiceless)).unwrap().header.length;
    assert_eq!(found, 16 + 8);
    let nothing = OutHeader {
        abs_send_time: None,
        ..voiceless
    };
    assert_eq!(written(&nothing).len(), 16);
}

#[test]
fn writes_nothing_into_a_buffer_that_is_too_small() {
    let length = written(&full()).len();
    assert_eq!(full().write(&mut vec![0; length - 1]), None);
    let packet = Outgoing {
        header: full(),
        original_sequence: Some(0x0102),
        ..Outgoing::default()
    };
    for room in [0, length - 1, length + 1, length + 6] {
        assert_eq!(packet.write(&MEDIA, &mut vec![0; room]), None);
    }
    let mut out = vec![0; length + 7];
    assert_eq!(packet.write(&MEDIA, &mut out), Some(length + 7));
    assert_eq!(out[length..], *b"\x01\x02media");
}

#[test]
fn rewrites_the_copy_of_the_payload() {
    let payload = vp8(true, true, 300, 9);
    let descriptor = Vp8Descriptor::parse(&payload).unwrap();
    let mut before = Continuity::default();
    before.sent(&before.follow(&descriptor).rewrite(&descriptor));
    let rewrite = before.follow(&descriptor).rewrite(&descriptor);
    let packet = Outgoing {
        header: full(),
        rewrite: Rewrite::Vp8(rewrite),
        started: true,
        ..Outgoing::default()
    };
    let mut out = [0; 100];
    let length = packet
        .write(
            &Content {
                payload: &payload,
                descriptor: &[],
            },
            &mut out,
        )
        .unwrap();
    let copied = RtpView::parse(&out[..length]).unwrap().payload();
    assert_eq!(copied, vp8(true, true, 301, 10));
}

#[test]
fn mid_has_bounds() {
    assert_eq!(Mid::new(b""), None);
    assert_eq!(Mid::new(&[b'm'; MAX_MID + 1]), None);
    assert_eq!(Mid::new(&[b'm'; 300]), None);
    assert_eq!(Mid::new(b"0").unwrap().as_bytes(), b"0");
}
