//! A camera and one viewer in a world without a network of its own, for tests.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::command::{AddSlot, AddSource, Command, Payload, Receive};
use crate::due::TICK;
use crate::ice::Path;
use crate::media::codec::{Codec, Kind, PayloadTypes};
use crate::media::extension::ExtensionIds;
use crate::session::SlotEntry;
use crate::srtp::{MasterKey, Profile};
use crate::stun::testing::nomination;
use crate::world::World;
use crate::world::testing::alone;

pub const PUBLISHER: u64 = 1;
pub const VIEWER: u64 = 2;
pub const CAMERA: u64 = 9;
pub const START: u64 = 10_000_000;

pub struct Join {
    pub world: World,
    sequence: u16,
    bytes: Vec<u8>,
}

impl Join {
    /// Both have their keys, the viewer its slot, and neither a way.
    pub fn new() -> Self {
        let mut join = Self {
            world: alone(),
            sequence: 0,
            bytes: Vec::with_capacity(1_500),
        };
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

    pub fn order(&mut self, command: Command) {
        self.world.apply(START, command);
        assert_eq!(self.world.counters.commands_refused.get(), 0);
    }

    /// A frame of the camera, of one packet.
    pub fn frame(&mut self, now: u64, key: bool) {
        assert!(self.send(now, key));
    }

    /// The same, which a muted camera is not heard with.
    pub fn send(&mut self, now: u64, key: bool) -> bool {
        let ticks = (now / 1_000 * 90) as u32;
        let bytes = &mut self.bytes;
        bytes.clear();
        bytes.extend_from_slice(&[0x80, 0x80 | 0x60]);
        bytes.extend_from_slice(&self.sequence.to_be_bytes());
        bytes.extend_from_slice(&ticks.to_be_bytes());
        bytes.extend_from_slice(&1_u32.to_be_bytes());
        bytes.extend_from_slice(&[0x10, u8::from(!key), 0, 0]);
        self.sequence += 1;
        let place = self.world.sessions.place(PUBLISHER).expect("a session");
        let opened = self.world.opened(now, place, bytes, 0);
        self.world.forward(now, bytes);
        opened.is_ok()
    }

    /// A frame got lost on its way to us.
    pub fn lose(&mut self) {
        self.sequence += 1;
    }

    /// This session's way is nominated.
    pub fn nominate(&mut self, now: u64, fragment: &[u8], port: u16) {
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

    pub fn entry(&mut self) -> &mut SlotEntry {
        let viewer = self.world.sessions.place(VIEWER).expect("a session");
        let session = self.world.sessions.get_mut(viewer).expect("a session");
        session.slot_mut(1).expect("a slot")
    }
}
