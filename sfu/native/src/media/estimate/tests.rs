//! What happens in schools, over the simulator; every figure is printed with `--nocapture`.

mod hostile;
mod reports;

use super::simulation::{Link, SECOND, Tally, Viewer, alone, run};

const SEEDS: std::ops::RangeInclusive<u64> = 1..=5;

/// Mean target, mean received, and longest wait over these seconds.
fn mean(tallies: &[Tally], from: usize, to: usize) -> Tally {
    let part = &tallies[from..to];
    let count = part.len() as u64;
    Tally {
        target: part.iter().map(|one| one.target).sum::<u64>() / count,
        received: part.iter().map(|one| one.received).sum::<u64>() / count,
        wait: part.iter().map(|one| one.wait).max().unwrap_or(0),
    }
}

/// The wait that 19 of 20 seconds stay below.
fn usual_wait(tallies: &[Tally]) -> u64 {
    let mut waits: Vec<u64> = tallies.iter().map(|one| one.wait).collect();
    waits.sort_unstable();
    waits[waits.len() * 19 / 20 - 1]
}

/// Seconds from `from` on until this much is received.
fn seconds_until(tallies: &[Tally], from: usize, received: u64) -> usize {
    let first = tallies[from..]
        .iter()
        .position(|one| one.received >= received);
    first.unwrap_or(usize::MAX)
}

fn show(name: &str, seed: u64, tallies: &[Tally]) {
    print!("{name} seed {seed}:");
    for one in tallies {
        print!(
            " {}/{}/{}",
            one.target / 1_000,
            one.received / 1_000,
            one.wait / 1_000
        );
    }
    println!();
}

#[test]
fn a_quiet_way_reaches_the_cap_within_two_seconds() {
    for seed in SEEDS {
        let tallies = alone(&mut Link::new(20_000_000), 1_000_000, 30, seed);
        show("quiet", seed, &tallies);
        assert!(seconds_until(&tallies, 0, 850_000) <= 2, "seed {seed}");
        let settled = mean(&tallies, 3, 30);
        assert!(
            settled.received >= 900_000 && settled.wait < 10_000,
            "{seed} {settled:?}"
        );
    }
}

/// A village school's line: one megabit for a picture that could use twice that.
#[test]
fn uplink_1_mbit() {
    for seed in SEEDS {
        let tallies = alone(&mut Link::new(1_000_000), 2_000_000, 90, seed);
        show("uplink_1_mbit", seed, &tallies);
        let settled = mean(&tallies, 10, 90);
        assert!(
            (700_000..1_000_000).contains(&settled.received),
            "{seed} {settled:?}"
        );
        assert!(usual_wait(&tallies[10..]) < 100_000, "seed {seed}");
        assert!(
            tallies[2..].iter().all(|one| one.wait < 150_000),
            "seed {seed}"
        );
    }
}

/// The same line while somebody else downloads with half of it for twenty seconds.
#[test]
fn uplink_1_mbit_with_a_download() {
    for seed in SEEDS {
        let mut link = Link::new(1_000_000);
        link.cross = vec![(0, 0), (30 * SECOND, 500_000), (50 * SECOND, 0)];
        let tallies = alone(&mut link, 2_000_000, 80, seed);
        show("uplink_1_mbit_with_a_download", seed, &tallies);
        let during = mean(&tallies, 35, 50);
        assert!(
            (250_000..500_000).contains(&during.received),
            "{seed} {during:?}"
        );
        assert!(usual_wait(&tallies[37..50]) < 150_000, "seed {seed}");
        assert!(seconds_until(&tallies, 50, 700_000) <= 8, "seed {seed}");
    }
}

/// Out of the room and back: the way gets thin, is gone, and returns.
#[test]
#[allow(non_snake_case)]
fn iPad_walks_away() {
    for seed in SEEDS {
        let mut link = Link::new(3_000_000);
        link.jitter = 5_000;
        link.capacity = vec![
            (0, 3_000_000),
            (20 * SECOND, 800_000),
            (25 * SECOND, 250_000),
            (30 * SECOND, 0),
            (36 * SECOND, 3_000_000),
        ];
        let tallies = alone(&mut link, 1_000_000, 60, seed);
        show("iPad_walks_away", seed, &tallies);
        // Two seconds after the way got thin, it is no longer overfilled.
        assert!(tallies[27].target <= 260_000, "{seed} {:?}", tallies[27]);
        assert!(mean(&tallies, 23, 25).wait < 120_000, "seed {seed}");
        assert!(mean(&tallies, 28, 30).wait < 150_000, "seed {seed}");
        assert!(tallies[35].target <= 150_000, "{seed} {:?}", tallies[35]);
        assert!(seconds_until(&tallies, 36, 800_000) <= 5, "seed {seed}");
    }
}

/// A call silences the page for eight seconds; nothing is sent or answered meanwhile.
#[test]
fn phone_call_interrupts() {
    for seed in SEEDS {
        let mut link = Link::new(2_000_000);
        link.capacity = vec![(0, 2_000_000), (20 * SECOND, 0), (28 * SECOND, 2_000_000)];
        let mut viewers = [Viewer::new(1_000_000, 0)];
        viewers[0].shown = vec![(0, 1), (22 * SECOND, 0), (28 * SECOND, 1)];
        let tallies = run(&mut link, &mut viewers, 45, seed).remove(0);
        show("phone_call_interrupts", seed, &tallies);
        assert!(seconds_until(&tallies, 28, 800_000) <= 5, "seed {seed}");
        assert!(mean(&tallies, 35, 45).received >= 850_000, "seed {seed}");
    }
}

const GONE: u64 = 20 * SECOND;
const BACK: u64 = 28 * SECOND;

/// All microphones are off, and the way from `GONE` to `BACK` is so bad that the picture is paused after some half seconds:
/// nothing leaves any more that could be answered. That it is better is soon found all the same.
fn is_found_again(name: &str, mut link: Link, halves: u64, seed: u64) {
    let mut viewers = [Viewer::new(1_000_000, 0)];
    viewers[0].shown = vec![(0, 1), (GONE + halves * SECOND / 2, 0)];
    let tallies = run(&mut link, &mut viewers, 60, seed).remove(0);
    show(name, seed, &tallies);
    let back = usize::try_from(BACK / SECOND).unwrap_or(usize::MAX);
    let found = tallies[back..].iter().position(|one| one.target >= 300_000);
    assert!(
        found.is_some_and(|seconds| seconds <= 15),
        "{name} {halves} {seed} {found:?}"
    );
}

#[test]
fn a_way_on_which_nothing_was_left_to_send_is_tried_again() {
    for bad in [0, 30_000, 60_000, 100_000] {
        for seed in SEEDS {
            for halves in 1..=6 {
                let mut link = Link::new(2_000_000);
                link.capacity = vec![(0, 2_000_000), (GONE, bad), (BACK, 2_000_000)];
                is_found_again(&format!("carried {bad}"), link, halves, seed);
            }
        }
    }
}

#[test]
fn a_way_that_lost_almost_all_is_tried_again() {
    for lost in [200, 500, 800, 950] {
        for seed in SEEDS {
            for halves in 0..=6 {
                let mut link = Link::new(2_000_000);
                link.bursts = vec![(0, 0), (GONE, lost), (BACK, 0)];
                is_found_again(&format!("lost {lost}"), link, halves, seed);
            }
        }
    }
}

/// Thirty pupils behind one access point, each of whom could use a megabit: 18 for 30.
#[test]
fn wifi_of_thirty() {
    let seed = 1;
    let mut link = Link::new(18_000_000);
    link.jitter = 4_000;
    link.loss = 5;
    let mut viewers: Vec<Viewer> = (0..30)
        .map(|pupil| Viewer::new(1_000_000, pupil * 1_333))
        .collect();
    let tallies = run(&mut link, &mut viewers, 60, seed);
    let shares: Vec<u64> = tallies
        .iter()
        .map(|one| mean(one, 20, 60).received)
        .collect();
    let sum: u64 = shares.iter().sum();
    let squares: u128 = shares.iter().map(|&share| u128::from(share).pow(2)).sum();
    let fairness = u128::from(sum).pow(2) * 100 / (30 * squares);
    let least = shares.iter().min().copied().unwrap_or(0);
    let wait = usual_wait(&tallies[0][20..]);
    println!(
        "wifi_of_thirty: {sum} bit/s of 18,000,000, fairness {fairness} %, least {least}, wait {wait} us"
    );
    assert!((12_000_000..18_000_000).contains(&sum), "{sum}");
    assert!(fairness >= 80 && least >= 150_000, "{fairness} {least}");
    assert!(wait < 100_000, "{wait}");
}

#[test]
fn two_percent_of_random_loss_cost_little() {
    for seed in SEEDS {
        let mut link = Link::new(3_000_000);
        link.loss = 20;
        let tallies = alone(&mut link, 1_000_000, 60, seed);
        show("two_percent", seed, &tallies);
        assert!(mean(&tallies, 5, 60).received >= 900_000, "seed {seed}");
    }
}

/// A radio that loses a sixth of everything, whatever is sent.
#[test]
fn a_bad_radio_is_no_full_queue() {
    for seed in SEEDS {
        let mut link = Link::new(3_000_000);
        link.loss = 150;
        let tallies = alone(&mut link, 1_000_000, 60, seed);
        show("bad_radio", seed, &tallies);
        assert!(mean(&tallies, 20, 60).received >= 400_000, "seed {seed}");
    }
}

/// A queue too short to show delay: only loss tells.
#[test]
fn a_short_queue_is_not_overrun() {
    for seed in SEEDS {
        let mut link = Link::new(800_000);
        link.queue = 15_000;
        let tallies = alone(&mut link, 2_000_000, 60, seed);
        show("short_queue", seed, &tallies);
        let settled = mean(&tallies, 10, 60);
        assert!(
            (450_000..800_000).contains(&settled.received),
            "{seed} {settled:?}"
        );
        assert!(settled.target < 1_050_000, "{seed} {settled:?}");
    }
}

/// Only a voice for half a minute, then pictures: the estimate is still there.
#[test]
fn a_listener_is_probed_up_to_what_it_may_want() {
    for seed in SEEDS {
        let mut viewers = [Viewer::new(1_000_000, 0)];
        viewers[0].wanted = 60_000;
        let tallies = run(&mut Link::new(3_000_000), &mut viewers, 30, seed).remove(0);
        show("listener", seed, &tallies);
        assert!(tallies[29].target >= 900_000, "{seed} {:?}", tallies[29]);
        assert!(mean(&tallies, 10, 30).received < 200_000, "seed {seed}");
    }
}

/// Wi-Fi that holds packets back and delivers them in bunches.
#[test]
fn jitter_alone_is_no_overuse() {
    for seed in SEEDS {
        let mut link = Link::new(5_000_000);
        link.jitter = 15_000;
        let tallies = alone(&mut link, 1_000_000, 60, seed);
        show("jitter", seed, &tallies);
        assert!(mean(&tallies, 10, 60).received >= 700_000, "seed {seed}");
    }
}
