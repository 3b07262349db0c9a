use super::{Assembler, MAX_FRAME, Whole};
use crate::media::codec::{Codec, Kind, Media};
use crate::media::descriptor::Descriptors;
use crate::media::extension::ExtensionIds;
use crate::media::rtp::RtpView;
use crate::media::testing::Chance;

fn packet(marker: bool, timestamp: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80, 0x60 | u8::from(marker) << 7, 0, 1, 0, 0, 0, timestamp];
    bytes.extend_from_slice(&[0, 0, 0, 9]);
    bytes.extend_from_slice(payload);
    bytes
}

fn take(frames: &mut Assembler, codec: Codec, bytes: &[u8]) -> Option<Whole> {
    let view = RtpView::parse(bytes).expect("a packet");
    let media = Media::read(codec, view.payload()).expect("a payload");
    frames.packet(&view, media)
}

/// Start of a frame, its last packet; then whether it is a keyframe.
fn picture(start: bool, end: bool, key: bool, timestamp: u8, byte: u8) -> Vec<u8> {
    let first = if start { 0x10 } else { 0 };
    packet(end, timestamp, &[first, u8::from(!key), byte])
}

#[test]
fn a_picture_of_parts_is_one_frame() {
    let mut frames = Assembler::default();
    assert!(frames.waits(Kind::Video));
    let parts = [
        picture(true, false, true, 1, 7),
        picture(false, false, true, 1, 8),
        picture(false, true, true, 1, 9),
    ];
    assert_eq!(take(&mut frames, Codec::Vp8, &parts[0]), None);
    assert_eq!(take(&mut frames, Codec::Vp8, &parts[1]), None);
    let whole = take(&mut frames, Codec::Vp8, &parts[2]).expect("a frame");
    assert!(whole.key && whole.timestamp == 1 && whole.codec == Codec::Vp8);
    assert_eq!(frames.frame(), [0, 7, 0, 8, 0, 9]);
    assert!(!frames.waits(Kind::Video));
}

#[test]
fn nothing_comes_before_a_keyframe_or_behind_a_gap() {
    let mut frames = Assembler::default();
    let delta = picture(true, true, false, 1, 7);
    assert_eq!(take(&mut frames, Codec::Vp8, &delta), None);
    let key = picture(true, true, true, 2, 7);
    assert!(take(&mut frames, Codec::Vp8, &key).is_some());
    assert!(take(&mut frames, Codec::Vp8, &delta).is_some());
    frames.gap();
    assert_eq!(take(&mut frames, Codec::Vp8, &delta), None);
    assert!(frames.waits(Kind::Video));
    assert!(take(&mut frames, Codec::Vp8, &key).is_some());
}

#[test]
fn a_frame_that_never_ended_spoils_what_refers_to_it() {
    let mut frames = Assembler::default();
    take(&mut frames, Codec::Vp8, &picture(true, false, true, 1, 7));
    let next = picture(true, true, false, 2, 8);
    assert_eq!(take(&mut frames, Codec::Vp8, &next), None);
    // A part without its beginning is nothing.
    let rest = picture(false, true, false, 3, 8);
    assert_eq!(take(&mut frames, Codec::Vp8, &rest), None);
}

#[test]
fn every_packet_of_sound_is_a_frame_and_a_probe_is_none() {
    let mut frames = Assembler::default();
    let sound = packet(false, 4, &[0x78, 1, 2]);
    assert!(take(&mut frames, Codec::Opus, &sound).is_some_and(|whole| whole.key));
    assert_eq!(frames.frame(), [0x78, 1, 2]);
    frames.gap();
    assert!(take(&mut frames, Codec::Opus, &sound).is_some());
    assert_eq!(take(&mut frames, Codec::Opus, &packet(false, 5, &[])), None);
    assert!(!frames.waits(Kind::Audio));
    let red = packet(false, 6, b"\xef\x0f\x00\x03\x6fOLDNEW");
    let whole = take(&mut frames, Codec::Red, &red).expect("a frame");
    assert_eq!((whole.codec, frames.frame()), (Codec::Opus, &b"NEW"[..]));
}

/// Packets as Chromium sent them, each with its length in front; the descriptor is extension 12.
const H264: &[u8] = include_bytes!("captures/h264.rtp");
const VP9: &[u8] = include_bytes!("captures/vp9.rtp");
const AV1: &[u8] = include_bytes!("captures/av1.rtp");
const CAPTURES: [(Codec, &[u8]); 3] = [(Codec::H264, H264), (Codec::Vp9, VP9), (Codec::Av1, AV1)];

fn packets(mut capture: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while let Some((length, rest)) = capture.split_first_chunk::<2>() {
        let (packet, rest) = rest.split_at(usize::from(u16::from_be_bytes(*length)));
        found.push(packet.to_vec());
        capture = rest;
    }
    found
}

/// What one publisher sends, as the recorder looks at it.
#[derive(Default)]
struct Stream {
    descriptors: Descriptors,
    frames: Assembler,
    found: Vec<(Whole, Vec<u8>)>,
}

impl Stream {
    fn take(&mut self, codec: Codec, bytes: &[u8]) {
        let Ok(view) = RtpView::parse(bytes) else {
            return;
        };
        let Ok(mut media) = Media::read(codec, view.payload()) else {
            return;
        };
        let ids = ExtensionIds {
            descriptor: 12,
            ..ExtensionIds::default()
        };
        if let (Media::Unread(_), Some(bytes)) = (media, view.extensions(ids).descriptor) {
            match self.descriptors.read(20, bytes) {
                Ok(Some(frame)) => media = Media::Described(codec, frame),
                Ok(None) => {}
                Err(_) => return,
            }
        }
        while let Some(whole) = self.frames.ended_by(&view, &media) {
            self.found.push((whole, self.frames.frame().to_vec()));
        }
        if let Some(whole) = self.frames.packet(&view, media) {
            self.found.push((whole, self.frames.frame().to_vec()));
        }
    }

    fn of(codec: Codec, packets: &[Vec<u8>]) -> Self {
        let mut stream = Self::default();
        for packet in packets {
            stream.take(codec, packet);
        }
        stream
    }

    fn keys(&self) -> Vec<bool> {
        self.found.iter().map(|(whole, _)| whole.key).collect()
    }
}

#[test]
fn h264_of_a_browser_becomes_samples_that_begin_with_their_parameters() {
    let stream = Stream::of(Codec::H264, &packets(H264));
    assert_eq!(stream.keys(), [true, false, false]);
    assert!(!stream.frames.waits(Kind::Video));
    let kinds = |sample: &[u8]| {
        let (mut found, mut rest) = (Vec::new(), sample);
        while let Some((length, tail)) = rest.split_first_chunk::<4>() {
            let (unit, tail) = tail.split_at(u32::from_be_bytes(*length) as usize);
            found.push(unit[0] & 0x1f);
            rest = tail;
        }
        assert_eq!(rest, []);
        found
    };
    assert_eq!(
        kinds(&stream.found[0].1),
        [7, 8, 5],
        "one of them came in two fragments"
    );
    assert_eq!(kinds(&stream.found[1].1), [1]);
}

#[test]
fn layers_of_vp9_become_superframes_that_say_where_each_ends() {
    let stream = Stream::of(Codec::Vp9, &packets(VP9));
    assert_eq!(
        stream.keys(),
        [true, true, true, false, false, false, false]
    );
    let single = &stream.found[0].1;
    assert_ne!(single[single.len() - 1] & 0xe0, 0xc0);
    let double = &stream.found[2].1;
    let index = &double[double.len() - 8..];
    assert_eq!(
        (index[0], index[7]),
        (0b1101_0001, 0b1101_0001),
        "two frames"
    );
    let size =
        |at: usize| u32::from_le_bytes([index[at], index[at + 1], index[at + 2], 0]) as usize;
    assert_eq!(size(1) + size(4) + 8, double.len());
    // Each of the two begins with a frame marker.
    assert_eq!((double[0] >> 6, double[size(1)] >> 6), (2, 2));
}

#[test]
fn obus_say_their_length_and_a_key_unit_brings_its_sequence_header() {
    let stream = Stream::of(Codec::Av1, &packets(AV1));
    assert_eq!(stream.keys(), [true, false, false]);
    for (whole, unit) in &stream.found {
        let (mut kinds, mut rest) = (Vec::new(), &unit[..]);
        while let Some(&head) = rest.first() {
            assert_eq!(head & 0x02, 0x02, "it says its length");
            let at = if head & 0x04 != 0 { 2 } else { 1 };
            let (size, tail) = crate::media::av1::number(&rest[at..]).expect("a length");
            kinds.push(head >> 3 & 15);
            rest = &tail[size as usize..];
        }
        assert_eq!(kinds, if whole.key { vec![1, 6] } else { vec![6] });
    }
}

#[test]
fn whichever_packet_is_lost_no_torn_picture_comes_of_it() {
    for (codec, capture) in CAPTURES {
        let all = packets(capture);
        let whole = Stream::of(codec, &all).found;
        for lost in 0..all.len() {
            let mut stream = Stream::default();
            for (at, packet) in all.iter().enumerate() {
                if at == lost {
                    stream.frames.gap();
                } else {
                    stream.take(codec, packet);
                }
            }
            let mut before = None;
            for picture in &stream.found {
                assert!(whole.contains(picture), "{codec:?} without packet {lost}");
                let at = whole.iter().position(|one| one == picture);
                let follows = before.is_some() && at == before.map(|before: usize| before + 1);
                assert!(
                    follows || picture.0.key,
                    "{codec:?} goes on behind packet {lost}"
                );
                before = at;
            }
        }
    }
}

#[test]
fn a_picture_without_its_marker_ends_where_the_next_one_begins() {
    for codec in [Codec::H264, Codec::Av1] {
        let (_, capture) = CAPTURES
            .into_iter()
            .find(|one| one.0 == codec)
            .expect("it is there");
        let mut all = packets(capture);
        let whole = Stream::of(codec, &all).found;
        for packet in &mut all {
            packet[1] &= 0x7f;
        }
        let found = Stream::of(codec, &all).found;
        assert_eq!(found, whole[..found.len()]);
        assert!(found.len() >= whole.len() - 1);
    }
}

#[test]
fn another_codec_begins_with_a_keyframe_of_its_own() {
    let mut stream = Stream::of(Codec::Av1, &packets(AV1));
    let before = stream.found.len();
    for packet in packets(H264) {
        stream.take(Codec::H264, &packet);
    }
    assert!(stream.found[before].0.key && stream.found[before].0.codec == Codec::H264);
}

#[test]
fn a_picture_that_does_not_end_is_given_up() {
    let mut frames = Assembler::default();
    let mut body = vec![0x7c, 0x87];
    body.resize(1_000, 1);
    for _ in 0..2 * MAX_FRAME / 1_000 {
        let bytes = packet(false, 1, &body);
        assert_eq!(take(&mut frames, Codec::H264, &bytes), None);
        assert!(frames.frame().len() <= MAX_FRAME);
        body[1] = 0x07;
    }
    assert!(frames.waits(Kind::Video));
}

#[test]
fn bent_packets_are_survived() {
    let mut chance = Chance::new(7);
    for (codec, capture) in CAPTURES {
        let all = packets(capture);
        let mut stream = Stream::default();
        for round in 0..3_000 {
            let mut packet = all[round % all.len()].clone();
            if chance.percent(30) {
                let at = chance.below(packet.len());
                packet[at] = chance.byte();
            }
            if chance.percent(5) {
                packet.truncate(chance.below(packet.len()));
            }
            stream.take(codec, &packet);
            stream.found.clear();
            assert!(stream.frames.frame().len() <= MAX_FRAME);
        }
    }
}
