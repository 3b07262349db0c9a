//! One viewer's way with a clock and a network of the caller's: the congestion code that the plane
//! runs, for simulations in Python.
//!
//! Laws: nothing here is on a packet's path; the packets have sizes and no content. Times are
//! microseconds and never go back.
#![allow(clippy::needless_pass_by_value)] // arguments from Python are owned

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::media::pacer::{Class, Leaving};
use crate::media::rtcp::{Compound, Rtcp};
use crate::media::twcc::ArrivalRecorder;
use crate::way::{Held, Way};

/// The sender's side and the remote's.
#[pyclass(module = "sfu._native")]
pub struct Rehearsal {
    way: Way,
    remote: ArrivalRecorder,
    dropped: u64,
}

impl Rehearsal {
    /// A packet leaves: its transport-wide number and its size.
    fn leave(&mut self, now: u64, size: u16) -> (u16, u16) {
        let number = self.way.upcoming();
        self.way.sent(now, usize::from(size));
        (number, size)
    }
}

#[pymethods]
impl Rehearsal {
    /// For a viewer that is sent up to `want` bits per second.
    #[new]
    fn new(want: u64) -> Self {
        let mut way = Way::new(want);
        way.number();
        Self {
            way,
            remote: ArrivalRecorder::default(),
            dropped: 0,
        }
    }

    /// Packets of these sizes are there to be sent; (number, size) of those that leave at once.
    fn offer(&mut self, now: u64, sizes: Vec<u16>, sound: bool) -> Vec<(u16, u16)> {
        let class = if sound { Class::Audio } else { Class::Video };
        let mut left = Vec::with_capacity(sizes.len());
        for size in sizes {
            // What waits is told apart by its size alone.
            let held = Held {
                slot: 0,
                sequence: size,
                repair: false,
            };
            if !self.way.hold(now, class, usize::from(size), held) {
                left.push(self.leave(now, size));
            }
        }
        left
    }

    /// What had to wait, and padding: (number, size) of what leaves now.
    fn poll(&mut self, now: u64) -> Vec<(u16, u16)> {
        let mut left = Vec::new();
        while let Some(leaving) = self.way.poll(now) {
            let size = match leaving {
                Leaving::Packet { item, .. } => item.sequence,
                Leaving::Padding { bytes, .. } => u16::try_from(bytes).unwrap_or(u16::MAX),
            };
            left.push(self.leave(now, size));
        }
        self.dropped += self.way.take_dropped();
        left
    }

    /// Time passed; bits per second if the plane would tell them.
    fn tick(&mut self, now: u64) -> Option<u64> {
        Some(self.way.tick(now, || true)?.bits_per_second)
    }

    /// This packet arrived at the remote.
    fn arrive(&mut self, now: u64, number: u16) {
        self.remote.arrived(now, number);
    }

    /// The remote's feedback, if it is time for one.
    fn answer<'py>(&mut self, py: Python<'py>, now: u64) -> Bound<'py, PyBytes> {
        let mut compound = Vec::new();
        while self.remote.feedback(now, 1, 2, &mut compound) {}
        PyBytes::new(py, &compound)
    }

    /// That feedback came.
    fn feedback(&mut self, now: u64, compound: &[u8]) {
        for packet in Compound::new(compound) {
            if let Ok(Rtcp::TransportCc(feedback)) = packet {
                self.way.feedback(now, &feedback);
            }
        }
    }

    /// Packets that waited too long, or among too many.
    #[getter]
    fn dropped(&self) -> u64 {
        self.dropped
    }
}
