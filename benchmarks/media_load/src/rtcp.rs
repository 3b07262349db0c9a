//! RTCP as the load writes and reads it (RFC 3550, RFC 4585, transport-wide congestion control draft 01).

const SR: u8 = 200;
const RTPFB: u8 = 205;
const PSFB: u8 = 206;

/// What of a compound matters to the load.
#[derive(Debug, PartialEq, Eq)]
pub enum News {
    /// middle 32 bits of the NTP time of a sender's report
    Report {
        ssrc: u32,
        middle: u32,
    },
    Keyframe {
        ssrc: u32,
    },
    Nack,
}

fn long(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |four| {
        u32::from_be_bytes([four[0], four[1], four[2], four[3]])
    })
}

/// Read a compound.
pub fn parse(mut compound: &[u8]) -> Vec<News> {
    let mut found = Vec::new();
    while compound.len() >= 8 {
        let (count, kind) = (compound[0] & 31, compound[1]);
        let length = 4 * (usize::from(u16::from_be_bytes([compound[2], compound[3]])) + 1);
        let Some((packet, rest)) = compound.split_at_checked(length) else {
            break;
        };
        match (kind, count) {
            (SR, _) if packet.len() >= 28 => {
                let middle = long(packet, 8) << 16 | long(packet, 12) >> 16;
                found.push(News::Report {
                    ssrc: long(packet, 4),
                    middle,
                });
            }
            (PSFB, 1) => found.push(News::Keyframe {
                ssrc: long(packet, 8),
            }),
            (PSFB, 4) => found.push(News::Keyframe {
                ssrc: long(packet, 12),
            }),
            (RTPFB, 1) => found.push(News::Nack),
            _ => {}
        }
        compound = rest;
    }
    found
}

fn put(out: &mut Vec<u8>, count: u8, kind: u8, body: &[u8]) {
    out.extend_from_slice(&[0x80 | count, kind]);
    out.extend_from_slice(
        &u16::try_from(body.len() / 4)
            .unwrap_or(u16::MAX)
            .to_be_bytes(),
    );
    out.extend_from_slice(body);
}

/// What a sender tells of its stream.
pub struct Sent {
    pub ssrc: u32,
    pub ntp: u64,
    pub timestamp: u32,
    pub packets: u32,
    pub octets: u32,
}

/// A sender's report with its CNAME.
pub fn build_sender_report(sent: &Sent) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    let mut body = Vec::with_capacity(24);
    body.extend_from_slice(&sent.ssrc.to_be_bytes());
    body.extend_from_slice(&sent.ntp.to_be_bytes());
    for value in [sent.timestamp, sent.packets, sent.octets] {
        body.extend_from_slice(&value.to_be_bytes());
    }
    put(&mut out, 0, SR, &body);
    let mut names = sent.ssrc.to_be_bytes().to_vec();
    names.extend_from_slice(b"\x01\x04load\0\0");
    put(&mut out, 1, 202, &names);
    out
}

/// What a receiver tells of a stream.
pub struct Block {
    pub ssrc: u32,
    pub highest: u32,
    pub middle: u32,
    /// since that report, in 1/65536 s
    pub delay: u32,
}

/// A receiver's report without loss; at most 31 blocks.
pub fn build_receiver_report(own: u32, blocks: &[Block]) -> Vec<u8> {
    let mut body = own.to_be_bytes().to_vec();
    for block in &blocks[..blocks.len().min(31)] {
        for value in [block.ssrc, 0, block.highest, 0, block.middle, block.delay] {
            body.extend_from_slice(&value.to_be_bytes());
        }
    }
    let mut out = Vec::with_capacity(body.len() + 4);
    put(
        &mut out,
        u8::try_from(blocks.len().min(31)).unwrap_or(31),
        201,
        &body,
    );
    out
}

/// Transport-wide feedback on `arrivals`: (unwrapped number, time in us), ascending and without repetition.
pub fn build_transport_feedback(
    own: u32,
    ssrc: u32,
    count: u8,
    arrivals: &[(u64, u64)],
) -> Option<Vec<u8>> {
    let (&(base, first), &(last, _)) = (arrivals.first()?, arrivals.last()?);
    let reference = first / 64_000;
    let (mut symbols, mut deltas) = (Vec::new(), Vec::new());
    let mut clock = i64::try_from(reference * 256).ok()?;
    let mut next = base;
    for &(number, time) in arrivals {
        symbols.resize(symbols.len() + usize::try_from(number - next).ok()?, 0_u16);
        next = number + 1;
        let delta = i64::try_from(time / 250).ok()? - clock;
        clock += delta;
        if let Ok(small) = u8::try_from(delta) {
            symbols.push(1);
            deltas.push(small);
        } else {
            symbols.push(2);
            deltas.extend_from_slice(&i16::try_from(delta).ok()?.to_be_bytes());
        }
    }
    let mut body = [own.to_be_bytes(), ssrc.to_be_bytes()].concat();
    body.extend_from_slice(&(base as u16).to_be_bytes());
    body.extend_from_slice(&u16::try_from(last - base + 1).ok()?.to_be_bytes());
    body.extend_from_slice(&(reference as u32).to_be_bytes()[1..]);
    body.push(count);
    for run in symbols.chunk_by(|a, b| a == b) {
        body.extend_from_slice(&(run[0] << 13 | u16::try_from(run.len()).ok()?).to_be_bytes());
    }
    body.extend_from_slice(&deltas);
    body.resize(body.len().next_multiple_of(4), 0);
    let mut out = Vec::with_capacity(body.len() + 4);
    put(&mut out, 15, RTPFB, &body);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_reports_and_requests() {
        let sent = Sent {
            ssrc: 7,
            ntp: 0x0001_0002_0003_0004,
            timestamp: 1,
            packets: 2,
            octets: 3,
        };
        let mut compound = build_sender_report(&sent);
        assert_eq!(compound.len() % 4, 0);
        put(&mut compound, 1, PSFB, &[0, 0, 0, 1, 0, 0, 0, 9]);
        let wanted = [
            News::Report {
                ssrc: 7,
                middle: 0x0002_0003,
            },
            News::Keyframe { ssrc: 9 },
        ];
        assert_eq!(parse(&compound), wanted);
    }

    #[test]
    fn feedback_names_what_came_and_what_did_not() {
        let arrivals = [(65_535, 640_000), (65_536, 640_250), (65_539, 740_250)];
        let feedback = build_transport_feedback(1, 2, 3, &arrivals).unwrap();
        let body = &feedback[12..];
        assert_eq!(body[..8], [0xFF, 0xFF, 0, 5, 0, 0, 10, 3]);
        // two small deltas, two lost, one large delta of 400 steps
        assert_eq!(body[8..14], [0x20, 2, 0, 2, 0x40, 1]);
        assert_eq!(body[14..18], [0, 1, 1, 0x90]);
        assert_eq!(feedback.len() % 4, 0);
    }
}
