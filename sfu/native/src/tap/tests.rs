//! What of one publisher reaches a recorder's pipe, and what never does.

use std::io::Read;
use std::os::unix::net::UnixStream;

use super::testing::{PICTURE, RECORDER, SOUND, Stage};
use crate::command::Command;
use crate::events::Event;

#[test]
fn who_has_not_agreed_gives_nothing() {
    let mut stage = Stage::new();
    stage.consent(PICTURE, false);
    for byte in 0..20 {
        stage.picture(byte == 0, byte);
        stage.sound(byte);
    }
    assert_eq!(stage.seen(), []);
    assert_eq!(stage.world.counters.recorded_frames.get(), 0);
}

#[test]
fn who_agrees_is_taken_from_there_on_beginning_with_a_keyframe() {
    let mut stage = Stage::new();
    stage.picture(true, 1);
    stage.sound(2);
    stage.consent(PICTURE, true);
    stage.consent(SOUND, true);
    stage.pass(0);
    assert!(stage.asks_for_a_keyframe());
    stage.picture(false, 3);
    stage.sound(4);
    stage.picture(true, 5);
    stage.picture(false, 6);
    let seen = stage.seen();
    let bytes: Vec<u8> = seen.iter().map(|frame| frame.payload[1..][0]).collect();
    assert_eq!(bytes[0], 4);
    assert_eq!(seen[1].payload, [0, 5]);
    assert_eq!(seen[2].payload, [1, 6]);
    assert!(seen[1].key && !seen[2].key);
    assert_eq!((seen[1].number, seen[2].number), (0, 1));
    assert_eq!((seen[0].track, seen[1].track, seen[1].file), (0, 1, 7));
    assert!(seen[2].at.abs_diff(seen[1].at + 33_000) < 5_000);
}

#[test]
fn who_withdraws_is_cut_on_the_packet_and_taken_out_of_what_waits() {
    let mut stage = Stage::new();
    stage.consent(PICTURE, true);
    stage.pass(0);
    stage.picture(true, 1);
    assert_eq!(stage.bytes(), [1]);
    // It came before the word, but nobody had looked at it.
    stage.packet(PICTURE, 0, &[0x18, 1, 2]);
    stage.sequences[0] += 1;
    stage.consent(PICTURE, false);
    stage.pass(10_000);
    for byte in 3..9 {
        stage.picture(true, byte);
    }
    assert_eq!(stage.bytes(), []);
    // Agreed again: nothing of the time between.
    stage.consent(PICTURE, true);
    stage.pass(0);
    stage.picture(true, 9);
    assert_eq!(stage.bytes(), [9]);
}

#[test]
fn a_picture_of_units_is_cut_in_the_middle_when_its_sender_withdraws() {
    let mut stage = Stage::new();
    stage.consent(PICTURE, true);
    stage.pass(0);
    let key: &[u8] = b"\x78\0\x02\x67\x42\0\x02\x68\xce\0\x02\x65\x88";
    stage.units(true, key);
    let seen = stage.seen();
    assert_eq!(
        seen[0].payload,
        b"\0\0\0\x02\x67\x42\0\0\0\x02\x68\xce\0\0\0\x02\x65\x88"
    );
    assert!(seen[0].key);
    stage.units(false, b"\x7c\x81\x09");
    stage.consent(PICTURE, false);
    stage.units(true, b"\x7c\x41\x09");
    stage.units(true, key);
    assert_eq!(stage.seen(), []);
    // Agreed again: only from a keyframe on.
    stage.consent(PICTURE, true);
    stage.pass(0);
    stage.units(true, b"\x41\x9a");
    assert_eq!(stage.seen(), []);
    stage.units(true, key);
    assert_eq!(stage.bytes(), [0x88]);
}

#[test]
fn what_is_muted_is_not_taken_and_what_follows_is() {
    let mut stage = Stage::new();
    stage.consent(SOUND, true);
    stage.pass(0);
    stage.sound(1);
    stage.order(Command::MuteSource {
        source: SOUND,
        muted: true,
    });
    stage.sound(2);
    stage.order(Command::MuteSource {
        source: SOUND,
        muted: false,
    });
    stage.pass(0);
    stage.sound(3);
    assert_eq!(stage.bytes(), [1, 3]);
}

#[test]
fn packets_that_changed_places_are_put_in_order() {
    let mut stage = Stage::new();
    stage.consent(PICTURE, true);
    stage.pass(0);
    stage.picture(true, 1);
    stage.packet(PICTURE, 2, &[0x08, 1, 4]);
    stage.packet(PICTURE, 0, &[0x10, 1, 2]);
    stage.world.record(stage.now);
    assert_eq!(stage.bytes(), [1]);
    stage.packet(PICTURE, 1, &[0x00, 1, 3]);
    stage.pass(30_000);
    let seen = stage.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].payload, [1, 2, 1, 3, 1, 4]);
}

#[test]
fn a_repair_within_the_bound_is_waited_for_and_a_loss_leaves_a_gap() {
    let mut stage = Stage::new();
    stage.consent(PICTURE, true);
    stage.pass(0);
    stage.picture(true, 1);
    stage.sequences[0] += 1;
    stage.picture(false, 3);
    stage.pass(300_000);
    assert_eq!(stage.bytes(), [1]);
    stage.sequences[0] -= 2;
    stage.picture(false, 2);
    assert_eq!(stage.bytes(), [2, 3]);
    // And one that never comes.
    stage.sequences[0] += 2;
    stage.picture(false, 5);
    stage.pass(400_000);
    stage.picture(false, 6);
    assert_eq!(stage.bytes(), []);
    assert!(stage.asks_for_a_keyframe());
    stage.picture(true, 7);
    stage.picture(false, 8);
    assert_eq!(stage.bytes(), [7, 8]);
}

#[test]
fn a_sound_that_never_came_is_not_waited_for_long() {
    let mut stage = Stage::new();
    stage.consent(SOUND, true);
    stage.pass(0);
    stage.sound(1);
    stage.sequences[1] += 1;
    stage.sound(3);
    stage.sound(4);
    assert_eq!(stage.bytes(), [1]);
    stage.sound(5);
    stage.sound(6);
    assert_eq!(stage.bytes(), [3, 4, 5, 6]);
}

#[test]
fn a_reader_that_is_too_slow_costs_frames_and_is_told() {
    let mut stage = Stage::new();
    stage.consent(PICTURE, true);
    stage.pass(0);
    let mut big = vec![0x18, 0];
    big.resize(1_000, 9);
    for _ in 0..3_000 {
        stage.packet(PICTURE, 0, &big);
        stage.sequences[0] = stage.sequences[0].wrapping_add(1);
        stage.pass(33_000);
    }
    let dropped = stage.world.counters.dropped_recorded.get();
    assert!(dropped > 500, "{dropped}");
    let told = stage.world.events.drain();
    let last = told.iter().rev().find_map(|event| match event {
        Event::Recorder {
            dropped, broken, ..
        } => Some((*dropped, *broken)),
        _ => None,
    });
    assert!(last.is_some_and(|(told, broken)| told > 400 && !broken));
    // The number says where something is missing.
    let mut expected = 0;
    let mut gaps = 0;
    for _ in 0..50 {
        for frame in stage.seen() {
            gaps += u64::from(frame.number - expected);
            expected = frame.number + 1;
        }
        stage.pass(1_000);
    }
    assert_eq!(gaps, dropped);
}

#[test]
fn a_reader_that_died_is_told_once_and_the_packets_go_on() {
    let mut stage = Stage::new();
    stage.consent(PICTURE, true);
    stage.pass(0);
    let (_, other) = UnixStream::pair().expect("two ends");
    drop(std::mem::replace(&mut stage.reader, other));
    for byte in 0..9 {
        stage.picture(true, byte);
    }
    let broken = |event: &Event| matches!(event, Event::Recorder { broken: true, .. });
    let told = stage.world.events.drain();
    assert_eq!(told.iter().filter(|event| broken(event)).count(), 1);
    stage.order(Command::CloseRecorder { recorder: RECORDER });
    stage.pass(10_000);
    stage.world.gauge();
    assert_eq!(stage.world.counters.recorders.get(), 0);
}

#[test]
fn a_file_ends_behind_its_frames_and_a_recorder_when_all_is_written() {
    let mut stage = Stage::new();
    stage.consent(PICTURE, true);
    stage.pass(0);
    stage.picture(true, 1);
    stage.order(Command::EndFile {
        recorder: RECORDER,
        file: 7,
        forget: false,
    });
    stage.order(Command::CloseRecorder { recorder: RECORDER });
    stage.picture(true, 2);
    let seen = stage.seen();
    assert_eq!(seen.len(), 2);
    assert!(!seen[0].is_end && seen[1].is_end && seen[1].file == 7);
    let mut rest = [0];
    assert_eq!(stage.reader.read(&mut rest).expect("the end"), 0);
    assert!(stage.world.recorders.is_empty());
}

#[test]
fn a_source_that_goes_takes_its_tap_along() {
    let mut stage = Stage::new();
    stage.consent(PICTURE, true);
    stage.pass(0);
    stage.picture(true, 1);
    stage.order(Command::CloseSession { session: 1 });
    let place = stage.world.recorders.place(RECORDER).expect("the recorder");
    let recorder = stage.world.recorders.get(place).expect("the recorder");
    assert!(recorder.taps.is_empty());
}
