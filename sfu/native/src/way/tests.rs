use super::{Held, SETTLING, START, UNEXPLORED, Way};
use crate::media::pacer::{Class, Leaving};
use crate::media::rtcp::{Compound, Rtcp};
use crate::media::twcc::ArrivalRecorder;

const HELD: Held = Held {
    slot: 0,
    sequence: 1,
    repair: false,
};

fn told(way: &mut Way, now: u64) -> Option<u64> {
    Some(way.tick(now, || true)?.bits_per_second)
}

#[test]
fn nobody_is_told_of_a_way_that_nobody_judges() {
    let mut way = Way::new(1_000_000);
    assert_eq!(told(&mut way, 5_000_000), None);
    assert!(!way.hold(5_000_000, Class::Video, 60_000, HELD));
}

#[test]
fn bad_news_goes_at_once_and_then_only_changes() {
    let mut way = Way::new(1_000_000);
    way.remb(2_000_000, 400_000);
    assert_eq!(told(&mut way, 2_000_000), Some(400_000));
    way.remb(2_100_000, 300_000);
    assert_eq!(
        told(&mut way, 2_100_000),
        None,
        "at most five times a second"
    );
    assert_eq!(told(&mut way, 2_200_000), Some(300_000));
    way.remb(2_500_000, 305_000);
    assert_eq!(told(&mut way, 2_500_000), None, "nearly the same");
}

#[test]
fn good_news_of_a_new_way_waits_until_probes_had_their_time() {
    let mut way = Way::new(1_000_000);
    way.reported(1_000_000, 0);
    assert_eq!(told(&mut way, 1_000_000), None);
    assert_eq!(told(&mut way, 1_000_000 + SETTLING), Some(START));
}

#[test]
fn the_beginning_is_no_news_while_a_probe_may_still_come_back() {
    let mut way = Way::new(20_000_000);
    way.number();
    way.sent(0, 1_000);
    let (mut remote, mut answer) = (ArrivalRecorder::default(), Vec::new());
    remote.arrived(1_000_000, 0);
    while remote.feedback(1_200_000, 1, 2, &mut answer) {}
    assert!(!answer.is_empty());
    for packet in Compound::new(&answer) {
        if let Ok(Rtcp::TransportCc(feedback)) = packet {
            way.feedback(1_000_000, &feedback);
        }
    }
    assert_eq!(told(&mut way, 1_000_000 + SETTLING), None);
    let first = told(&mut way, 1_000_000 + UNEXPLORED);
    assert!(first.is_some(), "but not for ever");
}

#[test]
fn pictures_wait_when_there_are_too_many_at_once_and_sound_does_not() {
    let mut way = Way::new(1_000_000);
    way.number();
    assert!(!way.hold(10_000_000, Class::Video, 1_000, HELD));
    assert!(way.hold(10_000_000, Class::Video, 1_000, HELD));
    assert!(!way.hold(10_000_000, Class::Audio, 100, HELD));
    assert_eq!(way.poll(10_000_000), None);
    let at = way.deadline().expect("one waits");
    assert!((10_001_000..10_010_000).contains(&at), "{at}");
    let left = Leaving::Packet {
        item: HELD,
        probe: 0,
    };
    assert_eq!(way.poll(at), Some(left));
    assert_eq!(way.deadline(), None);
    assert_eq!(way.take_dropped(), 0);
}

#[test]
fn a_probe_leaves_over_several_milliseconds() {
    let mut way = Way::new(1_000_000);
    way.number();
    assert_eq!(told(&mut way, 10_000_000), None);
    let mut sent = 0;
    for now in (10_000_000..10_100_000).step_by(1_000) {
        let before = sent;
        while let Some(Leaving::Padding { bytes, .. }) = way.poll(now) {
            way.sent(now, bytes);
            sent += 1;
        }
        assert!(sent - before <= 16);
    }
    assert!((5..=16).contains(&sent), "{sent}");
}

#[test]
fn without_a_slot_for_padding_nothing_is_tried() {
    let mut way = Way::new(1_000_000);
    way.number();
    way.tick(10_000_000, || false);
    assert_eq!(way.poll(10_010_000), None);
}
