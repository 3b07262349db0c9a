use super::*;

fn segment(generation: u64, from_index: u64, from_number: u64) -> Segment {
    Segment {
        source: 1,
        generation,
        from_index,
        from_number,
        ..Segment::default()
    }
}

#[test]
fn an_empty_map_knows_nothing() {
    let map = PacketMap::default();
    assert_eq!(map.newest(), None);
    assert_eq!(map.by_index(0, 0), None);
    assert_eq!(map.by_number(0), None);
}

#[test]
fn finds_both_ways_within_a_generation() {
    let mut map = PacketMap::default();
    map.begin(segment(1, 100, 1_000));
    map.begin(segment(1, 111, 1_010)); // index 110 was left out
    assert_eq!(map.by_number(999), None);
    assert_eq!(map.by_number(1_009), Some((&segment(1, 100, 1_000), 109)));
    assert_eq!(map.by_number(1_010), Some((&segment(1, 111, 1_010), 111)));
    assert_eq!(map.by_index(1, 99), None);
    assert_eq!(map.by_index(1, 109).unwrap().number_of(109), 1_009);
    assert_eq!(map.by_index(1, 110), None);
    assert_eq!(map.by_index(1, 112).unwrap().number_of(112), 1_011);
}

#[test]
fn generations_do_not_mix() {
    let mut map = PacketMap::default();
    map.begin(segment(1, 100, 1_000));
    map.begin(segment(2, 50, 1_010));
    map.begin(segment(3, 200, 1_020));
    assert_eq!(
        map.by_index(1, 101),
        None,
        "only the present generation is looked up by index"
    );
    assert_eq!(map.by_index(2, 51), None);
    assert_eq!(map.by_index(3, 201).unwrap().generation, 3);
    assert_eq!(map.by_number(1_005).unwrap().0.generation, 1);
    assert_eq!(map.by_number(1_015).unwrap(), (&segment(2, 50, 1_010), 55));
}

#[test]
fn a_segment_without_packets_is_replaced() {
    let mut map = PacketMap::default();
    map.begin(segment(1, 100, 1_000));
    for left_out in 0..1_000 {
        map.begin(segment(1, 105 + left_out, 1_004));
    }
    assert_eq!(map.begun, 2);
    assert_eq!(map.by_number(1_003).unwrap().1, 103);
    assert_eq!(map.by_number(1_004).unwrap().1, 1_104);
}

#[test]
fn forgets_the_oldest() {
    let mut map = PacketMap::default();
    for number in 0..=SEGMENTS as u64 {
        map.begin(segment(1, 1_000 + 2 * number, 10 + number));
    }
    assert_eq!(map.by_number(10), None);
    assert_eq!(map.by_number(11).unwrap().1, 1_002);
    assert_eq!(map.by_index(1, 1_000), None);
    assert!(map.by_index(1, 1_002).is_some());
}
