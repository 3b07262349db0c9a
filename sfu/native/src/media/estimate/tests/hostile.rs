//! Feedback that lies: whatever it says, the estimate stays within its limits.

use crate::media::estimate::{Estimator, Limits};
use crate::media::rtcp::{Compound, Rtcp};
use crate::media::testing::Chance;

const LIMITS: Limits = Limits {
    floor: 50_000,
    start: 300_000,
    ceiling: 4_000_000,
};

/// Transport feedback with random contents, sometimes about what was really sent.
fn lie(chance: &mut Chance, newest: u16) -> Vec<u8> {
    let words = chance.below(40);
    let mut bytes = vec![0x8f, 205, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2];
    let base = if chance.percent(80) {
        newest.wrapping_sub(u16::try_from(chance.below(100)).unwrap_or(0))
    } else {
        u16::try_from(chance.below(0x1_0000)).unwrap_or(0)
    };
    bytes.extend_from_slice(&base.to_be_bytes());
    let count = if chance.percent(80) {
        chance.below(200)
    } else {
        chance.below(0x1_0000)
    };
    bytes.extend_from_slice(&u16::try_from(count).unwrap_or(0).to_be_bytes());
    bytes.extend((0..4 + 4 * words).map(|_| chance.byte()));
    let length = u16::try_from(bytes.len() / 4 - 1).unwrap_or(0);
    bytes[2..4].copy_from_slice(&length.to_be_bytes());
    bytes
}

#[test]
fn the_estimate_stays_within_its_limits() {
    for seed in 1..=200 {
        let mut chance = Chance::new(seed);
        let mut estimator = Estimator::new(LIMITS);
        let mut now = 0_u64;
        let mut newest = 0;
        for _ in 0..500 {
            now = now.saturating_add(chance.below(200_000) as u64);
            let probe = estimator.probe(now).map_or(0, |probe| probe.number);
            for _ in 0..chance.below(20) {
                newest = estimator.sent(now, chance.below(3_000), probe);
            }
            match chance.below(8) {
                0 => estimator.remb(now, chance.next() << chance.below(20)),
                1 => estimator.reported(now, chance.byte()),
                2 => estimator.tick(now.saturating_sub(chance.below(3_000_000) as u64)),
                _ => {
                    let bytes = lie(&mut chance, newest);
                    for packet in Compound::new(&bytes).flatten() {
                        if let Rtcp::TransportCc(feedback) = packet {
                            estimator.feedback(now, &feedback);
                        }
                    }
                }
            }
            let target = estimator.estimate(now).target_bps;
            assert!(
                (LIMITS.floor..=LIMITS.ceiling).contains(&target),
                "{target}"
            );
        }
    }
}

#[test]
fn time_at_its_end_overflows_nothing() {
    let mut estimator = Estimator::new(LIMITS);
    for now in [0, u64::MAX / 2, u64::MAX - 1, 5, u64::MAX] {
        estimator.sent(now, usize::MAX, 1);
        estimator.remb(now, u64::MAX);
        estimator.tick(now);
        estimator.probe(now);
        estimator.reported(now, 255);
        assert!(estimator.estimate(now).target_bps <= LIMITS.ceiling);
    }
}
