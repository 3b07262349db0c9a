use super::*;

#[test]
fn lookup_resolves_the_present_generation_only() {
    let mut slot = slot(Kind::Video);
    slot.assign(1, 1, 9);
    key(100, 0, 1).through(&mut slot, 0).unwrap();
    delta(101, 3_000, 2).through(&mut slot, 33_000).unwrap();
    let found = slot.lookup(0).unwrap();
    assert_eq!((found.source, found.generation, found.index), (1, 1, 101));
    assert_eq!(slot.lookup(65_535).unwrap().index, 100);
    assert_eq!(slot.lookup(1), None, "not sent");
    assert_eq!(slot.lookup(65_534), None, "before the first");
    assert_eq!(slot.lookup(40_000), None);
    slot.assign(2, 2, 10);
    assert_eq!(
        slot.lookup(0),
        None,
        "already another generation, though nothing of it was sent"
    );
    key(5, 0, 1).through(&mut slot, 66_000).unwrap();
    assert_eq!(slot.lookup(0), None);
    assert_eq!(slot.lookup(1).unwrap().source, 2);
    // Back to the first source: its earlier packets stay refused.
    slot.assign(1, 3, 9);
    key(150, 0, 40).through(&mut slot, 99_000).unwrap();
    assert_eq!((slot.lookup(0), slot.lookup(1)), (None, None));
    assert_eq!(slot.lookup(2).unwrap().generation, 3);
}

#[test]
fn a_repair_is_the_packet_under_its_own_numbers() {
    let mut slot = slot(Kind::Video);
    slot.assign(1, 1, 9);
    key(100, 0, 1).through(&mut slot, 0).unwrap();
    let lost = delta(101, 3_000, 2);
    let sent = lost.through(&mut slot, 33_000).unwrap();
    let found = slot.lookup(0).unwrap();
    let repair = lost
        .hand(50_000, |inbound| slot.repair(50_000, &found, inbound))
        .unwrap();
    assert_eq!(
        (
            repair.header.ssrc,
            repair.header.payload_type,
            repair.header.sequence
        ),
        (51, 97, 65_535)
    );
    assert_eq!(repair.original_sequence, Some(0));
    assert_eq!(repair.header.timestamp, sent.header.timestamp);
    assert_eq!((repair.header.csrc, repair.rewrite), (9, sent.rewrite));
    let again = lost
        .hand(50_000, |inbound| slot.repair(50_000, &found, inbound))
        .unwrap();
    assert_eq!(again.header.sequence, 0);
    assert_eq!(
        slot.sender_report(0).unwrap().packets,
        2,
        "repairs are a stream of their own"
    );
}

#[test]
fn a_repair_is_refused_when_anything_does_not_fit() {
    let mut slot = slot(Kind::Video);
    slot.assign(1, 1, 9);
    let first = key(100, 0, 1);
    first.through(&mut slot, 0).unwrap();
    let found = slot.lookup(65_535).unwrap();
    let refused = |slot: &mut Slot, sample: &Sample| {
        sample
            .hand(0, |inbound| slot.repair(0, &found, inbound))
            .is_none()
    };
    assert!(refused(&mut slot, &delta(101, 0, 1)), "another packet");
    let unknown = Lookup { number: 3, ..found };
    assert!(
        first
            .hand(0, |inbound| slot.repair(0, &unknown, inbound))
            .is_none()
    );
    let mut without = slot.clone();
    without.config.rtx_ssrc = 0;
    assert!(refused(&mut without, &first));
    let mut untyped = slot.clone();
    untyped.config.payloads.set(Codec::Vp8, 96, None);
    assert!(refused(&mut untyped, &first));
    slot.assign(1, 2, 9);
    assert!(refused(&mut slot, &first), "another generation");
    slot.clear();
    assert!(refused(&mut slot, &first));
    let mut sound_slot = super::slot(Kind::Audio);
    sound_slot.assign(1, 1, 9);
    let voice = sound(1, 0);
    voice.through(&mut sound_slot, 0).unwrap();
    let found = sound_slot.lookup(65_535).unwrap();
    assert!(
        voice
            .hand(0, |inbound| sound_slot.repair(0, &found, inbound))
            .is_none()
    );
}

#[test]
fn repairs_are_bounded_by_what_was_sent() {
    let mut slot = slot(Kind::Video);
    slot.assign(1, 1, 9);
    let first = key(100, 0, 1);
    first.through(&mut slot, 0).unwrap();
    let found = slot.lookup(65_535).unwrap();
    let repaired = |slot: &mut Slot| {
        (0..1_000)
            .filter(|_| {
                first
                    .hand(0, |inbound| slot.repair(0, &found, inbound))
                    .is_some()
            })
            .count()
    };
    assert_eq!(repaired(&mut slot), usize::try_from(REPAIR_CREDIT).unwrap());
    delta(101, 0, 1).through(&mut slot, 0).unwrap();
    assert_eq!(repaired(&mut slot), 1);
}
