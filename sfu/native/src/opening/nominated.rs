//! A viewer whose handshake is over before its way is nominated sees what is here at the nomination.

use super::testing::{CAMERA, Join, START, VIEWER};
use crate::command::Command;
use crate::due::TICK;
use crate::media::codec::Kind;
use crate::source::Source;

#[test]
fn a_keyframe_that_came_before_the_nomination_is_shown_with_it() {
    let mut join = Join::new();
    join.frame(START, true);
    join.frame(START + 40_000, false);
    assert_eq!(
        join.world.counters.forwarded.get(),
        0,
        "there is no way yet"
    );
    join.nominate(START + 60_000, b"v", 9);
    assert_eq!(join.world.counters.openings.get(), 1);
    assert_eq!(join.world.counters.forwarded.get(), 2);
    let soon = join.entry().report_due(START + 1_060_000);
    assert!(soon, "the viewer is told its clock");
    join.world.begin(START + 60_000, 1, 1);
    assert_eq!(join.world.counters.forwarded.get(), 2, "begun once");
    join.frame(START + 80_000, false);
    assert_eq!(join.world.counters.forwarded.get(), 3, "and goes on");
}

#[test]
fn nothing_of_a_muted_camera_is_shown() {
    let mut join = Join::new();
    join.frame(START, true);
    join.order(Command::MuteSource {
        source: CAMERA,
        muted: true,
    });
    join.nominate(START + 60_000, b"v", 9);
    assert_eq!(join.world.counters.forwarded.get(), 0);
}

#[test]
fn a_slot_begins_in_the_layer_that_is_here_and_goes_on_in_it() {
    let mut join = Join::new();
    let place = join.world.sources.place(CAMERA).expect("a source");
    let camera = join.world.sources.get_mut(place).expect("a source");
    let rids = vec![b"q".to_vec(), b"f".to_vec()];
    let layered = Source::new(CAMERA, camera.session, Kind::Video, 7, rids);
    let before = std::mem::replace(camera, layered);
    camera.audience = before.audience;
    camera.viewers = before.viewers;
    let publisher = join.world.sessions.get_mut(0).expect("a session");
    publisher.streams[0].layer = 1;
    join.frame(START, true);
    join.nominate(START + 60_000, b"v", 9);
    assert_eq!(join.entry().layers.shown, 1);
    join.frame(START + 80_000, false);
    assert_eq!(join.world.counters.forwarded.get(), 2);
}

#[test]
fn where_nothing_is_here_a_keyframe_is_asked_for_at_once() {
    let mut join = Join::new();
    join.nominate(START, b"p", 10);
    join.frame(START, true);
    let asked = join.world.counters.plis_out.get();
    join.world.tick(START + 20_000);
    join.frame(START + 700_000, false);
    join.nominate(START + 720_000, b"v", 9);
    assert_eq!(join.world.counters.openings.get(), 0, "too old");
    assert_eq!(join.world.counters.plis_out.get(), asked + 1);

    // Nobody's nomination: a slot that is filled later says itself that it waits.
    join.world.tick(START + 1_400_000);
    join.world.apply(
        START + 1_404_000,
        Command::SetSlot {
            session: VIEWER,
            slot: 1,
            source: CAMERA,
            generation: 2,
        },
    );
    assert_eq!(join.world.due.at(), START + 1_400_000 + TICK);
}
