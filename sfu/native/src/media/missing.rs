//! The packets of one source that we miss, and when to ask for them (RFC 4585, section 6.2).
//!
//! Laws: a loss is asked for after `FIRST`, because packets change places, then again with growing
//! distance, `TRIES` times. Whoever misses more than `MOST` packets gives up on all of them: only a
//! keyframe helps. Given-up losses are told once.

const FIRST: u64 = 5_000;
const RETRY: u64 = 50_000;
const TRIES: u8 = 6;
/// Most packets missed at a time.
pub const MOST: usize = 256;

#[derive(Debug, Clone, Copy)]
struct Loss {
    index: u64,
    due: u64,
    tries: u8,
}

/// The missing packets of one source, by rising index.
#[derive(Debug, Clone)]
pub struct Missing {
    losses: Vec<Loss>,
    given_up: bool,
}

impl Default for Missing {
    fn default() -> Self {
        Self {
            losses: Vec::with_capacity(MOST),
            given_up: false,
        }
    }
}

impl Missing {
    /// These indices were skipped; they are higher than all before.
    pub fn skipped(&mut self, now: u64, indices: std::ops::Range<u64>) {
        let count =
            usize::try_from(indices.end.saturating_sub(indices.start)).unwrap_or(usize::MAX);
        if count > MOST - self.losses.len() {
            self.losses.clear();
            self.given_up = true;
            return;
        }
        let due = now + FIRST;
        self.losses.extend(indices.map(|index| Loss {
            index,
            due,
            tries: 0,
        }));
    }

    /// A packet came after all.
    pub fn found(&mut self, index: u64) {
        if let Ok(position) = self.losses.binary_search_by_key(&index, |loss| loss.index) {
            self.losses.remove(position);
        }
    }

    /// Forget everything, as after a restart of the source.
    pub fn clear(&mut self) {
        self.losses.clear();
    }

    /// Append the sequence numbers to ask for now, rising.
    pub fn due(&mut self, now: u64, out: &mut Vec<u16>) {
        let before = self.losses.len();
        self.losses.retain_mut(|loss| {
            if loss.due > now {
                return true;
            }
            if loss.tries == TRIES {
                return false;
            }
            out.push((loss.index & 0xffff) as u16);
            loss.due = now + (RETRY << loss.tries.min(3));
            loss.tries += 1;
            true
        });
        self.given_up |= self.losses.len() < before;
    }

    /// When `due` has something to say next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<u64> {
        self.losses.iter().map(|loss| loss.due).min()
    }

    /// Whether packets were given up since this was last asked.
    pub fn take_given_up(&mut self) -> bool {
        std::mem::take(&mut self.given_up)
    }
}

#[cfg(test)]
mod tests;
