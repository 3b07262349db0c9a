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
    let (end, told_at) = (first[100], room.told.last().expect("an end").0);
    assert_eq!((first.len(), end.1), (101, QUIET));
    assert_eq!(end.0, told_at / TICK - 1, "it is quiet when it is told");
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
fn who_spoke_before_counts_no_more_among_several() {
    let mut room = Room::new(2);
    room.pass(1_000, &[Some(20), Some(30)]);
    room.pass(1_000, &[Some(20), None]);
    let before = room.told.len();
    room.pass(1_000, &[Some(20), None]);
    assert_eq!(room.told.len(), before + 5, "every 200 ms");
}

#[test]
fn what_was_told_by_different_ticks_is_told_in_their_order() {
    let mut voices = vec![Voice::default(), Voice::default()];
    voices[0].packet(5 * TICK, 20);
    for tick in 3..6 {
        voices[1].packet(tick * TICK, 30);
    }
    let told = Hearing::default().gather(6 * TICK, (7..).zip(&mut voices));
    let expected = [
        (2, vec![(8, 30)]),
        (1, vec![(8, 30)]),
        (0, vec![(7, 20), (8, 30)]),
    ];
    assert_eq!(told, expected);
}

#[test]
fn news_bring_the_telling_forward_and_never_put_it_off() {
    let mut hearing = Hearing::default();
    hearing.gather(TICK, std::iter::empty());
    assert_eq!(hearing.at(), TICK + ALONE);
    hearing.tell_by(3 * TICK);
    hearing.tell_by(4 * TICK);
    assert_eq!(hearing.at(), 3 * TICK);
}

#[test]
fn only_loud_ticks_make_sure_and_soft_ones_are_no_news() {
    let mut voice = Voice::default();
    voice.packet(TICK, 60);
    assert_eq!(voice.news(), None);
    for (tick, level) in [(2, 20), (3, 60), (4, 20), (5, 22)] {
        voice.news = None;
        voice.packet(tick * TICK, level);
        let news = (level < THRESHOLD).then_some((tick + 1) * TICK);
        assert_eq!(voice.news(), news, "tick {tick}");
    }
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
    let tick = room.now / TICK - 1;
    room.voices[0].silence();
    room.pass(300, &[None]);
    assert_eq!(room.levels(0)[before..], [(tick, QUIET)], "at once");

    let mut voice = Voice::default();
    voice.packet(TICK, 20);
    assert!(voice.news().is_some());
    voice.silence();
    assert_eq!(voice.news(), None);
    voice.packet(TICK, 20);
    assert_eq!(voice.take(2 * TICK), [(1, 20)]);
    voice.silence();
    assert_eq!(voice.take(9 * TICK), [(2, QUIET)], "since then");
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
