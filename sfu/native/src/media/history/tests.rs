use super::super::testing::Chance;
use super::*;

#[test]
fn gives_back_what_it_took() {
    let mut history = History::new(100);
    assert_eq!(history.get(0), None);
    history.insert(7, Codec::Vp8, b"seven");
    history.insert(8, Codec::Vp8, b"eight");
    assert_eq!(history.get(7), Some((Codec::Vp8, &b"seven"[..])));
    assert_eq!(history.get(8), Some((Codec::Vp8, &b"eight"[..])));
    assert_eq!(history.get(9), None);
    history.clear();
    assert_eq!(history.get(7), None);
}

#[test]
fn takes_neither_nothing_nor_too_much() {
    let mut history = History::new(4);
    history.insert(1, Codec::Vp8, b"");
    history.insert(2, Codec::Vp8, b"12345");
    assert_eq!((history.get(1), history.get(2)), (None, None));
    history.insert(3, Codec::Vp8, b"1234");
    assert_eq!(history.get(3), Some((Codec::Vp8, &b"1234"[..])));
    let mut none = History::new(0);
    none.insert(1, Codec::Vp8, b"1");
    assert_eq!(none.get(1), None);
}

#[test]
fn the_newest_index_holds_the_place() {
    let mut history = History::new(100);
    history.insert(5, Codec::Vp8, b"old");
    history.insert(5 + PACKETS, Codec::Vp8, b"new");
    assert_eq!(history.get(5), None);
    assert_eq!(history.get(5 + PACKETS), Some((Codec::Vp8, &b"new"[..])));
}

#[test]
fn never_gives_a_torn_packet() {
    let mut chance = Chance::new(7);
    let mut history = History::new(10_000);
    for index in 0..20_000u64 {
        let length = 1 + chance.below(1_200);
        let fill = u8::try_from(index % 251).unwrap();
        history.insert(index, Codec::Vp8, &vec![fill; length]);
        let mut found = 0;
        for earlier in index.saturating_sub(60)..=index {
            if let Some((_, packet)) = history.get(earlier) {
                assert!(packet.iter().all(|&byte| u64::from(byte) == earlier % 251));
                found += 1;
            }
        }
        assert!(
            found >= 7 || index < 7,
            "10,000 bytes hold at least seven packets"
        );
        assert!(history.get(index).is_some());
    }
}
