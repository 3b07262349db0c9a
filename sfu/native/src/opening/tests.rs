use super::*;
use crate::media::codec::{Codec, Kind, Media};
use crate::media::receive::Receiver;

const NOW: u64 = 10_000_000;
const VP8: [u8; 15] = *b"\x80\x60\0\0\0\0\0\0\0\0\0\x01\x10\0k";

/// A camera of three layers; each has had a keyframe and another packet at these times.
fn camera(times: [Option<u64>; 3]) -> Source {
    let rids = ["q", "h", "f"].map(|rid| rid.as_bytes().to_vec());
    let mut source = Source::new(1, 0, Kind::Video, 7, rids.to_vec());
    for (number, at) in times.into_iter().enumerate() {
        if let Some(at) = at {
            keyframe(&mut source, number, at);
        }
    }
    source
}

fn keyframe(source: &mut Source, number: usize, at: u64) {
    source.flow(NOW, number, &Media::Padding, 0);
    let layer = &mut source.layers[number];
    let mut receiver = Receiver::new(1, Kind::Video.clock_rate(), true);
    for sequence in 0..2 {
        let arrival = receiver.receive(at, sequence, 0).expect("is new");
        let index = layer.index(arrival.index);
        layer.history.insert(index, Codec::Vp8, &VP8);
        layer.opening.get_or_insert(Opening {
            index,
            at,
            capture: at,
            timestamp: 0,
        });
    }
    layer.receiver = Some(receiver);
}

fn begins(source: &Source, since: u64, most: usize) -> Option<usize> {
    let view = LayerView {
        most,
        ..LayerView::default()
    };
    find(NOW, since, &view, source).map(|(layer, _)| layer)
}

#[test]
fn a_slot_begins_with_the_best_layer_that_has_a_fresh_keyframe() {
    let old = NOW - FRESH - 1;
    let all = camera([Some(NOW), Some(NOW), Some(NOW)]);
    assert_eq!(begins(&all, 0, 2), Some(2));
    assert_eq!(begins(&all, 0, 1), Some(1));
    let paused = camera([Some(NOW - FRESH), None, Some(old)]);
    assert_eq!(begins(&paused, 0, 2), Some(0));
    assert_eq!(begins(&camera([Some(old); 3]), 0, 2), None);
    assert_eq!(begins(&camera([None; 3]), 0, 2), None);
}

#[test]
fn nothing_goes_out_from_before_the_viewer_belonged_to_the_audience() {
    let source = camera([Some(NOW - 200_000), Some(NOW - 100_000), None]);
    assert_eq!(begins(&source, NOW - 100_000, 0), None);
    assert_eq!(begins(&source, NOW - 100_000, 1), Some(1));
    assert_eq!(begins(&source, NOW - 200_000, 0), Some(0));
    assert_eq!(begins(&source, NOW - 99_999, 2), None);
}

#[test]
fn what_is_too_long_or_lost_from_the_history_is_not_begun() {
    let mut long = camera([Some(NOW), None, None]);
    let layer = &mut long.layers[0];
    let receiver = layer.receiver.as_mut().expect("it flows");
    for sequence in 2..=LONGEST + 1 {
        receiver.receive(NOW, sequence as u16, 0);
    }
    assert_eq!(begins(&long, 0, 0), None);

    let mut muted = camera([Some(NOW), None, None]);
    assert_eq!(begins(&muted, 0, 0), Some(0));
    muted.layers[0].history.clear();
    assert_eq!(begins(&muted, 0, 0), None);
    let mut forgotten = camera([Some(NOW), None, None]);
    forgotten.forget();
    assert!(forgotten.layers[0].opening.is_none());
}
