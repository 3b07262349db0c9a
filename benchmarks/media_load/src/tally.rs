//! What a run counts: frames sent within its window, where they arrived, how late, and how late the load itself was.

use crate::frame::{Shape, Stamp};

/// One run. Frames count by the time they were sent at.
#[derive(Default)]
pub struct Tally {
    begin: u64,
    end: u64,
    sent: Vec<u64>,
    packets: u64,
    awaited: u64,
    strange: u64,
    latencies: Vec<u32>,
    lags: Vec<u32>,
    pub broken: u64,
    pub datagrams: u64,
    pub messages: u64,
    pub bytes: u64,
    pub keyframes: u64,
    pub nacks: u64,
}

fn rank(sorted: &[u32], percent: usize) -> f64 {
    let place = sorted.len() * percent / 100;
    sorted
        .get(place.min(sorted.len().saturating_sub(1)))
        .map_or(0.0, |value| f64::from(*value) / 1e9)
}

impl Tally {
    pub fn new(sources: usize, begin: u64) -> Self {
        Self {
            begin,
            end: u64::MAX,
            sent: vec![0; sources],
            ..Self::default()
        }
    }

    pub fn close(&mut self, end: u64) {
        self.end = end;
    }

    /// A frame goes out; `late` is ns after it was due.
    pub fn sent(&mut self, source: usize, late: u64) {
        self.sent[source] += 1;
        self.lags.push(u32::try_from(late).unwrap_or(u32::MAX));
    }

    /// A whole frame arrived at somebody who awaited it, or did not.
    pub fn arrived(&mut self, stamp: Stamp, time: u64, shape: Shape, awaited: bool) {
        if stamp.time < self.begin || stamp.time >= self.end {
            return;
        }
        self.packets += shape.packets as u64;
        if awaited {
            self.awaited += 1;
        } else {
            self.strange += 1;
        }
        self.latencies
            .push(u32::try_from(time.saturating_sub(stamp.time)).unwrap_or(u32::MAX));
    }

    /// The run as JSON; `viewers` is how many await each source. Times in seconds.
    pub fn json(&mut self, viewers: &[u64]) -> String {
        self.latencies.sort_unstable();
        self.lags.sort_unstable();
        let expected: u64 = self
            .sent
            .iter()
            .zip(viewers)
            .map(|(frames, number)| frames * number)
            .sum();
        let sent: u64 = self.sent.iter().sum();
        format!(
            "{{\"seconds\":{},\"sent\":{sent},\"expected\":{expected},\"awaited\":{},\"strange\":{},\"packets\":{},\
             \"broken\":{},\"datagrams\":{},\"messages\":{},\"bytes\":{},\"keyframes\":{},\"nacks\":{},\
             \"p50\":{},\"p99\":{},\"lag\":{}}}",
            (self.end - self.begin) as f64 / 1e9,
            self.awaited,
            self.strange,
            self.packets,
            self.broken,
            self.datagrams,
            self.messages,
            self.bytes,
            self.keyframes,
            self.nacks,
            rank(&self.latencies, 50),
            rank(&self.latencies, 99),
            rank(&self.lags, 99),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_was_sent_in_the_window() {
        let shape = Shape {
            video: true,
            packets: 10,
            bytes: 100,
        };
        let mut tally = Tally::new(1, 1000);
        tally.sent(0, 5);
        for (time, awaited) in [(999, true), (1000, true), (1999, false), (2000, true)] {
            if time == 2000 {
                tally.close(2000);
            }
            tally.arrived(
                Stamp {
                    source: 0,
                    number: 0,
                    time,
                },
                time + 500,
                shape,
                awaited,
            );
        }
        let json = tally.json(&[3]);
        for part in [
            "\"sent\":1,",
            "\"expected\":3,",
            "\"awaited\":1,",
            "\"strange\":1,",
            "\"packets\":20,",
        ] {
            assert!(json.contains(part), "{part} in {json}");
        }
    }
}
