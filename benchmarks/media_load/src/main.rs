//! The load of the media benchmark: sends what publishers send, receives what viewers receive, on one thread.
//!
//! Reads a plan (see `plan.rs`) and `start`; then each `run WARM SECONDS PACE` warms up, prints `begin`, measures, prints
//! `end`, and 300 ms later `result` with JSON; all sources are PACE times as quick as planned. Consent goes on between
//! runs. It ends with its standard input.

mod frame;
mod leg;
mod plan;
mod rtcp;
mod rtp;
mod socket;
mod source;
mod srtp;
mod stun;
mod tally;

use frame::{Noise, Shape};
use leg::Run;
use plan::Plan;
use socket::Poll;
use std::io::Write;
use std::time::{Duration, SystemTime};
use tally::Tally;

const SECOND: u64 = 1_000_000_000;
const MILLISECOND: u64 = 1_000_000;
const TICK: u64 = 10 * MILLISECOND;
/// Between the frames of a source between runs: some servers give up a track that says nothing.
const IDLE: u64 = SECOND;
const DRAIN: u64 = 300_000_000;
/// Messages taken from one socket before others and what is due get their turn.
const FAIR: usize = 16;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    Warm,
    Measured,
    Draining,
}

struct Load {
    plan: Plan,
    viewers: Vec<u64>,
    shapes: Vec<Shape>,
    noise: Noise,
    tally: Tally,
    phase: Phase,
    until: u64,
    measured: u64,
    ticked: u64,
    reported: u64,
}

fn now() -> u64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // who no longer listens closes our standard input as well
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

impl Load {
    fn new(mut plan: Plan) -> Result<Self, String> {
        let viewers = plan.settle()?;
        let shapes = plan.sources.iter().map(|source| source.shape).collect();
        let tally = Tally::new(plan.sources.len(), u64::MAX);
        let noise = Noise::new(0x9E37_79B9_7F4A_7C15);
        let (phase, until, measured, ticked, reported) = (Phase::Idle, u64::MAX, 0, 0, 0);
        Ok(Self {
            plan,
            viewers,
            shapes,
            noise,
            tally,
            phase,
            until,
            measured,
            ticked,
            reported,
        })
    }

    /// Begin a run: every source starts with a keyframe, at its own time within its interval.
    fn begin(&mut self, warm: f64, seconds: f64, pace: f64) {
        let (start, sources) = (now(), self.plan.sources.len() as u64);
        for (place, source) in (0_u64..).zip(&mut self.plan.sources) {
            source.interval = ((source.usual as f64 / pace) as u64).max(MILLISECOND / 10);
            source.due = start + source.interval * place / sources;
            source.wants_keyframe = true;
        }
        self.phase = Phase::Warm;
        self.until = start + (warm * SECOND as f64) as u64;
        self.measured = (seconds * SECOND as f64) as u64;
    }

    fn next_phase(&mut self, now: u64) {
        match self.phase {
            Phase::Warm => {
                say("begin");
                self.tally = Tally::new(self.plan.sources.len(), now);
                (self.phase, self.until) = (Phase::Measured, now + self.measured);
            }
            Phase::Measured => {
                self.tally.close(now);
                say("end");
                for source in &mut self.plan.sources {
                    source.due = now + IDLE;
                }
                (self.phase, self.until) = (Phase::Draining, now + DRAIN);
            }
            Phase::Draining | Phase::Idle => {
                say(&format!("result {}", self.tally.json(&self.viewers)));
                (self.phase, self.until) = (Phase::Idle, u64::MAX);
            }
        }
    }

    /// Send every frame that is due.
    fn send(&mut self) {
        let mut packets = Vec::with_capacity(16);
        let running = matches!(self.phase, Phase::Warm | Phase::Measured);
        for (place, source) in self.plan.sources.iter_mut().enumerate() {
            let time = now();
            if source.due > time {
                continue;
            }
            let leg = &mut self.plan.legs[source.leg];
            let late = time - source.due;
            // who was stopped between runs makes up for nothing
            source.due = if running {
                source.due + source.interval
            } else {
                time + IDLE
            };
            packets.clear();
            source.frame(
                place as u16,
                time,
                &self.noise,
                &leg.outward,
                &mut leg.transport,
                &mut packets,
            );
            leg.socket.send(&packets);
            if self.phase == Phase::Measured {
                self.tally.sent(place, late);
            }
        }
    }

    fn tick(&mut self, now: u64) {
        if now < self.ticked + TICK {
            return;
        }
        self.ticked = now;
        for leg in &mut self.plan.legs {
            leg.tick(now);
        }
        if now >= self.reported + SECOND {
            self.reported = now;
            for source in self
                .plan
                .sources
                .iter()
                .filter(|source| source.due != u64::MAX)
            {
                self.plan.legs[source.leg].send_control(source.report(now));
            }
        }
    }

    fn receive(&mut self, place: usize, buffer: &mut [u8]) {
        for _ in 0..FAIR {
            let Some((length, segment, time)) = self.plan.legs[place].socket.receive(buffer) else {
                return;
            };
            self.tally.messages += 1;
            for datagram in buffer[..length].chunks_mut(segment.max(1)) {
                let mut run = Run {
                    noise: &self.noise,
                    shapes: &self.shapes,
                    tally: &mut self.tally,
                };
                let news = self.plan.legs[place].receive(datagram, time, &mut run);
                self.hear(&news);
            }
        }
    }

    fn hear(&mut self, news: &[rtcp::News]) {
        for one in news {
            match one {
                rtcp::News::Keyframe { ssrc } => {
                    self.tally.keyframes += 1;
                    for source in self
                        .plan
                        .sources
                        .iter_mut()
                        .filter(|source| source.ssrc == *ssrc)
                    {
                        source.wants_keyframe = true;
                    }
                }
                rtcp::News::Nack => self.tally.nacks += 1,
                rtcp::News::Report { .. } => {}
            }
        }
    }

    /// How long nothing is due.
    fn patience(&self, now: u64) -> Duration {
        let dues = self.plan.sources.iter().map(|source| source.due);
        let next = dues
            .chain([self.until, self.ticked + TICK])
            .min()
            .unwrap_or(now);
        Duration::from_nanos(next.saturating_sub(now))
    }
}

fn command(load: &mut Load, line: &str) -> Result<(), String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words[..] {
        ["run", warm, seconds, pace] => {
            let number = |text: &str| text.parse().map_err(|_| format!("{text} is no number"));
            load.begin(number(warm)?, number(seconds)?, number(pace)?);
            Ok(())
        }
        _ => Err(format!("{line} is not understood")),
    }
}

fn serve(load: &mut Load, mut input: Vec<u8>) -> Result<(), String> {
    let poll = Poll::new(load.plan.legs.iter().map(|leg| &leg.socket))
        .map_err(|error| error.to_string())?;
    let (mut buffer, mut ready) = (socket::buffer(), Vec::new());
    say("ready");
    loop {
        while let Some(end) = input.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = input.drain(..=end).collect();
            command(load, &String::from_utf8_lossy(&line))?;
        }
        let time = now();
        if time >= load.until {
            load.next_phase(time);
        }
        load.send();
        load.tick(time);
        poll.wait(load.patience(now()), &mut ready);
        for tag in &ready {
            if *tag != u64::MAX {
                load.receive(usize::try_from(*tag).unwrap_or(0), &mut buffer);
                load.send();
            } else if socket::read_input(&mut input).is_none() {
                return Ok(());
            }
        }
    }
}

fn main() -> Result<(), String> {
    let (mut plan, mut input) = (Plan::default(), Vec::new());
    loop {
        socket::read_input(&mut input).ok_or("the plan ended before start")?;
        while let Some(end) = input.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = input.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            if line.trim() == "start" {
                return serve(&mut Load::new(plan)?, input);
            }
            plan.take(&line)?;
        }
    }
}
