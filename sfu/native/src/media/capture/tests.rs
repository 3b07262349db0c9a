use super::super::testing::Chance;
use super::*;

const SECOND: u64 = 1_000_000;

#[test]
fn ntp_counts_seconds_in_32_32() {
    assert_eq!(ntp(0), 0);
    assert_eq!(ntp(3 * SECOND + SECOND / 2), 3 << 32 | 1 << 31);
    assert_eq!(middle(ntp(3 * SECOND + SECOND / 2)), 3 << 16 | 1 << 15);
    assert_eq!(
        micros(ntp(123_456_789 * SECOND + 250_000)),
        123_456_789_250_000
    );
    assert_eq!(micros(u64::MAX), 4_294_967_295_999_999);
}

#[test]
fn round_trip_subtracts_what_the_receiver_waited() {
    let sent = 70_000 * SECOND;
    let block = ReportBlock {
        last_report: middle(ntp(sent)),
        delay: 65_536 / 2,
        ..ReportBlock::default()
    };
    let trip = round_trip(sent + 580_000, &block).unwrap();
    assert!(trip.abs_diff(80_000) < 50, "{trip}");
    assert_eq!(round_trip(sent, &block), None, "waited longer than it took");
    assert_eq!(round_trip(sent + 20 * SECOND, &block), None);
    assert_eq!(round_trip(sent, &ReportBlock::default()), None);
}

#[test]
fn arrival_stands_in_before_the_first_report() {
    let sender = SenderClock::default();
    let mut clock = CaptureClock::new(90_000);
    assert_eq!(clock.capture(77, 1, &sender), 77, "nothing known");
    clock.arrived(10 * SECOND, 4_294_967_000);
    assert_eq!(
        clock.capture(10 * SECOND, 4_294_967_000, &sender),
        10 * SECOND
    );
    // 90,000 ticks later, across the wrap, and 40 ms late.
    let late = 11 * SECOND + 40_000;
    let rtp = 4_294_967_000u32.wrapping_add(90_000);
    clock.arrived(late, rtp);
    assert!(clock.capture(late, rtp, &sender).abs_diff(11 * SECOND) < 300);
    // A faster packet moves the line down.
    let rtp = rtp.wrapping_add(90_000);
    clock.arrived(12 * SECOND - 30_000, rtp);
    assert_eq!(
        clock.capture(12 * SECOND, rtp, &sender),
        12 * SECOND - 30_000
    );
}

#[test]
fn reports_of_one_sender_join_its_streams() {
    let mut chance = Chance::new(11);
    // The sender's clock is far off; sound was captured with the picture but takes 5 ms, the
    // picture 60 ms and some jitter.
    let sender_time = |server: u64| server + 3_000_000_000 * SECOND;
    let mut sender = SenderClock::default();
    let (mut sound, mut picture) = (CaptureClock::new(48_000), CaptureClock::new(90_000));
    let sound_rtp = |at: u64| {
        u32::try_from(at * 48 / 1_000 % (1 << 32))
            .unwrap()
            .wrapping_add(9)
    };
    let picture_rtp = |at: u64| {
        u32::try_from(at * 90 / 1_000 % (1 << 32))
            .unwrap()
            .wrapping_mul(1)
    };
    for step in 0..500u64 {
        let captured = 100 * SECOND + step * 20_000;
        sound.arrived(
            captured + 5_000 + chance.next() % 10_000,
            sound_rtp(captured),
        );
        picture.arrived(
            captured + 60_000 + chance.next() % 50_000,
            picture_rtp(captured),
        );
        let now = captured + 150_000;
        if step % 50 == 0 {
            sender.report(
                captured + 5_000 + chance.next() % 40_000,
                ntp(sender_time(captured)),
            );
            sound.report(ntp(sender_time(captured)), sound_rtp(captured));
            picture.report(ntp(sender_time(captured)), picture_rtp(captured));
        }
        let heard = sound.capture(now, sound_rtp(captured), &sender);
        let seen = picture.capture(now, picture_rtp(captured), &sender);
        assert!(heard.abs_diff(seen) < 100, "step {step}: {heard} {seen}");
        assert!(heard.abs_diff(captured + 25_000) <= 25_000);
    }
}

#[test]
fn impossible_reports_are_not_believed() {
    let mut sender = SenderClock::default();
    let mut clock = CaptureClock::new(90_000);
    let now = 100 * SECOND;
    clock.arrived(now, 500);
    sender.report(now, ntp(now));
    clock.report(ntp(now + 10 * SECOND), 500); // captured in ten seconds
    assert_eq!(clock.capture(now, 500, &sender), now);
    clock.report(ntp(now - 10 * SECOND), 500); // captured ten seconds ago
    assert_eq!(clock.capture(now, 500, &sender), now);
    clock.report(ntp(now + 50_000), 500); // a little ahead
    assert_eq!(clock.capture(now, 500, &sender), now, "never in the future");
    clock.report(ntp(now - 50_000), 500);
    assert!(clock.capture(now, 500, &sender).abs_diff(now - 50_000) <= 1);
}

#[test]
fn a_timestamp_that_leaps_counts_as_now() {
    let sender = SenderClock::default();
    let mut clock = CaptureClock::new(90_000);
    clock.arrived(SECOND, 0);
    assert_eq!(clock.capture(2 * SECOND, 0x7000_0000, &sender), 2 * SECOND);
    clock.arrived(2 * SECOND, 0x7000_0000);
    assert_eq!(clock.capture(2 * SECOND, 0x7000_0000, &sender), 2 * SECOND);
    assert!(clock.capture(SECOND, 0x7000_0000 - 180_000, &sender) <= SECOND);
    // Time never runs below its beginning.
    assert_eq!(clock.capture(0, 0x7000_0000 - 90_000 * 3, &sender), 0);
}

#[test]
fn a_sender_whose_clock_was_set_anew_is_followed() {
    let mut sender = SenderClock::default();
    let mut clock = CaptureClock::new(90_000);
    sender.report(100 * SECOND, ntp(5_000 * SECOND));
    sender.report(101 * SECOND, ntp(8_601 * SECOND));
    clock.arrived(101 * SECOND, 42);
    clock.report(ntp(8_601 * SECOND), 42);
    assert_eq!(clock.capture(101 * SECOND, 42, &sender), 101 * SECOND);
}

#[test]
fn follows_drift_for_hours() {
    // The sender's clocks are 1/10,000 slow; reports come every 5 s for ten hours.
    let mut sender = SenderClock::default();
    let mut clock = CaptureClock::new(90_000);
    for step in 1..=7_200u64 {
        let now = step * 5 * SECOND;
        let theirs = now - now / 10_000;
        let rtp = u32::try_from((u128::from(theirs) * 90_000 / 1_000_000) % (1 << 32)).unwrap();
        sender.report(now, ntp(theirs));
        if step == 1 {
            clock.report(ntp(theirs), rtp); // one report only: the reference has to be carried on
        }
        clock.arrived(now, rtp);
        let capture = clock.capture(now, rtp, &sender);
        assert!(now - capture < 2_000, "{step}: {}", now - capture);
    }
}
