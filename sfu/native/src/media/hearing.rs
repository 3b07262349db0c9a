//! When the policy above is told how loud voices are: soon what lets somebody in, the rest in time.
//!
//! Laws: a level belongs to its tick of 20 ms, and each tick is told once, in order, whenever that is. A sound that
//! begins is told tick by tick until it is `SURE` that somebody speaks; from then on a voice alone is told
//! each `ALONE`, and several each `TOGETHER`, since they may contest a seat. Whatever is told tells all
//! that waits, so who decides then knows as much as if it had been told at every tick.

use super::levels::{LevelMeter, QUIET, THRESHOLD};

/// One level for each.
pub const TICK: u64 = 20_000;
const ALONE: u64 = 200_000;
const TOGETHER: u64 = 50_000;
/// Loud ticks that let a voice in above (40 ms), and one more.
const SURE: u8 = 3;
/// Ticks of quiet after which a sound is a new one: sooner than it is shown as an end (0.8 s).
const APART: u64 = 30;
/// Ticks of one voice that wait, more than `ALONE` and a look that comes late.
const WAITING: usize = 16;

/// What one voice said, and of that what was not told yet.
#[derive(Debug, Clone, Default)]
pub struct Voice {
    meter: LevelMeter,
    /// The tick that goes on.
    open: u64,
    /// When something came in it, and the last loud tick.
    came: bool,
    loud: u64,
    sure: u8,
    /// Tick and level.
    waiting: [(u64, u8); WAITING],
    count: usize,
    news: Option<u64>,
}

impl Voice {
    /// A packet said how loud it is.
    pub fn packet(&mut self, now: u64, level: u8) {
        self.close(now);
        self.came = true;
        self.meter.packet(now, level);
        let begins = self.sure < SURE || self.open.saturating_sub(self.loud) > APART;
        if begins && level < THRESHOLD {
            self.news = Some((self.open + 1) * TICK);
        }
    }

    /// When what it said last has to be told, if it is news.
    #[must_use]
    pub fn news(&self) -> Option<u64> {
        self.news
    }

    /// The source was muted or removed from hearing: what it said last is void.
    pub fn silence(&mut self) {
        self.meter.silence();
        self.came = true;
        self.count = 0;
        self.news = None;
    }

    /// End the tick that went on, if it is over.
    fn close(&mut self, now: u64) {
        let tick = now / TICK;
        if tick <= self.open {
            return;
        }
        let over = std::mem::replace(&mut self.open, tick);
        if !std::mem::take(&mut self.came) {
            return;
        }
        let Some(level) = self.meter.tick(now) else {
            return;
        };
        self.keep(over, level);
        if level < THRESHOLD {
            if over.saturating_sub(self.loud) > APART {
                self.sure = 0;
            }
            self.sure = SURE.min(self.sure + 1);
            self.loud = over;
        }
    }

    fn keep(&mut self, tick: u64, level: u8) {
        if self.count == WAITING {
            self.waiting.copy_within(1.., 0);
            self.count -= 1;
        }
        self.waiting[self.count] = (tick, level);
        self.count += 1;
    }

    /// What is to be told by now, the oldest first.
    fn take(&mut self, now: u64) -> &[(u64, u8)] {
        self.close(now);
        if !self.came
            && let Some(quiet) = self.meter.tick(now)
        {
            self.keep(self.open.saturating_sub(1), quiet);
        }
        self.news = None;
        &self.waiting[..std::mem::take(&mut self.count)]
    }

    fn speaks(&self) -> bool {
        self.sure > 0 && self.open.saturating_sub(self.loud) <= APART
    }
}

/// How many ticks ago, and who was how loud then.
pub type Told = (u64, Vec<(u64, u8)>);

/// When all voices of a plane are told.
#[derive(Debug, Default)]
pub struct Hearing {
    at: u64,
}

impl Hearing {
    /// When to tell.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Somebody said something that is news.
    pub fn tell_by(&mut self, at: u64) {
        self.at = self.at.min(at);
    }

    /// What is to be told now, the oldest tick first; `voices` with the ids of their sources.
    pub fn gather<'a>(
        &mut self,
        now: u64,
        voices: impl Iterator<Item = (u64, &'a mut Voice)>,
    ) -> Vec<Told> {
        let mut told: Vec<Told> = Vec::new();
        let (tick, mut speaking) = (now / TICK, 0);
        for (id, voice) in voices {
            for &(at, level) in voice.take(now) {
                let ago = tick.saturating_sub(at + 1);
                match told.iter_mut().find(|(known, _)| *known == ago) {
                    Some((_, levels)) => levels.push((id, level)),
                    None => told.push((ago, vec![(id, level)])),
                }
            }
            speaking += usize::from(voice.speaks());
        }
        told.sort_unstable_by_key(|(ago, _)| std::cmp::Reverse(*ago));
        self.at = now + if speaking > 1 { TOGETHER } else { ALONE };
        told
    }
}

const _: () = assert!(QUIET > THRESHOLD && (ALONE / TICK) < WAITING as u64);

#[cfg(test)]
mod tests;
