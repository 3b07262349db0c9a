//! RTP packets: whatever a view hands out lies inside the packet, and a restored retransmission is
//! a packet again.
#![no_main]

use _native::media::extension::ExtensionIds;
use _native::media::rtp::{RtpHeader, RtpView, restore_rtx};
use libfuzzer_sys::fuzz_target;

const IDS: ExtensionIds = ExtensionIds {
    mid: 1,
    rid: 2,
    repaired_rid: 3,
    audio_level: 4,
    transport_cc: 5,
    abs_send_time: 6,
    descriptor: 7,
};

fuzz_target!(|packet: &[u8]| {
    let header = RtpHeader::parse(packet);
    if let Ok(view) = RtpView::parse(packet) {
        assert_eq!(Ok(view.header), header);
        assert!(view.header.length + view.payload().len() <= packet.len());
        assert!(view.csrcs().count() <= 15);
        let bytes: usize = view.elements().map(|(_, value)| value.len()).sum();
        assert!(bytes <= packet.len());
        let _ = view.extensions(IDS);
    }
    let mut copy = packet.to_vec();
    if let Some(length) = restore_rtx(&mut copy, 7, 96) {
        let restored = RtpView::parse(&copy[..length]).expect("a packet");
        assert_eq!(
            (restored.header.ssrc, restored.header.payload_type),
            (7, 96)
        );
    }
});
