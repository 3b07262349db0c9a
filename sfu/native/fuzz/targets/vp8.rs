//! VP8 payload descriptors: a rewrite changes two numbers and nothing else.
#![no_main]

use _native::media::vp8::{Continuity, Vp8Descriptor};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|payloads: (&[u8], &[u8])| {
    let (first, second) = payloads;
    let mut continuity = Continuity::default();
    for payload in [first, second, first] {
        let Ok(descriptor) = Vp8Descriptor::parse(payload) else {
            continue;
        };
        assert!(descriptor.length < payload.len());
        let rewrite = continuity.follow(&descriptor).rewrite(&descriptor);
        let mut copy = payload.to_vec();
        rewrite.apply(&mut copy);
        continuity.sent(&rewrite);
        let after = Vp8Descriptor::parse(&copy).expect("still a descriptor");
        assert_eq!(after.length, descriptor.length);
        assert_eq!(after.keyframe, descriptor.keyframe);
        assert_eq!(after.temporal, descriptor.temporal);
        assert_eq!(copy[after.length..], payload[after.length..]);
        let width = |descriptor: &Vp8Descriptor| descriptor.picture.map(|picture| picture.wide);
        assert_eq!(width(&after), width(&descriptor));
    }
});
