//! Dependency descriptors of one stream: read in turn, as a publisher would send them, and thinned for a slot.
//!
//! A record is: what the slot wants, length of the descriptor, its bytes.
#![no_main]

use _native::media::codec::{Codec, Media};
use _native::media::descriptor::{Descriptors, LayerId, MAX_REFERENCES, MAX_TARGETS};
use _native::media::thinning::{ALL, Thinning};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|records: &[u8]| {
    let (mut descriptors, mut thinning) = (Descriptors::default(), Thinning::default());
    let (mut rest, mut begun) = (records, false);
    while let Some((&[wanted, length], tail)) = rest.split_first_chunk::<2>() {
        let (bytes, tail) = tail.split_at(usize::from(length).min(tail.len()));
        rest = tail;
        thinning.limit(if wanted == 0 {
            ALL
        } else {
            LayerId {
                spatial: wanted & 3,
                temporal: wanted >> 2 & 7,
            }
        });
        let Ok(Some(frame)) = descriptors.read(20, bytes) else {
            let _ = descriptors.review(20, bytes);
            continue;
        };
        assert_eq!((frame.at, usize::from(frame.length)), (20, bytes.len()));
        assert!(frame.references.distances().len() <= MAX_REFERENCES);
        assert!(frame.layer.spatial <= 3 && frame.layer.temporal <= 7);
        assert!(frame.spatial().count() <= 4);
        if let Some(target) = frame.choose(ALL) {
            assert!(usize::from(target) < MAX_TARGETS && frame.target(target).is_some());
        }
        // Reading again changes nothing.
        let again = descriptors.review(20, bytes).expect("it was one");
        assert_eq!((again.number, again.layer), (frame.number, frame.layer));
        let media = Media::Described(Codec::Av1, frame);
        if media.is_entry() {
            thinning.begin(&media);
            begun = true;
        } else if begun {
            let passed = thinning.passes(&media);
            assert!(!passed || thinning.passes_late(&media));
        }
        let _ = (thinning.ends_picture(&frame), thinning.awaits());
    }
});
