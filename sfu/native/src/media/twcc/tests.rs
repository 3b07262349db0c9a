use super::super::rtcp::{Compound, Rtcp};
use super::super::testing::Chance;
use super::*;
use std::collections::BTreeMap;

/// What the publisher learns: (sequence, arrival in us).
fn learn(bytes: &[u8]) -> Vec<(u16, Option<i64>)> {
    Compound::new(bytes)
        .flat_map(|packet| {
            let Ok(Rtcp::TransportCc(feedback)) = packet else {
                panic!("{packet:?}")
            };
            assert_eq!((feedback.sender, feedback.media), (1, 2));
            let told: Vec<_> = feedback.packets().collect();
            assert_eq!(
                told.len(),
                usize::from(feedback.count),
                "chunks and deltas are complete"
            );
            told
        })
        .map(|(sequence, at)| (sequence, at.map(|at| at * 250)))
        .collect()
}

fn feedback(recorder: &mut ArrivalRecorder, now: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while recorder.feedback(now, 1, 2, &mut out) {}
    out
}

#[test]
fn tells_nothing_before_anything_came_or_is_due() {
    let mut recorder = ArrivalRecorder::default();
    assert_eq!(recorder.next_deadline(), None);
    assert!(feedback(&mut recorder, 0).is_empty());
    recorder.arrived(5_000, 9);
    assert_eq!(recorder.next_deadline(), Some(105_000));
    assert!(feedback(&mut recorder, 104_999).is_empty());
    assert_eq!(learn(&feedback(&mut recorder, 105_000)), [(9, Some(5_000))]);
    assert!(feedback(&mut recorder, 900_000).is_empty());
}

#[test]
fn tells_early_when_much_came() {
    let mut recorder = ArrivalRecorder::default();
    for sequence in 0..128 {
        assert!(feedback(&mut recorder, 1_000).is_empty());
        recorder.arrived(1_000, sequence);
    }
    assert_eq!(learn(&feedback(&mut recorder, 1_000)).len(), 128);
}

#[test]
fn tells_losses_across_the_wrap() {
    let mut recorder = ArrivalRecorder::default();
    for (sequence, at) in [(65_534, 1_000), (0, 2_000), (3, 200_000)] {
        recorder.arrived(at, sequence);
    }
    let told = learn(&feedback(&mut recorder, 200_000));
    assert_eq!(
        told,
        [
            (65_534, Some(1_000)),
            (65_535, None),
            (0, Some(2_000)),
            (1, None),
            (2, None),
            (3, Some(200_000)),
        ]
    );
}

#[test]
fn a_late_packet_is_told_again_with_all_behind_it() {
    let mut recorder = ArrivalRecorder::default();
    recorder.arrived(0, 10);
    recorder.arrived(0, 12);
    assert_eq!(learn(&feedback(&mut recorder, 100_000)).len(), 3);
    recorder.arrived(110_000, 11);
    recorder.arrived(111_000, 11); // twice
    let told = learn(&feedback(&mut recorder, 200_000));
    assert_eq!(told, [(11, Some(110_000)), (12, Some(0))]);
}

#[test]
fn a_packet_older_than_the_ring_is_ignored() {
    let mut recorder = ArrivalRecorder::default();
    recorder.arrived(0, 5_000);
    recorder.arrived(0, 5_000 - 1_024);
    assert_eq!(learn(&feedback(&mut recorder, 100_000)), [(5_000, Some(0))]);
    recorder.arrived(0, 5_000 - 1_023);
    assert_eq!(learn(&feedback(&mut recorder, 200_000)).len(), 1_024);
}

#[test]
fn a_leap_forward_is_bounded_by_the_ring() {
    let mut recorder = ArrivalRecorder::default();
    recorder.arrived(0, 0);
    recorder.arrived(1, 30_000);
    let bytes = feedback(&mut recorder, 100_000);
    let told = learn(&bytes);
    assert_eq!(told.len(), 1_024);
    assert_eq!(told.iter().filter(|(_, at)| at.is_some()).count(), 1);
    assert!(bytes.len() < 200);
}

#[test]
fn a_long_silence_begins_a_new_packet() {
    let mut recorder = ArrivalRecorder::default();
    recorder.arrived(1_000, 1);
    recorder.arrived(1_000 + 9_000_000, 2); // more than a delta can say
    recorder.arrived(1_000 + 17_000_000, 3); // just what it can
    let bytes = feedback(&mut recorder, 30_000_000);
    assert_eq!(Compound::new(&bytes).count(), 2);
    let told: Vec<_> = learn(&bytes)
        .into_iter()
        .map(|(_, at)| at.unwrap())
        .collect();
    assert_eq!(told, [1_000, 9_001_000, 17_001_000]);
}

#[test]
fn feedback_packets_are_numbered_and_fit_a_datagram() {
    let mut recorder = ArrivalRecorder::default();
    for sequence in 0..1_000u16 {
        // Every other one back in time by two seconds: the largest deltas.
        recorder.arrived(3_000_000 * u64::from(sequence % 2) + 5_000_000, sequence);
    }
    let mut number = 0;
    let mut out = Vec::new();
    while recorder.feedback(9_000_000, 1, 2, &mut out) {
        let Some(Ok(Rtcp::TransportCc(feedback))) = Compound::new(&out).next() else {
            panic!()
        };
        assert_eq!(feedback.number, number);
        number += 1;
        assert!(out.len() <= 1_000, "{}", out.len());
        out.clear();
    }
    assert_eq!(number, 3);
}

#[test]
fn a_lossy_transport_is_told_exactly() {
    for seed in 1..40 {
        let mut chance = Chance::new(seed);
        let mut recorder = ArrivalRecorder::default();
        let (mut arrived, mut told) = (BTreeMap::new(), BTreeMap::new());
        let mut sequence = 65_000u16;
        let mut now = 500_000;
        for _ in 0..5_000 {
            now += chance.next() % 5_000;
            sequence = sequence.wrapping_add(1);
            let late = u16::try_from(chance.below(4)).unwrap();
            let this = if chance.percent(10) {
                sequence.wrapping_sub(late)
            } else {
                sequence
            };
            if chance.percent(85) {
                arrived.entry(this).or_insert(now);
                recorder.arrived(now, this);
            }
            for (sequence, at) in learn(&feedback(&mut recorder, now)) {
                at.map(|at| told.insert(sequence, at.cast_unsigned()));
            }
        }
        for (sequence, at) in learn(&feedback(&mut recorder, now + EVERY)) {
            at.map(|at| told.insert(sequence, at.cast_unsigned()));
        }
        let rounded: BTreeMap<_, _> = arrived
            .into_iter()
            .map(|(sequence, at)| (sequence, at / UNIT * UNIT))
            .collect();
        assert_eq!(told, rounded);
    }
}
