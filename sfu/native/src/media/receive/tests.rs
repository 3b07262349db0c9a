use super::*;

const SECOND: u64 = 1_000_000;

fn receiver() -> Receiver {
    Receiver::new(7, 90_000, true)
}

fn nacks(receiver: &mut Receiver, now: u64) -> Vec<u16> {
    let mut out = Vec::new();
    receiver.nacks(now, &mut out);
    out
}

#[test]
fn indices_rise_across_the_wrap() {
    let mut receiver = receiver();
    assert_eq!(receiver.highest(), None);
    let first = receiver.receive(0, 65_534, 0).unwrap();
    assert!(first.newest && first.restarted);
    for (step, sequence) in [65_535, 0, 1].into_iter().enumerate() {
        let arrival = receiver.receive(0, sequence, 0).unwrap();
        assert_eq!(arrival.index, first.index + 1 + step as u64);
        assert!(arrival.newest && !arrival.restarted);
    }
    assert_eq!(receiver.highest(), Some(first.index + 3));
    assert_eq!(receiver.ssrc(), 7);
}

#[test]
fn each_index_is_accepted_once() {
    let mut receiver = receiver();
    receiver.receive(0, 0, 0).unwrap();
    assert_eq!(receiver.receive(0, 0, 0), None);
    let third = receiver.receive(0, 3, 0).unwrap();
    let second = receiver.receive(0, 2, 0).unwrap();
    assert!(!second.newest);
    assert_eq!(second.index + 1, third.index);
    assert_eq!(receiver.repaired(2), None);
    assert_eq!(receiver.repaired(1).unwrap().index, third.index - 2);
    assert_eq!(receiver.receive(0, 1, 0), None, "its repair was faster");
    // What was sent before the first packet we got is none of our business.
    assert_eq!(receiver.repaired(65_535), None);
    assert!(receiver.receive(0, 65_535, 0).is_some());
}

#[test]
fn repairs_wait_for_a_first_packet_and_are_not_older_than_the_window() {
    let mut receiver = receiver();
    assert_eq!(receiver.repaired(1), None);
    receiver.receive(0, 100, 0).unwrap();
    receiver.receive(0, 100 + 2_900, 0).unwrap();
    assert_eq!(receiver.repaired(101), None);
    assert_eq!(receiver.repaired(3_001), None, "a number from the future");
    assert!(receiver.repaired(2_999).is_some());
}

#[test]
fn asks_for_what_it_misses_until_it_comes() {
    let mut receiver = receiver();
    receiver.receive(0, 65_534, 0).unwrap();
    receiver.receive(0, 2, 0).unwrap();
    assert_eq!(receiver.next_nack(), Some(5_000));
    receiver.receive(1_000, 0, 0).unwrap();
    assert_eq!(nacks(&mut receiver, 5_000), [65_535, 1]);
    receiver.repaired(65_535).unwrap();
    assert_eq!(nacks(&mut receiver, 60_000), [1]);
    assert_eq!(nacks(&mut receiver, 10 * SECOND).len(), 1);
    assert!(!receiver.take_given_up());
    for now in 11..20 {
        nacks(&mut receiver, now * SECOND);
    }
    assert!(receiver.take_given_up());
}

#[test]
fn does_not_ask_where_nack_was_not_negotiated() {
    let mut receiver = Receiver::new(7, 48_000, false);
    receiver.receive(0, 1, 0).unwrap();
    receiver.receive(0, 9, 0).unwrap();
    assert_eq!(receiver.next_nack(), None);
}

#[test]
fn a_jump_needs_a_second_packet() {
    for jump in [30_000u16, 40_000, 5_000] {
        let mut receiver = receiver();
        let before = receiver.receive(0, 1_000, 0).unwrap();
        receiver.receive(0, 1_002, 0).unwrap();
        let there = 1_002u16.wrapping_add(jump);
        assert_eq!(receiver.receive(0, there, 0), None);
        assert_eq!(
            receiver.receive(0, there, 0),
            None,
            "the same one confirms nothing"
        );
        let arrival = receiver.receive(0, there.wrapping_add(1), 0).unwrap();
        assert!(arrival.restarted && arrival.newest);
        assert!(arrival.index > before.index + 0x1_0000);
        assert_eq!(arrival.index & 0xffff, u64::from(there.wrapping_add(1)));
        assert_eq!(
            nacks(&mut receiver, SECOND),
            [],
            "nothing is asked for from before"
        );
        let block = receiver.report_block(0).unwrap();
        assert_eq!((block.total_lost, block.fraction_lost), (0, 0));
        assert_eq!(receiver.repaired(1_001), None);
    }
}

#[test]
fn a_stray_packet_does_not_confirm_a_later_one() {
    let mut receiver = receiver();
    receiver.receive(0, 1_000, 0).unwrap();
    assert_eq!(receiver.receive(0, 40_000, 0), None);
    receiver.receive(0, 1_001, 0).unwrap();
    assert_eq!(receiver.receive(0, 40_001, 0), None);
}

#[test]
fn reports_loss_of_originals() {
    let mut receiver = receiver();
    assert_eq!(receiver.report_block(0), None);
    for sequence in (0..100).filter(|sequence| sequence % 4 != 1) {
        receiver.receive(0, sequence, 0).unwrap();
    }
    receiver.repaired(1).unwrap(); // does not count
    let block = receiver.report_block(0).unwrap();
    assert_eq!(block.ssrc, 7);
    assert_eq!(block.total_lost, 25);
    assert_eq!(block.fraction_lost, 64);
    assert_eq!(block.highest_sequence, 99);
    assert_eq!((block.last_report, block.delay), (0, 0));
    receiver.receive(0, 100, 0).unwrap();
    assert_eq!(receiver.report_block(0).unwrap().fraction_lost, 0);
    assert_eq!(
        receiver.report_block(0).unwrap().fraction_lost,
        0,
        "an empty interval"
    );
    receiver.receive(0, 65_535, 0).unwrap();
    let block = receiver.report_block(0).unwrap();
    assert_eq!(block.total_lost, 24, "reordering around the first packet");
    assert_eq!(block.highest_sequence, 100);
}

#[test]
fn counts_cycles() {
    let mut receiver = receiver();
    for step in 0..70_000u32 {
        receiver
            .receive(0, u16::try_from((step + 10) & 0xffff).unwrap(), 0)
            .unwrap();
    }
    assert_eq!(receiver.report_block(0).unwrap().highest_sequence, 70_009);
}

#[test]
fn jitter_is_that_of_the_rfc() {
    let mut receiver = receiver();
    // Every other packet is 10 ms late: |D| is 900 ticks each time.
    for step in 0..400u16 {
        let at = u64::from(step) * 20_000 + u64::from(step % 2) * 10_000;
        receiver.receive(at, step, u32::from(step) * 1_800).unwrap();
    }
    let jitter = receiver.report_block(0).unwrap().jitter;
    assert!((880..=900).contains(&jitter), "{jitter}");
    receiver.receive(8 * SECOND, 400, 0x8000_0000).unwrap();
    assert!(
        receiver.report_block(0).unwrap().jitter < 7_000,
        "a leap is bounded"
    );
}

#[test]
fn quotes_the_last_sender_report() {
    let mut receiver = receiver();
    receiver.receive(SECOND, 1, 90_000).unwrap();
    let info = SenderInfo {
        ntp: 0x1111_2222_3333_4444,
        rtp: 90_000,
        packets: 1,
        octets: 1,
    };
    receiver.sender_report(SECOND, &info);
    let block = receiver.report_block(2 * SECOND + SECOND / 2).unwrap();
    assert_eq!(block.last_report, 0x2222_3333);
    assert_eq!(block.delay, 65_536 * 3 / 2);
    assert_eq!(
        receiver.report_block(u64::MAX >> 16).unwrap().delay,
        u32::MAX
    );
    let mut sender = SenderClock::default();
    sender.report(SECOND, info.ntp);
    assert_eq!(receiver.capture(2 * SECOND, 180_000, &sender), 2 * SECOND);
}
