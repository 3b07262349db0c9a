use super::{BURST, Class, LONGEST, Leaving, PLACES, Pacer};
use crate::media::estimate::probe::Probe;
use crate::media::testing::Chance;

/// Everything that leaves until `end`, polled each millisecond: (time, item).
fn run(pacer: &mut Pacer<usize>, from: u64, end: u64) -> Vec<(u64, usize)> {
    let mut left = Vec::new();
    for now in (from..end).step_by(1_000) {
        while let Some(leaving) = pacer.poll(now) {
            if let Leaving::Packet { item, .. } = leaving {
                left.push((now, item));
            }
        }
    }
    left
}

#[test]
fn a_keyframe_is_spread_and_leaves_at_two_and_a_half_times_the_target() {
    let mut pacer = Pacer::new(1_000_000, u64::MAX);
    (0..30).for_each(|item| pacer.push(0, Class::Video, 1_200, item));
    let left = run(&mut pacer, 0, 300_000);
    assert_eq!(left.len(), 30);
    let took = left.last().map_or(0, |last| last.0);
    // 36,000 bytes at 2.5 Mbit/s.
    assert!((100_000..130_000).contains(&took), "{took}");
    for &(at, _) in &left {
        let together = left.iter().filter(|other| other.0 == at).count();
        assert!(together <= 1, "a burst of {together}");
    }
}

#[test]
fn where_the_way_carries_all_that_is_wanted_a_frame_leaves_in_one_piece() {
    let frames_in_parts = |wanted| {
        let mut pacer = Pacer::<usize>::new(1_000_000, wanted);
        let frames = (1..=100_u64).map(|frame| frame * 40_000);
        let in_parts = frames.filter(|&now| {
            while pacer.poll(now).is_some() {}
            let whole = (0..2).all(|_| pacer.pass(now, Class::Video, 1_000));
            if !whole {
                pacer.push(now, Class::Video, 1_000, 0);
            }
            !whole
        });
        in_parts.count()
    };
    assert_eq!(
        (frames_in_parts(1_000_000), frames_in_parts(1_100_000)),
        (0, 100)
    );
}

#[test]
fn no_burst_exceeds_the_law_at_any_target() {
    for target in [50_000_u64, 300_000, 2_000_000, 20_000_000, 500_000_000] {
        let mut chance = Chance::new(target);
        let mut pacer = Pacer::new(target, u64::MAX);
        let most = (target / 8 * 25 / 10 * 5 / 1_000).max(1_200);
        for now in (0..400_000).step_by(1_000) {
            for _ in 0..chance.below(4) {
                let size = 100 + chance.below(1_100);
                pacer.push(now, Class::Video, size, size);
            }
            let (mut packets, mut bytes) = (0, 0);
            while let Some(Leaving::Packet { item, .. }) = pacer.poll(now) {
                packets += 1;
                bytes += item as u64;
            }
            assert!(
                packets <= BURST && bytes <= most,
                "{target}: {packets}, {bytes}"
            );
        }
    }
}

#[test]
fn audio_leaves_at_once_then_repairs_then_video() {
    let mut pacer = Pacer::new(300_000, u64::MAX);
    pacer.push(0, Class::Video, 1_200, 3);
    pacer.push(0, Class::Video, 1_200, 4);
    pacer.push(0, Class::Repair, 1_200, 2);
    (0..2).for_each(|item| pacer.push(0, Class::Audio, 100, item));
    let left = run(&mut pacer, 0, 200_000);
    let order: Vec<usize> = left.iter().map(|one| one.1).collect();
    assert_eq!(order, [0, 1, 2, 3, 4]);
    assert_eq!((left[0].0, left[1].0), (0, 0));
}

#[test]
fn what_waits_is_bounded_in_number_and_time_and_the_oldest_goes() {
    let mut pacer = Pacer::new(50_000, u64::MAX);
    (0..PLACES + 10).for_each(|item| pacer.push(0, Class::Video, 1_200, item));
    assert_eq!((pacer.waiting(), pacer.take_dropped()), (PLACES, 10));
    let left = run(&mut pacer, 0, 2_000_000);
    assert_eq!(left.first().map(|one| one.1), Some(10));
    assert!(left.iter().all(|one| one.0 <= LONGEST), "{left:?}");
    assert_eq!(pacer.waiting(), 0);
    assert_eq!(pacer.take_dropped() as usize, PLACES - left.len());
}

#[test]
fn it_wakes_exactly_when_something_may_leave() {
    let mut pacer = Pacer::new(400_000, u64::MAX);
    assert_eq!(pacer.next_deadline(), None);
    (0..5).for_each(|item| pacer.push(0, Class::Video, 1_000, item));
    let mut now = 0;
    let mut left = 0;
    for _ in 0..20 {
        while pacer.poll(now).is_some() {
            left += 1;
        }
        let Some(next) = pacer.next_deadline() else {
            break;
        };
        assert!(next > now, "it spins at {now}");
        assert!(pacer.poll(next - 2).is_none(), "{next} is too late");
        now = next;
    }
    // 1,000 bytes at 1 Mbit/s take 8 ms each.
    assert_eq!(left, 5);
    assert!((30_000..45_000).contains(&now), "{now}");
}

#[test]
fn a_quick_probe_leaves_as_quickly_as_it_says_and_in_no_long_bursts() {
    let mut pacer = Pacer::<usize>::new(10_000_000, u64::MAX);
    let probe = Probe {
        number: 1,
        bits_per_second: 20_000_000,
        bytes: 37_500,
        packets: 5,
    };
    pacer.probe(0, probe);
    let mut last = 0;
    for now in (0..60_000).step_by(1_000) {
        let mut together = 0;
        while pacer.poll(now).is_some() {
            (together, last) = (together + 1, now);
        }
        assert!(together <= BURST, "{together}");
    }
    assert!((14_000..17_000).contains(&last), "{last}");
}

#[test]
fn a_probe_leaves_at_its_own_rate_and_is_filled_up() {
    let mut pacer = Pacer::new(300_000, u64::MAX);
    let probe = Probe {
        number: 7,
        bits_per_second: 1_200_000,
        bytes: 2_250,
        packets: 5,
    };
    pacer.probe(0, probe);
    (0..1).for_each(|item| pacer.push(0, Class::Video, 800, item));
    let (mut bytes, mut packets, mut last) = (0, 0, 0);
    for now in (0..60_000).step_by(500) {
        while let Some(leaving) = pacer.poll(now) {
            let (size, number) = match leaving {
                Leaving::Packet { probe, .. } => (800, probe),
                Leaving::Padding { bytes, probe } => (bytes, probe),
            };
            assert_eq!(number, 7);
            (bytes, packets, last) = (bytes + size, packets + 1, now);
        }
    }
    assert!(bytes >= 2_250 && packets >= 5);
    // All but the last packet, at 1.2 Mbit/s.
    assert!((12_000..16_000).contains(&last), "{last}");
    assert_eq!(pacer.next_deadline(), None);
}
