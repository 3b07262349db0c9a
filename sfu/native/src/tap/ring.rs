//! What waits for the process that writes a recording's files.
//!
//! Laws: bounded in bytes; when it is full the oldest frames are dropped and counted, but for one
//! that is partly written; a file's end is never dropped. Nothing here waits: what the pipe does not
//! take stays. The records are as `sfu/recorder_wire.py` reads them.

use std::collections::VecDeque;
use std::io::{self, IoSlice, Write};

/// Bytes in front of a frame.
pub const HEADER: usize = 28;
const FRAME: u8 = 1;
const END: u8 = 2;
/// Bytes written in one go, and records in one call: the media thread has other things to do.
const BURST: usize = 256 << 10;
const SLICES: usize = 64;

/// One picture or sound for a file. A file has up to four tracks, numbered by what they show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    pub file: u32,
    pub track: u8,
    pub codec: u8,
    pub key: bool,
    /// Of the track, without gaps; what was dropped leaves one.
    pub number: u32,
    /// Microseconds of the plane's clock.
    pub at: u64,
}

struct Record {
    bytes: Vec<u8>,
    file: u32,
    is_frame: bool,
}

/// The records that wait.
pub struct Ring {
    waiting: VecDeque<Record>,
    bytes: usize,
    capacity: usize,
    /// Bytes of the first record that were written.
    written: usize,
    /// Frames dropped since the beginning.
    pub dropped: u64,
}

fn head(kind: u8, label: &Label, payload: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + payload);
    bytes.extend_from_slice(&((HEADER - 4 + payload) as u32).to_be_bytes());
    bytes.extend_from_slice(&[kind, label.codec, u8::from(label.key), label.track]);
    bytes.extend_from_slice(&label.file.to_be_bytes());
    bytes.extend_from_slice(&label.number.to_be_bytes());
    bytes.extend_from_slice(&label.at.to_be_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes
}

impl Ring {
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            waiting: VecDeque::new(),
            bytes: 0,
            capacity,
            written: 0,
            dropped: 0,
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Add a frame; answers whether others had to go for it.
    pub fn push(&mut self, label: &Label, payload: &[u8]) -> bool {
        let mut bytes = head(FRAME, label, payload.len());
        bytes.extend_from_slice(payload);
        let before = self.dropped;
        while self.bytes + bytes.len() > self.capacity && self.drop_oldest() {}
        self.add(Record {
            bytes,
            file: label.file,
            is_frame: true,
        });
        self.dropped != before
    }

    /// Nothing more will come for this file.
    pub fn end(&mut self, file: u32) {
        let label = Label {
            file,
            track: 0,
            codec: 0,
            key: false,
            number: 0,
            at: 0,
        };
        self.add(Record {
            bytes: head(END, &label, 0),
            file,
            is_frame: false,
        });
    }

    /// Nobody reads any more.
    pub fn clear(&mut self) {
        self.waiting.clear();
        (self.bytes, self.written) = (0, 0);
    }

    /// Take back what waits for this file; not what is partly written.
    pub fn forget(&mut self, file: u32) {
        let begun = usize::from(self.written > 0);
        let mut at = 0;
        self.waiting.retain(|record| {
            let keep = at < begun || record.file != file || !record.is_frame;
            at += 1;
            keep
        });
        self.bytes = self.waiting.iter().map(|record| record.bytes.len()).sum();
    }

    fn add(&mut self, record: Record) {
        self.bytes += record.bytes.len();
        self.waiting.push_back(record);
    }

    fn drop_oldest(&mut self) -> bool {
        let begun = usize::from(self.written > 0);
        let mut later = self.waiting.iter().skip(begun);
        let Some(at) = later.position(|record| record.is_frame) else {
            return false;
        };
        if let Some(record) = self.waiting.remove(begun + at) {
            self.bytes -= record.bytes.len();
            self.dropped += 1;
        }
        true
    }

    /// Write as much as the pipe takes now; answers how many bytes.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub fn flush(&mut self, pipe: &mut impl Write) -> io::Result<usize> {
        let mut total = 0;
        while total < BURST && !self.waiting.is_empty() {
            let mut slices = Vec::with_capacity(SLICES);
            for (at, record) in self.waiting.iter().take(SLICES).enumerate() {
                let from = if at == 0 { self.written } else { 0 };
                slices.push(IoSlice::new(&record.bytes[from..]));
            }
            match pipe.write_vectored(&slices) {
                Ok(0) => break,
                Ok(count) => {
                    total += count;
                    self.advance(count);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(total)
    }

    fn advance(&mut self, count: usize) {
        self.written += count;
        while let Some(first) = self.waiting.front() {
            let length = first.bytes.len();
            if self.written < length {
                break;
            }
            self.written -= length;
            self.bytes -= length;
            self.waiting.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use super::{HEADER, Label, Ring};

    fn label(file: u32, number: u32) -> Label {
        Label {
            file,
            track: 1,
            codec: 2,
            key: true,
            number,
            at: 77,
        }
    }

    /// A pipe with so much room.
    struct Pipe {
        room: usize,
        got: Vec<u8>,
    }

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let count = bytes.len().min(self.room);
            self.got.extend_from_slice(&bytes[..count]);
            self.room -= count;
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn numbers(bytes: &[u8]) -> Vec<u32> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let word = |from: usize| {
                u32::from_be_bytes([
                    bytes[from],
                    bytes[from + 1],
                    bytes[from + 2],
                    bytes[from + 3],
                ])
            };
            found.push(if bytes[at + 4] == 1 {
                word(at + 12)
            } else {
                u32::MAX
            });
            at += 4 + word(at) as usize;
        }
        assert_eq!(at, bytes.len());
        found
    }

    #[test]
    fn a_pipe_that_takes_little_gets_whole_records_in_the_end() {
        let mut ring = Ring::new(10_000);
        for number in 0..10 {
            assert!(!ring.push(&label(1, number), &[9; 100]));
        }
        ring.end(1);
        let mut pipe = Pipe {
            room: 0,
            got: Vec::new(),
        };
        while !ring.is_empty() {
            pipe.room = 37;
            ring.flush(&mut pipe).expect("a reader");
        }
        assert_eq!(numbers(&pipe.got), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, u32::MAX]);
        assert_eq!(ring.bytes(), 0);
    }

    #[test]
    fn a_full_ring_drops_the_oldest_but_what_is_partly_written_and_ends() {
        let mut ring = Ring::new(4 * (HEADER + 100));
        ring.push(&label(1, 0), &[9; 100]);
        ring.end(7);
        let mut pipe = Pipe {
            room: 20,
            got: Vec::new(),
        };
        ring.flush(&mut pipe).expect("a reader");
        for number in 1..9 {
            ring.push(&label(1, number), &[9; 100]);
        }
        assert_eq!(ring.dropped, 6);
        assert!(ring.bytes() <= 4 * (HEADER + 100));
        pipe.room = usize::MAX;
        ring.flush(&mut pipe).expect("a reader");
        assert_eq!(numbers(&pipe.got), [0, u32::MAX, 7, 8]);
    }

    #[test]
    fn who_withdraws_is_taken_out_of_what_waits() {
        let mut ring = Ring::new(10_000);
        for number in 0..4 {
            ring.push(&label(number % 2, number), &[9; 100]);
        }
        ring.forget(1);
        ring.end(1);
        let mut pipe = Pipe {
            room: usize::MAX,
            got: Vec::new(),
        };
        ring.flush(&mut pipe).expect("a reader");
        assert_eq!(numbers(&pipe.got), [0, 2, u32::MAX]);
    }
}
