//! What we tell a publisher about its packets (draft-holmer-rmcat-transport-wide-cc-extensions-01).
//!
//! Laws: one recorder per transport. Arrivals are kept in a ring of `KEPT`; a feedback packet covers
//! at most `STATUSES` numbers, so it fits a datagram; numbers that came late are reported again with
//! all behind them. Feedback goes out every `EVERY`, or after `MANY` packets.

use super::rtcp::TRANSPORT_FEEDBACK;
use super::rtcp::build::{packet, word};
use super::rtcp::feedback::TRANSPORT_CC;

const KEPT: u64 = 1_024;
const EVERY: u64 = 100_000;
const MANY: u32 = 128;
const STATUSES: usize = 400;
/// Arrival times are told in units of 250 us, the reference in 256 of these.
const UNIT: u64 = 250;

const LOST: u8 = 0;
const SMALL: u8 = 1;
const LARGE: u8 = 2;

#[derive(Debug, Clone, Copy, Default)]
struct Arrival {
    number: u64,
    at: u64,
}

/// The arrivals of one transport.
#[derive(Debug, Clone)]
pub struct ArrivalRecorder {
    ring: Box<[Arrival]>,
    highest: Option<u64>,
    /// First number that the next feedback covers.
    start: u64,
    waiting: u32,
    told: u64,
    count: u8,
}

impl Default for ArrivalRecorder {
    fn default() -> Self {
        Self {
            ring: vec![Arrival::default(); usize::try_from(KEPT).unwrap_or(0)].into(),
            highest: None,
            start: 0,
            waiting: 0,
            told: 0,
            count: 0,
        }
    }
}

impl ArrivalRecorder {
    fn slot(number: u64) -> usize {
        // Below KEPT.
        (number % KEPT) as usize
    }

    /// A packet with this transport-wide number arrived.
    pub fn arrived(&mut self, now: u64, sequence: u16) {
        let number = match self.highest {
            // Above 0, so that an empty ring holds no number.
            None => 0x1_0000 + u64::from(sequence),
            Some(highest) => {
                let behind = ((highest & 0xffff) as u16).wrapping_sub(sequence);
                if behind < 0x8000 {
                    highest - u64::from(behind).min(highest)
                } else {
                    highest + u64::from(behind.wrapping_neg())
                }
            }
        };
        let highest = self.highest.map_or(number, |highest| highest.max(number));
        if self.highest.is_none() {
            self.start = number;
            self.told = now;
        }
        let known = self.ring[Self::slot(number)].number == number;
        if known || number + KEPT <= highest {
            return;
        }
        self.highest = Some(highest);
        self.ring[Self::slot(number)] = Arrival { number, at: now };
        self.start = self
            .start
            .min(number)
            .max((highest + 1).saturating_sub(KEPT));
        self.waiting += 1;
    }

    /// When feedback is due.
    #[must_use]
    pub fn next_deadline(&self) -> Option<u64> {
        match self.waiting {
            0 => None,
            MANY.. => Some(0),
            _ => Some(self.told + EVERY),
        }
    }

    /// Append feedback if it is due; `false` when there is (no more) to tell. Call it until then.
    pub fn feedback(&mut self, now: u64, sender: u32, media: u32, out: &mut Vec<u8>) -> bool {
        if self.next_deadline().is_none_or(|deadline| deadline > now) {
            return false;
        }
        let Some(report) = self.collect() else {
            self.waiting = 0;
            self.told = now;
            return false;
        };
        packet(out, TRANSPORT_CC, TRANSPORT_FEEDBACK, |out| {
            word(out, sender);
            word(out, media);
            // Both are cut to their field: 16 and 24 bits.
            let base = (self.start & 0xffff) as u32;
            word(out, base << 16 | u32::try_from(report.length).unwrap_or(0));
            word(
                out,
                ((report.reference & 0xff_ffff) as u32) << 8 | u32::from(self.count),
            );
            write_chunks(out, &report.symbols[..report.length]);
            self.write_deltas(out, &report);
        });
        self.count = self.count.wrapping_add(1);
        self.start += report.length as u64;
        true
    }

    fn arrival(&self, number: u64) -> Option<u64> {
        let arrival = self.ring[Self::slot(number)];
        (arrival.number == number).then_some(arrival.at / UNIT)
    }

    /// The statuses from `start` on, up to the last arrival or the first that does not fit.
    fn collect(&self) -> Option<Report> {
        let highest = self.highest?;
        let first = (self.start..=highest).find_map(|number| self.arrival(number))?;
        let mut report = Report {
            reference: first / 256,
            symbols: [LOST; STATUSES],
            length: 0,
        };
        let mut before = report.reference * 256;
        for (number, symbol) in (self.start..=highest).zip(&mut report.symbols) {
            if let Some(at) = self.arrival(number) {
                let delta = at.cast_signed() - before.cast_signed();
                *symbol = match delta {
                    0..=255 => SMALL,
                    _ if i16::try_from(delta).is_ok() => LARGE,
                    _ => break,
                };
                before = at;
            }
            report.length += 1;
        }
        Some(report)
    }

    fn write_deltas(&self, out: &mut Vec<u8>, report: &Report) {
        let mut before = report.reference * 256;
        for (number, _) in (self.start..).zip(&report.symbols[..report.length]) {
            let Some(at) = self.arrival(number) else {
                continue;
            };
            let delta = at.cast_signed() - before.cast_signed();
            before = at;
            match u8::try_from(delta) {
                Ok(small) => out.push(small),
                // `collect` let only these pass.
                Err(_) => out.extend_from_slice(&i16::try_from(delta).unwrap_or(0).to_be_bytes()),
            }
        }
    }
}

/// One feedback packet in the making.
struct Report {
    reference: u64,
    symbols: [u8; STATUSES],
    length: usize,
}

fn write_chunks(out: &mut Vec<u8>, mut symbols: &[u8]) {
    while let Some(&first) = symbols.first() {
        let run = symbols
            .iter()
            .take_while(|&&symbol| symbol == first)
            .count();
        let (chunk, used) = if run >= 14 || run == symbols.len() {
            // `STATUSES` fits 13 bits.
            (
                u16::from(first) << 13 | u16::try_from(run).unwrap_or(0),
                run,
            )
        } else if symbols.iter().take(14).all(|&symbol| symbol <= SMALL) {
            vector(symbols, 14, 1)
        } else {
            vector(symbols, 7, 2)
        };
        out.extend_from_slice(&chunk.to_be_bytes());
        symbols = &symbols[used..];
    }
}

/// A vector chunk of `room` symbols with `bits` each; what is missing counts as lost.
fn vector(symbols: &[u8], room: usize, bits: u32) -> (u16, usize) {
    let used = room.min(symbols.len());
    let lead = if bits == 1 { 0b10 } else { 0b11 };
    let chunk = (0..room).fold(lead, |chunk, position| {
        chunk << bits | u16::from(symbols.get(position).copied().unwrap_or(LOST))
    });
    (chunk, used)
}

#[cfg(test)]
mod tests;
