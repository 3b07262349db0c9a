use super::*;

/// Voices that speak by a clock of 1 ms, and what is told of them.
struct Room {
    hearing: Hearing,
    voices: Vec<Voice>,
    told: Vec<(u64, Vec<Told>)>,
    now: u64,
}

impl Room {
    fn new(voices: usize) -> Self {
        Self {
            hearing: Hearing::default(),
            voices: vec![Voice::default(); voices],
            told: Vec::new(),
            now: 1_000_000,
        }
    }

    /// Time passes while these say something every 20 ms.
    fn pass(&mut self, milliseconds: u64, levels: &[Option<u8>]) {
        for _ in 0..milliseconds {
            if self.now % TICK == 7_000 {
                for (voice, level) in self.voices.iter_mut().zip(levels) {
                    if let Some(level) = level {
                        // What never varies would count as a hum.
                        let lively = (self.now / TICK % 2 * 4) as u8;
                        voice.packet(self.now, *level + lively);
                        if let Some(at) = voice.news() {
                            self.hearing.tell_by(at);
                        }
                    }
                }
            }
            if self.hearing.at() <= self.now {
                let voices = self.voices.iter_mut().enumerate();
                let voices = voices.map(|(id, voice)| (id as u64, voice));
                let told = self.hearing.gather(self.now, voices);
                if !told.is_empty() {
                    self.told.push((self.now, told));
                }
            }
            self.now += 1_000;
        }
    }

    /// Every level that was told of a voice, by its tick.
    fn levels(&self, voice: u64) -> Vec<(u64, u8)> {
        let reports = self.told.iter().flat_map(|(now, told)| {
            let ticks = told
                .iter()
                .map(move |(ago, levels)| (now / TICK - 1 - ago, levels));
            ticks.flat_map(|(tick, levels)| levels.iter().map(move |level| (tick, *level)))
        });
        let of = reports.filter(|(_, (id, _))| *id == voice);
        of.map(|(tick, (_, level))| (tick, level)).collect()
    }
}

#[test]
fn a_voice_that_begins_is_told_at_once_and_then_seldom() {
    let mut room = Room::new(1);
    room.pass(500, &[Some(60)]);
    assert!(room.told.is_empty(), "not loud");
    let began = room.now;
    room.pass(1_000, &[Some(20)]);
    let times: Vec<u64> = room
        .told
        .iter()
        .map(|(now, _)| (now - began) / 1_000)
        .collect();
    assert_eq!(times, [20, 40, 60, 260, 460, 660, 860]);
}

#[test]
fn every_tick_is_told_once_and_in_order() {
    let mut room = Room::new(2);
    room.pass(1_000, &[Some(20), None]);
    room.pass(1_000, &[Some(30), Some(10)]);
    room.pass(1_000, &[None, None]);
    let first = room.levels(0);
    let ticks: Vec<u64> = first.iter().map(|(tick, _)| *tick).collect();
    assert_eq!(ticks[..100], (50..150).collect::<Vec<u64>>());
    assert!(
        first[..50]
            .iter()
            .all(|(_, level)| [20, 24].contains(level))
    );
    assert!(
        first[50..100]
            .iter()
            .all(|(_, level)| [30, 34].contains(level))
    );
    assert_eq!(
        first[100..]
            .iter()
            .map(|(_, level)| *level)
            .collect::<Vec<_>>(),
        [QUIET]
    );
    assert_eq!(room.levels(1).len(), 51);
}

#[test]
fn who_comes_in_brings_along_what_others_said() {
    let mut room = Room::new(2);
    room.pass(900, &[Some(20), None]);
    let before = room.told.len();
    room.pass(20, &[Some(20), Some(30)]);
    room.pass(1, &[None, None]);
    let (now, told) = room.told.last().expect("a report").clone();
    assert_eq!((room.told.len(), now), (before + 1, 1_920_000));
    let (ago, last) = told.last().expect("a tick");
    assert_eq!((*ago, last.as_slice()), (0, [(0, 24), (1, 34)].as_slice()));
    assert!(told.len() > 1, "and the ticks before");
}

#[test]
fn several_are_told_more_often() {
    let mut room = Room::new(2);
    room.pass(1_000, &[Some(20), Some(30)]);
    let times: Vec<u64> = room.told.iter().map(|(now, _)| *now).collect();
    let gaps = times.windows(2).skip(3).map(|pair| pair[1] - pair[0]);
    assert_eq!(gaps.max(), Some(TOGETHER));
}

#[test]
fn a_breath_is_no_beginning_but_a_pause_is() {
    let mut room = Room::new(1);
    room.pass(1_000, &[Some(20)]);
    room.pass(400, &[Some(90)]);
    let before = room.told.len();
    room.pass(60, &[Some(20)]);
    assert!(room.told.len() <= before + 1);
    room.pass(1_000, &[None]);
    let before = room.told.len();
    room.pass(61, &[Some(20)]);
    assert_eq!(room.told.len(), before + 3);
}

#[test]
fn a_muted_voice_takes_back_what_it_said() {
    let mut room = Room::new(1);
    room.pass(960, &[Some(20)]);
    let before = room.levels(0).len();
    room.voices[0].silence();
    assert_eq!(room.voices[0].news(), None);
    room.pass(300, &[None]);
    assert_eq!(
        room.levels(0)[before..]
            .iter()
            .map(|(_, level)| *level)
            .collect::<Vec<_>>(),
        [QUIET]
    );
}

#[test]
fn more_than_can_wait_keeps_the_newest() {
    let mut voice = Voice::default();
    for tick in 0..40 {
        voice.packet(tick * TICK, 20 + (tick % 2) as u8);
    }
    let told = voice.take(40 * TICK);
    assert_eq!(told.len(), WAITING);
    assert_eq!(told.last().map(|(tick, _)| *tick), Some(39));
}
