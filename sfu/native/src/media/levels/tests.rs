use super::super::testing::Chance;
use super::*;

const TICK: u64 = 20_000;

#[test]
fn reports_the_loudest_of_a_tick_above_the_threshold() {
    let mut meter = LevelMeter::default();
    assert_eq!(meter.tick(0), None);
    meter.packet(1, 60);
    meter.packet(2, THRESHOLD);
    assert_eq!(meter.tick(TICK), None);
    meter.packet(TICK, 40);
    meter.packet(TICK, 30);
    meter.packet(TICK, 35);
    assert_eq!(meter.tick(2 * TICK), Some(30));
}

#[test]
fn tells_once_that_a_source_fell_quiet() {
    let mut meter = LevelMeter::default();
    meter.packet(0, 30);
    assert_eq!(meter.tick(TICK), Some(30));
    meter.packet(TICK, 90);
    assert_eq!(meter.tick(2 * TICK), Some(QUIET));
    meter.packet(2 * TICK, 90);
    assert_eq!(meter.tick(3 * TICK), None);
}

#[test]
fn silence_of_the_network_is_quiet_after_a_while() {
    let mut meter = LevelMeter::default();
    meter.packet(0, 30);
    assert_eq!(meter.tick(TICK), Some(30));
    assert_eq!(meter.tick(HOLD - 1), None);
    assert_eq!(meter.tick(HOLD), Some(QUIET));
    assert_eq!(meter.tick(HOLD + TICK), None);
}

#[test]
fn a_muted_source_falls_quiet_at_the_next_tick() {
    let mut meter = LevelMeter::default();
    meter.silence();
    assert_eq!(meter.tick(0), None);
    meter.packet(0, 30);
    meter.tick(TICK);
    meter.packet(TICK, 30);
    meter.silence();
    assert_eq!(meter.tick(2 * TICK), Some(QUIET));
}

#[test]
fn a_level_that_never_varies_loses_its_rank() {
    let mut meter = LevelMeter::default();
    let mut report = |level: u8, now: u64| {
        meter.packet(now, level);
        (meter.tick(now), meter.is_constant())
    };
    for tick in 0..49 {
        assert_eq!(
            report(10 + u8::from(tick % 2 == 0), tick * TICK),
            (Some(10 + u8::from(tick % 2 == 0)), false)
        );
    }
    assert_eq!(report(10, 50 * TICK), (Some(THRESHOLD - 1), true));
    assert_eq!(report(10, 51 * TICK), (Some(THRESHOLD - 1), true));
    assert_eq!(report(20, 52 * TICK), (Some(20), false), "it varies again");
}

#[test]
fn speech_keeps_its_rank() {
    let mut chance = Chance::new(3);
    let mut meter = LevelMeter::default();
    for tick in 0..5_000 {
        let level = u8::try_from(15 + chance.below(60)).unwrap();
        meter.packet(tick * TICK, level);
        let report = meter.tick(tick * TICK);
        assert!(!meter.is_constant());
        assert_eq!(
            report.filter(|&level| level != QUIET),
            (level < THRESHOLD).then_some(level)
        );
    }
}
