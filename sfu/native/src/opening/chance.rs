//! Whatever comes first, twice, late or not at all: once everything is there, the picture is.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::testing::{CAMERA, Join, START, VIEWER};
use crate::command::Command;
use crate::ice::Path;
use crate::media::testing::Chance;
use crate::stun::testing::nomination;

const STEP: u64 = 20_000;
const SECOND: u64 = 1_000_000;
/// Until when anything may happen, and until when the picture has to be there.
const WILD: u64 = 12 * SECOND;
const CALM: u64 = 18 * SECOND;

struct Lesson {
    join: Join,
    chance: Chance,
    now: u64,
    generation: u64,
    asked: u64,
    /// Frames that reached us.
    sent: u64,
    /// When the camera's next keyframe is due.
    keyframe: Option<u64>,
    /// The camera sends nothing until then.
    pause: u64,
}

impl Lesson {
    fn new(seed: u64) -> Self {
        Self {
            join: Join::new(),
            chance: Chance::new(seed),
            now: START,
            generation: 1,
            asked: 0,
            sent: 0,
            keyframe: None,
            pause: 0,
        }
    }

    fn nominate(&mut self, fragment: &[u8], port: u16) {
        let path = Path {
            socket: 0,
            local: None,
            remote: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port),
        };
        let check = nomination(fragment, b"secret");
        assert!(self.join.world.check(self.now, path, &check).is_some());
    }

    fn apply(&mut self, command: Command) {
        self.join.world.apply(self.now, command);
    }

    fn show(&mut self, source: u64) {
        self.generation += 1;
        let generation = self.generation;
        self.apply(Command::SetSlot {
            session: VIEWER,
            slot: 1,
            source,
            generation,
        });
    }

    fn allow(&mut self, allowed: bool) {
        let viewers = if allowed { vec![VIEWER] } else { Vec::new() };
        self.apply(Command::SetAudience {
            source: CAMERA,
            viewers,
        });
    }

    fn mute(&mut self, muted: bool) {
        self.apply(Command::MuteSource {
            source: CAMERA,
            muted,
        });
    }

    /// Something happens, or nothing.
    fn happen(&mut self) {
        match self.chance.below(60) {
            0 => self.show(0),
            1 => self.show(CAMERA),
            2 => self.allow(false),
            3 => self.allow(true),
            4 => self.mute(true),
            5 => self.mute(false),
            6 => self.nominate(b"v", 9),
            7 => self.nominate(b"v", 11),
            8 => self.nominate(b"p", 10),
            9 => self.pause = self.now + 100_000 * self.chance.below(40) as u64,
            _ => {}
        }
    }

    /// The camera sends a frame now and then, and a keyframe for most of the requests that reach it.
    fn film(&mut self) {
        let asked = self.join.world.counters.plis_out.get();
        if asked > self.asked && self.chance.below(10) < 7 {
            self.keyframe = Some(self.now + 40_000);
        }
        self.asked = asked;
        if self.now < self.pause || self.chance.below(3) > 0 {
            return;
        }
        let key = self.keyframe.is_some_and(|at| at <= self.now);
        if key {
            self.keyframe = None;
        }
        if self.chance.below(10) == 0 {
            self.join.lose();
        } else {
            self.sent += u64::from(self.join.send(self.now, key));
        }
    }

    fn step(&mut self) {
        self.now += STEP;
        self.film();
        let world = &mut self.join.world;
        if world.pace_at <= self.now {
            world.pace(self.now);
        }
        if world.due.at() <= self.now {
            world.tick(self.now);
        }
    }
}

#[test]
fn whatever_happens_the_picture_comes_in_the_end() {
    for seed in 1..=200 {
        let mut lesson = Lesson::new(seed);
        while lesson.now < START + WILD {
            lesson.happen();
            lesson.step();
        }
        lesson.pause = 0;
        lesson.allow(true);
        lesson.mute(false);
        lesson.nominate(b"p", 10);
        lesson.nominate(b"v", 9);
        if lesson.join.entry().wanted.is_none() {
            lesson.show(CAMERA);
        }
        while lesson.now < START + CALM {
            lesson.step();
        }
        let before = (lesson.sent, lesson.join.world.counters.forwarded.get());
        while lesson.now < START + CALM + SECOND {
            lesson.step();
        }
        let shown = lesson.join.world.counters.forwarded.get() - before.1;
        assert_eq!(
            shown,
            lesson.sent - before.0,
            "seed {seed}: in the last second"
        );
        assert!(!lesson.join.entry().media.waits(), "seed {seed}");
    }
}
