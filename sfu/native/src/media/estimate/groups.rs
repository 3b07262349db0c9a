//! Packets that left together, and how the distance between such groups changed on the way
//! (draft-ietf-rmcat-gcc-02, sections 5.2 and 5.3).
//!
//! Laws: what left within `BURST` is one group, and so is what the network bunched: it arrived
//! within `BURST` of the group and gained on it. A packet older than its group is left out. When
//! the clocks lose each other, or the groups arrive backwards three times, all begins anew.

/// Sent within this time: one group. The pacer's interval.
const BURST: i64 = 5_000;
/// A bunch never spans more than this.
const BUNCH: i64 = 100_000;
/// The clocks' steps between two groups may differ by this much.
const ASTRAY: i64 = 3_000_000;
const BACKWARDS: u8 = 3;

#[derive(Debug, Clone, Copy)]
struct Group {
    first_sent: i64,
    last_sent: i64,
    first_arrived: i64,
    last_arrived: i64,
}

/// How far apart two neighbouring groups left, and how far apart they arrived; microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delta {
    pub sent: i64,
    pub arrived: i64,
    /// When the later group was complete, by the remote's clock.
    pub at: i64,
}

/// The current and the previous group.
#[derive(Debug, Clone, Copy, Default)]
pub struct Groups {
    current: Option<Group>,
    previous: Option<Group>,
    backwards: u8,
}

impl Groups {
    /// A packet arrived; a delta once a new group begins and two are complete.
    pub fn arrived(&mut self, sent: i64, arrived: i64) -> Option<Delta> {
        let fresh = Group {
            first_sent: sent,
            last_sent: sent,
            first_arrived: arrived,
            last_arrived: arrived,
        };
        let Some(group) = &mut self.current else {
            self.current = Some(fresh);
            return None;
        };
        if sent < group.first_sent {
            return None;
        }
        if group.takes(sent, arrived) {
            group.last_sent = group.last_sent.max(sent);
            group.last_arrived = group.last_arrived.max(arrived);
            return None;
        }
        let complete = *group;
        self.current = Some(fresh);
        let delta = self.previous.replace(complete).map(|before| Delta {
            sent: complete.last_sent - before.last_sent,
            arrived: complete.last_arrived.saturating_sub(before.last_arrived),
            at: complete.last_arrived,
        })?;
        self.checked(delta)
    }

    fn checked(&mut self, delta: Delta) -> Option<Delta> {
        if delta.arrived.saturating_sub(delta.sent).saturating_abs() > ASTRAY {
            *self = Self::default();
            return None;
        }
        if delta.arrived < 0 {
            self.backwards += 1;
            if self.backwards >= BACKWARDS {
                *self = Self::default();
            }
            return None;
        }
        self.backwards = 0;
        Some(delta)
    }
}

impl Group {
    fn takes(&self, sent: i64, arrived: i64) -> bool {
        let later = arrived.saturating_sub(self.last_arrived);
        let gained = later < sent - self.last_sent;
        let bunched =
            gained && later <= BURST && arrived.saturating_sub(self.first_arrived) < BUNCH;
        sent - self.first_sent <= BURST || bunched
    }
}

#[cfg(test)]
mod tests {
    use super::{Delta, Groups};

    #[test]
    fn groups_are_compared_once_the_next_begins() {
        let mut groups = Groups::default();
        assert_eq!(groups.arrived(0, 1_000), None);
        assert_eq!(groups.arrived(4_000, 6_000), None);
        assert_eq!(groups.arrived(20_000, 22_000), None);
        let delta = groups.arrived(40_000, 47_000);
        assert_eq!(
            delta,
            Some(Delta {
                sent: 16_000,
                arrived: 16_000,
                at: 22_000
            })
        );
        let delta = groups.arrived(60_000, 67_000);
        assert_eq!(
            delta,
            Some(Delta {
                sent: 20_000,
                arrived: 25_000,
                at: 47_000
            })
        );
    }

    #[test]
    fn what_the_network_bunched_is_one_group() {
        let mut groups = Groups::default();
        groups.arrived(0, 30_000);
        // Left 10 and 20 ms later, arrived together.
        assert_eq!(groups.arrived(10_000, 30_500), None);
        assert_eq!(groups.arrived(20_000, 31_000), None);
        assert_eq!(groups.arrived(40_000, 50_000), None);
        let delta = groups.arrived(60_000, 70_000);
        assert_eq!(
            delta,
            Some(Delta {
                sent: 20_000,
                arrived: 19_000,
                at: 50_000
            })
        );
    }

    #[test]
    fn clocks_that_jump_begin_anew_and_never_overflow() {
        let mut groups = Groups::default();
        for (sent, arrived) in [
            (0, 0),
            (20_000, 20_000),
            (40_000, i64::MAX),
            (60_000, i64::MIN),
            (80_000, 0),
            (100_000, i64::MIN),
        ] {
            assert_eq!(
                groups
                    .arrived(sent, arrived)
                    .filter(|delta| delta.at == i64::MAX),
                None
            );
        }
    }
}
