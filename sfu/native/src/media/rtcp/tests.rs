use super::super::testing::mutate;
use super::*;

const BLOCK: ReportBlock = ReportBlock {
    ssrc: 5,
    fraction_lost: 200,
    total_lost: -3,
    highest_sequence: 0x0001_ffff,
    jitter: 12,
    last_report: 0xaabb_ccdd,
    delay: 65_536,
};

const INFO: SenderInfo = SenderInfo {
    ntp: 0x0102_0304_0506_0708,
    rtp: 9,
    packets: 10,
    octets: 11,
};

/// Every packet we can build, in one compound.
fn everything() -> Vec<u8> {
    let mut out = Vec::new();
    build::sender_report(&mut out, 1, &INFO, &[BLOCK, BLOCK]);
    build::receiver_report(&mut out, 2, &[BLOCK]);
    build::cname(&mut out, 3, "kreide");
    build::nack(&mut out, 4, 5, &[65_535, 0, 1, 14, 15, 100]);
    build::picture_loss(&mut out, 4, 6);
    build::full_intra(&mut out, 4, 7, 8);
    build::goodbye(&mut out, &[9, 10]);
    out
}

fn remb() -> Vec<u8> {
    let mut out = vec![0x8f, 206, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0];
    out.extend(b"REMB");
    out.extend([2, 0b0000_1011, 0xff, 0xff, 0, 0, 0, 5, 0, 0, 0, 6]);
    out
}

/// base 65534, six statuses: run of 3 small, vector [lost, large, small].
fn transport() -> Vec<u8> {
    let mut out = vec![0x8f, 205, 0, 7, 0, 0, 0, 1, 0, 0, 0, 2];
    out.extend([0xff, 0xfe, 0, 6, 0, 0, 2, 99]);
    out.extend([0x20, 3, 0b1100_1001, 0]);
    out.extend([4, 0, 8, 0xff, 0xfc, 1, 0, 0]);
    out
}

fn read_all(bytes: &[u8]) -> Vec<Result<Rtcp<'_>, Malformed>> {
    Compound::new(bytes).collect()
}

#[test]
fn reads_back_what_it_builds() {
    let bytes = everything();
    let packets: Vec<_> = Compound::new(&bytes).map(Result::unwrap).collect();
    let [sr, rr, sdes, nack, pli, fir, bye] = &packets[..] else {
        panic!("{packets:?}")
    };
    let Rtcp::SenderReport {
        ssrc: 1,
        info: INFO,
        blocks,
    } = sr
    else {
        panic!("{sr:?}")
    };
    assert_eq!(blocks.clone().collect::<Vec<_>>(), [BLOCK, BLOCK]);
    let Rtcp::ReceiverReport { ssrc: 2, blocks } = rr else {
        panic!("{rr:?}")
    };
    assert_eq!(blocks.clone().collect::<Vec<_>>(), [BLOCK]);
    let Rtcp::Description(chunks) = sdes else {
        panic!("{sdes:?}")
    };
    assert_eq!(chunks.clone().collect::<Vec<_>>(), [(3, &b"kreide"[..])]);
    let Rtcp::Nack {
        sender: 4,
        media: 5,
        lost,
    } = nack
    else {
        panic!("{nack:?}")
    };
    assert_eq!(
        lost.clone().collect::<Vec<_>>(),
        [65_535, 0, 1, 14, 15, 100]
    );
    assert!(matches!(
        pli,
        Rtcp::PictureLoss {
            sender: 4,
            media: 6
        }
    ));
    let Rtcp::FullIntra { sender: 4, entries } = fir else {
        panic!("{fir:?}")
    };
    assert_eq!(entries.clone().collect::<Vec<_>>(), [(7, 8)]);
    let Rtcp::Goodbye(ssrcs) = bye else {
        panic!("{bye:?}")
    };
    assert_eq!(ssrcs.clone().collect::<Vec<_>>(), [9, 10]);
}

#[test]
fn total_loss_is_cut_to_24_bits() {
    for (given, read) in [(i32::MAX, 0x7f_ffff), (i32::MIN, -0x80_0000), (0, 0)] {
        let mut out = Vec::new();
        build::receiver_report(
            &mut out,
            2,
            &[ReportBlock {
                total_lost: given,
                ..BLOCK
            }],
        );
        let Some(Ok(Rtcp::ReceiverReport { mut blocks, .. })) = Compound::new(&out).next() else {
            panic!()
        };
        assert_eq!(blocks.next().unwrap().total_lost, read);
    }
}

#[test]
fn builders_cut_long_lists() {
    let mut out = Vec::new();
    build::goodbye(&mut out, &[1; 40]);
    assert_eq!(out.len(), 4 + 4 * build::MAX_COUNT);
    out.clear();
    build::receiver_report(&mut out, 1, &[BLOCK; 40]);
    assert_eq!(out.len(), 8 + 24 * build::MAX_COUNT);
    out.clear();
    let sparse: Vec<u16> = (0..200).map(|number| number * 20).collect();
    build::nack(&mut out, 1, 2, &sparse);
    assert_eq!(out.len(), 12 + 4 * build::MAX_NACK_WORDS);
    out.clear();
    build::nack(&mut out, 1, 2, &[]);
    assert!(out.is_empty());
    build::cname(&mut out, 1, &"x".repeat(300));
    let Some(Ok(Rtcp::Description(mut chunks))) = Compound::new(&out).next() else {
        panic!()
    };
    assert_eq!(chunks.next().unwrap().1.len(), 255);
}

#[test]
fn every_truncation_ends_in_an_error_behind_whole_packets() {
    let bytes = everything();
    let borders: Vec<usize> = (0..=bytes.len())
        .filter(|&length| read_all(&bytes[..length]).iter().all(Result::is_ok))
        .collect();
    assert_eq!(borders.len(), 8, "one border around each of seven packets");
    for length in 0..bytes.len() {
        let packets = read_all(&bytes[..length]);
        let good = packets.iter().filter(|packet| packet.is_ok()).count();
        assert!(
            packets.len() - good <= 1,
            "the walk ends at the first error"
        );
        assert_eq!(
            good,
            borders.iter().filter(|&&border| border <= length).count() - 1
        );
    }
}

#[test]
fn refuses_lies() {
    let refused = |bytes: &[u8]| read_all(bytes).pop().unwrap().unwrap_err();
    assert_eq!(refused(&[0x40, 200, 0, 0]), Malformed::Version);
    assert_eq!(refused(&[0x80, 200, 0]), Malformed::Short);
    assert_eq!(refused(&[0x80, 200, 0, 9]), Malformed::Length);
    // Report without its sender, sender report without its info, blocks that are not there.
    assert_eq!(refused(&[0x80, 200, 0, 0]), Malformed::Short);
    assert_eq!(refused(&[0x80, 200, 0, 1, 0, 0, 0, 1]), Malformed::Short);
    assert_eq!(refused(&[0x80, 201, 0, 0]), Malformed::Short);
    assert_eq!(refused(&[0x81, 201, 0, 1, 0, 0, 0, 1]), Malformed::Length);
    assert_eq!(refused(&[0x82, 203, 0, 1, 0, 0, 0, 1]), Malformed::Length);
    // Feedback without its two SSRCs.
    assert_eq!(refused(&[0x81, 206, 0, 1, 0, 0, 0, 1]), Malformed::Short);
    assert_eq!(refused(&[0x81, 205, 0, 0]), Malformed::Short);
}

#[test]
fn takes_padding_off_and_refuses_wrong_padding() {
    let padded = |padding: &[u8]| {
        let words = u8::try_from(padding.len() / 4 + 2).unwrap();
        let mut bytes = vec![0xa1, 206, 0, words, 0, 0, 0, 1, 0, 0, 0, 2];
        bytes.extend(padding);
        read_all(&bytes).pop().unwrap().map(|_| ())
    };
    assert_eq!(padded(&[0, 0, 0, 4]), Ok(()));
    assert_eq!(padded(&[0, 0, 0, 0]), Err(Malformed::Padding));
    assert_eq!(padded(&[0, 0, 0, 3]), Ok(()), "as libwebrtc pads");
    assert_eq!(padded(&[0, 0, 0, 16]), Err(Malformed::Padding));
    assert_eq!(padded(&[0, 0, 0, 8]), Err(Malformed::Short));
    assert_eq!(
        read_all(&[0xa0, 201, 0, 0])[0].as_ref().unwrap_err(),
        &Malformed::Padding
    );
}

#[test]
fn what_it_does_not_know_is_no_error() {
    let other = |bytes: &[u8]| matches!(read_all(bytes)[..], [Ok(Rtcp::Other { .. })]);
    assert!(other(&[0x80, 204, 0, 0]));
    assert!(other(&[0x87, 205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2]));
    assert!(other(&[
        0x8f, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, b'B', b'E', b'M', b'R'
    ]));
}

#[test]
fn description_items_end_where_they_lie() {
    let chunks = |body: &[u8]| {
        let mut bytes = vec![0x82, 202, 0, u8::try_from(body.len() / 4).unwrap()];
        bytes.extend(body);
        let Some(Ok(Rtcp::Description(chunks))) = Compound::new(&bytes).next() else {
            panic!()
        };
        chunks
            .map(|(ssrc, name)| (ssrc, name.to_vec()))
            .collect::<Vec<_>>()
    };
    let two = [
        0, 0, 0, 1, 2, 1, b'n', 1, 1, b'c', 0, 0, 0, 0, 0, 2, 0, 0, 0, 0,
    ];
    assert_eq!(chunks(&two), [(1, b"c".to_vec()), (2, vec![])]);
    assert_eq!(chunks(&[0, 0, 0, 1, 1, 9, b'c', 0]), []);
    assert_eq!(
        chunks(&[0, 0, 0, 1, 0, 0, 0, 1]),
        [(1, vec![])],
        "the count lies"
    );
    assert_eq!(chunks(&[0, 0, 0, 1, 1, 1, b'c', 1]), []);
    assert_eq!(chunks(&[0, 0, 0, 1, 1, 2, b'c', b'd']), []);
}

#[test]
fn reads_bandwidth() {
    let bytes = remb();
    let Some(Ok(Rtcp::Bandwidth(estimate))) = Compound::new(&bytes).next() else {
        panic!()
    };
    assert_eq!(estimate.bits_per_second, 0x3_ffff << 2);
    assert_eq!(estimate.ssrcs.collect::<Vec<_>>(), [5, 6]);
    let mut huge = bytes.clone();
    huge[17] = 0xff;
    let Some(Ok(Rtcp::Bandwidth(estimate))) = Compound::new(&huge).next() else {
        panic!()
    };
    assert_eq!(estimate.bits_per_second, u64::MAX);
    let mut liar = bytes.clone();
    liar[16] = 3;
    assert_eq!(read_all(&liar)[0].as_ref().unwrap_err(), &Malformed::Length);
    liar.truncate(16);
    liar[3] = 3;
    assert_eq!(read_all(&liar)[0].as_ref().unwrap_err(), &Malformed::Short);
}

#[test]
fn reads_transport_feedback() {
    let bytes = transport();
    let Some(Ok(Rtcp::TransportCc(feedback))) = Compound::new(&bytes).next() else {
        panic!()
    };
    assert_eq!(
        (feedback.base, feedback.count, feedback.reference),
        (0xfffe, 6, 2)
    );
    assert_eq!(
        (feedback.sender, feedback.media, feedback.number),
        (1, 2, 99)
    );
    let statuses: Vec<_> = feedback.packets().collect();
    assert_eq!(
        statuses,
        [
            (0xfffe, Some(516)),
            (0xffff, Some(516)),
            (0, Some(524)),
            (1, None),
            (2, Some(520)),
            (3, Some(521)),
        ]
    );
}

#[test]
fn transport_feedback_ends_with_its_bytes() {
    let read = |body: &[u8], count: u8| {
        let words = u8::try_from(body.len() / 4 + 4).unwrap();
        let mut bytes = vec![
            0x8f, 205, 0, words, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, count, 0, 0, 0, 0,
        ];
        bytes.extend(body);
        let Some(Ok(Rtcp::TransportCc(feedback))) = Compound::new(&bytes).next() else {
            panic!()
        };
        feedback.packets().collect::<Vec<_>>()
    };
    // One-bit vector: 14 symbols, two of them received.
    let vector = read(&[0xa0, 0x01, 1, 1], 14);
    assert_eq!(vector.iter().filter(|(_, at)| at.is_some()).count(), 2);
    assert_eq!(vector.len(), 14);
    // Empty runs are skipped, missing chunks end the walk.
    assert_eq!(read(&[0, 0, 0, 2], 9), [(0, None), (1, None)]);
    // Deltas run out: small, then large.
    assert_eq!(read(&[0x20, 3, 7, 7], 3), [(0, Some(7)), (1, Some(14))]);
    assert_eq!(read(&[0x40, 2, 0, 7], 2), [(0, Some(7))]);
    // The reserved symbol counts as lost.
    assert_eq!(read(&[0x60, 1, 0, 0], 1), [(0, None)]);
    let short = [0x8f, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1];
    assert_eq!(read_all(&short)[0].as_ref().unwrap_err(), &Malformed::Short);
}

#[test]
fn survives_mutated_compounds() {
    mutate(&[everything(), remb(), transport()], 40_000, |bytes| {
        let mut packets = 0;
        for packet in Compound::new(bytes) {
            packets += 1;
            match packet {
                Ok(Rtcp::SenderReport { blocks, .. } | Rtcp::ReceiverReport { blocks, .. }) => {
                    assert!(blocks.count() <= build::MAX_COUNT);
                }
                Ok(Rtcp::Description(chunks)) => assert!(chunks.count() <= build::MAX_COUNT),
                Ok(Rtcp::Nack { lost, .. }) => assert!(lost.count() <= 17 * bytes.len() / 4),
                Ok(Rtcp::FullIntra { entries, .. }) => assert!(entries.count() <= bytes.len()),
                Ok(Rtcp::Bandwidth(estimate)) => assert!(estimate.ssrcs.count() <= 255),
                Ok(Rtcp::TransportCc(feedback)) => {
                    assert!(feedback.packets().count() <= usize::from(feedback.count));
                }
                Ok(_) | Err(_) => {}
            }
        }
        assert!(packets <= bytes.len() / 4 + 1);
    });
}
