//! Why an estimate went down: each step down is counted once, under what caused it.

/// Steps down by their cause.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Falls {
    /// A queue grew, or stood.
    pub delay: u64,
    /// More was lost than the radio loses.
    pub loss: u64,
    /// Nothing came back.
    pub silence: u64,
}
