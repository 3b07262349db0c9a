//! A viewer that lies about what reached it: the estimate and its probes stay within their limits.
//!
//! A record is: how many packets leave, how much time passes, length of the compound, its bytes.
#![no_main]

use _native::media::estimate::{Estimator, Limits};
use _native::media::rtcp::{Compound, Rtcp};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|records: &[u8]| {
    let limits = Limits::default();
    let mut estimator = Estimator::new(limits);
    let (mut now, mut rest) = (0_u64, records);
    while let Some((&[packets, passed, length], tail)) = rest.split_first_chunk::<3>() {
        now += u64::from(passed) * 20_000;
        let probe = estimator.probe(now);
        if let Some(probe) = probe {
            assert!(probe.number != 0 && probe.bits_per_second <= 2 * limits.ceiling);
        }
        for packet in 0..packets {
            let size = usize::from(packet) * 10;
            estimator.sent(now, size, probe.map_or(0, |probe| probe.number));
        }
        let (compound, tail) = tail.split_at(usize::from(length).min(tail.len()));
        rest = tail;
        for packet in Compound::new(compound).flatten() {
            match packet {
                Rtcp::TransportCc(feedback) => estimator.feedback(now, &feedback),
                Rtcp::Bandwidth(remb) => estimator.remb(now, remb.bits_per_second),
                Rtcp::ReceiverReport { blocks, .. } => {
                    blocks.for_each(|block| estimator.reported(now, block.fraction_lost));
                }
                _ => {}
            }
        }
        estimator.tick(now);
        let target = estimator.estimate(now).target_bps;
        assert!((limits.floor..=limits.ceiling).contains(&target));
    }
});
