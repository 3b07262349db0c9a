use super::super::rtp::Malformed;
use super::super::testing::mutate;
use super::{Element, Elements, Obu, number};

/// A sequence header and the beginning of a frame.
const FIRST: &[u8] = b"\x68\x03\x08\x01\x02\x30\x10\x11\x12";
const LENGTHS: &[u8] = b"\x00\x02\x08\x01\x01\x30";

fn walk(payload: &[u8]) -> Result<Vec<Element<'_>>, Malformed> {
    Elements::of(payload).collect()
}

fn part(bytes: &[u8], starts: bool, ends: bool) -> Element<'_> {
    Element {
        bytes,
        starts,
        ends,
    }
}

#[test]
fn elements_are_cut_as_their_packet_says() {
    assert_eq!(
        walk(FIRST),
        Ok(vec![
            part(b"\x08\x01\x02", true, true),
            part(b"\x30\x10\x11\x12", true, false)
        ])
    );
    assert_eq!(
        walk(b"\x90\x13\x14"),
        Ok(vec![part(b"\x13\x14", false, true)])
    );
    assert_eq!(
        walk(b"\xd0\x13\x14"),
        Ok(vec![part(b"\x13\x14", false, false)])
    );
    assert_eq!(
        walk(LENGTHS),
        Ok(vec![
            part(b"\x08\x01", true, true),
            part(b"\x30", true, true)
        ])
    );
    assert_eq!(walk(b""), Ok(vec![]));
    assert_eq!(walk(b"\x10"), Ok(vec![]));
}

#[test]
fn elements_that_contradict_their_packet_are_malformed() {
    assert_eq!(walk(&LENGTHS[..3]), Err(Malformed::Length));
    assert_eq!(walk(b"\x20\x01\x08"), Err(Malformed::Length), "one of two");
    assert_eq!(
        walk(b"\x00\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        Err(Malformed::Length)
    );
    assert_eq!(walk(b"\x00\xff"), Err(Malformed::Length));
}

#[test]
fn an_obu_is_taken_apart_with_and_without_its_length() {
    let plain = Obu::parse(b"\x34\x40\x01\x02").unwrap();
    assert_eq!(
        (plain.kind(), plain.layers, plain.payload),
        (6, Some(0x40), &b"\x01\x02"[..])
    );
    let sized = Obu::parse(b"\x0a\x01\x07\x09").unwrap();
    assert_eq!(
        (sized.kind(), sized.layers, sized.payload),
        (1, None, &b"\x07"[..])
    );
    assert_eq!(Obu::parse(b""), Err(Malformed::Short));
    assert_eq!(Obu::parse(b"\x34"), Err(Malformed::Short));
    assert_eq!(Obu::parse(b"\x0a\x02\x07"), Err(Malformed::Length));
}

#[test]
fn a_number_has_its_seven_bits_in_order_and_an_end() {
    assert_eq!(number(b"\x05!"), Some((5, &b"!"[..])));
    assert_eq!(number(b"\xe5\x8e\x26"), Some((624_485, &b""[..])));
    assert_eq!(number(b"\x80\x00"), Some((0, &b""[..])));
    assert_eq!(number(b"\xff\xff\xff\xff\x1f"), None, "more than 32 bits");
    assert_eq!(number(b"\x80"), None);
}

#[test]
fn mutations_are_survived() {
    mutate(&[FIRST.to_vec(), LENGTHS.to_vec()], 20_000, |bytes| {
        let mut walked = 0;
        for element in Elements::of(bytes).map_while(Result::ok) {
            walked += element.bytes.len();
            if let Ok(obu) = Obu::parse(element.bytes) {
                assert!(obu.payload.len() < element.bytes.len());
            }
        }
        assert!(walked <= bytes.len());
    });
}
