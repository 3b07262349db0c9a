//! VP9 payload descriptors: the bitstream begins inside the packet, and a cut one never begins elsewhere.
#![no_main]

use _native::media::vp9::Vp9Descriptor;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|payload: &[u8]| {
    let Ok(descriptor) = Vp9Descriptor::parse(payload) else {
        return;
    };
    assert!(descriptor.length < payload.len());
    assert_eq!(
        Vp9Descriptor::parse(&payload[..=descriptor.length]),
        Ok(descriptor)
    );
    assert!(Vp9Descriptor::parse(&payload[..descriptor.length]).is_err());
});
