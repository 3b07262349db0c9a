//! RTP headers as the load writes and reads them (RFC 3550, RFC 8285), and VP8's payload descriptor (RFC 7741).

/// What is read of a packet's header.
#[derive(Debug, PartialEq, Eq)]
pub struct Header {
    pub payload_type: u8,
    pub marker: bool,
    pub padding: bool,
    pub sequence: u16,
    pub ssrc: u32,
    /// bytes of the header with its extension
    pub length: usize,
    /// the transport-wide sequence number
    pub transport: Option<u16>,
}

fn word(packet: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*packet.get(at)?, *packet.get(at + 1)?]))
}

/// The element with this id in an extension's body; one- and two-byte form.
fn element(profile: u16, mut body: &[u8], id: u8) -> Option<&[u8]> {
    let two_byte = profile & 0xFFF0 == 0x1000;
    if profile != 0xBEDE && !two_byte {
        return None;
    }
    while let [first, rest @ ..] = body {
        if *first == 0 {
            body = rest;
            continue;
        }
        let (found, length, rest) = if two_byte {
            let (length, rest) = rest.split_first()?;
            (*first, usize::from(*length), rest)
        } else {
            (first >> 4, usize::from(first & 15) + 1, rest)
        };
        let (value, after) = rest.split_at_checked(length)?;
        if found == id {
            return Some(value);
        }
        body = after;
    }
    None
}

impl Header {
    /// Read a header; `transport_id` is the extension id of the transport-wide sequence number, 0 for none.
    pub fn parse(packet: &[u8], transport_id: u8) -> Option<Self> {
        let (first, second) = (*packet.first()?, *packet.get(1)?);
        let mut length = 12 + 4 * usize::from(first & 15);
        let mut transport = None;
        if first & 0x10 != 0 {
            let (profile, words) = (
                word(packet, length)?,
                usize::from(word(packet, length + 2)?),
            );
            let body = packet.get(length + 4..length + 4 + 4 * words)?;
            if transport_id != 0 {
                transport = element(profile, body, transport_id).and_then(|value| word(value, 0));
            }
            length += 4 + 4 * words;
        }
        let ssrc = packet.get(8..12)?;
        (length <= packet.len()).then_some(Self {
            payload_type: second & 0x7F,
            marker: second & 0x80 != 0,
            padding: first & 0x20 != 0,
            sequence: word(packet, 2)?,
            ssrc: u32::from_be_bytes([ssrc[0], ssrc[1], ssrc[2], ssrc[3]]),
            length,
            transport,
        })
    }
}

/// What a packet is sent with.
pub struct Sending<'a> {
    pub payload_type: u8,
    pub marker: bool,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    /// extension elements, one-byte form
    pub elements: &'a [(u8, &'a [u8])],
}

/// Write a header with its extension; returns its length.
pub fn build_header(out: &mut Vec<u8>, sending: &Sending<'_>) -> usize {
    let extended = !sending.elements.is_empty();
    out.push(if extended { 0x90 } else { 0x80 });
    out.push(sending.payload_type | if sending.marker { 0x80 } else { 0 });
    out.extend_from_slice(&sending.sequence.to_be_bytes());
    out.extend_from_slice(&sending.timestamp.to_be_bytes());
    out.extend_from_slice(&sending.ssrc.to_be_bytes());
    if extended {
        out.extend_from_slice(&[0xBE, 0xDE, 0, 0]);
        for (id, value) in sending.elements {
            out.push(id << 4 | u8::try_from(value.len() - 1).unwrap_or(15));
            out.extend_from_slice(value);
        }
        out.resize(out.len().next_multiple_of(4), 0);
        out[15] = u8::try_from((out.len() - 16) / 4).unwrap_or(u8::MAX);
    }
    out.len()
}

/// Put sequence numbers into one line, from the first on.
#[derive(Default)]
pub struct Unwrapper {
    highest: Option<u64>,
}

impl Unwrapper {
    /// It had wrapped before its first packet was seen.
    pub fn wrapped_before(&mut self) {
        self.highest = self.highest.map(|highest| highest + 0x1_0000);
    }

    /// The index (ROC << 16 | sequence) that is nearest to the highest so far.
    pub fn extend(&mut self, sequence: u16) -> u64 {
        let Some(highest) = self.highest else {
            self.highest = Some(u64::from(sequence));
            return u64::from(sequence);
        };
        let ahead = sequence.wrapping_sub(highest as u16);
        let index = if ahead < 0x8000 {
            highest + u64::from(ahead)
        } else {
            highest.saturating_sub(u64::from(ahead.wrapping_neg()))
        };
        self.highest = Some(highest.max(index));
        index
    }
}

/// The length of VP8's payload descriptor and whether a frame begins here.
pub fn vp8_descriptor(payload: &[u8]) -> Option<(usize, bool)> {
    let first = *payload.first()?;
    let begins = first & 0x10 != 0 && first & 7 == 0;
    if first & 0x80 == 0 {
        return Some((1, begins));
    }
    let bits = *payload.get(1)?;
    let mut length = 2;
    if bits & 0x80 != 0 {
        length += if payload.get(2)? & 0x80 != 0 { 2 } else { 1 };
    }
    length += usize::from(bits & 0x40 != 0) + usize::from(bits & 0x30 != 0);
    (length <= payload.len()).then_some((length, begins))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_wrote() {
        let mut packet = Vec::new();
        let elements: [(u8, &[u8]); 2] = [(4, b"v"), (3, &[1, 2])];
        let sending = Sending {
            payload_type: 96,
            marker: true,
            sequence: 7,
            timestamp: 9,
            ssrc: 5,
            elements: &elements,
        };
        let length = build_header(&mut packet, &sending);
        packet.extend_from_slice(b"body");
        let header = Header::parse(&packet, 3).unwrap();
        let wanted = Header {
            payload_type: 96,
            marker: true,
            padding: false,
            sequence: 7,
            ssrc: 5,
            length,
            transport: Some(0x0102),
        };
        assert_eq!(header, wanted);
        for end in 0..length {
            assert_eq!(Header::parse(&packet[..end], 3), None);
        }
    }

    #[test]
    fn sequence_numbers_go_on_after_the_wrap() {
        let mut unwrapper = Unwrapper::default();
        let found: Vec<u64> = [65534, 1, 65535, 2]
            .map(|sequence| unwrapper.extend(sequence))
            .to_vec();
        assert_eq!(found, [65534, 65537, 65535, 65538]);
    }

    #[test]
    fn descriptors_of_all_lengths() {
        assert_eq!(vp8_descriptor(&[0x10, 0]), Some((1, true)));
        assert_eq!(vp8_descriptor(&[0x80, 0x80, 0x05]), Some((3, false)));
        assert_eq!(
            vp8_descriptor(&[0x90, 0xF0, 0x85, 1, 2, 3]),
            Some((6, true))
        );
        assert_eq!(vp8_descriptor(&[0x90, 0xF0, 0x85, 1, 2]), None);
    }
}
