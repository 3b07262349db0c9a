//! RTCP compounds: every walk ends, and what it yields is bounded by the bytes that carry it.
#![no_main]

use _native::media::rtcp::{Compound, Rtcp};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|compound: &[u8]| {
    let mut packets = 0;
    for packet in Compound::new(compound) {
        packets += 1;
        match packet {
            Ok(Rtcp::SenderReport { blocks, .. } | Rtcp::ReceiverReport { blocks, .. }) => {
                assert!(blocks.count() <= 31);
            }
            Ok(Rtcp::Description(chunks)) => {
                assert!(chunks.map(|(_, name)| name.len()).sum::<usize>() <= compound.len());
            }
            Ok(Rtcp::Goodbye(ssrcs)) => assert!(ssrcs.count() <= 31),
            Ok(Rtcp::Nack { lost, .. }) => assert!(lost.count() <= 17 * compound.len() / 4),
            Ok(Rtcp::FullIntra { entries, .. }) => assert!(entries.count() <= compound.len() / 8),
            Ok(Rtcp::Bandwidth(estimate)) => assert!(estimate.ssrcs.count() <= 255),
            Ok(Rtcp::TransportCc(feedback)) => {
                assert!(feedback.packets().count() <= usize::from(feedback.count));
            }
            Ok(Rtcp::PictureLoss { .. } | Rtcp::Other { .. }) | Err(_) => {}
        }
    }
    assert!(packets <= compound.len() / 4 + 1);
});
