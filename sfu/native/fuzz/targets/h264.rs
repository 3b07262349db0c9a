//! H.264: a payload is looked at to its end or refused, and a cut one never says more than the whole.
#![no_main]

use _native::media::h264::Nal;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|payload: &[u8]| {
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
