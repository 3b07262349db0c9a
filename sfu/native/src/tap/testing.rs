//! A whole world with one publisher and a recorder, for tests: packets in, records of the pipe out.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use super::ring::HEADER;
use crate::command::{AddSource, AddTap, Command, Payload, Receive};
use crate::media::codec::{Codec, Kind};
use crate::media::extension::ExtensionIds;
use crate::world::World;
use crate::world::testing::alone;

pub const PICTURE: u64 = 1;
pub const SOUND: u64 = 2;
pub const RECORDER: u64 = 900;
pub const VIEWER: u64 = 50;

/// One record of the pipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub is_end: bool,
    pub file: u32,
    pub track: u8,
    pub key: bool,
    pub number: u32,
    pub at: u64,
    pub payload: Vec<u8>,
}

pub struct Stage {
    pub world: World,
    pub reader: UnixStream,
    pub now: u64,
    pub sequences: [u16; 2],
    /// The beginning of a record.
    rest: Vec<u8>,
}

impl Stage {
    pub fn new() -> Self {
        let (writer, reader) = UnixStream::pair().expect("two ends");
        writer.set_nonblocking(true).expect("a socket");
        reader.set_nonblocking(true).expect("a socket");
        let mut stage = Self {
            world: world(),
            reader,
            now: 10_000_000,
            sequences: [100, 100],
            rest: Vec::new(),
        };
        stage.order(Command::OpenRecorder {
            recorder: RECORDER,
            pipe: File::from(OwnedFd::from(writer)),
            capacity: 1 << 20,
        });
        for (source, track) in [(PICTURE, 1), (SOUND, 0)] {
            stage.order(Command::AddTap(AddTap {
                recorder: RECORDER,
                source,
                file: 7,
                track,
                layer: 1,
            }));
        }
        stage
    }

    pub fn order(&mut self, command: Command) {
        self.world.apply(self.now, command);
        assert_eq!(self.world.counters.commands_refused.get(), 0);
    }

    pub fn consent(&mut self, source: u64, given: bool) {
        let viewers = if given {
            vec![VIEWER, RECORDER]
        } else {
            vec![VIEWER]
        };
        self.order(Command::SetAudience { source, viewers });
    }

    /// A packet of a source, at this distance from the one that comes next in order.
    pub fn packet(&mut self, source: u64, later: u16, payload: &[u8]) {
        let which = usize::from(source == SOUND);
        // A part of a picture that is the last one says so in its first byte.
        let marker = which == 0 && payload[0] & 0x08 != 0;
        self.send(source, later, [96, 111][which], marker, payload);
    }

    /// A packet of H.264.
    pub fn units(&mut self, marker: bool, payload: &[u8]) {
        self.send(PICTURE, 0, 97, marker, payload);
        self.sequences[0] = self.sequences[0].wrapping_add(1);
        self.pass(if marker { 33_000 } else { 0 });
    }

    pub fn send(&mut self, source: u64, later: u16, kind: u8, marker: bool, payload: &[u8]) {
        let which = usize::from(source == SOUND);
        let sequence = self.sequences[which].wrapping_add(later);
        let (rate, marker) = ([90, 48][which], u8::from(marker));
        let ticks = (self.now / 1_000 * rate) as u32;
        let mut bytes = vec![0x80, kind | marker << 7];
        bytes.extend_from_slice(&sequence.to_be_bytes());
        bytes.extend_from_slice(&ticks.to_be_bytes());
        bytes.extend_from_slice(&(source as u32).to_be_bytes());
        bytes.extend_from_slice(payload);
        let place = self.world.sessions.place(1).expect("the session");
        let opened = self.world.opened(self.now, place, &mut bytes, 0);
        assert!(opened.is_ok() || self.is_muted(source));
    }

    fn is_muted(&self, source: u64) -> bool {
        let place = self.world.sources.place(source).expect("the source");
        self.world.sources.get(place).expect("the source").muted
    }

    /// A picture of one packet (0x08 marks the end; it is a reserved bit of the descriptor).
    pub fn picture(&mut self, key: bool, byte: u8) {
        self.packet(PICTURE, 0, &[0x18, u8::from(!key), byte]);
        self.sequences[0] = self.sequences[0].wrapping_add(1);
        self.pass(33_000);
    }

    pub fn sound(&mut self, byte: u8) {
        self.packet(SOUND, 0, &[0x78, byte]);
        self.sequences[1] = self.sequences[1].wrapping_add(1);
        self.pass(20_000);
    }

    pub fn pass(&mut self, micros: u64) {
        self.now += micros;
        self.world.record(self.now);
    }

    pub fn seen(&mut self) -> Vec<Seen> {
        let mut bytes = std::mem::take(&mut self.rest);
        let _ = self.reader.read_to_end(&mut bytes);
        let mut found = Vec::new();
        let mut rest = &bytes[..];
        while let Some(head) = rest.first_chunk::<HEADER>() {
            let word = |at: usize| {
                u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]])
            };
            let length = 4 + word(0) as usize;
            if rest.len() < length {
                break;
            }
            found.push(Seen {
                is_end: head[4] == 2,
                file: word(8),
                track: head[7],
                key: head[6] == 1,
                number: word(12),
                at: u64::from(word(16)) << 32 | u64::from(word(20)),
                payload: rest[HEADER..length].to_vec(),
            });
            rest = &rest[length..];
        }
        self.rest = rest.to_vec();
        found
    }

    /// The last byte of each frame.
    pub fn bytes(&mut self) -> Vec<u8> {
        let seen = self.seen();
        seen.iter()
            .filter_map(|frame| frame.payload.last().copied())
            .collect()
    }

    pub fn asks_for_a_keyframe(&mut self) -> bool {
        let place = self.world.sources.place(PICTURE).expect("the source");
        let source = self.world.sources.get_mut(place).expect("the source");
        source.keyframes.poll(u64::MAX)
    }
}

fn world() -> World {
    let mut world = alone();
    let mut payloads = Box::new([None; 128]);
    payloads[96] = Some(Payload::Media(Codec::Vp8));
    payloads[97] = Some(Payload::Media(Codec::H264));
    payloads[111] = Some(Payload::Media(Codec::Opus));
    let source = |source: u64, kind| {
        Command::AddSource(AddSource {
            source,
            session: 1,
            mid: Vec::new(),
            kind,
            csrc: 7,
            ssrcs: vec![source as u32],
            rids: Vec::new(),
        })
    };
    let receive = Receive {
        payloads,
        ids: ExtensionIds::default(),
    };
    for command in [
        Command::OpenSession {
            session: 1,
            fragment: b"a".to_vec(),
            password: b"p".to_vec(),
        },
        Command::SetReceive {
            session: 1,
            receive,
        },
        source(PICTURE, Kind::Video),
        source(SOUND, Kind::Audio),
    ] {
        world.apply(0, command);
    }
    world
}
