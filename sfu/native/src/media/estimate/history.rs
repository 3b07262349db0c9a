//! What was sent under which transport-wide number, until the remote says what became of it.
//!
//! Laws: a ring of `KEPT` packets; a number outside of it is unknown, whoever names it. Each packet
//! arrives at most once and is lost at most once; one that was reported lost and arrives after all
//! says so. Numbers go up by one for each packet, across all streams of the transport.

/// Packets remembered: two seconds at 1,000 packets a second, twenty at what a pupil receives.
pub const KEPT: u16 = 2_048;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Fate {
    #[default]
    Flying,
    Lost,
    Arrived,
}

/// One packet that was sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// Microseconds.
    pub at: u64,
    /// Bytes on the wire.
    pub size: u16,
    /// The probe it belongs to; 0 for none.
    pub probe: u8,
    fate: Fate,
}

/// What a report means for a packet of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Arrived {
        packet: Sent,
        /// It was reported lost before.
        late: bool,
    },
    Lost,
}

/// The packets that may still be reported on.
#[derive(Debug, Clone)]
pub struct SendHistory {
    ring: Box<[Sent]>,
    next: u64,
}

impl Default for SendHistory {
    fn default() -> Self {
        Self {
            ring: vec![Sent::default(); usize::from(KEPT)].into(),
            next: 0,
        }
    }
}

impl SendHistory {
    fn place(number: u64) -> usize {
        (number % u64::from(KEPT)) as usize
    }

    /// Note a packet; returns the number it carries.
    pub fn sent(&mut self, now: u64, size: usize, probe: u8) -> u16 {
        let number = self.next;
        self.next += 1;
        self.ring[Self::place(number)] = Sent {
            at: now,
            size: u16::try_from(size).unwrap_or(u16::MAX),
            probe,
            fate: Fate::Flying,
        };
        (number & 0xffff) as u16
    }

    /// The number of the next packet.
    #[must_use]
    pub fn upcoming(&self) -> u16 {
        (self.next & 0xffff) as u16
    }

    /// The remote reports on a number; `None` if that is no news, or not of ours.
    pub fn reported(&mut self, number: u16, arrived: bool) -> Option<Outcome> {
        // From 1, the newest, on.
        let behind = u64::from(((self.next & 0xffff) as u16).wrapping_sub(number));
        if behind == 0 || behind > u64::from(KEPT) || behind > self.next {
            return None;
        }
        let packet = &mut self.ring[Self::place(self.next - behind)];
        match (packet.fate, arrived) {
            (Fate::Flying, false) => {
                packet.fate = Fate::Lost;
                Some(Outcome::Lost)
            }
            (Fate::Flying | Fate::Lost, true) => {
                let late = packet.fate == Fate::Lost;
                packet.fate = Fate::Arrived;
                Some(Outcome::Arrived {
                    packet: *packet,
                    late,
                })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Outcome, SendHistory};

    #[test]
    fn each_packet_arrives_once() {
        let mut history = SendHistory::default();
        let number = history.sent(7, 900, 3);
        let Some(Outcome::Arrived { packet, late }) = history.reported(number, true) else {
            panic!("it is ours");
        };
        assert_eq!(
            (packet.at, packet.size, packet.probe, late),
            (7, 900, 3, false)
        );
        assert_eq!(history.reported(number, true), None);
        assert_eq!(history.reported(number, false), None);
    }

    #[test]
    fn a_loss_can_be_taken_back_once() {
        let mut history = SendHistory::default();
        let number = history.sent(0, 100, 0);
        assert_eq!(history.reported(number, false), Some(Outcome::Lost));
        assert_eq!(history.reported(number, false), None);
        assert!(matches!(
            history.reported(number, true),
            Some(Outcome::Arrived { late: true, .. })
        ));
    }

    #[test]
    fn what_was_never_sent_or_is_forgotten_is_unknown() {
        let mut history = SendHistory::default();
        assert_eq!(history.reported(0, true), None);
        assert_eq!(history.reported(u16::MAX, false), None);
        let first = history.sent(0, 100, 0);
        assert_eq!(history.reported(first.wrapping_add(1), true), None);
        for _ in 0..KEPT {
            history.sent(0, 100, 0);
        }
        assert_eq!(history.reported(first, true), None);
        assert!(history.reported(first + 1, true).is_some());
    }

    #[test]
    fn numbers_wrap() {
        let mut history = SendHistory::default();
        for at in 0..0x1_0005_u64 {
            let number = history.sent(at, 100, 0);
            assert_eq!(u64::from(number), at & 0xffff);
        }
        for number in (0xffff_u16 - 20..=0xffff).chain(0..5) {
            assert!(history.reported(number, true).is_some(), "{number}");
        }
    }
}
