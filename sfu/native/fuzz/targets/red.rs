//! RED: every block lies inside the payload, and naming the types of its blocks moves nothing.
#![no_main]

use _native::media::red::Red;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|payload: &[u8]| {
    let Ok(red) = Red::parse(payload) else {
        return;
    };
    assert!(red.primary > 4 * usize::from(red.older) && red.primary <= payload.len());
    assert!(red.reach < 1 << 14 && red.older < 8);
    let mut copy = payload.to_vec();
    Red::rename(red.older, 109, &mut copy);
    assert_eq!(Red::parse(&copy), Ok(red));
    assert_eq!(copy[red.primary..], payload[red.primary..]);
    // A payload that is shorter than it was is no reason to write outside.
    Red::rename(red.older, 63, &mut copy[..payload.len() / 2]);
});
