//! What a viewer makes of its two slots, and what must be true of it.

use super::super::codec::Kind;
use super::super::rtp::{RtpView, restore_rtx};
use super::super::vp8::Vp8Descriptor;
use super::publisher::LABEL;
use super::relay::Relay;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, PartialEq)]
struct Seen {
    timestamp: u32,
    marker: bool,
    csrc: u32,
    person: u32,
    captured: u64,
    vp8: Option<Vp8Descriptor>,
    /// A probe that fills a gap.
    empty: bool,
}

/// By extended sequence number.
#[derive(Default)]
struct Stream {
    packets: BTreeMap<u64, Seen>,
    /// Numbers that came otherwise than as a repair.
    originals: BTreeSet<u64>,
}

#[derive(Default)]
pub struct Viewer {
    sound: Stream,
    picture: Stream,
}

impl Stream {
    fn place(&self, sequence: u16) -> u64 {
        let Some((&highest, _)) = self.packets.last_key_value() else {
            return 0x10_0000 + u64::from(sequence);
        };
        let low = u16::try_from(highest & 0xffff).unwrap();
        let ahead = sequence.wrapping_sub(low).cast_signed();
        highest.checked_add_signed(i64::from(ahead)).unwrap()
    }

    fn missing_from(&self, start: u64) -> impl Iterator<Item = u64> + '_ {
        let first = self
            .packets
            .keys()
            .next()
            .map_or(0, |&first| first.max(start));
        let last = self.packets.keys().next_back().map_or(0, |&last| last);
        (first..last).filter(|number| !self.packets.contains_key(number))
    }

    fn lately_missing(&self) -> Vec<u16> {
        let last = self.packets.keys().next_back().map_or(0, |&last| last);
        self.missing_from(last.saturating_sub(500))
            .map(|number| u16::try_from(number & 0xffff).unwrap())
            .collect()
    }
}

impl Viewer {
    fn stream(&self, kind: Kind) -> &Stream {
        match kind {
            Kind::Audio => &self.sound,
            Kind::Video => &self.picture,
        }
    }

    pub fn receive(&mut self, packet: &[u8]) {
        let mut packet = packet.to_vec();
        let ssrc = RtpView::parse(&packet).unwrap().header.ssrc;
        let repair = ssrc == 902;
        if repair {
            let empty = RtpView::parse(&packet).unwrap().payload().len() == 2;
            let length = restore_rtx(&mut packet, 901, 120).unwrap();
            assert!(
                !empty
                    || RtpView::parse(&packet[..length])
                        .unwrap()
                        .payload()
                        .is_empty()
            );
            packet.truncate(length);
        }
        let view = RtpView::parse(&packet).unwrap();
        let payload = view.payload();
        let video = view.header.ssrc == 901;
        let label = payload
            .get(payload.len().wrapping_sub(LABEL)..)
            .unwrap_or(&[0; LABEL]);
        let seen = Seen {
            timestamp: view.header.timestamp,
            marker: view.header.marker,
            csrc: view.csrcs().next().unwrap(),
            person: u32::from(label[0]),
            captured: u64::from_be_bytes(label[2..].try_into().unwrap()),
            vp8: (video && !payload.is_empty()).then(|| Vp8Descriptor::parse(payload).unwrap()),
            empty: payload.is_empty(),
        };
        let stream = if video {
            &mut self.picture
        } else {
            &mut self.sound
        };
        let number = stream.place(view.header.sequence);
        assert!(
            repair || stream.originals.insert(number),
            "sent twice: {number}"
        );
        let known = stream.packets.entry(number).or_insert_with(|| seen.clone());
        assert_eq!(*known, seen);
    }

    /// Numbers to ask for, of the latest packets.
    pub fn lost(&self) -> Vec<(Kind, Vec<u16>)> {
        [Kind::Audio, Kind::Video]
            .map(|kind| (kind, self.stream(kind).lately_missing()))
            .into()
    }

    pub fn gaps(&self, kind: Kind) -> usize {
        self.stream(kind).missing_from(0).count()
    }

    pub fn packets(&self, kind: Kind) -> usize {
        self.stream(kind).packets.len()
    }

    /// What holds whatever was lost. Returns the number of times another person was seen.
    pub fn check(&self, kind: Kind, shown: &[(u64, u32)]) -> usize {
        let packets = &self.stream(kind).packets;
        let mut persons = Vec::new();
        let mut before: Option<(u64, &Seen)> = None;
        for (&number, seen) in packets {
            assert!(
                seen.empty || seen.csrc == seen.person,
                "a face under another name"
            );
            if persons.last() != Some(&seen.csrc) {
                persons.push(seen.csrc);
            }
            if let Some((earlier, last)) = before {
                let step = seen.timestamp.wrapping_sub(last.timestamp).cast_signed();
                assert!(step >= 0, "time runs backwards at {number}");
                assert!(step < 270_000, "time leaps at {number}: {step}");
                Self::check_pictures(last, seen, number == earlier + 1);
            }
            before = Some((number, seen));
        }
        let names: Vec<u32> = shown.iter().map(|&(_, csrc)| csrc).collect();
        assert!(persons.len() <= names.len(), "{persons:?} {names:?}");
        persons.len()
    }

    /// What holds for one person's picture whose layers are told apart by their labels.
    pub fn check_layers(&self) {
        let mut before: Option<(u64, &Seen)> = None;
        for (&number, seen) in &self.picture.packets {
            assert_eq!(seen.csrc, 9);
            if seen.empty {
                continue;
            }
            if let Some((earlier, last)) = before {
                let step = seen.timestamp.wrapping_sub(last.timestamp).cast_signed();
                assert!(step >= 0, "time runs backwards at {number}");
                let adjacent = number == earlier + 1;
                let key = seen.vp8.is_some_and(|next| next.keyframe);
                assert!(
                    key || !adjacent || seen.person == last.person,
                    "another layer begins with a keyframe at {number}"
                );
                Self::check_pictures(last, seen, adjacent);
            }
            before = Some((number, seen));
        }
    }

    fn check_pictures(last: &Seen, seen: &Seen, adjacent: bool) {
        let (Some(one), Some(next)) = (&last.vp8, &seen.vp8) else {
            return;
        };
        let id = |frame: &Vp8Descriptor| frame.picture.unwrap().id;
        let step = id(next).wrapping_sub(id(one)) & 0x7fff;
        if seen.csrc != last.csrc && adjacent {
            assert!(next.keyframe, "another person begins with a keyframe");
        }
        if seen.timestamp == last.timestamp {
            assert_eq!(step, 0, "one frame, one number");
        } else if adjacent {
            assert_eq!(
                step, 1,
                "the next frame has the next number {last:?} {seen:?}"
            );
        } else {
            assert!(step < 0x4000, "numbers go on");
        }
        let layers = next
            .base_layer
            .unwrap()
            .wrapping_sub(one.base_layer.unwrap());
        assert!(layers <= 1 + u8::from(!adjacent));
    }

    /// Frames with packets that begin or end without their first or last packet.
    pub fn incomplete_frames(&self) -> usize {
        let frames: Vec<&Seen> = self
            .picture
            .packets
            .values()
            .filter(|seen| !seen.empty)
            .collect();
        frames
            .windows(2)
            .filter(|pair| pair[0].timestamp != pair[1].timestamp)
            .filter(|pair| !pair[1].vp8.is_some_and(|next| next.start))
            .count()
            + frames
                .windows(2)
                .filter(|pair| pair[0].timestamp != pair[1].timestamp && !pair[0].marker)
                .filter(|pair| pair[0].csrc == pair[1].csrc)
                .count()
    }

    /// How much later the picture is shown than the sound captured with it, by the sender reports,
    /// for the newest packets; `None` while the two are not of one person.
    pub fn skew(&self, now: u64, relay: &Relay) -> Option<i64> {
        let shown_at = |stream: &Stream, slot: usize, rate: i64| {
            let newest = stream.packets.values().rfind(|seen| !seen.empty)?;
            let report = relay.slots[slot].sender_report(now)?;
            let ticks = i64::from(newest.timestamp.wrapping_sub(report.rtp).cast_signed());
            // Shown so long after it was captured.
            Some((
                newest.csrc,
                ticks * 1_000_000 / rate - newest.captured.cast_signed(),
            ))
        };
        let (heard, sound) = shown_at(&self.sound, 0, 48_000)?;
        let (seen, picture) = shown_at(&self.picture, 1, 90_000)?;
        (heard == seen).then_some(picture - sound)
    }
}
