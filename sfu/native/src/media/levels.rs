//! How loud a source is (RFC 6464), as the policy above needs it.
//!
//! Laws: a level is what the sender says, so it ranks and never decides alone. One value for each
//! tick, the loudest; only above `THRESHOLD`, and one `QUIET` when it falls below or nothing came
//! for `HOLD`. A source whose level does not vary over `SPELL` loud ticks is a hum or a lie: it is
//! reported as the softest that counts, until it varies.

/// Louder than this counts as speech, in -dBov.
pub const THRESHOLD: u8 = 50;
/// Reported once when a source falls quiet.
pub const QUIET: u8 = 127;
/// Longer than any packet.
const HOLD: u64 = 150_000;
/// Ticks of 20 ms.
const SPELL: u8 = 50;
/// Speech varies by far more within a second.
const VARIES: u8 = 2;

#[derive(Debug, Clone, Copy)]
struct Spell {
    ticks: u8,
    loudest: u8,
    softest: u8,
}

impl Spell {
    const NEW: Self = Self {
        ticks: 0,
        loudest: QUIET,
        softest: 0,
    };
}

/// The meter of one source.
#[derive(Debug, Clone, Copy)]
pub struct LevelMeter {
    loudest: Option<u8>,
    heard: u64,
    loud: bool,
    spell: Spell,
    constant: bool,
}

impl Default for LevelMeter {
    fn default() -> Self {
        Self {
            loudest: None,
            heard: 0,
            loud: false,
            spell: Spell::NEW,
            constant: false,
        }
    }
}

impl LevelMeter {
    /// A packet said how loud it is.
    pub fn packet(&mut self, now: u64, level: u8) {
        self.heard = now;
        self.loudest = Some(self.loudest.map_or(level, |loudest| loudest.min(level)));
    }

    /// The source was muted or removed from hearing: what it said last is void.
    pub fn silence(&mut self) {
        self.loudest = self.loud.then_some(QUIET);
    }

    /// End a tick: what is to be reported, if anything.
    pub fn tick(&mut self, now: u64) -> Option<u8> {
        let Some(level) = self.loudest.take() else {
            let over = self.loud && now.saturating_sub(self.heard) >= HOLD;
            return over.then(|| self.fall_quiet());
        };
        if level >= THRESHOLD {
            return self.loud.then(|| self.fall_quiet());
        }
        self.loud = true;
        self.judge(level);
        Some(if self.constant { THRESHOLD - 1 } else { level })
    }

    /// Whether the level did not vary of late.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        self.constant
    }

    fn fall_quiet(&mut self) -> u8 {
        self.loud = false;
        QUIET
    }

    fn judge(&mut self, level: u8) {
        let spell = &mut self.spell;
        spell.ticks += 1;
        spell.loudest = spell.loudest.min(level);
        spell.softest = spell.softest.max(level);
        let varied = spell.softest - spell.loudest >= VARIES;
        if varied {
            self.constant = false;
        }
        if spell.ticks == SPELL {
            self.constant = !varied;
            self.spell = Spell::NEW;
        }
    }
}

#[cfg(test)]
mod tests;
