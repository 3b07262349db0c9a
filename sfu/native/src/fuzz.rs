//! Mutated packets against every parser of remote bytes, and against a whole world.
//!
//! Laws: what counts is that nothing panics, loops or grows; the seed is printed when it fails and
//! `FUZZ_SEED` repeats it, `FUZZ_ROUNDS` makes it longer.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crate::command::{AddSlot, AddSource, Command, Payload, Receive};
use crate::counters::{Counters, Histogram};
use crate::demux;
use crate::events::Events;
use crate::media::codec::{Codec, Kind, Media, PayloadTypes};
use crate::media::extension::ExtensionIds;
use crate::media::rtcp::{Compound, Rtcp};
use crate::media::rtp::{RtpHeader, RtpView, restore_rtx};
use crate::socket::{Epoll, Socket};
use crate::srtp::{Inbound, MasterKey, Profile};
use crate::streams::Streams;
use crate::stun::{MAX_ANSWER, Request, integrity_key};
use crate::world::{Options, World};

/// A small generator (xorshift64*), so that a seed repeats everything.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Flip, set, cut, repeat or insert a few bytes.
    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            match self.below(6) {
                0 if !bytes.is_empty() => bytes[at] ^= 1 << self.below(8),
                1 if !bytes.is_empty() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][self.below(5)],
                2 => bytes.truncate(at),
                3 => bytes.insert(at, self.next() as u8),
                4 if !bytes.is_empty() => drop(bytes.remove(at)),
                _ => {
                    let part = bytes[at..(at + self.below(16)).min(bytes.len())].to_vec();
                    bytes.extend(part);
                }
            }
        }
        bytes.truncate(1_400);
    }
}

struct Run {
    noise: Noise,
    seed: u64,
    rounds: usize,
}

impl Run {
    fn new() -> Self {
        let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
        let seed = number("FUZZ_SEED").unwrap_or_else(|| u64::from(crate::world::random_u32()) | 1);
        let rounds = number("FUZZ_ROUNDS").unwrap_or(20_000);
        println!("FUZZ_SEED={seed}");
        Self {
            noise: Noise(seed),
            seed,
            rounds: rounds as usize,
        }
    }

    /// Call `probe` with mutations of the samples, each grown from the one before or a fresh one.
    fn drive(mut self, samples: &[&[u8]], mut probe: impl FnMut(&mut Vec<u8>)) {
        let mut bytes = samples[0].to_vec();
        for _ in 0..self.rounds {
            if self.noise.below(4) == 0 {
                bytes = samples[self.noise.below(samples.len())].to_vec();
            }
            self.noise.mutate(&mut bytes);
            probe(&mut bytes.clone());
        }
        println!("seed {} done", self.seed);
    }
}

const STUN: &[u8] = b"\x00\x01\x00\x44\x21\x12\xa4\x42abcdefghijkl\
\x00\x06\x00\x05a:bcd\0\0\0\x00\x24\x00\x04\x6e\0\x01\xff\x80\x2a\x00\x08abcdefgh\
\x00\x08\x00\x14aaaaaaaaaaaaaaaaaaaa\x80\x28\x00\x04abcd";
const RTP: &[u8] = b"\xb2\xe0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\0\0\0\x05\
\xbe\xde\0\x02\x10\x85\x31\0\x01\x42aaa\x90\xe0\x80\x01\x07\x21\0\x9d\x01\x2apayload\0\0\x03";
const RTX: &[u8] = b"\x80\x61\0\x01\0\0\0\x02\0\0\0\x04\0\x07\x90\x80\x01payload";
const REPORTS: &[u8] =
    b"\x81\xc8\0\x0c\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\0\0\0\x05\0\0\0\x06\
\0\0\0\x07\x01\0\0\x02\0\0\0\x09\0\0\0\x01\0\0\0\x02\0\0\0\x03\
\x81\xca\0\x02\0\0\0\x01\x01\x01a\0\x81\xcb\0\x01\0\0\0\x01";
const FEEDBACK: &[u8] = b"\x81\xcd\0\x03\0\0\0\x01\0\0\0\x63\0\x01\xff\xff\
\x81\xce\0\x02\0\0\0\x01\0\0\0\x63\x84\xce\0\x04\0\0\0\x01\0\0\0\0\0\0\0\x63\x01\0\0\0\
\x8f\xce\0\x05\0\0\0\x01\0\0\0\0REMB\x01\x0f\xff\xff\0\0\0\x63\
\x8f\xcd\0\x05\0\0\0\x01\0\0\0\x63\0\x01\0\x06\0\0\x01\x01\x20\x03\xd2\x40\x01\x02\x03\x04";
const DTLS: &[u8] = b"\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\x14\x01\0\0\x08\0\0\0\0\0\0\0\x08hellohel\
\x14\xfe\xfd\0\0\0\0\0\0\0\x01\0\x01\x01";

#[test]
fn stun_is_total() {
    let key = integrity_key(b"a password");
    let mapped = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9);
    Run::new().drive(&[STUN, &STUN[..60]], |bytes| {
        // A right fingerprint lets mutations reach what lies behind it.
        crate::stun::stamp(bytes);
        if let Some(request) = Request::parse(bytes) {
            assert!(!request.verify(&key));
            let mut out = [0; MAX_ANSWER];
            assert!(request.accept(mapped, &key, &mut out) <= MAX_ANSWER);
            assert!(request.refuse_unknown(&key, &mut out) <= MAX_ANSWER);
        }
    });
}

#[test]
fn demux_and_handshakes_are_total() {
    Run::new().drive(&[DTLS, STUN, RTP, REPORTS], |bytes| {
        let _ = demux::protocol(bytes);
        let _ = demux::is_plausible_dtls(bytes);
    });
}

fn ids() -> ExtensionIds {
    ExtensionIds {
        mid: 4,
        audio_level: 1,
        transport_cc: 3,
        ..ExtensionIds::default()
    }
}

#[test]
fn rtp_is_total() {
    Run::new().drive(&[RTP, RTX], |bytes| {
        let _ = RtpHeader::parse(bytes);
        if let Ok(view) = RtpView::parse(bytes) {
            let _ = view.extensions(ids());
            assert!(view.csrcs().count() <= 15);
            assert!(view.payload().len() < bytes.len());
            let _ = Media::read(Codec::Vp8, view.payload());
        }
        let length = bytes.len();
        assert!(restore_rtx(bytes, 1, 96).is_none_or(|restored| restored < length));
    });
}

#[test]
fn rtcp_is_total() {
    Run::new().drive(&[REPORTS, FEEDBACK], |bytes| {
        for packet in Compound::new(bytes).map_while(Result::ok) {
            match packet {
                Rtcp::SenderReport { blocks, .. } | Rtcp::ReceiverReport { blocks, .. } => {
                    assert!(blocks.count() <= 31);
                }
                Rtcp::Description(chunks) => assert!(chunks.count() <= 31),
                Rtcp::Goodbye(words) => assert!(words.count() <= 31),
                Rtcp::Nack { lost, .. } => assert!(lost.count() <= 17 * bytes.len() / 4),
                Rtcp::FullIntra { entries, .. } => assert!(entries.count() <= bytes.len() / 8),
                Rtcp::Bandwidth(remb) => assert!(remb.ssrcs.count() <= 255),
                Rtcp::TransportCc(feedback) => assert!(feedback.packets().count() <= 65_535),
                Rtcp::PictureLoss { .. } | Rtcp::Other { .. } => {}
            }
        }
    });
}

#[test]
fn sealed_noise_never_opens() {
    for profile in [Profile::AeadAes128Gcm, Profile::Aes128CmSha1_80] {
        let salt = if profile == Profile::AeadAes128Gcm {
            12
        } else {
            14
        };
        let master = MasterKey::new(profile, &[1; 16], &[2; 14][..salt]).expect("right lengths");
        let mut inbound = Inbound::new(&master).expect("a key");
        Run::new().drive(&[RTP, REPORTS, FEEDBACK], |bytes| {
            if let Ok(header) = RtpHeader::parse(bytes) {
                assert!(inbound.open_rtp(bytes, header.length).is_err());
            }
            assert!(inbound.open_rtcp(bytes).is_err());
        });
        assert_eq!(inbound.streams(), 0);
    }
}

fn world() -> World {
    let socket = Socket::bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0)).expect("a port");
    let events = Arc::new(Events::new().expect("a descriptor"));
    let (counters, histogram) = (
        Arc::new(Counters::default()),
        Arc::new(Histogram::default()),
    );
    let mut world = World::new(
        vec![socket],
        Streams::new(Arc::new(Epoll::new().expect("a descriptor")), Vec::new()),
        Options::default(),
        counters,
        histogram,
        events,
    );
    let mut payloads = Box::new([None; 128]);
    payloads[96] = Some(Payload::Media(Codec::Vp8));
    payloads[97] = Some(Payload::Repair(96));
    let mut vp8 = PayloadTypes::default();
    vp8.set(Codec::Vp8, 96, Some(97));
    for command in [
        Command::OpenSession {
            session: 1,
            fragment: b"a".to_vec(),
            password: b"p".to_vec(),
        },
        Command::SetReceive {
            session: 1,
            receive: Receive {
                payloads,
                ids: ids(),
            },
        },
        Command::AddSource(AddSource {
            source: 1,
            session: 1,
            mid: b"aaa".to_vec(),
            kind: Kind::Video,
            csrc: 7,
            ssrcs: vec![1, 3, 4],
            rids: Vec::new(),
        }),
        Command::AddSlot(AddSlot {
            session: 1,
            slot: 1,
            mid: b"0".to_vec(),
            kind: Kind::Video,
            ssrc: 0x63,
            rtx_ssrc: 0x64,
            payloads: vp8,
            ids: ids(),
            cname: "name".to_owned(),
        }),
        Command::SetAudience {
            source: 1,
            viewers: vec![1],
        },
        Command::SetSlot {
            session: 1,
            slot: 1,
            source: 1,
            generation: 1,
        },
    ] {
        world.apply(0, command);
    }
    assert_eq!(world.counters.commands_refused.get(), 0);
    world
}

#[test]
fn a_world_survives_any_opened_packet() {
    let mut world = world();
    let mut now = 0;
    Run::new().drive(&[RTP, RTX, REPORTS, FEEDBACK], |bytes| {
        now += 700;
        let place = world.sessions.place(1).expect("the session");
        world.control(now, place, bytes);
        let _ = world.opened(now, place, bytes, 0);
        world.forward(now, bytes);
        if now % 70_000 == 0 {
            world.tick(now);
        }
        assert!(
            world
                .sessions
                .get(place)
                .expect("the session")
                .streams
                .len()
                <= 64
        );
    });
    world.apply(now, Command::CloseSession { session: 1 });
    world.gauge();
    assert_eq!(
        world.counters.sources.get() + world.counters.streams.get(),
        0
    );
}
