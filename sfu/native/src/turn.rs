//! The packets of one turn of the loop, and padding that makes neighbours of one source equally long.
//!
//! Laws: a browser cuts a frame into parts that differ by a byte, and only equal ones leave in one
//! message; padding is at most one part in `PADDING_SHARE`. Packets of one layer are a list within the turn.

use crate::media::codec::Media;
use crate::media::extension::AudioLevel;
use crate::table::Place;

/// Padding is at most one part in this many.
const PADDING_SHARE: usize = 34;

/// One packet of the turn.
#[derive(Clone, Copy)]
pub struct Packet {
    pub source: Place,
    pub layer: usize,
    /// The next packet of the same layer.
    pub next: Option<usize>,
    /// Where it lies in the receive buffer.
    pub start: usize,
    pub end: usize,
    pub index: u64,
    /// The newest of its source when it came; higher than `index` for a late one.
    pub highest: u64,
    pub capture: u64,
    pub media: Media,
    pub audio_level: Option<AudioLevel>,
    /// Bytes of media.
    pub payload: usize,
    /// Bytes of padding that make it as long as its neighbours.
    pub padding: u8,
}

/// Pad the packets of one source, from `first` on, in groups whose lengths differ little. The last
/// of a group may be shorter as it is.
pub fn equalise(turn: &mut [Packet], first: usize) {
    let mut start = Some(first);
    while let Some(begin) = start {
        let (mut least, mut most) = (turn[begin].payload, turn[begin].payload);
        let mut end = turn[begin].next;
        while let Some(at) = end {
            let (lower, upper) = (least.min(turn[at].payload), most.max(turn[at].payload));
            if (upper - lower) * PADDING_SHARE > upper {
                break;
            }
            (least, most) = (lower, upper);
            end = turn[at].next;
        }
        let mut at = begin;
        while let Some(next) = turn[at].next.filter(|&next| Some(next) != end) {
            turn[at].padding = u8::try_from(most - turn[at].payload).unwrap_or(0);
            at = next;
        }
        start = end;
    }
}

#[cfg(test)]
mod tests {
    use super::{Packet, equalise};
    use crate::media::codec::Media;

    fn padded(lengths: &[usize]) -> Vec<usize> {
        let mut turn: Vec<Packet> = (1..)
            .zip(lengths)
            .map(|(next, &payload)| Packet {
                source: 0,
                layer: 0,
                next: (next < lengths.len()).then_some(next),
                start: 0,
                end: 0,
                index: 0,
                highest: 0,
                capture: 0,
                media: Media::Padding,
                audio_level: None,
                payload,
                padding: 0,
            })
            .collect();
        equalise(&mut turn, 0);
        turn.iter()
            .map(|packet| packet.payload + usize::from(packet.padding))
            .collect()
    }

    #[test]
    fn nearly_equal_parts_of_a_frame_become_equal() {
        assert_eq!(padded(&[1000, 1000, 1001, 1001]), [1001; 4]);
        assert_eq!(padded(&[1000, 1001, 990]), [1001, 1001, 990]);
        assert_eq!(padded(&[700]), [700]);
    }

    #[test]
    fn unequal_packets_are_left_alone() {
        assert_eq!(padded(&[1000, 500, 1000]), [1000, 500, 1000]);
        assert_eq!(padded(&[100, 104, 100]), [100, 104, 100]);
        assert_eq!(
            padded(&[1000, 1001, 300, 301, 299]),
            [1001, 1001, 301, 301, 299]
        );
    }
}
