use super::super::rtp::Malformed;
use super::super::testing::mutate;
use super::Vp9Descriptor;

/// A wide `PictureID`, layers, and a structure of two layers with sizes and a group of two pictures.
const KEY: &[u8] =
    b"\xaa\x81\x02\x01\x07\x38\x01\x40\x00\xb4\x02\x80\x01\x68\x02\x04\x01\x14\x01\x82\x49\x83";
/// Flexible: two pictures are referred to.
const DELTA: &[u8] = b"\xf4\x81\x03\x20\x03\x04\x86\x00";

fn read(payload: &[u8]) -> (usize, bool) {
    let descriptor = Vp9Descriptor::parse(payload).unwrap();
    (descriptor.length, descriptor.inter)
}

#[test]
fn the_bitstream_is_found_behind_every_field() {
    assert_eq!(read(KEY), (19, false));
    assert_eq!(read(DELTA), (6, true));
    assert_eq!(read(b"\x0c\x82"), (1, false));
    assert_eq!(read(b"\x8c\x05\x82"), (2, false), "a narrow number");
    assert_eq!(read(b"\x4c\x82"), (1, true));
    assert_eq!(read(b"\x0e\x00\x82"), (2, false), "an empty structure");
}

#[test]
fn what_ends_too_early_or_never_is_malformed() {
    for end in 0..=19 {
        assert_eq!(
            Vp9Descriptor::parse(&KEY[..end]),
            Err(Malformed::Short),
            "{end}"
        );
    }
    assert_eq!(
        Vp9Descriptor::parse(b"\x50\x03\x03\x03\x82"),
        Err(Malformed::Length)
    );
    assert_eq!(Vp9Descriptor::parse(b"\x0e\x08\xff"), Err(Malformed::Short));
}

#[test]
fn mutations_are_survived() {
    mutate(&[KEY.to_vec(), DELTA.to_vec()], 20_000, |bytes| {
        if let Ok(descriptor) = Vp9Descriptor::parse(bytes) {
            assert!(descriptor.length < bytes.len());
        }
    });
}
