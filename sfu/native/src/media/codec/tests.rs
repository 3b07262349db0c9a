use super::super::testing::vp8;
use super::*;

#[test]
fn knows_codecs_by_name() {
    assert_eq!(Codec::from_name("OPUS"), Some(Codec::Opus));
    assert_eq!(Codec::from_name("VP8"), Some(Codec::Vp8));
    assert_eq!(Codec::from_name("rtx"), None);
    assert_eq!(
        (Codec::Opus.kind(), Codec::Vp8.kind()),
        (Kind::Audio, Kind::Video)
    );
    assert_eq!(
        (Kind::Audio.clock_rate(), Kind::Video.clock_rate()),
        (48_000, 90_000)
    );
}

#[test]
fn tells_where_a_decoder_can_begin() {
    assert!(!Media::read(Codec::Opus, &[]).unwrap().is_entry());
    assert!(Media::read(Codec::Opus, &[1]).unwrap().is_entry());
    assert!(
        Media::read(Codec::Vp8, &vp8(true, true, 1, 1))
            .unwrap()
            .is_entry()
    );
    assert!(
        !Media::read(Codec::Vp8, &vp8(true, false, 1, 1))
            .unwrap()
            .is_entry()
    );
    assert!(
        !Media::read(Codec::Vp8, &vp8(false, true, 1, 1))
            .unwrap()
            .is_entry()
    );
    assert!(Media::read(Codec::Vp8, &[0x90]).is_err());
}

#[test]
fn maps_payload_types() {
    let mut types = PayloadTypes::default();
    assert_eq!(
        (types.get(Codec::Opus), types.get(Codec::Vp8)),
        (None, None)
    );
    types.set(Codec::Opus, 111, None);
    types.set(Codec::Vp8, 96, Some(97));
    assert_eq!(types.get(Codec::Opus), Some((111, None)));
    assert_eq!(types.get(Codec::Vp8), Some((96, Some(97))));
}
