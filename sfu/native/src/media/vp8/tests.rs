use super::super::testing::{mutate, vp8};
use super::*;

fn parse(payload: &[u8]) -> Vp8Descriptor {
    Vp8Descriptor::parse(payload).unwrap()
}

#[test]
fn reads_the_shortest_descriptor() {
    let key = parse(&[0x10, 0x00]);
    assert!(key.start && key.keyframe && !key.non_reference);
    assert_eq!(
        (key.picture, key.base_layer, key.temporal, key.length),
        (None, None, None, 1)
    );
    let delta = parse(&[0x30, 0x01]);
    assert!(delta.start && !delta.keyframe && delta.non_reference);
    let inner = parse(&[0x00, 0x00]);
    assert!(!inner.start && !inner.keyframe);
    let later_partition = parse(&[0x11, 0x00]);
    assert!(!later_partition.start && !later_partition.keyframe);
}

#[test]
fn reads_every_optional_field() {
    let all = parse(&[0x90, 0xf0, 0x81, 0x02, 9, 0xa5, 0x00]);
    assert_eq!(
        all.picture,
        Some(Picture {
            id: 0x102,
            wide: true
        })
    );
    assert_eq!(all.base_layer, Some(9));
    assert_eq!(all.temporal, Some((2, true)));
    assert_eq!(all.length, 6);
    let narrow = parse(&[0x90, 0x80, 0x7f, 0x00]);
    assert_eq!(
        narrow.picture,
        Some(Picture {
            id: 0x7f,
            wide: false
        })
    );
    let key_index_only = parse(&[0x90, 0x10, 0x05, 0x01]);
    assert_eq!((key_index_only.temporal, key_index_only.length), (None, 3));
    let nothing = parse(&[0x90, 0x00, 0x01]);
    assert_eq!((nothing.picture, nothing.length), (None, 2));
}

#[test]
fn every_cut_is_short() {
    let whole = [0x90, 0xf0, 0x81, 0x02, 9, 0xa5, 0x00];
    for length in 0..whole.len() {
        assert_eq!(
            Vp8Descriptor::parse(&whole[..length]),
            Err(Malformed::Short)
        );
    }
}

#[test]
fn numbers_go_on_across_sources_and_wraps() {
    let mut continuity = Continuity::default();
    let first = parse(&vp8(true, true, 0x7ffe, 254));
    let shift = continuity.follow(&first);
    for (picture, base_layer) in [(0x7ffe, 254), (0x7fff, 255), (0, 0)] {
        let mut payload = vp8(true, false, picture, base_layer);
        let rewrite = shift.rewrite(&parse(&payload));
        rewrite.apply(&mut payload);
        assert_eq!(payload, vp8(true, false, picture, base_layer));
        continuity.sent(&rewrite);
    }
    let other = continuity.follow(&parse(&vp8(true, true, 7_000, 77)));
    for step in 0..4 {
        let mut payload = vp8(true, false, 7_000 + step, 77);
        other.rewrite(&parse(&payload)).apply(&mut payload);
        assert_eq!(payload, vp8(true, false, 1 + step, 1));
    }
}

#[test]
fn a_narrow_number_stays_narrow_and_wraps() {
    let mut continuity = Continuity::default();
    let wide = parse(&vp8(true, true, 130, 0));
    continuity.sent(&continuity.follow(&wide).rewrite(&wide));
    let mut payload = [0x90, 0x80, 126, 0x00];
    let shift = continuity.follow(&parse(&payload));
    shift.rewrite(&parse(&payload)).apply(&mut payload);
    assert_eq!(payload[2], 3);
    let mut later = [0x90, 0x80, 125, 0x01];
    shift.rewrite(&parse(&later)).apply(&mut later);
    assert_eq!(later[2], 2);
}

#[test]
fn a_source_without_numbers_is_left_alone_and_forgets_nothing() {
    let mut continuity = Continuity::default();
    let numbered = parse(&vp8(true, true, 50, 5));
    continuity.sent(&continuity.follow(&numbered).rewrite(&numbered));
    let mut bare = [0x10, 0x00];
    let rewrite = continuity.follow(&parse(&bare)).rewrite(&parse(&bare));
    rewrite.apply(&mut bare);
    continuity.sent(&rewrite);
    assert_eq!(bare, [0x10, 0x00]);
    let mut again = vp8(true, true, 1, 1);
    continuity
        .follow(&parse(&again))
        .rewrite(&parse(&again))
        .apply(&mut again);
    assert_eq!(again, vp8(true, true, 51, 6));
}

#[test]
fn a_rewrite_of_a_payload_that_is_too_short_does_nothing() {
    let wide = parse(&vp8(true, true, 50, 5));
    Continuity::default()
        .follow(&wide)
        .rewrite(&wide)
        .apply(&mut [0x90, 0xc0, 0]);
    let narrow = parse(&[0x90, 0x80, 126, 0x00]);
    Continuity::default()
        .follow(&narrow)
        .rewrite(&narrow)
        .apply(&mut [0x90]);
}

#[test]
fn survives_mutated_descriptors() {
    let corpus = [
        vp8(true, true, 5, 5),
        vec![0x90, 0xf0, 0x81, 0x02, 9, 0xa5, 0],
        vec![0x10, 0],
    ];
    mutate(&corpus, 20_000, |bytes| {
        let Ok(descriptor) = Vp8Descriptor::parse(bytes) else {
            return;
        };
        assert!(descriptor.length < bytes.len());
        let mut copy = bytes.to_vec();
        let mut continuity = Continuity {
            picture: Some(0x7fff),
            base_layer: Some(255),
        };
        let rewrite = continuity.follow(&descriptor).rewrite(&descriptor);
        rewrite.apply(&mut copy);
        continuity.sent(&rewrite);
        let after = Vp8Descriptor::parse(&copy).unwrap();
        assert_eq!(
            (after.length, after.keyframe),
            (descriptor.length, descriptor.keyframe)
        );
    });
}
