use super::super::rtp::Malformed;
use super::super::testing::mutate;
use super::{Nal, Unit, Units};

const AGGREGATE: &[u8] = b"\x78\x00\x03\x67\x42\x00\x00\x02\x68\xce\x00\x02\x65\x88";

fn read(payload: &[u8]) -> (bool, bool) {
    let nal = Nal::parse(payload).unwrap();
    (nal.parameters, nal.idr)
}

#[test]
fn parameter_sets_and_idr_slices_are_found_in_every_kind_of_packet() {
    assert_eq!(read(b"\x67\x42\x00\x1f"), (true, false));
    assert_eq!(read(b"\x65\x88"), (false, true));
    assert_eq!(read(AGGREGATE), (true, true));
    assert_eq!(read(&AGGREGATE[..10]), (true, false));
    assert_eq!(read(b"\x7c\x85\x88"), (false, true), "first fragment");
    assert_eq!(read(b"\x7c\x87\x42"), (true, false), "first fragment");
}

#[test]
fn other_slices_and_later_fragments_are_no_beginning() {
    assert_eq!(read(b"\x41\x9a"), (false, false));
    assert_eq!(read(b"\x7c\x05\x88"), (false, false), "a fragment between");
    assert_eq!(read(b"\x7c\x45\x88"), (false, false), "the last fragment");
    assert_eq!(read(b"\x68\xce"), (false, false), "picture parameters");
}

#[test]
fn what_contradicts_itself_is_malformed() {
    assert_eq!(Nal::parse(b""), Err(Malformed::Short));
    assert_eq!(Nal::parse(b"\x7c"), Err(Malformed::Short));
    assert_eq!(Nal::parse(&AGGREGATE[..5]), Err(Malformed::Length));
    assert_eq!(Nal::parse(b"\x78\x00\x00"), Err(Malformed::Length));
    assert_eq!(Nal::parse(b"\x78\x00"), Err(Malformed::Length));
    assert_eq!(Nal::parse(b"\x7a\x00"), Err(Malformed::Version));
    assert_eq!(Nal::parse(&[0x78; 600]), Err(Malformed::Length));
}

#[test]
fn units_are_walked_whole_or_in_fragments() {
    let unit = |head, body, starts, ends| Unit {
        head,
        body,
        starts,
        ends,
    };
    let walk = |payload| Units::of(payload).collect::<Vec<_>>();
    let all: Vec<(u8, &[u8])> = Units::of(AGGREGATE)
        .map(|unit| (unit.head, unit.body))
        .collect();
    assert_eq!(
        all,
        [(0x67, &b"\x42\0"[..]), (0x68, b"\xce"), (0x65, b"\x88")]
    );
    assert_eq!(walk(b"\x41\x9a"), [unit(0x41, &b"\x9a"[..], true, true)]);
    assert_eq!(
        walk(b"\x7c\x85\x88"),
        [unit(0x65, &b"\x88"[..], true, false)]
    );
    assert_eq!(
        walk(b"\x5c\x41\x01"),
        [unit(0x41, &b"\x01"[..], false, true)]
    );
    assert_eq!(walk(b""), []);
    assert_eq!(walk(b"\x7a\0"), []);
}

#[test]
fn mutations_are_survived() {
    let corpus = [AGGREGATE.to_vec(), b"\x7c\x85\x88".to_vec()];
    mutate(&corpus, 20_000, |bytes| {
        let walked: usize = Units::of(bytes).map(|unit| 1 + unit.body.len()).sum();
        assert!(walked <= bytes.len());
        let _ = Nal::parse(bytes);
    });
}
