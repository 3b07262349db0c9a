use super::super::codec::Codec;
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
    assert_eq!(filler.vp8, None);
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
        let length = outgoing.write(&sample.payload, &mut copy).unwrap();
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

#[test]
fn lookup_resolves_the_present_generation_only() {
    let mut slot = slot(Kind::Video);
    slot.assign(1, 1, 9);
    key(100, 0, 1).through(&mut slot, 0).unwrap();
    delta(101, 3_000, 2).through(&mut slot, 33_000).unwrap();
    let found = slot.lookup(0).unwrap();
    assert_eq!((found.source, found.generation, found.index), (1, 1, 101));
    assert_eq!(slot.lookup(65_535).unwrap().index, 100);
    assert_eq!(slot.lookup(1), None, "not sent");
    assert_eq!(slot.lookup(65_534), None, "before the first");
    assert_eq!(slot.lookup(40_000), None);
    slot.assign(2, 2, 10);
    assert_eq!(
        slot.lookup(0),
        None,
        "already another generation, though nothing of it was sent"
    );
    key(5, 0, 1).through(&mut slot, 66_000).unwrap();
    assert_eq!(slot.lookup(0), None);
    assert_eq!(slot.lookup(1).unwrap().source, 2);
    // Back to the first source: its earlier packets stay refused.
    slot.assign(1, 3, 9);
    key(150, 0, 40).through(&mut slot, 99_000).unwrap();
    assert_eq!((slot.lookup(0), slot.lookup(1)), (None, None));
    assert_eq!(slot.lookup(2).unwrap().generation, 3);
}

#[test]
fn a_repair_is_the_packet_under_its_own_numbers() {
    let mut slot = slot(Kind::Video);
    slot.assign(1, 1, 9);
    key(100, 0, 1).through(&mut slot, 0).unwrap();
    let lost = delta(101, 3_000, 2);
    let sent = lost.through(&mut slot, 33_000).unwrap();
    let found = slot.lookup(0).unwrap();
    let repair = lost
        .hand(50_000, |inbound| slot.repair(50_000, &found, inbound))
        .unwrap();
    assert_eq!(
        (
            repair.header.ssrc,
            repair.header.payload_type,
            repair.header.sequence
        ),
        (51, 97, 65_535)
    );
    assert_eq!(repair.original_sequence, Some(0));
    assert_eq!(repair.header.timestamp, sent.header.timestamp);
    assert_eq!((repair.header.csrc, repair.vp8), (9, sent.vp8));
    let again = lost
        .hand(50_000, |inbound| slot.repair(50_000, &found, inbound))
        .unwrap();
    assert_eq!(again.header.sequence, 0);
    assert_eq!(
        slot.sender_report(0).unwrap().packets,
        2,
        "repairs are a stream of their own"
    );
}

#[test]
fn a_repair_is_refused_when_anything_does_not_fit() {
    let mut slot = slot(Kind::Video);
    slot.assign(1, 1, 9);
    let first = key(100, 0, 1);
    first.through(&mut slot, 0).unwrap();
    let found = slot.lookup(65_535).unwrap();
    let refused = |slot: &mut Slot, sample: &Sample| {
        sample
            .hand(0, |inbound| slot.repair(0, &found, inbound))
            .is_none()
    };
    assert!(refused(&mut slot, &delta(101, 0, 1)), "another packet");
    let unknown = Lookup { number: 3, ..found };
    assert!(
        first
            .hand(0, |inbound| slot.repair(0, &unknown, inbound))
            .is_none()
    );
    let mut without = slot.clone();
    without.config.rtx_ssrc = 0;
    assert!(refused(&mut without, &first));
    let mut untyped = slot.clone();
    untyped.config.payloads.set(Codec::Vp8, 96, None);
    assert!(refused(&mut untyped, &first));
    slot.assign(1, 2, 9);
    assert!(refused(&mut slot, &first), "another generation");
    slot.clear();
    assert!(refused(&mut slot, &first));
    let mut sound_slot = self::slot(Kind::Audio);
    sound_slot.assign(1, 1, 9);
    let voice = sound(1, 0);
    voice.through(&mut sound_slot, 0).unwrap();
    let found = sound_slot.lookup(65_535).unwrap();
    assert!(
        voice
            .hand(0, |inbound| sound_slot.repair(0, &found, inbound))
            .is_none()
    );
}

#[test]
fn repairs_are_bounded_by_what_was_sent() {
    let mut slot = slot(Kind::Video);
    slot.assign(1, 1, 9);
    let first = key(100, 0, 1);
    first.through(&mut slot, 0).unwrap();
    let found = slot.lookup(65_535).unwrap();
    let repaired = |slot: &mut Slot| {
        (0..1_000)
            .filter(|_| {
                first
                    .hand(0, |inbound| slot.repair(0, &found, inbound))
                    .is_some()
            })
            .count()
    };
    assert_eq!(repaired(&mut slot), usize::try_from(REPAIR_CREDIT).unwrap());
    delta(101, 0, 1).through(&mut slot, 0).unwrap();
    assert_eq!(repaired(&mut slot), 1);
}

#[test]
fn the_sender_report_tells_where_the_timeline_is() {
    let mut slot = slot(Kind::Video);
    slot.assign(1, 1, 9);
    key(100, 5, 1).through(&mut slot, SECOND).unwrap();
    let info = slot.sender_report(3 * SECOND).unwrap();
    assert_eq!(info.ntp, capture::ntp(3 * SECOND));
    assert_eq!(info.rtp, 1_000 + 3 * 90_000);
    assert_eq!((info.packets, info.octets), (1, 8));
    let block = ReportBlock {
        last_report: capture::middle(info.ntp),
        ..ReportBlock::default()
    };
    assert!(
        capture::round_trip(3 * SECOND + 40_000, &block)
            .unwrap()
            .abs_diff(40_000)
            < 20
    );
}

#[test]
fn a_slewed_frame_keeps_one_timestamp_even_for_late_packets() {
    let mut slot = slot(Kind::Video);
    slot.assign(1, 1, 9);
    key(100, 0, 1).through(&mut slot, SECOND).unwrap();
    // The next frames turn out to be captured 40 ms later than their timestamps say.
    let frame = |step: u64, packet: u64| {
        let mut sample = delta(
            101 + 3 * step + packet,
            u32::try_from(3_000 * (step + 1)).unwrap(),
            2,
        );
        sample.payload = vp8(packet == 0, false, 2, 1);
        sample
    };
    let mut corrections = 0;
    let mut before = 0;
    for step in 0..60 {
        let now = SECOND + (step + 1) * 33_333 + 40_000;
        let first = frame(step, 0).through(&mut slot, now).unwrap();
        let third = frame(step, 2).through(&mut slot, now).unwrap();
        let late = frame(step, 1).through(&mut slot, now + 1).unwrap();
        assert_eq!(first.header.timestamp, third.header.timestamp);
        assert_eq!(first.header.timestamp, late.header.timestamp);
        assert_eq!(late.header.sequence.wrapping_add(1), third.header.sequence);
        let off = first
            .header
            .timestamp
            .wrapping_sub(u32::try_from(3_000 * (step + 1)).unwrap());
        corrections += u32::from(off != before);
        before = off;
    }
    assert!((10..=12).contains(&corrections), "{corrections}");
    assert!(
        before.abs_diff(1_000 + 90_000 + 3_600) < 100,
        "40 ms are caught up: {before}"
    );
}

#[test]
fn a_source_whose_timestamps_leap_stays_on_the_timeline() {
    let mut slot = slot(Kind::Audio);
    slot.assign(1, 1, 9);
    let mut last = 0;
    for step in 0..100u32 {
        let now = SECOND + u64::from(step) * 20_000;
        let leap = (step / 10).wrapping_mul(0x3000_0000);
        let Some(sent) =
            sound(u64::from(step), leap.wrapping_add(step * 960)).through(&mut slot, now)
        else {
            panic!("step {step}")
        };
        assert!(sent.header.timestamp > last);
        last = sent.header.timestamp;
        assert!(last.abs_diff(1_000 + 48_000 + step * 960) < 12_001);
    }
}

#[test]
fn a_source_that_runs_ahead_is_cut_off_from_the_timeline() {
    let mut slot = slot(Kind::Audio);
    slot.assign(1, 1, 9);
    let mut sent = 0;
    for step in 0..2_000u32 {
        // All at one moment; every packet claims to be a second later.
        if let Some(outgoing) = sound(u64::from(step), step * 48_000).through(&mut slot, SECOND) {
            sent += 1;
            assert!(outgoing.header.timestamp <= 1_000 + 48_000 + 12_000);
        }
    }
    assert!((10..=14).contains(&sent), "{sent}");
    slot.assign(2, 2, 10);
    assert!(
        sound(9, 0).through(&mut slot, SECOND).is_none(),
        "no room yet"
    );
    assert!(sound(10, 960).through(&mut slot, SECOND + 20_000).is_some());
}

#[test]
fn a_late_packet_cannot_run_ahead_either() {
    let mut slot = slot(Kind::Audio);
    slot.assign(1, 1, 9);
    sound(1, 0).through(&mut slot, SECOND).unwrap();
    sound(3, 1_920).through(&mut slot, SECOND + 40_000).unwrap();
    let hostile = sound(2, 0x1000_0000).through(&mut slot, SECOND + 41_000);
    assert!(hostile.is_none());
    slot.assign(2, 2, 10);
    let next = sound(9, 0).through(&mut slot, SECOND + 60_000).unwrap();
    assert_eq!(next.header.timestamp, 1_000 + 48_000 + 2_880);
}
