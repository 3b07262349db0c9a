use std::io::{ErrorKind, Result, Write};

use super::backlog::{BYTES, Backlog};
use super::{datagram, whole_frames};
use crate::media::testing::Chance;

/// A connection that takes so many bytes, and then no more.
#[derive(Default)]
struct Narrow {
    taken: Vec<u8>,
    room: usize,
}

impl Write for Narrow {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let count = bytes.len().min(self.room);
        if count == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.room -= count;
        self.taken.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

fn frames(bytes: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(range) = datagram(bytes, at) {
        at = range.end;
        found.push(&bytes[range]);
    }
    assert_eq!(at, bytes.len());
    found
}

#[test]
fn whatever_the_connection_takes_frames_arrive_whole_and_in_order() {
    for seed in 1..=50 {
        let mut chance = Chance::new(seed);
        let (mut out, mut backlog) = (Narrow::default(), Backlog::default());
        let (mut sent, mut dropped) = (0_u32, 0);
        for _ in 0..2_000 {
            let size = 4 + chance.below(1_300);
            let mut bytes = vec![7; size];
            bytes[..4].copy_from_slice(&sent.to_be_bytes());
            out.room += chance.below(1_300);
            backlog.drain(&mut out).unwrap();
            dropped += backlog.send(&mut out, &bytes).unwrap();
            sent += 1;
        }
        out.room = usize::MAX;
        backlog.drain(&mut out).unwrap();
        assert!(backlog.is_empty());
        let numbers: Vec<u32> = frames(&out.taken)
            .iter()
            .map(|frame| u32::from_be_bytes(frame[..4].try_into().unwrap()))
            .collect();
        assert_eq!(numbers.len() + dropped, sent as usize, "seed {seed}");
        assert!(numbers.is_sorted(), "seed {seed}");
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
    }
}

#[test]
fn who_reads_nothing_keeps_the_newest_and_the_one_that_had_begun() {
    let (mut out, mut backlog) = (Narrow::default(), Backlog::default());
    out.room = 10;
    let mut dropped = 0;
    for number in 0..200_u8 {
        dropped += backlog.send(&mut out, &[number; 1_000]).unwrap();
    }
    let kept = BYTES / 1_002;
    assert_eq!(dropped, 199 - kept);
    out.room = usize::MAX;
    backlog.drain(&mut out).unwrap();
    let found = frames(&out.taken);
    assert_eq!(
        (found.len(), found[0][0], found[1][0]),
        (kept + 1, 0, 200 - kept as u8)
    );
}

#[test]
fn a_broken_connection_says_so() {
    struct Broken;
    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> Result<usize> {
            Err(ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }
    let mut backlog = Backlog::default();
    assert!(backlog.send(&mut Broken, &[1, 2]).is_err());
    assert_eq!(backlog.send(&mut Broken, &vec![0; 70_000]).unwrap(), 1);
}

#[test]
fn frames_are_cut_at_their_ends_and_long_ones_refused() {
    assert_eq!(whole_frames(&[]), Some(0));
    assert_eq!(whole_frames(&[0]), Some(0));
    assert_eq!(whole_frames(&[0, 1]), Some(0));
    assert_eq!(whole_frames(&[0, 1, 9, 0, 0, 0, 2, 7]), Some(5));
    assert_eq!(whole_frames(&[0x08, 0x00]), Some(0));
    assert_eq!(whole_frames(&[0x08, 0x01]), None);
    assert_eq!(datagram(&[0, 1, 9, 0, 0], 0), Some(2..3));
    assert_eq!(datagram(&[0, 1, 9, 0, 0], 3), Some(5..5));
    assert_eq!(datagram(&[0, 1, 9, 0, 0], 5), None);
    assert_eq!(datagram(&[0, 1, 9, 0, 2], 3), None);
}

#[test]
fn any_bytes_are_frames_or_refused() {
    let mut chance = Chance::new(7);
    for _ in 0..20_000 {
        let small = chance.percent(50);
        let highest = if small { 3 } else { 256 };
        let bytes: Vec<u8> = (0..chance.below(300))
            .map(|_| u8::try_from(chance.below(highest)).unwrap())
            .collect();
        if let Some(whole) = whole_frames(&bytes) {
            frames(&bytes[..whole]);
            assert!(bytes.len() - whole <= 2 + 2_048);
        }
    }
}
