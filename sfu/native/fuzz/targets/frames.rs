//! Frames of a TCP connection: cut at their ends, or refused; what is left is shorter than a frame.
#![no_main]

use _native::streams::{datagram, whole_frames};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some(whole) = whole_frames(bytes) else {
        return;
    };
    let mut at = 0;
    while let Some(range) = datagram(&bytes[..whole], at) {
        assert!(range.start >= at + 2 && range.end <= whole);
        at = range.end;
    }
    assert_eq!(at, whole);
    assert!(bytes.len() - whole <= 2 + 2_048);
});
