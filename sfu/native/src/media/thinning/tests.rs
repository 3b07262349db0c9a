use super::super::codec::Codec;
use super::super::descriptor::Descriptors;
use super::super::descriptor::testing::{L1T3, L2T2_KEY, active, frame, key, layer};
use super::super::testing::vp8_layer;
use super::*;

/// A slot's thinning behind the descriptors of one stream.
struct Bench {
    descriptors: Descriptors,
    thinning: Thinning,
}

impl Bench {
    fn new(first: &[u8], most: LayerId) -> Self {
        let mut bench = Self {
            descriptors: Descriptors::default(),
            thinning: Thinning::default(),
        };
        bench.thinning.limit(most);
        let first = bench.read(first);
        bench.thinning.begin(&first);
        bench
    }

    fn read(&mut self, bytes: &[u8]) -> Media {
        let frame = self.descriptors.read(0, bytes).unwrap().unwrap();
        Media::Described(Codec::Av1, frame)
    }

    /// Which of these frames, from `number` on, pass.
    fn pass(&mut self, number: u16, kinds: &[u8]) -> Vec<bool> {
        let numbered = (number..).zip(kinds);
        numbered
            .map(|(number, &kind)| {
                let media = self.read(&frame(kind, number));
                self.thinning.passes(&media)
            })
            .collect()
    }
}

const T: bool = true;
const F: bool = false;

#[test]
fn temporal_layers_go_at_once_and_come_back_where_the_stream_lets_them() {
    let mut bench = Bench::new(&key(L1T3, 0, 0), ALL);
    assert_eq!(bench.pass(1, &[3, 2, 3, 1]), [T, T, T, T]);
    bench.thinning.limit(layer(0, 0));
    assert_eq!(bench.pass(5, &[3, 2, 3, 1]), [F, F, F, T]);
    bench.thinning.limit(layer(0, 2));
    // T2 is discardable for its own target: only what is below lets us in.
    assert_eq!(bench.pass(9, &[3, 2, 3, 1, 3, 2]), [F, T, T, T, T, T]);
    bench.thinning.limit(layer(0, 1));
    assert_eq!(bench.pass(15, &[3, 1, 3, 2]), [F, T, F, T]);
    assert!(!bench.thinning.awaits());
}

#[test]
fn a_spatial_layer_of_a_key_mode_changes_with_a_keyframe_only() {
    let mut bench = Bench::new(&key(L2T2_KEY, 0, 0), layer(0, 9));
    assert_eq!(bench.pass(1, &[3, 2, 5, 1, 4]), [F, T, F, T, F]);
    bench.thinning.limit(layer(1, 9));
    assert_eq!(
        bench.pass(6, &[2, 5, 1, 4]),
        [T, F, T, F],
        "still the small one"
    );
    assert!(bench.thinning.awaits());
    let again = bench.read(&key(L2T2_KEY, 0, 10));
    assert!(bench.thinning.passes(&again));
    assert!(!bench.thinning.awaits());
    // The large one needs the small one at the keyframe alone.
    assert_eq!(bench.pass(11, &[3, 2, 5, 1, 4]), [T, F, T, F, T]);

    bench.thinning.limit(layer(0, 0));
    assert_eq!(
        bench.pass(16, &[2, 5, 1, 4]),
        [F, F, F, T],
        "fewer of the large ones until then"
    );
    assert!(bench.thinning.awaits());
    let last = bench.read(&key(L2T2_KEY, 0, 20));
    assert!(bench.thinning.passes(&last));
    assert_eq!(bench.pass(21, &[3, 2, 5, 1, 4]), [F, F, F, T, F]);
}

#[test]
fn nothing_is_entered_whose_references_did_not_go_out() {
    let mut bench = Bench::new(&key(L1T3, 0, 0), layer(0, 0));
    bench.thinning.limit(ALL);
    // What this T1 refers to was lost.
    assert_eq!(bench.pass(10, &[2]), [F]);
    assert_eq!(bench.pass(12, &[1, 3, 2]), [T, F, T]);
}

#[test]
fn the_last_frame_of_a_picture_that_goes_out_ends_it() {
    let mut bench = Bench::new(&key(L2T2_KEY, 0, 0), layer(0, 9));
    let Media::Described(_, small) = bench.read(&frame(1, 4)) else {
        panic!("a frame");
    };
    assert!(bench.thinning.ends_picture(&small));
    let mut whole = Bench::new(&key(L2T2_KEY, 0, 0), ALL);
    let Media::Described(_, key) = whole.read(&key(L2T2_KEY, 0, 10)) else {
        panic!("a frame");
    };
    assert!(!whole.thinning.ends_picture(&key));
    assert!(
        whole
            .thinning
            .passes_late(&Media::Described(Codec::Av1, key))
    );
    assert!(
        !whole
            .thinning
            .passes_late(&Media::Described(Codec::Av1, small))
    );
}

#[test]
fn a_layer_that_the_sender_gives_up_is_waited_for_no_longer() {
    let mut bench = Bench::new(&key(L2T2_KEY, 0, 0), ALL);
    let narrow = bench.read(&active(1, 8, 0b0011, 4));
    assert!(
        !bench.thinning.passes(&narrow),
        "its reference never went out"
    );
    assert!(bench.thinning.awaits());
    let again = bench.read(&key(L2T2_KEY, 0, 12));
    assert!(bench.thinning.passes(&again));
}

fn picture(start: bool, key: bool, layer: u8, sync: bool) -> Media {
    Media::read(Codec::Vp8, &vp8_layer(start, key, 1, layer, sync)).unwrap()
}

#[test]
fn vp8_rises_by_one_layer_at_its_sync_bit() {
    let mut thinning = Thinning::default();
    thinning.begin(&picture(true, true, 0, false));
    assert!(thinning.passes(&picture(true, false, 2, false)));
    thinning.limit(layer(0, 0));
    assert!(
        thinning.passes(&picture(false, false, 2, false)),
        "a frame goes whole"
    );
    assert!(!thinning.passes(&picture(true, false, 1, true)));
    assert!(!thinning.passes(&picture(false, false, 1, true)));
    assert!(thinning.passes(&picture(true, false, 0, false)));
    thinning.limit(ALL);
    assert!(!thinning.passes(&picture(true, false, 1, false)));
    assert!(
        !thinning.passes(&picture(true, false, 2, true)),
        "one at a time"
    );
    assert!(thinning.passes(&picture(true, false, 1, true)));
    assert!(!thinning.passes_late(&picture(true, false, 2, true)));
    assert!(thinning.passes(&picture(true, false, 2, true)));
    thinning.limit(layer(0, 0));
    assert!(thinning.passes(&picture(true, false, 0, false)));
    thinning.limit(ALL);
    assert!(thinning.passes(&picture(true, true, 0, false)));
    assert!(
        thinning.passes(&picture(true, false, 2, false)),
        "behind a keyframe"
    );
}

#[test]
fn what_has_no_layers_passes() {
    let mut thinning = Thinning::default();
    thinning.limit(layer(0, 0));
    for media in [Media::Opus, Media::Padding] {
        thinning.begin(&media);
        assert!(thinning.passes(&media) && thinning.passes_late(&media));
    }
    let plain = Media::read(Codec::Vp8, &super::super::testing::vp8(true, false, 1, 1)).unwrap();
    assert!(thinning.passes(&plain) && thinning.passes_late(&plain));
}
