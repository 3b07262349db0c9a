//! Which of the latest numbers were seen.
//!
//! Laws: `insert` says yes once for each number; what lies `SPAN` or more behind the highest counts
//! as seen, so nothing passes twice, however late.

/// Numbers remembered.
pub const SPAN: u64 = 2_048;
const WORDS: usize = 32;

/// A sliding set of extended numbers.
#[derive(Debug, Clone)]
pub struct Window {
    bits: [u64; WORDS],
    highest: Option<u64>,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            bits: [0; WORDS],
            highest: None,
        }
    }
}

impl Window {
    /// Note a number; `false` if it was there or is too old to tell.
    pub fn insert(&mut self, number: u64) -> bool {
        match self.highest {
            Some(highest) if number <= highest => {
                if highest - number >= SPAN {
                    return false;
                }
            }
            Some(highest) if number - highest < SPAN => {
                (highest + 1..=number).for_each(|skipped| {
                    let (word, bit) = place(skipped);
                    self.bits[word] &= !bit;
                });
                self.highest = Some(number);
            }
            _ => {
                self.bits = [0; WORDS];
                self.highest = Some(number);
            }
        }
        let (word, bit) = place(number);
        let new = self.bits[word] & bit == 0;
        self.bits[word] |= bit;
        new
    }
}

fn place(number: u64) -> (usize, u64) {
    let position = number % SPAN;
    // Below WORDS.
    ((position / 64) as usize, 1 << (position % 64))
}

#[cfg(test)]
mod tests;
