//! AV1: the elements of a payload lie in it in their order, and an OBU in its element.
#![no_main]

use _native::media::av1::{Elements, Obu, number};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|payload: &[u8]| {
    let mut walked = 0;
    let mut before = None;
    for element in Elements::of(payload) {
        let Ok(element) = element else {
            break;
        };
        walked += element.bytes.len();
        assert!(before.is_none_or(|ends| ends && element.starts));
        before = Some(element.ends);
        if let Ok(obu) = Obu::parse(element.bytes) {
            assert!(obu.payload.len() < element.bytes.len());
            assert_eq!(obu.kind(), obu.head >> 3 & 15);
        }
    }
    assert!(walked <= payload.len());
    if let Some((_, rest)) = number(payload) {
        assert!(rest.len() < payload.len() && payload.len() - rest.len() <= 8);
    }
});
