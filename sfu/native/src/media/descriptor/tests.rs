use super::super::testing::mutate;
use super::testing::{L1T3, L2T2_KEY, Writer, active, frame, key, layer, packet};
use super::*;

fn read(descriptors: &mut Descriptors, bytes: &[u8]) -> Frame {
    descriptors.read(20, bytes).unwrap().unwrap()
}

#[test]
fn a_keyframe_brings_the_structure_and_later_frames_are_read_by_it() {
    let mut descriptors = Descriptors::default();
    assert_eq!(descriptors.read(20, &frame(0, 6)), Ok(None), "none yet");
    let first = read(&mut descriptors, &key(L1T3, 60, 7));
    assert!(first.is_entry() && first.start && first.end && first.structured);
    assert_eq!((first.at, first.number, first.layer), (20, 7, layer(0, 0)));
    assert_eq!(first.target(2), Some(layer(0, 2)));
    assert_eq!(first.target(3), None);
    assert_eq!(first.indication(2), Indication::Switch);

    // Template ids go round: 60, 61, 62, 63.
    let top = read(&mut descriptors, &packet(63, 8, true, false));
    assert_eq!((top.layer, top.end), (layer(0, 2), false));
    assert_eq!(top.references.distances(), [1]);
    assert_eq!(top.indication(0), Indication::NotPresent);
    assert_eq!(top.indication(2), Indication::Discardable);
    assert!(!top.is_entry());
    assert_eq!(
        descriptors.read(20, &frame(0, 9)),
        Ok(None),
        "unknown template"
    );
    assert_eq!(descriptors.review(20, &frame(63, 8)).unwrap().length, 3);
}

#[test]
fn spatial_layers_are_told_and_who_needs_them() {
    let mut descriptors = Descriptors::default();
    let first = read(&mut descriptors, &key(L2T2_KEY, 0, 1));
    assert_eq!(first.spatial().collect::<Vec<_>>(), [(0, true), (1, true)]);
    let small = read(&mut descriptors, &frame(1, 5));
    assert_eq!(small.spatial().collect::<Vec<_>>(), [(0, true), (1, false)]);
    let large = read(&mut descriptors, &frame(4, 6));
    assert_eq!(large.spatial().collect::<Vec<_>>(), [(0, false), (1, true)]);
    assert_eq!(large.choose(layer(9, 9)), Some(3));
    assert_eq!(large.choose(layer(1, 0)), Some(2));
    assert_eq!(large.choose(layer(0, 9)), Some(1));
}

#[test]
fn a_target_that_the_sender_no_longer_fills_is_not_chosen() {
    let mut descriptors = Descriptors::default();
    read(&mut descriptors, &key(L2T2_KEY, 0, 1));
    let narrow = read(&mut descriptors, &active(1, 5, 0b0011, 4));
    assert_eq!(narrow.choose(layer(9, 9)), Some(1));
    assert_eq!(
        read(&mut descriptors, &frame(2, 7)).choose(layer(9, 9)),
        Some(1),
        "from then on"
    );
    read(&mut descriptors, &key(L2T2_KEY, 0, 9));
    assert_eq!(
        read(&mut descriptors, &frame(4, 10)).choose(layer(9, 9)),
        Some(3),
        "all again"
    );
    let none = read(&mut descriptors, &active(1, 11, 0, 4));
    assert_eq!(none.choose(layer(9, 9)), None);
}

#[test]
fn an_older_structure_does_not_replace_a_newer_one() {
    let mut descriptors = Descriptors::default();
    read(&mut descriptors, &key(L1T3, 0, 100));
    assert_eq!(descriptors.read(20, &key(L2T2_KEY, 30, 50)), Ok(None));
    assert_eq!(read(&mut descriptors, &frame(3, 101)).layer, layer(0, 2));
    read(&mut descriptors, &key(L2T2_KEY, 30, 102));
    assert_eq!(read(&mut descriptors, &frame(35, 103)).layer, layer(1, 1));
    assert_eq!(descriptors.read(20, &frame(3, 104)), Ok(None));
}

#[test]
fn a_frame_may_say_for_itself_what_it_needs() {
    let mut descriptors = Descriptors::default();
    read(&mut descriptors, &key(L1T3, 0, 1));
    let mut own = Writer::default();
    own.bytes = frame(1, 2);
    // Own indications, references (of one and of three times four bits) and chains.
    own.put(0b0_0111, 5).indications("-SR");
    own.put(1, 2)
        .put(2, 4)
        .put(3, 2)
        .put(299, 12)
        .put(0, 2)
        .put(9, 8);
    let found = read(&mut descriptors, &own.bytes);
    assert_eq!(found.references.distances(), [3, 300]);
    assert_eq!(found.indication(0), Indication::NotPresent);
    assert_eq!(found.indication(1), Indication::Switch);
    assert_eq!(found.indication(2), Indication::Required);
}

#[test]
fn what_is_too_short_or_too_much_is_malformed() {
    let mut descriptors = Descriptors::default();
    let whole = key(L2T2_KEY, 0, 1);
    for length in 4..whole.len() {
        assert!(
            Descriptors::default().read(0, &whole[..length]).is_err(),
            "{length}"
        );
    }
    read(&mut descriptors, &whole);
    assert_eq!(
        descriptors.read(0, &frame(1, 2)[..2]),
        Err(Malformed::Short)
    );
    let mut wide = Writer::default();
    wide.bytes = frame(0, 2);
    wide.put(0b1_0000, 5)
        .put(0, 6)
        .put(31, 5)
        .put(3, 2)
        .put(0, 32);
    assert_eq!(
        descriptors.read(0, &wide.bytes),
        Err(Malformed::Length),
        "32 targets"
    );
    let mut many = Writer::default();
    many.bytes = frame(0, 3);
    many.put(0b1_0000, 5).put(0, 6).put(0, 5);
    for _ in 0..40 {
        many.put(0, 32);
    }
    assert_eq!(
        descriptors.read(0, &many.bytes),
        Err(Malformed::Length),
        "80 templates"
    );
    // What is malformed leaves no structure behind that others are read by.
    assert_eq!(descriptors.read(0, &frame(0, 4)), Ok(None));
}

#[test]
fn mutations_are_survived() {
    let corpus = [
        key(L1T3, 60, 7),
        key(L2T2_KEY, 0, 1),
        frame(1, 8),
        active(1, 5, 3, 4),
    ];
    let mut descriptors = Descriptors::default();
    mutate(&corpus, 40_000, |bytes| {
        let before = descriptors.review(20, bytes);
        if let Ok(Some(frame)) = descriptors.read(20, bytes) {
            assert_eq!(usize::from(frame.length), bytes.len());
            let _ = (frame.choose(layer(9, 9)), frame.spatial().count(), before);
        }
    });
}
