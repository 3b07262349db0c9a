//! What a viewer gets of each codec: types, numbers and layers.

use super::super::super::descriptor::testing::{L1T3, L2T2_KEY, frame, key as structured, layer};
use super::super::super::descriptor::{Descriptors, LayerId};
use super::super::super::testing::vp8_layer;
use super::super::super::thinning::ALL;
use super::*;

const RED: &[u8] = b"\xef\x0f\x00\x03\x6fOLDNEW";

/// A viewer that knows these codecs.
fn viewer(kind: Kind, codecs: &[(Codec, u8)]) -> Slot {
    let mut payloads = PayloadTypes::default();
    for &(codec, payload_type) in codecs {
        payloads.set(codec, payload_type, Some(payload_type + 1));
    }
    Slot::new(SlotConfig {
        payloads,
        ..*slot(kind).config()
    })
}

/// A packet whose media was read before; what of it the viewer gets, as it is written.
fn through(slot: &mut Slot, index: u64, timestamp: u32, media: Media, payload: &[u8]) -> Vec<u8> {
    let packet = rtp(u16::try_from(index).unwrap(), timestamp, payload);
    let view = RtpView::parse(&packet).unwrap();
    let now = SECOND + index * 20_000;
    let inbound = Inbound {
        view: &view,
        index,
        capture: now,
        media,
        audio_level: None,
    };
    let Some(outgoing) = slot.forward(now, &inbound) else {
        return Vec::new();
    };
    let mut out = vec![0; 400];
    let length = outgoing.write(&outgoing.content(&view), &mut out).unwrap();
    out.truncate(length);
    out
}

fn hear(slot: &mut Slot, index: u64, payload: &[u8]) -> (u8, Vec<u8>) {
    let media = Media::read(Codec::Red, payload).unwrap();
    let timestamp = 960 * u32::try_from(index).unwrap();
    let out = through(slot, index, timestamp, media, payload);
    let view = RtpView::parse(&out).unwrap();
    (view.header.payload_type, view.payload().to_vec())
}

#[test]
fn red_is_cut_to_its_primary_block_until_its_history_is_the_new_sources() {
    let mut slot = viewer(Kind::Audio, &[(Codec::Opus, 109), (Codec::Red, 63)]);
    slot.assign(1, 1, 9);
    assert_eq!(hear(&mut slot, 1, RED), (109, b"NEW".to_vec()));
    // The block before was the first of this source: it reaches back exactly to there.
    assert_eq!(
        hear(&mut slot, 2, RED),
        (63, b"\xed\x0f\x00\x03\x6dOLDNEW".to_vec())
    );
    slot.assign(2, 2, 8);
    assert_eq!(hear(&mut slot, 30, RED), (109, b"NEW".to_vec()));
    assert_eq!(hear(&mut slot, 31, RED).0, 63);
    slot.interrupt();
    assert_eq!(hear(&mut slot, 32, RED).0, 109);
}

#[test]
fn who_does_not_know_red_gets_the_primary_block_and_who_knows_no_opus_nothing() {
    let mut plain = viewer(Kind::Audio, &[(Codec::Opus, 111)]);
    plain.assign(1, 1, 9);
    for index in 1..4 {
        assert_eq!(hear(&mut plain, index, RED), (111, b"NEW".to_vec()));
    }
    assert_eq!(plain.sender_report(2 * SECOND).unwrap().octets, 9);
    let mut deaf = viewer(Kind::Audio, &[]);
    deaf.assign(1, 1, 9);
    let media = Media::read(Codec::Red, RED).unwrap();
    assert!(through(&mut deaf, 1, 1, media, RED).is_empty());
}

#[test]
fn a_codec_that_the_viewer_does_not_know_is_not_sent() {
    let mut slot = viewer(Kind::Video, &[(Codec::Vp8, 96)]);
    slot.assign(1, 1, 9);
    let media = Media::read(Codec::H264, b"\x67\x42").unwrap();
    assert!(through(&mut slot, 1, 1, media, b"\x67\x42").is_empty());
    assert!(slot.waits());
}

#[test]
fn h264_begins_with_its_parameter_sets() {
    let mut slot = viewer(Kind::Video, &[(Codec::Vp8, 96), (Codec::H264, 102)]);
    slot.assign(1, 1, 9);
    let mut see = |index: u64, payload: &[u8]| {
        let media = Media::read(Codec::H264, payload).unwrap();
        let out = through(&mut slot, index, 3_000, media, payload);
        RtpView::parse(&out).map(|view| (view.header.payload_type, view.header.sequence))
    };
    assert!(see(1, b"\x65\x88").is_err(), "an IDR slice alone");
    let (payload_type, first) = see(2, b"\x67\x42").unwrap();
    assert_eq!(payload_type, 102);
    assert_eq!(see(3, b"\x65\x88"), Ok((102, first.wrapping_add(1))));
}

/// The frames of one described stream, as they go to a viewer: (number of the frame, marker).
struct Stream {
    descriptors: Descriptors,
    index: u64,
}

impl Stream {
    fn new(index: u64) -> Self {
        Self {
            descriptors: Descriptors::default(),
            index,
        }
    }

    fn show(&mut self, slot: &mut Slot, bytes: &[u8]) -> Option<(u16, u16, bool)> {
        // One element of an extension, in the two-byte form; then the payload.
        let mut packet = rtp(0, 3_000 * u32::try_from(self.index).unwrap(), b"");
        packet.truncate(12);
        packet[0] |= 0x10;
        let words = (bytes.len() + 2).div_ceil(4);
        packet.extend([0x10, 0, 0, u8::try_from(words).unwrap()]);
        packet.extend([7, u8::try_from(bytes.len()).unwrap()]);
        packet.extend(bytes);
        packet.resize(16 + 4 * words, 0);
        packet.extend(b"obu");
        let view = RtpView::parse(&packet).unwrap();
        let found = self.descriptors.read(18, bytes).unwrap().unwrap();
        self.index += 1;
        let now = SECOND + self.index * 33_333;
        let inbound = Inbound {
            view: &view,
            index: self.index,
            capture: now,
            media: Media::Described(Codec::Av1, found),
            audio_level: None,
        };
        let outgoing = slot.forward(now, &inbound)?;
        let mut out = vec![0; 400];
        let length = outgoing.write(&outgoing.content(&view), &mut out).unwrap();
        let view = RtpView::parse(&out[..length]).unwrap();
        let descriptor = view.extensions(slot.config().ids).descriptor.unwrap();
        assert_eq!(descriptor.len(), bytes.len());
        assert_eq!(
            descriptor[3..],
            bytes[3..],
            "the structure reaches the viewer"
        );
        let number = u16::from_be_bytes([descriptor[1], descriptor[2]]);
        Some((view.header.sequence, number, view.header.marker))
    }
}

fn described(most: LayerId) -> Slot {
    let mut slot = viewer(Kind::Video, &[(Codec::Av1, 45)]);
    slot.limit(most);
    slot.assign(1, 1, 9);
    slot
}

#[test]
fn frame_numbers_go_on_when_the_source_changes_and_keep_their_distances_within_it() {
    let mut slot = described(ALL);
    let mut first = Stream::new(100);
    assert!(first.show(&mut slot, &structured(L1T3, 0, 7)).is_some());
    assert_eq!(first.show(&mut slot, &frame(3, 8)).unwrap().1, 8);
    slot.assign(2, 2, 8);
    let mut second = Stream::new(500);
    second
        .descriptors
        .read(0, &structured(L1T3, 9, 59_990))
        .unwrap();
    assert_eq!(
        second.show(&mut slot, &frame(12, 59_999)),
        None,
        "no keyframe yet"
    );
    assert_eq!(
        second
            .show(&mut slot, &structured(L1T3, 9, 60_000))
            .unwrap()
            .1,
        9
    );
    assert_eq!(second.show(&mut slot, &frame(12, 60_001)).unwrap().1, 10);
    assert_eq!(
        second.show(&mut slot, &frame(11, 60_004)).unwrap().1,
        13,
        "two were lost"
    );
}

#[test]
fn what_is_left_out_leaves_no_hole_and_the_last_frame_of_a_picture_bears_the_marker() {
    let mut slot = described(layer(0, 0));
    let mut stream = Stream::new(100);
    let (first, number, marker) = stream.show(&mut slot, &structured(L2T2_KEY, 0, 1)).unwrap();
    assert_eq!((number, marker), (1, true));
    for (kind, number) in [(3, 2), (2, 3), (5, 4)] {
        assert_eq!(stream.show(&mut slot, &frame(kind, number)), None);
    }
    let next = stream.show(&mut slot, &frame(1, 5)).unwrap();
    assert_eq!(next, (first.wrapping_add(1), 5, true));
    assert!(!slot.awaits_layer());
    slot.limit(ALL);
    stream.show(&mut slot, &frame(4, 6));
    assert!(slot.awaits_layer());
    // What was left out is nobody's loss.
    assert_eq!(slot.lookup(next.0).unwrap().index, 105);
    assert_eq!(slot.lookup(first).unwrap().index, 101);
}

#[test]
fn pictures_of_vp8_go_on_without_those_that_were_left_out() {
    let mut slot = viewer(Kind::Video, &[(Codec::Vp8, 96)]);
    slot.assign(1, 1, 9);
    slot.limit(layer(0, 1));
    let mut see = |index: u64, payload: &[u8]| {
        let media = Media::read(Codec::Vp8, payload).unwrap();
        let timestamp = 3_000 * u32::from(payload[3]);
        let out = through(&mut slot, index, timestamp, media, payload);
        let view = RtpView::parse(&out).ok()?;
        Some((view.header.sequence, view.payload()[3]))
    };
    let (first, _) = see(1, &vp8_layer(true, true, 10, 0, false)).unwrap();
    let first = |more: u16| first.wrapping_add(more);
    assert_eq!(see(2, &vp8_layer(true, false, 11, 2, true)), None);
    assert_eq!(see(3, &vp8_layer(false, false, 11, 2, true)), None);
    assert_eq!(
        see(4, &vp8_layer(true, false, 12, 1, true)),
        Some((first(1), 11))
    );
    assert_eq!(see(5, &vp8_layer(true, false, 13, 2, true)), None);
    assert_eq!(
        see(7, &vp8_layer(true, false, 14, 0, false)),
        Some((first(3), 12))
    );
    assert_eq!(
        see(6, &vp8_layer(false, false, 13, 2, true)),
        None,
        "late, and left out"
    );
}
