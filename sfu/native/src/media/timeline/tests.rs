use super::*;

const SECOND: u64 = 1_000_000;

fn frame(capture: u64, planned: u32) -> Frame {
    Frame {
        capture,
        planned,
        pause: 3_000,
        follows: true,
    }
}

#[test]
fn runs_in_server_time() {
    let mut line = Timeline::new(Kind::Video, 1_000);
    assert_eq!(line.at(5), None);
    let shift = line.enter(SECOND, SECOND, 77);
    assert_eq!(77u32.wrapping_add(shift), 1_000 + 90_000);
    line.sent(SECOND, 91_000);
    assert_eq!(line.at(3 * SECOND), Some(1_000 + 3 * 90_000));
    assert_eq!(line.at(0), Some(91_000), "never backwards");
}

#[test]
fn wraps() {
    let mut line = Timeline::new(Kind::Audio, u32::MAX - 10);
    let shift = line.enter(1_000, 1_000, 0);
    assert_eq!(shift, 37);
    line.sent(1_000, 37);
    // Ten days.
    assert!(line.accepts(864_000 * SECOND, line.ideal(864_000 * SECOND)));
}

#[test]
fn the_next_source_enters_behind_the_last_packet() {
    for (kind, step) in [(Kind::Audio, 960), (Kind::Video, 90)] {
        let mut line = Timeline::new(kind, 0);
        line.enter(SECOND, SECOND, 0);
        let sent = line.ideal(SECOND);
        line.sent(SECOND, sent);
        assert_eq!(line.enter(SECOND, SECOND - 100_000, 0), sent + step);
        assert_eq!(line.enter(SECOND, 2 * SECOND, 0), line.ideal(2 * SECOND));
    }
}

#[test]
fn pictures_are_slewed_slowly() {
    let mut line = Timeline::new(Kind::Video, 0);
    line.enter(SECOND, SECOND, 0);
    line.sent(SECOND, 90_000);
    let at = SECOND + SLEW_EVERY;
    let ideal = line.ideal(at);
    assert_eq!(
        line.correct(at - 1, &frame(at, ideal + 4_500)),
        None,
        "too early"
    );
    assert_eq!(line.correct(at, &frame(at, ideal + 89)), None, "negligible");
    let lost = Frame {
        follows: false,
        ..frame(at, ideal + 4_500)
    };
    assert_eq!(line.correct(at, &lost), None, "the frame may have begun");
    assert_eq!(
        line.correct(at, &frame(at, ideal + 4_500)),
        Some(360u32.wrapping_neg())
    );
    assert_eq!(
        line.correct(at, &frame(at, ideal + 4_500)),
        None,
        "not again so soon"
    );
    assert_eq!(
        line.correct(at + SLEW_EVERY, &frame(at, ideal - 4_500)),
        Some(360)
    );
    assert_eq!(
        line.correct(at + 2 * SLEW_EVERY, &frame(at, ideal - 100)),
        Some(100)
    );
}

#[test]
fn a_slew_never_goes_back_behind_what_was_sent() {
    let mut line = Timeline::new(Kind::Video, 0);
    line.sent(SECOND, 90_000);
    // The frame comes 100 ticks later; ten would be left after the step.
    let correction = line
        .correct(SECOND, &frame(SECOND - 100_000, 90_100))
        .unwrap();
    assert_eq!(90_100u32.wrapping_add(correction), 90_090);
}

#[test]
fn sound_is_set_right_behind_a_pause_only() {
    let mut line = Timeline::new(Kind::Audio, 0);
    line.sent(SECOND, 48_000);
    let off = Frame {
        capture: 2 * SECOND,
        planned: 96_000 + 480,
        pause: 960,
        follows: true,
    };
    assert_eq!(line.correct(2 * SECOND, &off), None);
    let paused = Frame {
        pause: 2_880,
        ..off
    };
    assert_eq!(
        line.correct(2 * SECOND, &paused),
        Some(480u32.wrapping_neg())
    );
    let overlapping = Frame {
        capture: SECOND,
        planned: 48_100,
        pause: 2_880,
        follows: true,
    };
    let correction = line.correct(2 * SECOND, &overlapping).unwrap();
    assert_eq!(48_100u32.wrapping_add(correction), 48_960);
}

#[test]
fn what_is_far_off_is_set_right_at_once() {
    for kind in [Kind::Audio, Kind::Video] {
        let mut line = Timeline::new(kind, 0);
        let ideal = line.ideal(9 * SECOND);
        let far = Frame {
            capture: 9 * SECOND,
            planned: 5,
            pause: 1,
            follows: false,
        };
        assert_eq!(line.correct(9 * SECOND, &far), Some(ideal - 5));
    }
}

#[test]
fn nothing_runs_ahead() {
    let line = Timeline::new(Kind::Video, 0);
    let now = line.ideal(SECOND);
    assert!(line.accepts(SECOND, now) && line.accepts(SECOND, now + 22_500));
    assert!(line.accepts(SECOND, now - 90_000));
    assert!(!line.accepts(SECOND, now + 22_501));
}
