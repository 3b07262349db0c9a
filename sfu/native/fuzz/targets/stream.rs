//! A whole stream of a hostile publisher through receiver, history and slot: no number is sent
//! twice, nothing runs ahead of server time, and only the present generation is repaired.
//!
//! Each packet is five bytes: what happens, sequence, timestamp, time that passed, payload.
#![no_main]

use std::collections::HashSet;

use _native::media::capture::SenderClock;
use _native::media::codec::{Codec, Kind, Media, PayloadTypes};
use _native::media::descriptor::LayerId;
use _native::media::extension::ExtensionIds;
use _native::media::history::History;
use _native::media::outgoing::OutHeader;
use _native::media::receive::Receiver;
use _native::media::rtcp::SenderInfo;
use _native::media::rtp::RtpView;
use _native::media::slot::{Inbound, Slot, SlotConfig};
use libfuzzer_sys::fuzz_target;

fn slot(kind: Kind) -> Slot {
    let mut payloads = PayloadTypes::default();
    payloads.set(Codec::Opus, 111, Some(112));
    payloads.set(Codec::Red, 63, Some(64));
    payloads.set(Codec::H264, 102, Some(103));
    payloads.set(Codec::Vp8, 96, Some(97));
    Slot::new(SlotConfig {
        kind,
        ssrc: 1,
        rtx_ssrc: 2,
        payloads,
        ids: ExtensionIds::default(),
        mid: None,
        first_sequence: 65_000,
        first_rtx_sequence: 0,
        first_timestamp: 0,
    })
}

fn packet(sequence: u16, timestamp: u32, payload: u8, video: bool) -> Vec<u8> {
    let header = OutHeader {
        sequence,
        timestamp,
        ..OutHeader::default()
    };
    let mut bytes = vec![0; 64];
    let length = header.write(&mut bytes).unwrap_or(0);
    bytes.truncate(length);
    if payload & 0xe0 != 0xe0 {
        let start = 0x80 | (payload & 0x10);
        let layers = payload << 6 | payload & 0x20;
        let vp8 = [start, 0xe0, 0x80, payload, payload, layers, payload & 1, 0];
        // One older block, between 0 and 7 packets back.
        let red = [0xef, payload << 5 & 0x3c, 0, 1, 0x6f, 1, 2];
        bytes.extend_from_slice(if video { &vp8 } else { &red });
    }
    bytes
}

fuzz_target!(|data: &[u8]| {
    let Some((&first, steps)) = data.split_first() else {
        return;
    };
    let (kind, codec) = if first & 1 == 0 {
        (Kind::Audio, Codec::Red)
    } else {
        (Kind::Video, Codec::Vp8)
    };
    let rate = u64::from(kind.clock_rate());
    let mut receiver = Receiver::new(9, kind.clock_rate(), true);
    let (mut sender, mut history) = (SenderClock::default(), History::new(4_096));
    let mut slot = slot(kind);
    let (mut now, mut sequence, mut timestamp, mut generation) = (5_000_000, 0_u16, 0_u32, 1);
    let (mut sent, mut sent_repairs) = (HashSet::new(), HashSet::new());
    let mut lost = Vec::new();
    slot.assign(1, generation, 1);
    for step in steps.chunks_exact(5) {
        let [what, ahead, ticks, pause, payload] = *step else {
            return;
        };
        now += u64::from(pause) * 1_000;
        sequence = match what & 3 {
            0 | 1 => sequence.wrapping_add(1),
            2 => sequence.wrapping_add_signed(i16::from(ahead.cast_signed())),
            _ => sequence.wrapping_add(u16::from(ahead) << 8),
        };
        timestamp = timestamp.wrapping_add(u32::from(ticks) << (what >> 4 & 15));
        match what >> 2 & 3 {
            1 if ahead == 0 => {
                generation += 1;
                slot.assign(1, generation, 1);
            }
            1 if ahead == 1 => slot.interrupt(),
            1 if ahead == 2 => slot.limit(LayerId {
                spatial: 0,
                temporal: payload & 3,
            }),
            1 if ahead < 64 => {
                let ntp = u64::from(payload) << 32 | u64::from(ahead) << 26;
                sender.report(now, ntp);
                let info = SenderInfo {
                    ntp,
                    rtp: timestamp,
                    ..SenderInfo::default()
                };
                receiver.sender_report(now, &info);
            }
            2 => {
                let number = u16::from(payload) << 8 | u16::from(ahead);
                let Some(found) = slot.lookup(number) else {
                    continue;
                };
                assert_eq!(found.generation, generation);
                let Some((_, bytes)) = history.get(found.index) else {
                    continue;
                };
                let view = RtpView::parse(bytes).expect("it was one");
                let media = Media::read(codec, view.payload()).expect("it was read");
                let inbound = Inbound {
                    view: &view,
                    index: found.index,
                    capture: now,
                    media,
                    audio_level: None,
                };
                if let Some(repair) = slot.repair(now, &found, &inbound) {
                    assert_eq!(repair.original_sequence, Some(number));
                    assert!(sent_repairs.insert(repair.header.sequence));
                }
                continue;
            }
            _ => {}
        }
        lost.clear();
        receiver.nacks(now, &mut lost);
        let _ = receiver.report_block(now);
        let bytes = packet(sequence, timestamp, payload, kind == Kind::Video);
        let Some(arrival) = receiver.receive(now, sequence, timestamp) else {
            continue;
        };
        history.insert(arrival.index, codec, &bytes);
        let view = RtpView::parse(&bytes).expect("our own");
        let capture = receiver.capture(now, timestamp, &sender);
        assert!(capture <= now && capture + 3_000_000 >= now);
        let Ok(media) = Media::read(codec, view.payload()) else {
            continue;
        };
        let inbound = Inbound {
            view: &view,
            index: arrival.index,
            capture,
            media,
            audio_level: None,
        };
        let Some(outgoing) = slot.forward(now, &inbound) else {
            continue;
        };
        // Up to 13,000 packets of five bytes: numbers do not come round.
        assert!(sent.insert(outgoing.header.sequence) || sent.len() > 12_000);
        let ideal = now / 1_000_000 * rate + now % 1_000_000 * rate / 1_000_000;
        let ideal = u32::try_from(ideal & 0xffff_ffff).unwrap_or(0);
        let ahead = outgoing.header.timestamp.wrapping_sub(ideal).cast_signed();
        assert!(
            i64::from(ahead) * 4 <= i64::from(kind.clock_rate()),
            "{ahead}"
        );
    }
    // Whoever comes next finds the timeline where it should be.
    now += 300_000;
    slot.assign(2, generation + 1, 2);
    let bytes = packet(7, 7, 0x10, kind == Kind::Video);
    let view = RtpView::parse(&bytes).expect("our own");
    let media = Media::read(codec, view.payload()).expect("our own");
    let next = Inbound {
        view: &view,
        index: 7,
        capture: now,
        media,
        audio_level: None,
    };
    let outgoing = slot.forward(now, &next).expect("there is room");
    let ideal = now / 1_000_000 * rate + now % 1_000_000 * rate / 1_000_000;
    let ideal = u32::try_from(ideal & 0xffff_ffff).unwrap_or(0);
    assert_eq!(outgoing.header.timestamp, ideal);
});
