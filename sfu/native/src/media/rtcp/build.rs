//! RTCP as we write it: each function appends one packet to a compound.
//!
//! Laws: a compound starts with a report (RFC 3550, section 6.1), so callers write `sender_report`
//! or `receiver_report` and `cname` first unless reduced size was negotiated; lists longer than
//! their count field are cut. `out` grows only the first times, it is cleared and used again.

use super::feedback::{FULL_INTRA, NACK, PICTURE_LOSS};
use super::{
    DESCRIPTION, GOODBYE, PAYLOAD_FEEDBACK, RECEIVER_REPORT, ReportBlock, SENDER_REPORT,
    SenderInfo, TRANSPORT_FEEDBACK,
};

/// Most report blocks or SSRCs of one packet.
pub const MAX_COUNT: usize = 31;
/// Most words of one NACK packet; a longer list of losses is cut, it asks again later anyway.
pub const MAX_NACK_WORDS: usize = 64;

/// Append one packet whose body `fill` writes; the length field is set afterwards.
pub(crate) fn packet(out: &mut Vec<u8>, count: u8, kind: u8, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0x80 | count & 0x1f, kind, 0, 0]);
    fill(out);
    while !(out.len() - start).is_multiple_of(4) {
        out.push(0);
    }
    let words = u16::try_from((out.len() - start) / 4 - 1).unwrap_or(u16::MAX);
    out[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
}

pub(crate) fn word(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_be_bytes());
}

fn count_of<T>(list: &[T]) -> u8 {
    u8::try_from(list.len().min(MAX_COUNT)).unwrap_or(0)
}

fn blocks(out: &mut Vec<u8>, list: &[ReportBlock]) {
    for block in list.iter().take(MAX_COUNT) {
        word(out, block.ssrc);
        let total = block
            .total_lost
            .clamp(-0x80_0000, 0x7f_ffff)
            .cast_unsigned();
        word(
            out,
            u32::from(block.fraction_lost) << 24 | total & 0xff_ffff,
        );
        word(out, block.highest_sequence);
        word(out, block.jitter);
        word(out, block.last_report);
        word(out, block.delay);
    }
}

/// SR.
pub fn sender_report(out: &mut Vec<u8>, ssrc: u32, info: &SenderInfo, list: &[ReportBlock]) {
    packet(out, count_of(list), SENDER_REPORT, |out| {
        word(out, ssrc);
        out.extend_from_slice(&info.ntp.to_be_bytes());
        word(out, info.rtp);
        word(out, info.packets);
        word(out, info.octets);
        blocks(out, list);
    });
}

/// RR.
pub fn receiver_report(out: &mut Vec<u8>, ssrc: u32, list: &[ReportBlock]) {
    packet(out, count_of(list), RECEIVER_REPORT, |out| {
        word(out, ssrc);
        blocks(out, list);
    });
}

/// SDES with one CNAME, cut at 255 bytes.
pub fn cname(out: &mut Vec<u8>, ssrc: u32, name: &str) {
    let name = &name.as_bytes()[..name.len().min(255)];
    packet(out, 1, DESCRIPTION, |out| {
        word(out, ssrc);
        out.extend_from_slice(&[1, u8::try_from(name.len()).unwrap_or(0)]);
        out.extend_from_slice(name);
        out.push(0);
    });
}

/// BYE.
pub fn goodbye(out: &mut Vec<u8>, ssrcs: &[u32]) {
    packet(out, count_of(ssrcs), GOODBYE, |out| {
        ssrcs
            .iter()
            .take(MAX_COUNT)
            .for_each(|&ssrc| word(out, ssrc));
    });
}

/// Generic NACK of ascending sequence numbers; nothing is written for none.
pub fn nack(out: &mut Vec<u8>, sender: u32, media: u32, lost: &[u16]) {
    let mut rest = lost.iter().copied().peekable();
    if rest.peek().is_none() {
        return;
    }
    packet(out, NACK, TRANSPORT_FEEDBACK, |out| {
        word(out, sender);
        word(out, media);
        for _ in 0..MAX_NACK_WORDS {
            let Some(base) = rest.next() else { break };
            let mut mask = 0u16;
            while let Some(next) = rest.next_if(|next| (1..=16).contains(&next.wrapping_sub(base)))
            {
                mask |= 1 << (next.wrapping_sub(base) - 1);
            }
            word(out, u32::from(base) << 16 | u32::from(mask));
        }
    });
}

/// PLI.
pub fn picture_loss(out: &mut Vec<u8>, sender: u32, media: u32) {
    packet(out, PICTURE_LOSS, PAYLOAD_FEEDBACK, |out| {
        word(out, sender);
        word(out, media);
    });
}

/// FIR for one stream; `number` rises with every new command.
pub fn full_intra(out: &mut Vec<u8>, sender: u32, media: u32, number: u8) {
    packet(out, FULL_INTRA, PAYLOAD_FEEDBACK, |out| {
        word(out, sender);
        word(out, 0);
        word(out, media);
        out.extend_from_slice(&[number, 0, 0, 0]);
    });
}
