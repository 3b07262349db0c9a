//! Viewers without transport-wide feedback: loss reports and REMB.

use crate::media::estimate::{Estimator, Limits};

const LIMITS: Limits = Limits {
    floor: 50_000,
    start: 300_000,
    ceiling: 4_000_000,
};

fn reports(estimator: &mut Estimator, from: u64, seconds: u64, fraction: u8) -> u64 {
    for second in from..from + seconds {
        estimator.sent(second * 1_000_000, 1_000, 0);
        estimator.reported(second * 1_000_000, fraction);
        estimator.tick(second * 1_000_000);
    }
    estimator.estimate((from + seconds) * 1_000_000).target_bps
}

#[test]
fn loss_reports_alone_move_it_from_the_start() {
    let mut estimator = Estimator::new(LIMITS);
    let grown = reports(&mut estimator, 0, 10, 0);
    assert!((500_000..700_000).contains(&grown), "{grown}");
    let cut = reports(&mut estimator, 10, 3, 77);
    assert!(cut < grown * 9 / 10, "{cut}");
    // Never a probe: its answer could not come.
    assert_eq!(estimator.probe(60_000_000), None);
}

#[test]
fn a_remb_is_the_bound_while_it_is_fresh() {
    let mut estimator = Estimator::new(LIMITS);
    estimator.remb(0, 800_000);
    assert_eq!(estimator.estimate(0).target_bps, 800_000);
    assert_eq!(estimator.estimate(9_000_000).target_bps, 800_000);
    assert_eq!(estimator.estimate(10_000_000).target_bps, 300_000);
    estimator.remb(10_000_000, 1);
    assert_eq!(estimator.estimate(10_000_000).target_bps, LIMITS.floor);
}
