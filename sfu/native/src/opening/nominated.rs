//! A viewer whose handshake is over before its way is nominated sees what is here at the nomination.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crate::command::{AddSlot, AddSource, Command, Payload, Receive};
use crate::counters::{Counters, Histogram};
use crate::due::TICK;
use crate::events::Events;
use crate::ice::Path;
use crate::media::codec::{Codec, Kind, PayloadTypes};
use crate::media::extension::ExtensionIds;
use crate::session::SlotEntry;
use crate::socket::{Epoll, Socket};
use crate::source::Source;
use crate::srtp::{MasterKey, Profile};
use crate::streams::Streams;
use crate::stun::testing::nomination;
use crate::world::{Options, World};

const PUBLISHER: u64 = 1;
const VIEWER: u64 = 2;
const CAMERA: u64 = 9;
const START: u64 = 10_000_000;

struct Join {
    world: World,
    sequence: u16,
}

impl Join {
    /// Both have their keys, the viewer its slot, and neither a way.
    fn new() -> Self {
        let socket =
            Socket::bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0)).expect("a port");
        let world = World::new(
            vec![socket],
            Streams::new(Arc::new(Epoll::new().expect("a descriptor")), Vec::new()),
            Options::default(),
            Arc::new(Counters::default()),
            Arc::new(Histogram::default()),
            Arc::new(Events::new().expect("a descriptor")),
        );
        let mut join = Self { world, sequence: 0 };
        for (session, fragment) in [(PUBLISHER, b"p"), (VIEWER, b"v")] {
            join.order(Command::OpenSession {
                session,
                fragment: fragment.to_vec(),
                password: b"secret".to_vec(),
            });
        }
        join.publish();
        join.watch();
        join
    }

    fn publish(&mut self) {
        let mut payloads = Box::new([None; 128]);
        payloads[96] = Some(Payload::Media(Codec::Vp8));
        self.order(Command::SetReceive {
            session: PUBLISHER,
            receive: Receive {
                payloads,
                ids: ExtensionIds::default(),
            },
        });
        self.order(Command::AddSource(AddSource {
            source: CAMERA,
            session: PUBLISHER,
            mid: Vec::new(),
            kind: Kind::Video,
            csrc: 7,
            ssrcs: vec![1],
            rids: Vec::new(),
        }));
        self.order(Command::SetAudience {
            source: CAMERA,
            viewers: vec![VIEWER],
        });
    }

    fn watch(&mut self) {
        let mut payloads = PayloadTypes::default();
        payloads.set(Codec::Vp8, 96, Some(97));
        self.order(Command::AddSlot(AddSlot {
            session: VIEWER,
            slot: 1,
            mid: b"0".to_vec(),
            kind: Kind::Video,
            ssrc: 0x63,
            rtx_ssrc: 0x64,
            payloads,
            ids: ExtensionIds::default(),
            cname: "name".to_owned(),
        }));
        for session in [PUBLISHER, VIEWER] {
            let key = |byte| {
                MasterKey::new(Profile::AeadAes128Gcm, &[byte; 16], &[2; 12]).expect("a key")
            };
            self.order(Command::SetSrtp {
                session,
                receive: key(1),
                send: key(2),
            });
        }
        self.order(Command::SetSlot {
            session: VIEWER,
            slot: 1,
            source: CAMERA,
            generation: 1,
        });
    }

    fn order(&mut self, command: Command) {
        self.world.apply(START, command);
        assert_eq!(self.world.counters.commands_refused.get(), 0);
    }

    /// A frame of the camera, of one packet.
    fn frame(&mut self, now: u64, key: bool) {
        let ticks = (now / 1_000 * 90) as u32;
        let mut bytes = vec![0x80, 0x80 | 0x60];
        bytes.extend_from_slice(&self.sequence.to_be_bytes());
        bytes.extend_from_slice(&ticks.to_be_bytes());
        bytes.extend_from_slice(&1_u32.to_be_bytes());
        bytes.extend_from_slice(&[0x10, u8::from(!key), 0, 0]);
        self.sequence += 1;
        let place = self.world.sessions.place(PUBLISHER).expect("a session");
        let opened = self.world.opened(now, place, &mut bytes, 0);
        assert!(opened.is_ok());
        self.world.forward(now, &bytes);
    }

    /// This session's way is nominated.
    fn nominate(&mut self, now: u64, fragment: &[u8], port: u16) {
        let path = Path {
            socket: 0,
            local: None,
            remote: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port),
        };
        self.world.tick(now - 2 * TICK);
        assert!(self.world.due.at() > now, "nothing else is due");
        let check = nomination(fragment, b"secret");
        assert!(self.world.check(now, path, &check).is_some());
        assert!(self.world.due.at() <= now, "looked at at once");
        self.world.tick(now);
        assert!(self.world.nominated.is_empty());
    }

    fn entry(&mut self) -> &mut SlotEntry {
        let viewer = self.world.sessions.place(VIEWER).expect("a session");
        let session = self.world.sessions.get_mut(viewer).expect("a session");
        session.slot_mut(1).expect("a slot")
    }
}

#[test]
fn a_keyframe_that_came_before_the_nomination_is_shown_with_it() {
    let mut join = Join::new();
    join.frame(START, true);
    join.frame(START + 40_000, false);
    assert_eq!(
        join.world.counters.forwarded.get(),
        0,
        "there is no way yet"
    );
    join.nominate(START + 60_000, b"v", 9);
    assert_eq!(join.world.counters.openings.get(), 1);
    assert_eq!(join.world.counters.forwarded.get(), 2);
    let soon = join.entry().report_due(START + 1_060_000);
    assert!(soon, "the viewer is told its clock");
    join.world.begin(START + 60_000, 1, 1);
    assert_eq!(join.world.counters.forwarded.get(), 2, "begun once");
    join.frame(START + 80_000, false);
    assert_eq!(join.world.counters.forwarded.get(), 3, "and goes on");
}

#[test]
fn nothing_of_a_muted_camera_is_shown() {
    let mut join = Join::new();
    join.frame(START, true);
    join.order(Command::MuteSource {
        source: CAMERA,
        muted: true,
    });
    join.nominate(START + 60_000, b"v", 9);
    assert_eq!(join.world.counters.forwarded.get(), 0);
}

#[test]
fn a_slot_begins_in_the_layer_that_is_here_and_goes_on_in_it() {
    let mut join = Join::new();
    let place = join.world.sources.place(CAMERA).expect("a source");
    let camera = join.world.sources.get_mut(place).expect("a source");
    let rids = vec![b"q".to_vec(), b"f".to_vec()];
    let layered = Source::new(CAMERA, camera.session, Kind::Video, 7, rids);
    let before = std::mem::replace(camera, layered);
    camera.audience = before.audience;
    camera.viewers = before.viewers;
    let publisher = join.world.sessions.get_mut(0).expect("a session");
    publisher.streams[0].layer = 1;
    join.frame(START, true);
    join.nominate(START + 60_000, b"v", 9);
    assert_eq!(join.entry().layers.shown, 1);
    join.frame(START + 80_000, false);
    assert_eq!(join.world.counters.forwarded.get(), 2);
}

#[test]
fn where_nothing_is_here_a_keyframe_is_asked_for_at_once() {
    let mut join = Join::new();
    join.nominate(START, b"p", 10);
    join.frame(START, true);
    let asked = join.world.counters.plis_out.get();
    join.world.tick(START + 20_000);
    join.frame(START + 700_000, false);
    join.nominate(START + 720_000, b"v", 9);
    assert_eq!(join.world.counters.openings.get(), 0, "too old");
    assert_eq!(join.world.counters.plis_out.get(), asked + 1);

    // Nobody's nomination: a slot that is filled later says itself that it waits.
    join.world.tick(START + 1_400_000);
    join.world.apply(
        START + 1_404_000,
        Command::SetSlot {
            session: VIEWER,
            slot: 1,
            source: CAMERA,
            generation: 2,
        },
    );
    assert_eq!(join.world.due.at(), START + 1_400_000 + TICK);
}
