use super::*;

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
