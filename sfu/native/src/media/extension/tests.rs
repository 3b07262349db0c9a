use super::super::testing::{ids, mutate};
use super::*;

fn walk(profile: u16, bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    Elements::new(profile, bytes)
        .map(|(id, value)| (id, value.to_vec()))
        .collect()
}

#[test]
fn maps_ids_by_uri() {
    let mut found = ExtensionIds::default();
    for (id, uri) in [
        (1, MID),
        (2, RID),
        (3, REPAIRED_RID),
        (4, AUDIO_LEVEL),
        (5, TRANSPORT_CC),
        (6, ABS_SEND_TIME),
        (7, DESCRIPTOR),
    ] {
        found.set(id, uri);
    }
    found.set(9, "urn:unknown");
    assert_eq!(found, ids());
}

#[test]
fn walks_one_byte_elements() {
    assert_eq!(
        walk(ONE_BYTE, &[0x10, b'a', 0, 0, 0x21, 1, 2]),
        [(1, vec![b'a']), (2, vec![1, 2])]
    );
}

#[test]
fn one_byte_walk_ends_at_reserved_ids_and_lies() {
    assert_eq!(walk(ONE_BYTE, &[0x10, 1, 0xf0, 9, 0x20, 2]), [(1, vec![1])]);
    assert_eq!(walk(ONE_BYTE, &[0x10, 1, 0x03, 9, 9, 9, 9]), [(1, vec![1])]);
    assert_eq!(walk(ONE_BYTE, &[0x10, 1, 0x25, 9]), [(1, vec![1])]);
    assert_eq!(walk(ONE_BYTE, &[0x10]), []);
}

#[test]
fn walks_two_byte_elements_with_any_appbits() {
    assert_eq!(
        walk(0x100f, &[1, 0, 0, 20, 2, 7, 8]),
        [(1, vec![]), (20, vec![7, 8])]
    );
    assert_eq!(walk(TWO_BYTE, &[1]), []);
    assert_eq!(walk(TWO_BYTE, &[1, 1, 5, 2, 9, 5]), [(1, vec![5])]);
}

#[test]
fn a_foreign_profile_has_no_elements() {
    assert_eq!(walk(0xabac, &[0x10, 1]), []);
}

#[test]
fn reads_what_it_knows() {
    let bytes = [
        0x10, b'm', 0x20, b'r', 0x30, b'q', 0x40, 0x9e, 0x51, 1, 2, 0x62, 1, 2, 3, 0x70, 1,
    ];
    let found = Extensions::read(Elements::new(ONE_BYTE, &bytes), ids());
    assert_eq!(found.mid, Some(&b"m"[..]));
    assert_eq!(found.rid, Some(&b"r"[..]));
    assert_eq!(found.repaired_rid, Some(&b"q"[..]));
    assert_eq!(
        found.audio_level,
        Some(AudioLevel {
            voice: true,
            level: 30
        })
    );
    assert_eq!(found.transport_sequence, Some(0x0102));
    assert_eq!(found.abs_send_time, Some(0x01_0203));
}

#[test]
fn values_that_are_too_short_are_absent() {
    let bytes = [4, 0, 5, 1, 1, 6, 2, 1, 1];
    let found = Extensions::read(Elements::new(TWO_BYTE, &bytes), ids());
    assert_eq!(found, Extensions::default());
}

#[test]
fn ids_that_were_not_negotiated_match_nothing() {
    let bytes = [1, 1, 9];
    let found = Extensions::read(Elements::new(TWO_BYTE, &bytes), ExtensionIds::default());
    assert_eq!(found, Extensions::default());
}

#[test]
fn survives_mutated_extensions() {
    let corpus = [
        vec![0x10, b'm', 0x51, 1, 2, 0, 0, 0x62, 1, 2, 3],
        vec![1, 1, 9, 5, 2, 1, 2, 0],
    ];
    mutate(&corpus, 20_000, |bytes| {
        for profile in [ONE_BYTE, TWO_BYTE, 0] {
            let total: usize = Elements::new(profile, bytes)
                .map(|(_, value)| value.len())
                .sum();
            assert!(total <= bytes.len());
            let _ = Extensions::read(Elements::new(profile, bytes), ids());
        }
    });
}
