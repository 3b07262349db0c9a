//! H.264: a payload is looked at to its end or refused, a cut one never says more than the whole, and its units lie in it.
#![no_main]

use _native::media::h264::{Nal, Units};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|payload: &[u8]| {
    let mut walked = 0;
    for unit in Units::of(payload) {
        walked += 1 + unit.body.len();
        assert!(walked <= payload.len());
    }
    let Ok(nal) = Nal::parse(payload) else {
        return;
    };
    for end in 1..payload.len().min(64) {
        if let Ok(part) = Nal::parse(&payload[..end]) {
            assert!(nal.parameters || !part.parameters);
            assert!(nal.idr || !part.idr);
        }
    }
});
