mod codecs;
mod on_time;
mod repairs;

use super::super::outgoing::Content;
use super::super::rtcp::ReportBlock;
use super::super::testing::{ids, rtp, vp8};
use super::*;

const SECOND: u64 = 1_000_000;

fn slot(kind: Kind) -> Slot {
    let mut payloads = PayloadTypes::default();
    payloads.set(Codec::Opus, 111, None);
    payloads.set(Codec::Vp8, 96, Some(97));
    Slot::new(SlotConfig {
        kind,
        ssrc: 50,
        rtx_ssrc: 51,
        payloads,
        ids: ids(),
        mid: Mid::new(b"4"),
        first_sequence: 65_535,
        first_rtx_sequence: 65_535,
        first_timestamp: 1_000,
    })
}

/// One packet of a source. Capture is now.
#[derive(Clone)]
struct Sample {
    index: u64,
    timestamp: u32,
    payload: Vec<u8>,
}

impl Sample {
    fn hand<T>(&self, now: u64, take: impl FnOnce(&Inbound) -> T) -> T {
        let codec = if self.payload.first() == Some(&b'o') {
            Codec::Opus
        } else {
            Codec::Vp8
        };
        let sequence = u16::try_from(self.index & 0xffff).unwrap();
        let packet = rtp(sequence, self.timestamp, &self.payload);
        let view = RtpView::parse(&packet).unwrap();
        let media = Media::read(codec, view.payload()).unwrap();
        take(&Inbound {
            view: &view,
            index: self.index,
            capture: now,
            media,
            audio_level: None,
        })
    }

    fn through(&self, slot: &mut Slot, now: u64) -> Option<Outgoing> {
        self.hand(now, |inbound| slot.forward(now, inbound))
    }
}

fn sound(index: u64, timestamp: u32) -> Sample {
    Sample {
        index,
        timestamp,
        payload: b"opus".to_vec(),
    }
}

fn key(index: u64, timestamp: u32, picture: u16) -> Sample {
    Sample {
        index,
        timestamp,
        payload: vp8(true, true, picture, 1),
    }
}

fn delta(index: u64, timestamp: u32, picture: u16) -> Sample {
    Sample {
        index,
        timestamp,
        payload: vp8(true, false, picture, 1),
    }
}

fn probe(index: u64, timestamp: u32) -> Sample {
    Sample {
        index,
        timestamp,
        payload: vec![],
    }
}

fn sequence(outgoing: Option<Outgoing>) -> u16 {
    outgoing.unwrap().header.sequence
}

#[test]
fn an_empty_slot_forwards_and_reports_nothing() {
    let mut slot = slot(Kind::Audio);
    assert!(sound(1, 0).through(&mut slot, 0).is_none());
    assert_eq!(
        (slot.shown(), slot.lookup(65_535), slot.sender_report(0)),
        (None, None, None)
    );
    assert!(!slot.waits());
    slot.assign(1, 1, 9);
    assert_eq!(slot.shown(), Some((1, 1)));
    slot.clear();
    assert!(sound(1, 0).through(&mut slot, 0).is_none());
}

#[test]
fn sound_enters_at_once_and_names_the_participant() {
    let mut slot = slot(Kind::Audio);
    slot.assign(1, 1, 9);
    assert!(!slot.waits());
    let first = sound(500, 77).through(&mut slot, SECOND).unwrap();
    assert!(first.started && first.header.marker);
    assert_eq!(
        (
            first.header.ssrc,
            first.header.payload_type,
            first.header.csrc
        ),
        (50, 111, 9)
    );
    assert_eq!(first.header.sequence, 65_535);
    assert_eq!(first.header.timestamp, 1_000 + 48_000);
    assert_eq!(first.header.mid, Mid::new(b"4"));
    assert_eq!(first.header.abs_send_time, Some(1 << 18));
    slot.heard();
    let second = sound(501, 77 + 960)
        .through(&mut slot, SECOND + 20_000)
        .unwrap();
    assert!(!second.started && !second.header.marker);
    assert_eq!(
        (second.header.sequence, second.header.timestamp),
        (0, 49_960)
    );
    assert_eq!(second.header.mid, None, "the viewer knows it by now");
    assert_eq!(second.header.csrc, 9);
}

#[test]
fn video_waits_for_a_keyframe() {
    let mut slot = slot(Kind::Video);
    slot.assign(1, 1, 9);
    assert!(slot.waits());
    assert!(delta(10, 0, 5).through(&mut slot, 0).is_none());
    assert!(probe(11, 0).through(&mut slot, 0).is_none());
    let first = key(12, 3_000, 7).through(&mut slot, 0).unwrap();
    assert!(first.started && !slot.waits());
    assert_eq!(sequence(delta(13, 6_000, 8).through(&mut slot, 0)), 0);
    assert!(
        delta(11, 0, 6).through(&mut slot, 0).is_none(),
        "late, from before the keyframe"
    );
}

#[test]
fn a_codec_the_viewer_does_not_have_is_not_forwarded() {
    let mut slot = slot(Kind::Video);
    slot.config.payloads = PayloadTypes::default();
    slot.assign(1, 1, 9);
    assert!(key(1, 0, 0).through(&mut slot, 0).is_none());
    assert!(slot.waits());
}

#[test]
fn what_the_source_lost_stays_a_gap_that_a_late_packet_fills() {
    let mut slot = slot(Kind::Audio);
    slot.assign(1, 1, 9);
    assert_eq!(sequence(sound(100, 0).through(&mut slot, 0)), 65_535);
    assert_eq!(sequence(sound(103, 2_880).through(&mut slot, 60_000)), 2);
    let late = sound(101, 960).through(&mut slot, 61_000).unwrap();
    assert_eq!((late.header.sequence, late.header.timestamp), (0, 1_960));
    assert!(
        sound(101, 960).through(&mut slot, 61_000).is_none(),
        "never twice"
    );
    assert!(sound(103, 2_880).through(&mut slot, 61_000).is_none());
    assert!(
        sound(99, 0).through(&mut slot, 61_000).is_none(),
        "before the first"
    );
    assert_eq!(sequence(sound(104, 3_840).through(&mut slot, 80_000)), 3);
}

#[test]
fn probes_leave_no_gap() {
    let mut slot = slot(Kind::Video);
    slot.assign(1, 1, 9);
    key(100, 0, 1).through(&mut slot, 0).unwrap();
    for index in 101..=140 {
        assert!(probe(index, 0).through(&mut slot, 0).is_none());
    }
    assert_eq!(sequence(delta(141, 3_000, 2).through(&mut slot, 33_000)), 0);
    // A probe behind a loss: what is lost keeps its number.
    assert!(probe(143, 3_000).through(&mut slot, 33_000).is_none());
    assert_eq!(sequence(delta(144, 6_000, 4).through(&mut slot, 66_000)), 2);
    assert_eq!(sequence(delta(142, 3_000, 3).through(&mut slot, 67_000)), 1);
    assert!(probe(143, 3_000).through(&mut slot, 67_000).is_none());
    // A probe that comes late fills the gap it left, as an empty packet.
    assert_eq!(sequence(delta(146, 9_000, 5).through(&mut slot, 99_000)), 4);
    let filler = probe(145, 6_000).through(&mut slot, 99_000).unwrap();
    assert_eq!(
        (filler.header.sequence, filler.header.payload_type),
        (3, 96)
    );
    assert_eq!(filler.rewrite, Rewrite::Nothing);
}

#[test]
fn a_late_empty_packet_of_sound_fills_its_gap() {
    let mut slot = slot(Kind::Audio);
    slot.assign(1, 1, 9);
    sound(1, 0).through(&mut slot, 0).unwrap();
    sound(3, 1_920).through(&mut slot, 40_000).unwrap();
    assert_eq!(
        probe(2, 960)
            .through(&mut slot, 40_000)
            .unwrap()
            .header
            .payload_type,
        111
    );
}

#[test]
fn sources_follow_each_other_without_a_gap() {
    let mut slot = slot(Kind::Video);
    slot.assign(1, 1, 9);
    let payload_of = |sample: &Sample, outgoing: &Outgoing| {
        let mut copy = [0; 200];
        let content = Content {
            payload: &sample.payload,
            descriptor: &[],
        };
        let length = outgoing.write(&content, &mut copy).unwrap();
        RtpView::parse(&copy[..length]).unwrap().payload().to_vec()
    };
    for step in 0..5u16 {
        let now = SECOND + u64::from(step) * 33_000;
        let frame = if step == 0 { key } else { delta };
        let sample = frame(
            65_530 + u64::from(step),
            u32::from(step) * 3_000,
            (32_766 + step) & 0x7fff,
        );
        let sent = sample.through(&mut slot, now).unwrap();
        assert_eq!(sent.header.sequence, 65_535u16.wrapping_add(step));
        assert_eq!(
            payload_of(&sample, &sent),
            sample.payload,
            "the first source keeps its numbers"
        );
    }
    let last_timestamp = 1_000 + 90_000 + 4 * 3_000;
    slot.assign(2, 2, 10);
    assert!(slot.waits());
    assert!(
        delta(65_535, 15_000, 4)
            .through(&mut slot, SECOND)
            .is_none()
    );
    for (step, now) in [(0u16, SECOND + 165_000), (1, SECOND + 198_000)] {
        let frame = if step == 0 { key } else { delta };
        let sample = frame(
            7 + u64::from(step),
            0xffff_fff0_u32.wrapping_add(u32::from(step) * 2_970),
            500 + step,
        );
        let sent = sample.through(&mut slot, now).unwrap();
        assert_eq!(sent.started, step == 0);
        assert_eq!(sent.header.sequence, 4 + step);
        assert_eq!(sent.header.csrc, 10);
        let timestamp = last_timestamp + 2_850 + u32::from(step) * 2_970;
        assert_eq!(sent.header.timestamp, timestamp);
        // 32,766 + 4 wraps to 2; TL0PICIDX was 1 all the time.
        assert_eq!(
            payload_of(&sample, &sent),
            vp8(true, step == 0, 3 + step, 2)
        );
    }
}

#[test]
fn the_same_assignment_again_changes_nothing() {
    let mut slot = slot(Kind::Video);
    slot.assign(1, 1, 9);
    key(1, 0, 0).through(&mut slot, 0).unwrap();
    slot.assign(1, 1, 9);
    assert!(!slot.waits());
    slot.assign(1, 2, 9);
    assert!(slot.waits());
}

#[test]
fn after_an_interruption_nothing_is_missing() {
    let mut slot = slot(Kind::Video);
    slot.assign(1, 1, 9);
    key(100, 0, 1).through(&mut slot, 0).unwrap();
    slot.interrupt();
    assert!(slot.waits());
    assert!(delta(130, 90_000, 31).through(&mut slot, SECOND).is_none());
    assert_eq!(sequence(key(131, 93_000, 32).through(&mut slot, SECOND)), 0);
    assert!(delta(130, 90_000, 31).through(&mut slot, SECOND).is_none());
}

#[test]
fn a_source_that_lost_very_much_begins_anew() {
    let mut slot = slot(Kind::Video);
    slot.assign(1, 1, 9);
    key(100, 0, 1).through(&mut slot, 0).unwrap();
    assert!(
        delta(100 + LONGEST_GAP + 1, 90_000, 31)
            .through(&mut slot, SECOND)
            .is_none()
    );
    assert!(slot.waits());
    assert_eq!(
        sequence(key(100 + LONGEST_GAP + 2, 90_000, 31).through(&mut slot, SECOND)),
        0
    );
}
