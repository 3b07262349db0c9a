//! When a source is asked for a keyframe (PLI, RFC 4585, section 6.3.1).
//!
//! Laws: one authority per source; whoever waits, waits together, and one keyframe serves all. Two
//! requests are at least `APART` apart. An unanswered one is repeated after `RETRY` while anyone
//! waits.

const APART: u64 = 500_000;
const RETRY: u64 = 1_000_000;

/// The requests towards one source.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeyframeAuthority {
    asked: Option<u64>,
    wanted: Option<Want>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Want {
    /// Not asked for since somebody began to wait.
    New,
    /// Asked for, not answered.
    Asked,
}

impl KeyframeAuthority {
    /// Somebody waits for a keyframe.
    pub fn request(&mut self) {
        self.wanted.get_or_insert(Want::New);
    }

    /// A keyframe began: nobody waits any more.
    pub fn keyframe(&mut self) {
        self.wanted = None;
    }

    /// Nobody who waited is still there.
    pub fn forget(&mut self) {
        self.wanted = None;
    }

    /// When `poll` will say yes, if nothing happens until then.
    #[must_use]
    pub fn next_deadline(&self) -> Option<u64> {
        let distance = match self.wanted? {
            Want::New => APART,
            Want::Asked => RETRY,
        };
        Some(self.asked.map_or(0, |asked| asked.saturating_add(distance)))
    }

    /// Whether to send a request now; it counts as sent.
    pub fn poll(&mut self, now: u64) -> bool {
        let due = self.next_deadline().is_some_and(|deadline| deadline <= now);
        if due {
            self.asked = Some(now);
            self.wanted = Some(Want::Asked);
        }
        due
    }
}

#[cfg(test)]
mod tests;
